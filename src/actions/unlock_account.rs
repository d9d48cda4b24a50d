//! Unlock alone: lockoutTime only, the password stays.

use super::approach::{Approach, Approved, Intent};
use super::attempt::{Aftermath, NotBegun};
use super::settle::{Write, details_of_unlock};
use super::{ActionError, App, Client, UnlockAnswer, UnlockRequest};
use crate::directory::DirectoryError;
use crate::domain::reason::UnfitReason;
use crate::domain::rules::Action;
use crate::store::Session;

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
        let (app, session) = (self.clone(), session.clone());
        self.to_the_end(async move { app.unlock(&session, request, client).await })
            .await
    }

    async fn unlock(
        &self,
        session: &Session,
        request: UnlockRequest,
        client: Client,
    ) -> Result<UnlockAnswer, ActionError> {
        let turn = self.shared.write_turns.take(request.target).await;
        let _turn = turn.ok_or(ActionError::Busy)?;
        // After the turn: a queue for one account must not take the places of all others.
        let permit = self.shared.writes.try_acquire();
        let _permit = permit.map_err(|_| ActionError::Busy)?;
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
            Approach::Reason(unfit) => Ok(UnlockAnswer::Reason(unfit)),
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
            quota,
        } = approved;
        let write = Write::Unlock {
            before: account.lockout_time,
        };
        let details = details_of_unlock(&account);
        let begun = self.begin(case, &account, (write, details), (form_nonce, quota));
        let begun = match begun.await? {
            Ok(begun) => begun,
            Err(NotBegun::FormUsed) => return Ok(UnlockAnswer::FormUsed),
            Err(NotBegun::Again) => return Ok(UnlockAnswer::Reason(UnfitReason::Again)),
            Err(NotBegun::Refused(why)) => {
                return Ok(UnlockAnswer::Refused(why, Box::new(account)));
            }
        };
        match self.directory.unlock(permit, &account).await {
            Ok(()) => {
                self.accepted(&begun).await;
                Ok(UnlockAnswer::Done)
            }
            Err(error) => Ok(match self.aftermath(&begun, error).await? {
                Aftermath::Applied(_) => UnlockAnswer::Done,
                Aftermath::Refused(DirectoryError::Moved) => UnlockAnswer::Changed,
                Aftermath::Refused(error) => UnlockAnswer::DirectoryRefused(error),
                Aftermath::NotKnownYet => UnlockAnswer::NotKnownYet(begun.attempt),
            }),
        }
    }
}
