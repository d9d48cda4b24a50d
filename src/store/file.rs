//! The database's file: its connections and their settings, its schema, its soundness.

use super::lock::Lock;
use super::soundness::{self, Soundness};
use super::{Flaw, StoreError, WriteProblem, schema};
use crate::durable;
use rustix::fs::Access;
use rustix::io::Errno;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Row};
use std::path::Path;
use std::time::Duration;

/// "KEYW": tells Keyward's files from other programs' (`PRAGMA application_id`).
pub(super) const APPLICATION_ID: i64 = 0x4B45_5957;
/// How long `SQLite` itself waits for a lock; shorter than the store's deadline.
const BUSY: Duration = Duration::from_secs(2);

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!();

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
