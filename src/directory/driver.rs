//! The task that owns one connection's socket: writes what is queued, reads what comes, and gives
//! each answer to whoever waits for it. Anything malformed ends it cleanly; the waiters learn why.
//!
//! No message is ever formatted here: the `Debug` of an LDAP message prints passwords.

use super::connection::{Answer, Cause, Heard, Limit, Stage};
use super::frame::{Frames, Outgoing};
use futures_util::StreamExt;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapMsg, LdapOp, LdapResult, LdapSearchResultEntry};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::codec::FramedRead;
use tokio_util::sync::CancellationToken;

/// Operations in flight on one connection.
const IN_FLIGHT: usize = 64;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// One operation, on its way to the socket.
pub(super) struct Order {
    pub op: LdapOp,
    pub controls: Vec<LdapControl>,
    pub limit: Limit,
    pub stage: Arc<Stage>,
    pub reply: oneshot::Sender<Result<Answer, Cause>>,
}

/// Drives a connection until it ends, is stopped, or nobody holds it any more.
pub(super) async fn drive<S>(
    stream: S,
    mut queue: mpsc::Receiver<Order>,
    stop: CancellationToken,
    heard: Arc<Heard>,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (read, write) = tokio::io::split(stream);
    let mut incoming = FramedRead::new(read, Frames::new());
    let mut driver = Driver {
        write,
        waiting: HashMap::new(),
        last_id: 0,
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            message = incoming.next() => match message {
                Some(Ok(message)) => {
                    heard.now();
                    match driver.receive(message) {
                        Ok(None) => {}
                        Ok(Some(id)) => {
                            if driver.abandon(id, &stop).await.is_err() {
                                return;
                            }
                        }
                        Err(cause) => return driver.fail(cause),
                    }
                }
                Some(Err(error)) => return driver.fail(cause(&error)),
                None => return,
            },
            order = queue.recv() => match order {
                Some(order) => {
                    if driver.send(order, &stop).await.is_err() {
                        return;
                    }
                }
                None => return driver.say_goodbye().await,
            },
        }
    }
}

/// A socket that breaks has ended; all else comes from the decoder.
fn cause(error: &io::Error) -> Cause {
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::TimedOut => Cause::Ended,
        _ => Cause::Malformed,
    }
}

struct Driver<S> {
    write: WriteHalf<S>,
    waiting: HashMap<i32, Waiter>,
    last_id: i32,
}

/// Somebody who waits for an answer.
struct Waiter {
    expects: Expects,
    answer: Answer,
    bytes: usize,
    limit: Limit,
    reply: oneshot::Sender<Result<Answer, Cause>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expects {
    Bind,
    Search,
    Modify,
    Add,
    Delete,
}

impl<S: AsyncRead + AsyncWrite> Driver<S> {
    /// Writes an order. An error ends the connection.
    async fn send(&mut self, order: Order, stop: &CancellationToken) -> Result<(), ()> {
        let expects = match &order.op {
            LdapOp::BindRequest(_) => Expects::Bind,
            LdapOp::SearchRequest(_) => Expects::Search,
            LdapOp::ModifyRequest(_) => Expects::Modify,
            LdapOp::AddRequest(_) => Expects::Add,
            LdapOp::DelRequest(_) => Expects::Delete,
            _ => return Ok(()),
        };
        if self.waiting.len() >= IN_FLIGHT {
            self.waiting.retain(|_, waiter| !waiter.reply.is_closed());
        }
        let full = self.waiting.len() >= IN_FLIGHT;
        if order.reply.is_closed() || full || !order.stage.begin_writing() {
            return Ok(());
        }
        let id = self.next_id().ok_or(())?;
        let waiter = Waiter {
            expects,
            answer: Answer::default(),
            bytes: 0,
            limit: order.limit,
            reply: order.reply,
        };
        self.waiting.insert(id, waiter);
        self.write(LdapMsg::new_with_ctrls(id, order.op, order.controls), stop)
            .await
    }

    /// Tells the server that nobody waits for `id` any more (RFC 4511 4.11).
    async fn abandon(&mut self, id: i32, stop: &CancellationToken) -> Result<(), ()> {
        let own = self.next_id().ok_or(())?;
        self.write(LdapMsg::new(own, LdapOp::AbandonRequest(id)), stop)
            .await
    }

