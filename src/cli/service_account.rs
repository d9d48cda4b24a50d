//! `keyward service-account`: a new password for the service account.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::alone::Alone;
use super::output::print;
use super::settings::ConfigFile;
use super::{Verdict, parts};
use crate::config::Settings;
use crate::directory::Directory;
use crate::domain::time::Clock;
use crate::rotation::{Rotation, Why, ask};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Give the service account a new password, now.
    #[command(long_about = ABOUT)]
    Rotate(Arguments),
}

const ABOUT: &str = "\
Give the service account a new password, now.

The account changes its own password; it needs no right for that. The new one is kept beside the old \
one before the directory is changed, and takes its place when it binds on every domain controller of \
the settings. Whatever stops this in the middle, Keyward signs in with whichever is right, and \
running it again completes the change.

Where the password is written: to the file that [service_account] password_file names, or into the \
settings file where it stands there; nothing else in that file changes. Keyward must be able to make \
files in the same folder.

While the service runs, it does the work: this command leaves a request beside the store and waits \
for the answer. Without it, the audit sinks of the settings are at work for the time of the command; \
while a required one is away, nothing is changed. Run it as the account that runs the service, or as root.

By itself this happens every [service_account] rotate_after_days.";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Afterwards move the password out of the settings file into FILE, and name that there
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
}

/// # Errors
/// The password was not changed, or that is not certain; the error says which.
#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(command: &Command) -> anyhow::Result<Verdict> {
    let Command::Rotate(arguments) = command;
    let settings = arguments.file.settings()?;
    let to_file = arguments.to_file.as_deref().map(std::path::absolute);
    let to_file = to_file.transpose().context("--to-file")?;
    let text = match Alone::witnessed(&settings, &Clock::system()).await? {
        Some(alone) => rotate(&settings, alone, to_file).await?,
        None => ask_the_service(settings.store.url.path(), to_file).await?,
    };
    print(&(text + "\n"))?;
    Ok(Verdict::Well)
}

async fn rotate(
    settings: &Settings,
    alone: Alone,
    to_file: Option<PathBuf>,
) -> anyhow::Result<String> {
    let clock = Clock::system();
    let directory = Directory::new(parts::directory_settings(settings), clock.clone());
    let told = parts::rotation_settings(settings);
    let rotation = Rotation::new(told, directory.clone(), alone.store.clone(), clock);
    let rotated = rotation.rotate(Why::Command, to_file).await;
    directory.close().await;
    alone.close().await;
    Ok(rotated?.to_string())
}

/// The store has one holder; the service has what it takes, and goes on with the new password.
async fn ask_the_service(database: &Path, to_file: Option<PathBuf>) -> anyhow::Result<String> {
    let answer = ask(database, to_file).await?;
    anyhow::ensure!(answer.done, "{}", answer.text);
    Ok(answer.text)
}
