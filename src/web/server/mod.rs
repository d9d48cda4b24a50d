//! The HTTP server: accepts connections, gives each its timers and its TLS, and ends in good order.
//!
//! HTTP/1.1 only (docs/adr/0002-http1-only.md). What a request is answered with is the business of
//! `gate` and what lies behind it.

pub mod guests;
pub mod limits;
mod timed_stream;
pub mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::guests::{Guest, Guests, Place, Stage};
use self::timed_stream::TimedStream;
use self::tls::Tls;
use super::client_address;
use super::gate::{Connection, Gate};

/// After an accept that failed because this process or machine has no more file descriptors.
const OUT_OF_FILES: Duration = Duration::from_millis(200);

/// A server over one listener.
pub struct Server {
    gate: Gate,
    tls: Option<Arc<Tls>>,
    guests: Guests,
    running: TaskTracker,
    abandon: CancellationToken,
}

impl Server {
    /// Puts the parts together; `tls`: the listener speaks TLS.
    pub fn new(gate: Gate, tls: Option<Arc<Tls>>) -> Self {
        let limits = gate.site().limits;
        Self {
            running: TaskTracker::new(),
            gate,
            tls,
            guests: Guests::new(limits.connections, limits.per_client),
            abandon: CancellationToken::new(),
        }
    }

    /// Serves until `stop`; then takes no new connection, lets running requests finish and gives up
    /// after [`limits::Limits::drain`]. Returns whether all of them finished.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) -> bool {
        let server = Arc::new(self);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.cancelled() => break,
            };
            match accepted {
                Ok((stream, peer)) => server.admit(stream, peer, &stop),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    server.guests.make_room();
                    sleep(OUT_OF_FILES).await;
                }
            }
        }
        drop(listener);
        server.running.close();
        let finished = timeout(server.gate.site().limits.drain, server.running.wait()).await;
        server.abandon.cancel();
        finished.is_ok()
    }

    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, stop: &CancellationToken) {
        let client = peer.ip().to_canonical();
        let trusted = &self.gate.site().settings.trusted_proxies;
        let counted = !client.is_loopback() && !client_address::contains(trusted, client);
        let Some(place) = self.guests.admit(client, counted) else {
            tracing::debug!(client.address = %client, "a connection was turned away");
            return;
        };
        let server = Arc::clone(self);
        let stop = stop.clone();
        self.running.spawn(async move {
            server.attend(stream, peer, place, stop).await;
        });
    }

    async fn attend(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Place,
        stop: CancellationToken,
    ) {
        let Ok(local) = stream.local_addr() else {
            return;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let connection = Connection {
            peer: peer.ip(),
            local,
            tls: self.tls.is_some(),
        };
        let guest = &place.guest;
        let Some(tls) = &self.tls else {
            return self.speak(stream, connection, guest, stop).await;
        };
        let handshake = timeout(
            self.gate.site().limits.handshake,
            tls.acceptor().accept(stream),
        );
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            () = guest.leave.cancelled() => return,
            () = stop.cancelled() => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.speak(stream, connection, guest, stop).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS with {}", peer.ip()),
            Err(_) => tracing::debug!("no TLS in time with {}", peer.ip()),
        }
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        connection: Connection,
        guest: &Arc<Guest>,
        stop: CancellationToken,
    ) {
        let limits = self.gate.site().limits;
        let stream = TokioIo::new(TimedStream::new(stream, Arc::clone(guest), limits));
        let service = service_fn(|request: hyper::Request<Incoming>| async move {
            guest.set_stage(Stage::Busy);
            let answer = self.gate.answer(connection, request.map(Body::new)).await;
            let guest = Arc::clone(guest);
            Ok::<_, Infallible>(answer.map(|body| Attended::new(body, guest, limits.answer)))
        });
        let mut http = pin!(
            http1::Builder::new()
                .header_read_timeout(None)
                .max_buf_size(limits.header_bytes)
                .max_header_size(limits.header_bytes)
                .serve_connection(stream, service)
        );
        let ended = tokio::select! {
            ended = http.as_mut() => ended,
            () = guest.leave.cancelled() => return,
            () = stop.cancelled() => {
                http.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = http => ended,
                    () = self.abandon.cancelled() => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, client.address = %connection.peer, "a connection ended early");
        }
    }
}

/// An answer's body; when it has been handed over, the connection is idle again.
struct Attended {
    body: Body,
    guest: Arc<Guest>,
    /// Shows somebody out who takes too long over an answer of no known length: it holds more than its bytes.
    patience: Option<JoinHandle<()>>,
}

impl Attended {
    fn new(body: Body, guest: Arc<Guest>, longest: Duration) -> Self {
        let is_endless = hyper::body::Body::size_hint(&body).exact().is_none();
        let patience = is_endless.then(|| {
            let guest = Arc::clone(&guest);
            tokio::spawn(async move {
                sleep(longest).await;
                tracing::warn!("an answer was cut off: it was not taken in time");
                guest.leave.cancel();
            })
        });
        Self {
            body,
            guest,
            patience,
        }
    }
}

impl hyper::body::Body for Attended {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        if let Some(patience) = &self.patience {
            patience.abort();
        }
        self.guest.set_stage(Stage::Idle);
    }
}
