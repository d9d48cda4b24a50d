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
pub use syslog::{SyslogSettings, Transport};
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
            required: settings.required.then(|| store.witness().require()),
            settings,
            reopen: Arc::default(),
        };
        Self(settings.into_iter().map(sink).collect())
    }

    /// Delivers until `stop`; then what can be delivered soon still is.
    pub async fn keep(&self, store: &Store, stop: CancellationToken) {
        let deliveries = self.0.iter().map(|sink| {
            let outlet = Outlet::new(&sink.settings.kind, Arc::clone(&sink.reopen));
            let (name, required) = (&sink.settings.name, sink.required.as_ref());
            Delivery::new(name, required, outlet, store).keep(&stop)
        });
        futures_util::future::join_all(deliveries).await;
    }

    /// Files are opened anew, as after a rotation by somebody else (SIGHUP).
    pub fn reopen(&self) {
        for sink in &self.0 {
            sink.reopen.store(true, Ordering::Release);
        }
    }
}
