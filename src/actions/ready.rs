//! Whether the service can do its job now, for `/readyz`.

use super::{App, NotReady};
use std::time::Duration;
use tokio::time::timeout;

/// A balancer that asks waits no longer.
const PATIENCE: Duration = Duration::from_secs(4);

impl App {
    /// A DC answers, and an attempt could be recorded, by the required sinks too.
    ///
    /// # Errors
    /// Which of the two is missing.
    pub async fn ready(&self) -> Result<(), NotReady> {
        let writable = timeout(PATIENCE, self.store.check_writable());
        let ping = timeout(PATIENCE, self.directory.ping());
        let (writable, ping) = tokio::join!(writable, ping);
        match (writable, ping) {
            _ if self.store.witness().check().is_err() => Err(NotReady::Store),
            (Ok(Ok(())), Ok(Ok(_))) => Ok(()),
            (Ok(Ok(())), _) => Err(NotReady::Directory),
            _ => Err(NotReady::Store),
        }
    }
}
