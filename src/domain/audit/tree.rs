//! The log as an RFC 6962 Merkle tree, for appending to it and for proofs.
//!
//! The tree itself is the crate `tlog_tiles`; hashes are numbered in its "stored hash" order: each
//! record's leaf, followed by the inner nodes that it completes. Checking is the business of `verify`,
//! which uses nothing of this.

use super::Seq;
use std::collections::BTreeMap;
use tlog_tiles::{
    Error, HashReader, check_record, check_tree, prove_record, prove_tree, record_hash,
    stored_hash_count, stored_hashes, sub_tree_index, tree_hash,
};

pub use tlog_tiles::Hash;

/// Place of a hash in stored-hash order.
pub type HashId = u64;

/// The stored hashes that are at hand. What is asked for and missing is an error, never a guess.
#[derive(Debug, Clone, Default)]
pub struct KnownHashes(BTreeMap<HashId, Hash>);

impl FromIterator<(HashId, Hash)> for KnownHashes {
    fn from_iter<T: IntoIterator<Item = (HashId, Hash)>>(hashes: T) -> Self {
        Self(hashes.into_iter().collect())
    }
}

impl KnownHashes {
    /// The hash at a place, if it is at hand.
    pub fn one(&self, id: HashId) -> Option<Hash> {
        self.0.get(&id).copied()
    }
}

impl HashReader for KnownHashes {
    fn read_hashes(&self, ids: &[u64]) -> Result<Vec<Hash>, Error> {
        ids.iter()
            .map(|id| self.0.get(id).copied().ok_or(Error::IndexesNotInTree))
            .collect()
    }
}

/// A hash of the tree is not at hand: the table that holds them is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash of the tree is missing")]
pub struct MissingHash;

impl From<Error> for MissingHash {
    fn from(_: Error) -> Self {
        Self
    }
}

/// The right edge of the tree: all that is needed to append to it and to compute its root. At most
/// one hash for each level.
#[derive(Debug, Clone)]
pub struct Edge {
    size: u64,
    hashes: KnownHashes,
}

impl Edge {
    /// The places of the hashes that an edge at this size is made of.
    pub fn needs(size: u64) -> Vec<HashId> {
        if size == 0 {
            return Vec::new();
        }
        sub_tree_index(0, size, Vec::new())
    }

    /// An edge from the hashes that [`Edge::needs`] names.
    ///
    /// # Errors
    /// One of them is missing.
    pub fn new(size: u64, hashes: KnownHashes) -> Result<Self, MissingHash> {
        let edge = Self { size, hashes };
        edge.root()?;
        Ok(edge)
    }

    /// Number of records.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The place that the next hash gets.
    pub fn next_id(&self) -> HashId {
        stored_hash_count(self.size)
    }

    /// The root hash (RFC 6962 2.1).
    ///
    /// # Errors
    /// As [`Edge::new`].
    pub fn root(&self) -> Result<Hash, MissingHash> {
        Ok(tree_hash(self.size, &self.hashes)?)
    }

    /// Appends a record's line, without its line feed. Returns the hashes to be stored, beginning at
    /// what [`Edge::next_id`] was.
    ///
    /// # Errors
    /// As [`Edge::new`]; then nothing was appended.
    pub fn append(&mut self, line: &str) -> Result<Vec<Hash>, MissingHash> {
        let first = self.next_id();
        let new = stored_hashes(self.size, line.as_bytes(), &self.hashes)?;
        self.hashes.0.extend((first..).zip(new.iter().copied()));
        self.size += 1;
        let needed = Self::needs(self.size);
        self.hashes.0.retain(|id, _| needed.contains(id));
        Ok(new)
    }

    /// The hashes of the edge, in the order of [`Edge::needs`].
    pub fn hashes(&self) -> impl Iterator<Item = Hash> {
        let needed = Self::needs(self.size);
        needed
            .into_iter()
            .filter_map(|id| self.hashes.0.get(&id).copied())
    }
}

/// The leaf hash of a line: SHA-256(0x00 ‖ line).
pub fn leaf_hash(line: impl AsRef<[u8]>) -> Hash {
    record_hash(line.as_ref())
}

/// Place of a record's leaf hash: 2 seq less the ones among its binary digits. Of a number that no record
/// can have it is the last there is.
pub fn leaf_id(seq: Seq) -> HashId {
    let ones = seq.0.count_ones().into();
    seq.0.saturating_mul(2).saturating_sub(ones)
}

/// The record that a hash is stored with.
pub fn stored_with(id: HashId) -> Seq {
    // There are fewer than two hashes for each record, and at most 64 less than that.
    let mut near = (id / 2..=id / 2 + 64).rev().map(Seq);
    near.find(|seq| leaf_id(*seq) <= id).unwrap_or(Seq(0))
}

/// Which hashes a proof takes: run with a reader that notes what it is asked for.
struct Asking(std::cell::RefCell<Vec<HashId>>);

impl HashReader for Asking {
    fn read_hashes(&self, ids: &[u64]) -> Result<Vec<Hash>, Error> {
        self.0.borrow_mut().extend(ids);
        Ok(vec![Hash([0; 32]); ids.len()])
    }
}

/// A proof about the tree, as the places of the hashes that it is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// That record `seq` is in the tree of `size` records (RFC 6962 2.1.1).
    Inclusion {
        /// Which record.
        seq: Seq,
        /// Of the tree.
        size: u64,
    },
    /// That the tree of `old` records is the beginning of the one of `size` (RFC 6962 2.1.2).
    Consistency {
        /// Of the earlier tree.
        old: u64,
        /// Of the later tree.
        size: u64,
    },
}

impl Proof {
    /// The hashes to read.
    ///
    /// # Errors
    /// The record or the earlier tree is not in the tree.
    pub fn needs(self) -> Result<Vec<HashId>, MissingHash> {
        let asking = Asking(std::cell::RefCell::default());
        self.made_from(&asking)?;
        Ok(asking.0.into_inner())
    }

    /// The proof itself: its hashes in the order of the RFC.
    ///
    /// # Errors
    /// A hash is missing.
    pub fn of(self, hashes: &KnownHashes) -> Result<Vec<Hash>, MissingHash> {
        self.made_from(hashes)
    }

    /// Whether the proof's hashes lead from `start` to `root`: from the record's leaf hash, or from the
    /// root of the earlier tree.
    pub fn leads(self, hashes: &Vec<Hash>, start: Hash, root: Hash) -> bool {
        match self {
            Self::Inclusion { seq, size } => check_record(hashes, size, root, seq.0, start).is_ok(),
            Self::Consistency { old: 0, .. } => hashes.is_empty(),
            Self::Consistency { old, size } => check_tree(hashes, size, root, old, start).is_ok(),
        }
    }

    fn made_from(self, hashes: &impl HashReader) -> Result<Vec<Hash>, MissingHash> {
        Ok(match self {
            Self::Inclusion { seq, size } => prove_record(size, seq.0, hashes)?,
            Self::Consistency { old: 0, .. } => Vec::new(),
            Self::Consistency { old, size } => prove_tree(size, old, hashes)?,
        })
    }
}

#[cfg(test)]
mod tests;
