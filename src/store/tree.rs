//! The Merkle tree and the checkpoints in the database; appended to by the writer with each record.

use super::log::{Log, number_of};
use super::{AuditReader, Flaw, KeyFile, Store, StoreError};
use crate::domain::audit::Seq;
use crate::domain::audit::checkpoint::CheckpointKey;
use crate::domain::audit::tree::{Edge, Hash, HashId, KnownHashes, MissingHash, Proof};
use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite, SqliteExecutor};
use std::time::Duration;

/// Records wait no longer than a minute for their checkpoint.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(50);
/// Lines that are read at once while the tree catches up.
const CATCH_UP: i64 = 1000;

/// A signed checkpoint as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Number of records that it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// A proof with the checkpoint that it leads to.
#[derive(Debug, Clone)]
pub struct AuditProof {
    /// Of the record or the earlier tree; in the order of RFC 6962.
    pub hashes: Vec<Hash>,
    /// The root that it leads to.
    pub checkpoint: StoredCheckpoint,
}

impl From<MissingHash> for StoreError {
    fn from(_: MissingHash) -> Self {
        Self::Unusable(Flaw::TreeDamaged)
    }
}

/// Hashes by their places.
pub(super) async fn hashes(
    database: impl SqliteExecutor<'_>,
    ids: &[HashId],
) -> Result<KnownHashes, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT id, hash FROM tree WHERE id IN (");
    let mut list = query.separated(",");
    for id in ids {
        list.push_bind(i64::try_from(*id).map_err(|_| MissingHash)?);
    }
    query.push(")");
    let rows: Vec<(i64, Vec<u8>)> = query.build_query_as().fetch_all(database).await?;
    rows.into_iter()
        .map(|(id, hash)| {
            let hash = <[u8; 32]>::try_from(hash.as_slice()).map_err(|_| MissingHash)?;
            Ok((HashId::try_from(id).map_err(|_| MissingHash)?, Hash(hash)))
        })
        .collect()
}

/// The edge of the tree as it is in the database.
pub(super) async fn edge(connection: &mut SqliteConnection) -> Result<Edge, StoreError> {
    let count: i64 = sqlx::query_scalar("SELECT coalesce(max(id) + 1, 0) FROM tree")
        .fetch_one(&mut *connection)
        .await?;
    let count = HashId::try_from(count).map_err(|_| MissingHash)?;
    let size = size_of(count)?;
    let known = hashes(connection, &Edge::needs(size)).await?;
    Ok(Edge::new(size, known)?)
}

