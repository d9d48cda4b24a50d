//! `keyward audit list`: the records for people.

use std::collections::VecDeque;
use std::ops::Range;

use anyhow::Context as _;

use super::filters::Filters;
use super::range::{Begin, Log};
use crate::cli::Verdict;
use crate::cli::output::print;
use crate::domain::audit::{AuditSearch, Record, Seq};
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
    let mut printer = Printer::new(arguments.json)?;
    let verdict = match search {
        None => Verdict::Well,
        Some(search) => {
            let span = log.reader.span(search.from, search.to).await;
            let span = span.with_context(|| log.place.clone())?;
            let span = span.start.max(arguments.begin.from)..span.end;
            match arguments.last {
                None => {
                    let show = |lines: &[_]| printer.print(&fitting(&search, lines)?);
                    log.each(span, show).await?
                }
                Some(wanted) => {
                    let (newest, verdict) = newest(&log, &search, span, wanted.into()).await?;
                    printer.print(&newest)?;
                    verdict
                }
            }
        }
    };
    printer.end()?;
    Ok(verdict)
}

/// Those of the records that are asked for.
fn fitting(search: &AuditSearch, lines: &[(Seq, String)]) -> anyhow::Result<Vec<Record>> {
    let parse = |(seq, line): &(Seq, String)| {
        Record::parse(line).with_context(|| format!("record {}", seq.0))
    };
    let records = lines.iter().map(parse);
    let asked =
        |record: &anyhow::Result<Record>| record.as_ref().map_or(true, |it| search.fits(it));
    records.filter(asked).collect()
}

/// The newest `wanted` of them, oldest first: looked for in ever longer pieces from the end, so that few
/// of a long log come at once, and no more of them are in memory than are wanted.
async fn newest(
    log: &Log,
    search: &AuditSearch,
    span: Range<u64>,
    wanted: usize,
) -> anyhow::Result<(Vec<Record>, Verdict)> {
    let mut found = VecDeque::new();
    let mut end = span.end;
    let mut length = u64::try_from(wanted)?;
    while found.len() < wanted && end > span.start {
        let begin = end.saturating_sub(length).max(span.start);
        let room = wanted - found.len();
        let mut piece = VecDeque::new();
        let keep = |lines: &[_]| {
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
    fn new(json: bool) -> anyhow::Result<Self> {
        if json {
            print("[")?;
        }
        Ok(Self {
            json,
            is_first: true,
        })
    }

    fn print(&mut self, records: &[Record]) -> anyhow::Result<()> {
        let mut text = String::new();
        for record in records {
            if self.json {
                text += if self.is_first { "\n" } else { ",\n" };
                text += &record.to_line();
            } else {
                text += &for_people(record);
            }
            self.is_first = false;
        }
        print(&text)
    }

    fn end(&self) -> anyhow::Result<()> {
        if self.json { print("\n]\n") } else { Ok(()) }
    }
}

/// One line: number, time, what, how it ended, who, on whom, from where, why.
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
    ];
    let line = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    visible(&line) + "\n"
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
        let time = "2026-03-01T08:15:30.123456Z".parse().expect("a time");
        assert_eq!(
            for_people(&Record {
                seq: Seq(7),
                time,
                entry
            }),
            "7 2026-03-01T08:15:30Z reset_password outcome of 6 refused protected_group by lena \
             on ali\u{fffd}[2Jce\u{fffd} from 192.0.2.7 because \"ticket 7\u{fffd}forged\"\n"
        );
    }
}
