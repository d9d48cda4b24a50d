//! One at a time for each key: sign-ins of one person, writes to one account.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

/// Keys with a turn or a queue.
const KEYS: usize = 1024;
/// Those that hold or wait for one key.
const QUEUE: usize = 64;
/// Nobody waits longer for a turn.
const PATIENCE: Duration = Duration::from_secs(10);

type Gates<K> = Arc<Mutex<HashMap<K, Arc<Gate<()>>>>>;

/// Gives turns.
pub(super) struct Turns<K>(Gates<K>);

/// While this lives, nobody else has a turn for the same key.
pub(super) struct Turn<K: Eq + Hash> {
    key: K,
    gates: Gates<K>,
    held: Option<OwnedMutexGuard<()>>,
    waited: bool,
}

impl<K: Eq + Hash + Clone> Turns<K> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Waits for the turn; `None`: too many keys or waiting, or too long a wait.
    pub(super) async fn take(&self, key: K) -> Option<Turn<K>> {
        let gate = {
            let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if gates.len() >= KEYS && !gates.contains_key(&key) {
                return None;
            }
            let gate = gates.entry(key.clone()).or_default();
            // One reference is the table's.
            if Arc::strong_count(gate) > QUEUE {
                return None;
            }
            Arc::clone(gate)
        };
        // Made first, so that the key goes away even if the waiting is given up.
        let mut turn = Turn {
            key,
            gates: Arc::clone(&self.0),
            held: None,
            waited: false,
        };
        if let Ok(held) = Arc::clone(&gate).try_lock_owned() {
            turn.held = Some(held);
            return Some(turn);
        }
        turn.waited = true;
        let held = tokio::time::timeout(PATIENCE, gate.lock_owned()).await;
        turn.held = Some(held.ok()?);
        Some(turn)
    }
}

impl<K: Eq + Hash> Turn<K> {
    /// Somebody else had it first: what was read before may be out of date.
    pub(super) fn was_waited_for(&self) -> bool {
        self.waited
    }
}

impl<K: Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        self.held = None;
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits or holds has a second reference.
        if gates
            .get(&self.key)
            .is_some_and(|gate| Arc::strong_count(gate) == 1)
        {
            gates.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_with_one_key_go_one_after_the_other_and_the_key_is_forgotten() {
        let turns = Turns::new();
        let first = turns.take("carol").await.unwrap();
        let mut second = Box::pin(turns.take("carol"));
        assert!(futures_util::poll!(&mut second).is_pending());
        let other = turns.take("dave").await;
        assert!(other.is_some());
        drop(first);
        let second = second.await.unwrap();
        assert!(second.was_waited_for() && !other.as_ref().unwrap().was_waited_for());
        drop((second, other));
        assert!(turns.0.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let turns = Turns::new();
        let _first = turns.take(1).await.unwrap();
        assert!(turns.take(1).await.is_none());
    }

    #[tokio::test]
    async fn the_queue_for_one_key_is_bounded() {
        let turns = Turns::new();
        let mut queue: Vec<_> = (0..QUEUE).map(|_| Box::pin(turns.take(1))).collect();
        let first = queue.remove(0).await.unwrap();
        for waiting in &mut queue {
            assert!(futures_util::poll!(waiting).is_pending());
        }
        assert!(turns.take(1).await.is_none());
        assert!(turns.take(2).await.is_some());
        drop(first);
        drop(queue);
        assert!(turns.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_number_of_keys_is_bounded() {
        let turns = Turns::new();
        let mut held = Vec::new();
        for key in 0..KEYS {
            held.push(turns.take(key).await.unwrap());
        }
        assert!(turns.take(KEYS).await.is_none());
        drop(held);
        assert!(turns.take(KEYS).await.is_some());
    }
}
