//! The age of the service account's password against what the settings promise, and the last rotation
//! that the log knows.

use super::check::Check;
use super::words::password_age as words;
use crate::domain::time::Filetime;
use jiff::{SignedDuration, Timestamp};

/// Days that a rotation may be late: the service may have been off over a weekend.
const LATE: i64 = 4;
/// Where Keyward does not rotate, somebody should, once a year.
const OLD: i64 = 365;

/// How the age stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// Young enough.
    Fine,
    /// Keyward should have rotated it.
    Late,
    /// Keyward does not rotate, and nobody else has for a year.
    Old,
    /// It was never set, or that may not be read.
    Unknown,
}

/// What is known of the password's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PasswordAge {
    pub age: Age,
    /// When it was set.
    pub set: Option<Timestamp>,
    /// Whole days since then.
    pub days: i64,
    /// `[service_account] rotate_after_days`.
    pub rotate_after: Option<u16>,
    /// The last rotation in the log.
    pub rotated: Option<Timestamp>,
}

/// Compares.
pub(super) fn look(
    set: Filetime,
    rotate_after: Option<u16>,
    rotated: Option<Timestamp>,
    now: Timestamp,
) -> Check {
    words::password_age(&compare(set, rotate_after, rotated, now)).named("account.password_age")
}

fn compare(
    set: Filetime,
    rotate_after: Option<u16>,
    rotated: Option<Timestamp>,
    now: Timestamp,
) -> PasswordAge {
    let set = set.timestamp();
    let days = set.map_or(0, |set| {
        now.duration_since(set).max(SignedDuration::ZERO).as_hours() / 24
    });
    let age = match (set, rotate_after) {
        (None, _) => Age::Unknown,
        (Some(_), Some(after)) if days > i64::from(after) + LATE => Age::Late,
        (Some(_), None) if days > OLD => Age::Old,
        (Some(_), _) => Age::Fine,
    };
    PasswordAge {
        age,
        set,
        days,
        rotate_after,
        rotated,
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;

    fn told(set: &str, after: Option<u16>) -> (Level, String) {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let set = Filetime::from_timestamp(set.parse().unwrap());
        let told = words::password_age(&compare(set, after, None, now));
        (told.level, told.sentence)
    }

    #[test]
    fn a_password_that_is_older_than_the_settings_promise_is_a_warning() {
        assert_eq!(told("2026-02-01T12:00:00Z", Some(30)).0, Level::Ok);
        assert_eq!(
            told("2026-01-26T12:00:00Z", Some(30)).0,
            Level::Ok,
            "34 days"
        );
        let (level, sentence) = told("2026-01-25T12:00:00Z", Some(30));
        assert_eq!(level, Level::Warn);
        assert!(sentence.contains("35 days"), "{sentence}");
    }

    #[test]
    fn a_password_that_nobody_changes_is_a_warning_after_a_year() {
        assert_eq!(told("2025-03-01T12:00:00Z", None).0, Level::Ok);
        assert_eq!(told("2025-02-28T11:00:00Z", None).0, Level::Warn);
    }

    #[test]
    fn a_time_that_cannot_be_read_is_not_taken_for_young() {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(compare(Filetime(0), Some(30), None, now).age, Age::Unknown);
    }
}
