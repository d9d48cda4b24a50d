//! The decision on the samples' operator and account: each refusal, and what rules come to together.

use super::*;
use crate::domain::account::AccountFlags;
use crate::domain::least_privilege::Excess;
use crate::domain::rules::{Effect, Target};
use crate::domain::samples::{alice, context, dn, filetime, now, olga, rule, sid_of};
use crate::domain::time::Filetime;
use jiff::tz::TimeZone;
use std::net::Ipv4Addr;

fn decide_by(
    rules: &[Rule],
    action: Action,
    operator: &Operator,
    account: &Account,
) -> Result<Permit, Refusal> {
    let rules: Vec<Arc<Rule>> = rules.iter().cloned().map(Arc::new).collect();
    let scene = Scene::new(rules);
    authorize(action, operator, account, &scene.grounds())
}

fn try_to(action: Action, operator: &Operator, account: &Account) -> Result<Permit, Refusal> {
    decide_by(&[rule()], action, operator, account)
}

/// What the samples' decisions stand on.
struct Scene {
    rules: Vec<Arc<Rule>>,
    auditors: HashSet<Sid>,
    protection: ProtectionContext,
    rights: LeastPrivilege,
    done: Done,
    scope: Dn,
    house: TimeZone,
}

impl Scene {
    fn new(rules: Vec<Arc<Rule>>) -> Self {
        Self {
            rules,
            auditors: HashSet::from([sid_of(2002)]),
            protection: context(),
            rights: LeastPrivilege::Proven { at: now() },
            done: Done::default(),
            scope: dn("DC=example,DC=com"),
            house: TimeZone::UTC,
        }
    }

    fn grounds(&self) -> Grounds<'_> {
        Grounds {
            scope: &self.scope,
            rules: &self.rules,
            auditors: &self.auditors,
            protection: &self.protection,
            rights: &self.rights,
            done: &self.done,
            occasion: Occasion {
                at: Some(now()),
                from: Some(Ipv4Addr::new(192, 0, 2, 7).into()),
                house: &self.house,
            },
            now: now(),
        }
    }
}

fn reset(operator: &Operator, account: &Account) -> Result<Permit, Refusal> {
    try_to(Action::ResetPassword, operator, account)
}

#[test]
fn a_member_of_the_group_may_reset_an_account_below_the_ou() {
    let permit = reset(&olga(), &alice()).unwrap();
    assert_eq!(permit.target(), alice().guid);
    assert_eq!(permit.action(), Action::ResetPassword);
    assert_eq!(permit.operator(), &olga().sid);
    assert_eq!(permit.rule().name, "reset_group");
}

#[test]
fn a_non_member_is_no_operator() {
    let mut operator = olga();
    operator.groups.0.remove(&sid_of(2001));
    assert!(!is_operator(&operator, &[Arc::new(rule())]));
    assert_eq!(
        reset(&operator, &alice()).unwrap_err(),
        Refusal::NotAnOperator
    );
}

#[test]
fn without_rules_nobody_may_do_anything() {
    let refusal = decide_by(&[], Action::ResetPassword, &olga(), &alice());
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
        let mut scene = Scene::new(vec![Arc::new(rule())]);
        scene.rights = rights;
        let decision = authorize(Action::ResetPassword, &olga(), &alice(), &scene.grounds());
        let rights = &scene.rights;
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
fn the_rule_that_is_about_the_operator_and_reaches_the_account_is_named() {
    let mut other = rule();
    other.name = "other_group".to_owned();
    other.operators = vec![sid_of(2009)];
    let mut north = rule();
    north.name = "north".to_owned();
    north.targets = vec![Target::Below(dn("OU=North,DC=example,DC=com"))];
    let permit = decide_by(
        &[other, north, rule()],
        Action::UnlockAccount,
        &olga(),
        &locked(),
    );
    assert_eq!(permit.unwrap().rule().name, "reset_group");
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
        try_to(Action::UnlockAccount, &olga(), &alice()).unwrap_err(),
        Refusal::WouldNotHelp(Obstacle::NotLocked)
    );
    assert!(try_to(Action::UnlockAccount, &olga(), &locked()).is_ok());
}

fn locked() -> Account {
    let mut account = alice();
    account.flags = AccountFlags(0x210);
    account
}

#[test]
fn the_rule_that_denies_is_told_whatever_the_order() {
    let deny = |name: &str, action: Action| {
        Arc::new(Rule {
            name: name.to_owned(),
            effect: Effect::Deny,
            actions: vec![action],
            ..rule()
        })
    };
    let (look, reset) = (
        deny("b-look", Action::View),
        deny("a-reset", Action::ResetPassword),
    );
    let told = |rules: &[&Arc<Rule>], action| {
        let rules = rules.iter().map(|rule| Arc::clone(rule));
        let scene = Scene::new(rules.chain([Arc::new(rule())]).collect());
        let found = denied_by(action, &olga(), &alice(), &scene.grounds());
        found.map(|rule| rule.name.clone())
    };
    for rules in [[&look, &reset], [&reset, &look]] {
        assert_eq!(
            told(&rules, Action::ResetPassword).as_deref(),
            Some("a-reset")
        );
        assert_eq!(
            told(&rules, Action::UnlockAccount).as_deref(),
            Some("b-look")
        );
    }
    assert_eq!(told(&[&reset], Action::UnlockAccount), None);
}
