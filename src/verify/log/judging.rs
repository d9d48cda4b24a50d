//! What a checkpoint says of the records before it.

use super::Verification;
use crate::verify::standing::Doubt;
use crate::verify::{BadNote, Finding, NoteFlaw, Signed, Span};
use std::num::NonZeroU32;

/// The checkpoints of one size, all rightly signed, whoever kept them.
#[derive(Default)]
struct Group {
    good: u64,
    /// The tree of the lines is what one of them says.
    by_lines: bool,
    is_own: bool,
    /// Those that were kept elsewhere, and whether all of them fit.
    witness: Option<bool>,
}

impl Group {
    fn add(&mut self, signed: &Signed, fits: bool) {
        self.good += u64::from(fits);
        if signed.elsewhere {
            self.witness = Some(fits && self.witness != Some(false));
        } else {
            self.is_own = true;
        }
    }

    fn is_good(&self) -> bool {
        self.good > 0
    }
}

impl Verification {
    /// Compares the roots with the checkpoints of this size.
    pub(super) fn judge(&mut self) {
        let position = self.position;
        // Roots cost more than all the rest of a record: only where one is asked for.
        if self.waiting.front().is_none_or(|s| s.size != position) {
            return;
        }
        let lines = self.trees.lines_root();
        let kept = self.trees.kept_root();
        let mut group = Group::default();
        while let Some(signed) = self.waiting.front().copied().filter(|s| s.size == position) {
            self.waiting.pop_front();
            if self.is_outlived(&signed) {
                continue;
            }
            let root = Some(signed.root);
            group.by_lines |= root == lines;
            group.add(&signed, root == lines || root == kept);
            self.latest = Some(signed);
        }
        if !group.is_own && group.witness.is_none() {
            return;
        }
        self.standing.good += group.good;
        let is_good = group.is_good();
        if group.is_own || is_good {
            self.resolve_doubt(is_good);
        }
        if is_good {
            self.settle(group.by_lines);
        } else if self.is_proven_here() {
            return self.standing.two_truths(position);
        } else if group.is_own || self.trees.is_broken {
            self.lose(group.witness.is_some());
        }
        self.hear_witness(&group);
    }

    /// Signed by nobody but a key that the log had given up by then: who has it still can sign anything.
    pub(super) fn is_outlived(&mut self, signed: &Signed) -> bool {
        let size = signed.size;
        let gave_up = |id: NonZeroU32| self.said.gave_up(id.get(), size);
        if signed.signer.is_some_and(gave_up) {
            let note = BadNote {
                size: Some(size),
                flaw: NoteFlaw::GivenUp,
                signer: None,
            };
            self.bad_note(note, signed.elsewhere);
            return true;
        }
        self.standing.signers.insert(signed.signer);
        false
    }

    /// What comes before is certain already: of no records, or by another checkpoint of this size.
    fn is_proven_here(&self) -> bool {
        let (here, base) = (self.position, self.trees.base);
        !self.trees.is_broken && self.standing.proven == here && (here == 0 || base < here)
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
        self.times.are_covered();
        self.said.are_covered();
    }

    /// Neither tree is what was signed.
    fn lose(&mut self, elsewhere: bool) {
        self.give_up_suspects();
        if self.standing.lost_at.is_some() {
            return;
        }
        let since = self.standing.proven.max(self.trees.base.min(self.position));
        // Where a hash is missing, that is a finding already.
        if self.trees.is_broken {
            self.standing.lost_at = Some(since);
        } else {
            self.standing.lost_at = Some(self.position);
            self.unproven(since, self.position, elsewhere);
        }
    }

    pub(super) fn give_up_suspects(&mut self) {
        self.close_suspects(|suspect| match suspect {
            Finding::Changed(span) => Finding::Differs(span),
            other => other,
        });
    }

    fn close_suspects(&mut self, verdict: impl Fn(Finding) -> Finding) {
        let suspects = std::mem::take(&mut self.suspects);
        self.findings.absorb(suspects, verdict);
    }

    /// What checkpoints that were kept elsewhere say: each of them has to fit.
    fn hear_witness(&mut self, group: &Group) {
        let standing = &mut self.standing;
        match group.witness {
            Some(true) => standing.witnessed = self.position,
            Some(false) if group.is_good() && !standing.contradicted => {
                let since = standing.witnessed;
                self.unproven(since, self.position, true);
            }
            Some(false)
                if !group.is_own
                    && !group.is_good()
                    && standing.doubt.is_none()
                    && standing.lost_at.is_none() =>
            {
                standing.doubt = Some(Doubt {
                    proven: standing.proven,
                    witnessed: standing.witnessed,
                    at: self.position,
                });
            }
            _ => {}
        }
    }

    /// A checkpoint that was kept elsewhere did not fit, where none lay beside the log. If the next
    /// one that is heard fits, the log was written anew and signed again.
    pub(super) fn resolve_doubt(&mut self, is_good: bool) {
        let Some(doubt) = self.standing.doubt.take() else {
            return;
        };
        if !is_good {
            self.standing.lost_at.get_or_insert(doubt.at);
        }
        if !self.standing.contradicted {
            let since = if is_good {
                doubt.witnessed
            } else {
                doubt.proven
            };
            self.unproven(since, doubt.at, true);
        }
    }

    /// A checkpoint for `size` records does not fit, and what fits is proven up to `since`.
    fn unproven(&mut self, since: u64, size: u64, elsewhere: bool) {
        self.standing.contradicted |= elsewhere;
        if let Some(records) = Span::before(since, size) {
            self.findings.add(Finding::Unproven { records, elsewhere });
        } else if size == self.trees.base {
            // It contradicts the edge that stands for all before.
            self.findings.add(Finding::EdgeChanged { first: size });
        } else {
            self.standing.two_truths(size);
        }
    }
}
