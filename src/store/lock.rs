//! Who holds the database: one process at a time, whatever is removed beside it; and what is noted beside it about the log.

use super::numbers::number_of;
use super::{Flaw, StoreError, WriteProblem, checkpoints, tree};
use crate::domain::audit::Seq;
use crate::durable;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use sqlx::sqlite::SqliteConnection;
use std::fs::{File, OpenOptions, Permissions};
use std::mem::ManuallyDrop;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of the length's note in the lock file.
const NOTE: usize = 20;
/// Where the rest begins.
const AFTER_NOTE: u64 = 20;
/// What follows it once the file was found damaged.
const DAMAGED: &[u8] = b"damaged\n";

/// Holds the database for as long as it lives, so that two processes never write one log; and keeps in `<db>.lock`
/// how long the log was, so that an older copy of the database is found out, and whether damage was found, so that a
/// restart does not pass over it.
#[derive(Clone)]
pub(super) struct Lock(Arc<Held>);

/// Both files, locked: `<db>.lock` can be removed, and then another process would lock a new one.
///
/// They are unlocked, since a process that is just being started has a copy of each descriptor. The database is never
/// closed: closing any descriptor of a file takes away the locks that `SQLite` has on it in the same process (fcntl(2),
/// "the lock is released if any descriptor is closed").
struct Held {
    notes: File,
    database: ManuallyDrop<File>,
    path: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        for file in [&self.notes, &*self.database] {
            if let Err(error) = flock(file, FlockOperation::Unlock) {
                tracing::debug!(%error, "the database stays locked until this process ends");
            }
        }
    }
}

/// Takes the database, which must be there.
pub(super) fn lock(database: &Path) -> Result<Lock, StoreError> {
    lock_with(database, |options| durable::open_plain(database, options))
}

/// Takes the database, made now if it is missing. Nobody but the owner may read it, nor `-wal` and `-shm`, which
/// `SQLite` gives the same mode.
pub(super) fn lock_or_make(database: &Path) -> Result<Lock, StoreError> {
    lock_with(database, |_| durable::open_private(database, None))
}

/// Whether another process holds the database. By its `.lock` alone: a descriptor of the database that is closed here
/// would end the locks that `SQLite` may have in this process.
pub(super) fn is_held(database: &Path) -> Result<bool, StoreError> {
    let notes = durable::beside(database, ".lock");
    let notes = match durable::open_plain(&notes, OpenOptions::new().read(true)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        opened => opened.map_err(|error| not_opened(&error))?,
    };
    // Shared, and given back at once.
    match flock(&notes, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(_) => Err(StoreError::NotWritable(WriteProblem::Io)),
    }
}

fn lock_with(
    database: &Path,
    open: impl Fn(&mut OpenOptions) -> std::io::Result<File>,
) -> Result<Lock, StoreError> {
    // Made by a command that root runs, it must not keep the service from starting.
    let like = durable::owner_for_root(database);
    let notes = durable::open_private(&durable::beside(database, ".lock"), like.as_ref());
    let notes = notes.map_err(|error| not_opened(&error))?;
    take(&notes)?;
    let file = open(OpenOptions::new().read(true).write(true));
    let file = ManuallyDrop::new(file.map_err(|error| not_opened(&error))?);
    take(&file)?;
    let held = Held {
        notes,
        database: file,
        path: database.to_owned(),
    };
    make_private(&held.database)?;
    Ok(Lock(Arc::new(held)))
}

fn take(file: &File) -> Result<(), StoreError> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(Errno::WOULDBLOCK) => Err(StoreError::Unusable(Flaw::InUse)),
        Err(_) => Err(StoreError::NotWritable(WriteProblem::Io)),
    }
}

fn make_private(file: &File) -> Result<(), StoreError> {
    // The owner of a read-only mount cannot change modes either; the writing test says so later.
    if file
        .metadata()
        .is_ok_and(|m| m.permissions().mode() & 0o077 != 0)
    {
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(|_| StoreError::NotWritable(WriteProblem::ReadOnly))?;
    }
    Ok(())
}

