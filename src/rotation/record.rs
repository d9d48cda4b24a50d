//! The records of a rotation in the audit log, and the attempts that an earlier run left open.

use super::{Rotation, Why};
use crate::directory::{DirectoryError, ServiceAccount};
use crate::domain::account::DcName;
use crate::domain::audit::{AuditAction, AuditResult, AuditTarget, Detail, Entry, Record, Seq};
use crate::domain::time::Filetime;
use crate::store::{Attempted, Flaw, StoreError};

/// The detail that lets a later run tell whether the change was made: `pwdLastSet` before it. A
/// FILETIME is longer than JSON numbers are exact, so it is text.
const SET_BEFORE: &str = "password_last_set";

/// An attempt on the disk.
pub(super) struct Attempt {
    seq: Seq,
    entry: Entry,
}

impl Rotation {
    /// Records that the password of `account` is going to be changed on `dc`, where it was last set
    /// at `before`.
    pub(super) async fn begin(
        &self,
        account: &ServiceAccount,
        dc: &DcName,
        before: Filetime,
        why: Why,
    ) -> Result<Attempt, StoreError> {
        let mut entry = Entry::new(AuditAction::RotateServiceAccount);
        entry.target = Some(AuditTarget {
            guid: account.guid,
            sid: Some(account.sid.clone()),
            name: Some(account.sam.clone()),
            dn: Some(account.dn.as_str().to_owned()),
        });
        entry.dc = Some(dc.0.clone());
        let details = [
            ("by", word(why).into()),
            (SET_BEFORE, before.0.to_string().into()),
        ];
        let details = details.map(|(name, value): (&str, Detail)| (name.to_owned(), value));
        entry.details.extend(details);
        match self.0.store.attempt(entry.clone(), None, None).await? {
            Attempted::Recorded(seq) => Ok(Attempt { seq, entry }),
            // There is neither a form nor an operator.
            Attempted::FormAlreadyUsed
            | Attempted::LimitReached { .. }
            | Attempted::Frozen
            | Attempted::Again { .. } => Err(StoreError::Unusable(Flaw::Corrupt)),
        }
    }

    /// Records how it ended. What cannot be recorded stays open and is settled by a later run.
    pub(super) async fn conclude(
        &self,
        attempt: &Attempt,
        result: AuditResult,
        code: Option<&'static str>,
    ) {
        let mut outcome = Entry {
            result: Some(result),
            code: code.map(str::to_owned),
            ..attempt.entry.clone()
        };
        outcome.details.clear();
        if let Err(error) = self.0.store.outcome(attempt.seq, outcome).await {
            tracing::error!(error = %error, attempt = attempt.seq.0, "the outcome of a rotation could not be stored yet");
        }
    }

    /// Attempts of earlier runs that have no outcome.
    pub(super) async fn open_rotations(&self) -> Result<Vec<Record>, StoreError> {
        let open = self.0.store.open_attempts().await?;
        let records = open.into_iter().map(|open| open.record);
        Ok(records
            .filter(|record| record.entry.action == AuditAction::RotateServiceAccount)
            .collect())
    }

    /// Gives each of these attempts its outcome: the password was set since, or it was not.
    pub(super) async fn settle(&self, open: Vec<Record>, set_now: Filetime) {
        for record in open {
            let before = set_before(&record);
            let (result, code) = match before {
                Some(before) if before != set_now => (AuditResult::Ok, "interrupted"),
                Some(_) => (AuditResult::Failed, "interrupted"),
                None => (AuditResult::Unknown, "interrupted"),
            };
            let attempt = Attempt {
                seq: record.seq,
                entry: record.entry,
            };
            self.conclude(&attempt, result, Some(code)).await;
        }
    }
}

fn set_before(record: &Record) -> Option<Filetime> {
    let text = record.entry.details.get(SET_BEFORE)?.as_str()?;
    text.parse().ok().map(Filetime)
}

fn word(why: Why) -> &'static str {
    match why {
        Why::Command => "command",
        Why::Schedule => "schedule",
        Why::Recovery => "recovery",
    }
}

/// The word of the record's `code` for a change that was not made; `docs/codes.md` explains each.
pub(super) fn code(error: &DirectoryError) -> &'static str {
    match error {
        DirectoryError::PasswordPolicy => "password_policy",
        DirectoryError::ServiceBind(_) => "service_bind",
        DirectoryError::NotDelegated { .. } => "not_delegated",
        DirectoryError::Unreachable { .. } => "directory_unreachable",
        DirectoryError::Certificate { .. } => "directory_certificate",
        DirectoryError::Busy => "directory_busy",
        DirectoryError::Referral => "referral",
        _ => "directory_refused",
    }
}
