//! The look for resets outside Keyward while the service runs: at the start and once a day.

use super::outside_use::look;
use crate::directory::Directory;
use crate::domain::identity::Dn;
use crate::domain::time::Clock;
use crate::store::{AuditReader, Looks, SeenChange, StoreError};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::sleep;

/// Between two looks.
const DAILY: Duration = Duration::from_hours(24);
/// After a look that could not be made.
const AFTER_FAILURE: Duration = Duration::from_mins(5);
/// The first one waits until the service has begun to serve.
const AT_START: Duration = Duration::from_secs(5);

/// What is looked at.
#[derive(Debug, Clone)]
pub struct OutsideWatch {
    /// The store's file.
    pub database: PathBuf,
    /// The user OU.
    pub scope: Dn,
}

impl OutsideWatch {
    /// Looks again and again, and hands what each look found to `say`. Ends when it is dropped.
    pub async fn keep<F: Future<Output = ()>>(
        &self,
        directory: &Directory,
        clock: &Clock,
        say: impl Fn(Vec<SeenChange>) -> F,
    ) {
        sleep(AT_START).await;
        loop {
            let found = match self.memory().await {
                Ok(Some((log, looks))) => {
                    let found = look(directory, &log, &looks, &self.scope, clock.now(), |_| ());
                    found.await.map_err(|error| error.to_string())
                }
                // The service has just opened it, so its tables are there.
                Ok(None) => Err("the store has no place for looks".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            let pause = match found {
                Ok(found) => {
                    say(found.new).await;
                    DAILY
                }
                Err(error) => {
                    tracing::warn!(error, "resets outside Keyward could not be looked for now");
                    AFTER_FAILURE
                }
            };
            sleep(pause).await;
        }
    }

    async fn memory(&self) -> Result<Option<(AuditReader, Looks)>, StoreError> {
        let looks = Looks::open(&self.database).await?;
        let log = AuditReader::open(&self.database).await?;
        Ok(looks.map(|looks| (log, looks)))
    }
}
