//! What the required sinks have taken: an attempt that they have not seen is not acted upon.

use super::StoreError;
use crate::domain::audit::Seq;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long an action waits for the required sinks.
const PATIENCE: Duration = Duration::from_secs(3);

/// How far the required sinks are. Cheap to clone.
#[derive(Clone)]
pub struct Witness(watch::Sender<Option<u64>>);

impl Default for Witness {
    /// No sink is required.
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Witness {
    /// All required sinks have taken the records before `next`. The first call makes them required.
    pub fn taken(&self, next: u64) {
        self.0.send_replace(Some(next));
    }

    /// Returns when every required sink has taken this record; at once where none is required.
    ///
    /// # Errors
    /// Not within three seconds.
    pub async fn saw(&self, seq: Seq) -> Result<(), StoreError> {
        let mut taken = self.0.subscribe();
        let is_seen = |next: &Option<u64>| next.is_none_or(|next| next > seq.0);
        match timeout(PATIENCE, taken.wait_for(is_seen)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(StoreError::NotWitnessed),
        }
    }
}
