//! What is said of the sinks of the audit log.

use super::super::check::{Advice, Told};
use super::super::sinks::Lag;
use crate::sinks::SinkProblem;
use jiff::SignedDuration;

const READ: &str = "docs/doctor.md#sinks";
/// A receiver may ask to be left alone for five minutes.
const LONG: SignedDuration = SignedDuration::from_mins(10);

/// The settings have none.
pub(in crate::doctor) fn none() -> Told {
    Told::ok("the audit log goes nowhere besides the database; [[audit.sink]] would send it on")
}

/// One of them. `lag`: `None`: it could not be read.
pub(in crate::doctor) fn one(
    is_required: bool,
    reached: Result<(), SinkProblem>,
    lag: Option<Lag>,
) -> Told {
    let age = lag.map_or(SignedDuration::ZERO, |lag| lag.age);
    let lag = match lag.map(|lag| lag.records) {
        Some(0) => "it has every record".to_owned(),
        Some(1) => "it is 1 record behind".to_owned(),
        Some(many) => format!("it is {many} records behind"),
        None => "how far it is could not be read".to_owned(),
    };
    let problem = match reached {
        Ok(()) if age >= LONG => return behind(is_required, &lag, age.as_mins()),
        Ok(()) => return Told::ok(format!("this sink can be reached; {lag}")),
        Err(problem) => problem,
    };
    let advice = Advice::new(
        "the receiver is down, a firewall is between, the settings name another place, or doctor runs as another account than the service",
        [
            "run keyward doctor as the service's account: a sink's file is that account's alone",
            "look at the receiver; what it has missed follows by itself once it is back",
        ],
        READ,
    );
    if is_required {
        Told::fail(
            format!(
                "this sink is required and cannot be reached from this account: {problem}; {lag}. While the service cannot reach it either, nobody can sign in and nothing is reset"
            ),
            advice,
        )
    } else {
        Told::warn(format!("this sink is away: {problem}; {lag}"), advice)
    }
}

/// It can be reached, and does not take what is there for it.
fn behind(is_required: bool, lag: &str, minutes: i64) -> Told {
    let advice = Advice::new(
        "the service does not run, it still catches up after a long absence, or the receiver refuses what comes next",
        [
            "look for \"an audit sink takes no records\" in the service's log: it says what the receiver answers",
            "run keyward doctor again in a minute: a sink that catches up is less behind then",
        ],
        READ,
    );
    let sentence = format!(
        "this sink can be reached, and has not taken a record that is {minutes} minutes old; {lag}"
    );
    if is_required {
        Told::fail(
            format!(
                "{sentence}. It is required: until it has it, nobody can sign in and nothing is reset"
            ),
            advice,
        )
    } else {
        Told::warn(sentence, advice)
    }
}
