//! The log as a CSV file (RFC 4180), newest first, written while it is read: never more than some hundred
//! records are in memory. A file that ends without its last chunk is not whole, and browsers say so.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use crate::actions::AuditExport;
use crate::domain::audit::{AuditResult, Detail, Record};
use crate::store::{FoundRecord, Standing};
use crate::web::words::shown;

const HEAD: [&str; 19] = [
    "seq",
    "time",
    "action",
    "phase",
    "attempt",
    "result",
    "code",
    "operator_name",
    "operator_sid",
    "target_name",
    "target_guid",
    "target_sid",
    "target_dn",
    "client",
    "rule",
    "reason",
    "dc",
    "details",
    "standing",
];

/// The answer, which goes on as long as the client takes it and there are records.
pub(super) fn answer(export: AuditExport) -> Response {
    let pieces = stream::try_unfold((export, true), |(mut export, first)| async move {
        let head = if first {
            vec![HEAD.map(str::to_owned)]
        } else {
            Vec::new()
        };
        let records = match export.next().await {
            Ok(Some(records)) => records,
            Ok(None) if first => Vec::new(),
            Ok(None) => return Ok(None),
            Err(error) => {
                tracing::warn!(%error, "an export of the audit log was cut off");
                return Err(std::io::Error::other(error));
            }
        };
        let rows = head.into_iter().chain(records.iter().map(row));
        Ok(Some((piece(rows)?, (export, false))))
    });
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        ),
        (
            CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"keyward-audit.csv\""),
        ),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}

fn piece(rows: impl Iterator<Item = [String; 19]>) -> Result<Bytes, std::io::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|field| harmless(field)))?;
    }
    writer
        .into_inner()
        .map(Bytes::from)
        .map_err(csv::IntoInnerError::into_error)
}

/// With a word for whether the line can be relied on: a file is kept longer than the notice on a page.
fn row(found: &FoundRecord) -> [String; 19] {
    let mut row = found.record.as_ref().map(said).unwrap_or_default();
    // The number that it has in the database: the line may say another one.
    let [seq, .., standing] = &mut row;
    *seq = found.seq.0.to_string();
    match found.standing {
        Standing::AsWritten => "as_written",
        Standing::Changed => "changed",
        Standing::Misfiled => "misfiled",
    }
    .clone_into(standing);
    row
}

/// What a record says.
fn said(record: &Record) -> [String; 19] {
    let entry = &record.entry;
    let operator = entry.operator.as_ref();
    let target = entry.target.as_ref();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let details = entry.details.iter().map(|(name, value)| match value {
        Detail::Flag(flag) => format!("{name}={flag}"),
        Detail::Number(number) => format!("{name}={number}"),
        Detail::Text(text) => format!("{name}={text}"),
    });
    [
        record.seq.0.to_string(),
        format!("{:.6}", record.time),
        entry.action.word().to_owned(),
        entry.phase.word().to_owned(),
        entry.attempt.map(|it| it.0.to_string()).unwrap_or_default(),
        text(entry.result.map(AuditResult::word)),
        text(entry.code.as_deref()),
        text(operator.map(|it| it.name.as_str())),
        operator
            .and_then(|it| it.sid.as_ref())
            .map(ToString::to_string)
            .unwrap_or_default(),
        text(target.and_then(|it| it.name.as_deref())),
        target.map(|it| it.guid.to_string()).unwrap_or_default(),
        target
            .and_then(|it| it.sid.as_ref())
            .map(ToString::to_string)
            .unwrap_or_default(),
        text(target.and_then(|it| it.dn.as_deref())),
        entry.client.map(|it| it.to_string()).unwrap_or_default(),
        text(entry.rule.as_deref()),
        text(entry.reason.as_deref()),
        text(entry.dc.as_deref()),
        details.collect::<Vec<_>>().join("; "),
        String::new(),
    ]
}

/// Names in the directory and reasons are chosen by others. What is not seen is written out, and what a spreadsheet
/// would take for a formula gets an apostrophe: also after a semicolon, at which one that has other separators
/// splits.
fn harmless(field: &str) -> String {
    let mut cell = String::with_capacity(field.len());
    let mut begins = true;
    for c in shown(field).chars() {
        if begins && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            cell.push('\'');
        }
        begins = c == ';' || (begins && c.is_whitespace());
        cell.push(c);
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_quotes_are_doubled() {
        let mut row = HEAD.map(|_| String::new());
        let fields = [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "\tx",
            "\rx",
            "a,\"b\"",
            "two\nlines",
            "x;=1+1; -2;y=3",
            "＝1",
            "\u{1b}[2J\u{202e}x",
        ];
        for (at, field) in fields.iter().enumerate() {
            row[at] = (*field).to_owned();
        }
        let bytes = piece([row].into_iter()).unwrap();
        assert_eq!(
            std::str::from_utf8(&bytes).unwrap(),
            "'=1+1,'+1,'-1,'@x,[U+0009]x,[U+000D]x,\"a,\"\"b\"\"\",two[U+000A]lines,x;'=1+1; '-2;y=3,'＝1,\
             [U+001B][2J[U+202E]x,,,,,,,,\r\n"
        );
    }
}
