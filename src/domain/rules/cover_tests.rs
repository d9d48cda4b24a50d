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
#[derive(Clone, Copy)]
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

#[test]
fn two_who_are_in_one_circle_of_managers_are_equal() {
    let ours = vec![named("managers", MINE, vec![Target::Reports])];
    let circle = Two {
        managers: &[HEAD, LEAD],
        groups: &[MINE],
        ..PLAIN
    };
    assert_eq!(circle.rank(ours.clone()), not_below(&["managers"]));
    // A circle above both of them is none of theirs.
    let below_one = Two {
        managers: &[HEAD, "CN=Else,DC=example,DC=com"],
        ..circle
    };
    assert_eq!(below_one.rank(ours), Rank::Below);
}

#[test]
fn an_ou_and_the_own_ou_that_is_the_same_one_are_equal() {
    let rules = || {
        vec![
            named("by_name", MINE, vec![below(GRAZ)]),
            named("own", THEIRS, vec![Target::OwnOu]),
        ]
    };
    let peer = Two {
        at: "CN=Other,OU=Graz,OU=Branches,DC=example,DC=com",
        ..PLAIN
    };
    assert_eq!(peer.rank(rules()), not_below(&["own"]));
    assert_eq!(PLAIN.rank(rules()), Rank::Below);
}

#[test]
fn a_denial_of_both_that_takes_other_people_from_each_counts_as_the_operators_alone() {
    let elsewhere = "CN=Lead,OU=Leeds,OU=Branches,DC=example,DC=com";
    for (target, at, expected) in [
        // Whoever may not help in Graz could as the lead in Leeds, who may.
        (Target::OwnOu, elsewhere, not_below(&["theirs"])),
        (Target::DirectReports, LEAD, not_below(&["theirs"])),
        (Target::Reports, LEAD, not_below(&["theirs"])),
        (Target::OwnOu, LEAD, not_below(&["theirs"])),
        (below(GRAZ), elsewhere, Rank::Below),
        (Target::In(sid_of(4001)), elsewhere, Rank::Below),
    ] {
        let mine = named("mine", MINE, vec![below(BRANCHES)]);
        let theirs = named("theirs", THEIRS, vec![below(GRAZ)]);
        let mut deny = named("deny", MINE, vec![target]);
        deny.operators.push(sid_of(THEIRS));
        deny.effect = Effect::Deny;
        let two = Two { at, ..PLAIN };
        assert_eq!(
            two.rank(vec![mine, theirs, deny.clone()]),
            expected,
            "{deny:?}"
        );
    }
    // Where the operator's own OU is in the person's, it takes less from them.
    let mine = named("mine", MINE, vec![below(BRANCHES)]);
    let theirs = named("theirs", THEIRS, vec![below(GRAZ)]);
    let mut deny = named("deny", MINE, vec![Target::OwnOu]);
    deny.operators.push(sid_of(THEIRS));
    deny.effect = Effect::Deny;
    let further_up = Two {
        own: LEAD,
        at: HEAD,
        ..PLAIN
    };
    assert_eq!(further_up.rank(vec![mine, theirs, deny]), Rank::Below);
}

#[test]
fn a_further_rule_of_an_equal_person_makes_no_less_of_them() {
    // Both are of the desk; the person teaches as well, and the desk's rule names the teachers.
    let mut desk = named("desk", MINE, vec![below(GRAZ)]);
    desk.also_operators_of = vec!["teachers".to_owned()];
    let teachers = named("teachers", THEIRS, vec![Target::In(sid_of(4001))]);
    let both = Two {
        groups: &[MINE, THEIRS],
        ..PLAIN
    };
    assert_eq!(
        both.rank(vec![desk.clone(), teachers.clone()]),
        not_below(&["desk", "teachers"])
    );
    // Whoever teaches alone, and who is of the desk for an operator who may more than that.
    assert_eq!(
        PLAIN.rank(vec![desk.clone(), teachers.clone()]),
        not_below(&["teachers"])
    );
    let lead = named("lead", 513, vec![below(BRANCHES)]);
    assert_eq!(
        both.rank(vec![desk, teachers, lead]),
        not_below(&["teachers"])
    );
}

mod whatever_the_rules_are {
    use super::*;
    use crate::domain::identity::Dn;
    use crate::domain::operator::Operator;
    use crate::domain::rules::{Occasion, Question, choose};
    use jiff::tz::TimeZone;
    use proptest::collection::{hash_set, vec};
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;
    use std::collections::HashMap;

