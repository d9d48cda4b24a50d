//! What is said of the sinks of the audit log.

use super::super::check::{Advice, Told};
use crate::sinks::SinkProblem;

const READ: &str = "docs/doctor.md#sinks";

/// The settings have none.
pub(in crate::doctor) fn none() -> Told {
    Told::ok("the audit log goes nowhere besides the database; [[audit.sink]] would send it on")
}

/// One of them. `lag`: records that it has not taken; `None`: that could not be read.
pub(in crate::doctor) fn one(
    is_required: bool,
    reached: Result<(), SinkProblem>,
    lag: Option<u64>,
) -> Told {
    let lag = match lag {
        Some(0) => "it has every record".to_owned(),
        Some(1) => "it is 1 record behind".to_owned(),
        Some(many) => format!("it is {many} records behind"),
        None => "how far it is could not be read".to_owned(),
    };
    let Err(problem) = reached else {
        return Told::ok(format!("this sink can be reached; {lag}"));
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
