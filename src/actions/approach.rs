//! The way to every write: operator and target read afresh at that moment, then the one decision.
//! Apart from the target's GUID no fact about it comes from the browser.

use super::case::Case;
use super::ground::{Asking, Unheard};
use super::{ActionError, App, Client, codes};
use crate::domain::account::Account;
use crate::domain::audit::{AuditAction, AuditOperator};
use crate::domain::authorize::{
    Permit, Refusal, allowed_by, authorize, denied_by, limit_that_freezes,
};
use crate::domain::identity::ObjectGuid;
use crate::domain::limits::{FrozenBy, Quota};
use crate::domain::reason::UnfitReason;
use crate::domain::rules::{Action, ByRules};
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
    Reason(UnfitReason),
}

/// What an approved write needs.
pub(super) struct Approved {
    pub(super) account: Account,
    pub(super) permit: Permit,
    pub(super) case: Case,
    /// What the attempt is held against when it is recorded.
    pub(super) quota: Quota,
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
        let reason = intent.reason.clone();
        let case = Case::of(record_word(intent.action), session, Some(client)).because(reason);
        let heard = self.asking_about(session, intent.target, client).await?;
        let (asking, account) = match heard {
            Ok(heard) => heard,
            Err(Unheard::Unfit(why)) => {
                let entry = case.on_guid(intent.target).refused(why.code());
                self.store.event_seldom(entry).await?;
                self.end_sessions(session, why, Some(client)).await?;
                return Err(ActionError::SessionEnded(why));
            }
            Err(Unheard::NoOperator) => return self.not_there(case, &intent, "not_operator").await,
        };
        let Some(account) = account else {
            return self.not_there(case, &intent, "not_in_scope").await;
        };
        let case = case.on(&account);
        if fingerprint(&account) != intent.fingerprint {
            self.store.event_seldom(case.refused("changed")).await?;
            return Ok(Approach::Changed);
        }
        // What was asked for is wanted before it is said that nothing would help.
        let grounds = asking.grounds();
        if let Ok(rule) = allowed_by(intent.action, &asking.operator, &account, &grounds)
            && let Err(unfit) = rule.terms.reason.check(intent.reason.as_deref())
        {
            return self.wants_reason(&case, unfit).await;
        }
        let decision = authorize(intent.action, &asking.operator, &account, &grounds);
        let permit = match decision {
            Ok(permit) => permit,
            Err(refusal) => {
                self.freeze_at_limit(refusal, &asking, &account, session)
                    .await?;
                let case = case_of_refusal(case, intent.action, refusal, &asking, &account);
                return self.refuse(&case, refusal, account).await;
            }
        };
        if intent.action == Action::ResetPassword && asking.again && intent.reason.is_none() {
            return self.wants_reason(&case, UnfitReason::Again).await;
        }
        Ok(Approach::Approved(Box::new(Approved {
            quota: asking.quota(permit.rule()),
            case: case.under(&permit.rule().name),
            account,
            permit,
        })))
    }

    /// Records what a reason lacked.
    async fn wants_reason(&self, case: &Case, unfit: UnfitReason) -> Result<Approach, ActionError> {
        let entry = case.refused(codes::of_reason(unfit));
        self.store.event_seldom(entry).await?;
        Ok(Approach::Reason(unfit))
    }

    /// An operator whom a limit that freezes keeps from a reset is frozen from now on; `true`: they are.
    pub(super) async fn freeze_at_limit(
        &self,
        refusal: Refusal,
        asking: &Asking,
        account: &Account,
        session: &Session,
    ) -> Result<bool, ActionError> {
        let Refusal::ByRules(ByRules::Limit(_)) = refusal else {
            return Ok(false);
        };
        let grounds = asking.grounds();
        let found = limit_that_freezes(&asking.operator, account, &grounds);
        let Some((rule, reached)) = found else {
            return Ok(false);
        };
        let operator = AuditOperator {
            sid: Some(session.operator.clone()),
            name: session.sam.clone(),
        };
        let by = FrozenBy::Limit {
            reached,
            rule: rule.name.clone(),
        };
        self.store.freeze(operator, by).await?;
        Ok(true)
    }

    async fn not_there(
        &self,
        case: Case,
        intent: &Intent,
        code: &str,
    ) -> Result<Approach, ActionError> {
        let entry = case.on_guid(intent.target).refused(code);
        self.store.event_seldom(entry).await?;
        Ok(Approach::NotThere)
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

/// With the rule that denies, where one does.
fn case_of_refusal(
    case: Case,
    action: Action,
    refusal: Refusal,
    asking: &Asking,
    account: &Account,
) -> Case {
    let by_rules = [Refusal::OutOfScope, Refusal::ByRules(ByRules::Denied)];
    match denied_by(action, &asking.operator, account, &asking.grounds()) {
        Some(rule) if by_rules.contains(&refusal) => case.under(&rule.name),
        _ => case,
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
        Action::View => AuditAction::ViewAccount,
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
