//! `keyward audit list`: the records for people.

use std::collections::VecDeque;
use std::ops::Range;

use anyhow::Context as _;

use super::filters::Filters;
use super::range::{Begin, Changed, Line, Log};
use crate::cli::Verdict;
use crate::cli::output::print;
use crate::domain::audit::{AuditSearch, Detail, Record, Seq};
use crate::domain::text::visible;

pub(super) const ABOUT: &str = "\
Print the records for reading, one a line, oldest first; those in archives too.

Filters mean what they mean on the page /audit in the browser, and all of them must hold. Days are those \
of [web] time_zone.

    keyward audit list --last 20
    keyward audit list --since 2h --result refused
    keyward audit list --operator olga --action reset_password --since 2026-03-01 --until 2026-03-31
    keyward audit list --target alice --json
    keyward audit list --code wrong_password --since 7d
    keyward audit list --rule 'Service desk' --result ok --last 100";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    begin: Begin,
    /// Only the newest so many of them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    last: Option<u16>,
    /// Print one JSON document, a list of the records, instead
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filters: Filters,
}

/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let log = arguments.begin.open().await?;
    let search = arguments.filters.search(&log).await?;
    let mut changed = Changed::default();
    let mut printer = Printer::new(arguments.json);
    let verdict = match search {
        None => Verdict::Well,
        Some(search) => {
            let span = log.reader.span(search.from, search.to).await;
            let span = span.with_context(|| log.place.clone())?;
            let span = span.start.max(arguments.begin.from)..span.end;
            match arguments.last {
                None => {
                    let show = |lines: &[Line]| {
                        changed.count(lines);
                        printer.print(&fitting(&search, lines)?)
                    };
                    log.each(span, show).await?
                }
                Some(wanted) => {
                    let wanted = (wanted.into(), &mut changed);
                    let (newest, verdict) = newest(&log, &search, span, wanted).await?;
                    printer.print(&newest)?;
                    verdict
                }
            }
        }
    };
    printer.end()?;
    Ok(changed.verdict(verdict))
}

/// What is printed of a line.
struct Listed {
    seq: Seq,
    /// `None`: the line was changed into something that is no record.
    record: Option<Record>,
    changed: bool,
}

/// Those of the records that are asked for. A line that is no record any more may have been one of them.
fn fitting(search: &AuditSearch, lines: &[Line]) -> anyhow::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for line in lines {
        let record = match Record::parse(&line.bytes) {
            Ok(record) if !search.fits(&record) => continue,
            Ok(record) => Some(record),
            Err(_) if line.changed => None,
            Err(error) => return Err(error).with_context(|| format!("record {}", line.seq.0)),
        };
        listed.push(Listed {
            seq: line.seq,
            record,
            changed: line.changed,
        });
    }
    Ok(listed)
}

/// The newest of them, so many as are wanted, oldest first: looked for in ever longer pieces from the end, so
/// that few of a long log come at once, and no more of them are in memory than are wanted.
async fn newest(
    log: &Log,
    search: &AuditSearch,
    span: Range<u64>,
    (wanted, changed): (usize, &mut Changed),
) -> anyhow::Result<(Vec<Listed>, Verdict)> {
    let mut found = VecDeque::new();
    let mut end = span.end;
    let mut length = u64::try_from(wanted)?;
    while found.len() < wanted && end > span.start {
        let begin = end.saturating_sub(length).max(span.start);
        let room = wanted - found.len();
        let mut piece = VecDeque::new();
        let keep = |lines: &[Line]| {
            changed.count(lines);
            piece.extend(fitting(search, lines)?);
            piece.drain(..piece.len().saturating_sub(room));
            Ok(())
        };
        let verdict = log.each(begin..end, keep).await?;
        piece.append(&mut found);
        found = piece;
        if verdict == Verdict::Wrong {
            return Ok((found.into(), verdict));
        }
        end = begin;
        length = length.saturating_mul(8);
    }
    Ok((found.into(), Verdict::Well))
}

/// Prints records as they come: sentences, or one JSON document.
struct Printer {
    json: bool,
    is_first: bool,
}

impl Printer {
    fn new(json: bool) -> Self {
        Self {
            json,
            is_first: true,
        }
    }

