//! Who may do strictly less than whom.

use super::*;
use crate::domain::account::GroupSids;
use crate::domain::rules::{Action, Effect, Line};
use crate::domain::samples::{dn, olga, rule, sid_of};
use std::num::NonZeroU32;

/// Two groups: the operator's, the person's.
const MINE: u32 = 2001;
const THEIRS: u32 = 3001;

fn named(name: &str, group: u32, targets: Vec<Target>) -> Rule {
    Rule {
        name: name.to_owned(),
        operators: vec![sid_of(group)],
        targets,
        ..rule()
    }
}

fn below(ou: &str) -> Target {
    Target::Below(dn(ou))
}

/// The rank of a person at `at` in `groups`, whose managers are `managers`, for an operator at `own`.
struct Two<'a> {
    own: &'a str,
    at: &'a str,
    managers: &'a [&'a str],
    groups: &'a [u32],
}

const HEAD: &str = "CN=Head,OU=Graz,OU=Branches,DC=example,DC=com";
const LEAD: &str = "CN=Lead,OU=Shop,OU=Graz,OU=Branches,DC=example,DC=com";

impl Two<'_> {
    fn rank(&self, rules: Vec<Rule>) -> Rank {
        let mut operator = olga();
        operator.dn = dn(self.own);
        let rules: Vec<Arc<Rule>> = rules.into_iter().map(Arc::new).collect();
        let groups = GroupSids(self.groups.iter().map(|rid| sid_of(*rid)).collect());
        let line = Line {
            managers: self.managers.iter().map(|text| dn(text)).collect(),
            is_whole: true,
        };
        let subject = Subject {
            dn: &dn(self.at),
            groups: &groups,
            primary: None,
            line: &line,
        };
        rank(&subject, &operator, &rules, &HashSet::from([sid_of(2002)]))
    }
}

const PLAIN: Two<'static> = Two {
    own: HEAD,
    at: LEAD,
    managers: &[],
    groups: &[THEIRS],
};

fn not_below(names: &[&str]) -> Rank {
    Rank::NotBelow(names.iter().map(|name| (*name).to_owned()).collect())
}

const BRANCHES: &str = "OU=Branches,DC=example,DC=com";
const GRAZ: &str = "OU=Graz,OU=Branches,DC=example,DC=com";

#[test]
fn somebody_who_is_no_operator_is_below_everybody() {
    assert_eq!(
        PLAIN.rank(vec![named("mine", MINE, vec![below(GRAZ)])]),
        Rank::Below
    );
}

#[test]
fn an_ou_covers_the_ous_in_it_and_not_the_other_way_round() {
    let rank = |mine: &str, theirs: &str| {
        PLAIN.rank(vec![
            named("mine", MINE, vec![below(mine)]),
            named("theirs", THEIRS, vec![below(theirs)]),
        ])
    };
    assert_eq!(rank(BRANCHES, GRAZ), Rank::Below);
    assert_eq!(rank(GRAZ, BRANCHES), not_below(&["theirs"]));
    assert_eq!(rank(GRAZ, GRAZ), not_below(&["theirs"]));
    assert_eq!(
        rank(GRAZ, "OU=Leeds,OU=Branches,DC=example,DC=com"),
        not_below(&["theirs"])
    );
}

#[test]
fn two_operators_of_one_rule_are_equal() {
    let both = Two {
        groups: &[MINE],
        ..PLAIN
    };
    assert_eq!(
        both.rank(vec![named("ours", MINE, vec![below(GRAZ)])]),
        not_below(&["ours"])
    );
    let class = vec![Target::In(sid_of(4001))];
    assert_eq!(
        both.rank(vec![named("ours", MINE, class)]),
        not_below(&["ours"])
    );
}

#[test]
fn of_two_with_their_own_ou_the_one_further_up_may_more() {
    let ours = || vec![named("ours", MINE, vec![Target::OwnOu])];
    let lead_below = Two {
        groups: &[MINE],
        ..PLAIN
    };
    assert_eq!(lead_below.rank(ours()), Rank::Below);
    let head_above = Two {
        own: LEAD,
        at: HEAD,
        ..lead_below
    };
    assert_eq!(head_above.rank(ours()), not_below(&["ours"]));
    let peers = Two {
        own: HEAD,
        at: "CN=Other,OU=Graz,OU=Branches,DC=example,DC=com",
        ..lead_below
    };
    assert_eq!(peers.rank(ours()), not_below(&["ours"]));
}

