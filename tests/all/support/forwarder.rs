//! A TCP forwarder in front of a directory: it cannot read TLS, but it can hold answers back, cut
//! connections, cut after so many bytes, and refuse new ones.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What is done to the bytes.
#[derive(Clone, Default)]
struct Mode {
    refuse: bool,
    hold_answers: bool,
    /// Rises with each cut: connections that began before it end.
    cuts: u64,
    /// Bytes of answers that still pass, counted over all connections from the moment it was set.
    answer_bytes: Option<Arc<AtomicU64>>,
}

/// A running forwarder; it ends when dropped.
pub struct Forwarder {
    /// Where it listens.
    pub address: SocketAddr,
    mode: watch::Sender<Mode>,
    accepted: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Forwarder {
    /// Forwards to `target` until told otherwise.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mode = watch::Sender::new(Mode::default());
        let accepted = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(accept(
            listener,
            target,
            mode.clone(),
            Arc::clone(&accepted),
        ));
        Self {
            address,
            mode,
            accepted,
            task,
        }
    }

    /// Connections that were taken so far.
    pub fn connections(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Ends all connections there are.
    pub fn cut(&self) {
        self.mode.send_modify(|mode| mode.cuts += 1);
    }

    /// Holds all answers back from now on, or lets them through again.
    pub fn hold_answers(&self, hold: bool) {
        self.mode.send_modify(|mode| mode.hold_answers = hold);
    }

    /// Closes new connections at once, or takes them again.
    pub fn refuse(&self, refuse: bool) {
        self.mode.send_modify(|mode| mode.refuse = refuse);
    }

    /// Lets so many more bytes of answers pass, then ends the connection that wanted to bring more.
    /// `None`: no such limit.
    pub fn cut_answers_after(&self, bytes: Option<u64>) {
        let bytes = bytes.map(|bytes| Arc::new(AtomicU64::new(bytes)));
        self.mode.send_modify(|mode| mode.answer_bytes = bytes);
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    mode: watch::Sender<Mode>,
    accepted: Arc<AtomicU64>,
) {
    while let Ok((client, _)) = listener.accept().await {
        if mode.borrow().refuse {
            continue;
        }
        accepted.fetch_add(1, Ordering::Relaxed);
        let Ok(server) = TcpStream::connect(target).await else {
            continue;
        };
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        tokio::spawn(forward(client, server, mode.subscribe()));
    }
}

async fn forward(client: TcpStream, server: TcpStream, mut mode: watch::Receiver<Mode>) {
    let begun = mode.borrow().cuts;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let watched = mode.clone();
    tokio::select! {
        () = requests(from_client, to_server) => {}
        () = answers(from_server, to_client, watched) => {}
        () = cut(&mut mode, begun) => {}
    }
}

async fn cut(mode: &mut watch::Receiver<Mode>, begun: u64) {
    drop(mode.wait_for(|mode| mode.cuts > begun).await);
}

async fn requests(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    drop(tokio::io::copy(&mut from, &mut to).await);
}

async fn answers(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        let flowing = mode.wait_for(|mode| !mode.hold_answers).await;
        let Ok(left) = flowing.map(|mode| mode.answer_bytes.clone()) else {
            return;
        };
        let passing = left.map_or(count, |left| take(&left, count));
        if to.write_all(&piece[..passing]).await.is_err() || passing < count {
            return;
        }
    }
}

/// Takes up to `wanted` from what is left.
fn take(left: &AtomicU64, wanted: usize) -> usize {
    let wanted = u64::try_from(wanted).unwrap();
    let before = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        Some(left.saturating_sub(wanted))
    });
    usize::try_from(before.unwrap().min(wanted)).unwrap()
}
