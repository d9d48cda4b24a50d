//! Whether somebody who is an operator too can do less than the one who wants to reset them. Whoever resets a password
//! can sign in with it, so this decides whether a reset would give more rights than one has.

use super::Rule;
use super::subject::Subject;
use super::target::{Target, own_ou};
use super::written::AUDITORS;
use crate::domain::identity::{Dn, Sid};
use crate::domain::operator::Operator;
use std::collections::HashSet;
use std::sync::Arc;

/// What a person may do here, compared with an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) enum Rank {
    /// Nothing, or strictly less than the operator.
    Below,
    /// Not less: the rules that make it so, [`AUDITORS`] among them for somebody who reads the log.
    NotBelow(Vec<String>),
}

/// Compares `person` with `operator`.
pub(in crate::domain) fn rank(
    person: &Subject<'_>,
    operator: &Operator,
    rules: &[Arc<Rule>],
    auditors: &HashSet<Sid>,
) -> Rank {
    let of_person: Vec<&Rule> = rules
        .iter()
        .map(AsRef::as_ref)
        .filter(|rule| rule.operators.iter().any(|group| person.is_in(group)))
        .collect();
    let own: Vec<&Rule> = rules
        .iter()
        .map(AsRef::as_ref)
        .filter(|rule| rule.is_about(operator))
        .collect();
    let mut names = above_or_equal(person, operator, &of_person, &own);
    if auditors.iter().any(|group| person.is_in(group)) {
        names.push(AUDITORS.to_owned());
    }
    if names.is_empty() {
        Rank::Below
    } else {
        Rank::NotBelow(names)
    }
}

/// The person's rules that allow, unless all of them are covered and not the other way round.
fn above_or_equal(
    person: &Subject<'_>,
    operator: &Operator,
    of_person: &[&Rule],
    own: &[&Rule],
) -> Vec<String> {
    let allowing = |rules: &[&Rule]| rules.iter().filter(|rule| rule.allows()).count();
    let named = || of_person.iter().filter(|rule| rule.allows());
    let all = || named().map(|rule| rule.name.clone()).collect();
    if allowing(of_person) == 0 {
        return Vec::new();
    }
    // A rule that denies something to the operator alone takes from every rule of theirs.
    let denied = own
        .iter()
        .any(|rule| !rule.allows() && !denies_both_alike(rule, person, operator, of_person));
    if denied || !is_more(person, operator, of_person, own) {
        return all();
    }
    let is_covered = |theirs: &Rule| {
        let mut own = own.iter();
        own.any(|rule| covers(rule, &operator.dn, theirs, person.dn, &person.line.managers))
    };
    named()
        .filter(|theirs| !is_covered(theirs))
        .map(|rule| rule.name.clone())
        .collect()
}

/// Whether the operator has a rule that none of the person's covers. In the line of somebody below them they are only
/// where it is a circle, which counts for neither; so no managers are asked about here.
fn is_more(person: &Subject<'_>, operator: &Operator, of_person: &[&Rule], own: &[&Rule]) -> bool {
    own.iter().filter(|rule| rule.allows()).any(|mine| {
        let mut of_person = of_person.iter();
        !of_person.any(|theirs| covers(theirs, person.dn, mine, &operator.dn, &[]))
    })
}

/// Whether a rule that denies is one of the person's too, and takes nobody from the operator whom the person may help.
fn denies_both_alike(
    rule: &Rule,
    person: &Subject<'_>,
    operator: &Operator,
    of_person: &[&Rule],
) -> bool {
    of_person.iter().any(|other| other.name == rule.name)
        && rule.targets.iter().all(|target| match target {
            Target::Below(_) | Target::In(_) => true,
            Target::OwnOu => is_within(own_ou(&operator.dn).as_ref(), own_ou(person.dn).as_ref()),
            Target::DirectReports | Target::Reports => false,
        })
}

/// Whether all that `small` allows to whoever is at `below` is allowed by `large` to whoever is at `above`. `managers`:
/// those of the one at `below`.
fn covers(large: &Rule, above: &Dn, small: &Rule, below: &Dn, managers: &[Dn]) -> bool {
    // In a circle each is above the other, and nobody more than anybody.
    let is_in_line = managers.contains(above) && !managers.contains(below);
    let covers_target = |large: &Target, small: &Target| match (large, small) {
        (Target::Below(large), Target::Below(small)) => is_within(Some(small), Some(large)),
        (Target::Below(large), Target::OwnOu) => is_within(own_ou(below).as_ref(), Some(large)),
        (Target::OwnOu, Target::OwnOu) => is_within(own_ou(below).as_ref(), own_ou(above).as_ref()),
        (Target::OwnOu, Target::Below(small)) => is_within(Some(small), own_ou(above).as_ref()),
        (Target::In(large), Target::In(small)) => large == small,
        (Target::Reports, Target::Reports | Target::DirectReports) => is_in_line,
        _ => false,
    };
    does_as_much(large, small)
        && small.targets.iter().all(|small| {
            let mut large = large.targets.iter();
            large.any(|large| covers_target(large, small))
        })
}

/// All but the targets: actions, exceptions, hours, networks, limits, whose operators it reaches.
fn does_as_much(large: &Rule, small: &Rule) -> bool {
    large.allows()
        && small.allows()
        && small.actions.iter().all(|action| large.names(*action))
        && large.except.iter().all(|one| small.except.contains(one))
        && (large.hours.is_empty() || large.hours == small.hours)
        && (large.networks.is_empty() || large.networks == small.networks)
        && (large.limits.is_none() || large.limits == small.limits)
        && small
            .also_operators_of
            .iter()
            .all(|name| large.also_operators_of.contains(name))
}

/// Whether `small` is `large` or below it. Whoever is in no OU has nothing that could be too much.
fn is_within(small: Option<&Dn>, large: Option<&Dn>) -> bool {
    match (small, large) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(small), Some(large)) => small == large || small.is_below(large),
    }
}

#[cfg(test)]
#[path = "cover_tests.rs"]
mod tests;
