//! What is said of logons of the service account that Keyward did not make.

use super::super::check::{Advice, Told};
use super::super::logons::Logons;
use super::moment;

/// What the numbers of one controller say, and what they do not.
pub(in crate::doctor) fn logons(found: &Logons) -> Told {
    match found {
        Logons::First { other: None } => {
            Told::ok("the first look at its logons here: the next one tells what came since")
        }
        Logons::First { other: Some(at) } => Told::ok(format!(
            "the first look at its logons here; it last signed in otherwise than Keyward does at {}, before anybody looked",
            moment(*at)
        )),
        Logons::Quiet {
            since,
            counts_ours: false,
            ..
        } => Told::ok(format!(
            "no logon but Keyward's own kind since {}; simple binds by somebody else would not show here",
            moment(*since)
        )),
        Logons::Quiet {
            since,
            counts_ours: true,
            logons,
        } => Told::ok(format!(
            "{logons} logons since {}, no more than Keyward makes itself; a few by somebody else would not show",
            moment(*since)
        )),
        Logons::Other { since, at, logons } => {
            let when = at
                .map(|at| format!(", last at {}", moment(at)))
                .unwrap_or_default();
            Told::warn(
                format!(
                    "{} since {} in a way that Keyward never signs in (Kerberos or interactive){when}",
                    times(*logons),
                    moment(*since)
                ),
                advice(),
            )
        }
        Logons::TooMany {
            since,
            logons,
            most,
        } => Told::warn(
            format!(
                "{logons} logons since {}, where Keyward makes about {most} at most",
                moment(*since)
            ),
            advice(),
        ),
    }
}

fn times(logons: u64) -> String {
    match logons {
        1 => "it signed in once".to_owned(),
        logons => format!("it signed in {logons} times"),
    }
}

fn advice() -> Advice {
    Advice::new(
        "another program uses the account, somebody tried it by hand, or its password is known to somebody",
        [
            "the controller's security log (events 4624 and 4768) has the machine that it came from",
            "nobody can explain it: keyward service-account rotate, and look at keyward audit list",
        ],
        "docs/doctor.md#logons-that-keyward-did-not-make",
    )
}
