//! The one decision: may this operator do this to that account now? A [`Permit`] or a [`Refusal`].

use super::account::{Account, Protection, ProtectionContext, protection};
use super::identity::{ObjectGuid, Sid};
use super::least_privilege::LeastPrivilege;
use super::operator::{Operator, OutOfAction};
use super::preflight::{Obstacle, obstacle};
use super::rules::{Action, Rule};
use jiff::Timestamp;

/// Proof that `action` on `target` was allowed to `operator`. Only [`authorize`] makes one; every write takes one, by value: one use.
#[derive(Debug)]
pub struct Permit {
    target: ObjectGuid,
    action: Action,
    operator: Sid,
    rule: String,
}

impl Permit {
    /// The account that may be written.
    pub fn target(&self) -> ObjectGuid {
        self.target
    }

    /// What may be done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Who asked.
    pub fn operator(&self) -> &Sid {
        &self.operator
    }

    /// The rule that decided.
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No longer (or never) member of a rule's group.
    NotAnOperator,
    /// The operator's own account is out of action.
    OperatorOutOfAction(OutOfAction),
    /// The service account may do more than it needs, so nothing is done with it.
    ExcessRights,
    /// Nobody can say yet whether the service account may do more than it needs.
    RightsNotProven,
    /// The target is outside every rule's base: treated as not there.
    OutOfScope,
    /// The target is protected.
    Protected(Protection),
    /// The action would not help: unlock of an account that is not locked, reset of a disabled one …
    WouldNotHelp(Obstacle),
}

/// What a decision stands on, apart from operator and account.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// Who may do what to whom; tried in order.
    pub rules: &'a [Rule],
    /// Who is never touched.
    pub protection: &'a ProtectionContext,
    /// What the last proof said of the service account.
    pub rights: &'a LeastPrivilege,
    /// The time of the decision.
    pub now: Timestamp,
}

/// Decides. The first rule that applies to the operator and reaches the account is the one that the
/// permit names.
///
/// # Errors
/// The first [`Refusal`] that applies, in the order of its variants.
pub fn authorize(
    action: Action,
    operator: &Operator,
    account: &Account,
    grounds: &Grounds<'_>,
) -> Result<Permit, Refusal> {
    let Grounds {
        rules,
        protection: context,
        now,
        ..
    } = *grounds;
    if !is_operator(operator, rules) {
        return Err(Refusal::NotAnOperator);
    }
    if let Some(reason) = operator.out_of_action(now) {
        return Err(Refusal::OperatorOutOfAction(reason));
    }
    if let Some(reason) = of_rights(grounds.rights) {
        return Err(reason);
    }
    let rule = rules
        .iter()
        .find(|rule| rule.applies_to(operator) && rule.reaches(&account.dn))
        .ok_or(Refusal::OutOfScope)?;
    if let Some(reason) = protection(account, operator, context) {
        return Err(Refusal::Protected(reason));
    }
    if let Some(reason) = obstacle(action, account, now) {
        return Err(Refusal::WouldNotHelp(reason));
    }
    Ok(Permit {
        target: account.guid,
        action,
        operator: operator.sid.clone(),
        rule: rule.name.clone(),
    })
}

/// Why the service account's rights forbid every change; `None`: they do not.
pub fn of_rights(rights: &LeastPrivilege) -> Option<Refusal> {
    match rights {
        LeastPrivilege::Proven { .. } | LeastPrivilege::ExcessAllowed(_) => None,
        LeastPrivilege::Excess(_) => Some(Refusal::ExcessRights),
        LeastPrivilege::NotProvenYet => Some(Refusal::RightsNotProven),
    }
}

