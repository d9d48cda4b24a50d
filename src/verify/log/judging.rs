//! What a checkpoint says of the records before it.

use super::Verification;
use crate::verify::{BadNote, Finding, NoteFlaw, Signed, Span};
use std::num::NonZeroU32;

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
        let mut group: Vec<(Signed, bool)> = Vec::new();
        while let Some(signed) = self.waiting.front().copied().filter(|s| s.size == position) {
            self.waiting.pop_front();
            let gave_up = |id: NonZeroU32| self.said.gave_up(id.get(), position);
            if signed.signer.is_some_and(gave_up) {
                let flaw = NoteFlaw::GivenUp;
                let (size, signer) = (Some(position), None);
                self.bad_note(BadNote { size, flaw, signer }, signed.elsewhere);
                continue;
            }
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
        self.times.are_covered();
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
    pub(super) fn resolve_doubt(&mut self, is_good: bool) {
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
}
