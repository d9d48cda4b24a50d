//! What came out of a pass.

use super::line::Head;
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
    /// Keys that were given and have signed no checkpoint.
    pub unused_keys: Vec<String>,
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

    /// Nothing is wrong, but that something may not be proven.
    pub fn only_lacks_proof(&self) -> bool {
        let lacks_proof = |finding: &Finding| {
            matches!(
                finding,
                Finding::NotProven(_) | Finding::Backdated(_) | Finding::Uncovered(_)
            )
        };
        self.findings.iter().all(lacks_proof)
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
    /// Of the last record that is covered.
    covered: Option<Timestamp>,
    uncovered: Uncovered,
}

/// The time that passed over records without a checkpoint, in steps of about a minute or more.
#[derive(Default)]
struct Uncovered {
    at: Option<Timestamp>,
    passed: SignedDuration,
    longest: SignedDuration,
    /// They say themselves why they may have other times than those before.
    may_jump: bool,
    goes_back: bool,
}

impl Times {
    pub(super) fn see(&mut self, head: &Head<'_>) {
        let time = head.time;
        if self.first.is_none() {
            self.first = Some(time.to_owned());
        }
        self.uncovered.may_jump |= matches!(head.action, "clock_jumped" | "service_started");
        if self.uncovered.at.is_none() || time.get(..MINUTE) != self.last.get(..MINUTE) {
            self.uncovered.step(time, self.covered);
        }
        self.last.clear();
        self.last.push_str(time);
    }

    /// All records so far are covered.
    pub(super) fn are_covered(&mut self) {
        self.uncovered = Uncovered::default();
        self.covered = self.last.parse().ok();
    }

    /// Records that nothing covers were written before those that are covered, by their times.
    pub(super) fn go_back(&self) -> bool {
        self.uncovered.goes_back
    }

    /// The log began just now.
    pub(super) fn is_young(&self, now: Option<Timestamp>) -> bool {
        let first = self.first.as_ref().and_then(|time| time.parse().ok());
        let age = now.zip(first).map(|(now, first)| now.duration_since(first));
        age.is_some_and(|age| age.abs() <= LONG)
    }

    /// Keyward signs at least every minute while records come. One step may have any length: the clock was
    /// put forward, or the service died before it signed and was started later.
    pub(super) fn is_uncovered_for_long(&self) -> bool {
        self.uncovered.passed - self.uncovered.longest > LONG
    }
}

impl Uncovered {
    fn step(&mut self, time: &str, covered: Option<Timestamp>) {
        let Ok(now) = time.parse::<Timestamp>() else {
            return;
        };
        let is_before = covered.is_some_and(|covered| covered.duration_since(now) > LONG);
        self.goes_back |= is_before && !self.may_jump;
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
    use crate::verify::Phase;

    fn see(times: &mut Times, time: &str) {
        times.see(&Head {
            seq: 0,
            time,
            action: "sign_in",
            phase: Phase::Event,
        });
    }

    /// Records that came so many seconds after the first one.
    fn are_uncovered_for_long(seconds: &[i64]) -> bool {
        let mut times = Times::default();
        let begin: Timestamp = "2026-03-02T12:00:30Z".parse().expect("a time");
        for after in seconds {
            let time = begin + SignedDuration::from_secs(*after);
            see(
                &mut times,
                &time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
            );
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
            see(&mut times, time);
            times.are_covered();
        }
        see(&mut times, "2026-03-02T14:00:00.000000Z");
        assert!(!times.is_uncovered_for_long());
    }
}
