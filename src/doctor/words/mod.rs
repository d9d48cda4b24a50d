//! Every sentence that `doctor` says; a file for each check. What is so comes in, words go out.

pub(super) mod account;
pub(super) mod archives;
pub(super) mod audit_log;
pub(super) mod controller;
pub(super) mod danger;
pub(super) mod lockout;
pub(super) mod logons;
pub(super) mod memory;
pub(super) mod outside_use;
pub(super) mod password_age;
pub(super) mod rights;
pub(super) mod rules;
pub(super) mod scope;
pub(super) mod settings;
pub(super) mod sinks;
pub(super) mod store;
pub(super) mod web_tls;

use super::check::{Advice, Told};
use crate::directory::DirectoryError;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// A certificate that ends sooner is worth a warning.
pub(super) const DAYS_LEFT: i64 = 30;

/// A look that did not end in its time.
pub(super) fn took_too_long(time: Duration) -> Told {
    Told::fail(
        format!(
            "this could not be looked at within {} seconds",
            time.as_secs()
        ),
        Advice::new(
            "a disk or a domain controller hangs",
            ["run keyward doctor again, and look at what hangs if it stays so"],
            "docs/doctor.md#what-takes-too-long",
        ),
    )
}

/// Something that was not looked at, as what it rests on has failed.
pub(super) fn not_looked_at(because: &str) -> Told {
    Told::warn(
        format!("not looked at, because {because}"),
        Advice::new(
            "what this check rests on has failed above",
            ["mend that first, then run keyward doctor again"],
            "docs/doctor.md#what-was-not-looked-at",
        ),
    )
}

/// A question that the directory did not answer.
pub(super) fn unread(error: &DirectoryError) -> Told {
    let (sentence, advice) = controller::of_directory(error);
    Told::fail(format!("this could not be read: {sentence}"), advice)
}

/// "2026-03-01".
fn date(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::UTC).date().to_string()
}

/// "2026-03-01 08:15 UTC".
fn moment(time: Timestamp) -> String {
    let time = time.to_zoned_datetime(TimeZone::UTC);
    format!(
        "{} {:02}:{:02} UTC",
        time.date(),
        time.hour(),
        time.minute()
    )
}

/// Whole days until `end`; `None` where it has passed.
fn days_left(now: Timestamp, end: Timestamp) -> Option<i64> {
    (end > now).then(|| days_between(now, end))
}

/// Whole days from one time to a later one.
fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_hours() / 24
}
