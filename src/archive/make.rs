//! One archive: written beside its name, made durable, read back and checked in full, then named.

use super::error::Damage;
use super::folder::Folder;
use super::read::{Reading, open_file};
use super::write::{Header, Writing};
use super::{ArchiveError, blocking};
use crate::domain::audit::checkpoint::opened;
use crate::domain::audit::tree::Edge;
use crate::domain::audit::{Seq, archive_name};
use crate::store::{AuditReader, Batch, Flaw, Store, StoreError};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read as _};
use std::path::{Path, PathBuf};

/// Lines that are read from the database at once.
const PAGE: u32 = 200;

/// A whole archive in the folder.
pub(super) struct Made {
    /// Its records.
    pub batch: Batch,
    /// Its name.
    pub file: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

/// Makes the archive of a batch. One that is there already, from a run that was ended before it noted
/// that, is used.
pub(super) async fn make(
    folder: &Folder,
    store: &Store,
    batch: Batch,
) -> Result<Made, ArchiveError> {
    folder.make()?;
    folder.sweep()?;
    let batch = if let Some(found) = left_over(folder, store, batch).await? {
        found
    } else {
        write(folder, store, batch).await?;
        let written = check(&folder.part(), store.reader(), batch).await;
        if let Err(problem) = written {
            folder.sweep()?;
            return Err(problem.of(&folder.part(), ArchiveError::NotAsWritten));
        }
        folder.finish(&archive_name(batch.first, batch.next))?;
        batch
    };
    let file = archive_name(batch.first, batch.next);
    let sha256 = digest(folder.file(&file)).await?;
    Ok(Made {
        batch,
        file,
        sha256,
    })
}

/// An archive that begins where this batch does and that nothing was noted of: a run was ended before it
/// did, or an older copy of the database was put back.
async fn left_over(
    folder: &Folder,
    store: &Store,
    batch: Batch,
) -> Result<Option<Batch>, ArchiveError> {
    let log = store.reader();
    for next in folder.beginning_with(batch.first)? {
        let name = archive_name(batch.first, next);
        let path = folder.file(&name);
        let length = log.length().await?;
        if next > length {
            return Err(ArchiveError::Ahead(path, length));
        }
        let found = Batch { next, ..batch };
        if let Err(problem) = check(&path, log, found).await {
            return Err(problem.of(&path, ArchiveError::Occupied));
        }
        if next > batch.next {
            // It is ours, but some of its records may not go any more; they are all in the database.
            folder.remove(&name)?;
            continue;
        }
        // An older copy of the database does not have the checkpoint that was signed for the file.
        store.checkpoint_at(next).await?;
        let newest = log.newest_of(found.first, found.next).await?;
        return Ok(newest.map(|newest| Batch { newest, ..found }));
    }
    Ok(None)
}

async fn write(folder: &Folder, store: &Store, batch: Batch) -> Result<(), ArchiveError> {
    let log = store.reader();
    let header = Header::new(&log.edge_at(batch.first).await?, batch.next);
    let checkpoint = store.checkpoint_at(batch.next).await?;
    let out = BufWriter::new(folder.begin()?);
    let written = lines(log, batch, out, &header, checkpoint, folder).await;
    if written.is_err() {
        folder.sweep()?;
    }
    written
}

async fn lines(
    log: &AuditReader,
    batch: Batch,
    out: BufWriter<File>,
    header: &Header,
    checkpoint: String,
    folder: &Folder,
) -> Result<(), ArchiveError> {
    let problem = |error: io::Error| folder.problem(&error);
    let mut writing = Writing::begin(out, header).map_err(problem)?;
    let mut next = batch.first;
    while next < batch.next {
        let page = page(log, next, batch.next).await?;
        next += u64::try_from(page.len()).unwrap_or(0);
        let written = blocking(move || {
            for line in &page {
                writing.line(line)?;
            }
            Ok(writing)
        });
        writing = written.await?.map_err(problem)?;
    }
    let ended = blocking(move || writing.end(checkpoint)?.into_inner()?.sync_all());
    ended.await?.map_err(problem)
}

/// Lines of the database from `from` on, which there must be.
async fn page(log: &AuditReader, from: u64, end: u64) -> Result<Vec<String>, ArchiveError> {
    let many = u32::try_from(end.saturating_sub(from)).unwrap_or(PAGE);
    let lines = log.lines(Seq(from), many.min(PAGE)).await?;
    let whole = (from..).zip(&lines).all(|(seq, line)| seq == line.0.0);
    if lines.is_empty() || !whole {
        return Err(StoreError::Unusable(Flaw::Corrupt).into());
    }
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

/// What a check found.
pub(super) enum Unsound {
    File(Damage),
    Other(ArchiveError),
}

impl From<Damage> for Unsound {
    fn from(damage: Damage) -> Self {
        Self::File(damage)
    }
}

impl From<ArchiveError> for Unsound {
    fn from(error: ArchiveError) -> Self {
        Self::Other(error)
    }
}

impl From<StoreError> for Unsound {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl Unsound {
    fn of(self, path: &Path, as_error: fn(PathBuf, Damage) -> ArchiveError) -> ArchiveError {
        match self {
            Self::File(damage) => as_error(path.to_owned(), damage),
            Self::Other(error) => error,
        }
    }
}

/// Reads a file in full: each line is the database's, edge and lines give the checkpoint's root, and the
/// checkpoint is signed with a key of the log.
async fn check(path: &Path, log: &AuditReader, batch: Batch) -> Result<(), Unsound> {
    let path = path.to_owned();
    let mut reading = blocking(move || Reading::open(&path, batch.first, batch.next)).await??;
    let mut edge = reading.edge()?;
    loop {
        let (back, lines) = blocking(move || {
            let lines = reading.page();
            (reading, lines)
        })
        .await?;
        reading = back;
        let lines = lines?;
        if lines.is_empty() {
            break;
        }
        edge = same_lines(log, edge, lines).await?;
    }
    let root = edge.root().map_err(|_| Damage::OtherCheckpoint)?;
    let keys = log.verifier_keys().await?;
    let is_signed = |note: String| {
        let of_these = Some((batch.next, root));
        keys.iter().any(|key| opened(&note, key) == of_these)
    };
    if reading.checkpoint.is_some_and(is_signed) {
        Ok(())
    } else {
        Err(Damage::OtherCheckpoint.into())
    }
}

/// Appends lines of a file to the tree; each must be the one of the database.
async fn same_lines(
    log: &AuditReader,
    mut edge: Edge,
    lines: Vec<String>,
) -> Result<Edge, Unsound> {
    let end = edge.size() + u64::try_from(lines.len()).unwrap_or(0);
    let mut lines = lines.into_iter();
    while edge.size() < end {
        let stored = page(log, edge.size(), end).await?;
        let file: Vec<String> = lines.by_ref().take(stored.len()).collect();
        edge = blocking(move || {
            for (stored, file) in stored.iter().zip(&file) {
                if stored != file {
                    return Err(Damage::OtherLine(edge.size()));
                }
                edge.append(file).map_err(|_| Damage::OtherCheckpoint)?;
            }
            Ok(edge)
        })
        .await??;
    }
    Ok(edge)
}

/// SHA-256 of a file, in hex.
async fn digest(path: PathBuf) -> Result<String, ArchiveError> {
    let read = path.clone();
    let digest = blocking(move || {
        let mut file = open_file(&read)?;
        let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hasher.finalize()),
                count => hasher.update(buffer.get(..count).unwrap_or_default()),
            }
        }
    });
    let digest = digest.await?;
    let digest = digest.map_err(|error: io::Error| ArchiveError::Folder(path, error.kind()))?;
    Ok(hex(&digest))
}

/// Bytes as people write a digest.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
