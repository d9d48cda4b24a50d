//! When a rule holds: days of the week and a time of day, in a time zone.

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use std::fmt;
use std::str::FromStr;

const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];
const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// From a time of day until another one, on some days: `Mon-Fri 08:00-18:00 Europe/Vienna`. Where the second time is
/// not after the first, it is one of the next day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// From Monday on.
    days: [bool; 7],
    /// Minutes since midnight.
    from: u16,
    until: u16,
    /// `None`: whatever the settings say of the house.
    zone: Option<TimeZone>,
}

/// Not hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not hours")]
pub struct InvalidHours;

impl Hours {
    /// Whether `now` is within them; `house`: the time zone where none is written. `until` itself is not.
    pub fn hold(&self, now: Timestamp, house: &TimeZone) -> bool {
        let zone = self.zone.as_ref().unwrap_or(house);
        let local = zone.to_datetime(now);
        let minute = minute_of(local);
        let today = self.is_a_day(local.weekday());
        let yesterday = self.is_a_day(local.weekday().previous());
        if self.from < self.until {
            today && (self.from..self.until).contains(&minute)
        } else {
            today && minute >= self.from || yesterday && minute < self.until
        }
    }

    fn is_a_day(&self, day: Weekday) -> bool {
        let mut days = DAYS.iter().zip(self.days);
        days.any(|((_, named), on)| on && *named == day)
    }
}

fn minute_of(local: DateTime) -> u16 {
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    u16::try_from(minute).unwrap_or(0)
}

impl FromStr for Hours {
    type Err = InvalidHours;

    fn from_str(text: &str) -> Result<Self, InvalidHours> {
        let mut words = text.split_whitespace();
        let (Some(days), Some(times)) = (words.next(), words.next()) else {
            return Err(InvalidHours);
        };
        let zone = words.next().map(TimeZone::get).transpose();
        let zone = zone.map_err(|_| InvalidHours)?;
        let (from, until) = times.split_once('-').ok_or(InvalidHours)?;
        let (from, until) = (minutes(from)?, minutes(until)?);
        if words.next().is_some() || from == until || from == MINUTES_OF_A_DAY {
            return Err(InvalidHours);
        }
        Ok(Self {
            days: days_of(days)?,
            from,
            until,
            zone,
        })
    }
}

/// `Mon-Fri`, `Sat,Sun`, `Fri-Mon,Wed`.
fn days_of(text: &str) -> Result<[bool; 7], InvalidHours> {
    let place = |name: &str| {
        let mut days = DAYS.iter();
        let found = days.position(|(known, _)| known.eq_ignore_ascii_case(name));
        found.ok_or(InvalidHours)
    };
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (place(first)?, place(last)?);
        let length = (last + 7 - first) % 7 + 1;
        for (at, day) in days.iter_mut().enumerate() {
            *day |= (at + 7 - first) % 7 < length;
        }
    }
    Ok(days)
}

/// `HH:MM`, up to `24:00`.
fn minutes(text: &str) -> Result<u16, InvalidHours> {
    let (hour, minute) = text.split_once(':').ok_or(InvalidHours)?;
    let two = |digits: &str| {
        let well = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        well.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = two(hour).zip(two(minute)).ok_or(InvalidHours)?;
    let all = hour * 60 + minute;
    if minute < 60 && all <= MINUTES_OF_A_DAY {
        Ok(all)
    } else {
        Err(InvalidHours)
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = DAYS.iter().zip(self.days).filter(|(_, on)| *on);
        let days: Vec<&str> = days.map(|((name, _), _)| *name).collect();
        let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let (from, until) = (clock(self.from), clock(self.until));
        write!(f, "{} {from}-{until}", days.join(","))?;
        match self.zone.as_ref().and_then(TimeZone::iana_name) {
            Some(zone) => write!(f, " {zone}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::time;

    fn hold(hours: &str, at: &str) -> bool {
        let hours: Hours = hours.parse().unwrap();
        let vienna = TimeZone::get("Europe/Vienna").unwrap();
        hours.hold(time(at), &vienna)
    }

    #[test]
    fn hours_hold_on_their_days_from_the_first_minute_to_the_one_before_the_last() {
        let weekdays = "Mon-Fri 08:00-18:00";
        // A Monday in March: Vienna is an hour ahead.
        for (at, expected) in [
            ("2026-03-02T06:59:59Z", false),
            ("2026-03-02T07:00:00Z", true),
            ("2026-03-02T16:59:59Z", true),
            ("2026-03-02T17:00:00Z", false),
            ("2026-03-01T12:00:00Z", false),
            // In summer it is two.
            ("2026-07-06T06:00:00Z", true),
            ("2026-07-06T05:59:59Z", false),
        ] {
            assert_eq!(hold(weekdays, at), expected, "{at}");
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        for (at, expected) in [
            ("2026-03-06T22:30:00Z", true),
            ("2026-03-07T03:30:00Z", true),
            ("2026-03-07T05:30:00Z", false),
            ("2026-03-07T22:30:00Z", false),
            ("2026-03-06T03:30:00Z", false),
        ] {
            assert_eq!(hold("Fri 22:00-06:00", at), expected, "{at}");
        }
    }

    #[test]
    fn a_zone_of_its_own_goes_before_that_of_the_house() {
        assert!(hold("Mon 08:00-09:00 UTC", "2026-03-02T08:30:00Z"));
        assert!(!hold("Mon 08:00-09:00", "2026-03-02T08:30:00Z"));
    }

    #[test]
    fn days_are_lists_and_spans_also_over_the_end_of_the_week() {
        let shown = |text: &str| text.parse::<Hours>().unwrap().to_string();
        assert_eq!(
            shown("fri-mon,Wed 00:00-24:00"),
            "Mon,Wed,Fri,Sat,Sun 00:00-24:00"
        );
        assert_eq!(
            shown("Sat 09:00-12:00 Europe/Vienna"),
            "Sat 09:00-12:00 Europe/Vienna"
        );
        assert!(hold("Sun 00:00-24:00", "2026-03-01T22:59:00Z"));
    }

    #[test]
    fn what_is_no_hours_is_refused() {
        for wrong in [
            "",
            "Mon",
            "08:00-18:00",
            "Mon 8-18",
            "Mon 08:00-08:00",
            "Mon 24:00-01:00",
            "Mon 08:60-09:00",
            "Mon 08:00-24:01",
            "Mo 08:00-09:00",
            "Mon 08:00-09:00 Europe/Nowhere",
            "Mon 08:00-09:00 UTC x",
            "Mon 08:00–09:00",
        ] {
            assert_eq!(wrong.parse::<Hours>(), Err(InvalidHours), "{wrong}");
        }
    }
}
