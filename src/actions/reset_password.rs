//! The main job: attempt on the disk, one modify, read back, outcome on the disk.

use super::approach::{Approach, Approved, Intent};
use super::case::Case;
use super::settle::{Finding, Question, Write, asked, details_of_reset};
use super::{ActionError, App, Client, Receipt, ResetAnswer, ResetRequest, codes};
use crate::directory::{DirectoryError, ReadBack, ResetOptions, WriteError};
use crate::domain::account::Account;
use crate::domain::audit::{AuditResult, Seq};
use crate::domain::authorize::{Permit, Refusal};
use crate::domain::password::NewPassword;
use crate::domain::preflight::{Obstacle, preflight};
use crate::domain::rules::Action;
use crate::store::{Attempted, Session};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long the page waits for a lost answer; with the modify's own deadline it stays below 8 s.
pub(super) const ASK_FOR: Duration = Duration::from_millis(3500);
/// A cut connection and no change for this long: the modify never arrived.
const QUIET_AFTER_CUT: Duration = Duration::from_millis(2500);
/// Where it was no cut but silence, a slow DC may still be at it; only the settling waits so long.
const QUIET_AFTER_SILENCE: Duration = Duration::from_secs(15);
/// What tells the two apart.
const SILENCE: Duration = Duration::from_secs(3);

/// A password and what else the one modify sets.
struct Change {
    permit: Permit,
    account: Account,
    password: NewPassword,
    options: ResetOptions,
    case: Case,
}

impl App {
    /// Resets a password, exactly once for each form. Once begun it goes on to its outcome,
    /// even if the client has gone.
    ///
    /// # Errors
    /// Nothing was changed: no DC, nothing can be recorded, the session ended, too many at once.
    pub async fn reset_password(
        &self,
        session: &Session,
        request: ResetRequest,
        client: Client,
    ) -> Result<ResetAnswer, ActionError> {
        let permit = self.shared.writes.clone().try_acquire_owned();
        let permit = permit.map_err(|_| ActionError::Busy)?;
        let (app, session) = (self.clone(), session.clone());
        self.to_the_end(async move {
            let answer = app.reset(&session, request, client).await;
            drop(permit);
            answer
        })
        .await
    }

    async fn reset(
        &self,
        session: &Session,
        request: ResetRequest,
        client: Client,
    ) -> Result<ResetAnswer, ActionError> {
        if let Err(unfit) = self.shared.settings.reason.check(request.reason.as_deref()) {
            return Ok(ResetAnswer::Reason(unfit));
        }
        let turn = self.shared.write_turns.take(request.target).await;
        let _turn = turn.ok_or(ActionError::Busy)?;
        let intent = Intent {
            action: Action::ResetPassword,
            target: request.target,
            reason: request.reason,
            fingerprint: request.fingerprint,
        };
        let approved = match self.approach(intent, session, client).await? {
            Approach::Approved(approved) => *approved,
            Approach::NotThere => return Ok(ResetAnswer::NotThere),
            Approach::Changed => return Ok(ResetAnswer::Changed),
            Approach::Refused(why, account) => return Ok(ResetAnswer::Refused(why, account)),
        };
        let options = self.options(&approved, request.must_change, request.unlock);
        if let Some(obstacle) = obstacle(&approved.account, options) {
            let refusal = Refusal::WouldNotHelp(obstacle);
            let code = codes::of_refusal(refusal);
            self.store.event_seldom(approved.case.refused(code)).await?;
            return Ok(ResetAnswer::Refused(refusal, Box::new(approved.account)));
        }
        let password = match self.choose_password(&approved.account).await? {
            Ok(password) => password,
            Err(breaches) => {
                let entry = approved.case.refused("password_policy");
                self.store.event_seldom(entry).await?;
                return Ok(ResetAnswer::Policy(breaches));
            }
        };
        let change = Change {
            permit: approved.permit,
            account: approved.account,
            password,
            options,
            case: approved.case,
        };
        self.record_and_write(change, request.form_nonce).await
    }

    /// An account that is not locked (any more) is not unlocked.
    fn options(&self, approved: &Approved, must_change: bool, unlock: bool) -> ResetOptions {
        let lockout_duration = approved.ground.facts.lockout_duration;
        let standing = preflight(&approved.account, lockout_duration, self.clock.now());
        ResetOptions {
            must_change,
            unlock: unlock && (standing.unlock_due || approved.account.flags.locked()),
        }
    }

    async fn record_and_write(
        &self,
        change: Change,
        form_nonce: [u8; 16],
    ) -> Result<ResetAnswer, ActionError> {
        let options = change.options;
        let details = details_of_reset(&change.account, options.must_change, options.unlock);
        let sent = self.clock.now();
        let attempt = change.case.attempt(details.clone());
        let attempt = match self.store.attempt(attempt, Some(form_nonce)).await? {
            Attempted::Recorded(attempt) => attempt,
            Attempted::FormAlreadyUsed => {
                let entry = change.case.refused("form_used");
                self.store.event_seldom(entry).await?;
                return Ok(ResetAnswer::FormUsed);
            }
        };
        let _at_work = self.shared.running.enter(attempt);
        let question = Question {
            attempt,
            dc: change.account.dc.clone(),
            target: change.account.guid,
            write: Write::Password(asked(&details, sent)),
            case: change.case.clone(),
        };
        let began = Instant::now();
        let Change {
            permit,
            account,
            password,
            options,
            case,
        } = change;
        let written = self
            .directory
            .set_password(permit, &account, &password, options)
            .await;
        let read_back = match written {
            Ok(()) => self.confirm(&question).await,
            Err(WriteError::NotChanged(error)) => {
                let (result, code) = verdict(&error);
                self.conclude(attempt, case.outcome(result, Some(code)))
                    .await;
                return not_changed(error);
            }
            Err(WriteError::OtherPermit) => return self.broken(attempt, &case).await,
            Err(WriteError::AnswerLost) => match self.ask(&question, began.elapsed()).await {
                Finding::Applied(read_back) => Some(read_back),
                Finding::NotApplied => {
                    return Err(DirectoryError::Unreachable { tried: 1 }.into());
                }
                Finding::Unknown | Finding::NotYet => {
                    return Ok(ResetAnswer::NotKnownYet(attempt));
                }
            },
        };
        Ok(ResetAnswer::Done(Box::new(receipt(
            attempt,
            account,
            password,
            options,
            read_back.as_ref(),
        ))))
    }

