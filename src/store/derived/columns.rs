//! The columns of one record.

use super::super::snapshot::StoredLine;
use super::says;
use crate::domain::identity::ObjectGuid;
use jiff::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;

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
    stored: &StoredLine,
    said: &Said<'_>,
    operator: Option<&[u8]>,
) -> Option<&'static str> {
    let target = said.target.as_ref().and_then(|it| it.guid.parse().ok());
    let target: Option<ObjectGuid> = target;
    let time = said.time.parse::<Timestamp>();
    let said_operator = said.operator.as_ref().and_then(|it| it.sid.as_deref());
    let is = |column, line: Option<&str>| stored.text(column) == line.map(str::as_bytes);
    let is_right = [
        (
            "time",
            stored.number("time") == time.ok().map(Timestamp::as_microsecond),
        ),
        ("action", is("action", Some(&said.action))),
        ("phase", is("phase", Some(&said.phase))),
        ("attempt", stored.number("attempt") == said.attempt),
        ("result", is("result", said.result.as_deref())),
        ("code", says(stored.text("code"), said.code.as_deref())),
        ("rule", says(stored.text("rule"), said.rule.as_deref())),
        ("operator", operator == said_operator.map(str::as_bytes)),
        (
            "target",
            stored.text("target") == target.as_ref().map(|guid| guid.as_bytes().as_slice()),
        ),
    ];
    let wrong = is_right.into_iter().find(|(_, is_right)| !is_right);
    wrong.map(|(column, _)| column)
}
