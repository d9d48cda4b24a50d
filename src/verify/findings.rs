//! A list of findings that stays short: what goes on in the next record is one finding.

use super::{Finding, Report, Span};

/// Findings that are listed; the rest is counted.
const MOST: usize = 1000;

/// What was found so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    list: Vec<Finding>,
    more: u64,
    /// The first record that one of those accuses.
    first_of_more: Option<u64>,
}

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        if self
            .list
            .last_mut()
            .is_some_and(|last| goes_on(last, &finding))
        {
            return;
        }
        if self.list.len() < MOST {
            self.list.push(finding);
        } else {
            self.more += 1;
            self.first_of_more = earlier(self.first_of_more, finding.record());
        }
    }

    /// Whether one of these records is accused already.
    pub(super) fn accuse_one_of(&self, records: Span) -> bool {
        let accused = self.list.iter().filter_map(Finding::record);
        let mut accused = accused.chain(self.first_of_more);
        accused.any(|record| records.contains(record))
    }

    /// Adds others, as `verdict` makes them.
    pub(super) fn absorb(&mut self, others: Self, verdict: impl Fn(Finding) -> Finding) {
        self.more += others.more;
        self.first_of_more = earlier(self.first_of_more, others.first_of_more);
        for finding in others.list {
            self.add(verdict(finding));
        }
    }

    /// In the order of the records: the list, how many more, the first record that is wrong.
    pub(super) fn close(mut self) -> (Vec<Finding>, u64, Option<u64>) {
        self.list.sort_by_key(Finding::place);
        let named = |finding: &Finding| match finding {
            Finding::Unproven { .. } => None,
            other => other.record(),
        };
        // A range is accounted for where a record in it is named.
        let is_named = |records: Span| {
            let mut all = self.list.iter().filter_map(named);
            all.any(|record| records.contains(record))
        };
        let first = self.list.iter().filter_map(|finding| match finding {
            Finding::Unproven { records, .. } if is_named(*records) => None,
            Finding::NotProven(_) => None,
            other => other.record(),
        });
        // What nothing proves is shown to be wrong by nothing either: others come first.
        let not_proven = self.list.iter().find_map(|finding| match finding {
            Finding::NotProven(records) => Some(records.first),
            _ => None,
        });
        let first = earlier(first.min(), self.first_of_more).or(not_proven);
        (self.list, self.more, first)
    }
}

impl Report {
    /// Adds what was found beside the lines once all of them were judged.
    pub fn found_beside(&mut self, finding: Finding) {
        let last = self.findings.last_mut();
        if last.is_some_and(|last| goes_on(last, &finding)) {
            return;
        }
        if self.findings.len() < MOST {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

fn earlier(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

/// Makes `last` longer where `next` is the same of the records that follow.
fn goes_on(last: &mut Finding, next: &Finding) -> bool {
    match (last, next) {
        (Finding::Changed(last), Finding::Changed(next))
        | (Finding::Missing(last), Finding::Missing(next))
        | (Finding::Doubled(last), Finding::Doubled(next))
        | (Finding::FarBack(last), Finding::FarBack(next))
        | (Finding::NotARecord(last), Finding::NotARecord(next))
        | (Finding::NotInTree(last), Finding::NotInTree(next))
        | (Finding::HashChanged(last), Finding::HashChanged(next))
        | (Finding::Differs(last), Finding::Differs(next))
        | (Finding::NodeChanged(last), Finding::NodeChanged(next))
        | (Finding::HashesGone(last), Finding::HashesGone(next))
        | (Finding::OutOfOrder { records: last, .. }, Finding::OutOfOrder { records: next, .. }) => {
            joined(last, *next)
        }
        (
            Finding::Misfiled {
                records: last,
                column,
            },
            Finding::Misfiled {
                records: next,
                column: other,
            },
        ) => column == other && joined(last, *next),
        (
            Finding::Displaced { records: last, own },
            Finding::Displaced {
                records: next,
                own: next_own,
            },
        ) => own.checked_add(last.count()) == Some(*next_own) && joined(last, *next),
        (
            Finding::Checkpoint {
                last, count, flaw, ..
            },
            Finding::Checkpoint {
                last: next,
                count: 1,
                flaw: next_flaw,
                ..
            },
        ) if flaw == next_flaw && *last <= *next => {
            *last = *next;
            *count += 1;
            true
        }
        _ => false,
    }
}

fn joined(last: &mut Span, next: Span) -> bool {
    let follows = last.last.checked_add(1) == Some(next.first);
    if follows {
        last.last = next.last;
    }
    follows
}

/// Ranges of records, ascending.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranges {
    list: Vec<Span>,
    is_full: bool,
}

impl Ranges {
    const MOST: usize = 100_000;

    pub(super) fn add(&mut self, next: Span) {
        if self.list.last_mut().is_some_and(|last| joined(last, next)) {
            return;
        }
        if self.list.len() < Self::MOST {
            self.list.push(next);
        } else {
            self.is_full = true;
        }
    }

    /// Whether it is one of them; yes where there were too many to know.
    pub(super) fn may_contain(&self, seq: u64) -> bool {
        let after = self.list.partition_point(|span| span.first <= seq);
        let before = after.checked_sub(1).and_then(|place| self.list.get(place));
        self.is_full || before.is_some_and(|span| span.contains(seq))
    }

    /// Takes one out again.
    pub(super) fn remove(&mut self, seq: u64) -> bool {
        let found = self.list.iter().position(|span| span.contains(seq));
        let Some(place) = found else { return false };
        let span = self.list.remove(place);
        let after = seq.checked_add(1).filter(|next| *next <= span.last);
        let parts = Span::before(span.first, seq)
            .into_iter()
            .chain(after.map(|first| Span {
                first,
                last: span.last,
            }));
        for (offset, part) in parts.enumerate() {
            self.list.insert(place + offset, part);
        }
        true
    }

    pub(super) fn into_list(self) -> Vec<Span> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::NoteFlaw;

    #[test]
    fn the_first_wrong_record_is_known_also_when_it_is_not_in_the_list() {
        let mut findings = Findings::default();
        for size in 0..2000 {
            findings.add(Finding::TwoTruths { size });
        }
        findings.add(Finding::Note(NoteFlaw::NotTrusted));
        for record in [70, 30, 50] {
            findings.add(Finding::Changed(Span::one(record)));
        }
        let mut all = Findings::default();
        all.absorb(findings, |finding| finding);
        let (list, more, first) = all.close();
        assert_eq!((list.len(), more, first), (MOST, 1004, Some(30)));
    }

    #[test]
    fn what_nothing_proves_is_not_the_first_wrong_record_where_another_is() {
        let first = |others: &[Finding]| {
            let mut findings = Findings::default();
            findings.add(Finding::NotProven(Span { first: 0, last: 2 }));
            for other in others {
                findings.add(other.clone());
            }
            findings.close().2
        };
        assert_eq!(first(&[Finding::Missing(Span::one(3))]), Some(3));
        assert_eq!(first(&[]), Some(0));
    }
}
