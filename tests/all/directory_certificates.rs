//! A self-signed certificate of a domain controller is accepted exactly where the CA file holds it,
//! whether it is marked as a CA or not; name and dates count as always.

use keyward::directory::{
    CertificateProblem, Directory, DirectoryError, DirectorySettings, ServerAddress,
};
use keyward::domain::time::Clock;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls_pki_types::PrivateKeyDer;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// What came of a ping: the error, and whether a message arrived at the server.
struct Outcome {
    error: DirectoryError,
    heard: bool,
}

impl Outcome {
    fn problem(&self) -> Option<CertificateProblem> {
        match self.error {
            DirectoryError::Certificate { problem, .. } => Some(problem),
            _ => None,
        }
    }
}

fn certificate(name: &str, marked_as_ca: bool) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_after = date_time_ymd(2090, 1, 1);
    if marked_as_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

/// Shows a self-signed certificate to one connection and hangs up after its first message.
async fn ping(params: CertificateParams, pinned: bool) -> Outcome {
    let key = KeyPair::generate().unwrap();
    let shown = params.self_signed(&key).unwrap();
    let stranger = certificate("localhost", true);
    let stranger = stranger.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    let trusted = if pinned { &shown } else { &stranger };
    std::fs::write(&ca_file, trusted.pem()).unwrap();

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![shown.der().clone()], private)
        .unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, heard) = oneshot::channel();
    let server = tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (tcp, _) = listener.accept().await.unwrap();
        let heard = match acceptor.accept(tcp).await {
            Ok(mut stream) => matches!(stream.read(&mut [0; 512]).await, Ok(1..)),
            Err(_) => false,
        };
        tell.send(heard).unwrap();
    });

    let settings = DirectorySettings {
        servers: vec![ServerAddress {
            host: "localhost".to_owned(),
            port,
        }],
        ca_file: Some(ca_file),
        domain: "EXAMPLE".to_owned(),
        service_account: "svc".to_owned(),
        service_password: crate::support::directory::secret("not a secret"),
        operation_timeout: Duration::from_secs(2),
        connect_timeout: Duration::from_secs(2),
        connections: 1,
    };
    let error = Directory::new(settings, Clock::system()).ping().await;
    let heard = heard.await.unwrap();
    server.await.unwrap();
    Outcome {
        error: error.unwrap_err(),
        heard,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_self_signed_certificate_is_accepted_marked_as_a_ca_or_not() {
    for marked_as_ca in [false, true] {
        let outcome = ping(certificate("localhost", marked_as_ca), true).await;
        assert_eq!(outcome.problem(), None, "{:?}", outcome.error);
        assert!(outcome.heard, "the bind was sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_that_is_not_pinned_gets_no_message() {
    for marked_as_ca in [false, true] {
        let outcome = ping(certificate("localhost", marked_as_ca), false).await;
        assert!(outcome.problem().is_some(), "{:?}", outcome.error);
        assert!(!outcome.heard);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_certificate_for_another_name_is_refused() {
    for marked_as_ca in [false, true] {
        let outcome = ping(certificate("dc9.example.test", marked_as_ca), true).await;
        assert_eq!(outcome.problem(), Some(CertificateProblem::WrongName));
        assert!(!outcome.heard);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_certificate_that_has_expired_is_refused() {
    for marked_as_ca in [false, true] {
        let mut params = certificate("localhost", marked_as_ca);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        let outcome = ping(params, true).await;
        assert_eq!(outcome.problem(), Some(CertificateProblem::Expired));
        assert!(!outcome.heard);
    }
}
