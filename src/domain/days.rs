//! Calendar days of a time zone, and the quarters of hours that they are made of.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::ops::Range;

/// Seconds of a quarter of an hour. Every time zone in use is whole quarters away from UTC.
const QUARTER: i64 = 900;

/// Days one after the other: at least one, at most [`Days::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    first: Date,
    last: Date,
}

/// Not days that can be looked at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDays {
    /// A text that is no day.
    #[error("not a day")]
    NotADay,
    /// The last one comes before the first one.
    #[error("the last day is before the first day")]
    Backwards,
    /// More than [`Days::MOST`].
    #[error("more than {} days", Days::MOST)]
    TooMany,
}

impl Days {
    /// A leap year.
    pub const MOST: u16 = 366;

    /// From the first to the last one, both with them.
    ///
    /// # Errors
    /// [`InvalidDays`].
    pub fn between(first: Date, last: Date) -> Result<Self, InvalidDays> {
        if last < first {
            Err(InvalidDays::Backwards)
        } else if distance(first, last) >= usize::from(Self::MOST) {
            Err(InvalidDays::TooMany)
        } else {
            Ok(Self { first, last })
        }
    }

    /// The last `number` days up to today; at least one, at most [`Days::MOST`].
    pub fn up_to(now: Timestamp, zone: &TimeZone, number: u16) -> Self {
        Self::ending(day_of(now, zone), number)
    }

    /// The `number` days up to `last`; at least one, at most [`Days::MOST`].
    pub fn ending(last: Date, number: u16) -> Self {
        let back = i64::from(number.clamp(1, Self::MOST)) - 1;
        Self {
            first: last.saturating_sub(back.days()),
            last,
        }
    }

    /// The first one.
    pub fn first(self) -> Date {
        self.first
    }

    /// The last one.
    pub fn last(self) -> Date {
        self.last
    }

    /// How many.
    pub fn count(self) -> usize {
        distance(self.first, self.last) + 1
    }

    /// Each of them, in order.
    pub fn all(self) -> impl Iterator<Item = Date> {
        let last = self.last;
        std::iter::successors(Some(self.first), |day| day.tomorrow().ok())
            .take_while(move |day| *day <= last)
    }

    /// The quarters of hours since 1970 (UTC) that these days have in `zone`.
    pub fn quarters(self, zone: &TimeZone) -> Range<i64> {
        quarter_of(begins(self.first, zone))..quarter_of(ends(self.last, zone))
    }

    /// Which of these days, from 0, a quarter of an hour belongs to in `zone`; `None`: to none of them.
    pub fn index_of(self, quarter: i64, zone: &TimeZone) -> Option<usize> {
        let begins = Timestamp::from_second(quarter.checked_mul(QUARTER)?).ok()?;
        let day = day_of(begins, zone);
        (self.first..=self.last)
            .contains(&day)
            .then(|| distance(self.first, day))
    }
}

fn day_of(moment: Timestamp, zone: &TimeZone) -> Date {
    moment.to_zoned_datetime(zone.clone()).date()
}

/// A day as it is written in an address, in a browser's box and on the command line: 2026-03-01.
pub fn day(text: &str) -> Option<Date> {
    let is_plain = text.len() == 10 && text.chars().all(|c| c.is_ascii_digit() || c == '-');
    is_plain.then(|| text.parse().ok()).flatten()
}

/// When a day begins. Where summer time begins at midnight, that is at one o'clock.
pub fn begins(day: Date, zone: &TimeZone) -> Timestamp {
    let midnight = zone.to_ambiguous_zoned_datetime(day.at(0, 0, 0, 0));
    let begins = midnight
        .compatible()
        .and_then(|midnight| midnight.start_of_day());
    match begins {
        Ok(begins) => begins.timestamp(),
        Err(_) if day.year() < 0 => Timestamp::MIN,
        Err(_) => Timestamp::MAX,
    }
}

/// When a day is over: the next one begins.
pub fn ends(day: Date, zone: &TimeZone) -> Timestamp {
    day.tomorrow()
        .map_or(Timestamp::MAX, |next| begins(next, zone))
}

fn quarter_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(QUARTER)
}

/// Days from one to a later one.
fn distance(from: Date, to: Date) -> usize {
    let days = from.duration_until(to).as_hours() / 24;
    usize::try_from(days).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn one(day: Date) -> Days {
        Days::between(day, day).unwrap()
    }

    #[test]
    fn a_year_can_be_looked_at_and_no_more() {
        let (first, last) = (date(2024, 1, 1), date(2024, 12, 31));
        assert_eq!(Days::between(first, last).unwrap().count(), 366);
        let more = Days::between(first, date(2025, 1, 1));
        assert_eq!(more, Err(InvalidDays::TooMany));
        assert_eq!(Days::between(last, first), Err(InvalidDays::Backwards));
        let ends = Days::between(Date::MIN, Date::MAX);
        assert_eq!(ends, Err(InvalidDays::TooMany));
    }

    #[test]
    fn the_last_days_end_with_today_where_the_site_is() {
        let now: Timestamp = "2026-03-02T23:30:00Z".parse().unwrap();
        let days = Days::up_to(now, &zone("Asia/Tokyo"), 3);
        let all: Vec<Date> = days.all().collect();
        assert_eq!(all, [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)]);
        assert_eq!(Days::up_to(now, &TimeZone::UTC, 0).count(), 1);
        assert_eq!(Days::up_to(now, &TimeZone::UTC, u16::MAX).count(), 366);
        let early = Days::up_to(Timestamp::MIN, &TimeZone::UTC, 30);
        assert!(early.count() <= 30);
    }

    #[test]
    fn a_day_with_a_change_of_the_clocks_has_an_hour_less_or_more() {
        let berlin = zone("Europe/Berlin");
        for (day, quarters) in [
            (date(2026, 3, 28), 96),
            (date(2026, 3, 29), 92),
            (date(2026, 10, 25), 100),
        ] {
            let range = one(day).quarters(&berlin);
            assert_eq!(range.end - range.start, quarters, "{day}");
        }
    }

    #[test]
    fn days_begin_at_a_quarter_in_every_time_zone() {
        for name in [
            "Asia/Kolkata",
            "Asia/Kathmandu",
            "Pacific/Chatham",
            "Africa/Cairo",
            "America/Havana",
        ] {
            let zone = zone(name);
            for day in Days::between(date(2026, 1, 1), date(2026, 12, 31))
                .unwrap()
                .all()
            {
                let Range { start, end } = one(day).quarters(&zone);
                assert_eq!(one(day).index_of(start, &zone), Some(0), "{name} {day}");
                assert_eq!(one(day).index_of(end - 1, &zone), Some(0), "{name} {day}");
                assert_eq!(one(day).index_of(start - 1, &zone), None, "{name} {day}");
                assert_eq!(one(day).index_of(end, &zone), None, "{name} {day}");
                let begins = Timestamp::from_second(start * QUARTER).unwrap();
                assert_eq!(
                    day_of(begins - 1.second(), &zone),
                    day.yesterday().unwrap(),
                    "{name} {day}"
                );
            }
        }
    }

    #[test]
    fn the_ends_of_time_are_days_too() {
        for day in [Date::MIN, Date::MAX] {
            let range = one(day).quarters(&zone("Pacific/Kiritimati"));
            assert!(range.start <= range.end);
        }
        assert_eq!(
            one(date(2026, 1, 1)).index_of(i64::MAX, &TimeZone::UTC),
            None
        );
    }
}
