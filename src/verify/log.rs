//! The pass over the log: records in order, checkpoints where they belong, and what follows from them.
//!
//! Two trees are carried along: one of the lines, one of the hashes that were kept beside them; they
//! are one as long as they agree. At each checkpoint, the tree whose root was signed is right.

use super::archive::Digests;
use super::attempts::Attempts;
use super::findings::{Findings, Ranges};
use super::line::{Head, Phase};
use super::report::Times;
use super::said::{Said, Strangers};
use super::standing::Standing;
use super::trees::Trees;
use super::{BadNote, Edge, Finding, Hash, Keys, NoteFlaw, Signed, Span, leaf_hash};
use jiff::Timestamp;
use std::collections::VecDeque;

mod ending;
mod judging;

/// Why a place has no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// It should have one.
    Missing,
    /// The database says that it was removed with its archive.
    Removed,
    /// It is accounted for already, as by an archive that cannot be read.
    Known,
}

/// The state of the pass.
pub struct Verification {
    keys: Keys,
    now: Option<Timestamp>,
    begin: u64,
    position: u64,
    records: u64,
    trees: Trees,
    waiting: VecDeque<Signed>,
    latest: Option<Signed>,
    standing: Standing,
    findings: Findings,
    /// Lines that differ from their kept hash, since the last checkpoint.
    suspects: Findings,
    missing: Ranges,
    removed: Ranges,
    unseen: Ranges,
    attempts: Attempts,
    said: Said,
    digests: Digests,
    strangers: Strangers,
    times: Times,
}

