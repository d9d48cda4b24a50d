//! Which attempts are in the hands of a running task, and which outcomes could not be stored yet.

use crate::domain::audit::{Entry, Seq};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Shared by the actions and the settling.
#[derive(Clone, Default)]
pub(super) struct Running {
    state: Arc<Mutex<State>>,
    wake: Arc<Notify>,
}

#[derive(Default)]
struct State {
    at_work: HashSet<Seq>,
    unsaved: HashMap<Seq, Entry>,
}

/// While this lives, the settling leaves the attempt alone.
pub(super) struct AtWork {
    attempt: Seq,
    running: Running,
}

impl Running {
    /// A task works on `attempt`.
    pub(super) fn enter(&self, attempt: Seq) -> AtWork {
        self.state().at_work.insert(attempt);
        AtWork {
            attempt,
            running: self.clone(),
        }
    }

    pub(super) fn is_at_work(&self, attempt: Seq) -> bool {
        self.state().at_work.contains(&attempt)
    }

    /// Keeps an outcome that is known but could not be stored.
    pub(super) fn keep(&self, attempt: Seq, outcome: Entry) {
        self.state().unsaved.insert(attempt, outcome);
        self.wake.notify_one();
    }

    pub(super) fn unsaved(&self) -> Vec<(Seq, Entry)> {
        let state = self.state();
        state.unsaved.iter().map(|(s, e)| (*s, e.clone())).collect()
    }

    pub(super) fn unsaved_of(&self, attempt: Seq) -> Option<Entry> {
        self.state().unsaved.get(&attempt).cloned()
    }

    pub(super) fn saved(&self, attempt: Seq) {
        self.state().unsaved.remove(&attempt);
    }

    /// Returns when there may be something to settle.
    pub(super) async fn something_to_settle(&self) {
        self.wake.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.running.state().at_work.remove(&self.attempt);
        self.running.wake.notify_one();
    }
}