    fn print(&mut self, records: &[Listed]) -> anyhow::Result<()> {
        let mut text = String::new();
        for listed in records {
            if self.json {
                text += if self.is_first { "[\n" } else { ",\n" };
                text += &listed.json();
            } else {
                text += &listed.line();
            }
            self.is_first = false;
        }
        print(&text)
    }

    /// Nothing is printed before the log was read, so that an error leaves no half of a document.
    fn end(&self) -> anyhow::Result<()> {
        match (self.json, self.is_first) {
            (false, _) => Ok(()),
            (true, true) => print("[\n]\n"),
            (true, false) => print("\n]\n"),
        }
    }
}

impl Listed {
    /// The record's own line; one that was changed says so in a member of its own.
    fn json(&self) -> String {
        match &self.record {
            Some(record) if !self.changed => record.to_line(),
            Some(record) => {
                let line = record.to_line();
                format!(
                    "{},\"changed\":true}}",
                    line.strip_suffix('}').unwrap_or(&line)
                )
            }
            None => format!("{{\"seq\":{},\"changed\":true}}", self.seq.0),
        }
    }

    fn line(&self) -> String {
        let line = self
            .record
            .as_ref()
            .map_or_else(|| format!("{} is no record", self.seq.0), for_people);
        let mark = if self.changed {
            format!(
                " [changed: this line of record {} is not what was signed]",
                self.seq.0
            )
        } else {
            String::new()
        };
        line + &mark + "\n"
    }
}

/// One line: number, time, what, how it ended, who, on whom, from where, why, how often.
fn for_people(record: &Record) -> String {
    let entry = &record.entry;
    let attempt = entry.attempt.map(|attempt| format!("of {}", attempt.0));
    let operator = entry
        .operator
        .as_ref()
        .map(|operator| format!("by {}", operator.name));
    let target = entry.target.as_ref().map(|target| {
        format!(
            "on {}",
            target
                .name
                .clone()
                .unwrap_or_else(|| target.guid.to_string())
        )
    });
    let client = entry.client.map(|client| format!("from {client}"));
    let reason = entry
        .reason
        .as_ref()
        .map(|reason| format!("because \"{reason}\""));
    let number = |detail| entry.details.get(detail).and_then(Detail::as_u64);
    let parts = [
        Some(record.seq.0.to_string()),
        Some(format!("{:.0}", record.time)),
        Some(entry.action.word().to_owned()),
        Some(entry.phase.word().to_owned()),
        attempt,
        entry.result.map(|result| result.word().to_owned()),
        entry.code.clone(),
        operator,
        target,
        client,
        reason,
        number("seconds_ago").map(|ago| format!("({ago} s earlier)")),
        number("suppressed").map(|more| format!("(and {more} more like it)")),
    ];
    let line = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    visible(&line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{
        AuditAction, AuditOperator, AuditResult, AuditTarget, Entry, Phase, Seq,
    };
    use crate::domain::identity::ObjectGuid;

    #[test]
    fn a_record_is_one_readable_line() {
        let mut entry = Entry::new(AuditAction::ResetPassword);
        entry.phase = Phase::Outcome;
        entry.attempt = Some(Seq(6));
        entry.result = Some(AuditResult::Refused);
        entry.code = Some("protected_group".to_owned());
        entry.operator = Some(AuditOperator {
            sid: None,
            name: "lena".to_owned(),
        });
        entry.target = Some(AuditTarget {
            guid: ObjectGuid::from([1; 16]),
            sid: None,
            name: Some("ali\u{1b}[2Jce\u{202e}".to_owned()),
            dn: None,
        });
        entry.client = Some("192.0.2.7".parse().expect("an address"));
        entry.reason = Some("ticket 7\nforged".to_owned());
        entry
            .details
            .insert("seconds_ago".to_owned(), 58_u32.into());
        entry.details.insert("suppressed".to_owned(), 2_u32.into());
        let time = "2026-03-01T08:15:30.123456Z".parse().expect("a time");
        assert_eq!(
            for_people(&Record {
                seq: Seq(7),
                time,
                entry
            }),
            "7 2026-03-01T08:15:30Z reset_password outcome of 6 refused protected_group by lena \
             on ali\u{fffd}[2Jce\u{fffd} from 192.0.2.7 because \"ticket 7\u{fffd}forged\" \
             (58 s earlier) (and 2 more like it)"
        );
    }
}
