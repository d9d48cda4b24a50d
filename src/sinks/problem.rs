//! Why a sink did not take a batch; the sentence goes into the log.

use crate::store::StoreError;
use std::io;
use std::time::Duration;

/// Why a sink did not take a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SinkProblem {
    #[error("its file cannot be written: {0}")]
    File(io::ErrorKind),
    #[error("it does not answer in time")]
    TimedOut,
    #[error("no connection can be made to it")]
    Unreachable,
    #[error("its certificate is not trusted, or not valid, or not for this name")]
    Certificate,
    #[error("its ca_file cannot be read, or holds no certificate")]
    CaFile,
    #[error("it ended the connection")]
    Closed,
    #[error("the secret that it is signed with cannot be read")]
    Secret,
    #[error("it answered with status {status}")]
    Refused {
        status: u16,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The records themselves could not be read.
    #[error("{0}")]
    Store(StoreError),
}

impl SinkProblem {
    /// How long the other side wants to be left alone.
    pub(super) fn asked_to_wait(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
