//! What the log says of itself: up to where old records were removed with their archives, and which keys it
//! was signed with.

use super::line::{Head, Phase};
use super::{Finding, NoteFlaw, Span};
use serde_json::Value;
use std::collections::BTreeMap;

/// So many keys are minded, and so many signers who are not trusted.
const MOST: usize = 1000;

/// Checkpoints of a key that the log names and that is not among the given ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherKey {
    /// The verifier key.
    pub key: String,
    /// The record that names it first.
    pub record: u64,
    /// Size of the first checkpoint.
    pub first: u64,
    /// Size of the last.
    pub last: u64,
    /// How many.
    pub count: u64,
}

/// The records that speak of the log.
#[derive(Default)]
pub(super) struct Said {
    keys: Vec<(u64, String)>,
    /// Ids of keys, and the records since which they sign no more.
    given_up: Vec<(u32, u64)>,
    removed_before: u64,
    /// By records that nothing proves yet.
    removed_perhaps: u64,
}

impl Said {
    pub(super) fn note(&mut self, head: &Head<'_>, line: &[u8]) {
        let is_minded = matches!(head.action, "archive_audit" | "audit_key_changed");
        if !is_minded || head.phase != Phase::Event {
            return;
        }
        let record = serde_json::from_slice(line).unwrap_or(Value::Null);
        let detail = |name| record.pointer(&format!("/details/{name}"));
        if head.action == "audit_key_changed" {
            let named = ["before", "now"].map(detail).into_iter().flatten();
            for key in named.filter_map(Value::as_str) {
                self.name(head.seq, key);
            }
            let before = detail("before").and_then(Value::as_str).and_then(id_in);
            if let Some(before) = before.filter(|_| self.given_up.len() < MOST) {
                self.given_up.push((before, head.seq));
            }
        } else if detail("removed") == Some(&Value::Bool(true)) {
            // The oldest archive goes first, so what is before it went before.
            let next = detail("next").and_then(Value::as_u64);
            self.removed_perhaps = self.removed_perhaps.max(next.unwrap_or(0));
        }
    }

    /// What was noted so far is proven.
    pub(super) fn are_covered(&mut self) {
        self.removed_before = self.removed_before.max(self.removed_perhaps);
        self.removed_perhaps = 0;
    }

    /// What was noted since the last time is not.
    pub(super) fn are_passed_over(&mut self) {
        self.removed_perhaps = 0;
    }

    fn name(&mut self, record: u64, key: &str) {
        if self.keys.len() < MOST && self.keys.iter().all(|(_, named)| named != key) {
            self.keys.push((record, key.to_owned()));
        }
    }

    /// Of records that somebody else calls removed, those of which the log says it, and the others.
    pub(super) fn removed(&self, called: &[Span]) -> (Vec<Span>, Vec<Span>) {
        let edge = self.removed_before;
        let said = called
            .iter()
            .filter_map(|span| Span::before(span.first, edge.min(span.last + 1)));
        let unsaid = called
            .iter()
            .filter_map(|span| Span::before(span.first.max(edge), span.last + 1));
        (said.collect(), unsaid.collect())
    }

    /// Whether a key signs no checkpoints of so many records any more. The one that covers the change may
    /// have its signature.
    pub(super) fn gave_up(&self, signer: u32, size: u64) -> bool {
        let mut given_up = self.given_up.iter();
        given_up.any(|(key, record)| *key == signer && size > record + 1)
    }

    /// The key with this id (C2SP signed-note), where a record before `proven` names it.
    fn key(&self, id: u32, proven: u64) -> Option<(u64, &str)> {
        let is_it = |(record, key): &&(u64, String)| *record < proven && id_in(key) == Some(id);
        let (record, key) = self.keys.iter().find(is_it)?;
        Some((*record, key))
    }
}

/// The id in a verifier key, `name+id+key`.
pub(super) fn id_in(key: &str) -> Option<u32> {
    u32::from_str_radix(key.split('+').nth(1)?, 16).ok()
}

/// Checkpoints that nobody who is trusted has signed, by the id of who did.
#[derive(Default)]
pub(super) struct Strangers {
    signers: BTreeMap<u32, (u64, u64, u64)>,
}

impl Strangers {
    /// `false`: there are too many signers.
    pub(super) fn add(&mut self, signer: u32, size: u64) -> bool {
        let is_new = !self.signers.contains_key(&signer);
        if is_new && self.signers.len() >= MOST {
            return false;
        }
        let (first, last, count) = self.signers.entry(signer).or_insert((size, size, 0));
        (*first, *last) = (size.min(*first), size.max(*last));
        *count += 1;
        true
    }

    /// Those of keys that the log names, and what is to be found wrong: others, and those that nothing
    /// trusted comes after.
    pub(super) fn close(self, said: &Said, proven: u64) -> (Vec<OtherKey>, Vec<Finding>) {
        let (mut named, mut wrong) = (Vec::new(), Vec::new());
        for (signer, (first, last, count)) in self.signers {
            let key = said.key(signer, proven);
            if key.is_none() || last > proven {
                let flaw = NoteFlaw::NotTrusted;
                wrong.push(Finding::Checkpoint {
                    first,
                    last,
                    count,
                    flaw,
                });
            }
            named.extend(key.map(|(record, key)| OtherKey {
                key: key.to_owned(),
                record,
                first,
                last,
                count,
            }));
        }
        (named, wrong)
    }
}