    async fn write(&mut self, message: LdapMsg, stop: &CancellationToken) -> Result<(), ()> {
        let outgoing = Outgoing::encode(message).map_err(drop)?;
        let written = async {
            self.write.write_all(outgoing.bytes()).await?;
            self.write.flush().await
        };
        tokio::select! {
            written = written => written.map_err(drop),
            () = stop.cancelled() => Err(()),
        }
    }

    fn next_id(&mut self) -> Option<i32> {
        self.last_id = self.last_id.checked_add(1)?;
        Some(self.last_id)
    }

    /// Takes a message in. `Some`: an operation to abandon.
    fn receive(&mut self, message: LdapMsg) -> Result<Option<i32>, Cause> {
        let id = message.msgid;
        if id == 0 {
            unsolicited(&message.op)?;
            return Ok(None);
        }
        if id < 0 || id > self.last_id {
            return Err(Cause::Malformed);
        }
        let Some(waiter) = self.waiting.get_mut(&id) else {
            return Ok(None);
        };
        if waiter.reply.is_closed() {
            self.waiting.remove(&id);
            return Ok(entry_or_reference(&message.op).then_some(id));
        }
        match (waiter.expects, message.op) {
            (Expects::Search, LdapOp::SearchResultReference(_)) => Ok(None),
            (Expects::Search, LdapOp::SearchResultEntry(entry)) => {
                let full = waiter.add(entry)?;
                if full {
                    self.finish(id, None, Vec::new());
                }
                Ok(full.then_some(id))
            }
            (Expects::Search, LdapOp::SearchResultDone(result))
            | (Expects::Modify, LdapOp::ModifyResponse(result))
            | (Expects::Add, LdapOp::AddResponse(result))
            | (Expects::Delete, LdapOp::DelResponse(result)) => {
                self.finish(id, Some(result), message.ctrl);
                Ok(None)
            }
            (Expects::Bind, LdapOp::BindResponse(response)) => {
                self.finish(id, Some(response.res), message.ctrl);
                Ok(None)
            }
            _ => Err(Cause::Malformed),
        }
    }

    fn finish(&mut self, id: i32, result: Option<LdapResult>, controls: Vec<LdapControl>) {
        if let Some(mut waiter) = self.waiting.remove(&id) {
            waiter.answer.more = result.is_none();
            waiter.answer.result = result;
            waiter.answer.controls = controls;
            drop(waiter.reply.send(Ok(waiter.answer)));
        }
    }

    fn fail(self, cause: Cause) {
        for (_, waiter) in self.waiting {
            drop(waiter.reply.send(Err(cause)));
        }
    }

    async fn say_goodbye(mut self) {
        let goodbye = async {
            let Some(id) = self.next_id() else { return };
            let Ok(unbind) = Outgoing::encode(LdapMsg::new(id, LdapOp::UnbindRequest)) else {
                return;
            };
            if self.write.write_all(unbind.bytes()).await.is_ok() {
                drop(self.write.shutdown().await);
            }
        };
        drop(timeout(GOODBYE, goodbye).await);
    }
}

impl Waiter {
    /// Takes an entry. `true`: that was one more than asked for, stop here.
    fn add(&mut self, entry: LdapSearchResultEntry) -> Result<bool, Cause> {
        if self.answer.entries.len() >= self.limit.entries {
            return Ok(true);
        }
        let values = entry.attributes.iter().flat_map(|a| &a.vals);
        self.bytes += entry.dn.len() + values.map(Vec::len).sum::<usize>();
        if self.bytes > self.limit.bytes {
            return Err(Cause::Malformed);
        }
        self.answer.entries.push(entry);
        Ok(false)
    }
}

fn entry_or_reference(op: &LdapOp) -> bool {
    matches!(
        op,
        LdapOp::SearchResultEntry(_) | LdapOp::SearchResultReference(_)
    )
}

/// Message 0 is the server's own: a notice of disconnection ends the connection (RFC 4511 4.4.1),
/// other notices are none of Keyward's business.
fn unsolicited(op: &LdapOp) -> Result<(), Cause> {
    const NOTICE_OF_DISCONNECTION: &str = "1.3.6.1.4.1.1466.20036";
    match op {
        LdapOp::ExtendedResponse(notice)
            if notice.name.as_deref() == Some(NOTICE_OF_DISCONNECTION) =>
        {
            Err(Cause::Ended)
        }
        LdapOp::ExtendedResponse(_) => Ok(()),
        _ => Err(Cause::Malformed),
    }
}
