//! Attempts that have no outcome yet.

use super::line::{Head, Phase};
use serde_json::Value;
use std::collections::BTreeMap;

/// Of so many open attempts at once it is kept what they were.
const MOST: usize = 1000;
/// Bytes of a line that is kept whole.
const LONG: usize = 1024;
/// A word is told so far.
const LONGEST: usize = 100;

/// An attempt without an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAttempt {
    /// The attempt.
    pub seq: u64,
    /// What was to be done; `None` where there were too many to keep.
    pub action: Option<String>,
    /// Who wanted it.
    pub operator: Option<String>,
}

/// All that are open: one number each, and what the first were.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    open: BTreeMap<u64, Option<Kept>>,
}

/// A line as it is read: what is asked of it costs more than keeping it, and most have an outcome soon.
#[derive(Debug)]
enum Kept {
    Line(Box<[u8]>),
    /// Of one that is long.
    Read(Box<OpenAttempt>),
}

impl Attempts {
    /// Notes a record. `false`: the outcome of something that is not open.
    pub(super) fn note(&mut self, head: &Head<'_>, line: &[u8]) -> bool {
        match head.phase {
            Phase::Event => true,
            Phase::Outcome(attempt) => self.open.remove(&attempt).is_some(),
            Phase::Attempt => {
                let kept = (self.open.len() < MOST).then(|| {
                    if line.len() <= LONG {
                        Kept::Line(line.into())
                    } else {
                        Kept::Read(Box::new(described(head.seq, line)))
                    }
                });
                self.open.insert(head.seq, kept);
                true
            }
        }
    }

    /// The first of them, and how many there are.
    pub(super) fn close(self) -> (Vec<OpenAttempt>, u64) {
        let count = self.open.len().try_into().unwrap_or(u64::MAX);
        let first = self.open.into_iter().take(MOST);
        let listed = first.map(|(seq, kept)| match kept {
            Some(Kept::Line(line)) => described(seq, &line),
            Some(Kept::Read(open)) => *open,
            None => described(seq, &[]),
        });
        (listed.collect(), count)
    }
}

fn described(seq: u64, line: &[u8]) -> OpenAttempt {
    let read: Option<Value> = serde_json::from_slice(line).ok();
    let text = |pointer| {
        let text = read.as_ref()?.pointer(pointer)?.as_str()?;
        Some(text.chars().take(LONGEST).collect())
    };
    OpenAttempt {
        seq,
        action: text("/action"),
        operator: text("/operator/name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_line_only_what_is_told_is_kept() {
        let mut attempts = Attempts::default();
        for (seq, length) in [(0, 10), (1, 60_000)] {
            let name = "n".repeat(length);
            let line = format!(
                r#"{{"seq":{seq},"time":"2026-03-02T12:00:00.000000Z","action":"unlock_account","phase":"attempt","operator":{{"name":"{name}"}}}}"#
            );
            let head = Head::parse(line.as_bytes()).unwrap();
            assert!(attempts.note(&head, line.as_bytes()));
        }
        assert!(matches!(&attempts.open[&0], Some(Kept::Line(_))));
        assert!(matches!(&attempts.open[&1], Some(Kept::Read(_))));
        let (open, count) = attempts.close();
        assert_eq!(count, 2);
        for (open, length) in open.iter().zip([10, LONGEST]) {
            assert_eq!(open.action.as_deref(), Some("unlock_account"));
            assert_eq!(open.operator, Some("n".repeat(length)));
        }
    }
}