impl Lock {
    /// Refuses a log that is not whole: its tree, its lines, and how long it was. Brings a log of a
    /// version without a tree up to date first. Returns the number of records.
    pub(super) async fn check_log(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<u64, StoreError> {
        // Lines that came into a log with a key while Keyward was off are not Keyward's.
        if checkpoints::newest_verifier(&mut *connection)
            .await?
            .is_none()
        {
            tree::catch_up(connection).await?;
        }
        let size = tree::check_size(connection).await?;
        check_length(length_in(&self.0.notes), number_of(Seq(size))?)?;
        Ok(size)
    }

    /// Whether it is noted how long the log was.
    pub(super) fn has_noted_length(&self) -> bool {
        length_in(&self.0.notes).is_some()
    }

    /// Notes the length after a commit. It need not be durable: a note that is lost finds out less,
    /// and the database is never behind it.
    pub(super) fn note_length(&self, next: i64) {
        if let Err(error) = self
            .0
            .notes
            .write_all_at(format!("{next:<19}\n").as_bytes(), 0)
        {
            tracing::debug!(error = %error, "the length of the log was not noted");
        }
    }

    /// Refuses to go on where another file has the database's name, or none: what is written then is nowhere to be
    /// found later, and another process may be at work on the other one.
    pub(super) fn check_in_place(&self) -> Result<(), StoreError> {
        let place = |file: &std::fs::Metadata| (file.dev(), file.ino());
        let held = self.0.database.metadata().map(|file| place(&file));
        let named = self.0.path.metadata().map(|file| place(&file));
        match (held, named) {
            (Ok(held), Ok(named)) if held == named => Ok(()),
            (Ok(_), Ok(_)) => Err(StoreError::Unusable(Flaw::Replaced)),
            (_, Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(StoreError::Unusable(Flaw::Replaced))
            }
            _ => Err(StoreError::NotWritable(WriteProblem::Io)),
        }
    }

    /// Was the database found damaged when it was in use last?
    pub(super) fn knows_of_damage(&self) -> bool {
        self.0
            .notes
            .metadata()
            .is_ok_and(|file| file.len() > AFTER_NOTE)
    }

    /// Notes damage, or that there is none any more.
    pub(super) fn note_damage(&self, damaged: bool) {
        let noted = if damaged {
            self.0.notes.write_all_at(DAMAGED, AFTER_NOTE)
        } else {
            self.0.notes.set_len(AFTER_NOTE)
        };
        if let Err(error) = noted {
            tracing::debug!(error = %error, "what the check of the database found was not noted");
        }
    }
}

/// Refuses a log that is shorter than it was. An administrator who means it removes the file with the note.
pub(super) fn check_length(noted: Option<i64>, next: i64) -> Result<(), StoreError> {
    match noted {
        Some(noted) if noted > next => Err(StoreError::Unusable(Flaw::RolledBack)),
        _ => Ok(()),
    }
}

/// How long the log was, as it is noted beside the database: for who only looks, and takes nothing.
pub(super) fn length_beside(database: &Path) -> Option<i64> {
    let notes = durable::beside(database, ".lock");
    let notes = durable::open_plain(&notes, OpenOptions::new().read(true)).ok()?;
    length_in(&notes)
}

fn length_in(notes: &File) -> Option<i64> {
    let mut bytes = [0; NOTE];
    let count = notes.read_at(&mut bytes, 0).unwrap_or(0);
    let text = std::str::from_utf8(bytes.get(..count)?).ok()?;
    text.trim().parse().ok()
}

fn not_opened(error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem => StoreError::NotWritable(WriteProblem::ReadOnly),
        std::io::ErrorKind::StorageFull => StoreError::NotWritable(WriteProblem::DiskFull),
        durable::NO_FILE => StoreError::Unusable(Flaw::NotAFile),
        _ => StoreError::Unusable(Flaw::NotOpened),
    }
}
