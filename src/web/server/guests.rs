//! Who is connected: the cap over all, the cap per client, and who has to leave when it is full.
//!
//! When the house is full, the longest-connected guest that has no request running leaves, so a
//! thousand silent connections cannot keep a person out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::web::client_address::network_of;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Connected, nothing came yet.
    Fresh,
    /// A request's header has begun.
    Header,
    /// A request is being worked on.
    Busy,
    /// Between two requests.
    Idle,
}

/// One connection, shared by its stream, its requests and the list.
#[derive(Debug)]
pub struct Guest {
    client: IpAddr,
    stage: AtomicU8,
    /// Cancelled when this connection has to make room.
    pub leave: CancellationToken,
}

impl Guest {
    /// What it is doing.
    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Fresh,
            1 => Stage::Header,
            2 => Stage::Busy,
            _ => Stage::Idle,
        }
    }
    /// Notes what it does now.
    pub fn set_stage(&self, stage: Stage) {
        let code = match stage {
            Stage::Fresh => 0,
            Stage::Header => 1,
            Stage::Busy => 2,
            Stage::Idle => 3,
        };
        self.stage.store(code, Ordering::Release);
    }
}

/// All connections, oldest first.
#[derive(Debug, Clone)]
pub struct Guests {
    list: Arc<Mutex<List>>,
    most: usize,
    most_per_client: usize,
}

#[derive(Debug, Default)]
struct List {
    next: u64,
    guests: BTreeMap<u64, Arc<Guest>>,
}

impl List {
    /// Shows out the oldest guest without a running request; `false`: everybody is busy.
    fn show_one_out(&mut self) -> bool {
        let silent = |guest: &Arc<Guest>| guest.stage() != Stage::Busy;
        let found = self.guests.iter().find(|(_, guest)| silent(guest));
        let Some((number, guest)) = found.map(|(number, guest)| (*number, Arc::clone(guest)))
        else {
            return false;
        };
        guest.leave.cancel();
        self.guests.remove(&number);
        true
    }
}

/// A place in the list; given back when dropped.
#[derive(Debug)]
pub struct Place {
    guests: Guests,
    number: u64,
    /// The connection itself.
    pub guest: Arc<Guest>,
}

impl Guests {
    /// An empty house.
    pub fn new(most: usize, most_per_client: usize) -> Self {
        Self {
            list: Arc::default(),
            most,
            most_per_client,
        }
    }

    /// Lets a connection in; `counted`: the cap per client applies to it. `None`: turned away, the
    /// client has too many already or everybody inside is busy.
    pub fn admit(&self, client: IpAddr, counted: bool) -> Option<Place> {
        let client = network_of(client);
        let mut list = self.lock();
        if counted
            && list.guests.values().filter(|g| g.client == client).count() >= self.most_per_client
        {
            return None;
        }
        if list.guests.len() >= self.most && !list.show_one_out() {
            return None;
        }
        let number = list.next;
        list.next = list.next.wrapping_add(1);
        let guest = Arc::new(Guest {
            client,
            stage: AtomicU8::new(0),
            leave: CancellationToken::new(),
        });
        list.guests.insert(number, Arc::clone(&guest));
        Some(Place {
            guests: self.clone(),
            number,
            guest,
        })
    }

    /// Makes room for somebody new where nothing else is left, such as file descriptors.
    pub fn make_room(&self) {
        self.lock().show_one_out();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.guests.lock().guests.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_client_cannot_take_every_place() {
        let guests = Guests::new(10, 2);
        let one = client("2001:db8::1");
        let places: Vec<_> = (0..2).map(|_| guests.admit(one, true).unwrap()).collect();
        assert!(guests.admit(client("2001:db8::2"), true).is_none());
        assert!(guests.admit(client("2001:db8:1::2"), true).is_some());
        assert!(guests.admit(one, false).is_some());
        drop(places);
        assert!(guests.admit(one, true).is_some());
    }

    #[test]
    fn a_full_house_shows_out_the_oldest_that_has_no_request_running() {
        let guests = Guests::new(2, 9);
        let busy = guests.admit(client("192.0.2.1"), true).unwrap();
        busy.guest.set_stage(Stage::Busy);
        let silent = guests.admit(client("192.0.2.2"), true).unwrap();
        let new = guests.admit(client("192.0.2.3"), true).unwrap();
        assert!(silent.guest.leave.is_cancelled());
        assert!(!busy.guest.leave.is_cancelled());
        new.guest.set_stage(Stage::Busy);
        assert!(guests.admit(client("192.0.2.4"), true).is_none());
        drop(silent);
        drop(new);
        assert!(guests.admit(client("192.0.2.4"), true).is_some());
    }
}
