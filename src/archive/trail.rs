//! The whole log from some record on: archives, then the database, in order, each record once, also while
//! records move from one to the other.

use super::error::Damage;
use super::folder::Folder;
use super::read::Reading;
use super::{ArchiveError, blocking};
use crate::domain::audit::Seq;
use crate::domain::audit::tree::leaf_hash;
use crate::store::{ArchivedFile, AuditReader, Flaw, StoreError};
use std::io::ErrorKind;
use std::path::Path;

/// Lines of the database that are read at once.
const PAGE: u32 = 500;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Records, in order. One that was changed in the database may be no text.
    Lines(Vec<(Seq, Vec<u8>)>),
    /// Records that are not kept any more.
    Removed {
        /// The first of them that was asked for.
        first: Seq,
        /// The last of them.
        last: Seq,
        /// The archive that they were in.
        file: String,
    },
}

/// Where somebody is who reads the log.
pub struct Trail {
    log: AuditReader,
    folder: Folder,
    next: u64,
    archive: Option<(ArchivedFile, Reading)>,
}

impl Trail {
    /// From record `from` on.
    pub fn new(log: AuditReader, folder: &Path, from: Seq) -> Self {
        Self {
            log,
            folder: Folder::new(folder, Path::new("")),
            next: from.0,
            archive: None,
        }
    }

    /// The next records; `None`: that was the end.
    ///
    /// # Errors
    /// The store cannot be read; an archive is missing or damaged, and it is named.
    pub async fn next(&mut self) -> Result<Option<Piece>, ArchiveError> {
        let mut looked_again = false;
        loop {
            if let Some((archive, reading)) = self.archive.take() {
                if let Some(piece) = self.piece_of(archive, reading).await? {
                    return Ok(Some(piece));
                }
                continue;
            }
            if let Some(archive) = self.log.archive_with(Seq(self.next)).await? {
                if archive.removed {
                    return Ok(Some(self.skip(archive)));
                }
                let opened = self.open(&archive).await;
                match opened {
                    // It was removed between the two looks.
                    Err(ArchiveError::Missing(_)) if !looked_again => looked_again = true,
                    other => self.archive = Some((archive, other?)),
                }
                continue;
            }
            let lines = self.log.stored_lines(Seq(self.next), PAGE).await?;
            match (lines.first(), lines.last()) {
                (Some((first, _)), Some((last, _))) if first.0 == self.next => {
                    self.next = last.0 + 1;
                    return Ok(Some(Piece::Lines(lines)));
                }
                (None, _) | (_, None) => return Ok(None),
                // They moved into an archive between the two looks.
                _ if !looked_again => looked_again = true,
                _ => return Err(StoreError::Unusable(Flaw::Corrupt).into()),
            }
        }
    }

    fn skip(&mut self, archive: ArchivedFile) -> Piece {
        let first = Seq(self.next);
        self.next = archive.next;
        Piece::Removed {
            first,
            last: Seq(archive.next - 1),
            file: archive.file,
        }
    }

    async fn open(&self, archive: &ArchivedFile) -> Result<Reading, ArchiveError> {
        let path = self.folder.file(&archive.file);
        let (first, next, of) = (archive.first, archive.next, path.clone());
        let opened = blocking(move || Reading::open(&of, first, next)).await?;
        opened.map_err(|damage| match damage {
            Damage::Unreadable(ErrorKind::NotFound) => ArchiveError::Missing(path),
            damage => ArchiveError::Damaged(path, damage),
        })
    }

    /// The next lines of an archive that are asked for; `None`: there are none left in it.
    async fn piece_of(
        &mut self,
        archive: ArchivedFile,
        mut reading: Reading,
    ) -> Result<Option<Piece>, ArchiveError> {
        let path = self.folder.file(&archive.file);
        let damaged = |damage| ArchiveError::Damaged(path.clone(), damage);
        loop {
            let first = reading.next;
            let (back, page) = blocking(move || {
                let page = reading.page();
                (reading, page)
            })
            .await?;
            reading = back;
            let page = page.map_err(damaged)?.into_iter().map(String::into_bytes);
            let lines: Vec<_> = (first..).map(Seq).zip(page).collect();
            if lines.is_empty() {
                return Ok(None);
            }
            self.hold_against_the_tree(&lines).await?.map_err(damaged)?;
            let wanted: Vec<_> = lines
                .into_iter()
                .filter(|(seq, _)| seq.0 >= self.next)
                .collect();
            if let Some((last, _)) = wanted.last() {
                self.next = last.0 + 1;
                self.archive = Some((archive, reading));
                return Ok(Some(Piece::Lines(wanted)));
            }
        }
    }

    /// Each line of an archive must be the one whose hash the tree has.
    async fn hold_against_the_tree(
        &self,
        lines: &[(Seq, Vec<u8>)],
    ) -> Result<Result<(), Damage>, ArchiveError> {
        for part in lines.chunks(1_000) {
            let Some((first, _)) = part.first() else {
                continue;
            };
            let many = u32::try_from(part.len()).unwrap_or(u32::MAX);
            let hashes = self.log.leaf_hashes(*first, many).await?;
            for (at, (seq, line)) in part.iter().enumerate() {
                if hashes.get(at) != Some(&(*seq, leaf_hash(line))) {
                    return Ok(Err(Damage::OtherLine(seq.0)));
                }
            }
        }
        Ok(Ok(()))
    }
}
