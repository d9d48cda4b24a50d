//! Checkpoints in the database, and the keys that they are checked with.

use super::log::Log;
use super::numbers::number_of;
use super::tree::hashes;
use super::{AuditReader, Flaw, KeyFile, Store, StoreError};
use crate::domain::audit::Seq;
use crate::domain::audit::checkpoint::{CheckpointKey, opened};
use crate::domain::audit::tree::Edge;
use sqlx::SqliteExecutor;
use sqlx::sqlite::SqliteConnection;
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
        (Some(key), None) => key,
        (None, None) => file.make()?,
    };
    note_verifier(connection, &key).await?;
    Ok(key)
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

/// The newest verifier key, after the one before it.
pub(super) async fn newest_two(
    database: impl SqliteExecutor<'_>,
) -> Result<Option<(Option<String>, String)>, StoreError> {
    let newest = "SELECT verifier FROM audit_key ORDER BY id DESC LIMIT 2";
    let keys: Vec<String> = sqlx::query_scalar(newest).fetch_all(database).await?;
    let mut keys = keys.into_iter();
    Ok(keys.next().map(|now| (keys.next(), now)))
}

/// Refuses a log that is not what its newest checkpoint says: going on would sign what somebody else
/// made of it.
pub(super) async fn check_newest(
    connection: &mut SqliteConnection,
    verifier: &str,
) -> Result<(), StoreError> {
    const WRONG: StoreError = StoreError::Unusable(Flaw::NotAsSigned);
    let Some(checkpoint) = newest(&mut *connection).await? else {
        return Ok(());
    };
    let signed = opened(&checkpoint.note, verifier).ok_or(WRONG)?;
    let known = hashes(connection, &Edge::needs(checkpoint.size)).await?;
    let root = Edge::new(checkpoint.size, known)
        .and_then(|edge| edge.root())
        .map_err(|_| WRONG)?;
    if signed == (checkpoint.size, root) {
        Ok(())
    } else {
        Err(WRONG)
    }
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
        sqlx::query("INSERT INTO checkpoint (size, note) VALUES (?, ?)")
            .bind(number_of(Seq(size))?)
            .bind(note)
            .execute(&mut self.connection)
            .await?;
        self.grows = true;
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
        Ok(
            sqlx::query_scalar("SELECT verifier FROM audit_key ORDER BY id")
                .fetch_all(&self.pool)
                .await?,
        )
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
