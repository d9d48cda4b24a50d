//! One rule and one question: does it match, and if not, why not?

use super::choice::ByRules;
use super::subject::Subject;
use super::target::Target;
use super::{Action, Rule};
use crate::domain::limits::{Reached, Usage};
use crate::domain::operator::Operator;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::net::IpAddr;

/// When and from where somebody asks.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// `None`: whenever it may be. Then no hours keep a rule from allowing, and one that denies in some hours
    /// only does not deny.
    pub at: Option<Timestamp>,
    /// `None`: from wherever it may be; as above.
    pub from: Option<IpAddr>,
    /// The time zone of hours that name none.
    pub house: &'a TimeZone,
}

/// What is asked of the rules.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// To do what.
    pub action: Action,
    /// Who.
    pub operator: &'a Operator,
    /// To whom.
    pub subject: Subject<'a>,
    /// When and from where.
    pub occasion: Occasion<'a>,
    /// What the operator did by each rule, by its name.
    pub used: &'a HashMap<String, Usage>,
}

/// Why a rule does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// The operator is in none of its groups.
    Operators,
    /// It is not about this action.
    Action,
    /// The account is in none of its targets.
    Targets,
    /// The account is in one of its exceptions.
    Except,
    /// Not at this time.
    Hours,
    /// Not from this network.
    Networks,
    /// The operator has done as much by it as it allows.
    Limit(Reached),
}

/// Whether `rule` matches.
///
/// # Errors
/// The first reason why it does not, in the order of [`WhyNot`].
pub fn judge(rule: &Rule, question: &Question<'_>) -> Result<(), WhyNot> {
    let Question {
        action,
        operator,
        ref subject,
        occasion,
        used,
    } = *question;
    let reaches = |target: &Target| {
        if rule.allows() {
            target.reaches(operator, subject)
        } else {
            target.may_reach(operator, subject)
        }
    };
    let in_except = |target: &Target| target.reaches(operator, subject);
    if !rule.is_about(operator) {
        Err(WhyNot::Operators)
    } else if !rule.names(action) {
        Err(WhyNot::Action)
    } else if !rule.targets.iter().any(reaches) {
        Err(WhyNot::Targets)
    } else if rule.except.iter().any(in_except) {
        Err(WhyNot::Except)
    } else if !in_hours(rule, occasion) {
        Err(WhyNot::Hours)
    } else if !from_here(rule, occasion) {
        Err(WhyNot::Networks)
    } else if let Some(reached) = over_limit(rule, action, used) {
        Err(WhyNot::Limit(reached))
    } else {
        Ok(())
    }
}

/// Whether a rule holds at this hour and from this network.
///
/// # Errors
/// Which of the two it is.
pub fn holds(rule: &Rule, occasion: Occasion<'_>) -> Result<(), ByRules> {
    if !in_hours(rule, occasion) {
        Err(ByRules::OutsideHours)
    } else if !from_here(rule, occasion) {
        Err(ByRules::OtherNetwork)
    } else {
        Ok(())
    }
}

fn in_hours(rule: &Rule, occasion: Occasion<'_>) -> bool {
    match occasion.at {
        _ if rule.hours.is_empty() => true,
        Some(now) => rule
            .hours
            .iter()
            .any(|hours| hours.hold(now, occasion.house)),
        None => rule.allows(),
    }
}

fn from_here(rule: &Rule, occasion: Occasion<'_>) -> bool {
    match occasion.from.map(|address| address.to_canonical()) {
        _ if rule.networks.is_empty() => true,
        Some(address) => rule
            .networks
            .iter()
            .any(|network| network.contains(&address)),
        None => rule.allows(),
    }
}

/// Resets alone are counted.
fn over_limit(rule: &Rule, action: Action, used: &HashMap<String, Usage>) -> Option<Reached> {
    if action != Action::ResetPassword || rule.limits.is_none() {
        return None;
    }
    let usage = used.get(&rule.name).copied().unwrap_or_default();
    rule.limits.reached(&usage)
}
