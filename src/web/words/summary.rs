//! The sentences of the summary.

use super::number::digits;
use super::time::{day, weekday};
use super::{Cause, isolated};
use crate::domain::audit::AuditResult;
use crate::domain::days::{Days, InvalidDays};
use jiff::civil::Date;

/// Spans of time that end today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
    /// 365 days.
    Year,
}

impl Range {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// How many days.
    pub fn days(self) -> u16 {
        match self {
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
            Self::Year => 365,
        }
    }
}

/// The link to a span of time.
pub fn range(range: Range) -> &'static str {
    match range {
        Range::Week => "7 days",
        Range::Month => "30 days",
        Range::Quarter => "90 days",
        Range::Year => "A year",
    }
}

/// Which days the page is about.
pub fn span(days: Days) -> String {
    if days.count() == 1 {
        format!("{} {}", weekday(days.first()), day(days.first()))
    } else {
        format!("{} to {}", day(days.first()), day(days.last()))
    }
}

/// "42 passwords were reset and 12 accounts unlocked."
pub fn done(resets: u64, unlocks: u64) -> String {
    let passwords = match resets {
        0 => return none_done(unlocks),
        1 => "1 password was reset".to_owned(),
        more => format!("{} passwords were reset", digits(more)),
    };
    match unlocks {
        0 => format!("{passwords}."),
        1 => format!("{passwords} and 1 account unlocked."),
        more => format!("{passwords} and {} accounts unlocked.", digits(more)),
    }
}

fn none_done(unlocks: u64) -> String {
    match unlocks {
        0 => "No resets in this time.".to_owned(),
        1 => "No resets in this time. 1 account was unlocked.".to_owned(),
        more => format!(
            "No resets in this time. {} accounts were unlocked.",
            digits(more)
        ),
    }
}

/// At the top of the picture: how many the highest bar stands for.
pub fn top(most: u64, weeks: bool) -> String {
    let most = digits(most);
    if weeks {
        format!("{most} in a week")
    } else {
        format!("{most} on a day")
    }
}

/// A cause with how it ended. Refused is what most are; the others are said.
pub fn with_result(cause: String, result: AuditResult) -> String {
    match result {
        AuditResult::Ok | AuditResult::Refused => cause,
        AuditResult::Failed => format!("{cause} (failed)"),
        AuditResult::Unknown => format!("{cause} (not known)"),
    }
}

/// Which day had the most resets.
pub fn busiest(date: Date, most: u64) -> String {
    format!(
        "The most on one day: {}, on {} {}.",
        digits(most),
        weekday(date),
        day(date)
    )
}

/// The row of those that are not named.
pub fn others(number: u64) -> String {
    match number {
        1 => "1 other".to_owned(),
        more => format!("{} others", digits(more)),
    }
}

/// The most frequent cause, and what it means.
pub fn most_often(code: &str, cause: Option<Cause>, times: u64) -> String {
    let times = match times {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{} times", digits(more)),
    };
    match cause {
        Some(Cause { short, often }) => format!("Most often: {short}, {times}. {often}"),
        None if code.is_empty() => format!("Most often: no reason recorded, {times}."),
        None => format!("Most often: {}, {times}.", isolated(code)),
    }
}

/// The days that were asked for cannot be shown.
pub fn wrong_days(problem: InvalidDays) -> &'static str {
    match problem {
        InvalidDays::NotADay => "That is no day. Below are the last 30 days.",
        InvalidDays::Backwards => {
            "The first day is after the last one. Below are the last 30 days."
        }
        InvalidDays::TooMany => "At most 366 days fit on one page. Below are the last 30 days.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_was_done_is_counted_in_words_that_fit_the_number() {
        for (resets, unlocks, text) in [
            (0, 0, "No resets in this time."),
            (0, 1, "No resets in this time. 1 account was unlocked."),
            (1, 0, "1 password was reset."),
            (1, 1, "1 password was reset and 1 account unlocked."),
            (
                1234,
                2,
                "1,234 passwords were reset and 2 accounts unlocked.",
            ),
        ] {
            assert_eq!(done(resets, unlocks), text);
        }
    }

    #[test]
    fn a_span_is_said_by_its_ends_and_a_day_by_its_name() {
        let (first, last) = (date(2026, 2, 28), date(2026, 3, 2));
        let days = Days::between(first, last).unwrap();
        assert_eq!(span(days), "28\u{a0}February 2026 to 2\u{a0}March 2026");
        let one = Days::between(last, last).unwrap();
        assert_eq!(span(one), "Monday 2\u{a0}March 2026");
        assert_eq!(
            busiest(last, 1200),
            "The most on one day: 1,200, on Monday 2\u{a0}March 2026."
        );
    }

    #[test]
    fn a_cause_that_nobody_knows_is_said_as_it_is() {
        assert_eq!(
            most_often("new_word", None, 1),
            "Most often: new_word, once."
        );
        assert_eq!(
            most_often("", None, 2),
            "Most often: no reason recorded, twice."
        );
        let known = most_often("form_used", super::super::cause("form_used"), 3);
        assert!(
            known.starts_with("Most often: Form sent twice, 3 times. "),
            "{known}"
        );
    }
}
