//! `keyward audit key`: the verifier key, all that there were, or a new one.

use anyhow::Context as _;

use super::place::open_with_tree;
use crate::cli::Verdict;
use crate::cli::alone::Alone;
use crate::cli::output::{print, warn};
use crate::cli::parts::key_file;
use crate::cli::settings::ConfigFile;
use crate::domain::time::Clock;
use crate::store::{Flaw, Store, StoreError};

/// Prints the verifier key (C2SP signed-note: name, id and Ed25519 key) that checkpoints are checked
/// with. Write it down on the day of installation and keep it off this machine.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Print each key that there was, oldest first
    #[arg(long, conflicts_with = "new")]
    all: bool,
    /// Make a new key, where the file of the old one is gone or others have seen it, and print it
    ///
    /// The service must be stopped. The change is recorded. Checkpoints that the old key signed stay
    /// good; the old key signs the change too, if it is still there, so that who trusts it can go on.
    #[arg(long)]
    new: bool,
}

/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    if arguments.new {
        return change(&arguments.file).await;
    }
    let (log, place) = open_with_tree(&arguments.file).await?;
    let keys = log.verifier_keys().await.context(place)?;
    let first = if arguments.all {
        0
    } else {
        keys.len().saturating_sub(1)
    };
    let mut shown = String::new();
    for key in keys.iter().skip(first) {
        shown += key;
        shown += "\n";
    }
    if shown.is_empty() {
        warn("there is no key yet; the service makes it when it first starts");
        return Ok(Verdict::Wrong);
    }
    print(&shown)?;
    Ok(Verdict::Well)
}

async fn change(file: &ConfigFile) -> anyhow::Result<Verdict> {
    let settings = file.settings()?;
    let database = settings.store.url.path();
    anyhow::ensure!(
        database.exists(),
        "there is no audit log in {} yet; its key is made when the service first starts",
        database.display()
    );
    let clock = Clock::system();
    let change = match Store::change_key(database, &key_file(&settings)?, clock.clone()).await {
        Err(StoreError::Unusable(Flaw::InUse)) => {
            anyhow::bail!("the service is running; stop it first, a key is never changed under it")
        }
        changed => changed.with_context(|| format!("the store {}", database.display()))?,
    };
    print(&format!("{}\n", change.now))?;
    match (change.before, change.vouched) {
        (None, _) => warn("the log's first key is made; write it down off this machine"),
        (Some(_), true) => warn(
            "the old key has signed the change and is not kept; give the new one to everybody who \
             checks the log",
        ),
        (Some(_), false) => warn(
            "the old key could not sign the change; tell everybody who checks the log in another way \
             that this key is the right one",
        ),
    }
    // The sinks get the record and the checkpoint that both keys signed, now.
    if !settings.sinks.is_empty()
        && let Some(alone) = Alone::open(&settings, &clock).await?
    {
        alone.close().await;
    }
    Ok(Verdict::Well)
}
