//! Several rules together: what holds whatever the rules are, and which of them decides.

use super::*;
use crate::domain::account::GroupSids;
use crate::domain::identity::{Dn, Sid};
use crate::domain::limits::{Limits, Usage};
use crate::domain::operator::Operator;
use crate::domain::reason::ReasonRule;
use crate::domain::rules::{Effect, Hours, Line, MustChange, Occasion, Subject, Target, Terms};
use crate::domain::samples::{dn, now, olga, rule, sid_of};
use jiff::tz::TimeZone;
use proptest::collection::{hash_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::num::NonZeroU32;

const OUS: [&str; 4] = [
    "DC=example,DC=com",
    "OU=A,DC=example,DC=com",
    "OU=B,OU=A,DC=example,DC=com",
    "OU=A,OU=C,DC=example,DC=com",
];

/// The account that is asked about, and who asks from where.
#[derive(Debug, Clone)]
struct Scene {
    operator: Operator,
    at: Dn,
    groups: GroupSids,
    line: Line,
    from: IpAddr,
    used: HashMap<String, Usage>,
}

impl Scene {
    fn choose(&self, rules: &[Arc<Rule>], action: Action) -> Result<String, ByRules> {
        let house = TimeZone::UTC;
        let question = Question {
            action,
            operator: &self.operator,
            subject: Subject {
                dn: &self.at,
                groups: &self.groups,
                primary: None,
                line: &self.line,
            },
            occasion: Occasion {
                at: Some(now()),
                from: Some(self.from),
                house: &house,
            },
            used: &self.used,
        };
        choose(rules, &question, |_| true).map(|rule| rule.name.clone())
    }
}

fn sids() -> impl Strategy<Value = HashSet<Sid>> {
    hash_set((1..6_u32).prop_map(|rid| sid_of(3000 + rid)), 0..4)
}

fn people() -> impl Strategy<Value = Dn> {
    (select(OUS.to_vec()), select(vec!["x", "y", "z"]))
        .prop_map(|(ou, name)| dn(&format!("CN={name},{ou}")))
}

fn scenes() -> impl Strategy<Value = Scene> {
    let used = (0..4_u32, 0..12_usize).prop_map(|(hour, rule)| {
        let usage = Usage {
            hour,
            day: hour,
            people: hour,
            knows_this_one: false,
        };
        HashMap::from([(format!("r{rule}"), usage)])
    });
    let line = (vec(people(), 0..3), any::<bool>());
    let from = select(vec!["10.0.0.1", "::ffff:10.0.0.1", "192.0.2.7"]);
    (sids(), people(), people(), sids(), line, from, used).prop_map(
        |(operator_groups, own, at, groups, (managers, is_whole), from, used)| Scene {
            operator: Operator {
                groups: GroupSids(operator_groups),
                dn: own,
                ..olga()
            },
            at,
            groups: GroupSids(groups),
            line: Line { managers, is_whole },
            from: from.parse().unwrap(),
            used,
        },
    )
}

fn targets() -> impl Strategy<Value = Target> {
    prop_oneof![
        select(OUS.to_vec()).prop_map(|ou| Target::Below(dn(ou))),
        (1..6_u32).prop_map(|rid| Target::In(sid_of(3000 + rid))),
        Just(Target::OwnOu),
        Just(Target::DirectReports),
        Just(Target::Reports),
    ]
}

fn excepted() -> impl Strategy<Value = Target> {
    targets().prop_filter("OUs and groups", |target| {
        matches!(target, Target::Below(_) | Target::In(_))
    })
}

fn some_rule() -> impl Strategy<Value = Rule> {
    let effect = prop_oneof![3 => Just(Effect::Allow), 1 => Just(Effect::Deny)];
    let reach = (sids(), vec(targets(), 1..3), vec(excepted(), 0..2));
    let actions = vec(select(Action::ALL.to_vec()), 1..3);
    let occasion = (
        select(vec!["", "Mon 00:00-24:00", "Tue 00:00-24:00"]),
        select(vec!["", "10.0.0.0/8"]),
    );
    let terms = (any::<bool>(), 0..3_u32);
    (effect, reach, actions, occasion, terms).prop_map(
        |(effect, (operators, targets, except), actions, (hours, network), (required, limit))| {
            Rule {
                effect,
                operators: operators.into_iter().collect(),
                targets,
                except,
                actions,
                hours: hours.parse::<Hours>().into_iter().collect(),
                networks: network.parse().into_iter().collect(),
                terms: Terms {
                    reason: ReasonRule {
                        required,
                        pattern: None,
                    },
                    ..Terms::default()
                },
                limits: Limits {
                    resets_per_hour: NonZeroU32::new(limit),
                    ..Limits::default()
                },
                ..rule()
            }
        },
    )
}

/// Rules with names of their own.
fn rules() -> impl Strategy<Value = Vec<Arc<Rule>>> {
    vec(some_rule(), 0..12).prop_map(|rules| {
        let named = |(at, rule)| Rule {
            name: format!("r{at}"),
            ..rule
        };
        rules
            .into_iter()
            .enumerate()
            .map(named)
            .map(Arc::new)
            .collect()
    })
}

fn actions() -> impl Strategy<Value = Action> {
    select(Action::ALL.to_vec())
}

/// With one rule more.
fn with(rules: &[Arc<Rule>], further: Rule) -> Vec<Arc<Rule>> {
    let further = Rule {
        name: "further".to_owned(),
        ..further
    };
    rules.iter().cloned().chain([Arc::new(further)]).collect()
}

proptest! {
    #[test]
    fn the_order_of_the_rules_makes_no_difference(
        scene in scenes(), rules in rules().prop_shuffle(), action in actions()
    ) {
        let mut sorted = rules.clone();
        sorted.sort_by(|one, next| one.name.cmp(&next.name));
        prop_assert_eq!(scene.choose(&rules, action), scene.choose(&sorted, action));
    }

    #[test]
    fn a_rule_that_denies_never_allows_more(
        scene in scenes(), rules in rules(), further in some_rule(), action in actions()
    ) {
        let deny = Rule { effect: Effect::Deny, ..further };
        let (before, after) = (scene.choose(&rules, action), scene.choose(&with(&rules, deny), action));
        prop_assert!(after.is_err() || after == before, "{before:?} → {after:?}");
    }

    #[test]
    fn a_rule_that_allows_never_takes_anything_away(
        scene in scenes(), rules in rules(), further in some_rule(), action in actions()
    ) {
        let allow = Rule { effect: Effect::Allow, ..further };
        let before = scene.choose(&rules, action);
        let after = scene.choose(&with(&rules, allow), action);
        prop_assert!(before.is_err() || after.is_ok(), "{before:?} → {after:?}");
    }

    #[test]
    fn whom_one_may_help_one_may_see(scene in scenes(), rules in rules(), action in actions()) {
        let helped = scene.choose(&rules, action).is_ok();
        prop_assert!(!helped || scene.choose(&rules, Action::View).is_ok());
    }

    #[test]
    fn a_group_more_on_the_person_changes_nothing_without_a_rule_that_names_it(
        scene in scenes(), rules in rules(), action in actions()
    ) {
        let mut further = scene.clone();
        further.groups.0.insert(sid_of(9999));
        prop_assert_eq!(scene.choose(&rules, action), further.choose(&rules, action));
    }

    #[test]
    fn a_group_more_on_the_person_never_opens_what_only_exceptions_and_denials_name(
        scene in scenes(), rules in rules(), action in actions(), rid in 1..6_u32
    ) {
        let group = Target::In(sid_of(3000 + rid));
        let allows = |rule: &Arc<Rule>| rule.allows() && rule.targets.contains(&group);
        prop_assume!(!rules.iter().any(allows));
        let mut further = scene.clone();
        further.groups.0.insert(sid_of(3000 + rid));
        let (before, after) = (scene.choose(&rules, action), further.choose(&rules, action));
        let of_exceptions = |rule: &Arc<Rule>| !rule.allows() && rule.except.contains(&group);
        prop_assume!(!rules.iter().any(of_exceptions));
        prop_assert!(before.is_ok() || after.is_err(), "{before:?} → {after:?}");
    }

    #[test]
    fn whoever_is_in_no_group_of_a_rule_may_do_nothing(
        scene in scenes(), rules in rules(), action in actions()
    ) {
        let mut nobody = scene;
        nobody.operator.groups.0.clear();
        prop_assert_eq!(nobody.choose(&rules, action), Err(ByRules::NoneAllows));
    }
}

fn asks(name: &str, change: impl FnOnce(&mut Rule)) -> Arc<Rule> {
    let mut rule = Rule {
        name: name.to_owned(),
        ..rule()
    };
    change(&mut rule);
    Arc::new(rule)
}

fn scene() -> Scene {
    Scene {
        operator: olga(),
        at: dn("CN=Alice,OU=Staff,DC=example,DC=com"),
        groups: GroupSids::default(),
        line: Line::of_manager(None),
        from: "192.0.2.7".parse().unwrap(),
        used: HashMap::new(),
    }
}

#[test]
fn of_those_that_allow_the_one_that_asks_least_decides_and_then_the_first_by_name() {
    let reason = asks("a-reason", |rule| rule.terms.reason.required = true);
    let always = asks("b-always", |rule| {
        rule.terms.must_change = MustChange::Always;
    });
    let limited = asks("c-limited", |rule| {
        rule.limits.resets_per_day = NonZeroU32::new(5);
    });
    let (plain, other) = (asks("d-plain", |_| ()), asks("e-plain", |_| ()));
    let all = [other, reason, plain, limited, always];
    let mut rules: Vec<Arc<Rule>> = all.to_vec();
    for expected in ["d-plain", "e-plain", "c-limited", "b-always", "a-reason"] {
        let found = scene().choose(&rules, Action::ResetPassword);
        assert_eq!(found.as_deref(), Ok(expected));
        rules.retain(|rule| rule.name != expected);
    }
}

#[test]
fn a_rule_whose_limit_is_reached_gives_its_place_to_another_one() {
    let limited = asks("limited", |rule| {
        rule.limits.resets_per_hour = NonZeroU32::new(2);
    });
    let reason = asks("reason", |rule| rule.terms.reason.required = true);
    let mut scene = scene();
    let usage = Usage {
        hour: 2,
        ..Usage::default()
    };
    scene.used.insert("limited".to_owned(), usage);
    let both = [Arc::clone(&limited), reason];
    assert_eq!(
        scene.choose(&both, Action::ResetPassword).as_deref(),
        Ok("reason")
    );
    let alone = scene.choose(&[limited], Action::ResetPassword);
    assert_eq!(alone, Err(ByRules::Limit(Reached::PerHour)));
    // Only resets are counted.
    let unlock = scene.choose(&both, Action::UnlockAccount);
    assert_eq!(unlock.as_deref(), Ok("limited"));
}

#[test]
fn what_keeps_a_rule_from_allowing_is_told_where_it_is_all_that_does() {
    let tuesday = asks("tuesday", |rule| {
        rule.hours = vec!["Tue 00:00-24:00".parse().unwrap()];
    });
    let inside = asks("inside", |rule| {
        rule.networks = vec!["10.0.0.0/8".parse().unwrap()];
    });
    let of = |rules: &[Arc<Rule>]| scene().choose(rules, Action::View);
    assert_eq!(of(&[Arc::clone(&tuesday)]), Err(ByRules::OutsideHours));
    assert_eq!(of(&[inside]), Err(ByRules::OtherNetwork));
    let elsewhere = asks("elsewhere", |rule| {
        rule.targets = vec![Target::Below(dn("OU=North,DC=example,DC=com"))];
        rule.hours = vec!["Tue 00:00-24:00".parse().unwrap()];
    });
    assert_eq!(of(&[elsewhere]), Err(ByRules::NoneAllows));
    let deny = asks("deny", |rule| rule.effect = Effect::Deny);
    assert_eq!(of(&[tuesday, deny]), Err(ByRules::Denied));
}

#[test]
fn to_deny_a_reset_leaves_the_rest_and_to_deny_the_look_denies_everything() {
    let allow = asks("allow", |_| ());
    let deny = |action| {
        let rule = asks("deny", |rule| {
            rule.effect = Effect::Deny;
            rule.actions = vec![action];
        });
        [Arc::clone(&allow), rule]
    };
    let allowed =
        |rules: &[Arc<Rule>]| Action::ALL.map(|action| scene().choose(rules, action).is_ok());
    assert_eq!(allowed(&deny(Action::ResetPassword)), [true, false, true]);
    assert_eq!(allowed(&deny(Action::UnlockAccount)), [true, true, false]);
    assert_eq!(allowed(&deny(Action::View)), [false, false, false]);
}
