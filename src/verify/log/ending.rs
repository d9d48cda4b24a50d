//! The end of the pass: what is left over, and the report.

use super::super::said::id_in;
use super::super::{Finding, Report, Span};
use super::Verification;
use std::num::NonZeroU32;

impl Verification {
    /// Ends the pass.
    pub fn finish(mut self) -> Report {
        self.resolve_doubt(false);
        self.give_up_suspects();
        let waiting = std::mem::take(&mut self.waiting);
        let wanted = waiting.iter().filter(|signed| !self.is_outlived(signed));
        let wanted = wanted.map(|signed| signed.size).max().unwrap_or(0);
        self.end_of_coverage(wanted);
        if let Some(tail) = Span::before(self.position, wanted) {
            self.missing.add(tail);
        }
        for span in self.missing.into_list() {
            self.findings.add(Finding::Missing(span));
        }
        if let Some(size) = self.standing.two_truths {
            self.findings.add(Finding::TwoTruths { size });
        }
        let (removed, unsaid) = self.said.removed(&self.removed.into_list());
        let (other_keys, strange) = self.strangers.close(&self.said, self.standing.proven);
        let unsaid = unsaid.into_iter().map(Finding::NotRemoved);
        for finding in unsaid.chain(strange) {
            self.findings.add(finding);
        }
        self.digests.close(&mut self.findings);
        let (findings, more, first_wrong) = self.findings.close();
        let (open, open_count) = self.attempts.close();
        let standing = self.standing;
        let is_used = |key: &&String| {
            let id = id_in(key).and_then(NonZeroU32::new);
            [id, None].iter().any(|id| standing.signers.contains(id))
        };
        let unused_keys = self.keys.texts().iter().filter(|key| !is_used(key));
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
            removed,
            other_keys,
            unused_keys: unused_keys.cloned().collect(),
            open,
            open_count,
        }
    }

    /// What is said of the records after the last checkpoint that fits.
    fn end_of_coverage(&mut self, wanted: u64) {
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
            // The first record comes with the key.
            if self.position == 0 && self.standing.good == 0 && wanted == 0 {
                self.findings.add(Finding::Empty);
            }
            return;
        };
        if self.standing.untrusted > self.standing.proven {
            self.findings.add(Finding::Unsigned(tail));
        } else if self.standing.proven == self.begin && !self.times.is_young(self.now) {
            self.findings.add(Finding::NotProven(tail));
        } else if self.times.go_back() {
            self.findings.add(Finding::Backdated(tail));
        } else if self.times.is_uncovered_for_long() {
            self.findings.add(Finding::Uncovered(tail));
        }
    }
}
