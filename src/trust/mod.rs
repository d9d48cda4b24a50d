//! Which certificate authorities are trusted: the system's, and those of a file.
//!
//! What a client makes of them is its own business; nothing here can turn a check off.

use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::path::Path;
use std::sync::Arc;

/// What is trusted.
pub struct Roots {
    /// The system's roots and those of the file.
    pub store: RootCertStore,
    /// The certificates of the file alone.
    pub of_file: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// Reads them; this blocks. `None` where the file holds no certificate.
    pub fn load(ca_file: Option<&Path>) -> Option<Self> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let mut of_file = Vec::new();
        if let Some(path) = ca_file {
            let certificates = CertificateDer::pem_file_iter(path).ok()?;
            of_file = certificates.collect::<Result<Vec<_>, _>>().ok()?;
            let (added, _) = store.add_parsable_certificates(of_file.iter().cloned());
            if added == 0 {
                return None;
            }
        }
        Some(Self { store, of_file })
    }

    /// TLS 1.2 and 1.3 with the usual checks of chain, time and name.
    pub fn client(self) -> Option<ClientConfig> {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(self.store)
            .with_no_client_auth();
        Some(config)
    }
}
