//! One domain controller: its service connections, and whether to use it now.

use super::connection::Connection;
use super::opener::{OpenFailure, Opener};
use super::settings::ServerAddress;
use crate::domain::account::DcName;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a server that failed is left alone while others answer.
const AVOIDED: Duration = Duration::from_secs(30);
/// A server that failed a moment ago is not asked again, however many requests wait.
const PAUSE: Duration = Duration::from_secs(1);

/// A domain controller of the settings.
pub(super) struct Server {
    pub name: DcName,
    pub address: ServerAddress,
    slots: Vec<Slot>,
    next: AtomicUsize,
    failed: Mutex<Option<Failed>>,
    pub probing: AtomicBool,
}

/// Place for one connection; only one caller at a time fills it.
#[derive(Default)]
struct Slot {
    open: Mutex<Option<Connection>>,
    opening: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Failed {
    at: Instant,
    /// Why a connection could not be opened; `None` where an open one went silent.
    why: Option<OpenFailure>,
}

/// Whether requests go to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Yes.
    Good,
    /// Only if there is no other.
    Avoided,
    /// As above, but time to look again.
    Due,
}

impl Server {
    pub(super) fn new(address: &ServerAddress, connections: usize) -> Self {
        Self {
            name: DcName(address.to_string()),
            address: address.clone(),
            slots: (0..connections.max(1)).map(|_| Slot::default()).collect(),
            next: AtomicUsize::new(0),
            failed: Mutex::new(None),
            probing: AtomicBool::new(false),
        }
    }

    pub(super) fn standing(&self) -> Standing {
        match &*lock(&self.failed) {
            None => Standing::Good,
            Some(failed) if failed.at.elapsed() < AVOIDED => Standing::Avoided,
            Some(_) => Standing::Due,
        }
    }

    /// The place to take the next connection from: each in turn.
    pub(super) fn turn(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len()
    }

    /// The service connection at a place, made now if need be. After a connection died, its place
    /// gives a new one, while the next place may hold another dead one.
    pub(super) async fn connection(
        &self,
        turn: usize,
        opener: &Opener,
        deadline: Instant,
    ) -> Result<Connection, OpenFailure> {
        let slot = self.slots.get(turn).ok_or(OpenFailure::Unreachable)?;
        if let Some(connection) = slot.usable() {
            return Ok(connection);
        }
        let asked = Instant::now();
        let Ok(_alone) = timeout_at(deadline, slot.opening.lock()).await else {
            return Err(OpenFailure::Unreachable);
        };
        if let Some(connection) = slot.usable() {
            return Ok(connection);
        }
        if let Some(why) = self.failure_since(asked) {
            return Err(why);
        }
        match opener.open(&self.address, deadline).await {
            Ok(connection) => {
                *lock(&slot.open) = Some(connection.clone());
                *lock(&self.failed) = None;
                Ok(connection)
            }
            Err(why) => {
                // What is wrong with the service account is not the server's fault.
                if why.is_the_servers() {
                    self.note(Some(why.clone()));
                }
                Err(why)
            }
        }
    }

    /// Another open connection than the one in turn last, without waiting for one.
    pub(super) fn spare(&self) -> Option<Connection> {
        let turn = self.next.load(Ordering::Relaxed);
        let slots = self.slots.iter().cycle().skip(turn % self.slots.len());
        slots.take(self.slots.len()).find_map(Slot::usable)
    }

    /// It answered a read: whatever was wrong with it is over.
    pub(super) fn answered(&self) {
        *lock(&self.failed) = None;
    }

    /// It went silent: leave it alone for a while, and trust none of its connections.
    pub(super) fn avoid(&self) {
        self.note(None);
        for slot in &self.slots {
            if let Some(connection) = lock(&slot.open).take() {
                connection.retire();
            }
        }
    }

    /// Lets go of the connections; each says goodbye when its last operation is over.
    pub(super) fn close(&self) {
        for slot in &self.slots {
            lock(&slot.open).take();
        }
    }

    fn note(&self, why: Option<OpenFailure>) {
        let at = Instant::now();
        *lock(&self.failed) = Some(Failed { at, why });
    }

    /// The failure of somebody else's try that ended while this caller waited, or just before.
    fn failure_since(&self, asked: Instant) -> Option<OpenFailure> {
        let failed = lock(&self.failed);
        let failed = failed.as_ref()?;
        let fresh = failed.at >= asked || failed.at.elapsed() < PAUSE;
        failed.why.clone().filter(|_| fresh)
    }
}

impl Slot {
    fn usable(&self) -> Option<Connection> {
        lock(&self.open)
            .as_ref()
            .filter(|connection| connection.is_usable())
            .cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
