//! What came out of a pass.

use super::{Finding, OpenAttempt, OtherKey, Span};
use jiff::{SignedDuration, Timestamp};

/// What came out.
#[derive(Debug, Default)]
pub struct Report {
    /// Lines that were read.
    pub records: u64,
    /// The first place that was looked at.
    pub begin: u64,
    /// Checkpoints that were signed by a trusted key and fit.
    pub checkpoints: u64,
    /// All before this record is what was signed, but for what the findings say.
    pub proven: u64,
    /// Time of the first and of the last record.
    pub times: Option<(String, String)>,
    /// What is wrong, in the order of the records.
    pub findings: Vec<Finding>,
    /// Findings beyond those that are listed.
    pub more: u64,
    /// The first record that is wrong.
    pub first_wrong: Option<u64>,
    /// At the end of the log, not signed yet.
    pub uncovered: Option<Span>,
    /// Removed with their archives, as the log says.
    pub removed: Vec<Span>,
    /// Keys that the log names, that were not given, and that have signed checkpoints.
    pub other_keys: Vec<OtherKey>,
    /// Attempts without an outcome.
    pub open: Vec<OpenAttempt>,
    /// How many they are.
    pub open_count: u64,
}

impl Report {
    /// Nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Longer than Keyward ever waits before it signs what is new.
const LONG: SignedDuration = SignedDuration::from_mins(10);
/// Length of a time without its seconds, `2026-03-02T12:00`.
const MINUTE: usize = 16;

/// Times of records, as they are written.
#[derive(Default)]
pub(super) struct Times {
    pub(super) first: Option<String>,
    pub(super) last: String,
    uncovered: Uncovered,
}

/// The time that passed over records without a checkpoint, in steps of about a minute or more.
#[derive(Default)]
struct Uncovered {
    at: Option<Timestamp>,
    passed: SignedDuration,
    longest: SignedDuration,
}

impl Times {
    pub(super) fn see(&mut self, time: &str) {
        if self.first.is_none() {
            self.first = Some(time.to_owned());
        }
        if self.uncovered.at.is_none() || time.get(..MINUTE) != self.last.get(..MINUTE) {
            self.uncovered.step(time);
        }
        self.last.clear();
        self.last.push_str(time);
    }

    /// All records so far are covered.
    pub(super) fn are_covered(&mut self) {
        self.uncovered = Uncovered::default();
    }

    /// Keyward signs at least every minute while records come. One step may have any length: the clock was
    /// put forward, or the service died before it signed and was started later.
    pub(super) fn is_uncovered_for_long(&self) -> bool {
        self.uncovered.passed - self.uncovered.longest > LONG
    }
}

impl Uncovered {
    fn step(&mut self, time: &str) {
        let Ok(now) = time.parse::<Timestamp>() else {
            return;
        };
        // A clock that was put back says nothing about the time that passed.
        let step = self
            .at
            .map(|at| now.duration_since(at).max(SignedDuration::ZERO));
        let step = step.unwrap_or_default();
        self.at = Some(now);
        self.passed = self.passed.saturating_add(step);
        self.longest = self.longest.max(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records that came so many seconds after the first one.
    fn are_uncovered_for_long(seconds: &[i64]) -> bool {
        let mut times = Times::default();
        let begin: Timestamp = "2026-03-02T12:00:30Z".parse().expect("a time");
        for after in seconds {
            let time = begin + SignedDuration::from_secs(*after);
            times.see(&time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string());
        }
        times.is_uncovered_for_long()
    }

    #[test]
    fn more_than_ten_minutes_of_records_without_a_checkpoint_are_long() {
        let minutes = |count: i64| (0..=count).map(|minute| 60 * minute).collect::<Vec<_>>();
        assert!(!are_uncovered_for_long(&minutes(10)));
        assert!(are_uncovered_for_long(&minutes(12)));
        let seconds: Vec<i64> = (0..720).collect();
        assert!(are_uncovered_for_long(&seconds));
        assert!(!are_uncovered_for_long(&seconds[..600]));
        assert!(are_uncovered_for_long(&[0, 700, 1400]), "few records");
        let back: Vec<i64> = (0..400).chain(-7200..-6800).collect();
        assert!(
            are_uncovered_for_long(&back),
            "the clock was put back meanwhile"
        );
    }

    #[test]
    fn a_clock_that_jumps_and_a_crash_before_the_next_checkpoint_are_no_long_time() {
        assert!(!are_uncovered_for_long(&[0, 5, 86_400, 86_405]), "forward");
        assert!(!are_uncovered_for_long(&[0, 5, -86_400, -86_395]), "back");
        assert!(!are_uncovered_for_long(&[0, 7200]), "off for two hours");
        assert!(!are_uncovered_for_long(&[0]));
        let mut times = Times::default();
        for time in ["2026-03-02T12:00:00.000000Z", "2026-03-02T13:00:00.000000Z"] {
            times.see(time);
            times.are_covered();
        }
        times.see("2026-03-02T14:00:00.000000Z");
        assert!(!times.is_uncovered_for_long());
    }
}
