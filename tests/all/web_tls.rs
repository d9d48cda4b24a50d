//! The service's own certificate: read at start, renewed without a restart, kept when the new is bad.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keyward::web::server::tls::{Tls, TlsError};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;

use crate::support::browser::{Answer, exchange_tls, read_to_end};
use crate::support::service::Service;

/// Writes a fresh pair of files and answers the certificate.
fn make_certificate(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    made.cert.der().clone()
}

fn trusting(certificate: &CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

async fn over_tls(folder: &Path) -> Service {
    let tls = Tls::load(&folder.join("cert.pem"), &folder.join("key.pem")).unwrap();
    Service::adjusted(move |parts| {
        parts.limits.handshake = Duration::from_millis(300);
        parts.tls = Some(Arc::new(tls));
    })
    .await
}

async fn ask(service: &Service, trusted: &CertificateDer<'static>) -> Answer {
    let request = service.browser().request("GET", "/sign-in", None);
    let bytes = exchange_tls(service.address, trusting(trusted), request.as_bytes()).await;
    Answer::parse(&bytes)
}

#[tokio::test]
async fn over_tls_cookies_are_host_bound_and_hsts_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = make_certificate(folder.path());
    let service = over_tls(folder.path()).await;
    let answer = ask(&service, &certificate).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("strict-transport-security"),
        Some("max-age=31536000")
    );
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-keyward-form="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_renewed_certificate_is_picked_up_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let old = make_certificate(folder.path());
    let service = over_tls(folder.path()).await;
    assert_eq!(ask(&service, &old).await.status, 200);
    let new = make_certificate(folder.path());
    let renewed = async {
        loop {
            let stream = TcpStream::connect(service.address).await.unwrap();
            let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
            let connector = tokio_rustls::TlsConnector::from(trusting(&new));
            if connector.connect(name, stream).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), renewed)
        .await
        .unwrap();
    assert_eq!(ask(&service, &new).await.status, 200);
}

#[tokio::test]
async fn a_bad_new_certificate_leaves_the_old_one_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = make_certificate(folder.path());
    let files = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let tls = Arc::new(Tls::load(&files.0, &files.1).unwrap());
    let served = Arc::clone(&tls);
    let service = Service::adjusted(move |parts| parts.tls = Some(served)).await;

    std::fs::write(&files.0, "half a file").unwrap();
    assert!(matches!(
        tls.reload(),
        Err(TlsError::NoCertificate(_) | TlsError::File { .. })
    ));
    let other = tempfile::tempdir().unwrap();
    make_certificate(other.path());
    std::fs::copy(other.path().join("cert.pem"), &files.0).unwrap();
    assert!(
        matches!(tls.reload(), Err(TlsError::Pair(_))),
        "a key that does not belong to it"
    );
    std::fs::remove_file(&files.1).unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::File { .. })));
    assert_eq!(ask(&service, &certificate).await.status, 200);
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    make_certificate(folder.path());
    let service = over_tls(folder.path()).await;
    let mut silent = TcpStream::connect(service.address).await.unwrap();
    assert_eq!(read_to_end(&mut silent).await, b"");
}

#[tokio::test]
async fn plain_http_to_a_tls_port_gets_no_page() {
    let folder = tempfile::tempdir().unwrap();
    make_certificate(folder.path());
    let service = over_tls(folder.path()).await;
    let request = service.browser().request("GET", "/sign-in", None);
    let bytes = crate::support::browser::exchange(service.address, request.as_bytes()).await;
    assert!(!bytes.starts_with(b"HTTP"), "{bytes:?}");
}
