//! `keyward audit list`: the records for people.

use super::range::Range;
use crate::cli::Verdict;
use crate::cli::output::print;
use crate::domain::audit::Record;
use crate::domain::text::visible;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    range: Range,
    /// Print one JSON document, a list of the records, instead
    #[arg(long)]
    json: bool,
}

/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let range = &arguments.range;
    if arguments.json {
        print("[")?;
        let element =
            |is_first, line: &str| Ok(format!("{}\n{line}", if is_first { "" } else { "," }));
        let verdict = range.each_line(element).await?;
        print("\n]\n")?;
        Ok(verdict)
    } else {
        let sentence = |_, line: &str| Ok(for_people(&Record::parse(line)?));
        range.each_line(sentence).await
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
