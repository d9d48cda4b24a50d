//! Points in time as people write them: a day, a time with its offset, or how long ago.

use super::days;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::str::FromStr;

/// A point in time, or a whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// `2026-03-01`.
    Day(Date),
    /// RFC 3339: `2026-03-01T14:30:00Z`.
    Exact(Timestamp),
    /// `90m`, `2h`, `7d`, `4w`: before now.
    Ago(SignedDuration),
}

/// A text that is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a day (2026-03-01), a time with its offset (2026-03-01T14:30:00Z) or how long ago (90m, 2h, 7d, 4w)"
)]
pub struct InvalidMoment;

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(day) = days::day(text) {
            return Ok(Self::Day(day));
        }
        if let Some(span) = span(text) {
            return Ok(Self::Ago(span));
        }
        text.parse().map(Self::Exact).map_err(|_| InvalidMoment)
    }
}

impl Moment {
    /// Where what is asked for begins; days are those of `zone`.
    pub fn begins(self, zone: &TimeZone, now: Timestamp) -> Timestamp {
        match self {
            Self::Day(day) => days::begins(day, zone),
            Self::Exact(time) => time,
            Self::Ago(span) => now.checked_sub(span).unwrap_or(Timestamp::MIN),
        }
    }

    /// Where it ends: a day is whole.
    pub fn ends(self, zone: &TimeZone, now: Timestamp) -> Timestamp {
        match self {
            Self::Day(day) => days::ends(day, zone),
            Self::Exact(_) | Self::Ago(_) => self.begins(zone, now),
        }
    }
}

/// A number and its unit.
fn span(text: &str) -> Option<SignedDuration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match text.strip_prefix(digits)? {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let is_plain = digits.chars().all(|c| c.is_ascii_digit());
    let number: u32 = is_plain.then(|| digits.parse().ok()).flatten()?;
    Some(SignedDuration::from_secs(i64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_whole_in_its_time_zone_and_other_moments_are_what_they_are() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let now = time("2026-03-30T12:00:00Z");
        for (text, begins, ends) in [
            ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            (
                "2026-03-01T14:30:00+01:00",
                "2026-03-01T13:30:00Z",
                "2026-03-01T13:30:00Z",
            ),
            ("90m", "2026-03-30T10:30:00Z", "2026-03-30T10:30:00Z"),
            ("2h", "2026-03-30T10:00:00Z", "2026-03-30T10:00:00Z"),
            ("7d", "2026-03-23T12:00:00Z", "2026-03-23T12:00:00Z"),
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.begins(&berlin, now), time(begins), "{text}");
            assert_eq!(moment.ends(&berlin, now), time(ends), "{text}");
        }
    }

    #[test]
    fn what_could_be_meant_in_two_ways_is_refused() {
        for wrong in [
            "",
            "yesterday",
            "7",
            "d",
            "-7d",
            "+7d",
            "7 d",
            "7days",
            "1.5h",
            "4294967296s",
            "2026-02-30",
            "20260301",
            "2026-03-01T14:30:00",
        ] {
            assert_eq!(wrong.parse::<Moment>(), Err(InvalidMoment), "{wrong}");
        }
    }

    #[test]
    fn longer_ago_than_there_is_time_is_the_beginning() {
        let long = Moment::Ago(SignedDuration::MAX);
        assert_eq!(
            long.begins(&TimeZone::UTC, time("2026-03-30T12:00:00Z")),
            Timestamp::MIN
        );
    }
}
