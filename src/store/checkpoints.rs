//! Checkpoints in the database, and the keys that they are checked with.

use super::log::Log;
use super::numbers::number_of;
use super::{AuditReader, Flaw, KeyFile, Store, StoreError, tree};
use crate::domain::audit::Seq;
use crate::domain::audit::checkpoint::CheckpointKey;
use crate::durable;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, SqliteExecutor};
use std::path::Path;
use std::time::Duration;

/// Records wait no longer than a minute for their checkpoint.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(50);

/// A signed checkpoint as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Number of records that it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// The key that signs from now on. A new one is made for a log that has none; a log whose key is
/// gone, or is another one, is not given a new one behind its administrator's back.
pub(super) async fn key(
    connection: &mut SqliteConnection,
    file: &KeyFile,
    database: &Path,
) -> Result<CheckpointKey, StoreError> {
    let known = newest_verifier(&mut *connection).await?;
    if let Some(known) = &known
        && file.complete(known)?
    {
        tracing::info!("a change of the audit log's key that was interrupted is complete now");
    }
    let key = match (file.read()?, known) {
        (Some(key), Some(known)) if key.verifier() == known => return Ok(key),
        (Some(_), Some(_)) => return Err(StoreError::Unusable(Flaw::KeyOther)),
        (None, Some(_)) => return Err(StoreError::Unusable(Flaw::KeyMissing)),
        // Of a log without records; the key was handed over.
        (Some(key), None) => key,
        (None, None) => return first_key(connection, file, database).await,
    };
    note_verifier(connection, &key).await?;
    Ok(key)
}

/// A key for a log that has none. It gets its place once the log has it in its list, with a checkpoint of
/// the records that an earlier version left: from then on there is no log with a key that nothing was
/// signed of.
async fn first_key(
    connection: &mut SqliteConnection,
    file: &KeyFile,
    database: &Path,
) -> Result<CheckpointKey, StoreError> {
    let like = durable::owner_for_root(database);
    let (key, prepared) = file.prepare(&file.name, like.as_ref())?;
    let mut transaction = connection.begin().await?;
    note_verifier(&mut *transaction, &key).await?;
    let edge = tree::edge(&mut transaction).await?;
    if edge.size() > 0 {
        let note = key.sign(edge.size(), edge.root()?, None);
        let note = note.map_err(|_| StoreError::Unusable(Flaw::KeyUnusable))?;
        note_checkpoint(&mut *transaction, edge.size(), &note).await?;
    }
    transaction.commit().await?;
    prepared.put_in_place()?;
    Ok(key)
}

/// Lays a signed note down.
async fn note_checkpoint(
    database: impl SqliteExecutor<'_>,
    size: u64,
    note: &str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO checkpoint (size, note) VALUES (?, ?)")
        .bind(number_of(Seq(size))?)
        .bind(note)
        .execute(database)
        .await?;
    Ok(())
}

/// Lists a key among those that the log was signed with.
pub(super) async fn note_verifier(
    database: impl SqliteExecutor<'_>,
    key: &CheckpointKey,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit_key (verifier) VALUES (?)")
        .bind(key.verifier())
        .execute(database)
        .await?;
    Ok(())
}

/// The newest verifier key; `None`: the log was never signed.
pub(super) async fn newest_verifier(
    database: impl SqliteExecutor<'_>,
) -> Result<Option<String>, StoreError> {
    let newest = "SELECT verifier FROM audit_key ORDER BY id DESC LIMIT 1";
    Ok(sqlx::query_scalar(newest).fetch_optional(database).await?)
}

/// All verifier keys, oldest first.
pub(super) async fn verifiers(
    database: impl SqliteExecutor<'_>,
) -> Result<Vec<String>, StoreError> {
    let all = "SELECT verifier FROM audit_key ORDER BY id";
    Ok(sqlx::query_scalar(all).fetch_all(database).await?)
}

/// The newest verifier key, after the one before it.
pub(super) async fn newest_two(
    database: impl SqliteExecutor<'_>,
) -> Result<Option<(Option<String>, String)>, StoreError> {
    let newest = "SELECT verifier FROM audit_key ORDER BY id DESC LIMIT 2";
    let keys: Vec<String> = sqlx::query_scalar(newest).fetch_all(database).await?;
    let mut keys = keys.into_iter();
    Ok(keys.next().map(|now| (keys.next(), now)))
}

impl Log {
    /// Signs a checkpoint of all that is appended, unless the newest one has this size already.
    pub(super) async fn sign_checkpoint(&mut self) -> Result<(), StoreError> {
        let (size, root) = (self.edge()?.size(), self.edge()?.root()?);
        let newest = newest(&mut self.connection).await?;
        if size <= newest.map_or(0, |newest| newest.size) {
            return Ok(());
        }
        let note = self.sign(size, root)?;
        note_checkpoint(&mut self.connection, size, &note).await?;
        self.grows = true;
        self.signed = Some(note);
        Ok(())
    }
}

impl Store {
    /// Signs a checkpoint now, and then again and again while records come. Ends when it is dropped.
    pub async fn keep_checkpoints(&self) {
        self.keep_checkpoints_each(CHECKPOINT_EVERY).await;
    }

    pub(super) async fn keep_checkpoints_each(&self, period: Duration) {
        loop {
            if let Err(error) = self.checkpoint().await {
                tracing::warn!(%error, "no checkpoint of the audit log could be signed now");
            }
            tokio::time::sleep(period).await;
        }
    }

    /// Signs a checkpoint of all records so far; nothing where the newest one covers them already.
    ///
    /// # Errors
    /// It is not on the disk.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        self.write(|log| Box::pin(log.sign_checkpoint())).await
    }
}

impl AuditReader {
    /// Whether the database has a tree: one that was last written by an earlier version has none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn has_tree(&self) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'tree')";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    /// The newest checkpoint; `None` before the first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn newest_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        newest(&self.pool).await
    }

    /// Checkpoints of more than `size` records, smallest first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn checkpoints_after(
        &self,
        size: u64,
        limit: u32,
    ) -> Result<Vec<StoredCheckpoint>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?",
        )
        .bind(number_of(Seq(size))?)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(stored).collect()
    }

    /// The keys that checkpoints were signed with, oldest first, as verifier keys.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn verifier_keys(&self) -> Result<Vec<String>, StoreError> {
        verifiers(&self.pool).await
    }
}

pub(super) async fn newest(
    database: impl SqliteExecutor<'_>,
) -> Result<Option<StoredCheckpoint>, StoreError> {
    let row: Option<(i64, String)> =
        sqlx::query_as("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")
            .fetch_optional(database)
            .await?;
    row.map(stored).transpose()
}

fn stored((size, note): (i64, String)) -> Result<StoredCheckpoint, StoreError> {
    let size = u64::try_from(size).map_err(|_| StoreError::Unusable(Flaw::Corrupt))?;
    Ok(StoredCheckpoint { size, note })
}
