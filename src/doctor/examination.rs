//! The order in which everything is looked at, what waits for what, and how long each may take.

use super::check::{Check, Told};
use super::report::Report;
use super::{danger, settings, store, web_tls, words};
use crate::config::Inspected;
use crate::directory::Directory;
use crate::domain::time::Clock;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::timeout;

/// What is looked at.
pub struct Installation {
    /// The settings file.
    pub file: PathBuf,
    /// What stands in it, and who can read it.
    pub inspected: Inspected,
    /// The domain, as the service account sees it.
    pub directory: Directory,
    /// The time.
    pub clock: Clock,
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

/// The store, which is on a disk that may hang.
const STORE: Duration = Duration::from_secs(20);

/// An examination under way.
pub(super) struct Examination<'a> {
    pub(super) of: &'a Installation,
    checks: Vec<Check>,
    tell: &'a mut (dyn FnMut(Event<'_>) + Send),
}

/// Looks at everything, in order. `tell` hears each check when it is done.
pub async fn examine(of: &Installation, tell: &mut (dyn FnMut(Event<'_>) + Send)) -> Report {
    let begun = of.clock.now();
    let mut examination = Examination {
        of,
        checks: Vec::new(),
        tell,
    };
    examination.without_the_directory().await;
    Report::new(begun, examination.checks)
}

impl Examination<'_> {
    async fn without_the_directory(&mut self) {
        let inspected = &self.of.inspected;
        self.done(settings::look(&self.of.file, inspected));
        self.done(danger::look(&inspected.settings));
        let now = self.of.clock.now();
        self.done(vec![web_tls::look(&inspected.settings.web, now)]);
        let database = inspected.settings.store.url.path();
        match within("store", STORE, store::look(database)).await {
            Ok((checks, _log)) => self.done(checks),
            Err(late) => self.done(vec![late]),
        }
    }

    pub(super) fn done(&mut self, checks: Vec<Check>) {
        for check in checks {
            (self.tell)(Event::Done(&check));
            self.checks.push(check);
        }
    }
}

/// Gives a look its time; one that takes longer has failed, by that name.
pub(super) async fn within<T>(
    name: &'static str,
    time: Duration,
    look: impl Future<Output = T>,
) -> Result<T, Check> {
    timeout(time, look)
        .await
        .map_err(|_| late(time).named(name))
}

fn late(time: Duration) -> Told {
    words::took_too_long(time)
}
