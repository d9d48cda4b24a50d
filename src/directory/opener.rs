//! Opens a service connection: TLS, then the service account's bind.

use super::connection::{Cause, Connection, Lost};
use super::credential::Credential;
use super::error::{BindRefusal, CertificateProblem, DirectoryError};
use super::settings::ServerAddress;
use super::tls::{ConnectFailure, Trust};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What it takes to open a service connection to any server.
pub(super) struct Opener {
    pub trust: Arc<Trust>,
    pub credential: Credential,
    pub connect_timeout: Duration,
}

/// Why there is no service connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OpenFailure {
    /// Nobody there, or too slow.
    Unreachable,
    /// It answers, but not now.
    Busy,
    /// It answers rubbish.
    Malformed,
    /// Its certificate.
    Certificate(CertificateProblem),
    /// The service account was refused, now or a while ago.
    Refused(BindRefusal),
    /// The service account's password cannot be read.
    Password(Option<PathBuf>),
    /// Another result of the bind.
    Result(DirectoryError),
}

impl Opener {
    pub(super) async fn open(
        &self,
        address: &ServerAddress,
        deadline: Instant,
    ) -> Result<Connection, OpenFailure> {
        let deadline = deadline.min(Instant::now() + self.connect_timeout);
        self.credential.may_try(deadline).await?;
        let stream = self.trust.connect(address, deadline).await?;
        let connection = Connection::start(stream);
        self.credential.bind(&connection, deadline).await?;
        Ok(connection)
    }
}

impl OpenFailure {
    /// Whether another server may do better.
    pub(super) fn is_the_servers(&self) -> bool {
        match self {
            Self::Unreachable | Self::Busy | Self::Malformed | Self::Certificate(_) => true,
            Self::Refused(_) | Self::Password(_) | Self::Result(_) => false,
        }
    }

    /// As the error of a request that tried `tried` servers, `server` last.
    pub(super) fn into_error(self, server: &ServerAddress, tried: usize) -> DirectoryError {
        match self {
            Self::Unreachable => DirectoryError::Unreachable { tried },
            Self::Busy => DirectoryError::Busy,
            Self::Malformed => DirectoryError::Protocol,
            Self::Certificate(problem) => DirectoryError::Certificate {
                server: server.to_string(),
                problem,
            },
            Self::Refused(refusal) => DirectoryError::ServiceBind(refusal),
            Self::Password(file) => DirectoryError::ServicePassword(file),
            Self::Result(error) => error,
        }
    }
}

impl From<ConnectFailure> for OpenFailure {
    fn from(failure: ConnectFailure) -> Self {
        match failure {
            ConnectFailure::Unreachable => Self::Unreachable,
            ConnectFailure::Certificate(problem) => Self::Certificate(problem),
        }
    }
}

impl From<Lost> for OpenFailure {
    fn from(lost: Lost) -> Self {
        match lost.cause {
            Cause::Malformed => Self::Malformed,
            Cause::Ended | Cause::Slow | Cause::Silent => Self::Unreachable,
        }
    }
}
