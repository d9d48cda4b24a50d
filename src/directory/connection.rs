//! One LDAPS connection as its users see it: run an operation until a deadline, learn whether it
//! was sent. The task that owns the socket is in `driver`.

use super::driver::{self, Order};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapOp, LdapResult, LdapSearchResultEntry};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Operations that may wait for the socket.
const QUEUE: usize = 32;

/// An open connection; clones share it. It closes politely when the last clone is gone.
#[derive(Clone)]
pub(super) struct Connection(Arc<Shared>);

struct Shared {
    orders: mpsc::Sender<Order>,
    stop: CancellationToken,
    retired: AtomicBool,
    heard: Arc<Heard>,
}

/// What a server answered.
#[derive(Default)]
pub(super) struct Answer {
    /// Entries, in the order of the server.
    pub entries: Vec<LdapSearchResultEntry>,
    /// There were more than the limit: reading stopped there.
    pub more: bool,
    /// The result; `None` where reading stopped before it.
    pub result: Option<LdapResult>,
    /// The controls that came with the result.
    pub controls: Vec<LdapControl>,
}

/// What one operation may bring. More entries are "more"; more bytes break the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    /// Entries.
    pub entries: usize,
    /// Bytes of attribute values.
    pub bytes: usize,
}

/// Bytes of attribute values that a search may bring unless it says otherwise.
const BYTES: usize = 4 * 1024 * 1024;

impl From<usize> for Limit {
    fn from(entries: usize) -> Self {
        Self {
            entries,
            bytes: BYTES,
        }
    }
}

/// An operation without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost {
    /// Whether a byte of it may have reached the server.
    pub sent: bool,
    /// Why.
    pub cause: Cause,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The connection ended.
    Ended,
    /// The server sent something that the protocol does not allow.
    Malformed,
    /// The deadline passed; the server answers others meanwhile.
    Slow,
    /// The deadline passed and nothing at all was heard.
    Silent,
}

impl Connection {
    /// Takes a stream over and starts the task that drives it.
    pub(super) fn start<S>(stream: S) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (orders, queue) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let heard = Arc::new(Heard::new());
        tokio::spawn(driver::drive(
            stream,
            queue,
            stop.clone(),
            Arc::clone(&heard),
        ));
        Self(Arc::new(Shared {
            orders,
            stop,
            retired: AtomicBool::new(false),
            heard,
        }))
    }

    /// Whether new operations may go over it.
    pub(super) fn is_usable(&self) -> bool {
        !self.0.orders.is_closed() && !self.0.retired.load(Ordering::Relaxed)
    }

    /// Runs one operation; `limit` at most.
    ///
    /// # Errors
    /// [`Lost`] where no answer came. A deadline that passes in silence retires the connection.
    pub(super) async fn run(
        &self,
        op: LdapOp,
        controls: Vec<LdapControl>,
        limit: impl Into<Limit>,
        deadline: Instant,
    ) -> Result<Answer, Lost> {
        let started = Instant::now();
        let (reply, answer) = oneshot::channel();
        let stage = Withdraw(Arc::new(Stage::default()));
        let order = Order {
            op,
            controls,
            limit: limit.into(),
            stage: Arc::clone(&stage.0),
            reply,
        };
        let work = async {
            self.0.orders.send(order).await.map_err(|_| Cause::Ended)?;
            answer.await.unwrap_or(Err(Cause::Ended))
        };
        let cause = match timeout_at(deadline, work).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(cause)) => cause,
            Err(_) if self.0.heard.since(started) => Cause::Slow,
            Err(_) => {
                self.retire();
                Cause::Silent
            }
        };
        Err(Lost {
            sent: !stage.0.withdraw(),
            cause,
        })
    }

    /// No new operations; those in flight may end.
    pub(super) fn retire(&self) {
        self.0.retired.store(true, Ordering::Relaxed);
    }

    /// Ends it now; whatever is in flight is lost.
    pub(super) fn cut(&self) {
        self.retire();
        self.0.stop.cancel();
    }
}

/// Whether an operation may still be taken back. Decided once, by whoever comes first: the task
/// that is about to write it, or the caller whose deadline passed.
#[derive(Default)]
pub(super) struct Stage(AtomicU8);

const QUEUED: u8 = 0;
const WRITING: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Stage {
    /// The task is about to write. `false`: it was withdrawn and must not be written.
    pub(super) fn begin_writing(&self) -> bool {
        self.0
            .compare_exchange(QUEUED, WRITING, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Takes it back. `false`: too late, some of it may have been sent.
    fn withdraw(&self) -> bool {
        self.0
            .compare_exchange(QUEUED, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
            || self.0.load(Ordering::Acquire) == WITHDRAWN
    }
}

/// A caller that goes away takes back what was not written yet.
struct Withdraw(Arc<Stage>);

impl Drop for Withdraw {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

/// When the server was last heard, in milliseconds since the connection was opened.
pub(super) struct Heard {
    origin: Instant,
    last: AtomicU64,
}

impl Heard {
    fn new() -> Self {
        Self {
            origin: Instant::now(),
            last: AtomicU64::new(0),
        }
    }

    /// A message came.
    pub(super) fn now(&self) {
        self.last
            .store(millis(self.origin.elapsed()), Ordering::Relaxed);
    }

    fn since(&self, start: Instant) -> bool {
        self.last.load(Ordering::Relaxed) > millis(start.duration_since(self.origin))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
