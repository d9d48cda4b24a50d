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
    /// Another group or OU decides now, as "was → is".
    pub rules: Vec<String>,
    /// Operators who were none.
    pub operators_added: Vec<Operator>,
    /// Operators who are none any more.
    pub operators_removed: Vec<Operator>,
    /// Operators who can act and could not, or the other way round.
    pub operators_changed: Vec<Operator>,
    /// People who can be reset and could not.
    pub targets_added: Vec<Person>,
    /// People who cannot be reset any more.
    pub targets_removed: Vec<Person>,
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
    Differences {
        since: earlier.at.clone(),
        until: now.at.clone(),
        rules: rules(earlier, now),
        operators_added: missing(&now.operators, |one| was.contains_key(one.sid.as_str())),
        operators_removed: missing(&earlier.operators, |one| is.contains_key(one.sid.as_str())),
        operators_changed: now.operators.iter().filter(changed).cloned().collect(),
        targets_added: missing(&now.targets, |one| were.contains_key(one.guid.as_str())),
        targets_removed: missing(&earlier.targets, |one| are.contains_key(one.guid.as_str())),
    }
}

fn by<T>(all: &[T], key: impl Fn(&T) -> &str) -> HashMap<&str, &T> {
    all.iter().map(|one| (key(one), one)).collect()
}

fn missing<T: Clone>(all: &[T], is_there: impl Fn(&T) -> bool) -> Vec<T> {
    all.iter().filter(|one| !is_there(one)).cloned().collect()
}

fn rules(earlier: &AccessReport, now: &AccessReport) -> Vec<String> {
    [
        ("rule", &earlier.rule, &now.rule),
        ("group", &earlier.group, &now.group),
        ("user_ou", &earlier.user_ou, &now.user_ou),
    ]
    .into_iter()
    .filter(|(_, was, is)| was != is)
    .map(|(what, was, is)| format!("{what}: {was} → {is}"))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::document::samples::{operator, person, report};
    use super::*;

    #[test]
    fn two_reports_of_one_state_do_not_differ() {
        let mut later = report();
        later.at = "2026-04-01T08:00:00Z".to_owned();
        later.targets[0].name = "Married Since".to_owned();
        assert!(compare(&report(), &later).is_empty());
    }

    #[test]
    fn who_came_and_who_went_is_listed() {
        let mut later = report();
        later.operators = vec![operator(2), operator(3)];
        later.operators[0].active = false;
        later.targets = vec![person(2), person(3), person(4), person(5)];
        later.group = "Helpers".to_owned();
        let found = compare(&report(), &later);
        assert_eq!(found.operators_added, [operator(3)]);
        assert_eq!(found.operators_removed, [operator(1)]);
        assert_eq!(found.operators_changed.len(), 1);
        assert_eq!(found.targets_added, [person(4), person(5)]);
        assert_eq!(found.targets_removed, [person(1)]);
        assert_eq!(found.rules, ["group: Resetters → Helpers"]);
        assert!(!found.is_empty());
    }
}
