//! Where records and checkpoints go besides the database: files, syslog, webhooks. In order, at least
//! once; what is delivered where is in the store.
//!
//! `batch` is what is delivered at once, `delivery` brings it to an `outlet` and tries again.

mod back_off;
mod batch;
mod connection;
mod delivery;
mod file;
mod outlet;
mod problem;
mod reach;
mod syslog;
mod webhook;

use crate::store::{RequiredSink, Store};
pub use connection::Server;
use delivery::Delivery;
use outlet::Outlet;
pub use problem::SinkProblem;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
pub use syslog::{SyslogSettings, Transport};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
pub use webhook::WebhookSettings;

/// One sink of the settings.
#[derive(Debug, Clone)]
pub struct SinkSettings {
    /// Unique; its place in the store.
    pub name: String,
    /// Nothing counts that it has not taken.
    pub required: bool,
    /// What it is.
    pub kind: SinkKind,
}

/// What a sink is.
#[derive(Debug, Clone)]
pub enum SinkKind {
    /// A file with a line each.
    File(PathBuf),
    /// A syslog server.
    Syslog(SyslogSettings),
    /// An HTTPS server.
    Webhook(WebhookSettings),
}

/// Longer than the last deliveries may take.
const STOPPING: Duration = Duration::from_secs(7);

/// Sinks at work.
pub struct Delivering {
    sinks: Arc<Sinks>,
    store: Store,
    stop: CancellationToken,
    task: JoinHandle<Vec<String>>,
}

impl Delivering {
    /// Signs a checkpoint, for the sinks too, delivers what can be delivered soon, and ends. The names of
    /// those that did not get everything; it follows at the next start.
    pub async fn stop(self) -> Vec<String> {
        if let Err(error) = self.store.checkpoint().await {
            tracing::debug!(%error, "no checkpoint for the sinks before they stop");
        }
        self.stop.cancel();
        let all = || self.sinks.0.iter().map(|sink| sink.settings.name.clone());
        match timeout(STOPPING, self.task).await {
            Ok(Ok(behind)) => behind,
            _ => all().collect(),
        }
    }
}

/// All sinks of the settings.
#[derive(Default)]
pub struct Sinks(Vec<Sink>);

struct Sink {
    settings: SinkSettings,
    required: Option<RequiredSink>,
    /// The file is to be opened anew.
    reopen: Arc<AtomicBool>,
}

impl Sinks {
    /// From now on nothing counts that a required one has not taken.
    pub fn new(settings: Vec<SinkSettings>, store: &Store) -> Self {
        let sink = |settings: SinkSettings| Sink {
            required: settings
                .required
                .then(|| store.witness().require(&settings.name)),
            settings,
            reopen: Arc::default(),
        };
        Self(settings.into_iter().map(sink).collect())
    }

    /// Delivers until [`Delivering::stop`].
    pub fn start(self: &Arc<Self>, store: &Store) -> Delivering {
        let stop = CancellationToken::new();
        let task = tokio::spawn({
            let (sinks, store, stop) = (Arc::clone(self), store.clone(), stop.clone());
            async move { sinks.keep(&store, &stop).await }
        });
        Delivering {
            sinks: Arc::clone(self),
            store: store.clone(),
            stop,
            task,
        }
    }

    /// The names of those that did not get everything.
    async fn keep(&self, store: &Store, stop: &CancellationToken) -> Vec<String> {
        let deliveries = self.0.iter().map(async |sink| {
            let outlet = Outlet::new(&sink.settings.kind, Arc::clone(&sink.reopen));
            let (name, required) = (&sink.settings.name, sink.required.as_ref());
            let delivery = Delivery::new(name, required, outlet, store);
            let has_everything = delivery.keep(stop).await;
            (!has_everything).then(|| name.clone())
        });
        let behind = futures_util::future::join_all(deliveries).await;
        behind.into_iter().flatten().collect()
    }

    /// Waits until the required ones have the records before `next`; the names of those that have not
    /// in time.
    pub async fn required_without(
        &self,
        next: u64,
        store: &Store,
        patience: Duration,
    ) -> Vec<&str> {
        if store.witness().has(next, patience).await.is_ok() {
            return Vec::new();
        }
        let has_not = |sink: &&Sink| sink.required.as_ref().is_some_and(|it| !it.has(next));
        let behind = self.0.iter().filter(has_not);
        behind.map(|sink| sink.settings.name.as_str()).collect()
    }

    /// Files are opened anew, as after a rotation by somebody else (SIGHUP).
    pub fn reopen(&self) {
        for sink in &self.0 {
            sink.reopen.store(true, Ordering::Release);
        }
    }
}
