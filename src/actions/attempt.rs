//! An attempt between its two records: begun on the disk before the write, ended after it.

use super::case::{Case, Details};
use super::running::AtWork;
use super::settle::{Finding, Question, Write};
use super::settling::QUIET;
use super::{ActionError, App, codes};
use crate::directory::{DirectoryError, ReadBack, WriteError};
use crate::domain::account::Account;
use crate::domain::audit::{AuditResult, Seq};
use crate::domain::authorize::Refusal;
use crate::domain::limits::Quota;
use crate::domain::rules::ByRules;
use crate::store::Attempted;
use std::time::Duration;
use tokio::time::timeout;

/// How long the page waits for a lost answer; with the modify's own deadline it stays below 8 s.
const ASK_FOR: Duration = Duration::from_millis(3500);

/// An attempt that is on the disk, in the hands of this task.
pub(super) struct Begun {
    pub(super) attempt: Seq,
    question: Question,
    _at_work: AtWork,
}

/// What became of a write that was not simply accepted.
pub(super) enum Aftermath {
    /// It took effect all the same.
    Applied(ReadBack),
    /// The DC said no.
    Refused(DirectoryError),
    /// The settling goes on asking.
    NotKnownYet,
}

/// What stands against an attempt.
pub(super) enum NotBegun {
    /// The form was used before.
    FormUsed,
    /// Somebody else reset the person a moment ago, and there is no reason.
    Again,
    /// Another request of the operator took the last place, or they were frozen.
    Refused(Refusal),
}

impl NotBegun {
    fn code(&self) -> &'static str {
        match self {
            Self::FormUsed => "form_used",
            Self::Again => "again_without_reason",
            Self::Refused(why) => codes::of_refusal(*why),
        }
    }
}

impl App {
    /// Records the attempt, if nothing stands against it that happened since the decision: then nothing may be
    /// written, and that is recorded.
    ///
    /// # Errors
    /// It is not on the disk: nothing may be written.
    pub(super) async fn begin(
        &self,
        case: Case,
        account: &Account,
        (write, details): (Write, Details),
        (form_nonce, quota): ([u8; 16], Quota),
    ) -> Result<Result<Begun, NotBegun>, ActionError> {
        let entry = case.attempt(details);
        let attempted = self.store.attempt(entry, Some(form_nonce), Some(quota));
        let against = match attempted.await? {
            Attempted::Recorded(attempt) => {
                return Ok(Ok(self.begun(attempt, account, write, case)));
            }
            Attempted::FormAlreadyUsed => NotBegun::FormUsed,
            Attempted::Again { .. } => NotBegun::Again,
            Attempted::Frozen => NotBegun::Refused(Refusal::Frozen),
            Attempted::LimitReached { limit, .. } => {
                NotBegun::Refused(Refusal::ByRules(ByRules::Limit(limit)))
            }
        };
        self.store
            .event_seldom(case.refused(against.code()))
            .await?;
        Ok(Err(against))
    }

    fn begun(&self, attempt: Seq, account: &Account, write: Write, case: Case) -> Begun {
        Begun {
            attempt,
            question: Question {
                attempt,
                dc: account.dc.clone(),
                target: account.guid,
                write,
                case,
            },
            _at_work: self.shared.running.enter(attempt),
        }
    }

    /// Ends an attempt whose write was accepted.
    pub(super) async fn accepted(&self, begun: &Begun) {
        let outcome = begun.question.case.outcome(AuditResult::Ok, None);
        self.conclude(begun.attempt, outcome).await;
    }

    /// The same, and reads back what became of the account. The write was accepted, so the outcome
    /// is true whatever the reading back says: both go on at once.
    pub(super) async fn accepted_and_read_back(&self, begun: &Begun) -> Option<ReadBack> {
        let question = &begun.question;
        let read = self.directory.read_back(&question.dc, question.target);
        let (read_back, ()) = tokio::join!(timeout(ASK_FOR, read), self.accepted(begun));
        match read_back {
            Ok(Ok(read_back)) => read_back,
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "a reset was done but could not be read back");
                None
            }
            Err(_) => None,
        }
    }

    /// Ends an attempt whose write was refused or lost its answer.
    ///
    /// # Errors
    /// Nothing was changed, as the DC was away.
    pub(super) async fn aftermath(
        &self,
        begun: &Begun,
        error: WriteError,
    ) -> Result<Aftermath, ActionError> {
        match error {
            WriteError::NotChanged(error) => {
                let (result, code) = verdict(&error);
                let outcome = begun.question.case.outcome(result, Some(code));
                self.conclude(begun.attempt, outcome).await;
                if is_absence(&error) {
                    return Err(error.into());
                }
                Ok(Aftermath::Refused(error))
            }
            // A permit for something else is a fault of ours; nothing was sent.
            WriteError::OtherPermit => {
                let case = &begun.question.case;
                let outcome = case.outcome(AuditResult::Failed, Some("other_permit"));
                self.conclude(begun.attempt, outcome).await;
                Err(ActionError::Broken)
            }
            WriteError::AnswerLost => self.ask(begun).await,
        }
    }

    /// A DC that has the request may still carry it out after the connection was cut. So the page
    /// can learn that it was done, hardly ever that it was not: the quiet time is the settling's.
    async fn ask(&self, begun: &Begun) -> Result<Aftermath, ActionError> {
        let finding = self.find_out(&begun.question, ASK_FOR, QUIET).await;
        if let Some(outcome) = begun.question.outcome(&finding) {
            self.conclude(begun.attempt, outcome).await;
        }
        match finding {
            Finding::Applied(read_back) => Ok(Aftermath::Applied(read_back)),
            Finding::NotApplied => Err(DirectoryError::Unreachable { tried: 1 }.into()),
            Finding::Unknown | Finding::NotYet => Ok(Aftermath::NotKnownYet),
        }
    }
}

/// A policy, a right or a moved account is the DC's refusal; the rest is a failure.
fn verdict(error: &DirectoryError) -> (AuditResult, &'static str) {
    let result = match error {
        DirectoryError::NotDelegated { .. }
        | DirectoryError::PasswordPolicy
        | DirectoryError::Moved
        | DirectoryError::Unwilling { .. }
        | DirectoryError::Referral => AuditResult::Refused,
        _ => AuditResult::Failed,
    };
    (result, codes::of_directory(error))
}

/// Whether the DC was not there or could not work, rather than refused.
fn is_absence(error: &DirectoryError) -> bool {
    matches!(
        error,
        DirectoryError::Unreachable { .. }
            | DirectoryError::Busy
            | DirectoryError::Certificate { .. }
            | DirectoryError::ServiceBind(_)
            | DirectoryError::ServicePassword(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_and_an_absence_are_told_apart() {
        let refused = DirectoryError::NotDelegated { operation: "reset" };
        assert_eq!(verdict(&refused), (AuditResult::Refused, "not_delegated"));
        assert!(!is_absence(&refused));
        let busy = DirectoryError::Busy;
        assert_eq!(verdict(&busy), (AuditResult::Failed, "directory_busy"));
        assert!(is_absence(&busy));
        let odd = DirectoryError::Protocol;
        assert_eq!(verdict(&odd), (AuditResult::Failed, "protocol"));
        assert!(!is_absence(&odd));
    }
}
