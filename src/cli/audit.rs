//! `keyward audit`: the audit log for people (`list`) and byte for byte (`export`).

use anyhow::Context as _;

use super::Verdict;
use super::output::print;
use super::settings::ConfigFile;
use crate::domain::audit::{Record, Seq};
use crate::domain::text::visible;
use crate::store::AuditReader;

/// Lines that are read at once.
const PAGE: u32 = 1_000;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the records, one a line, for reading.
    List {
        #[command(flatten)]
        range: Range,
        /// Print one JSON document, a list of the records, instead
        #[arg(long)]
        json: bool,
    },
    /// Print the records as they are stored, one JSON object a line.
    Export(Range),
}

#[derive(Debug, clap::Args)]
pub(super) struct Range {
    #[command(flatten)]
    file: ConfigFile,
    /// Begin with the record of this number
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    from: u64,
}

/// # Errors
/// The settings or the store cannot be used.
#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(command: Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Export(range) => each_page(&range, |_, line| Ok(format!("{line}\n"))).await?,
        Command::List { range, json: false } => {
            each_page(&range, |_, line| Ok(for_people(&Record::parse(line)?))).await?;
        }
        Command::List { range, json: true } => {
            print("[")?;
            each_page(&range, |is_first, line| {
                Ok(format!("{}\n{line}", if is_first { "" } else { "," }))
            })
            .await?;
            print("\n]\n")?;
        }
    }
    Ok(Verdict::Well)
}

/// Prints what `show` makes of each line. A long log is never in memory as a whole.
async fn each_page(
    range: &Range,
    show: impl Fn(bool, &str) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let settings = range.file.settings()?;
    let path = settings.store.url.path();
    let context = || format!("the audit log in {}", path.display());
    let log = AuditReader::open(path).await.with_context(context)?;
    let mut from = Seq(range.from);
    let mut is_first = true;
    loop {
        let lines = log.lines(from, PAGE).await.with_context(context)?;
        let Some((last, _)) = lines.last() else {
            return Ok(());
        };
        from = Seq(last.0 + 1);
        let mut text = String::new();
        for (seq, line) in &lines {
            text += &show(is_first, line).with_context(|| format!("record {}", seq.0))?;
            is_first = false;
        }
        print(&text)?;
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
        AuditAction, AuditOperator, AuditResult, AuditTarget, Entry, Phase,
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
