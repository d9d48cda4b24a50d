//! Keeps the domain's facts for a few minutes, and beyond that while no domain controller answers.

use super::domain_facts::DomainFacts;
use super::error::DirectoryError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// After this the facts are read again beside the work that uses the old ones.
const FRESH: Duration = Duration::from_mins(5);
/// After this the work waits for the new ones.
const STALE: Duration = Duration::from_mins(10);

/// The last facts that were read.
#[derive(Default)]
pub(super) struct FactsCache {
    last: Mutex<Option<(Instant, Arc<DomainFacts>)>>,
    reading: tokio::sync::Mutex<()>,
}

/// What the cache holds.
pub(super) enum Kept {
    /// Use these.
    Fresh(Arc<DomainFacts>),
    /// Use these, and read them again beside.
    Ageing(Arc<DomainFacts>),
    /// Read them first.
    Nothing,
}

impl FactsCache {
    pub(super) fn kept(&self) -> Kept {
        match &*self.lock() {
            Some((at, facts)) if at.elapsed() < FRESH => Kept::Fresh(Arc::clone(facts)),
            Some((at, facts)) if at.elapsed() < STALE => Kept::Ageing(Arc::clone(facts)),
            _ => Kept::Nothing,
        }
    }

    /// Reads the facts, one reader at a time. Where that fails, the old ones serve on, whatever
    /// their age. `patience`: how long to wait for another reader.
    pub(super) async fn renew(
        &self,
        read: impl Future<Output = Result<DomainFacts, DirectoryError>>,
        patience: Duration,
    ) -> Result<Arc<DomainFacts>, DirectoryError> {
        let asked = Instant::now();
        let Ok(_alone) = timeout(patience, self.reading.lock()).await else {
            return self.old().ok_or(DirectoryError::Busy);
        };
        if let Some((at, facts)) = &*self.lock()
            && *at >= asked
        {
            return Ok(Arc::clone(facts));
        }
        match read.await {
            Ok(facts) => {
                let facts = Arc::new(facts);
                *self.lock() = Some((Instant::now(), Arc::clone(&facts)));
                Ok(facts)
            }
            Err(error) => self.old().ok_or(error),
        }
    }

    /// Whether somebody is reading now.
    pub(super) fn is_being_renewed(&self) -> bool {
        self.reading.try_lock().is_err()
    }

    fn old(&self) -> Option<Arc<DomainFacts>> {
        self.lock().as_ref().map(|(_, facts)| Arc::clone(facts))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Arc<DomainFacts>)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
