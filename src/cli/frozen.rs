//! `keyward access freeze`, `thaw` and `frozen`: an operator is stopped, goes on, is listed.

use anyhow::Context as _;

use super::Verdict;
use super::alone::Alone;
use super::orders::{self, Order, described};
use super::output::print;
use super::parts::directory_settings;
use super::settings::ConfigFile;
use crate::config::Settings;
use crate::directory::Directory;
use crate::domain::identity::{Sid, SignInName};
use crate::domain::text::{is_hidden, visible};
use crate::domain::time::Clock;
use crate::store::AuditReader;

pub(super) const FREEZE: &str = "\
Stop an operator at once: they help nobody until somebody lifts it.

They can still sign in, and are told that they are stopped: they find nobody, and every reset and every unlock \
is refused. It holds over restarts, and is \
an event in the audit log (operator_frozen). keyward access thaw lifts it.

While the service runs, it does the work: this command leaves a request beside the store and waits for the \
answer. Run it as the account that runs the service, or as root.";

pub(super) const THAW: &str = "\
Let a frozen operator go on.

Their resets so far count towards no limit any more. It is an event in the audit log (operator_thawed). \
Somebody whose account is gone is named by their SID, as keyward access frozen lists it.

While the service runs, it does the work: this command leaves a request beside the store and waits for the \
answer. Run it as the account that runs the service, or as root.";

/// As long as a reason in the record is.
const LONGEST_REASON: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct Freeze {
    #[command(flatten)]
    who: Who,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Thaw {
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, clap::Args)]
struct Who {
    #[command(flatten)]
    file: ConfigFile,
    /// The operator: account name, DOMAIN\name, user principal name, or SID
    #[arg(value_name = "NAME")]
    name: String,
}

fn reason(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_REASON || text.contains(is_hidden) {
        return Err("expected a line of text, at most 500 characters");
    }
    Ok(text.to_owned())
}

/// # Errors
/// The operator is not frozen; the error says why.
pub(super) async fn freeze(arguments: &Freeze) -> anyhow::Result<Verdict> {
    let settings = arguments.who.file.settings()?;
    let (sid, name) = arguments.who.found(&settings).await?;
    let reason = arguments.reason.clone();
    give(&settings, Order::Freeze { sid, name, reason }).await
}

/// # Errors
/// The operator is as before; the error says why.
pub(super) async fn thaw(arguments: &Thaw) -> anyhow::Result<Verdict> {
    let settings = arguments.who.file.settings()?;
    let (sid, name) = arguments.who.found(&settings).await?;
    give(&settings, Order::Thaw { sid, name }).await
}

/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn list(file: &ConfigFile) -> anyhow::Result<Verdict> {
    let settings = file.settings()?;
    let database = settings.store.url.path();
    let place = || format!("the store {}", database.display());
    let all = if database.try_exists().with_context(place)? {
        let store = AuditReader::open(database).await.with_context(place)?;
        store.frozen().await.with_context(place)?
    } else {
        Vec::new()
    };
    let lines: String = all
        .iter()
        .map(|it| visible(&described(it)) + "\n")
        .collect();
    print(if lines.is_empty() {
        "nobody is frozen\n"
    } else {
        &lines
    })?;
    Ok(Verdict::Well)
}

impl Who {
    /// The SID, and the name for the record.
    ///
    /// # Errors
    /// Nobody has the name, or no domain controller answers.
    async fn found(&self, settings: &Settings) -> anyhow::Result<(String, String)> {
        let directory = Directory::new(directory_settings(settings), Clock::system());
        let found = match self.name.parse::<Sid>() {
            Ok(sid) => {
                // Whoever is gone has no name any more, and no directory is needed to stop somebody.
                let name = directory.operator(&sid).await.ok().flatten();
                let name = name.map_or_else(|| sid.to_string(), |found| found.sam);
                Ok((sid.to_string(), name))
            }
            Err(_) => self.resolved(&directory).await,
        };
        directory.close().await;
        found
    }

    async fn resolved(&self, directory: &Directory) -> anyhow::Result<(String, String)> {
        let name: SignInName = self.name.parse().context("NAME")?;
        let found = directory.resolve_sign_in(&name).await?;
        let found = found.with_context(|| {
            format!(
                "nobody has the name {}, or several have it. Nothing was changed. Somebody whose account is gone is \
                 named by their SID: keyward access frozen",
                self.name
            )
        })?;
        Ok((found.sid.to_string(), found.sam))
    }
}

/// By itself, or by the service that holds the store.
async fn give(settings: &Settings, order: Order) -> anyhow::Result<Verdict> {
    let text = if let Some(alone) = Alone::open(settings, &Clock::system()).await? {
        let done = orders::stop_or_go(order, &alone.store).await;
        alone.close().await;
        done.map_err(anyhow::Error::msg)?
    } else {
        let answer = orders::ask(settings.store.url.path(), order).await?;
        anyhow::ensure!(answer.done, "{}", answer.text);
        answer.text
    };
    print(&(visible(&text) + "\n"))?;
    Ok(Verdict::Well)
}
