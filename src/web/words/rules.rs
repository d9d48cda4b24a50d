//! What the rules said, for those who ask why: auditors on a page, administrators on a terminal.

use crate::domain::limits::Reached;
use crate::domain::rules::{Action, WhyNot};

/// Whether a rule matches, in a few words.
pub fn judged(outcome: Result<(), WhyNot>) -> &'static str {
    match outcome {
        Ok(()) => "matches",
        Err(WhyNot::Operators) => "the operator is in none of its groups",
        Err(WhyNot::Action) => "it is not about this",
        Err(WhyNot::Targets) => "the account is not among those it reaches",
        Err(WhyNot::Except) => "the account is among its exceptions",
        Err(WhyNot::Hours) => "it does not hold at this hour",
        Err(WhyNot::Networks) => "it does not hold from this network",
        Err(WhyNot::Limit(Reached::PerHour)) => "its resets of this hour are used up",
        Err(WhyNot::Limit(Reached::PerDay)) => "its resets of this day are used up",
        Err(WhyNot::Limit(Reached::PeoplePerDay)) => "its people of this day are used up",
    }
}

/// What is asked, as a heading.
pub fn action(action: Action) -> &'static str {
    match action {
        Action::View => "Look at the account",
        Action::ResetPassword => "Reset the password",
        Action::UnlockAccount => "Unlock the account",
    }
}
