//! The server: a listener, a bounded number of connections, and the handle that ends them all
//! when it is dropped. What a connection says is in `session.rs`.

use super::admin::Admin;
use super::certificate::{Authority, CertificateOptions};
use super::faults::{Doing, Faults, On};
use super::session;
use super::tree::Tree;
use super::witness::Witness;
use super::{crowd, sample_company, test_domain};
use crate::domain::time::Clock;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// A connection that has not finished its TLS handshake after this long is closed.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// The people and rules that a directory starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Population {
    /// The names of the tests' real domain controller (`dev/people.py`).
    #[default]
    TestDomain,
    /// A company of about two hundred people, for the demo.
    SampleCompany,
    /// Those of [`Population::TestDomain`] and so many people more, below the rule's base.
    Many(u32),
}

/// How to start a directory.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who is in it.
    pub population: Population,
    /// The directory's time.
    pub clock: Clock,
    /// Offer and honour `LDAP_SERVER_POLICY_HINTS`, as Windows does and Samba does not.
    pub policy_hints: bool,
    /// The server's certificate.
    pub certificate: CertificateOptions,
    /// Connections at once; more wait until one is closed.
    pub max_connections: usize,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            population: Population::default(),
            clock: Clock::system(),
            policy_hints: false,
            certificate: CertificateOptions::default(),
            max_connections: 512,
        }
    }
}

/// The directory did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The tables of people and groups contradict themselves.
    #[error("the embedded directory could not be filled")]
    Population,
    /// No certificate could be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// TLS does not take the certificate.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
}

/// What connections, tests and the handle have in common.
pub(super) struct Shared {
    pub clock: Clock,
    pub faults: Faults,
    pub witness: Witness,
    pub policy_hints: bool,
    tree: RwLock<Tree>,
}

impl Shared {
    /// The directory's content, to be read. Never held over an await.
    pub(super) fn tree(&self) -> RwLockReadGuard<'_, Tree> {
        self.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The directory's content, to be changed. Never held over an await.
    pub(super) fn tree_mut(&self) -> RwLockWriteGuard<'_, Tree> {
        self.tree.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running directory server. Dropping it ends it, with all its connections.
pub struct Embedded {
    /// Where it listens.
    pub address: SocketAddr,
    /// The certificate of its authority, PEM.
    pub ca_pem: String,
    shared: Arc<Shared>,
    authority: Authority,
    acceptor: watch::Sender<TlsAcceptor>,
    max_connections: usize,
    running: Option<Running>,
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Embedded {
    /// Starts a directory server.
    ///
    /// # Errors
    /// [`EmbeddedError`]: the address is taken, or no certificate could be made.
    pub async fn start(options: EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let now = options.clock.now();
        let authority = Authority::new(now)?;
        let acceptor = TlsAcceptor::from(Arc::new(authority.server(&options.certificate, now)?));
        let tree = match options.population {
            Population::TestDomain => test_domain::tree(now),
            Population::SampleCompany => sample_company::tree(now),
            Population::Many(people) => crowd::tree(now, people),
        };
        let tree = tree.ok_or(EmbeddedError::Population)?;
        let shared = Arc::new(Shared {
            clock: options.clock,
            faults: Faults::default(),
            witness: Witness::default(),
            policy_hints: options.policy_hints,
            tree: RwLock::new(tree),
        });
        let mut embedded = Self {
            address: options.listen,
            ca_pem: authority.pem(),
            shared,
            authority,
            acceptor: watch::Sender::new(acceptor),
            max_connections: options.max_connections,
            running: None,
        };
        embedded.start_again().await?;
        Ok(embedded)
    }

    /// Starts to listen again after [`Embedded::stop`], on the same port, with the same content.
    ///
    /// # Errors
    /// [`EmbeddedError::Listen`] where somebody else has the port now.
    pub async fn start_again(&mut self) -> Result<(), EmbeddedError> {
        self.stop().await;
        let address = self.address;
        let failed = |source| EmbeddedError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        self.address = listener.local_addr().map_err(failed)?;
        let stop = CancellationToken::new();
        let server = Server {
            listener,
            acceptor: self.acceptor.subscribe(),
            shared: Arc::clone(&self.shared),
            slots: Arc::new(Semaphore::new(self.max_connections)),
        };
        let task = tokio::spawn(server.run(stop.clone()));
        self.running = Some(Running { stop, task });
        Ok(())
    }

    /// Stops at once, as a killed process does: no connection is told.
    pub async fn stop(&mut self) {
        if let Some(Running { stop, task }) = self.running.take() {
            stop.cancel();
            drop(task.await);
        }
    }

    /// Shows another certificate to connections from now on.
    ///
    /// # Errors
    /// [`EmbeddedError`] where it cannot be made.
    pub fn renew_certificate(&self, options: &CertificateOptions) -> Result<(), EmbeddedError> {
        let config = self.authority.server(options, self.shared.clock.now())?;
        self.acceptor
            .send_replace(TlsAcceptor::from(Arc::new(config)));
        Ok(())
    }

    /// Changes the directory's content behind everybody's back.
    pub fn admin(&self) -> Admin {
        Admin::new(Arc::clone(&self.shared))
    }

    /// Makes the server misbehave.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// What the server saw.
    pub fn witness(&self) -> &Witness {
        &self.shared.witness
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.stop.cancel();
        }
    }
}

struct Server {
    listener: TcpListener,
    acceptor: watch::Receiver<TlsAcceptor>,
    shared: Arc<Shared>,
    slots: Arc<Semaphore>,
}

impl Server {
    async fn run(self, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next() => continue,
                accepted = self.accept() => accepted,
            };
            if let Some((stream, slot)) = accepted {
                let acceptor = self.acceptor.borrow().clone();
                let shared = Arc::clone(&self.shared);
                connections.spawn(async move {
                    connection(stream, &acceptor, shared).await;
                    drop(slot);
                });
            }
        }
        connections.shutdown().await;
    }

    async fn accept(&self) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok()?;
        match self.listener.accept().await {
            Ok((stream, _)) => Some((stream, slot)),
            Err(error) => {
                // Out of file descriptors, mostly: give others the time to close theirs.
                tracing::warn!(%error, "the embedded directory could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                None
            }
        }
    }
}

async fn connection(stream: TcpStream, acceptor: &TlsAcceptor, shared: Arc<Shared>) {
    shared.witness.saw_connection();
    match shared.faults.next(On::Connect) {
        Some(Doing::Hang | Doing::Swallow) => std::future::pending::<()>().await,
        Some(Doing::DropBefore | Doing::DropAfter) => return,
        Some(Doing::Delay(late)) => tokio::time::sleep(late).await,
        _ => {}
    }
    if stream.set_nodelay(true).is_err() {
        return;
    }
    match timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => session::serve(stream, shared).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS with the embedded directory"),
        Err(_) => {}
    }
}
