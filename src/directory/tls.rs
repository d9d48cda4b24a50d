//! TLS to a domain controller: which certificates are trusted, and how a connection is opened.
//!
//! The system's roots and the CA file, read again when the file changes. The host name is always
//! checked; nothing here can turn that off.

use super::error::CertificateProblem;
use super::pinned::Verifier;
use super::settings::ServerAddress;
use crate::trust::Roots;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A CA file is a few kilobytes; more than this is not one.
const CA_FILE_LIMIT: u64 = 1024 * 1024;

/// Why a TLS connection was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConnectFailure {
    /// Refused, reset, no such host, or too slow.
    Unreachable,
    /// The certificate, or the file that says which ones are trusted.
    Certificate(CertificateProblem),
}

/// What is trusted; one for the whole client, so that TLS sessions can be resumed.
pub(super) struct Trust {
    ca_file: Option<PathBuf>,
    current: Mutex<Option<Current>>,
}

struct Current {
    config: Arc<ClientConfig>,
    stamp: Option<Stamp>,
}

/// Tells one state of the CA file from the next.
#[derive(Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl Trust {
    pub(super) fn new(ca_file: Option<PathBuf>) -> Self {
        Self {
            ca_file,
            current: Mutex::new(None),
        }
    }

    /// Opens TCP and TLS to a server, until `deadline`. Sends no LDAP message.
    pub(super) async fn connect(
        &self,
        address: &ServerAddress,
        deadline: Instant,
    ) -> Result<TlsStream<TcpStream>, ConnectFailure> {
        let name = server_name(address).map_err(|_| ConnectFailure::Unreachable)?;
        let open = async {
            let config = self.config().await?;
            let tcp = TcpStream::connect((address.host.as_str(), address.port))
                .await
                .map_err(|_| ConnectFailure::Unreachable)?;
            prepare_socket(&tcp);
            TlsConnector::from(config)
                .connect(name, tcp)
                .await
                .map_err(|error| failure(&error))
        };
        timeout_at(deadline, open)
            .await
            .unwrap_or(Err(ConnectFailure::Unreachable))
    }

    /// The TLS settings as of now. A CA file that cannot be read any more leaves the last good
    /// settings in place.
    async fn config(&self) -> Result<Arc<ClientConfig>, ConnectFailure> {
        let problem = ConnectFailure::Certificate(CertificateProblem::CaFile);
        let stamp = match &self.ca_file {
            Some(path) => stamp(path).await,
            None => None,
        };
        if let Some(config) = self.still_good(stamp.as_ref()) {
            return Ok(config);
        }
        if self.ca_file.is_some() && stamp.is_none() {
            return Err(problem);
        }
        let path = self.ca_file.clone();
        let built = tokio::task::spawn_blocking(move || build(path.as_deref())).await;
        match built {
            Ok(Some(config)) => {
                let config = Arc::new(config);
                *self.lock() = Some(Current {
                    config: Arc::clone(&config),
                    stamp,
                });
                Ok(config)
            }
            _ => match &*self.lock() {
                Some(last) => Ok(Arc::clone(&last.config)),
                None => Err(problem),
            },
        }
    }

    fn still_good(&self, stamp: Option<&Stamp>) -> Option<Arc<ClientConfig>> {
        let current = self.lock();
        let current = current.as_ref()?;
        let unreadable_now = self.ca_file.is_some() && stamp.is_none();
        (unreadable_now || current.stamp.as_ref() == stamp).then(|| Arc::clone(&current.config))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn server_name(address: &ServerAddress) -> Result<ServerName<'static>, InvalidDnsNameError> {
    ServerName::try_from(address.host.clone())
}

/// No delay for small messages; and a peer that vanished without a word is noticed in half a
/// minute by the kernel, before a person's request meets the dead connection.
fn prepare_socket(tcp: &TcpStream) {
    use rustix::net::sockopt;
    let prepared = tcp
        .set_nodelay(true)
        .and_then(|()| sockopt::set_socket_keepalive(tcp, true).map_err(io::Error::from))
        .and_then(|()| {
            sockopt::set_tcp_keepidle(tcp, Duration::from_secs(15)).map_err(io::Error::from)
        })
        .and_then(|()| {
            sockopt::set_tcp_keepintvl(tcp, Duration::from_secs(5)).map_err(io::Error::from)
        })
        .and_then(|()| sockopt::set_tcp_keepcnt(tcp, 3).map_err(io::Error::from));
    if let Err(error) = prepared {
        tracing::debug!(%error, "socket options could not be set");
    }
}

async fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = tokio::fs::metadata(path).await.ok()?;
    (metadata.len() <= CA_FILE_LIMIT).then(|| Stamp {
        modified: metadata.modified().ok(),
        length: metadata.len(),
    })
}

/// `None` where the CA file holds no certificate.
fn build(ca_file: Option<&Path>) -> Option<ClientConfig> {
    let Roots { store, of_file } = Roots::load(ca_file)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(store, of_file, &provider)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Some(config)
}

fn verifier(
    roots: RootCertStore,
    pinned: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<Verifier>> {
    if roots.is_empty() {
        return None;
    }
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .ok()?;
    Some(Arc::new(Verifier::new(chain, pinned)))
}

fn failure(error: &io::Error) -> ConnectFailure {
    let cause = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(certificate)) => {
            ConnectFailure::Certificate(problem(certificate))
        }
        _ => ConnectFailure::Unreachable,
    }
}

fn problem(error: &CertificateError) -> CertificateProblem {
    match error {
        // A bad signature is an issuer that has a trusted one's name, but another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            CertificateProblem::Untrusted
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateProblem::WrongName
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            CertificateProblem::Expired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateProblem::NotYetValid
        }
        _ => CertificateProblem::Other,
    }
}
