//! The columns of one record.

use super::super::snapshot::StoredLine;
use super::says;
use crate::domain::identity::ObjectGuid;
use jiff::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;

/// The columns beside a line, as [`StoredLine`] has them.
#[derive(Deserialize)]
pub(super) struct Columns {
    pub(super) time: Option<i64>,
    pub(super) action: Option<String>,
    phase: Option<String>,
    attempt: Option<i64>,
    pub(super) result: Option<String>,
    pub(super) code: Option<String>,
    pub(super) rule: Option<String>,
    /// The row of the operator's SID.
    pub(super) operator: Option<i64>,
    /// Its bytes in hexadecimal digits.
    target: Option<String>,
}

impl Columns {
    /// `None`: they are none.
    pub(super) fn of(stored: &StoredLine) -> Option<Self> {
        // What is no text is no text of the line's either.
        serde_json::from_str(&String::from_utf8_lossy(&stored.columns)).ok()
    }
}

/// Of a line what has columns of its own, and what is counted. Whether it is a record in all else is looked at
/// elsewhere, once.
#[derive(Deserialize)]
pub(super) struct Said<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    phase: Cow<'a, str>,
    attempt: Option<i64>,
    #[serde(borrow)]
    result: Option<Cow<'a, str>>,
    #[serde(borrow)]
    code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    rule: Option<Cow<'a, str>>,
    #[serde(borrow)]
    operator: Option<Operator<'a>>,
    #[serde(borrow)]
    target: Option<Target<'a>>,
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Operator<'a> {
    #[serde(borrow)]
    sid: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Target<'a> {
    #[serde(borrow)]
    guid: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Details {
    suppressed: Option<serde_json::Value>,
}

impl<'a> Said<'a> {
    /// `None`: it is no record.
    pub(super) fn of(line: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// How many happenings the record stands for.
    pub(super) fn count(&self) -> i64 {
        let more = self.details.as_ref().and_then(|it| it.suppressed.as_ref());
        let more = more.and_then(serde_json::Value::as_i64).unwrap_or(0);
        more.max(0).saturating_add(1)
    }
}

/// The first column that says other than the line. `operator`: the SID of the operator's row.
pub(super) fn wrong(
    columns: &Columns,
    said: &Said<'_>,
    operator: Option<&[u8]>,
) -> Option<&'static str> {
    let target = said.target.as_ref().and_then(|it| it.guid.parse().ok());
    let target =
        target.map(|guid: ObjectGuid| format!("{:032X}", u128::from_be_bytes(*guid.as_bytes())));
    let time = said.time.parse::<Timestamp>();
    let said_operator = said.operator.as_ref().and_then(|it| it.sid.as_deref());
    let is_right = [
        (
            "time",
            columns.time == time.ok().map(Timestamp::as_microsecond),
        ),
        ("action", columns.action.as_deref() == Some(&said.action)),
        ("phase", columns.phase.as_deref() == Some(&said.phase)),
        ("attempt", columns.attempt == said.attempt),
        (
            "result",
            columns.result.as_deref() == said.result.as_deref(),
        ),
        ("code", says(columns.code.as_deref(), said.code.as_deref())),
        ("rule", says(columns.rule.as_deref(), said.rule.as_deref())),
        ("operator", operator == said_operator.map(str::as_bytes)),
        ("target", columns.target == target),
    ];
    let wrong = is_right.into_iter().find(|(_, is_right)| !is_right);
    wrong.map(|(column, _)| column)
}
