//! One account as the page shows it. Looking is recorded too.

use super::approach::fingerprint;
use super::case::Case;
use super::ground::Unheard;
use super::{AccountView, ActionError, App, Client, codes};
use crate::domain::audit::AuditAction;
use crate::domain::authorize::{Refusal, decide, may_ask};
use crate::domain::identity::ObjectGuid;
use crate::domain::preflight::preflight;
use crate::domain::rules::Action;
use crate::store::Session;

impl App {
    /// One account; `None`: no rule shows it to the operator, or it is not there.
    ///
    /// # Errors
    /// No DC, nothing can be recorded, the session ended, or the operator may look at nothing now.
    pub async fn view(
        &self,
        session: &Session,
        guid: ObjectGuid,
        client: Client,
    ) -> Result<Option<AccountView>, ActionError> {
        let case = Case::of(AuditAction::ViewAccount, session, Some(client));
        let (asking, account) = match self.asking_about(session, guid, client).await? {
            Ok(heard) => heard,
            Err(Unheard::Unfit(why)) => {
                self.end_sessions(session, why, Some(client)).await?;
                return Err(ActionError::SessionEnded(why));
            }
            Err(Unheard::NoOperator) => {
                let entry = case.on_guid(guid).refused("not_operator");
                self.store.event_seldom(entry).await?;
                return Ok(None);
            }
        };
        let grounds = asking.grounds();
        // Before the account: whether there is one is nothing for somebody who may ask for nobody.
        if let Err(why) = may_ask(&asking.operator, &grounds) {
            let entry = case.on_guid(guid).refused(codes::of_refusal(why));
            self.store.event_seldom(entry).await?;
            return Err(ActionError::Refused(why));
        }
        let Some(account) = account else {
            let entry = case.on_guid(guid).refused("not_in_scope");
            self.store.event_seldom(entry).await?;
            return Ok(None);
        };
        let case = case.on(&account);
        let may = |action| decide(action, &asking.operator, &account, &grounds).cloned();
        if let Err(why) = may(Action::View) {
            self.store
                .event_seldom(case.refused(codes::of_refusal(why)))
                .await?;
            return match why {
                Refusal::OutOfScope => Ok(None),
                why => Err(ActionError::Refused(why)),
            };
        }
        let (reset, unlock) = (may(Action::ResetPassword), may(Action::UnlockAccount));
        // The page has no button any more by which they could run into the limit.
        if let Err(why) = reset
            && self
                .freeze_at_limit(why, &asking, &account, session)
                .await?
        {
            let entry = case.refused(codes::of_refusal(Refusal::Frozen));
            self.store.event_seldom(entry).await?;
            return Err(ActionError::Refused(Refusal::Frozen));
        }
        self.store.event_seldom(case.event()).await?;
        Ok(Some(AccountView {
            preflight: preflight(&account, asking.ground.facts.lockout_duration, asking.now),
            fingerprint: fingerprint(&account),
            again: asking.again,
            rights: asking.rights,
            reset,
            unlock,
            account,
        }))
    }
}
