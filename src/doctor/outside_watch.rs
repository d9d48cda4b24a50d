//! The look for resets outside Keyward while the service runs: at the start and once a day.

use super::outside_use::{OutsideUseError, look};
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
    /// Looks again and again. `record` puts one reset on record; what `doctor` found in between is
    /// recorded too. Ends when it is dropped.
    pub async fn keep<F>(
        &self,
        directory: &Directory,
        clock: &Clock,
        record: impl Fn(SeenChange) -> F,
    ) where
        F: Future<Output = Result<(), StoreError>>,
    {
        sleep(AT_START).await;
        loop {
            let pause = match self.look_once(directory, clock, &record).await {
                Ok(()) => DAILY,
                Err(error) => {
                    tracing::warn!(%error, "resets outside Keyward could not be looked for now");
                    AFTER_FAILURE
                }
            };
            sleep(pause).await;
        }
    }

    async fn look_once<F>(
        &self,
        directory: &Directory,
        clock: &Clock,
        record: impl Fn(SeenChange) -> F,
    ) -> Result<(), OutsideUseError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        // The service has just opened the store, so its tables are there.
        let Some(looks) = Looks::open(&self.database).await? else {
            return Ok(());
        };
        let log = AuditReader::open(&self.database).await?;
        look(directory, &log, &looks, &self.scope, clock.now(), |_| ()).await?;
        loop {
            let found = looks.not_recorded().await?;
            if found.is_empty() {
                break;
            }
            tracing::warn!(
                resets = found.len(),
                "passwords were reset that the log does not know; if no administrator of yours did it, \
                 somebody knows the service account's password: keyward doctor"
            );
            for change in found {
                record(change.clone()).await?;
                looks.note_recorded(&change).await?;
            }
        }
        looks.close().await;
        Ok(())
    }
}
