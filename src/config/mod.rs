//! Files → values that cannot be wrong; one file per section; the only defaults.
// (owner: toml.rs, ini.rs, environment.rs, reference.rs, one file per section: ad.rs service_account.rs web.rs session.rs store.rs password.rs sign_in.rs audit.rs)

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use crate::domain::identity::Dn;
use crate::domain::secret::SecretSource;
use secrecy::SecretString;

/// All settings of one installation.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "sections")]
pub struct Settings {
    pub ad: Ad,
    pub service_account: ServiceAccount,
    pub web: Web,
    pub session: Session,
    pub store: Store,
    pub password: Password,
    pub sign_in: SignIn,
    pub protect: Protect,
}
/// `[ad]`
#[derive(Debug, Clone)]
#[allow(
    missing_docs,
    reason = "the owner writes these: they are the reference text"
)]
pub struct Ad {
    pub server: Vec<LdapUrl>,
    pub domain: String,
    pub user_ou: Dn,
    pub reset_group: String,
    pub new_password: Option<SecretSetting>,
    pub ca_file: Option<PathBuf>,
    pub connect_timeout_seconds: NonZeroU32,   /*5*/
    pub operation_timeout_seconds: NonZeroU32, /*4*/
    pub connections: NonZeroU32,               /*2*/
}
/// ldaps://host[:port]; nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain words")]
pub struct LdapUrl {
    pub host: String,
    pub port: u16,
}
/// A secret in the file or beside it (`…_file`).
pub type SecretSetting = SecretSource;
/// `[service_account]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "owner")]
pub struct ServiceAccount {
    pub username: String,
    pub password: SecretSetting,
}
/// `[web]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "owner")]
pub struct Web {
    pub listen: SocketAddr,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub public_url: Option<String>,
    pub allowed_networks: Vec<ipnet::IpNet>,
    pub trusted_proxies: Vec<ipnet::IpNet>,
    pub organisation: Option<String>,
    pub help_contact: Option<String>,
    pub danger_allow_plain_http: bool,
    pub time_zone: Option<String>,
}
/// `[session]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "owner")]
pub struct Session {
    pub idle_minutes: NonZeroU32,
    pub max_hours: NonZeroU32,
}
/// `[store]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "owner")]
pub struct Store {
    pub path: PathBuf,
}
/// `[password]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "owner")]
pub struct Password {
    pub bits: u32,         /* >= 50 */
    pub must_change: bool, /* true */
    pub reason_required: bool,
}
/// `[sign_in]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "owner")]
pub struct SignIn {
    pub max_wrong: Option<NonZeroU32>, /* lowers the limit */
}
/// `[protect]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "owner")]
pub struct Protect {
    pub groups: Vec<String>, /* further protected groups: sAMAccountName, CN or DN */
}

/// What is wrong with the settings: file, line, key, sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {key}: {problem}")]
#[allow(missing_docs, reason = "plain words")]
pub struct ConfigError {
    pub file: String,
    pub line: usize,
    pub key: String,
    pub problem: String,
}

impl Settings {
    /// Reads a file (TOML, or INI by its extension) and the environment (`KEYWARD__SECTION__NAME`).
    pub fn load(file: &Path, environment: &[(String, String)]) -> Result<Self, Vec<ConfigError>> {
        todo!()
    }
    /// The first of ./keyward.toml, ./config.ini, /etc/keyward/keyward.toml that exists.
    pub fn default_file() -> Option<PathBuf> {
        todo!()
    }
}
/// The reference of all settings as Markdown, from the doc comments.
pub fn reference() -> String {
    todo!()
}
