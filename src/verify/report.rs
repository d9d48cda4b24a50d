//! What came out of a pass.

use super::{Finding, OpenAttempt, Span};

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

/// Times of records, as they are written.
#[derive(Default)]
pub(super) struct Times {
    pub(super) first: Option<String>,
    pub(super) last: String,
    pub(super) first_uncovered: Option<String>,
}

impl Times {
    pub(super) fn see(&mut self, time: &str) {
        if self.first.is_none() {
            self.first = Some(time.to_owned());
        }
        if self.first_uncovered.is_none() {
            self.first_uncovered = Some(time.to_owned());
        }
        self.last.clear();
        self.last.push_str(time);
    }

    /// Keyward signs at least every minute while records come.
    pub(super) fn is_uncovered_for_long(&self) -> bool {
        let at = |time: &str| time.parse::<jiff::Timestamp>().ok();
        let first = self.first_uncovered.as_deref().and_then(at);
        let span = first
            .zip(at(&self.last))
            .map(|(first, last)| last.duration_since(first));
        span.is_some_and(|span| span > jiff::SignedDuration::from_mins(10))
    }
}
