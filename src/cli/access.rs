//! `keyward access`: who may do what to whom, as the rules and the directory stand now; `frozen` has who is stopped.

mod explain;

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
use crate::domain::account::Protection;
use crate::domain::rules::ByRules;
use crate::domain::time::Clock;
use crate::report::{self, AccessReport, Why};
use crate::web::words;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say what one operator may do to one person and why.
    #[command(long_about = explain::ABOUT)]
    Explain(explain::Arguments),
    /// List the operators, whom each of them can reset by which rule, and whom nobody can reset and why.
    ///
    /// It is decided as the pages decide, for any hour and any network. --format csv has a line for each operator and
    /// each person whom they can reset.
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
        Command::Explain(arguments) => explain::run(arguments).await,
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
    let Some(earlier) = earlier else {
        return printed(&report, arguments.format);
    };
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

fn printed(report: &AccessReport, format: Format) -> anyhow::Result<Verdict> {
    match format {
        Format::Text => print(&report::text(report))?,
        // A line for each pair may be a million.
        Format::Csv => report::csv(report).try_for_each(|piece| print(&piece))?,
        Format::Json => print(&report.json()?)?,
    }
    Ok(Verdict::Well)
}

async fn made(settings: &Settings) -> anyhow::Result<AccessReport> {
    let clock = Clock::system();
    let directory = Directory::new(directory_settings(settings), clock.clone());
    let rules = settings.written_rules();
    let screen = Screen::new();
    let show = |read| screen.show("access report", read);
    let report = report::gather(&directory, &rules, in_words, clock.now(), show).await;
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

/// The words of the record, and the sentences of the pages where they speak of the account alone.
fn in_words(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::Protected(Protection::Yourself) => (
            codes::of_protection(Protection::Yourself),
            "The only operator who reaches this account is its owner.",
        ),
        Why::Protected(why) => (codes::of_protection(why), words::protection_reason(why).0),
        Why::WouldNotHelp(why) => (codes::of_obstacle(why), words::obstacle(why).0),
        Why::ByRules(why) => (codes::of_rules(why), by_rules(why)),
        Why::NotReached => (
            "not_in_scope",
            "No rule shows this account to any operator.",
        ),
        Why::NobodyActive => (
            "no_active_operator",
            "The operators who could reset it are out of action themselves.",
        ),
        Why::Several => (
            "several",
            "Different operators may not for different reasons; keyward access explain tells each.",
        ),
        Why::OutOfAction(why) => (codes::of_out_of_action(why), ""),
    }
}

fn by_rules(why: ByRules) -> &'static str {
    match why {
        ByRules::Denied => "A rule denies it to all who reach it.",
        ByRules::NoneAllows => "Operators may look at it, and no rule lets any of them reset it.",
        // A report asks for any hour and network, with nothing done yet.
        ByRules::OutsideHours => "Only at other hours.",
        ByRules::OtherNetwork => "Only from another network.",
        ByRules::Limit(_) => "A limit is reached.",
    }
}
