//! Reads the body of a form, before the request takes its turn.
//!
//! A body takes as long as its sender likes, and anybody may send one. So bodies have places of
//! their own, few for one client: where all are taken, the longest-running body gives way to the
//! new one. A form from a browser is here at once, and passes among any number of slow ones.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::client_address::network_of;
use super::problem::Problem;
use super::server::limits::Limits;

/// What is read of a body that is too large, so that its sender comes to see the answer.
const SWALLOW: usize = 1024 * 1024;

/// The bodies that are being read now, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Bodies(Arc<Mutex<List>>);

#[derive(Debug, Default)]
struct List {
    next: u64,
    running: BTreeMap<u64, Running>,
}

#[derive(Debug)]
struct Running {
    client: IpAddr,
    give_way: CancellationToken,
}

impl List {
    /// The oldest of one client, or of all, gives way where these are `most` already.
    fn make_room(&mut self, most: usize, client: Option<IpAddr>) {
        let counts = |running: &Running| client.is_none_or(|client| running.client == client);
        let numbers = self.running.iter().filter(|(_, running)| counts(running));
        let numbers: Vec<u64> = numbers.map(|(number, _)| *number).collect();
        let Some(oldest) = numbers.first().filter(|_| numbers.len() >= most) else {
            return;
        };
        if let Some(running) = self.running.remove(oldest) {
            running.give_way.cancel();
        }
    }
}

/// A place for one body; given back when dropped.
struct Place {
    bodies: Bodies,
    number: u64,
    give_way: CancellationToken,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.bodies.lock().running.remove(&self.number);
    }
}

impl Bodies {
    /// The whole body that `client` sends.
    ///
    /// # Errors
    /// It is too large, too slow or breaks off; [`Problem::Busy`]: it had to give way.
    pub async fn read(
        &self,
        client: IpAddr,
        headers: &HeaderMap,
        body: Body,
        limits: &Limits,
    ) -> Result<Bytes, Problem> {
        let place = self.take(client, limits);
        tokio::select! {
            biased;
            whole = whole(headers, body, limits) => whole.map(Bytes::from),
            () = place.give_way.cancelled() => Err(Problem::Busy),
        }
    }

    fn take(&self, client: IpAddr, limits: &Limits) -> Place {
        let client = network_of(client);
        let give_way = CancellationToken::new();
        let mut list = self.lock();
        list.make_room(limits.bodies_per_client, Some(client));
        list.make_room(limits.bodies, None);
        let number = list.next;
        list.next = list.next.wrapping_add(1);
        let running = Running {
            client,
            give_way: give_way.clone(),
        };
        list.running.insert(number, running);
        Place {
            bodies: self.clone(),
            number,
            give_way,
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn whole(headers: &HeaderMap, mut body: Body, limits: &Limits) -> Result<Vec<u8>, Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok())
        .unwrap_or(0);
    let mut text = Vec::with_capacity(announced.min(limits.body_bytes));
    let mut came = 0;
    let deadline = Instant::now() + limits.body;
    while came <= SWALLOW {
        let Some(frame) = timeout_at(deadline, body.frame())
            .await
            .map_err(|_| Problem::TooSlow)?
        else {
            break;
        };
        let Ok(data) = frame.map_err(|_| Problem::BadRequest)?.into_data() else {
            continue;
        };
        came += data.len();
        if came <= limits.body_bytes {
            text.extend_from_slice(&data);
        }
    }
    if came > limits.body_bytes || announced > limits.body_bytes {
        return Err(Problem::TooLarge);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_longest_running_body_of_a_client_gives_way_and_nobody_elses() {
        let bodies = Bodies::default();
        let limits = Limits {
            bodies: 4,
            bodies_per_client: 2,
            ..Limits::default()
        };
        let other = bodies.take(client("192.0.2.1"), &limits);
        let slow: Vec<Place> = ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
            .map(|address| bodies.take(client(address), &limits))
            .into();
        let gave_way: Vec<bool> = slow.iter().map(|p| p.give_way.is_cancelled()).collect();
        assert_eq!(gave_way, [true, false, false]);
        assert!(!other.give_way.is_cancelled());
        let fourth = bodies.take(client("192.0.2.2"), &limits);
        assert!(!other.give_way.is_cancelled(), "there was room");
        let fifth = bodies.take(client("192.0.2.3"), &limits);
        assert!(other.give_way.is_cancelled(), "the oldest of all");
        drop((other, slow, fourth, fifth));
        assert!(bodies.lock().running.is_empty());
    }
}
