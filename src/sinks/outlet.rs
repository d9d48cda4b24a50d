//! What a batch goes into: one of each kind.

use super::SinkKind;
use super::batch::Batch;
use super::file::FileOutlet;
use super::problem::SinkProblem;
use super::syslog::SyslogOutlet;
use super::webhook::WebhookOutlet;
use crate::store::SinkPosition;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::time::Instant;

/// An open sink.
pub(super) enum Outlet {
    File(FileOutlet),
    Syslog(SyslogOutlet),
    Webhook(WebhookOutlet),
}

impl Outlet {
    pub(super) fn new(kind: &SinkKind, reopen: Arc<AtomicBool>) -> Self {
        match kind {
            SinkKind::File(path) => Self::File(FileOutlet::new(path.clone(), reopen)),
            SinkKind::Syslog(settings) => Self::Syslog(SyslogOutlet::new(settings.clone())),
            SinkKind::Webhook(settings) => Self::Webhook(WebhookOutlet::new(settings.clone())),
        }
    }

    /// Whether it is to be opened before there is anything to take.
    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::File(file) => file.is_closed(),
            Self::Syslog(syslog) => syslog.is_closed(),
            Self::Webhook(webhook) => webhook.is_closed(),
        }
    }

    /// Returns once all of a batch that follows `before` is taken; an empty one opens it only.
    pub(super) async fn take(
        &mut self,
        batch: &Batch,
        before: SinkPosition,
    ) -> Result<(), SinkProblem> {
        match self {
            Self::File(file) => file.take(batch, before).await,
            Self::Syslog(syslog) => syslog.take(batch, before).await,
            Self::Webhook(webhook) => webhook.take(batch).await,
        }
    }

    /// Returns when it is lost while nothing is sent.
    pub(super) async fn lost(&mut self) -> SinkProblem {
        match self {
            Self::Syslog(syslog) => syslog.lost().await,
            Self::File(_) | Self::Webhook(_) => std::future::pending().await,
        }
    }

    /// Where to go on after a failure, having sent everything before `sent`.
    pub(super) fn rewind(&mut self, sent: SinkPosition) -> SinkPosition {
        match self {
            Self::File(file) => file.rewind(sent),
            Self::Syslog(syslog) => syslog.rewind(sent),
            Self::Webhook(_) => sent,
        }
    }

    /// What need not be sent again after a restart, having sent everything before `sent`.
    pub(super) fn settled(&mut self, sent: SinkPosition) -> SinkPosition {
        match self {
            Self::Syslog(syslog) => syslog.settled(sent),
            Self::File(_) | Self::Webhook(_) => sent,
        }
    }

    /// When more of what was sent is settled, though nothing else happens.
    pub(super) fn settles_at(&self) -> Option<Instant> {
        match self {
            Self::Syslog(syslog) => syslog.settles_at(),
            Self::File(_) | Self::Webhook(_) => None,
        }
    }
}
