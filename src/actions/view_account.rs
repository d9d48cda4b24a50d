//! One account as the page shows it. Looking is recorded too.

use super::approach::fingerprint;
use super::case::Case;
use super::session::fit;
use super::{AccountView, ActionError, App, Client};
use crate::domain::account::protection;
use crate::domain::audit::AuditAction;
use crate::domain::identity::ObjectGuid;
use crate::domain::preflight::preflight;
use crate::store::Session;

impl App {
    /// One account; `None`: outside the operator's rules, or not there.
    ///
    /// # Errors
    /// No DC, nothing can be recorded, or the session ended.
    pub async fn view(
        &self,
        session: &Session,
        guid: ObjectGuid,
        client: Client,
    ) -> Result<Option<AccountView>, ActionError> {
        let case = Case::of(AuditAction::ViewAccount, session, Some(client));
        let ground = self.ground().await?;
        let (operator, account) = tokio::try_join!(
            self.directory.operator(&session.operator),
            self.directory.account(&ground.bases, guid),
        )?;
        let now = self.clock.now();
        let (operator, roles) = match fit(operator, session, &ground, now) {
            Ok(fit) => fit,
            Err(why) => {
                self.end_sessions(session, why, Some(client)).await?;
                return Err(ActionError::SessionEnded(why));
            }
        };
        if !roles.is_operator() {
            let entry = case.on_guid(guid).refused("not_operator");
            self.store.event_seldom(entry).await?;
            return Ok(None);
        }
        let Some(account) = account else {
            let entry = case.on_guid(guid).refused("not_in_scope");
            self.store.event_seldom(entry).await?;
            return Ok(None);
        };
        self.store.event_seldom(case.on(&account).event()).await?;
        Ok(Some(AccountView {
            protection: protection(&account, &operator, &ground.protection),
            preflight: preflight(&account, ground.facts.lockout_duration, now),
            fingerprint: fingerprint(&account),
            rights: self.rights_when_known().await,
            account,
        }))
    }
}
