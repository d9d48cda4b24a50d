//! Proofs about records, from the hashes in the database.

use super::checkpoints::newest_verifier;
use super::tree::hashes;
use super::{AuditReader, Flaw, StoreError, StoredCheckpoint};
use crate::domain::audit::Seq;
use crate::domain::audit::checkpoint::opened;
use crate::domain::audit::tree::{Edge, Hash, HashId, MissingHash, Proof, leaf_id};

/// Hashes that are read at once.
const MOST_HASHES: u32 = 10_000;

/// A proof with the checkpoint that it leads to.
#[derive(Debug, Clone)]
pub struct AuditProof {
    /// Of the record or the earlier tree; in the order of RFC 6962.
    pub hashes: Vec<Hash>,
    /// Where it begins: the record's leaf hash, or the root of the earlier tree.
    pub start: Hash,
    /// Where it ends: the root in the checkpoint.
    pub root: Hash,
    /// The checkpoint.
    pub checkpoint: StoredCheckpoint,
}

impl AuditReader {
    /// The kept leaf hashes of records from `from` on, at most `limit` and ten thousand, for comparing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn leaf_hashes(&self, from: Seq, limit: u32) -> Result<Vec<(Seq, Hash)>, StoreError> {
        // Beyond what the database can count there is no place of a hash, of which each record has up to two.
        let end = from.0.saturating_add(limit.min(MOST_HASHES).into());
        let end = end.min(i64::MAX.unsigned_abs() / 2);
        let seqs: Vec<Seq> = (from.0..end).map(Seq).collect();
        let ids: Vec<HashId> = seqs.iter().map(|seq| leaf_id(*seq)).collect();
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
                let leaf = leaf_id(seq);
                let known = hashes(&self.pool, &[leaf]).await?;
                let start = known.one(leaf).ok_or(MissingHash)?;
                let proof = Proof::Inclusion { seq, size };
                self.proof(proof, start, checkpoint).await.map(Some)
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
                let known = hashes(&self.pool, &Edge::needs(old)).await?;
                let start = Edge::new(old, known)?.root()?;
                let proof = Proof::Consistency { old, size };
                self.proof(proof, start, checkpoint).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A proof that was tried before it is handed out.
    async fn proof(
        &self,
        proof: Proof,
        start: Hash,
        checkpoint: StoredCheckpoint,
    ) -> Result<AuditProof, StoreError> {
        const WRONG: StoreError = StoreError::Unusable(Flaw::NotAsSigned);
        let verifier = newest_verifier(&self.pool).await?.ok_or(WRONG)?;
        let signed = opened(&checkpoint.note, &verifier);
        let signed = signed.filter(|(size, _)| *size == checkpoint.size);
        let (_, root) = signed.ok_or(WRONG)?;
        let known = hashes(&self.pool, &proof.needs()?).await?;
        let hashes = proof.of(&known)?;
        if !proof.leads(&hashes, start, root) {
            return Err(WRONG);
        }
        Ok(AuditProof {
            hashes,
            start,
            root,
            checkpoint,
        })
    }
}
