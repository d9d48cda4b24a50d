//! The pass over the log: records in order, checkpoints where they belong, and what follows from them.
//!
//! Two trees are carried along: one of the lines, one of the hashes that were kept beside them; they
//! are one as long as they agree. At each checkpoint, the tree whose root was signed is right.

use super::attempts::Attempts;
use super::findings::{Findings, Ranges};
use super::line::{Head, Phase};
use super::report::{Report, Times};
use super::standing::Standing;
use super::trees::Trees;
use super::{Edge, Finding, Hash, Keys, NoteFlaw, Signed, Span, leaf_hash};
use std::collections::VecDeque;

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
    times: Times,
}

impl Verification {
    /// With the keys that are trusted.
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
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
            times: Times::default(),
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
        match self.keys.open(note, elsewhere) {
            Ok(signed) if stated.is_none_or(|stated| stated == signed.size) => self.expect(signed),
            Ok(_) => self.bad_note(stated, NoteFlaw::OtherSize, elsewhere),
            Err((claimed, flaw)) => self.bad_note(stated.or(claimed), flaw, elsewhere),
        }
    }

    fn bad_note(&mut self, size: Option<u64>, flaw: NoteFlaw, elsewhere: bool) {
        let Some(size) = size else {
            return self.findings.add(Finding::Note(flaw));
        };
        if !elsewhere {
            self.standing.untrusted = self.standing.untrusted.max(size);
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
        // Sinks deliver at least once.
        let before = place
            .checked_sub(1)
            .and_then(|before| self.waiting.get(before));
        if before != Some(&signed) {
            self.waiting.insert(place, signed);
        }
        self.judge();
    }

    /// The next record's line, without its line feed, and the hashes that were kept with it: of its
    /// leaf, then of the nodes that it completed. None where none are kept. Returns its leaf hash.
    pub fn record(&mut self, line: &[u8], kept: &[Option<Hash>]) -> Hash {
        let leaf = leaf_hash(line);
        let head = Head::parse(line);
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
        self.times.see(head.time);
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
            self.trees.is_broken = true;
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
        self.trees.is_broken = true;
        self.position = next;
        self.waiting.retain(|signed| signed.size >= next);
        self.judge();
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

    /// Compares the roots with the checkpoints of this size.
    fn judge(&mut self) {
        let position = self.position;
        let lines = self.trees.lines_root();
        let kept = self.trees.kept_root();
        let mut group: Vec<(Signed, bool)> = Vec::new();
        while let Some(signed) = self.waiting.front().copied().filter(|s| s.size == position) {
            self.waiting.pop_front();
            let fits = [lines, kept].contains(&Some(signed.root));
            group.push((signed, fits));
        }
        let Some((last, _)) = group.last().copied() else {
            return;
        };
        self.latest = Some(last);
        let by_lines = group.iter().any(|(signed, _)| Some(signed.root) == lines);
        let is_good = group.iter().any(|(_, fits)| *fits);
        let is_own = group.iter().any(|(signed, _)| !signed.elsewhere);
        let witness = group
            .iter()
            .find(|(signed, _)| signed.elsewhere)
            .map(|(_, fits)| *fits);
        if is_own {
            self.resolve_doubt(is_good);
        }
        if is_good {
            self.settle(by_lines);
        } else if is_own || self.trees.is_broken {
            self.lose(witness.is_some());
        }
        self.hear_witness(witness, is_good, is_own);
        for (signed, fits) in group {
            if fits {
                self.standing.good += 1;
            } else if is_good && !signed.elsewhere {
                self.findings.add(Finding::TwoTruths { size: position });
            }
        }
    }

    /// One of the trees was signed: it is right from here on.
    fn settle(&mut self, by_lines: bool) {
        self.close_suspects(|suspect| match suspect {
            Finding::Displaced { records: span, .. }
            | Finding::Changed(span)
            | Finding::NotARecord(span)
            | Finding::NotInTree(span)
                if by_lines =>
            {
                Finding::HashChanged(span)
            }
            suspect => suspect,
        });
        if by_lines {
            self.trees.kept = None;
        } else if let Some(kept) = self.trees.kept.take() {
            self.trees.lines = kept;
        }
        if let Some(span) = self
            .standing
            .lost_at
            .take()
            .and_then(|at| Span::before(at, self.trees.base))
        {
            self.findings.add(Finding::Unjudged(span));
        }
        self.standing.proven = self.position;
        self.times.first_uncovered = None;
    }

    /// Neither tree is what was signed.
    fn lose(&mut self, elsewhere: bool) {
        self.give_up_suspects();
        if self.standing.lost_at.is_some() {
            return;
        }
        let since = self.standing.proven.max(self.trees.base.min(self.position));
        self.standing.lost_at = Some(if self.trees.is_broken {
            since
        } else {
            self.position
        });
        if !self.trees.is_broken {
            self.standing.contradicted |= elsewhere;
            self.unproven(Span::before(since, self.position), elsewhere);
        }
    }

    fn give_up_suspects(&mut self) {
        self.close_suspects(|suspect| match suspect {
            Finding::Changed(span) => Finding::Differs(span),
            other => other,
        });
    }

    fn close_suspects(&mut self, verdict: impl Fn(Finding) -> Finding) {
        let suspects = std::mem::take(&mut self.suspects);
        self.findings.absorb(suspects, verdict);
    }

    /// A checkpoint that was kept elsewhere, and whether it fits.
    fn hear_witness(&mut self, witness: Option<bool>, is_good: bool, is_own: bool) {
        let standing = &mut self.standing;
        match witness {
            Some(true) => standing.witnessed = self.position,
            Some(false) if is_good && !standing.contradicted => {
                standing.contradicted = true;
                let records = Span::before(standing.witnessed, self.position);
                self.unproven(records, true);
            }
            Some(false) if !is_own && standing.doubt.is_none() && standing.lost_at.is_none() => {
                standing.doubt = Some((standing.proven, self.position));
            }
            _ => {}
        }
    }

    /// A checkpoint that was kept elsewhere did not fit, where none lay beside the log. If the next
    /// one beside the log fits, the log was written anew and signed again.
    fn resolve_doubt(&mut self, is_good: bool) {
        let Some((proven, at)) = self.standing.doubt.take() else {
            return;
        };
        if self.standing.contradicted {
            return;
        }
        self.standing.contradicted = true;
        let since = if is_good {
            self.standing.witnessed
        } else {
            proven
        };
        self.unproven(Span::before(since, at), true);
        if !is_good {
            self.standing.lost_at.get_or_insert(at);
        }
    }

    fn unproven(&mut self, records: Option<Span>, elsewhere: bool) {
        if let Some(records) = records {
            self.findings.add(Finding::Unproven { records, elsewhere });
        }
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
            self.times.first_uncovered = None;
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

    /// Ends the pass.
    pub fn finish(mut self) -> Report {
        self.resolve_doubt(false);
        self.give_up_suspects();
        self.end_of_coverage();
        let wanted = self.waiting.back().map_or(0, |signed| signed.size);
        if let Some(tail) = Span::before(self.position, wanted) {
            self.missing.add(tail);
        }
        for span in self.missing.into_list() {
            self.findings.add(Finding::Missing(span));
        }
        let (findings, more, first_wrong) = self.findings.close();
        let (open, open_count) = self.attempts.close();
        let standing = self.standing;
        let is_plain = standing.lost_at.is_none() && standing.untrusted <= standing.proven;
        Report {
            records: self.records,
            begin: self.begin,
            checkpoints: standing.good,
            proven: standing.proven,
            times: self.times.first.map(|first| (first, self.times.last)),
            findings,
            more,
            first_wrong,
            uncovered: Span::before(standing.proven, self.position).filter(|_| is_plain),
            removed: self.removed.into_list(),
            open,
            open_count,
        }
    }

    /// What is said of the records after the last checkpoint that fits.
    fn end_of_coverage(&mut self) {
        if self.trees.is_broken && self.standing.lost_at.is_none() {
            self.standing.lost_at = Some(self.standing.proven);
        }
        if let Some(span) = self
            .standing
            .lost_at
            .and_then(|at| Span::before(at, self.position))
        {
            self.findings.add(Finding::Unjudged(span));
            return;
        }
        let Some(tail) = Span::before(self.standing.proven, self.position) else {
            return;
        };
        if self.standing.untrusted > self.standing.proven {
            self.findings.add(Finding::Unsigned(tail));
        } else if self.times.is_uncovered_for_long() {
            self.findings.add(Finding::Uncovered(tail));
        }
    }
}
