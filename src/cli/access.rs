//! `keyward access`: who may do what to whom, as the rules and the directory stand now; `frozen` has who is stopped.

use std::path::PathBuf;

use anyhow::Context as _;

use super::output::print;
use super::parts::directory_settings;
use super::screen::Screen;
use super::settings::ConfigFile;
use super::{Verdict, frozen, logging};
use crate::actions::codes;
use crate::config::Settings;
use crate::directory::Directory;
use crate::domain::time::Clock;
use crate::report::{self, AccessReport, Asked, Why};
use crate::web::words;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List the operators, whom they can reset, and whom nobody resets here and why.
    ///
    /// With --compare, print only what is different from an earlier report; the exit status is 1 if
    /// anything is.
    Report(Arguments),
    /// Stop an operator at once: they help nobody until somebody lifts it.
    #[command(long_about = frozen::FREEZE)]
    Freeze(frozen::Freeze),
    /// Let a frozen operator go on.
    #[command(long_about = frozen::THAW)]
    Thaw(frozen::Thaw),
    /// List who is frozen, since when and why.
    Frozen(ConfigFile),
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// An earlier report in JSON: print what is different; exit status 1 if anything is
    #[arg(long, value_name = "EARLIER.json")]
    compare: Option<PathBuf>,
}

/// How to print a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For reading
    Text,
    /// One table, for a spreadsheet
    Csv,
    /// One document, for scripts and for --compare
    Json,
}

/// # Errors
/// The settings cannot be used, no domain controller answers, the earlier report cannot be read, or the
/// running service does not answer.
#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(command: &Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Report(arguments) => report(arguments).await,
        Command::Freeze(arguments) => frozen::freeze(arguments).await,
        Command::Thaw(arguments) => frozen::thaw(arguments).await,
        Command::Frozen(file) => frozen::list(file).await,
    }
}

async fn report(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let settings = arguments.file.settings()?;
    logging::start_if_asked();
    anyhow::ensure!(
        arguments.compare.is_none() || arguments.format != Format::Csv,
        "differences are printed as text or as JSON; leave out --format csv"
    );
    let earlier = arguments.compare.as_ref().map(read).transpose()?;
    let report = made(&settings).await?;
    match earlier {
        None => {
            print(&match arguments.format {
                Format::Text => report::text(&report),
                Format::Csv => report::csv(&report),
                Format::Json => report.json()?,
            })?;
            Ok(Verdict::Well)
        }
        Some(earlier) => {
            let found = report::compare(&earlier, &report);
            print(&match arguments.format {
                Format::Json => found.json()?,
                Format::Text | Format::Csv => report::of_differences(&found),
            })?;
            Ok(if found.is_empty() {
                Verdict::Well
            } else {
                Verdict::Wrong
            })
        }
    }
}

async fn made(settings: &Settings) -> anyhow::Result<AccessReport> {
    let clock = Clock::system();
    let directory = Directory::new(directory_settings(settings), clock.clone());
    let asked = Asked {
        rules: settings.written_rules(),
        reset_group: settings.ad.reset_group.as_str().to_owned(),
    };
    let screen = Screen::new();
    let show = |read| screen.show("access report", read);
    let report = report::gather(&directory, &asked, in_words, clock.now(), show).await;
    screen.clear();
    directory.close().await;
    report.context("there is no report")
}

fn read(file: &PathBuf) -> anyhow::Result<AccessReport> {
    let text = std::fs::read_to_string(file).with_context(|| {
        format!(
            "the earlier report {} cannot be read; there is no comparison",
            file.display()
        )
    })?;
    AccessReport::parse(&text).with_context(|| file.display().to_string())
}

/// The words of the pages and of the record.
fn in_words(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::Protected(why) => (codes::of_protection(why), words::protection_reason(why).0),
        Why::WouldNotHelp(why) => (codes::of_obstacle(why), words::obstacle(why).0),
        Why::OutOfAction(why) => (codes::of_out_of_action(why), ""),
    }
}
