//! Why a sink did not take a batch; the sentence goes into the log.

pub use super::batch::ItemKind;
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
    #[error("the secret that it is signed with cannot be read, or is too short")]
    Secret,
    /// Not 2xx.
    #[error("it answered with status {status}")]
    Refused {
        /// What it said.
        status: u16,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// Half of it, and half of that, was too much for a webhook, down to one line.
    #[error(
        "it refuses {item} ({bytes} bytes) alone as too large (status 413), and waits for it before it gets what follows; raise \
         the limit of its server, or of the proxy before it, for the body of a request"
    )]
    TooLarge {
        /// The line.
        item: ItemKind,
        /// How long it is.
        bytes: usize,
    },
    /// Of a file: its disk did not keep what it said it had.
    #[error("records that it had taken are not in its file any more; it gets them again")]
    Lost,
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

    /// Whether less at once may be taken.
    pub(super) fn is_too_much(&self) -> bool {
        matches!(self, Self::Refused { status: 413, .. })
    }

    /// Whether it stays until somebody mends it, so that it is said also where the sink is away already.
    pub(super) fn is_lasting(&self) -> bool {
        matches!(self, Self::TooLarge { .. })
    }
}
