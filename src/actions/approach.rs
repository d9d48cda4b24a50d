//! The way to every write: operator and target read afresh at that moment, then the one decision.
//! Apart from the target's GUID no fact about it comes from the browser.

use super::case::Case;
use super::session::fit;
use super::{ActionError, App, Client, codes};
use crate::domain::account::Account;
use crate::domain::audit::AuditAction;
use crate::domain::authorize::{Grounds, Permit, Refusal, authorize};
use crate::domain::identity::ObjectGuid;
use crate::domain::rules::Action;
use crate::store::Session;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What a form asks to be done to which account.
pub(super) struct Intent {
    pub(super) action: Action,
    pub(super) target: ObjectGuid,
    pub(super) reason: Option<String>,
    pub(super) fingerprint: String,
}

/// The decision.
pub(super) enum Approach {
    Approved(Box<Approved>),
    NotThere,
    Refused(Refusal, Box<Account>),
    Changed,
}

/// What an approved write needs.
pub(super) struct Approved {
    pub(super) account: Account,
    pub(super) permit: Permit,
    pub(super) case: Case,
}

impl App {
    /// Reads and decides; each refusal is recorded.
    ///
    /// # Errors
    /// No DC, nothing can be recorded, or the session ended.
    pub(super) async fn approach(
        &self,
        intent: Intent,
        session: &Session,
        client: Client,
    ) -> Result<Approach, ActionError> {
        let case =
            Case::of(record_word(intent.action), session, Some(client)).because(intent.reason);
        let ground = self.ground().await?;
        let (operator, account) = tokio::try_join!(
            self.directory.operator(&session.operator),
            self.directory.account(&ground.bases, intent.target),
        )?;
        let now = self.clock.now();
        let (operator, roles) = match fit(operator, session, &ground, now) {
            Ok(fit) => fit,
            Err(why) => {
                let entry = case.on_guid(intent.target).refused(why.code());
                self.store.event_seldom(entry).await?;
                self.end_sessions(session, why, Some(client)).await?;
                return Err(ActionError::SessionEnded(why));
            }
        };
        if !roles.is_operator() {
            let entry = case.on_guid(intent.target).refused("not_operator");
            self.store.event_seldom(entry).await?;
            return Ok(Approach::NotThere);
        }
        let Some(account) = account else {
            let entry = case.on_guid(intent.target).refused("not_in_scope");
            self.store.event_seldom(entry).await?;
            return Ok(Approach::NotThere);
        };
        let case = case.on(&account);
        if fingerprint(&account) != intent.fingerprint {
            self.store.event_seldom(case.refused("changed")).await?;
            return Ok(Approach::Changed);
        }
        let grounds = Grounds {
            rules: &ground.rules,
            protection: &ground.protection,
            rights: &self.rights_when_known().await,
            now,
        };
        let decision = authorize(intent.action, &operator, &account, &grounds);
        match decision {
            Ok(permit) => Ok(Approach::Approved(Box::new(Approved {
                case: case.under(permit.rule()),
                account,
                permit,
            }))),
            Err(refusal) => self.refuse(&case, refusal, account).await,
        }
    }

    /// Records a refusal.
    pub(super) async fn refuse(
        &self,
        case: &Case,
        refusal: Refusal,
        account: Account,
    ) -> Result<Approach, ActionError> {
        let entry = case.refused(codes::of_refusal(refusal));
        self.store.event_seldom(entry).await?;
        Ok(match refusal {
            Refusal::OutOfScope => Approach::NotThere,
            _ => Approach::Refused(refusal, Box::new(account)),
        })
    }
}

/// Of an account as it is shown: the form that was made from it works for nothing else.
pub(super) fn fingerprint(account: &Account) -> String {
    let mut hash = Sha256::new();
    hash.update(account.sid.to_string());
    hash.update([0]);
    hash.update(account.dn.as_str());
    let hash: [u8; 32] = hash.finalize().into();
    let half = hash.first_chunk::<16>().copied().unwrap_or_default();
    URL_SAFE_NO_PAD.encode(half)
}

fn record_word(action: Action) -> AuditAction {
    match action {
        Action::ResetPassword => AuditAction::ResetPassword,
        Action::UnlockAccount => AuditAction::UnlockAccount,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{alice, dn, sid_of};

    #[test]
    fn a_renamed_moved_or_replaced_account_has_another_fingerprint() {
        let shown = fingerprint(&alice());
        assert_eq!(shown.len(), 22);
        assert_eq!(fingerprint(&alice()), shown);
        let mut moved = alice();
        moved.dn = dn("CN=Alice Able,OU=Sales,OU=Staff,DC=example,DC=com");
        let mut replaced = alice();
        replaced.sid = sid_of(9999);
        for other in [moved, replaced] {
            assert_ne!(fingerprint(&other), shown);
        }
    }
}
