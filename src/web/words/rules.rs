//! What the rules said, for those who ask why: auditors on a page, administrators on a terminal.

use super::{
    Code, EXCESS_RIGHTS, RIGHTS_NOT_PROVEN, When, isolated, obstacle, protection_reason, shown,
};
use crate::domain::account::Protection;
use crate::domain::authorize::Refusal;
use crate::domain::limits::{FrozenBy, Limits, Reached, Usage};
use crate::domain::operator::OutOfAction;
use crate::domain::rules::{Action, ByRules, WhyNot};
use jiff::Timestamp;
use std::num::NonZeroU32;

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

/// What one rule says of all that was asked: "matches", "matches to look and unlock; to reset: …", or why not.
pub fn of_a_rule(outcomes: &[(Action, Result<(), WhyNot>)]) -> String {
    let matching: Vec<&str> = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.is_ok())
        .map(|(action, _)| verb(*action))
        .collect();
    if matching.len() == outcomes.len() {
        return judged(Ok(())).to_owned();
    }
    if matching.is_empty() {
        // That it is not about one thing says less than why it does not match for another.
        let mut why = outcomes.iter().map(|(_, outcome)| *outcome);
        let telling = why.find(|it| *it != Err(WhyNot::Action));
        return judged(telling.unwrap_or(Err(WhyNot::Action))).to_owned();
    }
    let mut parts = vec![format!("{} to {}", judged(Ok(())), matching.join(" and "))];
    let told = |outcome: &Result<(), WhyNot>| !matches!(outcome, Ok(()) | Err(WhyNot::Action));
    let others = outcomes.iter().filter(|(_, outcome)| told(outcome));
    parts.extend(others.map(|(action, why)| format!("to {}: {}", verb(*action), judged(*why))));
    parts.join("; ")
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::View => "look",
        Action::ResetPassword => "reset",
        Action::UnlockAccount => "unlock",
    }
}

