//! The database's file: who may read it, who holds it, its settings, its schema, its soundness.

use super::numbers::number_of;
use super::soundness::{self, Soundness};
use super::{Flaw, StoreError, WriteProblem, checkpoints, schema, tree};
use crate::domain::audit::Seq;
use crate::durable;
use rustix::fs::Access;
use rustix::io::Errno;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Row};
use std::fs::{File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// "KEYW": tells Keyward's files from other programs' (`PRAGMA application_id`).
pub(super) const APPLICATION_ID: i64 = 0x4B45_5957;
/// How long `SQLite` itself waits for a lock; shorter than the store's deadline.
const BUSY: Duration = Duration::from_secs(2);

/// Bytes of the length's note in the lock file.
const NOTE: usize = 20;
/// Where the rest begins.
const AFTER_NOTE: u64 = 20;
/// What follows it once the file was found damaged.
const DAMAGED: &[u8] = b"damaged\n";

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!();

/// Holds `<db>.lock` for as long as it lives, so that two processes never write one log; and keeps
/// there how long the log was, so that an older copy of the database is found out, and whether damage
/// was found, so that a restart does not pass over it.
pub(super) struct Lock(File);

/// Takes the lock beside the database.
pub(super) fn lock(database: &Path) -> Result<Lock, StoreError> {
    // Made by a command that root runs, it must not keep the service from starting.
    let like = durable::owner_for_root(database);
    let file = durable::open_private(&durable::beside(database, ".lock"), like.as_ref());
    let file = file.map_err(|error| not_opened(&error))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock(file)),
        Err(Errno::WOULDBLOCK) => Err(StoreError::Unusable(Flaw::InUse)),
        Err(_) => Err(StoreError::NotWritable(WriteProblem::Io)),
    }
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
        self.check_length(number_of(Seq(size))?)?;
        Ok(size)
    }

    /// Refuses a log that is shorter than it was. An administrator who means it removes the file.
    fn check_length(&self, next: i64) -> Result<(), StoreError> {
        let mut noted = [0; NOTE];
        let count = self.0.read_at(&mut noted, 0).unwrap_or(0);
        let noted = noted.get(..count).and_then(|n| std::str::from_utf8(n).ok());
        match noted.and_then(|noted| noted.trim().parse::<i64>().ok()) {
            Some(noted) if noted > next => Err(StoreError::Unusable(Flaw::RolledBack)),
            _ => Ok(()),
        }
    }

    /// Notes the length after a commit. It need not be durable: a note that is lost finds out less,
    /// and the database is never behind it.
    pub(super) fn note_length(&self, next: i64) {
        if let Err(error) = self.0.write_all_at(format!("{next:<19}\n").as_bytes(), 0) {
            tracing::debug!(error = %error, "the length of the log was not noted");
        }
    }

    /// Holds it once more.
    pub(super) fn share(&self) -> Result<Self, StoreError> {
        let file = self.0.try_clone();
        file.map(Self)
            .map_err(|_| StoreError::Unusable(Flaw::NotOpened))
    }

    /// Was the database found damaged when it was in use last?
    pub(super) fn knows_of_damage(&self) -> bool {
        self.0.metadata().is_ok_and(|file| file.len() > AFTER_NOTE)
    }

    /// Notes damage, or that there is none any more.
    pub(super) fn note_damage(&self, damaged: bool) {
        let noted = if damaged {
            self.0.write_all_at(DAMAGED, AFTER_NOTE)
        } else {
            self.0.set_len(AFTER_NOTE)
        };
        if let Err(error) = noted {
            tracing::debug!(error = %error, "what the check of the database found was not noted");
        }
    }
}

/// Makes the file if it is missing; nobody but the owner may read it, nor `-wal` and `-shm`,
/// which `SQLite` gives the same mode.
pub(super) fn make_private(database: &Path) -> Result<(), StoreError> {
    let file = durable::open_private(database, None).map_err(|error| not_opened(&error))?;
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

/// Opens the one connection that writes: ours, migrated, and sound as far as `most` of time sufficed to see.
pub(super) async fn open_writer(
    database: &Path,
    lock: &Lock,
    most: Duration,
) -> Result<(SqliteConnection, Soundness), StoreError> {
    let mut connection = connect(database).await?;
    check_owner(&mut connection).await?;
    let found = soundness::check_at_start(&mut connection, lock, most).await?;
    check_durable(&mut connection).await?;
    MIGRATIONS
        .run(&mut connection)
        .await
        .map_err(migration_problem)?;
    schema::check(&mut connection).await?;
    // A new file is durable only when its folder is.
    durable::sync_folder_of(database).map_err(|_| StoreError::NotWritable(WriteProblem::Io))?;
    Ok((connection, found))
}

/// Connects as the writer does, without the checks: for a connection that is made again.
pub(super) async fn connect(database: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF");
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// For connections that only read.
pub(super) fn reading(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .read_only(true)
        .immutable(is_kept(database))
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF")
}

/// A copy on a medium that cannot be written: nobody changes it, and `SQLite` cannot make the files there
/// that it would need otherwise. Where a service may start meanwhile, it is no such copy.
fn is_kept(database: &Path) -> bool {
    let folder = durable::folder_of(database);
    let may_be = match rustix::fs::access(folder, Access::WRITE_OK) {
        Err(Errno::ROFS) => true,
        Err(Errno::ACCESS) => !durable::beside(database, ".lock").exists(),
        _ => false,
    };
    may_be && !durable::beside(database, "-wal").exists()
}

/// For a connection that writes a few rows of its own beside the writer; makes no file.
pub(super) fn beside_the_writer(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(false)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF")
}

/// A file with tables of somebody else is left alone; an empty one becomes ours.
async fn check_owner(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    match number(connection, "PRAGMA application_id").await? {
        APPLICATION_ID => Ok(()),
        0 if number(connection, "SELECT count(*) FROM sqlite_schema").await? == 0 => {
            sqlx::query("PRAGMA application_id = 0x4B455957")
                .execute(connection)
                .await?;
            Ok(())
        }
        _ => Err(StoreError::Unusable(Flaw::NotOurs)),
    }
}

/// What was asked for is not always what one gets: a file system may refuse WAL.
async fn check_durable(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *connection)
        .await?;
    let full = number(connection, "PRAGMA synchronous").await? == 2;
    if full && journal == "wal" {
        Ok(())
    } else {
        Err(StoreError::Unusable(Flaw::NoWal))
    }
}

async fn number(connection: &mut SqliteConnection, query: &'static str) -> Result<i64, StoreError> {
    Ok(sqlx::query(query).fetch_one(connection).await?.try_get(0)?)
}

fn migration_problem(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => {
            StoreError::Unusable(Flaw::Newer)
        }
        _ => StoreError::Unusable(Flaw::Corrupt),
    }
}

fn not_opened(error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem => StoreError::NotWritable(WriteProblem::ReadOnly),
        std::io::ErrorKind::StorageFull => StoreError::NotWritable(WriteProblem::DiskFull),
        durable::NO_FILE => StoreError::Unusable(Flaw::NotAFile),
        _ => StoreError::Unusable(Flaw::NotOpened),
    }
}
