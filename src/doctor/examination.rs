//! The order in which everything is looked at, what waits for what, and how long each may take.

use super::check::Check;
use super::memory::Memory;
use super::report::Report;
use super::{
    archives, audit_log, danger, in_the_directory, settings, sinks, store, web_tls, words,
};
use crate::config::{Inspected, Settings};
use crate::directory::Directory;
use crate::domain::time::Clock;
use crate::sinks::SinkSettings;
use crate::store::KeyFile;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::timeout;

/// What is looked at.
pub struct Installation {
    /// The settings file.
    pub file: PathBuf,
    /// What stands in it, and who can read it.
    pub inspected: Inspected,
    /// Where the audit log goes besides the database.
    pub sinks: Vec<SinkSettings>,
    /// The domain, as the service account sees it.
    pub directory: Directory,
    /// The time.
    pub clock: Clock,
}

impl Installation {
    pub(super) fn settings(&self) -> &Settings {
        &self.inspected.settings
    }
}

/// What is heard while it goes on.
#[derive(Debug)]
pub enum Event<'a> {
    /// A check is done.
    Done(&'a Check),
    /// Something long is under way.
    Looking {
        /// The name of the check.
        at: &'static str,
        /// Objects read so far.
        objects: u64,
    },
}

/// Hears an event.
pub(super) type Tell<'a> = &'a dyn Fn(Event<'_>);

/// The store, which is on a disk that may hang.
const STORE: Duration = Duration::from_secs(20);

/// Looks at everything, in order. `tell` hears each check when it is done.
pub async fn examine(of: &Installation, tell: Tell<'_>) -> Report {
    let begun = of.clock.now();
    let mut checks = Vec::new();
    let mut done = |some: Vec<Check>| {
        for check in some {
            tell(Event::Done(&check));
            checks.push(check);
        }
    };
    let settings = of.settings();
    done(settings::look(&of.file, &of.inspected));
    done(danger::look(settings));
    done(vec![web_tls::look(&settings.web, begun)]);
    let database = settings.store.url.path();
    let beside = || KeyFile::beside(database);
    let key = settings.audit.key_file.clone().unwrap_or_else(beside);
    let look = async {
        let (mut checks, log) = store::look(database, &key).await;
        if let Some(log) = &log {
            checks.push(archives::look(settings, log, begun).await);
            checks.extend(audit_log::look(&key, log, begun).await);
        }
        let memory = Memory::open(database, log).await;
        (checks, memory)
    };
    let memory = match within("store", STORE, look).await {
        Ok((checks, memory)) => {
            done(checks);
            memory
        }
        Err(late) => {
            done(vec![late]);
            Memory::Without(words::memory::store_hangs())
        }
    };
    match within(
        "sinks",
        STORE,
        sinks::look(&of.sinks, database, of.clock.now()),
    )
    .await
    {
        Ok(checks) => done(checks),
        Err(late) => done(vec![late]),
    }
    Box::pin(in_the_directory::look(of, &memory, tell, &mut done)).await;
    memory.close().await;
    Report::new(begun, checks)
}

/// Gives a look its time; one that takes longer has failed, by that name.
pub(super) async fn within<T>(
    name: &'static str,
    time: Duration,
    look: impl Future<Output = T>,
) -> Result<T, Check> {
    timeout(time, look)
        .await
        .map_err(|_| words::took_too_long(time).named(name))
}
