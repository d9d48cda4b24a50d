//! Unlock alone: lockoutTime only, the password stays.

use super::approach::{Approach, Approved, Intent};
use super::reset_password::{is_absence, verdict};
use super::settle::{Finding, Question, Write, details_of_unlock};
use super::{ActionError, App, Client, UnlockAnswer, UnlockRequest};
use crate::directory::{DirectoryError, WriteError};
use crate::domain::audit::AuditResult;
use crate::domain::rules::Action;
use crate::store::{Attempted, Session};
use tokio::time::Instant;

impl App {
    /// Unlocks an account, exactly once for each form.
    ///
    /// # Errors
    /// Nothing was changed: no DC, nothing can be recorded, the session ended, too many at once.
    pub async fn unlock_account(
        &self,
        session: &Session,
        request: UnlockRequest,
        client: Client,
    ) -> Result<UnlockAnswer, ActionError> {
        let permit = self.shared.writes.clone().try_acquire_owned();
        let permit = permit.map_err(|_| ActionError::Busy)?;
        let (app, session) = (self.clone(), session.clone());
        self.to_the_end(async move {
            let answer = app.unlock(&session, request, client).await;
            drop(permit);
            answer
        })
        .await
    }

    async fn unlock(
        &self,
        session: &Session,
        request: UnlockRequest,
        client: Client,
    ) -> Result<UnlockAnswer, ActionError> {
        if let Err(unfit) = self.shared.settings.reason.check(request.reason.as_deref()) {
            return Ok(UnlockAnswer::Reason(unfit));
        }
        let turn = self.shared.write_turns.take(request.target).await;
        let _turn = turn.ok_or(ActionError::Busy)?;
        let intent = Intent {
            action: Action::UnlockAccount,
            target: request.target,
            reason: request.reason,
            fingerprint: request.fingerprint,
        };
        match self.approach(intent, session, client).await? {
            Approach::Approved(approved) => self.record_unlock(*approved, request.form_nonce).await,
            Approach::NotThere => Ok(UnlockAnswer::NotThere),
            Approach::Changed => Ok(UnlockAnswer::Changed),
            Approach::Refused(why, account) => Ok(UnlockAnswer::Refused(why, account)),
        }
    }

    async fn record_unlock(
        &self,
        approved: Approved,
        form_nonce: [u8; 16],
    ) -> Result<UnlockAnswer, ActionError> {
        let Approved {
            account,
            permit,
            case,
            ..
        } = approved;
        let attempt = case.attempt(details_of_unlock(&account));
        let attempt = match self.store.attempt(attempt, Some(form_nonce)).await? {
            Attempted::Recorded(attempt) => attempt,
            Attempted::FormAlreadyUsed => {
                self.store.event_seldom(case.refused("form_used")).await?;
                return Ok(UnlockAnswer::FormUsed);
            }
        };
        let _at_work = self.shared.running.enter(attempt);
        let began = Instant::now();
        match self.directory.unlock(permit, &account).await {
            Ok(()) => {
                self.conclude(attempt, case.outcome(AuditResult::Ok, None))
                    .await;
                Ok(UnlockAnswer::Done)
            }
            Err(WriteError::NotChanged(error)) => {
                let (result, code) = verdict(&error);
                self.conclude(attempt, case.outcome(result, Some(code)))
                    .await;
                not_changed(error)
            }
            Err(WriteError::OtherPermit) => self.broken(attempt, &case).await,
            Err(WriteError::AnswerLost) => {
                let question = Question {
                    attempt,
                    dc: account.dc,
                    target: account.guid,
                    write: Write::Unlock {
                        before: account.lockout_time,
                    },
                    case,
                };
                match self.ask(&question, began.elapsed()).await {
                    Finding::Applied(_) => Ok(UnlockAnswer::Done),
                    Finding::NotApplied => Err(DirectoryError::Unreachable { tried: 1 }.into()),
                    Finding::Unknown | Finding::NotYet => Ok(UnlockAnswer::NotKnownYet(attempt)),
                }
            }
        }
    }
}

fn not_changed(error: DirectoryError) -> Result<UnlockAnswer, ActionError> {
    match error {
        DirectoryError::Moved => Ok(UnlockAnswer::Changed),
        error if is_absence(&error) => Err(error.into()),
        error => Ok(UnlockAnswer::DirectoryRefused(error)),
    }
}
