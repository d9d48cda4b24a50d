//! The tables, indexes and triggers are those that Keyward's migrations make, and no others. A trigger that
//! somebody puts in once would change what Keyward writes for ever; one that is taken out no longer refuses
//! what nobody may do.

use super::file::MIGRATIONS;
use super::{AuditReader, Flaw, StoreError};
use sqlx::migrate::{Migration, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, SqliteExecutor};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::Mutex;

/// Kind, name, table and statement; the last in one way of writing.
type Object = (String, String, String, String);
/// What the migrations up to one of them make; made once for each.
static MADE: Mutex<BTreeMap<i64, BTreeSet<Object>>> = Mutex::const_new(BTreeMap::new());

/// Refuses a database with other tables, indexes, triggers or views than Keyward's.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let newest = MIGRATIONS.iter().map(|migration| migration.version).max();
    let found = objects(&mut *connection).await?;
    refuse(&differences(found, newest.unwrap_or(0)).await?)
}

fn refuse(differences: &[String]) -> Result<(), StoreError> {
    if differences.is_empty() {
        return Ok(());
    }
    tracing::error!(
        objects = %differences.join(", "),
        "somebody changed the database's tables, indexes or triggers"
    );
    Err(StoreError::Unusable(Flaw::SchemaChanged))
}

impl AuditReader {
    /// What is in the database that Keyward did not make, is not as Keyward made it, or is missing: such as
    /// `trigger audit_no_update`. An older version's database is held against that version.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn schema_differences(&self) -> Result<Vec<String>, StoreError> {
        let version = "SELECT max(version) FROM _sqlx_migrations";
        let version: Option<i64> = sqlx::query_scalar(version).fetch_one(&self.pool).await?;
        differences(objects(&self.pool).await?, version.unwrap_or(0)).await
    }

    /// Refuses a database with such differences.
    ///
    /// # Errors
    /// There are some, or the store cannot be read.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        refuse(&self.schema_differences().await?)
    }
}

async fn differences(found: Vec<Object>, version: i64) -> Result<Vec<String>, StoreError> {
    let mut all_made = MADE.lock().await;
    let made = match all_made.entry(version) {
        std::collections::btree_map::Entry::Occupied(made) => made.into_mut(),
        std::collections::btree_map::Entry::Vacant(place) => place.insert(made(version).await?),
    };
    // One that is there twice is one too many.
    let mut left = made.clone();
    let mut other: BTreeSet<String> = BTreeSet::new();
    for object in found {
        if !left.remove(&object) {
            other.insert(named(&object));
        }
    }
    other.extend(left.iter().map(named));
    Ok(other.into_iter().collect())
}

fn named((kind, name, ..): &Object) -> String {
    format!("{kind} {name}")
}

async fn made(version: i64) -> Result<BTreeSet<Object>, StoreError> {
    let mut fresh = SqliteConnectOptions::new()
        .in_memory(true)
        .connect()
        .await?;
    let until = |migration: &&Migration| migration.version <= version;
    let migrations: Vec<_> = MIGRATIONS.iter().filter(until).cloned().collect();
    Migrator::with_migrations(migrations)
        .run(&mut fresh)
        .await
        .map_err(|_| StoreError::Unusable(Flaw::Corrupt))?;
    let objects = objects(&mut fresh).await?.into_iter().collect();
    fresh.close().await?;
    Ok(objects)
}

async fn objects(database: impl SqliteExecutor<'_>) -> Result<Vec<Object>, StoreError> {
    // SQLite makes tables for its own counts when somebody runs ANALYZE.
    let all = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
               WHERE NOT (type = 'table' AND name LIKE 'sqlite\\_stat_' ESCAPE '\\')";
    let rows: Vec<Object> = sqlx::query_as(all).fetch_all(database).await?;
    let written_alike = |(kind, name, table, sql): Object| (kind, name, table, alike(&sql));
    Ok(rows.into_iter().map(written_alike).collect())
}

/// A statement with each run of blanks as one: SQLite writes what an ALTER made anew. Line feeds stay, since
/// they end comments.
fn alike(sql: &str) -> String {
    let lines = sql
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}
