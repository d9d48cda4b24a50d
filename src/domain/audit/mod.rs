//! The audit record: what is written down of each attempt, and the exact bytes of its line.
// (owner: record.rs — canonical bytes, serialise and parse)

use super::identity::{ObjectGuid, Sid};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Position in the log, from 0, without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seq(pub u64);

/// What was done (contract: `action`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the words of the contract")]
pub enum AuditAction {
    SignIn,
    SignOut,
    ViewAccount,
    ResetPassword,
    UnlockAccount,
    RotateServiceAccount,
    SettingsChanged,
    ServiceStarted,
    ServiceStopped,
    ClockJumped,
}
/// attempt, outcome or event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the words of the contract")]
pub enum Phase {
    Attempt,
    Outcome,
    Event,
}
/// ok, refused, failed or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the words of the contract")]
pub enum AuditResult {
    Ok,
    Refused,
    Failed,
    Unknown,
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
#[allow(missing_docs, reason = "the names are the words of the contract")]
pub struct AuditTarget {
    pub guid: ObjectGuid,
    pub sid: Option<Sid>,
    pub name: Option<String>,
    pub dn: Option<String>,
}

/// Everything of a record but `seq` and `time`, which the store gives.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are the words of the contract")]
pub struct Entry {
    pub action: AuditAction,
    pub phase: Phase,
    pub attempt: Option<Seq>,
    pub result: Option<AuditResult>,
    /// A word from the list in the docs (`docs/codes.md`), e.g. "wrong_password", "protected_group", "answer_lost".
    pub code: Option<String>,
    pub operator: Option<AuditOperator>,
    pub target: Option<AuditTarget>,
    pub client: Option<IpAddr>,
    pub rule: Option<String>,
    pub reason: Option<String>,
    pub dc: Option<String>,
    pub details: BTreeMap<String, serde_json::Value>,
}
/// A whole record.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are the words of the contract")]
pub struct Record {
    pub seq: Seq,
    pub time: Timestamp,
    pub entry: Entry,
}
/// Not a line of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an audit record: {0}")]
pub struct InvalidRecord(pub &'static str);
impl Record {
    /// The canonical line, without the line feed (contract.md "Audit record"): keys in order, no spaces, absent ones left out,
    /// control and bidi characters in text escaped as \uXXXX.
    pub fn to_line(&self) -> String {
        todo!()
    }
    /// Parses a line; accepts exactly what `to_line` writes (re-serialised bytes must be equal).
    ///
    /// # Errors
    /// [`InvalidRecord`].
    pub fn parse(line: &str) -> Result<Self, InvalidRecord> {
        todo!()
    }
}
