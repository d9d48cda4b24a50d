//! What is said of resets that somebody else made.

use super::super::check::{Advice, Told};
use super::super::outside_use::OutsideUse;
use super::moment;
use crate::domain::text::counted;

const READ: &str = "docs/doctor.md#use-outside-keyward";
/// Resets that are listed.
const LISTED: usize = 50;

/// What the look found.
pub(in crate::doctor) fn outside_use(found: &OutsideUse) -> Told {
    let Some(since) = found.since else {
        return Told::ok(
            "the first look at the passwords below user_ou: the next one tells which resets the log does not know",
        );
    };
    let rest = match found.own_or_reset {
        0 => String::new(),
        many => format!(
            "; {} since {} may be people's own or resets without \"must change\", which look the same",
            counted(many, "other change", "other changes"),
            moment(since)
        ),
    };
    if found.resets.is_empty() {
        return Told::ok(format!(
            "no reset below user_ou that the log does not know, since {}{rest}",
            moment(since)
        ));
    }
    let mut list: Vec<String> = found
        .resets
        .iter()
        .take(LISTED)
        .map(|reset| format!("{} at {}", reset.name, moment(reset.changed)))
        .collect();
    if found.resets.len() > LISTED {
        list.push(format!("and {} more", found.resets.len() - LISTED));
    }
    Told::warn(
        format!(
            "{} in the last 30 days that the log does not know, {} of them since {}{rest}",
            counted(found.resets.len(), "reset with \"must change\"", "resets with \"must change\""),
            found.new.len(),
            moment(since)
        ),
        Advice::new(
            "an administrator or another tool reset these passwords; the directory does not say which account did it",
            [
                "ask who has the right to: the controller's security log (event 4724) names the account, where auditing is on",
                "if nobody of yours did it, somebody knows the service account's password: keyward service-account rotate",
            ],
            READ,
        ),
    )
    .listing(list)
}

#[cfg(test)]
mod tests {
    use super::super::super::check::Level;
    use super::*;
    use crate::domain::identity::ObjectGuid;
    use crate::store::SeenChange;

    fn found(resets: usize) -> OutsideUse {
        let reset = SeenChange {
            target: ObjectGuid::from([1; 16]),
            name: "alice".to_owned(),
            version: 4,
            changed: "2026-03-01T08:15:00Z".parse().unwrap(),
        };
        OutsideUse {
            since: Some("2026-02-20T10:00:00Z".parse().unwrap()),
            new: vec![reset.clone(); resets.min(1)],
            resets: vec![reset; resets],
            own_or_reset: 3,
            ours: 2,
        }
    }

    #[test]
    fn peoples_own_changes_are_counted_and_never_a_warning() {
        let told = outside_use(&found(0));
        assert_eq!(told.level, Level::Ok);
        assert!(
            told.sentence.contains("3 other changes"),
            "{}",
            told.sentence
        );
    }

    #[test]
    fn a_reset_by_somebody_else_is_named_with_its_time_and_no_culprit() {
        let told = outside_use(&found(1));
        assert_eq!(told.level, Level::Warn);
        assert_eq!(told.list, ["alice at 2026-03-01 08:15 UTC"]);
        let advice = told.advice.unwrap();
        assert!(
            advice.cause.contains("does not say which account"),
            "{advice:?}"
        );
        assert_eq!(outside_use(&found(70)).list.len(), 51);
    }

    #[test]
    fn the_first_look_only_sets_the_mark() {
        let first = OutsideUse {
            since: None,
            ..found(0)
        };
        assert_eq!(outside_use(&first).level, Level::Ok);
    }
}