impl Verification {
    /// With the keys that are trusted.
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            now: None,
            begin: 0,
            position: 0,
            records: 0,
            trees: Trees::default(),
            waiting: VecDeque::new(),
            latest: None,
            standing: Standing::default(),
            findings: Findings::default(),
            suspects: Findings::default(),
            missing: Ranges::default(),
            removed: Ranges::default(),
            unseen: Ranges::default(),
            attempts: Attempts::default(),
            said: Said::default(),
            digests: Digests::default(),
            strangers: Strangers::default(),
            times: Times::default(),
        }
    }

    /// Says what time it is: a log that has just begun may have no checkpoint yet.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        Self {
            now: Some(now),
            ..self
        }
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The place of the next record.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// A checkpoint of as many records as were given so far, or of more. `stated` is the size under
    /// which it was kept.
    pub fn checkpoint(&mut self, note: &[u8], stated: Option<u64>, elsewhere: bool) {
        let bad = match self.keys.open(note, elsewhere) {
            Ok(signed) if stated.is_none_or(|stated| stated == signed.size) => {
                return self.expect(signed);
            }
            Ok(_) => BadNote {
                size: stated,
                flaw: NoteFlaw::OtherSize,
                signer: None,
            },
            Err(bad) => BadNote {
                size: stated.or(bad.size),
                ..bad
            },
        };
        self.bad_note(bad, elsewhere);
    }

    fn bad_note(&mut self, bad: BadNote, elsewhere: bool) {
        let BadNote { size, flaw, signer } = bad;
        let Some(size) = size else {
            return self.findings.add(Finding::Note(flaw));
        };
        if !elsewhere {
            self.standing.untrusted = self.standing.untrusted.max(size);
        }
        let is_stranger = !elsewhere && flaw == NoteFlaw::NotTrusted;
        if let Some(signer) = signer.filter(|_| is_stranger)
            && self.strangers.add(signer, size)
        {
            return;
        }
        self.findings.add(Finding::Checkpoint {
            first: size,
            last: size,
            count: 1,
            flaw,
        });
    }

    fn expect(&mut self, signed: Signed) {
        if signed.size < self.position {
            return;
        }
        let place = self
            .waiting
            .partition_point(|waiting| waiting.size <= signed.size);
        let before = place
            .checked_sub(1)
            .and_then(|before| self.waiting.get(before));
        // Sinks deliver at least once.
        let is_known = before == Some(&signed);
        let before = before.or(self.latest.as_ref());
        // Who signed both shows one log to some and another to others, whoever kept them.
        if before.is_some_and(|known| known.size == signed.size && known.root != signed.root) {
            self.standing.two_truths(signed.size);
        }
        if !is_known {
            self.waiting.insert(place, signed);
        }
        self.judge();
    }

    /// The next record's line, without its line feed, and the hashes that were kept with it: of its
    /// leaf, then of the nodes that it completed. None where none are kept. Returns its leaf hash.
    pub fn record(&mut self, line: &[u8], kept: &[Option<Hash>]) -> Hash {
        self.read(line, Head::parse(line), kept)
    }

    /// The same, with its beginning as it was read.
    pub(super) fn read(
        &mut self,
        line: &[u8],
        head: Option<Head<'_>>,
        kept: &[Option<Hash>],
    ) -> Hash {
        let leaf = leaf_hash(line);
        let place = self.position;
        let kept_leaf = kept.first().copied().flatten();
        let here = Span::one(place);
        let shape = match head {
            None => Some(Finding::NotARecord(here)),
            Some(head) if head.seq != place => Some(Finding::Displaced {
                records: here,
                own: head.seq,
            }),
            Some(_) => None,
        };
        let suspect = match kept_leaf {
            None if kept.is_empty() => None,
            None => Some(Finding::NotInTree(here)),
            Some(kept) if kept == leaf => None,
            Some(_) => Some(shape.clone().unwrap_or(Finding::Changed(here))),
        };
        match (head, shape, suspect) {
            (Some(head), None, None) => self.note(&head, line),
            (_, shape, suspect) => {
                self.unseen.add(here);
                match suspect {
                    Some(suspect) => self.suspects.add(suspect),
                    None => shape.into_iter().for_each(|shape| self.findings.add(shape)),
                }
            }
        }
        self.records += 1;
        let nodes = kept
            .get(1..)
            .filter(|_| kept_leaf.is_some())
            .unwrap_or_default();
        self.push(leaf, kept_leaf.unwrap_or(leaf), nodes);
        leaf
    }

    fn note(&mut self, head: &Head<'_>, line: &[u8]) {
        self.times.see(head);
        self.said.note(head, line);
        self.digests.note(head, line);
        if !self.attempts.note(head, line)
            && let Phase::Outcome(attempt) = head.phase
            && attempt >= self.begin
            && !self.unseen.may_contain(attempt)
        {
            self.findings.add(Finding::NotOpen {
                record: head.seq,
                attempt,
            });
        }
    }

    /// The next place has no line; a kept hash stands in for it.
    pub fn absent(&mut self, why: Absence, kept: &[Option<Hash>]) {
        let here = Span::one(self.position);
        match why {
            Absence::Missing => self.missing.add(here),
            Absence::Removed => self.removed.add(here),
            Absence::Known => {}
        }
        self.unseen.add(here);
        if let Some(leaf) = kept.first().copied().flatten() {
            self.push(leaf, leaf, kept.get(1..).unwrap_or_default());
        } else {
            self.lose_hashes(here, why);
            self.step();
        }
    }

    /// All places up to before `next` have no line, and no hash of them is kept.
    pub fn leave_out(&mut self, next: u64, why: Absence) {
        let Some(span) = Span::before(self.position, next) else {
            return;
        };
        match why {
            Absence::Missing => self.missing.add(span),
            Absence::Removed => self.removed.add(span),
            Absence::Known => {}
        }
        self.unseen.add(span);
        self.lose_hashes(span, why);
        self.position = next;
        self.waiting.retain(|signed| signed.size >= next);
        self.judge();
    }

    fn lose_hashes(&mut self, records: Span, why: Absence) {
        self.trees.is_broken = true;
        // Those of removed records stay; that is all there is of them.
        if why == Absence::Removed {
            self.findings.add(Finding::HashesGone(records));
        }
    }

    /// A finding of whoever reads the files.
    pub fn found(&mut self, finding: Finding) {
        self.findings.add(finding);
    }

    /// A record of which it was said that it is missing, and which came later than it should.
    pub fn came_late(&mut self, seq: u64, after: u64) {
        if self.missing.remove(seq) {
            self.findings.add(Finding::OutOfOrder {
                records: Span::one(seq),
                after,
            });
        } else {
            self.findings.add(Finding::Doubled(Span::one(seq)));
        }
    }

    fn push(&mut self, leaf: Hash, kept_leaf: Hash, nodes: &[Option<Hash>]) {
        if !self.trees.is_broken {
            let nodes_fit = self.trees.push(leaf, kept_leaf, nodes);
            if !nodes_fit && self.standing.lost_at.is_none() {
                self.findings
                    .add(Finding::NodeChanged(Span::one(self.position)));
            }
        }
        self.step();
    }

    fn step(&mut self) {
        self.position += 1;
        self.judge();
    }

    /// Whether the pass lost its footing at a checkpoint of exactly this size, so that
    /// [`stand_on`](Self::stand_on) would help.
    pub fn needs_edge(&self) -> bool {
        let is_here = self
            .latest
            .is_some_and(|latest| latest.size == self.position);
        self.standing.lost_at.is_some() && is_here
    }

    /// Goes on from an edge that was kept, where its root is the one that was signed for this size.
    pub fn stand_on(&mut self, edge: Edge) -> bool {
        let signed = self.latest.filter(|latest| latest.size == self.position);
        let fits = edge.size() == self.position && signed.is_some_and(|s| s.root == edge.root());
        if fits {
            self.trees.adopt(edge);
            if let Some(span) = self
                .standing
                .lost_at
                .take()
                .and_then(|at| Span::before(at, self.position))
            {
                self.findings.add(Finding::Unjudged(span));
            }
            self.standing.proven = self.position;
            self.times.are_covered();
            self.said.are_passed_over();
        }
        fits
    }

    /// An archive begins here, with its edge. A false edge leads to no root that was signed, so it
    /// may be taken where there is no other.
    pub fn archive_begins(&mut self, edge: Edge) {
        let first = edge.size();
        if self.records == 0 && self.position == 0 && first > 0 {
            self.begin = first;
            self.standing.proven = first;
            self.position = first;
            self.trees.adopt(edge);
            self.waiting.retain(|signed| signed.size >= first);
            return self.judge();
        }
        if first != self.position {
            return;
        }
        let is_sure = !self.trees.is_broken && self.standing.lost_at.is_none();
        if !is_sure {
            if !self.stand_on(edge.clone()) {
                self.trees.adopt(edge);
            }
        } else if self.trees.right() != Some(&edge) {
            self.findings.add(Finding::EdgeChanged { first });
        }
    }

    /// The archive of these records was read to its end, and nothing is wrong with it. The record that says that it was
    /// made has its SHA-256, and may come later.
    pub fn archive_ends(&mut self, records: Span, file: String, sha256: Hash) {
        self.digests.add(records, file, sha256);
    }
}
