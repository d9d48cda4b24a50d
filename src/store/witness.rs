//! What the required sinks have taken: an attempt that they have not seen is not acted upon.

use super::{Store, StoreError};
use crate::domain::audit::{AuditResult, Entry, Phase, Seq};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long an action waits for the required sinks.
const PATIENCE: Duration = Duration::from_secs(3);
/// The same while one is known to be away: it may be back in a moment.
const GRACE: Duration = Duration::from_millis(250);

/// How far the required sinks are. Cheap to clone.
#[derive(Clone, Default)]
pub struct Witness(Arc<watch::Sender<Vec<Standing>>>);

/// How one required sink stands.
#[derive(Debug)]
struct Standing {
    /// Its name in the settings.
    name: String,
    /// It has taken the records before this one; `None`: nothing was heard of it yet.
    next: Option<u64>,
    is_away: bool,
}

/// One required sink, which says how far it is.
pub struct RequiredSink {
    all: Witness,
    place: usize,
}

impl Witness {
    /// From now on nothing counts that this sink has not taken.
    pub fn require(&self, name: &str) -> RequiredSink {
        let mut place = 0;
        self.0.send_modify(|all| {
            place = all.len();
            all.push(Standing {
                name: name.to_owned(),
                next: None,
                is_away: false,
            });
        });
        RequiredSink {
            all: self.clone(),
            place,
        }
    }

    /// Whether every required sink is there.
    ///
    /// # Errors
    /// One is away, or was not heard of yet.
    pub fn check(&self) -> Result<(), StoreError> {
        if !self.0.borrow().iter().all(|sink| sink.has(0)) {
            return Err(StoreError::NotWitnessed);
        }
        Ok(())
    }

    /// Before an attempt is recorded: returns when every required sink is there, at once where none
    /// is required. So a sink that stays away does not fill the log with attempts that come to nothing.
    ///
    /// # Errors
    /// One is away and stays so.
    pub(super) async fn ready(&self) -> Result<(), StoreError> {
        let is_there = |sink: &Standing| !sink.is_away;
        let waited = self.wait(GRACE, |all| all.iter().all(is_there)).await;
        self.told_of(waited, is_there)
    }

    /// Returns when every required sink has taken this record; at once where none is required.
    ///
    /// # Errors
    /// Not in time.
    pub async fn saw(&self, seq: Seq) -> Result<(), StoreError> {
        let saw = |sink: &Standing| sink.next > Some(seq.0);
        let told = |all: &[Standing]| all.iter().all(saw) || all.iter().any(|sink| sink.is_away);
        let mut waited = self.wait(PATIENCE, told).await;
        if waited.is_ok() {
            waited = self.wait(GRACE, |all| all.iter().all(saw)).await;
        }
        self.told_of(waited, saw)
    }

    /// Returns when every required sink is there and has taken the records before `next`.
    ///
    /// # Errors
    /// Not in time.
    pub async fn has(&self, next: u64, patience: Duration) -> Result<(), StoreError> {
        self.wait(patience, |all| all.iter().all(|sink| sink.has(next)))
            .await
    }

    /// Says in the service's log which sinks something was refused for: who gets the error knows none of them.
    fn told_of(
        &self,
        waited: Result<(), StoreError>,
        is_well: impl Fn(&Standing) -> bool,
    ) -> Result<(), StoreError> {
        if waited.is_err() {
            let all = self.0.borrow();
            let away = all.iter().filter(|sink| !is_well(sink));
            let sinks: Vec<&str> = away.map(|sink| sink.name.as_str()).collect();
            tracing::error!(
                sinks = sinks.join(", "),
                "a required audit sink does not take records: nothing was done"
            );
        }
        waited
    }

    async fn wait(
        &self,
        patience: Duration,
        is_so: impl Fn(&[Standing]) -> bool,
    ) -> Result<(), StoreError> {
        let mut all = self.0.subscribe();
        let in_time = timeout(patience, all.wait_for(|all| is_so(all))).await;
        match in_time {
            Ok(Ok(_)) => Ok(()),
            _ => Err(StoreError::NotWitnessed),
        }
    }
}

impl Standing {
    fn has(&self, next: u64) -> bool {
        !self.is_away && self.next >= Some(next)
    }
}

impl RequiredSink {
    /// It has taken the records before `next`.
    pub fn took(&self, next: u64) {
        self.say(|standing| {
            standing.next = Some(next);
            standing.is_away = false;
        });
    }

    /// It does not take any.
    pub fn is_away(&self) {
        self.say(|standing| standing.is_away = true);
    }

    /// Whether it is there and has taken the records before `next`.
    pub fn has(&self, next: u64) -> bool {
        let all = self.all.0.borrow();
        all.get(self.place).is_some_and(|sink| sink.has(next))
    }

