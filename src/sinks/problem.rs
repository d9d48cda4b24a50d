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
    /// The records themselves could not be read.
    #[error("{0}")]
    Store(StoreError),
}

impl SinkProblem {
    /// How long the other side wants to be left alone.
    pub(super) fn asked_to_wait(&self) -> Option<Duration> {
        None
    }
}
