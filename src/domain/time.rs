//! The clock as an argument, and Active Directory's way of writing times.

use jiff::Timestamp;
use std::sync::Arc;

/// 1601-01-01 to 1970-01-01 in seconds.
const SECONDS_BEFORE_UNIX: i64 = 11_644_473_600;
/// Steps of 100 ns in a second.
const STEPS_PER_SECOND: i64 = 10_000_000;
/// Nanoseconds of one step.
const NANOSECONDS_PER_STEP: i64 = 100;

/// Where the time comes from: the system, or a fixed value that a test moves.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock; the only reader of it in the program.
    #[allow(
        clippy::disallowed_methods,
        reason = "everybody else gets the time from here"
    )]
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that answers what `read` answers (tests).
    pub fn from_fn(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The time now, UTC.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// A point in time as AD writes it: 100 ns steps since 1601-01-01 UTC (MS-DTYP 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Filetime(pub i64);

impl Filetime {
    /// The point in time; `None` for 0, negative values and `i64::MAX`, AD's ways of saying "never", and for
    /// what lies after the year 9999.
    pub fn timestamp(self) -> Option<Timestamp> {
        if self.0 <= 0 || self.0 == i64::MAX {
            return None;
        }
        let second = self.0.div_euclid(STEPS_PER_SECOND) - SECONDS_BEFORE_UNIX;
        let nanosecond = self.0.rem_euclid(STEPS_PER_SECOND) * NANOSECONDS_PER_STEP;
        Timestamp::new(second, i32::try_from(nanosecond).ok()?).ok()
    }

    /// The nearest FILETIME at or before `time`. Times before 1601 give negative values, which mean "never".
    pub fn from_timestamp(time: Timestamp) -> Self {
        let steps = time
            .as_nanosecond()
            .div_euclid(i128::from(NANOSECONDS_PER_STEP));
        let since_1601 = steps + i128::from(SECONDS_BEFORE_UNIX) * i128::from(STEPS_PER_SECOND);
        // jiff's times end with the year 9999, FILETIME only in 30828.
        Self(i64::try_from(since_1601).unwrap_or(i64::MAX))
    }

    /// Whether this is a point in time, and `now` is not before it.
    pub fn has_passed(self, now: Timestamp) -> bool {
        self.timestamp().is_some_and(|time| time <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_filetime_counts_from_1601() {
        let time: Timestamp = "2026-03-01T12:34:56.1234567Z".parse().unwrap();
        let filetime = Filetime(134_168_420_961_234_567);
        assert_eq!(filetime.timestamp(), Some(time));
        assert_eq!(Filetime::from_timestamp(time), filetime);
        assert_eq!(
            Filetime(116_444_736_000_000_000).timestamp(),
            Some(Timestamp::UNIX_EPOCH)
        );
    }

    #[test]
    fn never_is_no_point_in_time() {
        for never in [0, -1, i64::MIN, i64::MAX, i64::MAX - 1] {
            assert_eq!(Filetime(never).timestamp(), None, "{never}");
            assert!(!Filetime(never).has_passed(Timestamp::MAX), "{never}");
        }
    }

    #[test]
    fn nanoseconds_are_cut_downwards_before_1970_as_well() {
        let time: Timestamp = "1969-12-31T23:59:59.999999999Z".parse().unwrap();
        assert_eq!(
            Filetime::from_timestamp(time),
            Filetime(116_444_735_999_999_999)
        );
    }

    #[test]
    fn the_edges_of_the_calendar_do_not_overflow() {
        assert!(Filetime::from_timestamp(Timestamp::MIN).0 < 0);
        assert!(
            Filetime::from_timestamp(Timestamp::MAX)
                .timestamp()
                .is_some()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn each_filetime_survives_the_conversion(steps in any::<i64>()) {
            if let Some(time) = Filetime(steps).timestamp() {
                prop_assert_eq!(Filetime::from_timestamp(time), Filetime(steps));
            }
        }
    }
}
