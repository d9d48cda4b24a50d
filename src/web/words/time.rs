//! Points in time as people say them: local, and near ones by their day.

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, Unit, ZonedDateTime, tz::TimeZone};
use std::time::Duration;

/// The moment a page is made, and the time zone it speaks in.
#[derive(Debug, Clone)]
pub struct When {
    now: ZonedDateTime,
}

impl When {
    /// `now` in `zone`.
    pub fn new(now: Timestamp, zone: &TimeZone) -> Self {
        Self {
            now: now.to_zoned_datetime(zone.clone()),
        }
    }

    /// "at 14:07", now.
    pub fn now(&self) -> String {
        format!("at {}", clock(&self.now))
    }

    /// "at 14:02" for today, "yesterday at 14:02", "tomorrow at 14:02", else "on 3 March 2025 at 14:02".
    pub fn moment(&self, time: Timestamp) -> String {
        let time = self.local(time);
        match self.days_from_now(&time) {
            Some(0) => format!("at {}", clock(&time)),
            Some(-1) => format!("yesterday at {}", clock(&time)),
            Some(1) => format!("tomorrow at {}", clock(&time)),
            _ => format!("on {} at {}", date(&time), clock(&time)),
        }
    }

    /// As [`When::moment`] after "since": "14:02", "yesterday at 14:02", "3 March 2025 at 14:02".
    pub fn since(&self, time: Timestamp) -> String {
        let moment = self.moment(time);
        for lead in ["at ", "on "] {
            if let Some(rest) = moment.strip_prefix(lead) {
                return rest.to_owned();
            }
        }
        moment
    }

    /// "today", "yesterday", "tomorrow", else "on 3 March 2025".
    pub fn day(&self, time: Timestamp) -> String {
        let time = self.local(time);
        match self.days_from_now(&time) {
            Some(0) => "today".to_owned(),
            Some(-1) => "yesterday".to_owned(),
            Some(1) => "tomorrow".to_owned(),
            _ => format!("on {}", date(&time)),
        }
    }

    /// [`When::day`] with how far away it is: "on 3 March 2025, 12 days ago", "on 3 March 2025, in 12 days".
    pub fn day_and_distance(&self, time: Timestamp) -> String {
        let day = self.day(time);
        match self.days_from_now(&self.local(time)) {
            Some(days @ 2..=99) => format!("{day}, in {days} days"),
            Some(days @ -99..=-2) => format!("{day}, {} days ago", -days),
            _ => day,
        }
    }

    /// The calendar day in the page's time zone.
    pub fn date(&self, time: Timestamp) -> Date {
        self.local(time).date()
    }

    /// Calendar days since `time`; negative for the future.
    pub fn days_ago(&self, time: Timestamp) -> Option<i32> {
        self.days_from_now(&self.local(time)).map(|days| -days)
    }

    /// To the second, for the log: "2 March 2026, 14:07:11".
    pub fn exact(&self, time: Timestamp) -> String {
        let time = self.local(time);
        format!("{}, {}:{:02}", date(&time), clock(&time), time.second())
    }

    /// The time zone that the page speaks in.
    pub fn zone(&self) -> &TimeZone {
        self.now.time_zone()
    }

    fn local(&self, time: Timestamp) -> ZonedDateTime {
        time.to_zoned_datetime(self.now.time_zone().clone())
    }

    /// Calendar days in the page's time zone; `None` where the two lie too far apart to count.
    fn days_from_now(&self, time: &ZonedDateTime) -> Option<i32> {
        self.now
            .date()
            .until((Unit::Day, time.date()))
            .ok()
            .map(|span| span.get_days())
    }
}

/// How long to wait: "42 seconds", "3 minutes"; rounded up, never "0 seconds".
pub fn wait(duration: Duration) -> String {
    let seconds = duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
        .max(1);
    let (number, unit) = match seconds {
        0..=90 => (seconds, "second"),
        91..=5_400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3_600), "hour"),
    };
    if number == 1 {
        format!("1 {unit}")
    } else {
        format!("{number} {unit}s")
    }
}