/// Whether this person is an operator at all (member of any rule's group).
pub fn is_operator(operator: &Operator, rules: &[Rule]) -> bool {
    rules.iter().any(|rule| rule.applies_to(operator))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::AccountFlags;
    use crate::domain::least_privilege::Excess;
    use crate::domain::samples::{alice, context, dn, filetime, now, olga, rule, sid_of};
    use crate::domain::time::Filetime;

    fn decide(action: Action, operator: &Operator, account: &Account) -> Result<Permit, Refusal> {
        authorize(action, operator, account, &grounds(&[rule()], &context()))
    }

    const PROVEN: &LeastPrivilege = &LeastPrivilege::Proven {
        at: Timestamp::UNIX_EPOCH,
    };

    fn grounds<'a>(rules: &'a [Rule], protection: &'a ProtectionContext) -> Grounds<'a> {
        Grounds {
            rules,
            protection,
            rights: PROVEN,
            now: now(),
        }
    }

    fn reset(operator: &Operator, account: &Account) -> Result<Permit, Refusal> {
        decide(Action::ResetPassword, operator, account)
    }

    #[test]
    fn a_member_of_the_group_may_reset_an_account_below_the_ou() {
        let permit = reset(&olga(), &alice()).unwrap();
        assert_eq!(permit.target(), alice().guid);
        assert_eq!(permit.action(), Action::ResetPassword);
        assert_eq!(permit.operator(), &olga().sid);
        assert_eq!(permit.rule(), "reset_group");
    }

    #[test]
    fn a_non_member_is_no_operator() {
        let mut operator = olga();
        operator.groups.0.remove(&sid_of(2001));
        assert!(!is_operator(&operator, &[rule()]));
        assert_eq!(
            reset(&operator, &alice()).unwrap_err(),
            Refusal::NotAnOperator
        );
    }

    #[test]
    fn without_rules_nobody_may_do_anything() {
        let refusal = authorize(
            Action::ResetPassword,
            &olga(),
            &alice(),
            &grounds(&[], &context()),
        );
        assert_eq!(refusal.unwrap_err(), Refusal::NotAnOperator);
    }

    #[test]
    fn nothing_is_allowed_before_the_proof_or_with_rights_too_many() {
        let excess = Excess {
            at: now(),
            findings: 1,
            first: "member of Account Operators".to_owned(),
        };
        for (rights, expected) in [
            (LeastPrivilege::NotProvenYet, Some(Refusal::RightsNotProven)),
            (
                LeastPrivilege::Excess(excess.clone()),
                Some(Refusal::ExcessRights),
            ),
            (LeastPrivilege::ExcessAllowed(excess), None),
            (LeastPrivilege::Proven { at: now() }, None),
        ] {
            let (rules, protection) = ([rule()], context());
            let grounds = Grounds {
                rights: &rights,
                ..grounds(&rules, &protection)
            };
            let decision = authorize(Action::ResetPassword, &olga(), &alice(), &grounds);
            assert_eq!(decision.err(), expected, "{rights:?}");
        }
    }

    #[test]
    fn an_operator_who_cannot_act_is_refused_before_anything_about_the_target() {
        type Change = fn(&mut Operator);
        let cases: [(Change, OutOfAction); 5] = [
            (|o| o.flags = AccountFlags(0x202), OutOfAction::Disabled),
            (|o| o.flags = AccountFlags(0x210), OutOfAction::Locked),
            (
                |o| o.account_expires = filetime("2026-03-02T12:00:00Z"),
                OutOfAction::Expired,
            ),
            (
                |o| o.password_last_set = Filetime(0),
                OutOfAction::MustChangePassword,
            ),
            (
                |o| o.flags = AccountFlags(0x80_0200),
                OutOfAction::PasswordExpired,
            ),
        ];
        for (change, reason) in cases {
            let mut operator = olga();
            change(&mut operator);
            let mut elsewhere = alice();
            elsewhere.dn = dn("CN=Alice,OU=Other,DC=example,DC=com");
            assert_eq!(
                reset(&operator, &elsewhere).unwrap_err(),
                Refusal::OperatorOutOfAction(reason)
            );
        }
    }

    #[test]
    fn an_account_outside_the_ou_is_out_of_scope_even_if_it_is_protected() {
        let mut account = alice();
        account.admin_count = true;
        for elsewhere in [
            "CN=Alice,OU=Other,DC=example,DC=com",
            "OU=Staff,DC=example,DC=com",
            r"CN=Alice\,OU\3DStaff,OU=Other,DC=example,DC=com",
        ] {
            account.dn = dn(elsewhere);
            assert_eq!(
                reset(&olga(), &account).unwrap_err(),
                Refusal::OutOfScope,
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn the_first_rule_that_applies_and_reaches_is_named() {
        let mut other = rule();
        other.name = "other_group".to_owned();
        other.group = sid_of(2002);
        let mut north = rule();
        north.name = "north".to_owned();
        north.base = dn("OU=North,DC=example,DC=com");
        let rules = [other, north, rule()];
        let permit = authorize(
            Action::UnlockAccount,
            &olga(),
            &locked(),
            &grounds(&rules, &context()),
        );
        assert_eq!(permit.unwrap().rule(), "reset_group");
    }

    #[test]
    fn a_protected_account_is_refused_even_inside_the_scope() {
        let mut admin = alice();
        admin.groups.0.insert(sid_of(512));
        assert_eq!(
            reset(&olga(), &admin).unwrap_err(),
            Refusal::Protected(Protection::ProtectedGroup)
        );
    }

    #[test]
    fn a_fellow_operator_is_refused() {
        let mut fellow = alice();
        fellow.groups.0.insert(sid_of(2001));
        assert_eq!(
            reset(&olga(), &fellow).unwrap_err(),
            Refusal::Protected(Protection::Operator)
        );
    }

    #[test]
    fn what_would_not_help_is_refused() {
        let mut disabled = alice();
        disabled.flags = AccountFlags(0x202);
        assert_eq!(
            reset(&olga(), &disabled).unwrap_err(),
            Refusal::WouldNotHelp(Obstacle::Disabled)
        );
        assert_eq!(
            decide(Action::UnlockAccount, &olga(), &alice()).unwrap_err(),
            Refusal::WouldNotHelp(Obstacle::NotLocked)
        );
        assert!(decide(Action::UnlockAccount, &olga(), &locked()).is_ok());
    }

    fn locked() -> Account {
        let mut account = alice();
        account.flags = AccountFlags(0x210);
        account
    }
}
