//! Records as the database has them, held against the tree and against what was asked: who can write the
//! database may have changed a line, or the columns by which it is found.

use super::super::numbers::seq_of;
use super::super::tree::hashes;
use super::super::{AuditReader, StoreError};
use crate::domain::audit::tree::{Hash, HashId, leaf_hash, leaf_id};
use crate::domain::audit::{Record, Seq};

/// Hashes that are looked up at once.
const AT_ONCE: usize = 1000;

/// Whether a line can be relied on, as far as the database knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its hash is the one in the tree.
    AsWritten,
    /// Its hash is not the one in the tree: it was changed.
    Changed,
    /// It is as it was written, and does not say what it was found by.
    Misfiled,
}

/// A line of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRecord {
    /// The number that it has in the database.
    pub seq: Seq,
    /// What it says; `None`: it is no record.
    pub record: Option<Record>,
    /// Whether that can be relied on.
    pub standing: Standing,
}

impl FoundRecord {
    /// `in_tree`: the hash that the tree has in its place. `fits`: whether it says what it was found by.
    pub(super) fn new(
        seq: Seq,
        line: &[u8],
        in_tree: Option<Hash>,
        fits: impl Fn(&Record) -> bool,
    ) -> Self {
        let record = Record::parse(line).ok();
        let says = |record: &Record| record.seq == seq && fits(record);
        let standing = if in_tree != Some(leaf_hash(line)) {
            Standing::Changed
        } else if record.as_ref().is_some_and(says) {
            Standing::AsWritten
        } else {
            Standing::Misfiled
        };
        Self {
            seq,
            record,
            standing,
        }
    }
}

impl AuditReader {
    /// The hashes that the tree has of these records; `None` where it has none.
    pub(super) async fn in_tree(&self, seqs: &[Seq]) -> Result<Vec<Option<Hash>>, StoreError> {
        // Of a number that is no place in any tree there is no hash.
        let places = |seq: &Seq| (seq.0 < 1 << 61).then(|| leaf_id(*seq));
        let ids: Vec<Option<HashId>> = seqs.iter().map(places).collect();
        let asked: Vec<HashId> = ids.iter().copied().flatten().collect();
        let known = hashes(&self.pool, &asked).await?;
        Ok(ids
            .into_iter()
            .map(|id| id.and_then(|id| known.one(id)))
            .collect())
    }

    /// Those of the lines whose hash is not the one in the tree. What an archive has is not looked at, nor is a log
    /// that has no tree yet.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn changed(&self, lines: &[(Seq, Vec<u8>)]) -> Result<Vec<Seq>, StoreError> {
        if !self.has_tree().await? {
            return Ok(Vec::new());
        }
        let archived = self.archived_before().await?;
        let here = lines.iter().filter(|(seq, _)| *seq >= archived);
        let here: Vec<&(Seq, Vec<u8>)> = here.collect();
        let mut changed = Vec::new();
        for part in here.chunks(AT_ONCE) {
            let seqs: Vec<Seq> = part.iter().map(|(seq, _)| *seq).collect();
            let in_tree = self.in_tree(&seqs).await?;
            let other = part
                .iter()
                .zip(in_tree)
                .filter(|((_, line), hash)| *hash != Some(leaf_hash(line)));
            changed.extend(other.map(|((seq, _), _)| *seq));
        }
        Ok(changed)
    }

    /// Rows as what they are. A row that an archive has is left out where it is not the line that was archived:
    /// somebody put it there.
    pub(super) async fn found(
        &self,
        rows: &[(i64, Vec<u8>)],
        fits: impl Fn(&Record) -> bool,
    ) -> Result<Vec<FoundRecord>, StoreError> {
        let seqs: Vec<Seq> = rows
            .iter()
            .map(|(seq, _)| seq_of(*seq))
            .collect::<Result<_, _>>()?;
        let in_tree = self.in_tree(&seqs).await?;
        let mut found: Vec<FoundRecord> = rows
            .iter()
            .zip(seqs)
            .zip(in_tree)
            .map(|(((_, line), seq), hash)| FoundRecord::new(seq, line, hash, &fits))
            .collect();
        if found.iter().any(|it| it.standing == Standing::Changed) {
            let archived = self.archived_before().await?;
            found.retain(|it| it.standing != Standing::Changed || it.seq >= archived);
        }
        Ok(found)
    }
}