/// The number of records whose stored hashes are so many.
fn size_of(count: HashId) -> Result<u64, MissingHash> {
    // There are fewer than two hashes for each record.
    let (mut low, mut high) = (count / 2, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if tlog_tiles::stored_hash_count(middle) < count {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    (tlog_tiles::stored_hash_count(low) == count)
        .then_some(low)
        .ok_or(MissingHash)
}

/// Appends a line's hashes; in the transaction that inserts the line.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    edge: &mut Edge,
    line: &str,
) -> Result<(), StoreError> {
    let first = i64::try_from(edge.next_id()).map_err(|_| MissingHash)?;
    let new = edge.append(line)?;
    for (id, hash) in (first..).zip(new) {
        sqlx::query("INSERT INTO tree (id, hash) VALUES (?, ?)")
            .bind(id)
            .bind(hash.0.as_slice())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Adds the lines that a version without a tree has written.
pub(super) async fn catch_up(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    loop {
        let mut edge = edge(connection).await?;
        let from = number_of(Seq(edge.size()))?;
        let lines: Vec<String> =
            sqlx::query_scalar("SELECT line FROM audit WHERE seq >= ? ORDER BY seq LIMIT ?")
                .bind(from)
                .bind(CATCH_UP)
                .fetch_all(&mut *connection)
                .await?;
        if lines.is_empty() {
            return Ok(());
        }
        let mut transaction = sqlx::Connection::begin(&mut *connection).await?;
        for line in &lines {
            append(&mut transaction, &mut edge, line).await?;
        }
        transaction.commit().await?;
    }
}

/// The key that signs from now on. A new one is made for a log that has none; a log whose key is
/// gone is not given another behind its administrator's back.
pub(super) async fn key(
    connection: &mut SqliteConnection,
    file: &KeyFile,
) -> Result<CheckpointKey, StoreError> {
    let known: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_key")
        .fetch_one(&mut *connection)
        .await?;
    let key = match file.read()? {
        Some(key) => key,
        None if known == 0 => file.make()?,
        None => return Err(StoreError::Unusable(Flaw::KeyMissing)),
    };
    sqlx::query("INSERT INTO audit_key (verifier) VALUES (?) ON CONFLICT (verifier) DO NOTHING")
        .bind(key.verifier())
        .execute(connection)
        .await?;
    Ok(key)
}

impl Log {
    /// Signs a checkpoint of all that is appended, unless the newest one has this size already.
    pub(super) async fn sign_checkpoint(&mut self) -> Result<(), StoreError> {
        let edge = self.edge()?;
        let (size, root) = (edge.size(), edge.root()?);
        let number = number_of(Seq(size))?;
        if size == 0
            || newest(&mut self.connection)
                .await?
                .is_some_and(|c| c.size >= size)
        {
            return Ok(());
        }
        let note = self.sign(size, root)?;
        sqlx::query("INSERT INTO checkpoint (size, note) VALUES (?, ?)")
            .bind(number)
            .bind(note)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Signs a checkpoint now, and then again and again while records come. Ends when it is dropped.
    pub async fn keep_checkpoints(&self) {
        loop {
            if let Err(error) = self.checkpoint().await {
                tracing::warn!(%error, "no checkpoint of the audit log could be signed now");
            }
            tokio::time::sleep(CHECKPOINT_EVERY).await;
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

    /// The kept leaf hashes of records from `from` on, at most `limit`, for comparing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn leaf_hashes(&self, from: Seq, limit: u32) -> Result<Vec<(Seq, Hash)>, StoreError> {
        let seqs: Vec<Seq> = (from.0..from.0.saturating_add(limit.into()))
            .map(Seq)
            .collect();
        let ids: Vec<HashId> = seqs
            .iter()
            .map(|seq| crate::domain::audit::tree::leaf_id(*seq))
            .collect();
        let known = hashes(&self.pool, &ids).await?;
        Ok(seqs
            .into_iter()
            .zip(ids)
            .filter_map(|(seq, id)| known.one(id).map(|hash| (seq, hash)))
            .collect())
    }

    /// That a record is in the tree of the newest checkpoint. `None`: no checkpoint covers it yet.
    ///
    /// # Errors
    /// The store cannot be read, or its tree is damaged.
    pub async fn prove(&self, seq: Seq) -> Result<Option<AuditProof>, StoreError> {
        match self.newest_checkpoint().await? {
            Some(checkpoint) if checkpoint.size > seq.0 => {
                let size = checkpoint.size;
                let proof = Proof::Inclusion { seq, size };
                self.proof(proof, checkpoint).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// That the tree of the newest checkpoint begins with the one of `old` records. `None`: the
    /// newest checkpoint is not later.
    ///
    /// # Errors
    /// The store cannot be read, or its tree is damaged.
    pub async fn prove_consistency(&self, old: u64) -> Result<Option<AuditProof>, StoreError> {
        match self.newest_checkpoint().await? {
            Some(checkpoint) if checkpoint.size >= old => {
                let size = checkpoint.size;
                let proof = Proof::Consistency { old, size };
                self.proof(proof, checkpoint).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn proof(
        &self,
        proof: Proof,
        checkpoint: StoredCheckpoint,
    ) -> Result<AuditProof, StoreError> {
        let known = hashes(&self.pool, &proof.needs()?).await?;
        let hashes = proof.of(&known)?;
        Ok(AuditProof { hashes, checkpoint })
    }
}

async fn newest(database: impl SqliteExecutor<'_>) -> Result<Option<StoredCheckpoint>, StoreError> {
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
