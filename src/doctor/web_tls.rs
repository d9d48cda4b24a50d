//! The certificate of the web pages: can it be read, does the key belong to it, how long is it good.

use super::check::Check;
use super::words::web_tls as words;
use crate::config::{Channel, Web};
use crate::domain::certificate::{Validity, validity};
use jiff::Timestamp;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};

/// How the pages are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WebTls {
    /// Plain HTTP that nobody else can hear.
    Loopback,
    /// Plain HTTP on a network: the switch has a check of its own.
    Plain,
    /// A pair that can be used.
    Good(Validity),
    /// A file that cannot be read as PEM, or holds nothing of the kind.
    Unreadable(PathBuf),
    /// The key is not that of the certificate, or of a kind that cannot be used.
    Mismatch,
}

/// Looks at the two files.
pub(super) fn look(web: &Web, now: Timestamp) -> Check {
    words::web_tls(&found(&web.channel), now).named("web.tls")
}

fn found(channel: &Channel) -> WebTls {
    match channel {
        Channel::Loopback => WebTls::Loopback,
        Channel::DangerPlain => WebTls::Plain,
        Channel::Tls { certificate, key } => {
            read(certificate, key).map_or_else(|wrong| wrong, WebTls::Good)
        }
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Validity, WebTls> {
    let unreadable = |file: &Path| WebTls::Unreadable(file.to_owned());
    let chain = chain(certificate).map_err(|_| unreadable(certificate))?;
    let first = chain.first().ok_or_else(|| unreadable(certificate))?;
    let dates = validity(first).ok_or_else(|| unreadable(certificate))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|_| unreadable(key))?;
    let provider = rustls::crypto::ring::default_provider();
    // It checks that the two belong together.
    match CertifiedKey::from_der(chain, secret, &provider) {
        Ok(_) => Ok(dates),
        Err(_) => Err(WebTls::Mismatch),
    }
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_file_iter(file)?.collect()
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;
    use std::fs;

    struct Pair {
        folder: tempfile::TempDir,
    }

    impl Pair {
        fn until(year: i32) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut parameters =
                rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            parameters.not_after = rcgen::date_time_ymd(year, 6, 1);
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = parameters.self_signed(&key).unwrap();
            fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
            fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
            Self { folder }
        }

        fn look(&self) -> WebTls {
            found(&Channel::Tls {
                certificate: self.folder.path().join("cert.pem"),
                key: self.folder.path().join("key.pem"),
            })
        }
    }

    fn told(found: &WebTls, now: &str) -> (Level, String) {
        let told = words::web_tls(found, now.parse().unwrap());
        (told.level, told.sentence)
    }

    #[test]
    fn a_certificate_is_counted_in_days() {
        let found = Pair::until(2030).look();
        assert_eq!(told(&found, "2030-05-02T00:00:00Z").0, Level::Ok);
        let (level, sentence) = told(&found, "2030-05-02T12:00:00Z");
        assert_eq!(level, Level::Warn);
        assert!(sentence.contains("29 days"), "{sentence}");
        assert_eq!(told(&found, "2030-06-01T00:00:01Z").0, Level::Fail);
        assert_eq!(
            told(&found, "1970-01-01T00:00:00Z").0,
            Level::Fail,
            "not valid yet"
        );
    }

    #[test]
    fn a_key_of_another_certificate_is_found() {
        let (one, other) = (Pair::until(2030), Pair::until(2030));
        fs::copy(
            other.folder.path().join("key.pem"),
            one.folder.path().join("key.pem"),
        )
        .unwrap();
        assert_eq!(one.look(), WebTls::Mismatch);
    }

    #[test]
    fn a_file_that_is_no_certificate_is_named() {
        let pair = Pair::until(2030);
        let file = pair.folder.path().join("cert.pem");
        fs::write(&file, "nothing").unwrap();
        assert_eq!(pair.look(), WebTls::Unreadable(file));
        fs::remove_file(pair.folder.path().join("key.pem")).unwrap();
        assert!(matches!(pair.look(), WebTls::Unreadable(_)));
    }
}
