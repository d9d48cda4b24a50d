//! One record with all that belongs to it: its other half, its hash, its proof, its archive.

use super::super::log::number_of;
use super::super::{AuditProof, AuditReader, Store, StoreError};
use crate::domain::audit::tree::{Hash, leaf_hash};
use crate::domain::audit::{Phase, Record, Seq};

/// A record and what is kept of it.
#[derive(Debug, Clone)]
pub struct KeptRecord {
    /// Its number.
    pub seq: Seq,
    /// What it says; `None`: it moved into an archive.
    pub record: Option<Record>,
    /// Of an attempt its outcome, of an outcome its attempt; where that is in the database.
    pub other_half: Option<Record>,
    /// SHA-256 of its line as a leaf; of a record in an archive, as the tree has it.
    pub leaf: Hash,
    /// That it is in the log; `None`: no checkpoint covers it yet.
    pub proof: Option<AuditProof>,
    /// The archive that has it.
    pub archive: Option<ArchiveFile>,
}

/// A file with records that are not in the database any more.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ArchiveFile {
    /// Its name in the archives' folder.
    pub file: String,
    /// Archives are kept for so long, and this one was removed.
    pub removed: bool,
}

impl AuditReader {
    /// One record; `None`: there is none with that number.
    ///
    /// # Errors
    /// The store cannot be read, or its tree is damaged.
    pub async fn kept(&self, seq: Seq) -> Result<Option<KeptRecord>, StoreError> {
        if i64::try_from(seq.0).is_err() {
            return Ok(None);
        }
        let record = self.record(seq).await?;
        let archive = match record {
            Some(_) => None,
            None => self.archive_of(seq).await?,
        };
        if record.is_none() && archive.is_none() {
            return Ok(None);
        }
        let leaf = match &record {
            Some(record) => Some(leaf_hash(&record.to_line())),
            None => self.leaf_hashes(seq, 1).await?.pop().map(|(_, hash)| hash),
        };
        let Some(leaf) = leaf else {
            return Ok(None);
        };
        let other_half = match &record {
            Some(record) => self.other_half(record).await?,
            None => None,
        };
        Ok(Some(KeptRecord {
            seq,
            record,
            other_half,
            leaf,
            proof: self.prove(seq).await?,
            archive,
        }))
    }

    async fn other_half(&self, record: &Record) -> Result<Option<Record>, StoreError> {
        match (record.entry.phase, record.entry.attempt) {
            (Phase::Attempt, _) => self.outcome_of(record.seq).await,
            (Phase::Outcome, Some(attempt)) => self.record(attempt).await,
            (Phase::Outcome, None) | (Phase::Event, _) => Ok(None),
        }
    }

    async fn archive_of(&self, seq: Seq) -> Result<Option<ArchiveFile>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT file, removed FROM archive WHERE first <= ?1 AND next > ?1
             ORDER BY first DESC LIMIT 1",
        )
        .bind(number_of(seq)?)
        .fetch_optional(&self.pool)
        .await?)
    }
}

impl Store {
    /// As [`AuditReader::kept`].
    ///
    /// # Errors
    /// As there, and not in time.
    pub async fn kept(&self, seq: Seq) -> Result<Option<KeptRecord>, StoreError> {
        self.within(self.0.auditors.kept(seq)).await
    }
}
