//! The store for a command that writes into the log while no service runs: the sinks of the settings
//! are at work for its time, as they are in the service.

use std::sync::Arc;
use std::time::Duration;

use super::output::warn;
use super::parts::store_and_sinks;
use crate::config::Settings;
use crate::domain::time::Clock;
use crate::sinks::{Delivering, Sinks};
use crate::store::{Flaw, Store, StoreError};

/// How long the required sinks may take to be there, with everything that they have not got yet.
const PATIENCE: Duration = Duration::from_secs(15);

/// A store that no service holds, and its sinks at work.
pub(super) struct Alone {
    pub(super) store: Store,
    sinks: Arc<Sinks>,
    delivering: Delivering,
}

impl Alone {
    /// For what changes the log alone; `None`: a service holds the store.
    ///
    /// # Errors
    /// The store cannot be used.
    pub(super) async fn open(settings: &Settings, clock: &Clock) -> anyhow::Result<Option<Self>> {
        let (store, sinks) = match store_and_sinks(settings, clock).await {
            Err(error) if error.downcast_ref() == Some(&StoreError::Unusable(Flaw::InUse)) => {
                return Ok(None);
            }
            opened => opened?,
        };
        let delivering = sinks.start(&store);
        Ok(Some(Self {
            store,
            sinks,
            delivering,
        }))
    }

    /// For what changes the directory: every required sink is there, and has all records so far.
    ///
    /// # Errors
    /// As [`open`](Self::open), or one does not take them in time. Nothing was changed.
    pub(super) async fn witnessed(
        settings: &Settings,
        clock: &Clock,
    ) -> anyhow::Result<Option<Self>> {
        let Some(alone) = Self::open(settings, clock).await? else {
            return Ok(None);
        };
        let length = alone.store.reader().length().await?;
        let (sinks, store) = (&alone.sinks, &alone.store);
        let without = sinks.required_without(length, store, PATIENCE).await;
        if without.is_empty() {
            return Ok(Some(alone));
        }
        let names = without.join(", ");
        alone.end().await;
        anyhow::bail!(
            "an audit sink that the settings require does not take the records, or not all of them yet: {names}. \
             Nothing was changed. keyward doctor says what is wrong with it; run this again when it is there"
        )
    }

    /// Delivers what was written, for a moment, and gives the store back.
    pub(super) async fn close(self) {
        for name in self.end().await {
            warn(&format!(
                "the audit sink {name} has not got every record yet; it gets them when the service starts"
            ));
        }
    }

    async fn end(self) -> Vec<String> {
        let behind = self.delivering.stop().await;
        self.store.close().await;
        behind
    }
}
