//! The running service reads its settings again: at SIGHUP, and when `keyward config reload` asks for it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::Mutex;

use super::Verdict;
use super::orders::{self, Order};
use super::output::{print, warn};
use super::parts::{Parts, action_settings};
use super::settings::ConfigFile;
use crate::actions::App;
use crate::config::Settings;
use crate::sinks::Sinks;
use crate::store::Store;
use crate::web::server::tls::Tls;

pub(super) const ABOUT: &str = "\
Have the running service read its settings again, as SIGHUP does.

The service is asked by a file beside its store; run this as the account that runs it, or as root. Where \
the settings are faulty, this says what is wrong and in which line, the exit status is 1, and the service \
goes on with the settings that it has.";

/// What a faulty file changes.
const STAY: &str = "the running settings stay";

/// What is read again.
pub struct Reload {
    file: ConfigFile,
    app: App,
    tls: Option<Arc<Tls>>,
    sinks: Arc<Sinks>,
    /// One at a time.
    turn: Mutex<()>,
}

impl Reload {
    /// Of a service that is put together.
    pub(super) fn new(file: ConfigFile, parts: &Parts) -> Self {
        Self {
            file,
            app: parts.app.clone(),
            tls: parts.tls.clone(),
            sinks: Arc::clone(&parts.sinks),
            turn: Mutex::default(),
        }
    }

    /// Reads settings and certificate again and opens the sinks' files anew; says in the log, too, what it came to.
    ///
    /// # Errors
    /// What is wrong with the settings, a line each, and that those in force stay.
    pub(super) async fn now(&self) -> Result<String, Vec<String>> {
        let _turn = self.turn.lock().await;
        self.sinks.reopen();
        if let Some(tls) = &self.tls {
            tls.reload_and_say();
        }
        match self.adopt().await {
            Ok(said) => {
                tracing::info!("{said}");
                Ok(said)
            }
            Err(error) => {
                // A line each: the file, the line, the key.
                let lines = faults(&error);
                for line in &lines {
                    tracing::error!("{line}");
                }
                Err(lines)
            }
        }
    }

    /// The settings of the file, once everything that their rules name is in the directory.
    ///
    /// # Errors
    /// The file is faulty, or names what is not there.
    async fn adopt(&self) -> anyhow::Result<String> {
        let settings = self.file.settings()?;
        let running = &self.app.settings().rules.user_ou;
        anyhow::ensure!(
            settings.ad.user_ou == *running,
            "[ad] user_ou is another one than the service was started with, and its rights are proven on that; restart it"
        );
        let adopted = self.app.adopt(action_settings(&settings)).await;
        adopted.context("the settings do not fit the directory, or cannot be recorded")?;
        Ok(in_force(&self.file.path()?, &settings))
    }
}

/// What a sound file changes: which file it is, and which rules are in it.
fn in_force(file: &Path, settings: &Settings) -> String {
    let rules: Vec<&str> = settings
        .rules
        .iter()
        .map(|rule| rule.name.as_str())
        .collect();
    format!(
        "the settings are in order: rules, protection, limits, reasons, passwords, auditors and sessions of {} are in force; the \
         rest is at the next start. Rules ({}): {}",
        file.display(),
        rules.len(),
        rules.join(", ")
    )
}

fn faults(error: &anyhow::Error) -> Vec<String> {
    let text = format!("{error:#}");
    let lines = text.lines().map(str::to_owned);
    lines.chain([STAY.to_owned()]).collect()
}

/// Asks the running service.
///
/// # Errors
/// No service runs, or it does not answer.
#[tokio::main(flavor = "current_thread")]
pub(super) async fn ask(file: &ConfigFile) -> anyhow::Result<Verdict> {
    // Where the store is, they say themselves. The service would find the same.
    let settings = match file.settings() {
        Err(error) if file.path().is_ok() => return Ok(wrong(&faults(&error).join("\n"))),
        read => read?,
    };
    let database = settings.store.url.path();
    let is_held = Store::is_held(database).with_context(|| {
        format!(
            "whether a service runs cannot be seen at the store {}",
            database.display()
        )
    })?;
    anyhow::ensure!(
        is_held,
        "no service runs with the store {}: there is nothing to reload",
        database.display()
    );
    let answer = orders::ask(database, Order::Reload).await?;
    if !answer.done {
        return Ok(wrong(&answer.text));
    }
    print(&(answer.text + "\n"))?;
    Ok(Verdict::Well)
}

fn wrong(text: &str) -> Verdict {
    warn(text);
    Verdict::Wrong
}