    fn say(&self, change: impl FnOnce(&mut Standing)) {
        self.all
            .0
            .send_modify(|all| all.get_mut(self.place).map_or((), change));
    }
}

impl Store {
    /// Whether an attempt that is on the disk counts. One that does not gets its outcome by `end`.
    pub(super) async fn witnessed<T>(
        &self,
        attempt: Seq,
        end: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<(), StoreError> {
        let seen = self.witness().saw(attempt).await;
        if seen.is_err()
            && let Err(error) = end.await
        {
            // It stays open, and the settling ends it.
            tracing::warn!(%error, "an attempt that no required sink took has no outcome yet");
        }
        seen
    }
}

/// The outcome of an attempt that a required sink did not take.
pub(super) fn unwitnessed(attempt: Entry) -> Entry {
    Entry {
        phase: Phase::Outcome,
        result: Some(AuditResult::Failed),
        code: Some("not_witnessed".to_owned()),
        details: std::collections::BTreeMap::default(),
        ..attempt
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::AuditAction;
    use crate::domain::time::Clock;
    use crate::store::{Attempted, Reserved};
    use tokio::time::Instant;

    async fn store() -> (Store, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.db");
        (Store::open(&file, Clock::system()).await.unwrap(), folder)
    }

    async fn codes(store: &Store) -> Vec<(String, Option<String>)> {
        let lines = store.lines(Seq(0), 100).await.unwrap();
        let parse = |line: &str| crate::domain::audit::Record::parse(line).unwrap().entry;
        let entries = lines.iter().map(|(_, line)| parse(line));
        entries
            .map(|e| (e.phase.word().to_owned(), e.code))
            .collect()
    }

    fn reset() -> Entry {
        Entry::new(AuditAction::ResetPassword)
    }

    #[tokio::test]
    async fn an_attempt_counts_once_every_required_sink_has_taken_it() {
        let (store, _folder) = store().await;
        assert!(
            store.attempt(reset(), None, None).await.is_ok(),
            "none required"
        );
        let (first, second) = (
            store.witness().require("first"),
            store.witness().require("second"),
        );
        let waiting = tokio::spawn({
            let store = store.clone();
            async move { store.attempt(reset(), None, None).await }
        });
        first.took(2);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!waiting.is_finished(), "the second has not");
        second.took(2);
        let attempted = waiting.await.unwrap().unwrap();
        assert_eq!(attempted, Attempted::Recorded(Seq(1)));
        assert_eq!(codes(&store).await.len(), 2);
    }

    #[tokio::test]
    async fn an_attempt_that_no_sink_takes_is_ended_as_failed_and_its_caller_is_told() {
        let (store, _folder) = store().await;
        let _silent = store.witness().require("disk");
        let refused = store.attempt(reset(), None, None).await;
        assert_eq!(refused, Err(StoreError::NotWitnessed));
        let not_witnessed = Some("not_witnessed".to_owned());
        let expected = [
            ("attempt".to_owned(), None),
            ("outcome".to_owned(), not_witnessed),
        ];
        assert_eq!(codes(&store).await, expected);
        assert!(store.open_attempts().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn while_a_sink_is_known_to_be_away_nothing_is_even_recorded() {
        let (store, _folder) = store().await;
        let sink = store.witness().require("disk");
        assert_eq!(store.witness().check(), Err(StoreError::NotWitnessed));
        sink.is_away();
        assert_eq!(store.witness().check(), Err(StoreError::NotWitnessed));
        let began = Instant::now();
        let refused = store.attempt(reset(), None, None).await;
        assert_eq!(refused, Err(StoreError::NotWitnessed));
        assert!(began.elapsed() < Duration::from_secs(1), "at once");
        assert!(codes(&store).await.is_empty());
        sink.took(1);
        assert!(store.attempt(reset(), None, None).await.is_ok(), "back");
        assert_eq!(store.witness().check(), Ok(()));
    }

    #[tokio::test]
    async fn a_sign_in_that_no_sink_takes_is_not_counted_against_the_operator() {
        let (store, _folder) = store().await;
        let sink = store.witness().require("disk");
        let sid = "S-1-5-21-1-2-3-1105".parse().unwrap();
        let reserve = || {
            let entry = Entry::new(AuditAction::SignIn);
            store.reserve_sign_in(&sid, 1, Duration::from_mins(10), entry)
        };
        assert!(matches!(reserve().await, Err(StoreError::NotWitnessed)));
        sink.took(100);
        assert!(
            matches!(reserve().await, Ok(Reserved::Go { .. })),
            "the only try is free again"
        );
    }
}
