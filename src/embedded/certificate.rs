//! A certification authority of its own and the server's certificate, made at each start.

use super::server::EmbeddedError;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use std::time::Duration;

/// What the server's certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateOptions {
    /// Host names and addresses (subjectAltName).
    pub names: Vec<String>,
    /// Valid from so long before now.
    pub valid_since: SignedDuration,
    /// Valid until so long after now; negative: it has expired.
    pub valid_for: SignedDuration,
    /// Signed by the authority that [`super::Embedded::ca_pem`] names; else by a stranger.
    pub trusted: bool,
}

impl Default for CertificateOptions {
    fn default() -> Self {
        Self {
            names: vec![
                "localhost".to_owned(),
                "127.0.0.1".to_owned(),
                "::1".to_owned(),
            ],
            valid_since: SignedDuration::from_hours(24),
            valid_for: SignedDuration::from_hours(365 * 24),
            trusted: true,
        }
    }
}

/// The authority that signs the server's certificates.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new authority, valid for ten years around now.
    pub(super) fn new(now: Timestamp) -> Result<Self, EmbeddedError> {
        let mut params = CertificateParams::default();
        let years = SignedDuration::from_hours(5 * 365 * 24);
        params.not_before = date_time_ymd(1970, 1, 1) + since_epoch(now - years);
        params.not_after = date_time_ymd(1970, 1, 1) + since_epoch(now + years);
        params
            .distinguished_name
            .push(DnType::CommonName, "Keyward embedded directory CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self(CertifiedIssuer::self_signed(
            params,
            KeyPair::generate()?,
        )?))
    }

    /// The authority's certificate, for the client's `ca_file`.
    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    /// The server's side of TLS, with a certificate of its own.
    pub(super) fn server(
        &self,
        options: &CertificateOptions,
        now: Timestamp,
    ) -> Result<ServerConfig, EmbeddedError> {
        let stranger;
        let issuer = if options.trusted {
            &self.0
        } else {
            stranger = Self::new(now)?;
            &stranger.0
        };
        let mut params = CertificateParams::new(options.names.clone())?;
        params.not_before = date_time_ymd(1970, 1, 1) + since_epoch(now - options.valid_since);
        params.not_after = date_time_ymd(1970, 1, 1) + since_epoch(now + options.valid_for);
        params
            .distinguished_name
            .push(DnType::CommonName, "Keyward embedded directory");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, issuer)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Ok(ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?)
    }
}

/// The time since 1970; what lies before counts as 1970.
fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(time.as_second()).unwrap_or(0))
}
