//! Each operator and each account, by the decision of the pages: `domain::authorize::decide`.
//!
//! Most people are no operators, and most rules are about other operators. So each operator is asked with the rules
//! about them alone, which is the same wherever the rank of the account does not depend on the others.

use crate::domain::account::{Account, AccountFlags, Protection};
use crate::domain::authorize::{Done, Grounds, Refusal, decided_openly};
use crate::domain::ground::Ground;
use crate::domain::identity::Sid;
use crate::domain::least_privilege::LeastPrivilege;
use crate::domain::operator::Operator;
use crate::domain::rules::{Action, Occasion, Rule};
use crate::domain::time::Filetime;
use crate::report::Why;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What is decided of one account: for each operator, in their order, the rule or why not.
pub(super) type Row = Vec<Result<Arc<Rule>, Refusal>>;

/// An operator as the decision takes them.
struct Asking {
    /// The same person with nothing that keeps them from acting.
    able: Operator,
    active: bool,
    /// Those about them.
    rules: Vec<Arc<Rule>>,
}

/// Everything that a decision stands on but the account.
pub(super) struct Decider<'a> {
    ground: &'a Ground,
    asking: Vec<Asking>,
    /// The groups that make somebody an operator.
    operator_groups: HashSet<&'a Sid>,
    /// The place of each rule by its name.
    places: HashMap<&'a str, usize>,
    rights: LeastPrivilege,
    done: Done,
    now: Timestamp,
}

/// What comes out for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// These operators can reset it, each by this rule: the place of both.
    Somebody(Vec<(usize, usize)>),
    /// Nobody can.
    Nobody(Why),
}

impl<'a> Decider<'a> {
    /// For these operators.
    pub(super) fn new<'o>(
        ground: &'a Ground,
        operators: impl Iterator<Item = &'o Operator>,
        now: Timestamp,
    ) -> Self {
        let asking = |operator: &Operator| Asking {
            active: operator.out_of_action(now).is_none(),
            able: able(operator.clone(), now),
            rules: about(ground, operator),
        };
        let groups = ground.rules.iter().flat_map(|rule| &rule.operators);
        let names = ground.rules.iter().enumerate();
        Self {
            asking: operators.map(asking).collect(),
            operator_groups: groups.collect(),
            places: names.map(|(at, rule)| (rule.name.as_str(), at)).collect(),
            rights: LeastPrivilege::Proven { at: now },
            done: Done::default(),
            ground,
            now,
        }
    }

    /// What is decided, whoever is out of action at the moment.
    pub(super) fn row(&self, account: &Account) -> Row {
        let is_operator = self.is_operator(account);
        let ask = |asking: &Asking| {
            let rules: &[Arc<Rule>] = if is_operator {
                &self.ground.rules
            } else {
                &asking.rules
            };
            let grounds = self.grounds(rules);
            decided_openly(Action::ResetPassword, &asking.able, account, &grounds)
        };
        self.asking.iter().map(ask).collect()
    }

    /// What comes of it.
    pub(super) fn outcome(&self, row: &Row) -> Outcome {
        let each = || self.asking.iter().zip(row).enumerate();
        let can = |(at, (asking, decision)): (usize, (&Asking, &Result<Arc<Rule>, Refusal>))| {
            let rule = decision.as_ref().ok().filter(|_| asking.active)?;
            Some((at, *self.places.get(rule.name.as_str())?))
        };
        let somebody: Vec<_> = each().filter_map(can).collect();
        if somebody.is_empty() {
            Outcome::Nobody(why_nobody(row))
        } else {
            Outcome::Somebody(somebody)
        }
    }

    fn is_operator(&self, account: &Account) -> bool {
        let mut groups = account.all_groups();
        groups.any(|group| self.operator_groups.contains(&group))
    }

    /// At any hour, from any network, with nothing done yet.
    fn grounds<'g>(&'g self, rules: &'g [Arc<Rule>]) -> Grounds<'g> {
        Grounds {
            scope: &self.ground.scope,
            rules,
            auditors: &self.ground.auditors,
            protection: &self.ground.protection,
            rights: &self.rights,
            done: &self.done,
            occasion: Occasion {
                at: None,
                from: None,
                house: &self.ground.house,
            },
            now: self.now,
        }
    }
}

/// The rules about somebody, those that deny too.
pub(super) fn about(ground: &Ground, operator: &Operator) -> Vec<Arc<Rule>> {
    let rules = ground.rules.iter();
    rules
        .filter(|rule| rule.is_about(operator))
        .cloned()
        .collect()
}

