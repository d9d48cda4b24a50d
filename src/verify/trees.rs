//! The tree of the lines and the tree of the hashes that were kept beside them, one as long as they agree.

use super::{Edge, Hash};

/// The trees of lines and of kept hashes.
#[derive(Default)]
pub(super) struct Trees {
    pub(super) lines: Edge,
    /// Only where it differs.
    pub(super) kept: Option<Edge>,
    /// A hash is missing, so that no root can be told.
    pub(super) is_broken: bool,
    /// Where `lines` was taken from what somebody kept.
    pub(super) base: u64,
    pub(super) made: Vec<Hash>,
    pub(super) made_kept: Vec<Hash>,
}

impl Trees {
    /// Whether the nodes that are completed are the kept ones, by one of the trees.
    pub(super) fn push(&mut self, leaf: Hash, kept_leaf: Hash, nodes: &[Option<Hash>]) -> bool {
        if leaf != kept_leaf && self.kept.is_none() {
            self.kept = Some(self.lines.clone());
        }
        self.made.clear();
        let made = &mut self.made;
        self.lines.push(leaf, |hash| made.push(hash));
        self.made_kept.clear();
        if let Some(kept) = &mut self.kept {
            let made = &mut self.made_kept;
            kept.push(kept_leaf, |hash| made.push(hash));
        }
        let fits = |made: &[Hash]| {
            made.len() == nodes.len() && made.iter().zip(nodes).all(|(a, b)| Some(*a) == *b)
        };
        nodes.is_empty() || fits(&self.made) || fits(&self.made_kept)
    }

    pub(super) fn lines_root(&self) -> Option<Hash> {
        (!self.is_broken).then(|| self.lines.root())
    }

    pub(super) fn kept_root(&self) -> Option<Hash> {
        self.kept
            .as_ref()
            .filter(|_| !self.is_broken)
            .map(Edge::root)
    }

    /// The tree that is right, where both are one.
    pub(super) fn right(&self) -> Option<&Edge> {
        self.kept.is_none().then_some(&self.lines)
    }

    pub(super) fn adopt(&mut self, edge: Edge) {
        self.base = edge.size();
        self.lines = edge;
        self.kept = None;
        self.is_broken = false;
    }
}