    const OUS: [&str; 4] = [
        "OU=A,DC=example,DC=com",
        "OU=B,OU=A,DC=example,DC=com",
        "OU=C,OU=A,DC=example,DC=com",
        "CN=Users,OU=A,DC=example,DC=com",
    ];
    const GROUPS: [u32; 2] = [2001, 2002];
    const PEOPLE: usize = 5;

    /// Somebody: their place, their groups, and who their manager is.
    #[derive(Debug, Clone)]
    struct Somebody {
        at: Dn,
        groups: GroupSids,
        manager: Option<usize>,
    }

    fn people() -> impl Strategy<Value = Vec<Somebody>> {
        let groups = hash_set(select(&GROUPS[..]).prop_map(sid_of), 1..3);
        let one = (select(&OUS[..]), groups, option::of(0..PEOPLE));
        vec(one, PEOPLE).prop_map(|all| {
            let numbered = all.into_iter().enumerate();
            numbered
                .map(|(number, (ou, groups, manager))| Somebody {
                    at: dn(&format!("CN=p{number},{ou}")),
                    groups: GroupSids(groups),
                    manager,
                })
                .collect()
        })
    }

    fn line(of: usize, people: &[Somebody]) -> Line {
        let mut managers: Vec<Dn> = Vec::new();
        let mut next = people[of].manager;
        while let Some(number) = next {
            let manager = &people[number];
            if managers.contains(&manager.at) {
                break;
            }
            managers.push(manager.at.clone());
            next = manager.manager;
        }
        Line {
            managers,
            is_whole: true,
        }
    }

    fn rules() -> impl Strategy<Value = Vec<Arc<Rule>>> {
        let place = || select(&OUS[..3]).prop_map(|ou| Target::Below(dn(ou)));
        let group = || select(&GROUPS[..]).prop_map(|rid| Target::In(sid_of(rid)));
        let relative = select(vec![Target::OwnOu, Target::DirectReports, Target::Reports]);
        let target = prop_oneof![4 => place(), 1 => group(), 4 => relative];
        let one = (
            prop_oneof![2 => Just(Effect::Allow), 1 => Just(Effect::Deny)],
            hash_set(select(&GROUPS[..]).prop_map(sid_of), 1..3),
            vec(target, 1..=2),
            vec(group(), 0..2),
            select(vec![vec![Action::ResetPassword], Action::ALL.to_vec()]),
        );
        vec(one, 2..5).prop_map(|all| {
            let numbered = all.into_iter().enumerate();
            numbered
                .map(|(number, (effect, operators, targets, except, actions))| {
                    Arc::new(Rule {
                        name: format!("r{number}"),
                        effect,
                        operators: operators.into_iter().collect(),
                        targets,
                        except,
                        actions,
                        ..rule()
                    })
                })
                .collect()
        })
    }

    fn may(operator: &Operator, whom: &Subject<'_>, action: Action, rules: &[Arc<Rule>]) -> bool {
        let house = TimeZone::UTC;
        let question = Question {
            action,
            operator,
            subject: *whom,
            occasion: Occasion {
                at: None,
                from: None,
                house: &house,
            },
            used: &HashMap::new(),
        };
        choose(rules, &question, |_| true).is_ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        /// The first of them asks, the second is who would be reset.
        #[test]
        fn whoever_is_below_may_nothing_that_the_operator_may_not(people in people(), rules in rules()) {
            let as_operator = |number: usize| {
                let mut operator = olga();
                operator.dn = people[number].at.clone();
                operator.groups = people[number].groups.clone();
                operator
            };
            let (asks, reset) = (as_operator(0), as_operator(1));
            let lines: Vec<Line> = (0..PEOPLE).map(|number| line(number, &people)).collect();
            let subject = |number: usize| Subject {
                dn: &people[number].at,
                groups: &people[number].groups,
                primary: None,
                line: &lines[number],
            };
            let found = rank(&subject(1), &asks, &rules, &HashSet::new());
            if found != Rank::Below {
                return Ok(());
            }
            for number in 2..PEOPLE {
                for action in Action::ALL {
                    let theirs = may(&reset, &subject(number), action, &rules);
                    let own = may(&asks, &subject(number), action, &rules);
                    prop_assert!(own || !theirs, "{action:?} of {number}");
                }
            }
            // Nor is the one who asks below them.
            if rules.iter().any(|rule| rule.allows() && rule.is_about(&asks)) {
                let back = rank(&subject(0), &reset, &rules, &HashSet::new());
                prop_assert_ne!(back, Rank::Below);
            }
        }
    }
}
