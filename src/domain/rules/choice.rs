//! All rules and one question: deny wins, nothing is allowed by default, and of those that allow the one that asks
//! least decides. The order in which the rules are written makes no difference.

use super::judge::{Question, WhyNot, judge};
use super::{Action, Rule};
use crate::domain::limits::Reached;
use std::sync::Arc;

/// Why the rules do not allow something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByRules {
    /// A rule denies it.
    Denied,
    /// No rule allows it.
    NoneAllows,
    /// One would at another time.
    OutsideHours,
    /// One would from another network.
    OtherNetwork,
    /// One would if the operator had not done so much already.
    Limit(Reached),
}

/// The rule that decides. `may_decide` leaves out some of those that allow.
///
/// # Errors
/// Why there is none: of several reasons the one that is nearest to being allowed.
pub fn choose<'a>(
    rules: &'a [Arc<Rule>],
    question: &Question<'_>,
    may_decide: impl Fn(&Rule) -> bool,
) -> Result<&'a Arc<Rule>, ByRules> {
    let seeing = Question {
        action: Action::View,
        ..*question
    };
    let mut decides: Option<&Arc<Rule>> = None;
    let mut nearest = ByRules::NoneAllows;
    for rule in rules {
        match judge(rule, question) {
            Ok(()) if !rule.allows() => return Err(ByRules::Denied),
            // Who may not see may do nothing.
            Err(_) if !rule.allows() && judge(rule, &seeing).is_ok() => {
                return Err(ByRules::Denied);
            }
            Ok(()) if may_decide(rule) && decides.is_none_or(|best| asks_less(rule, best)) => {
                decides = Some(rule);
            }
            Err(why) if rule.allows() && may_decide(rule) => nearest = nearer(nearest, why),
            Ok(()) | Err(_) => {}
        }
    }
    decides.ok_or(nearest)
}

/// Whether `rule` goes before `other`: no reason, the operator's own choice of "must change", no limits, the name.
fn asks_less(rule: &Rule, other: &Rule) -> bool {
    let key = |rule: &Rule| {
        let reason = &rule.terms.reason;
        (
            reason.required,
            reason.pattern.is_some(),
            rule.terms.must_change,
            !rule.limits.is_none(),
        )
    };
    (key(rule), &rule.name) < (key(other), &other.name)
}

fn nearer(so_far: ByRules, why: WhyNot) -> ByRules {
    let found = match why {
        WhyNot::Limit(reached) => ByRules::Limit(reached),
        WhyNot::Networks => ByRules::OtherNetwork,
        WhyNot::Hours => ByRules::OutsideHours,
        WhyNot::Operators | WhyNot::Action | WhyNot::Targets | WhyNot::Except => {
            ByRules::NoneAllows
        }
    };
    if nearness(found) > nearness(so_far) {
        found
    } else {
        so_far
    }
}

fn nearness(why: ByRules) -> u8 {
    match why {
        ByRules::Denied => 0,
        ByRules::NoneAllows => 1,
        ByRules::OutsideHours => 2,
        ByRules::OtherNetwork => 3,
        ByRules::Limit(Reached::PerDay) => 4,
        ByRules::Limit(Reached::PeoplePerDay) => 5,
        ByRules::Limit(Reached::PerHour) => 6,
    }
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;
