//! What is different from an earlier report.

use super::document::{AccessReport, Operator, Person};
use serde::Serialize;
use std::collections::HashMap;

/// What came and what went between two reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// When the earlier one was made.
    pub since: String,
    /// When this one was made.
    pub until: String,
    /// Rules that came, went or say something else, and another OU, a sentence each.
    pub rules: Vec<String>,
    /// Operators who were none.
    pub operators_added: Vec<Operator>,
    /// Operators who are none any more.
    pub operators_removed: Vec<Operator>,
    /// Operators who can act and could not, or the other way round.
    pub operators_changed: Vec<Operator>,
    /// People whom somebody can reset and nobody could.
    pub targets_added: Vec<Person>,
    /// People whom nobody can reset any more.
    pub targets_removed: Vec<Person>,
    /// Who can reset whom and could not.
    pub pairs_added: Vec<Pair>,
    /// Who could reset whom and cannot any more.
    pub pairs_removed: Vec<Pair>,
    /// Who can reset whom as before, by another rule.
    pub pairs_changed: Vec<Pair>,
}

/// An operator, somebody whom they can reset, and the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// objectSid of the operator.
    pub operator: String,
    /// Their account name.
    pub operator_account: String,
    /// objectGUID of the person.
    pub guid: String,
    /// Their account name.
    pub account: String,
    /// The rule, now where there is one now.
    pub rule: String,
}

impl Differences {
    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
            && self.operators_added.is_empty()
            && self.operators_removed.is_empty()
            && self.operators_changed.is_empty()
            && self.targets_added.is_empty()
            && self.targets_removed.is_empty()
            && self.pairs_added.is_empty()
            && self.pairs_removed.is_empty()
            && self.pairs_changed.is_empty()
    }

    /// One JSON document, with a line feed at its end.
    ///
    /// # Errors
    /// Only where memory runs out.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// Compares two reports. Operators are the same by SID and people by GUID, whatever they are called.
pub fn compare(earlier: &AccessReport, now: &AccessReport) -> Differences {
    let was: HashMap<&str, &Operator> = by(&earlier.operators, |one| &one.sid);
    let is: HashMap<&str, &Operator> = by(&now.operators, |one| &one.sid);
    let were: HashMap<&str, &Person> = by(&earlier.targets, |one| &one.guid);
    let are: HashMap<&str, &Person> = by(&now.targets, |one| &one.guid);
    let changed = |one: &&Operator| {
        was.get(one.sid.as_str())
            .is_some_and(|before| before.active != one.active)
    };
    let (pairs_added, pairs_changed) = more(now, earlier, &were);
    let (pairs_removed, _) = more(earlier, now, &are);
    Differences {
        since: earlier.at.clone(),
        until: now.at.clone(),
        rules: rules(earlier, now),
        operators_added: missing(&now.operators, |one| was.contains_key(one.sid.as_str())),
        operators_removed: missing(&earlier.operators, |one| is.contains_key(one.sid.as_str())),
        operators_changed: now.operators.iter().filter(changed).cloned().collect(),
        targets_added: missing(&now.targets, |one| were.contains_key(one.guid.as_str())),
        targets_removed: missing(&earlier.targets, |one| are.contains_key(one.guid.as_str())),
        pairs_added,
        pairs_removed,
        pairs_changed,
    }
}

fn by<T>(all: &[T], key: impl Fn(&T) -> &str) -> HashMap<&str, &T> {
    all.iter().map(|one| (key(one), one)).collect()
}

fn missing<T: Clone>(all: &[T], is_there: impl Fn(&T) -> bool) -> Vec<T> {
    all.iter().filter(|one| !is_there(one)).cloned().collect()
}

/// The pairs of `report` that `against`, whose people are `people`, does not have, and those that it has by another
/// rule. One account at a time: of all there may be a million.
fn more(
    report: &AccessReport,
    against: &AccessReport,
    people: &HashMap<&str, &Person>,
) -> (Vec<Pair>, Vec<Pair>) {
    let (own, other) = (sids(report), sids(against));
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for person in &report.targets {
        let before: HashMap<&str, (&str, &str)> = people
            .get(person.guid.as_str())
            .map(|person| who(person, &other).collect())
            .unwrap_or_default();
        for (operator, (account, rule)) in who(person, &own) {
            let list = match before.get(operator) {
                Some((_, same)) if *same == rule => continue,
                Some(_) => &mut changed,
                None => &mut new,
            };
            list.push(Pair {
                operator: operator.to_owned(),
                operator_account: account.to_owned(),
                guid: person.guid.clone(),
                account: person.account.clone(),
                rule: rule.to_owned(),
            });
        }
    }
    (new, changed)
}

