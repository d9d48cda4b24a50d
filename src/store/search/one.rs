//! One record with all that belongs to it: its other half, its hash, its proof, its archive; and what is wrong
//! with them.

use super::super::{ArchivedFile, AuditProof, AuditReader, Flaw, Store, StoreError};
use super::found::{FoundRecord, Standing};
use crate::domain::audit::tree::{Hash, leaf_hash};
use crate::domain::audit::{Phase, Record, Seq};

/// A record and what is kept of it.
#[derive(Debug, Clone)]
pub struct KeptRecord {
    /// Its number.
    pub seq: Seq,
    /// Its line, byte for byte; `None`: it moved into an archive, or it is gone. One that was changed may be no text.
    pub line: Option<Vec<u8>>,
    /// What the line says; `None`: there is none, or it is no record.
    pub record: Option<Record>,
    /// Of an attempt its outcome, of an outcome its attempt; where that is in the database.
    pub other_half: Option<FoundRecord>,
    /// SHA-256 of the line as a leaf; without a line, what the tree has.
    pub leaf: Hash,
    /// That it is in the log; `None`: no checkpoint covers it yet, or [`flaw`](Self::flaw) says why not.
    pub proof: Option<AuditProof>,
    /// The archive that has it.
    pub archive: Option<ArchivedFile>,
    /// What is wrong with it.
    pub flaw: Option<RecordFlaw>,
}

/// Why a record proves nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RecordFlaw {
    /// The line is not the one whose hash is in the tree: that one.
    Changed(Hash),
    /// The tree has a hash, and neither database nor archives a line.
    Gone,
    /// The hashes in the database do not lead to the newest checkpoint.
    Unproven,
}

impl AuditReader {
    /// One record; `None`: there is none with that number.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn kept(&self, seq: Seq) -> Result<Option<KeptRecord>, StoreError> {
        if i64::try_from(seq.0).is_err() {
            return Ok(None);
        }
        let archive = self.archive_with(seq).await?;
        let in_tree = self.in_tree(&[seq]).await?.into_iter().next().flatten();
        // What an archive has was not put into the database since, or it is the same.
        let counts = |line: &Vec<u8>| archive.is_none() || in_tree == Some(leaf_hash(line));
        let line = self.line(seq).await?.filter(counts);
        let archive = archive.filter(|_| line.is_none());
        let own = line.as_ref().map(leaf_hash);
        let Some(leaf) = own.or(in_tree) else {
            return Ok(None);
        };
        let mut flaw = match in_tree {
            Some(hash) if hash != leaf => Some(RecordFlaw::Changed(hash)),
            None => Some(RecordFlaw::Unproven),
            Some(_) if line.is_none() && archive.is_none() => Some(RecordFlaw::Gone),
            Some(_) => None,
        };
        let proof = match (flaw, self.prove(seq).await) {
            (Some(_), _) => None,
            (None, Ok(proof)) => proof,
            (None, Err(StoreError::Unusable(Flaw::NotAsSigned | Flaw::TreeDamaged))) => {
                flaw = Some(RecordFlaw::Unproven);
                None
            }
            (None, Err(error)) => return Err(error),
        };
        let record = line.as_ref().and_then(|line| Record::parse(line).ok());
        let other_half = match &record {
            Some(record) => self.other_half(record).await?,
            None => None,
        };
        Ok(Some(KeptRecord {
            seq,
            line,
            record,
            other_half,
            leaf,
            proof,
            archive,
            flaw,
        }))
    }

    async fn other_half(&self, record: &Record) -> Result<Option<FoundRecord>, StoreError> {
        let attempt = match (record.entry.phase, record.entry.attempt) {
            (Phase::Attempt, _) => record.seq,
            (Phase::Outcome, Some(attempt)) => attempt,
            (Phase::Outcome, None) | (Phase::Event, _) => return Ok(None),
        };
        let found = if attempt == record.seq {
            let row = self.outcome_row(attempt).await?;
            let rows: Vec<_> = row.into_iter().collect();
            self.found(&rows, |outcome| ends(outcome, attempt)).await?
        } else {
            let line = self.line(attempt).await?;
            let seq = i64::try_from(attempt.0).unwrap_or(i64::MAX);
            let rows: Vec<_> = line.into_iter().map(|line| (seq, line)).collect();
            let begins = |it: &Record| it.entry.phase == Phase::Attempt;
            self.found(&rows, begins).await?
        };
        Ok(found.into_iter().next())
    }

    /// The outcome of an attempt, if there is one.
    ///
    /// # Errors
    /// The store cannot be read, or what it has as the outcome is not that.
    pub async fn outcome_of(&self, attempt: Seq) -> Result<Option<Record>, StoreError> {
        let row = self.outcome_row(attempt).await?;
        let rows: Vec<_> = row.into_iter().collect();
        let found = self.found(&rows, |outcome| ends(outcome, attempt)).await?;
        let outcome = |found: FoundRecord| {
            let trusted = found.standing == Standing::AsWritten;
            let record = found.record.filter(|_| trusted);
            record.ok_or(StoreError::Unusable(Flaw::Corrupt))
        };
        found.into_iter().next().map(outcome).transpose()
    }

    async fn outcome_row(&self, attempt: Seq) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT seq, coalesce(CAST(line AS BLOB), x'') FROM audit
             WHERE attempt = ? AND phase = 'outcome'",
        )
        .bind(i64::try_from(attempt.0).unwrap_or(i64::MAX))
        .fetch_optional(&self.pool)
        .await?)
    }
}

/// Whether a record says itself that it is the outcome of this attempt.
fn ends(outcome: &Record, attempt: Seq) -> bool {
    outcome.entry.phase == Phase::Outcome && outcome.entry.attempt == Some(attempt)
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
