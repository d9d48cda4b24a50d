//! The running service reads its settings again: at SIGHUP, and when `keyward config reload` asks for it.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::Mutex;

use super::Verdict;
use super::orders::{self, Order};
use super::output::{print, warn};
use super::settings::ConfigFile;
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
    tls: Option<Arc<Tls>>,
    sinks: Arc<Sinks>,
    /// One at a time.
    turn: Mutex<()>,
}

impl Reload {
    pub(super) fn new(file: ConfigFile, tls: Option<Arc<Tls>>, sinks: Arc<Sinks>) -> Self {
        Self {
            file,
            tls,
            sinks,
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
        match self.file.settings() {
            Ok(_) => {
                let done = "the settings are in order; changes take effect at the next start";
                tracing::info!("{done}");
                Ok(done.to_owned())
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