    /// The modify was accepted, so the outcome is true whatever the reading back says: both at once.
    async fn confirm(&self, question: &Question) -> Option<ReadBack> {
        let outcome = question.case.outcome(AuditResult::Ok, None);
        let read = timeout(
            ASK_FOR,
            self.directory.read_back(&question.dc, question.target),
        );
        let (read_back, ()) = tokio::join!(read, self.conclude(question.attempt, outcome));
        match read_back {
            Ok(Ok(read_back)) => read_back,
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "a reset was done but could not be read back");
                None
            }
            Err(_) => None,
        }
    }

    /// A permit for something else is a fault of ours; nothing was sent.
    pub(super) async fn broken<T>(&self, attempt: Seq, case: &Case) -> Result<T, ActionError> {
        let outcome = case.outcome(AuditResult::Failed, Some("other_permit"));
        self.conclude(attempt, outcome).await;
        Err(ActionError::Broken)
    }

    /// Asks what became of a write whose answer was lost, and records what is found.
    pub(super) async fn ask(&self, question: &Question, took: Duration) -> Finding {
        let quiet = if took < SILENCE {
            QUIET_AFTER_CUT
        } else {
            QUIET_AFTER_SILENCE
        };
        let finding = self.find_out(question, ASK_FOR, quiet).await;
        if let Some(outcome) = question.outcome(&finding) {
            self.conclude(question.attempt, outcome).await;
        }
        finding
    }
}

/// What would leave the person worse off, or make the one modify fail as a whole.
fn obstacle(account: &Account, options: ResetOptions) -> Option<Obstacle> {
    let not_delegated = options.must_change && !account.may_write_pwd_last_set
        || options.unlock && !account.may_write_lockout_time;
    if account.would_be_stuck(options.must_change) {
        Some(Obstacle::CannotChangePassword)
    } else {
        not_delegated.then_some(Obstacle::NotDelegated)
    }
}

fn receipt(
    attempt: Seq,
    account: Account,
    password: NewPassword,
    options: ResetOptions,
    read_back: Option<&ReadBack>,
) -> Receipt {
    Receipt {
        attempt,
        account,
        password,
        must_change: read_back.map_or(options.must_change, |r| r.must_change),
        unlocked: options.unlock,
        still_locked: read_back.is_some_and(|r| r.locked),
        read_back: read_back.is_some(),
    }
}

/// A policy, a right or a moved account is the DC's refusal; the rest is a failure.
pub(super) fn verdict(error: &DirectoryError) -> (AuditResult, &'static str) {
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

fn not_changed(error: DirectoryError) -> Result<ResetAnswer, ActionError> {
    match error {
        DirectoryError::PasswordPolicy => Ok(ResetAnswer::Policy(Vec::new())),
        DirectoryError::Moved => Ok(ResetAnswer::Changed),
        error if is_absence(&error) => Err(error.into()),
        error => Ok(ResetAnswer::DirectoryRefused(error)),
    }
}

/// Whether the DC was not there or could not work, rather than refused.
pub(super) fn is_absence(error: &DirectoryError) -> bool {
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
    use crate::domain::samples::alice;

    const BOTH: ResetOptions = ResetOptions {
        must_change: true,
        unlock: true,
    };

    #[test]
    fn a_modify_that_would_fail_as_a_whole_is_not_tried() {
        assert_eq!(obstacle(&alice(), BOTH), None);
        let mut account = alice();
        account.may_write_lockout_time = false;
        assert_eq!(obstacle(&account, BOTH), Some(Obstacle::NotDelegated));
        let alone = ResetOptions {
            unlock: false,
            ..BOTH
        };
        assert_eq!(obstacle(&account, alone), None);
        account.may_write_pwd_last_set = false;
        assert_eq!(obstacle(&account, alone), Some(Obstacle::NotDelegated));
        account.cannot_change_password = Some(true);
        let stuck = Some(Obstacle::CannotChangePassword);
        assert_eq!(obstacle(&account, alone), stuck);
    }

    #[test]
    fn a_refusal_and_an_absence_are_told_apart() {
        let refused = DirectoryError::NotDelegated { operation: "reset" };
        assert_eq!(verdict(&refused), (AuditResult::Refused, "not_delegated"));
        assert!(matches!(
            not_changed(refused),
            Ok(ResetAnswer::DirectoryRefused(_))
        ));
        let busy = DirectoryError::Busy;
        assert_eq!(verdict(&busy), (AuditResult::Failed, "directory_busy"));
        assert!(matches!(
            not_changed(busy),
            Err(ActionError::Directory(DirectoryError::Busy))
        ));
        assert!(matches!(
            not_changed(DirectoryError::Moved),
            Ok(ResetAnswer::Changed)
        ));
        let policy = not_changed(DirectoryError::PasswordPolicy);
        assert!(matches!(policy, Ok(ResetAnswer::Policy(none)) if none.is_empty()));
    }
}