/// What an operator did under a rule, against its limits: "3 of 10 resets in the last hour". Empty: it has none.
pub fn used(limits: &Limits, usage: Usage) -> String {
    let part = |limit: Option<NonZeroU32>, used: u32, what: &str| {
        limit.map(|limit| format!("{used} of {limit} {what}"))
    };
    let parts = [
        part(
            limits.resets_per_hour,
            usage.hour,
            "resets in the last hour",
        ),
        part(
            limits.resets_per_day,
            usage.day,
            "resets in the last 24 hours",
        ),
        part(
            limits.people_per_day,
            usage.people,
            "people in the last 24 hours",
        ),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// The heading over all of it. `name` as [`isolated`] gives it.
pub fn who_may_help(name: &str) -> String {
    format!("Who may help {name}?")
}

/// Nobody can be asked about by what was typed.
pub const NOBODYS_NAME: (&str, Code) = (
    "Nobody has this name, or more than one person has.",
    Code::NobodysName,
);

/// What was typed is no address.
pub const NOT_AN_ADDRESS: (&str, Code) = (
    "That is no address. Write it like 192.0.2.7 or 2001:db8::7.",
    Code::NotAnAddress,
);

/// Yes, by which rule.
pub fn allowed(rule: &str) -> String {
    format!("yes, by the rule “{}”", isolated(rule))
}

/// No, and why.
pub fn not_allowed(sentence: &str) -> String {
    format!("no. {sentence}")
}

/// Why not, of somebody else: a sentence, and the code that they see.
pub fn refused(refusal: Refusal) -> (&'static str, Code) {
    match refusal {
        Refusal::NotAnOperator => (
            "They are in no group of a rule that allows something.",
            Code::NotAnOperator,
        ),
        Refusal::OperatorOutOfAction(why) => (out_of_action(why), Code::OperatorOutOfAction),
        Refusal::Frozen => (
            "They are stopped until an administrator lifts it.",
            Code::Frozen,
        ),
        Refusal::ExcessRights => EXCESS_RIGHTS,
        Refusal::RightsNotProven => RIGHTS_NOT_PROVEN,
        Refusal::OutOfScope => ("No rule shows them this person.", Code::OutOfScope),
        Refusal::Protected(Protection::Yourself) => {
            ("It is their own account.", Code::ProtectedYourself)
        }
        Refusal::Protected(Protection::Operator) => (
            "This person may reset passwords too, and not strictly less than they may.",
            Code::ProtectedOperator,
        ),
        Refusal::Protected(why) => protection_reason(why),
        Refusal::ByRules(why) => by_rules(why),
        Refusal::WouldNotHelp(why) => obstacle(why),
    }
}

fn by_rules(why: ByRules) -> (&'static str, Code) {
    match why {
        ByRules::Denied => ("A rule denies it.", Code::DeniedByRule),
        ByRules::NoneAllows => ("No rule allows it.", Code::NotAllowed),
        ByRules::OutsideHours => ("A rule allows it at other hours.", Code::OutsideHours),
        ByRules::OtherNetwork => ("A rule allows it from another network.", Code::OtherNetwork),
        ByRules::Limit(Reached::PerHour) => (
            "They have reset as many passwords in the last hour as they may.",
            Code::LimitPerHour,
        ),
        ByRules::Limit(Reached::PerDay) => (
            "They have reset as many passwords in the last 24 hours as they may.",
            Code::LimitPerDay,
        ),
        ByRules::Limit(Reached::PeoplePerDay) => (
            "They have helped as many people in the last 24 hours as they may.",
            Code::LimitPeople,
        ),
    }
}

fn out_of_action(why: OutOfAction) -> &'static str {
    match why {
        OutOfAction::Disabled => "Their own account is disabled.",
        OutOfAction::Locked => "Their own account is locked at the moment.",
        OutOfAction::Expired => "Their own account has expired.",
        OutOfAction::MustChangePassword => "Their own password must be changed first.",
        OutOfAction::PasswordExpired => "Their own password has expired.",
    }
}

/// Since when and by what somebody is frozen.
pub fn frozen(since: Timestamp, by: &FrozenBy, when: &When) -> String {
    let since = when.moment(since);
    match by {
        FrozenBy::Command { reason: None } => {
            format!("Stopped by an administrator {since}.")
        }
        FrozenBy::Command {
            reason: Some(reason),
        } => format!(
            "Stopped by an administrator {since}: {}.",
            shown(reason).trim_end_matches('.')
        ),
        FrozenBy::Limit { reached, rule } => format!(
            "Stopped {since} by the limit {} of the rule “{}”.",
            reached.word(),
            isolated(rule)
        ),
    }
}

/// The command that lets somebody go on.
pub fn how_to_thaw(name: &str) -> String {
    format!(
        "An administrator looks at what they did, then lets them go on with: keyward access thaw '{}'",
        shown(name)
    )
}

/// Above what was found: on what it stands.
pub fn as_of(from: Option<std::net::IpAddr>, when: &When) -> String {
    match from {
        Some(address) => format!("As it stands {}, from {address}.", when.now()),
        None => format!(
            "As it stands {}. From which network they ask is left open.",
            when.now()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_once_what_holds_for_all_and_apart_what_does_not() {
        let say = |outcomes: [Result<(), WhyNot>; 3]| {
            let all: Vec<_> = Action::ALL.into_iter().zip(outcomes).collect();
            of_a_rule(&all)
        };
        assert_eq!(say([Ok(()); 3]), "matches");
        let used_up = Err(WhyNot::Limit(Reached::PerHour));
        assert_eq!(
            say([Ok(()), used_up, Ok(())]),
            "matches to look and unlock; to reset: its resets of this hour are used up"
        );
        assert_eq!(
            say([
                Err(WhyNot::Action),
                Err(WhyNot::Targets),
                Err(WhyNot::Action)
            ]),
            "the account is not among those it reaches"
        );
        assert_eq!(
            say([Ok(()), Ok(()), Err(WhyNot::Action)]),
            "matches to look and reset"
        );
        assert_eq!(say([Err(WhyNot::Action); 3]), "it is not about this");
    }

    #[test]
    fn what_was_used_is_said_for_the_limits_that_there_are() {
        let limits = Limits {
            resets_per_hour: NonZeroU32::new(10),
            people_per_day: NonZeroU32::new(20),
            ..Limits::default()
        };
        let usage = Usage {
            hour: 3,
            day: 9,
            people: 2,
            knows_this_one: false,
        };
        assert_eq!(
            used(&limits, usage),
            "3 of 10 resets in the last hour, 2 of 20 people in the last 24 hours"
        );
        assert_eq!(used(&Limits::default(), usage), "");
    }
}
