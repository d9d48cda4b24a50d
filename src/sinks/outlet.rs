//! What a batch goes into: one of each kind.

use super::SinkKind;
use super::batch::Batch;
use super::file::FileOutlet;
use super::problem::SinkProblem;
use crate::store::SinkPosition;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// An open sink.
pub(super) enum Outlet {
    File(FileOutlet),
}

impl Outlet {
    pub(super) fn new(kind: &SinkKind, reopen: Arc<AtomicBool>) -> Self {
        match kind {
            SinkKind::File(path) => Self::File(FileOutlet::new(path.clone(), reopen)),
        }
    }

    /// Whether it is to be opened before there is anything to take.
    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::File(file) => file.is_closed(),
        }
    }

    /// Returns once all of it is taken; with an empty batch it is opened only.
    pub(super) async fn take(&mut self, batch: &Batch) -> Result<(), SinkProblem> {
        match self {
            Self::File(file) => file.take(batch).await,
        }
    }

    /// Returns when it is lost while nothing is sent.
    pub(super) async fn lost(&mut self) -> SinkProblem {
        match self {
            Self::File(_) => std::future::pending().await,
        }
    }

    /// Where to go on after a failure, having sent everything before `sent`.
    pub(super) fn rewind(&mut self, sent: SinkPosition) -> SinkPosition {
        match self {
            Self::File(_) => sent,
        }
    }

    /// What need not be sent again after a restart, having sent everything before `sent`.
    pub(super) fn settled(&mut self, sent: SinkPosition) -> SinkPosition {
        match self {
            Self::File(_) => sent,
        }
    }
}
