//! `keyward audit archive`: old records into archives, now.

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::place::open;
use crate::archive::{Archiving, Order, ask, in_words};
use crate::cli::alone::Alone;
use crate::cli::output::print;
use crate::cli::settings::ConfigFile;
use crate::cli::{Verdict, parts};
use crate::domain::days;
use crate::domain::time::Clock;

pub(super) const ABOUT: &str = "\
Move old records into compressed files, each with a signed checkpoint, now.

Without an option: records older than [audit] archive_after_days. What is open, or not yet with every \
sink, stays. A file is read back and compared with the database before the records leave that. \
Archives whose time is over ([audit] keep_archives_days) are removed, unless this run made them, and \
unless the log has no record from about a month before what the clock says now: a clock that is wrong \
since the start would empty the log.

While the service runs, it does the work: this command leaves a request beside the store and waits \
for the answer. Run it as the account that runs the service, or as root. By itself the service does \
this daily, where archive_after_days is set.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Archive what was written before this day, as it begins in UTC: 2026-03-01
    #[arg(long, value_name = "DATE", value_parser = day, conflicts_with = "older_than_days")]
    before: Option<Date>,
    /// Archive what is older than this
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    older_than_days: Option<u32>,
    /// Remove archives whose time is over also where the log does not bear out what the clock says
    #[arg(long)]
    clock_is_right: bool,
    /// Only say which records would be archived
    #[arg(long)]
    dry_run: bool,
}

/// # Errors
/// The settings or the store cannot be used, or the archiving did not go on; the error says why.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let settings = arguments.file.settings()?;
    let archiving = parts::archiving(&settings);
    let clock = Clock::system();
    let before = arguments.before(clock.now())?;
    anyhow::ensure!(
        before.is_some() || archiving.after_days.is_some(),
        "nothing says what is old: set [audit] archive_after_days, or use --before or --older-than-days"
    );
    if arguments.dry_run {
        return foretell(arguments, &archiving, before, clock.now()).await;
    }
    let order = Order {
        before,
        clock_is_right: arguments.clock_is_right,
    };
    let text = if let Some(alone) = Alone::open(&settings, &clock).await? {
        let report = archiving.run(&alone.store, &clock, order).await;
        alone.close().await;
        report?.to_string()
    } else {
        let answer = ask(&archiving.database, order).await?;
        anyhow::ensure!(answer.done, "{}", answer.text);
        answer.text
    };
    print(&(text + "\n"))?;
    Ok(Verdict::Well)
}

impl Arguments {
    fn before(&self, now: Timestamp) -> anyhow::Result<Option<Timestamp>> {
        if let Some(days) = self.older_than_days {
            let span = SignedDuration::from_hours(i64::from(days) * 24);
            return Ok(Some(now.checked_sub(span)?));
        }
        let day = self
            .before
            .map(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)));
        Ok(day.transpose()?)
    }
}

fn day(text: &str) -> Result<Date, &'static str> {
    days::day(text).ok_or("expected a day: 2026-03-01")
}

/// Says what would be archived.
async fn foretell(
    arguments: &Arguments,
    archiving: &Archiving,
    before: Option<Timestamp>,
    now: Timestamp,
) -> anyhow::Result<Verdict> {
    let (log, place) = open(&arguments.file).await?;
    let batch = archiving.would_archive(&log, now, before).await;
    let text = match batch.context(place)? {
        Some(batch) => format!("would be archived: {}\n", in_words(batch)),
        None => "nothing would be archived: no record is old enough and may go\n".to_owned(),
    };
    print(&text)?;
    Ok(Verdict::Well)
}
