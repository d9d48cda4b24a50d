//! The main job: attempt on the disk, one modify, read back, outcome on the disk.

use super::approach::{Approach, Approved, Intent};
use super::attempt::{Aftermath, NotBegun};
use super::settle::{Write, asked, details_of_reset};
use super::{ActionError, App, Client, Receipt, ResetAnswer, ResetRequest, codes};
use crate::directory::{DirectoryError, ReadBack, ResetOptions};
use crate::domain::account::Account;
use crate::domain::audit::Seq;
use crate::domain::authorize::Refusal;
use crate::domain::password::NewPassword;
use crate::domain::preflight::Obstacle;
use crate::domain::reason::UnfitReason;
use crate::domain::rules::{Action, PasswordKind};
use crate::store::Session;

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
        let (app, session) = (self.clone(), session.clone());
        self.to_the_end(async move { app.reset(&session, request, client).await })
            .await
    }

    async fn reset(
        &self,
        session: &Session,
        request: ResetRequest,
        client: Client,
    ) -> Result<ResetAnswer, ActionError> {
        let turn = self.shared.write_turns.take(request.target).await;
        let _turn = turn.ok_or(ActionError::Busy)?;
        // After the turn: a queue for one account must not take the places of all others.
        let permit = self.shared.writes.try_acquire();
        let _permit = permit.map_err(|_| ActionError::Busy)?;
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
            Approach::Reason(unfit) => return Ok(ResetAnswer::Reason(unfit)),
            Approach::Refused(why, account) => return Ok(ResetAnswer::Refused(why, account)),
        };
        let terms = approved.permit.rule().terms.clone();
        if request.password.is_some() && terms.password != PasswordKind::Typed {
            let entry = approved.case.refused("not_typed");
            self.store.event_seldom(entry).await?;
            return Ok(ResetAnswer::NotTyped);
        }
        let works = approved.account.must_change_works();
        let options = ResetOptions {
            must_change: terms.must_change.applied(request.must_change, works),
            // An account that is not locked (any more) is not unlocked.
            unlock: request.unlock && approved.account.flags.locked(),
        };
        if let Some(obstacle) = obstacle(&approved.account, options) {
            let refusal = Refusal::WouldNotHelp(obstacle);
            let code = codes::of_refusal(refusal);
            self.store.event_seldom(approved.case.refused(code)).await?;
            return Ok(ResetAnswer::Refused(refusal, Box::new(approved.account)));
        }
        match self
            .choose_password(&approved.account, terms.password, request.password)
            .await?
        {
            Ok(password) => {
                let nonce = request.form_nonce;
                self.record_and_write(approved, password, options, nonce)
                    .await
            }
            Err(breaches) => {
                let entry = approved.case.refused("password_policy");
                self.store.event_seldom(entry).await?;
                Ok(ResetAnswer::Policy(breaches))
            }
        }
    }

    async fn record_and_write(
        &self,
        approved: Approved,
        password: NewPassword,
        options: ResetOptions,
        form_nonce: [u8; 16],
    ) -> Result<ResetAnswer, ActionError> {
        let Approved {
            account,
            permit,
            case,
            quota,
        } = approved;
        let details = details_of_reset(&account, options.must_change, options.unlock);
        let write = Write::Password(asked(&details, self.clock.now()));
        let begun = self.begin(case, &account, (write, details), (form_nonce, quota));
        let begun = match begun.await? {
            Ok(begun) => begun,
            Err(NotBegun::FormUsed) => return Ok(ResetAnswer::FormUsed),
            Err(NotBegun::Again) => return Ok(ResetAnswer::Reason(UnfitReason::Again)),
            Err(NotBegun::Refused(why)) => {
                return Ok(ResetAnswer::Refused(why, Box::new(account)));
            }
        };
        let written = self
            .directory
            .set_password(permit, &account, &password, options)
            .await;
        let read_back = match written {
            Ok(()) => self.accepted_and_read_back(&begun).await,
            Err(error) => match self.aftermath(&begun, error).await? {
                Aftermath::Applied(read_back) => Some(read_back),
                Aftermath::Refused(error) => return Ok(refused(error)),
                Aftermath::NotKnownYet => return Ok(ResetAnswer::NotKnownYet(begun.attempt)),
            },
        };
        let receipt = receipt(
            begun.attempt,
            account,
            password,
            options,
            read_back.as_ref(),
        );
        Ok(ResetAnswer::Done(Box::new(receipt)))
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
    let must_change = read_back.map_or(options.must_change, |seen| seen.must_change);
    Receipt {
        attempt,
        // Such an account takes the mark and minds it not; then nobody is told to expect it.
        must_change: must_change && !account.flags.ignores_must_change(),
        account,
        password,
        unlocked: options.unlock,
        still_locked: read_back.is_some_and(|seen| seen.locked),
        read_back: read_back.is_some(),
    }
}

fn refused(error: DirectoryError) -> ResetAnswer {
    match error {
        DirectoryError::PasswordPolicy => ResetAnswer::Policy(Vec::new()),
        DirectoryError::Moved => ResetAnswer::Changed,
        error => ResetAnswer::DirectoryRefused(error),
    }
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
    fn each_refusal_of_the_dc_has_its_answer() {
        let policy = refused(DirectoryError::PasswordPolicy);
        assert!(matches!(policy, ResetAnswer::Policy(none) if none.is_empty()));
        let moved = refused(DirectoryError::Moved);
        assert!(matches!(moved, ResetAnswer::Changed));
        let other = refused(DirectoryError::Protocol);
        assert!(matches!(other, ResetAnswer::DirectoryRefused(_)));
    }
}
