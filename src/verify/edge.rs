//! The right edge of an RFC 6962 tree: all that is needed to append to it and to tell its root.

use sha2::{Digest as _, Sha256};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// The leaf hash of a line without its line feed (RFC 6962 2.1).
pub fn leaf_hash(line: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(line)
        .finalize()
        .into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The roots of the full subtrees that a tree of `size` records consists of, the largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    peaks: Vec<Hash>,
}

impl Edge {
    /// An edge that somebody kept. `None`: a tree of this size has another number of subtrees.
    pub fn new(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let fits = u32::try_from(peaks.len()) == Ok(size.count_ones());
        fits.then_some(Self { size, peaks })
    }

    /// Number of records.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf. `made` gets each inner node that it completes, the lowest first.
    pub fn push(&mut self, leaf: Hash, mut made: impl FnMut(Hash)) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
                made(hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root (RFC 6962 2.1).
    pub fn root(&self) -> Hash {
        let joined = self.peaks.iter().rev().copied();
        let root = joined.reduce(|right, left| node_hash(&left, &right));
        root.unwrap_or_else(|| Sha256::digest([]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use tlog_tiles::{Error, Hash as Theirs, HashReader, stored_hash_index, stored_hashes};

    struct Kept(BTreeMap<u64, Theirs>);

    impl HashReader for Kept {
        fn read_hashes(&self, ids: &[u64]) -> Result<Vec<Theirs>, Error> {
            Ok(ids.iter().map(|id| self.0[id]).collect())
        }
    }

    #[test]
    fn the_verifiers_tree_and_the_one_of_tlog_tiles_agree_on_every_hash() {
        let mut kept = Kept(BTreeMap::new());
        let mut edge = Edge::default();
        let theirs = |kept: &Kept, size| tlog_tiles::tree_hash(size, kept).unwrap().0;
        assert_eq!(edge.root(), theirs(&kept, 0));
        for number in 0..300_u64 {
            let line = format!("line {number}");
            let expected = stored_hashes(number, line.as_bytes(), &kept).unwrap();
            let mut made = vec![leaf_hash(line.as_bytes())];
            edge.push(made[0], |hash| made.push(hash));
            assert_eq!(made, expected.iter().map(|hash| hash.0).collect::<Vec<_>>());
            let first = stored_hash_index(0, number);
            kept.0.extend((first..).zip(expected));
            let size = number + 1;
            assert_eq!(edge.root(), theirs(&kept, size), "{size}");
            let peaks = tlog_tiles::sub_tree_index(0, size, Vec::new());
            let peaks = peaks.iter().map(|id| kept.0[id].0).collect();
            assert_eq!(Edge::new(size, peaks), Some(edge.clone()));
        }
    }

    #[test]
    fn an_edge_of_another_size_is_refused() {
        assert_eq!(Edge::new(3, vec![[0; 32]]), None);
        assert!(Edge::new(3, vec![[0; 32]; 2]).is_some());
    }
}
