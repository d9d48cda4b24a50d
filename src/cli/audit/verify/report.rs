//! What was found, for people and as JSON.

use serde_json::{Value, json};

use crate::domain::text::{counted, visible};
use crate::verify::{OpenAttempt, OtherKey, Report, Span};

/// Where the trusted keys come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeySource {
    /// Whoever checks has them.
    Given,
    /// They stand in the database that is checked.
    Database,
}

/// A log that was checked.
pub(super) struct Checked {
    pub report: Report,
    pub keys: Vec<String>,
    pub source: KeySource,
}

impl Checked {
    pub(super) fn text(&self) -> String {
        let report = &self.report;
        let mut lines: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        if report.more > 0 {
            lines.push(format!("and {} more", report.more));
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(self.summary());
        lines.extend(report.open.iter().map(open));
        let listed = u64::try_from(report.open.len()).unwrap_or(u64::MAX);
        if report.open_count > listed {
            lines.push(format!(
                "and {} more attempts without an outcome",
                report.open_count - listed
            ));
        }
        lines.push(self.verdict());
        lines.iter().map(|line| visible(line) + "\n").collect()
    }

    fn summary(&self) -> Vec<String> {
        let report = &self.report;
        let mut lines = vec![match &report.times {
            None => format!("checked: {}", records(report.records)),
            Some((first, last)) => {
                format!("checked: {}, {first} to {last}", records(report.records))
            }
        }];
        lines.push(match Span::before(report.begin, report.proven) {
            Some(span) => format!(
                "signed: {span}, last by the checkpoint for {} records",
                report.proven
            ),
            None => "signed: nothing".to_owned(),
        });
        lines.extend(self.keys.iter().map(|key| format!("key: {key}")));
        if self.source == KeySource::Database {
            lines.push(
                "note: the keys were taken from the database itself, so whoever could write there is trusted; \
                 give the key that you noted with --key"
                    .to_owned(),
            );
        }
        if report.begin > 0 {
            lines.push(format!(
                "note: the files begin with record {}",
                report.begin
            ));
        }
        for span in &report.removed {
            lines.push(format!(
                "note: {span}: removed with their archives; the tree still has their hashes"
            ));
        }
        lines.extend(
            report
                .other_keys
                .iter()
                .map(|of| other_key(of, report.proven)),
        );
        let unused = report.unused_keys.iter();
        lines.extend(unused.map(|key| format!("note: no checkpoint is signed with {key}")));
        if let Some(span) = report.uncovered {
            lines.push(format!(
                "note: {span}: not covered by a checkpoint yet; Keyward signs within a minute, and when it stops"
            ));
        }
        lines
    }

    fn verdict(&self) -> String {
        let report = &self.report;
        if let Some(tail) = report.uncovered.filter(|_| report.only_lacks_proof()) {
            return match Span::before(report.begin, report.proven) {
                Some(proven) if proven.count() == 1 => {
                    format!("{proven} is as it was signed; nothing proves {tail}")
                }
                Some(proven) => format!("{proven} are as they were signed; nothing proves {tail}"),
                None => format!("nothing proves {tail}"),
            };
        }
        match (report.is_well(), report.first_wrong) {
            (true, _) => "the log is as it was signed".to_owned(),
            (false, Some(first)) => {
                format!("the log is NOT as it was signed: the first wrong record is {first}")
            }
            (false, None) => {
                "the records are not shown to be wrong, but what is kept beside them is".to_owned()
            }
        }
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        let report = &self.report;
        let findings: Vec<Value> = report
            .findings
            .iter()
            .map(|finding| json!({ "record": finding.record(), "text": finding.to_string() }))
            .collect();
        let open: Vec<Value> = report
            .open
            .iter()
            .map(
                |open| json!({ "seq": open.seq, "action": open.action, "operator": open.operator }),
            )
            .collect();
        let other_keys: Vec<Value> = report
            .other_keys
            .iter()
            .map(|of| json!({ "key": of.key, "record": of.record, "checkpoints": of.count }))
            .collect();
        let document = json!({
            "well": report.is_well(),
            "first_wrong": report.first_wrong,
            "findings": findings,
            "more_findings": report.more,
            "begin": report.begin,
            "records": report.records,
            "first_time": report.times.as_ref().map(|times| &times.0),
            "last_time": report.times.as_ref().map(|times| &times.1),
            "signed_before": report.proven,
            "checkpoints": report.checkpoints,
            "not_covered_yet": report.uncovered.map(span),
            "removed": report.removed.iter().copied().map(span).collect::<Vec<_>>(),
            "other_keys": other_keys,
            "unused_keys": report.unused_keys,
            "open_attempts": open,
            "open_attempts_count": report.open_count,
            "keys": self.keys,
            "keys_given": self.source == KeySource::Given,
        });
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }
}

fn span(span: Span) -> Value {
    json!({ "first": span.first, "last": span.last })
}

fn records(count: u64) -> String {
    counted(count, "record", "records")
}

/// A key that the log names: an earlier one, or the one that came after the given ones.
fn other_key(of: &OtherKey, proven: u64) -> String {
    let OtherKey { key, record, .. } = of;
    if of.last > proven {
        return format!(
            "note: record {record}, which a key of yours has signed, says that the log has another key since \
             then; if you trust it, give it too: {key}"
        );
    }
    let checkpoints = counted(of.count, "checkpoint is", "checkpoints are");
    format!(
        "note: {checkpoints} by another key that record {record} names and that was not given, so not \
         checked; later ones prove these records: {key}"
    )
}

fn open(attempt: &OpenAttempt) -> String {
    let action = attempt.action.as_deref().unwrap_or("attempt");
    let operator = attempt.operator.as_ref().map(|name| format!(" by {name}"));
    format!(
        "open: record {}: {action}{}: no outcome",
        attempt.seq,
        operator.unwrap_or_default()
    )
}