#[test]
fn a_manager_is_above_whoever_reports_to_them_and_below_their_own_lead() {
    let ours = || vec![named("managers", MINE, vec![Target::Reports])];
    let below_head = Two {
        managers: &[HEAD],
        groups: &[MINE],
        ..PLAIN
    };
    assert_eq!(below_head.rank(ours()), Rank::Below);
    let lead_of_mine = Two {
        own: LEAD,
        at: HEAD,
        managers: &[],
        groups: &[MINE],
    };
    assert_eq!(lead_of_mine.rank(ours()), not_below(&["managers"]));
    let of_another_line = Two {
        managers: &["CN=Else,DC=example,DC=com"],
        ..below_head
    };
    assert_eq!(of_another_line.rank(ours()), not_below(&["managers"]));
    // Direct reports alone say nothing of whom these may help.
    let direct = vec![named("managers", MINE, vec![Target::DirectReports])];
    assert_eq!(below_head.rank(direct), not_below(&["managers"]));
}

#[test]
fn a_rule_that_does_less_or_is_bound_where_the_other_is_not_covers_nothing() {
    type Change = fn(&mut Rule);
    let changes: [Change; 6] = [
        |mine| mine.actions = vec![Action::View, Action::ResetPassword],
        |mine| mine.except = vec![below(GRAZ)],
        |mine| mine.hours = vec!["Mon 08:00-09:00".parse().unwrap()],
        |mine| mine.networks = vec!["10.0.0.0/8".parse().unwrap()],
        |mine| mine.limits.people_per_day = NonZeroU32::new(3),
        |mine| mine.effect = Effect::Deny,
    ];
    for change in changes {
        let mut mine = named("mine", MINE, vec![below(BRANCHES)]);
        change(&mut mine);
        let theirs = named("theirs", THEIRS, vec![below(GRAZ)]);
        assert_eq!(
            PLAIN.rank(vec![mine.clone(), theirs]),
            not_below(&["theirs"]),
            "{mine:?}"
        );
    }
    let mut theirs = named("theirs", THEIRS, vec![below(GRAZ)]);
    theirs.also_operators_of = vec!["others".to_owned()];
    let mine = named("mine", MINE, vec![below(BRANCHES)]);
    assert_eq!(PLAIN.rank(vec![mine, theirs]), not_below(&["theirs"]));
}

#[test]
fn a_denial_that_holds_for_the_operator_alone_takes_them_off_their_height() {
    let mine = named("mine", MINE, vec![below(BRANCHES)]);
    let theirs = named("theirs", THEIRS, vec![below(GRAZ)]);
    let mut deny = named("deny", MINE, vec![below(GRAZ)]);
    deny.effect = Effect::Deny;
    assert_eq!(
        PLAIN.rank(vec![mine.clone(), theirs.clone(), deny.clone()]),
        not_below(&["theirs"])
    );
    deny.operators.push(sid_of(THEIRS));
    assert_eq!(PLAIN.rank(vec![mine, theirs, deny]), Rank::Below);
}

#[test]
fn an_auditor_is_below_nobody_and_an_operator_too_needs_both_names() {
    let mine = || named("mine", MINE, vec![below(BRANCHES)]);
    let auditor = Two {
        groups: &[2002],
        ..PLAIN
    };
    assert_eq!(auditor.rank(vec![mine()]), not_below(&[AUDITORS]));
    let both = Two {
        groups: &[THEIRS, 2002],
        ..PLAIN
    };
    let elsewhere = named("theirs", THEIRS, vec![below("OU=X,DC=example,DC=com")]);
    assert_eq!(
        both.rank(vec![mine(), elsewhere]),
        not_below(&["theirs", AUDITORS])
    );
    // Also where their own rule is covered.
    let covered = named("theirs", THEIRS, vec![below(GRAZ)]);
    assert_eq!(both.rank(vec![mine(), covered]), not_below(&[AUDITORS]));
}