/// What the rules let somebody do does not depend on whether they are on leave.
fn able(person: Operator, now: Timestamp) -> Operator {
    Operator {
        flags: AccountFlags(0x200),
        account_expires: Filetime(0),
        password_last_set: Filetime::from_timestamp(now),
        ..person
    }
}

/// One reason where it holds for all who reach the account.
fn why_nobody(row: &Row) -> Why {
    let mut reasons: Vec<Why> = Vec::new();
    for decision in row {
        let why = match decision {
            // Of somebody who cannot act: else the account would have somebody.
            Ok(_) => Why::NobodyActive,
            Err(Refusal::Protected(why)) => Why::Protected(*why),
            Err(Refusal::WouldNotHelp(why)) => Why::WouldNotHelp(*why),
            Err(Refusal::ByRules(why)) => Why::ByRules(*why),
            // Nobody is asked who is no operator, out of action or frozen, and the rights are taken for proven.
            Err(
                Refusal::OutOfScope
                | Refusal::NotAnOperator
                | Refusal::OperatorOutOfAction(_)
                | Refusal::Frozen
                | Refusal::ExcessRights
                | Refusal::RightsNotProven,
            ) => continue,
        };
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }
    // That somebody does not reset themselves says nothing where others do not reset them either.
    if reasons.len() > 1 {
        reasons.retain(|why| *why != Why::Protected(Protection::Yourself));
    }
    match reasons.as_slice() {
        [] => Why::NotReached,
        [only] => *only,
        _ => Why::Several,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::GroupSids;
    use crate::domain::membership::Groups;
    use crate::domain::preflight::Obstacle;
    use crate::domain::rules::{ByRules, Effect, Target};
    use crate::domain::samples::{alice, context, dn, now, olga, rule, sid_of};
    use jiff::tz::TimeZone;

    fn named(name: &str, group: u32, targets: &[Target]) -> Rule {
        Rule {
            name: name.to_owned(),
            operators: vec![sid_of(group)],
            targets: targets.to_vec(),
            ..rule()
        }
    }

    fn below(ou: &str) -> Target {
        Target::Below(dn(&format!("OU={ou},OU=Staff,DC=example,DC=com")))
    }

    fn ground(rules: Vec<Rule>) -> Ground {
        Ground {
            scope: dn("OU=Staff,DC=example,DC=com"),
            auditors: HashSet::from([sid_of(2900)]),
            rules: rules.into_iter().map(Arc::new).collect(),
            protection: context(),
            groups: Groups::default(),
            house: TimeZone::UTC,
        }
    }

    fn operator(rid: u32, groups: &[u32]) -> Operator {
        Operator {
            sid: sid_of(rid),
            guid: [u8::try_from(rid % 251).unwrap(); 16].into(),
            dn: dn(&format!("CN=Op {rid},OU=Leads,OU=Staff,DC=example,DC=com")),
            groups: GroupSids(groups.iter().map(|rid| sid_of(*rid)).collect()),
            ..olga()
        }
    }

    fn person(rid: u32, ou: &str, groups: &[u32]) -> Account {
        let mut person = alice();
        person.sid = sid_of(rid);
        person.guid = [u8::try_from(rid % 251).unwrap(); 16].into();
        person.dn = dn(&format!("CN=P {rid},OU={ou},OU=Staff,DC=example,DC=com"));
        person.groups = GroupSids(groups.iter().map(|rid| sid_of(*rid)).collect());
        person
    }

    fn outcome(decider: &Decider<'_>, account: &Account) -> Outcome {
        decider.outcome(&decider.row(account))
    }

    const NORTH: usize = 0;
    const STAFF: usize = 1;

    /// Two rules of operators, one that denies, and four operators: of the first, of the second, of both, and one of
    /// the first who is out of action.
    fn house() -> (Ground, Vec<Operator>) {
        let deny = Rule {
            effect: Effect::Deny,
            ..named("no-north", 2002, &[below("North")])
        };
        let staff = Target::Below(dn("OU=Staff,DC=example,DC=com"));
        let rules = vec![
            named("north", 2001, &[below("North")]),
            named("staff", 2002, &[staff]),
            deny,
        ];
        let mut locked = operator(1203, &[2001]);
        locked.flags = AccountFlags(0x210);
        let operators = vec![
            operator(1200, &[2001]),
            operator(1201, &[2002]),
            operator(1202, &[2001, 2002]),
            locked,
        ];
        (ground(rules), operators)
    }

    #[test]
    fn each_account_has_the_operators_who_can_reset_it_and_by_which_rule() {
        let (ground, operators) = house();
        let decider = Decider::new(&ground, operators.iter(), now());
        let north = outcome(&decider, &person(1501, "North", &[]));
        assert_eq!(north, Outcome::Somebody(vec![(0, NORTH)]));
        let south = outcome(&decider, &person(1502, "South", &[]));
        assert_eq!(south, Outcome::Somebody(vec![(1, STAFF), (2, STAFF)]));
    }

    #[test]
    fn one_reason_is_named_where_it_holds_for_all_who_reach_the_account() {
        let (ground, operators) = house();
        let decider = Decider::new(&ground, operators.iter(), now());
        let mut disabled = person(1502, "South", &[]);
        disabled.flags = AccountFlags(0x202);
        let helpless = Outcome::Nobody(Why::WouldNotHelp(Obstacle::Disabled));
        assert_eq!(outcome(&decider, &disabled), helpless);
        let mut admin = person(1503, "South", &[]);
        admin.admin_count = true;
        let protected = Outcome::Nobody(Why::Protected(Protection::AdminCount));
        assert_eq!(outcome(&decider, &admin), protected);
        let elsewhere = Account {
            dn: dn("CN=P,OU=Other,DC=example,DC=com"),
            ..person(1504, "South", &[])
        };
        let unreached = Outcome::Nobody(Why::NotReached);
        assert_eq!(outcome(&decider, &elsewhere), unreached);
    }

    #[test]
    fn who_is_out_of_action_can_reset_nobody_and_is_said_to_be_the_reason() {
        let (ground, operators) = house();
        let only_locked = Decider::new(&ground, operators[3..].iter(), now());
        let north = outcome(&only_locked, &person(1501, "North", &[]));
        assert_eq!(north, Outcome::Nobody(Why::NobodyActive));
        let south = outcome(&only_locked, &person(1502, "South", &[]));
        assert_eq!(south, Outcome::Nobody(Why::NotReached));
    }

    #[test]
    fn different_reasons_are_told_as_such_and_oneself_is_none_beside_another() {
        let looking = Rule {
            actions: vec![Action::View],
            ..named("look", 2003, &[below("North")])
        };
        let ground = ground(vec![named("north", 2001, &[below("North")]), looking]);
        let operators = [operator(1200, &[2001]), operator(1201, &[2003])];
        let decider = Decider::new(&ground, operators.iter(), now());
        let mut admin = person(1501, "North", &[]);
        admin.flags = AccountFlags(0x202);
        let several = Outcome::Nobody(Why::Several);
        assert_eq!(outcome(&decider, &admin), several);
        let looked_at = Decider::new(&ground, operators[1..].iter(), now());
        let seen = outcome(&looked_at, &person(1502, "North", &[]));
        assert_eq!(seen, Outcome::Nobody(Why::ByRules(ByRules::NoneAllows)));
        let both = [operator(1200, &[2001]), operator(1201, &[2001])];
        let decider = Decider::new(&ground, both.iter(), now());
        let fellow = person(1200, "North", &[2001]);
        let protected = Outcome::Nobody(Why::Protected(Protection::Operator));
        assert_eq!(outcome(&decider, &fellow), protected);
    }

    #[test]
    fn with_the_rules_about_an_operator_alone_the_decision_is_the_same() {
        let (ground, operators) = house();
        let decider = Decider::new(&ground, operators.iter(), now());
        let mut compared = 0;
        for ou in ["North", "South"] {
            for groups in [
                &[][..],
                &[2001],
                &[2002],
                &[2001, 2002],
                &[2900],
                &[512],
                &[2900, 2001],
            ] {
                let account = person(1501, ou, groups);
                for (asking, narrow) in decider.asking.iter().zip(decider.row(&account)) {
                    let grounds = decider.grounds(&ground.rules);
                    let all =
                        decided_openly(Action::ResetPassword, &asking.able, &account, &grounds);
                    let name = |rule: &Arc<Rule>| rule.name.clone();
                    assert_eq!(
                        narrow.map(|it| name(&it)),
                        all.map(|it| name(&it)),
                        "{ou} {groups:?}"
                    );
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 2 * 7 * 4);
    }

    #[test]
    fn somebody_who_is_an_operator_by_another_rule_is_ranked_by_all_rules() {
        let (ground, operators) = house();
        let decider = Decider::new(&ground, operators.iter(), now());
        // Of `north`, and reached by the second operator, whose rule covers theirs but for what is denied.
        let lead = person(1505, "South", &[2001]);
        let row = decider.row(&lead);
        assert_eq!(
            row[1].as_ref().err(),
            Some(&Refusal::Protected(Protection::Operator))
        );
    }
}