fn clock(time: &ZonedDateTime) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

fn date(time: &ZonedDateTime) -> String {
    day(time.date())
}

/// "3 March 2025", with a space that does not break after the day's number.
pub fn day(date: Date) -> String {
    format!(
        "{}\u{a0}{} {}",
        date.day(),
        month(date.month()),
        date.year()
    )
}

/// "3 Mar": where there is little room.
pub fn short_day(date: Date) -> String {
    let month: String = month(date.month()).chars().take(3).collect();
    format!("{}\u{a0}{month}", date.day())
}

/// "Monday".
pub fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

fn month(number: i8) -> &'static str {
    match number {
        1 => "January",
        2 => "February",
        3 => "March",
        4 => "April",
        5 => "May",
        6 => "June",
        7 => "July",
        8 => "August",
        9 => "September",
        10 => "October",
        11 => "November",
        _ => "December",
    }
}

#[cfg(test)]
mod tests {
    use super::{When, wait};
    use jiff::{Timestamp, tz::TimeZone};
    use std::time::Duration;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn berlin() -> When {
        When::new(
            at("2025-03-04T12:00:00Z"),
            &TimeZone::get("Europe/Berlin").unwrap(),
        )
    }

    #[test]
    fn near_times_are_said_by_their_day_in_the_configured_time_zone() {
        let when = berlin();
        assert_eq!(when.moment(at("2025-03-04T13:02:00Z")), "at 14:02");
        assert_eq!(when.moment(at("2025-03-03T23:30:00Z")), "at 00:30");
        assert_eq!(
            when.moment(at("2025-03-03T22:30:00Z")),
            "yesterday at 23:30"
        );
        assert_eq!(when.moment(at("2025-03-05T08:00:00Z")), "tomorrow at 09:00");
        assert_eq!(
            when.moment(at("2024-12-24T17:00:00Z")),
            "on 24\u{a0}December 2024 at 18:00"
        );
    }

    #[test]
    fn the_hour_follows_summer_time() {
        assert_eq!(
            berlin().moment(at("2025-06-01T12:00:00Z")),
            "on 1\u{a0}June 2025 at 14:00"
        );
    }

    #[test]
    fn since_has_no_preposition_of_its_own() {
        let when = berlin();
        assert_eq!(when.since(at("2025-03-04T13:02:00Z")), "14:02");
        assert_eq!(when.since(at("2025-03-03T13:02:00Z")), "yesterday at 14:02");
        assert_eq!(
            when.since(at("2025-01-03T13:02:00Z")),
            "3\u{a0}January 2025 at 14:02"
        );
    }

    #[test]
    fn days_say_how_far_away_they_are() {
        let when = berlin();
        assert_eq!(
            when.day_and_distance(at("2025-02-20T12:00:00Z")),
            "on 20\u{a0}February 2025, 12 days ago"
        );
        assert_eq!(
            when.day_and_distance(at("2025-03-16T12:00:00Z")),
            "on 16\u{a0}March 2025, in 12 days"
        );
        assert_eq!(
            when.day_and_distance(at("2025-03-03T12:00:00Z")),
            "yesterday"
        );
        assert_eq!(
            when.day_and_distance(at("2020-03-03T12:00:00Z")),
            "on 3\u{a0}March 2020"
        );
    }

    #[test]
    fn the_ends_of_time_are_only_dates() {
        assert!(berlin().day_and_distance(Timestamp::MIN).starts_with("on "));
        assert!(berlin().day_and_distance(Timestamp::MAX).starts_with("on "));
    }

    #[test]
    fn a_wait_is_rounded_up() {
        for (milliseconds, expected) in [
            (0, "1 second"),
            (1_200, "2 seconds"),
            (90_000, "90 seconds"),
            (91_000, "2 minutes"),
            (1_800_000, "30 minutes"),
            (7_200_000, "2 hours"),
        ] {
            assert_eq!(wait(Duration::from_millis(milliseconds)), expected);
        }
    }
}
