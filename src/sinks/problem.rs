//! Why a sink did not take a batch; the sentence goes into the log.

use crate::store::StoreError;
use std::io;
use std::time::Duration;

/// Why a sink did not take a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkProblem {
    /// Of a file.
    #[error("its file cannot be written: {0}")]
    File(io::ErrorKind),
    /// Too slow.
    #[error("it does not answer in time")]
    TimedOut,
    /// Refused, or no such host.
    #[error("no connection can be made to it")]
    Unreachable,
    /// Not accepted.
    #[error("its certificate is not trusted, or not valid, or not for this name")]
    Certificate,
    /// What is trusted is not known.
    #[error("its ca_file cannot be read, or holds no certificate")]
    CaFile,
    /// By the other side.
    #[error("it ended the connection")]
    Closed,
    /// Of a webhook.
    #[error("the secret that it is signed with cannot be read")]
    Secret,
    /// Not 2xx.
    #[error("it answered with status {status}")]
    Refused {
        /// What it said.
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
