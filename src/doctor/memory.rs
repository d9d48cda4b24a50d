//! The log and what earlier looks left, where there are any.

use super::check::Told;
use super::words::memory as words;
use crate::domain::audit::AuditAction;
use crate::domain::identity::Sid;
use crate::store::{AuditReader, Looks};
use jiff::Timestamp;
use std::collections::HashMap;
use std::path::Path;

/// The log and what earlier looks left.
pub(super) enum Memory {
    /// Both can be used.
    Whole { log: AuditReader, looks: Looks },
    /// Only the log.
    LogOnly { log: AuditReader, why: Told },
    /// Neither.
    Without(Told),
}

impl Memory {
    /// Opens what is there; makes nothing.
    pub(super) async fn open(database: &Path, log: Option<AuditReader>) -> Self {
        let Some(log) = log else {
            return Self::Without(if database.exists() {
                words::store_unusable()
            } else {
                words::no_store()
            });
        };
        match Looks::open(database).await {
            Ok(Some(looks)) => Self::Whole { log, looks },
            Ok(None) => Self::LogOnly {
                log,
                why: words::older_store(),
            },
            Err(error) => Self::LogOnly {
                log,
                why: words::not_kept(&error),
            },
        }
    }

    /// Both, or why not.
    pub(super) fn whole(&self) -> Result<(&AuditReader, &Looks), Told> {
        match self {
            Self::Whole { log, looks } => Ok((log, looks)),
            Self::LogOnly { why, .. } | Self::Without(why) => Err(why.clone()),
        }
    }

    /// The last sign-in of each person; nobody's where the log cannot be read, of which the store's
    /// own check tells.
    pub(super) async fn last_sign_ins(&self) -> HashMap<Sid, Timestamp> {
        match self.log() {
            Some(log) => log.last_sign_ins().await.unwrap_or_default(),
            None => HashMap::new(),
        }
    }

    /// The last rotation of the service account's password that the log has.
    pub(super) async fn last_rotation(&self) -> Option<Timestamp> {
        let last = self
            .log()?
            .last_success(AuditAction::RotateServiceAccount)
            .await;
        last.ok()?
    }

    pub(super) async fn close(&self) {
        if let Self::Whole { looks, .. } = self {
            looks.close().await;
        }
    }

    fn log(&self) -> Option<&AuditReader> {
        match self {
            Self::Whole { log, .. } | Self::LogOnly { log, .. } => Some(log),
            Self::Without(_) => None,
        }
    }
}
