//! Keeps the domain's facts for a few minutes, and up to an hour while no domain controller answers.

use super::domain_facts::DomainFacts;
use super::error::DirectoryError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// After this the facts are read again beside the work that uses the old ones.
const FRESH: Duration = Duration::from_mins(5);
/// After this the work waits for the new ones.
const STALE: Duration = Duration::from_mins(10);
/// After this nobody works with them, whoever does not answer: who is dangerous may have changed.
const SPENT: Duration = Duration::from_hours(1);

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

    /// Reads the facts, one reader at a time. Where nobody answers, the old ones serve on for
    /// an hour; any other failure is about the facts themselves. `patience`: how long to wait for another reader.
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
            Err(error @ (DirectoryError::Unreachable { .. } | DirectoryError::Busy)) => {
                self.old().ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether somebody is reading now.
    pub(super) fn is_being_renewed(&self) -> bool {
        self.reading.try_lock().is_err()
    }

    fn old(&self) -> Option<Arc<DomainFacts>> {
        let last = self.lock();
        let usable = last.as_ref().filter(|(at, _)| at.elapsed() < SPENT);
        usable.map(|(_, facts)| Arc::clone(facts))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Arc<DomainFacts>)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::password::PasswordPolicy;
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicU32, Ordering};

    const PATIENCE: Duration = Duration::from_secs(4);
    const DOWN: DirectoryError = DirectoryError::Unreachable { tried: 1 };

    fn facts(lockout_threshold: u32) -> DomainFacts {
        DomainFacts {
            head: "DC=example,DC=test".parse().unwrap(),
            dns_name: "example.test".to_owned(),
            netbios_name: "EXAMPLE".to_owned(),
            sid: "S-1-5-21-1-2-3".parse().unwrap(),
            upn_suffixes: Vec::new(),
            lockout_threshold,
            lockout_window: Duration::ZERO,
            lockout_duration: None,
            policy: PasswordPolicy {
                min_length: 10,
                complexity: true,
                history: 24,
                known: true,
            },
            domain_rights: HashSet::new(),
            rights_unread: 0,
            service_token: crate::domain::security_descriptor::Token::default(),
            service_account: "S-1-5-21-1-2-3-1100".parse().unwrap(),
            policy_hints: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn facts_are_fresh_for_five_minutes_and_used_while_ageing_until_ten() {
        let cache = FactsCache::default();
        assert!(matches!(cache.kept(), Kept::Nothing));
        let first = cache.renew(async { Ok(facts(5)) }, PATIENCE).await.unwrap();
        assert!(matches!(cache.kept(), Kept::Fresh(kept) if kept == first));
        tokio::time::advance(FRESH).await;
        assert!(matches!(cache.kept(), Kept::Ageing(kept) if kept == first));
        tokio::time::advance(Duration::from_mins(5)).await;
        assert!(matches!(cache.kept(), Kept::Nothing));
    }

    #[tokio::test(start_paused = true)]
    async fn old_facts_serve_on_for_an_hour_while_nobody_answers() {
        let cache = FactsCache::default();
        assert_eq!(cache.renew(async { Err(DOWN) }, PATIENCE).await, Err(DOWN));
        let first = cache.renew(async { Ok(facts(5)) }, PATIENCE).await.unwrap();
        tokio::time::advance(STALE * 5).await;
        let later = cache.renew(async { Err(DOWN) }, PATIENCE).await;
        assert_eq!(later, Ok(first));
        assert!(matches!(cache.kept(), Kept::Nothing), "still to be read");
        let refused = DirectoryError::NotDelegated { operation: "read" };
        let other = cache.renew(async { Err(refused.clone()) }, PATIENCE).await;
        assert_eq!(other, Err(refused), "that somebody answered so is news");
        tokio::time::advance(STALE).await;
        assert_eq!(cache.renew(async { Err(DOWN) }, PATIENCE).await, Err(DOWN));
        let new = cache.renew(async { Ok(facts(7)) }, PATIENCE).await.unwrap();
        assert_eq!(new.lockout_threshold, 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_reads_once() {
        let (cache, reads) = (FactsCache::default(), AtomicU32::new(0));
        let read = || async {
            reads.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(facts(5))
        };
        let crowd = (0..20).map(|_| cache.renew(read(), PATIENCE));
        for result in futures_util::future::join_all(crowd).await {
            assert!(result.is_ok());
        }
        assert_eq!(reads.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever_for_another_reader() {
        let cache = FactsCache::default();
        let slow = cache.renew(std::future::pending(), PATIENCE);
        let waiting = async {
            tokio::task::yield_now().await;
            assert!(cache.is_being_renewed());
            cache.renew(async { Ok(facts(5)) }, PATIENCE).await
        };
        tokio::select! {
            _ = slow => panic!("it never ends"),
            result = waiting => assert_eq!(result, Err(DirectoryError::Busy)),
        }
    }
}
