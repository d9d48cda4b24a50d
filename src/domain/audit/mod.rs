//! The audit record: what is written down of each attempt, and the exact bytes of its line.
//!
//! Storing lines is the business of `store`; which words `code` has is listed in `docs/codes.md`.

pub mod checkpoint;
mod json;
mod record;
mod search;
pub mod tree;
mod words;

pub use record::{InvalidRecord, MAX_LINE_BYTES, Record};
pub use search::{Actions, AuditSearch, Who};
pub use words::{AuditAction, AuditResult, Phase};

use super::identity::{ObjectGuid, Sid};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Position in the log, from 0, without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seq(pub u64);

/// The name of the archive with the records `first` to `next - 1`.
pub fn archive_name(first: u64, next: u64) -> String {
    format!("audit-{first:012}-{next:012}.jsonl.zst")
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditOperator {
    /// objectSid; absent for names that resolve to nobody.
    pub sid: Option<Sid>,
    /// sAMAccountName (as typed for unknown names is NOT recorded: use "?").
    pub name: String,
}

/// On whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditTarget {
    /// objectGUID.
    pub guid: ObjectGuid,
    /// objectSid.
    pub sid: Option<Sid>,
    /// The name for people.
    pub name: Option<String>,
    /// distinguishedName as read.
    pub dn: Option<String>,
}

/// A value among the details of a record. No fractions: their text is not the same everywhere.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// Text, never a secret.
    Text(String),
}

/// Everything of a record but `seq` and `time`, which the store gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was done.
    pub action: AuditAction,
    /// Attempt, outcome or event.
    pub phase: Phase,
    /// On an outcome: which attempt it ends.
    pub attempt: Option<Seq>,
    /// How it went.
    pub result: Option<AuditResult>,
    /// A word from the list in the docs (`docs/codes.md`), e.g. `wrong_password`, `protected_group`, `answer_lost`.
    pub code: Option<String>,
    /// Who acted.
    pub operator: Option<AuditOperator>,
    /// On whom.
    pub target: Option<AuditTarget>,
    /// From where.
    pub client: Option<IpAddr>,
    /// The rule that decided.
    pub rule: Option<String>,
    /// What the operator gave as the reason.
    pub reason: Option<String>,
    /// The domain controller.
    pub dc: Option<String>,
    /// Whatever else belongs to the action, by name.
    pub details: BTreeMap<String, Detail>,
}

impl Entry {
    /// An event of this kind about which nothing else is known yet.
    pub fn new(action: AuditAction) -> Self {
        Entry {
            action,
            phase: Phase::Event,
            attempt: None,
            result: None,
            code: None,
            operator: None,
            target: None,
            client: None,
            rule: None,
            reason: None,
            dc: None,
            details: BTreeMap::new(),
        }
    }
}

impl Detail {
    /// The number, if it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Detail::Number(number) => Some(*number),
            Detail::Flag(_) | Detail::Text(_) => None,
        }
    }

    /// The number, if it is one and not negative.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_i64().and_then(|number| number.try_into().ok())
    }

    /// The flag, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Detail::Flag(flag) => Some(*flag),
            Detail::Number(_) | Detail::Text(_) => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Detail::Text(text) => Some(text),
            Detail::Flag(_) | Detail::Number(_) => None,
        }
    }
}

impl From<bool> for Detail {
    fn from(flag: bool) -> Self {
        Detail::Flag(flag)
    }
}

impl From<i64> for Detail {
    fn from(number: i64) -> Self {
        Detail::Number(number)
    }
}

impl From<u32> for Detail {
    fn from(number: u32) -> Self {
        Detail::Number(number.into())
    }
}

impl From<u64> for Detail {
    /// Numbers beyond `i64::MAX` are recorded as that one.
    fn from(number: u64) -> Self {
        Detail::Number(number.try_into().unwrap_or(i64::MAX))
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Detail::Text(text.to_owned())
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Detail::Text(text)
    }
}
