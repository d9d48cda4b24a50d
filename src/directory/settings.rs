//! How to reach the domain: what `cli/serve` hands over. No defaults and no parsing here; those live in `config`.

use crate::domain::secret::SecretSource;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How to reach the domain. Built from `config` by `cli/serve` (directory does not name config).
#[derive(Debug, Clone)]
pub struct DirectorySettings {
    /// `ldaps://host[:port]`, tried in order.
    pub servers: Vec<ServerAddress>,
    /// CA file in addition to the system's roots; read again when it changes. A self-signed
    /// certificate in it is accepted as it stands.
    pub ca_file: Option<PathBuf>,
    /// NetBIOS name of the domain.
    pub domain: String,
    /// The service account's name: sAMAccountName, UPN or DN.
    pub service_account: String,
    /// Reads the service account's password at use (file or value).
    pub service_password: SecretSource,
    /// Deadline of one operation.
    pub operation_timeout: Duration,
    /// Deadline for TCP + TLS + bind of one server; a server that misses it is avoided for a while.
    pub connect_timeout: Duration,
    /// Service connections per server that is in use.
    pub connections: usize,
}

/// Host (for the certificate check) and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerAddress {
    /// DNS name or IP address.
    pub host: String,
    /// 636 unless given.
    pub port: u16,
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
