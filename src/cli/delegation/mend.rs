//! `keyward delegation mend`: proves again, and carries out what mends the findings.

use anyhow::bail;

use super::administrator::{Administrator, sentence};
use super::lines::{Lines, Mark};
use super::verify;
use crate::cli::parts::directory_settings;
use crate::cli::settings::ConfigFile;
use crate::cli::{Verdict, logging};
use crate::delegation::carry_out::{self, Done};
use crate::delegation::change::Change;
use crate::delegation::mend::{Which, changes, select};
use crate::delegation::proof::Finding;
use crate::directory::Directory;
use crate::directory::admin::Admin;
use crate::domain::text::counted;
use crate::domain::time::Clock;

pub(super) const ABOUT: &str = "\
Mend what the proof finds.

Proves again as the service account, finds what the ids stand for, says each change, and carries it \
out as the administrator. Nothing else is changed.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    #[command(flatten)]
    administrator: Administrator,
    /// What to mend, as keyward delegation verify names it
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<String>,
    /// Mend everything that the proof finds
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Say what would be changed, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// # Errors
/// It could not run; nothing was changed.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<Verdict> {
    let settings = arguments.file.settings()?;
    logging::start_if_asked();
    // Before the proof, which takes long: whoever runs it is still there to type the password.
    let directory = Directory::new(directory_settings(&settings), Clock::system());
    let admin = arguments.administrator.sign_in(&directory).await?;
    let proof = verify::proof(&settings).await?;
    let which = if arguments.all {
        Which::All
    } else {
        Which::Ids(arguments.ids)
    };
    let findings = match select(&proof, &which) {
        Ok(findings) => findings,
        Err(unknown) => bail!(
            "{unknown}: it is mended already, or mistyped; keyward delegation verify lists them. Nothing was changed"
        ),
    };
    let lines = Lines::new();
    let by_hand = without_cure(lines, &findings)?;
    let changes = changes(&findings);
    let verdict = carry_out(lines, &admin, &changes, arguments.dry_run).await?;
    if findings.is_empty() {
        Lines::sentence("The proof finds nothing. Nothing was changed.")?;
    } else if !arguments.dry_run {
        Lines::sentence("Prove it again: keyward delegation verify")?;
    }
    directory.close().await;
    Ok(if by_hand { Verdict::Wrong } else { verdict })
}

/// Says what no command can mend. Whether there is any.
fn without_cure(lines: Lines, findings: &[&Finding]) -> anyhow::Result<bool> {
    let mut any = false;
    for finding in findings.iter().filter(|finding| finding.mend.is_empty()) {
        any = true;
        lines.say(Mark::Failed, &finding.sentence)?;
        Lines::more(&finding.origin)?;
    }
    Ok(any)
}

/// Carries out changes, or says them, a line each.
///
/// # Errors
/// Standard output cannot be written.
pub(super) async fn carry_out(
    lines: Lines,
    admin: &Admin,
    changes: &[Change],
    dry_run: bool,
) -> anyhow::Result<Verdict> {
    let mut made = 0;
    let mut failed = 0;
    for change in changes {
        let text = change.to_string();
        if dry_run {
            lines.say(Mark::Would, &text)?;
            continue;
        }
        match carry_out::carry_out(admin, change).await {
            Ok(Done::Changed) => {
                made += 1;
                lines.say(Mark::Done, &text)?;
            }
            Ok(Done::AlreadySo) => lines.say(Mark::AlreadySo, &text)?,
            Err(error) => {
                failed += 1;
                lines.say(Mark::Failed, &text)?;
                Lines::more(&sentence(&error))?;
            }
        }
    }
    if dry_run && !changes.is_empty() {
        let number = counted(changes.len(), "change", "changes");
        Lines::last(&format!("{number} to make. Nothing was changed."))?;
    } else if !changes.is_empty() {
        Lines::last(&how_many(made, failed))?;
    }
    Ok(if failed == 0 {
        Verdict::Well
    } else {
        Verdict::Wrong
    })
}

/// The last line, once nothing is left to try.
fn how_many(made: usize, failed: usize) -> String {
    let done = counted(made, "change was made", "changes were made");
    match (made, failed) {
        (0, 0) => "Everything was so already. Nothing was changed.".to_owned(),
        (_, 0) => format!("{done}."),
        (0, _) => "Nothing was changed.".to_owned(),
        (_, failed) => format!("{done}, {failed} not. What was made stays."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_speaks_of_failures_only_where_there_are_any() {
        assert_eq!(how_many(1, 0), "1 change was made.");
        assert_eq!(how_many(0, 2), "Nothing was changed.");
        assert_eq!(
            how_many(2, 1),
            "2 changes were made, 1 not. What was made stays."
        );
        assert!(how_many(0, 0).starts_with("Everything was so already."));
    }
}