/// The operators' SIDs by account name, which is unique within a report.
fn sids(report: &AccessReport) -> HashMap<&str, &str> {
    let all = report.operators.iter();
    all.map(|one| (one.account.as_str(), one.sid.as_str()))
        .collect()
}

/// Who can reset a person, by SID, what they are called, and by which rule.
fn who<'a>(
    person: &'a Person,
    sids: &'a HashMap<&str, &'a str>,
) -> impl Iterator<Item = (&'a str, (&'a str, &'a str))> {
    person.by.iter().flat_map(|by| {
        let operators = by.operators.iter();
        operators.filter_map(|name| {
            let sid = sids.get(name.as_str())?;
            Some((*sid, (name.as_str(), by.rule.as_str())))
        })
    })
}

fn rules(earlier: &AccessReport, now: &AccessReport) -> Vec<String> {
    let was = by(&earlier.rules, |rule| &rule.name);
    let is = by(&now.rules, |rule| &rule.name);
    let mut found = Vec::new();
    if earlier.user_ou != now.user_ou {
        found.push(format!("user_ou: {} → {}", earlier.user_ou, now.user_ou));
    }
    for rule in &now.rules {
        match was.get(rule.name.as_str()) {
            None => found.push(format!("rule {} is new", rule.name)),
            Some(before) if before.sha256 != rule.sha256 => {
                found.push(format!("rule {} says something else", rule.name));
            }
            Some(_) => {}
        }
    }
    let gone = earlier.rules.iter();
    let gone = gone.filter(|rule| !is.contains_key(rule.name.as_str()));
    found.extend(gone.map(|rule| format!("rule {} is gone", rule.name)));
    if found.is_empty() && earlier.sha256 != now.sha256 {
        found.push("other groups or accounts are protected or read the audit log".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::document::samples::{by, operator, person, report, rule};
    use super::*;
    use std::sync::Arc;

    fn pairs(all: &[Pair]) -> Vec<(&str, &str, &str)> {
        all.iter()
            .map(|one| {
                (
                    one.operator_account.as_str(),
                    one.account.as_str(),
                    one.rule.as_str(),
                )
            })
            .collect()
    }

    #[test]
    fn two_reports_of_one_state_do_not_differ() {
        let mut later = report();
        later.at = "2026-04-01T08:00:00Z".to_owned();
        later.targets[0].name = "Married Since".to_owned();
        // Renamed: the same by SID.
        later.operators[0].account = "zoe".to_owned();
        for person in &mut later.targets {
            person.by = Arc::from([by("leads", &["lead2", "zoe"])]);
        }
        assert_eq!(compare(&report(), &later).rules, [""; 0]);
        assert!(compare(&report(), &later).is_empty());
    }

    #[test]
    fn who_came_and_who_went_is_listed() {
        let mut later = report();
        later.operators = vec![operator(2), operator(3)];
        later.operators[0].active = false;
        later.targets = vec![person(2), person(3), person(4), person(5)];
        later.rules = vec![rule("leads", "Helpers"), rule("desk", "Desk")];
        let found = compare(&report(), &later);
        assert_eq!(found.operators_added, [operator(3)]);
        assert_eq!(found.operators_removed, [operator(1)]);
        assert_eq!(found.operators_changed.len(), 1);
        assert_eq!(found.targets_added, [person(4), person(5)]);
        assert_eq!(found.targets_removed, [person(1)]);
        assert_eq!(
            found.rules,
            ["rule leads says something else", "rule desk is new"]
        );
        assert_eq!(
            compare(&later, &report()).rules,
            ["rule leads says something else", "rule desk is gone"]
        );
        assert!(!found.is_empty());
    }

    #[test]
    fn each_pair_that_came_or_went_or_has_another_rule_is_listed() {
        let mut later = report();
        later.targets[0].by = Arc::from([by("leads", &["lead1"])]);
        later.targets[1].by = Arc::from([by("desk", &["lead2"]), by("leads", &["lead1"])]);
        let found = compare(&report(), &later);
        assert_eq!(pairs(&found.pairs_removed), [("lead2", "person1", "leads")]);
        assert_eq!(pairs(&found.pairs_changed), [("lead2", "person2", "desk")]);
        assert_eq!(pairs(&found.pairs_added), []);
        let back = compare(&later, &report());
        assert_eq!(pairs(&back.pairs_added), [("lead2", "person1", "leads")]);
        assert!(!found.is_empty() && !back.is_empty());
    }

    #[test]
    fn other_protection_is_told_where_all_rules_are_the_same() {
        let mut later = report();
        later.sha256 = "cd34".to_owned();
        let found = compare(&report(), &later).rules;
        assert!(found[0].contains("protected"), "{found:?}");
    }
}
