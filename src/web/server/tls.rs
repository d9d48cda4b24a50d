//! The service's own certificate: read at start, on SIGHUP and when a file changes.
//!
//! A new pair of files that cannot be used is named in the log and the old one stays: a half-copied
//! certificate must not take the service down.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Why the two files make no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or is not PEM.
    #[error("{file} cannot be read as PEM: {problem}")]
    File {
        /// Which.
        file: PathBuf,
        /// What is wrong.
        problem: pem::Error,
    },
    /// No certificate in `tls_cert`.
    #[error("{0} holds no certificate")]
    NoCertificate(PathBuf),
    /// They do not belong together, or are of a kind that is not supported.
    #[error("tls_cert and tls_key cannot be used together: {0}")]
    Pair(#[from] rustls::Error),
}

/// `tls_cert` and `tls_key`, and what they last held.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
    first_seen: [Stamp; 2],
}

/// When a file was written and how long it is; `None`: it is not there.
type Stamp = Option<(SystemTime, u64)>;

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// [`TlsError`]; at start this ends the program.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        // Before the reading: a file that changes meanwhile is then read again.
        let first_seen = [stamp(certificate), stamp(key)];
        Ok(Self {
            current: RwLock::new(Arc::new(read(certificate, key)?)),
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            first_seen,
        })
    }

    /// For the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current))
    }

    /// Reads both files again; connections that are open keep what they have.
    ///
    /// # Errors
    /// [`TlsError`]; the old certificate stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let new = Arc::new(read(&self.certificate, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Reloads whenever one of the files changes. Runs until it is dropped.
    pub async fn keep_fresh(&self) {
        let mut seen = self.first_seen;
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            let now = [stamp(&self.certificate), stamp(&self.key)];
            if now != seen {
                seen = now;
                self.reload_and_say();
            }
        }
    }

    /// Reloads and says in the log how it went.
    pub fn reload_and_say(&self) {
        match self.reload() {
            Ok(()) => tracing::info!("the web certificate was read again"),
            Err(error) => {
                tracing::error!(%error, "the new web certificate cannot be used; the old one stays");
            }
        }
    }
}

fn stamp(file: &Path) -> Stamp {
    let found = std::fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let at = |file: &Path| {
        let file = file.to_owned();
        move |problem| TlsError::File { file, problem }
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .map_err(at(certificate))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(at(certificate))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(certificate.to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(at(key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
