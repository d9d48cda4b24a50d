//! All checks of one examination, as text for people and as one JSON document.

use super::check::{Check, Level};
use crate::domain::text::visible;
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write as _;

/// The shape of the JSON document; a reader can rely on it.
const VERSION: u32 = 1;

/// What an examination found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    version: u32,
    /// When it was begun, RFC 3339.
    at: String,
    /// The worst outcome.
    #[serde(rename = "outcome")]
    level: Level,
    /// In the order in which they were looked at.
    checks: Vec<Check>,
}

impl Report {
    pub(super) fn new(at: Timestamp, checks: Vec<Check>) -> Self {
        let worst = checks.iter().map(|check| check.level).max();
        Self {
            version: VERSION,
            at: format!("{at:.0}"),
            level: worst.unwrap_or(Level::Ok),
            checks,
        }
    }

    /// The worst outcome.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The checks, in order.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// One JSON document, with a line feed at its end.
    ///
    /// # Errors
    /// Only where memory or numbers run out.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// "3 checks failed and 1 needs a look, of 24."
    pub fn summary(&self) -> String {
        let count = |level| self.checks.iter().filter(|c| c.level == level).count();
        let all = self.checks.len();
        let need = |warn| {
            if warn == 1 {
                "needs a look"
            } else {
                "need a look"
            }
        };
        match (count(Level::Fail), count(Level::Warn)) {
            (0, 0) => format!("All {all} checks are well.\n"),
            (0, warn) => format!("No check failed; {warn} of {all} {}.\n", need(warn)),
            (fail, 0) => format!("{fail} of {all} checks failed.\n"),
            (fail, warn) => format!(
                "{fail} of {all} checks failed, and {warn} {}.\n",
                need(warn)
            ),
        }
    }
}

/// A check as lines of text: outcome, name and sentence; below it the rest, indented.
pub fn text(check: &Check) -> String {
    let about = check.about.as_ref().map(|about| format!(" {about}"));
    let mut lines = format!(
        "{:<5} {}{}  {}\n",
        check.level.word(),
        check.name,
        visible(&about.unwrap_or_default()),
        visible(&check.sentence)
    );
    let mut line = |mark: &str, text: &str| writeln!(lines, "      {mark}{}", visible(text));
    let mut below = || -> std::fmt::Result {
        for item in &check.list {
            line("- ", item)?;
        }
        if let Some(advice) = &check.advice {
            line("likely: ", &advice.cause)?;
            for step in &advice.mend {
                line("mend:   ", step)?;
            }
            line("read:   ", advice.read)?;
        }
        Ok(())
    };
    // Writing to a text cannot fail.
    below().ok();
    lines
}

#[cfg(test)]
mod tests {
    use super::super::check::{Advice, Told};
    use super::*;

    fn checks() -> Vec<Check> {
        let advice = Advice::new(
            "another account made it",
            ["chmod 600 x"],
            "docs/doctor.md#settings",
        );
        vec![
            Told::ok("fine").named("settings"),
            Told::fail("others can read x", advice)
                .listing(vec!["a\u{1b}[2J\nb".to_owned()])
                .named("settings.files")
                .about("x"),
        ]
    }

    #[test]
    fn a_check_is_one_line_and_what_helps_stands_below_it() {
        let all: String = checks().iter().map(text).collect();
        assert_eq!(
            all,
            "ok    settings  fine\n\
             fail  settings.files x  others can read x\n\
             \u{20}     - a\u{fffd}[2J\u{fffd}b\n\
             \u{20}     likely: another account made it\n\
             \u{20}     mend:   chmod 600 x\n\
             \u{20}     read:   docs/doctor.md#settings\n"
        );
    }

    #[test]
    fn the_document_has_a_version_a_time_the_worst_outcome_and_each_check() {
        let report = Report::new("2026-03-01T08:00:00Z".parse().unwrap(), checks());
        let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        assert_eq!(json["version"], 1);
        assert_eq!(json["outcome"], "fail");
        assert_eq!(json["at"], "2026-03-01T08:00:00Z");
        assert_eq!(json["checks"][1]["about"], "x");
        assert_eq!(json["checks"][1]["mend"][0], "chmod 600 x");
        assert_eq!(json["checks"][0].get("mend"), None);
        assert_eq!(report.summary(), "1 of 2 checks failed.\n");
    }
}
