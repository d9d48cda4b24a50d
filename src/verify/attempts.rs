//! Attempts that have no outcome yet.

use super::line::{Head, Phase};
use serde_json::Value;
use std::collections::BTreeMap;

/// Of so many open attempts at once the line is kept, to say what they were.
const MOST: usize = 1000;

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

/// All that are open: one number each, and the lines of the first.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    open: BTreeMap<u64, Option<Box<[u8]>>>,
}

impl Attempts {
    /// Notes a record. `false`: the outcome of something that is not open.
    pub(super) fn note(&mut self, head: &Head<'_>, line: &[u8]) -> bool {
        match head.phase {
            Phase::Event => true,
            Phase::Outcome(attempt) => self.open.remove(&attempt).is_some(),
            Phase::Attempt => {
                let kept = (self.open.len() < MOST).then(|| line.into());
                self.open.insert(head.seq, kept);
                true
            }
        }
    }

    /// The first of them, and how many there are.
    pub(super) fn close(self) -> (Vec<OpenAttempt>, u64) {
        let count = self.open.len().try_into().unwrap_or(u64::MAX);
        let first = self.open.into_iter().take(MOST);
        let listed = first.map(|(seq, line)| described(seq, line.as_deref()));
        (listed.collect(), count)
    }
}

fn described(seq: u64, line: Option<&[u8]>) -> OpenAttempt {
    let read = line.and_then(|line| serde_json::from_slice::<Value>(line).ok());
    let text = |pointer| Some(read.as_ref()?.pointer(pointer)?.as_str()?.to_owned());
    OpenAttempt {
        seq,
        action: text("/action"),
        operator: text("/operator/name"),
    }
}
