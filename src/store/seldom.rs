//! Events that anybody can cause as often as they like (views, refused sign-ins): the first of a
//! kind in a minute is recorded, the rest is counted, so that nobody can fill the disk.

use super::{Store, StoreError};
use crate::domain::audit::{AuditAction, Entry, Seq};
use crate::domain::identity::{ObjectGuid, Sid};
use std::collections::HashMap;

/// Length of a window, in microseconds.
const WINDOW: i64 = 60_000_000;
/// Kinds of one action in one window; more of them share one.
const KINDS: usize = 60;

/// What makes two events the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    action: &'static str,
    code: Option<String>,
    operator: Option<Sid>,
    target: Option<ObjectGuid>,
}

struct Window {
    began: i64,
    suppressed: u64,
    /// The entry to repeat with the count when the window ends.
    last: Option<Entry>,
}

/// The windows that are open now.
#[derive(Default)]
pub(super) struct Seldom {
    windows: HashMap<Kind, Window>,
}

impl Seldom {
    /// The entry to record now, with the count of those that were left out before; `None`: count it.
    fn admit(&mut self, entry: Entry, now: i64) -> Option<Entry> {
        let kind = self.kind(&entry);
        let window = self.windows.entry(kind).or_insert(Window {
            began: now.saturating_sub(WINDOW),
            suppressed: 0,
            last: None,
        });
        if now.saturating_sub(window.began) < WINDOW {
            window.suppressed = window.suppressed.saturating_add(1);
            window.last = Some(entry);
            return None;
        }
        let left_out = std::mem::take(&mut window.suppressed);
        window.began = now;
        window.last = None;
        Some(counted(entry, left_out))
    }

    /// Ends the windows that are over; returns a summary of each that left something out.
    fn take_over(&mut self, now: i64) -> Vec<Entry> {
        let mut summaries = Vec::new();
        self.windows.retain(|_, window| {
            if now.saturating_sub(window.began) < WINDOW {
                return true;
            }
            if let Some(entry) = window.last.take() {
                summaries.push(counted(entry, window.suppressed));
            }
            false
        });
        summaries
    }

    fn kind(&self, entry: &Entry) -> Kind {
        let action = word(entry.action);
        let kind = Kind {
            action,
            code: entry.code.clone(),
            operator: entry.operator.as_ref().and_then(|o| o.sid.clone()),
            target: entry.target.as_ref().map(|t| t.guid),
        };
        let full = || self.windows.keys().filter(|k| k.action == action).count() >= KINDS;
        if !self.windows.contains_key(&kind) && full() {
            return Kind {
                action,
                code: None,
                operator: None,
                target: None,
            };
        }
        kind
    }
}

impl Store {
    /// Commits an event unless the same happened within the last minute; then it is counted, and
    /// the count goes into `details.suppressed` of the next one or of a summary.
    ///
    /// # Errors
    /// Nothing was recorded.
    pub async fn event_seldom(&self, entry: Entry) -> Result<Option<Seq>, StoreError> {
        let now = self.0.steady.now();
        let admitted = self
            .0
            .seldom
            .lock()
            .ok()
            .and_then(|mut s| s.admit(entry, now));
        match admitted {
            Some(entry) => self.event(entry).await.map(Some),
            None => Ok(None),
        }
    }

    /// Records the summaries of windows that are over.
    pub(super) async fn flush_suppressed(&self) -> Result<(), StoreError> {
        let now = self.0.steady.now();
        let summaries = self
            .0
            .seldom
            .lock()
            .map(|mut seldom| seldom.take_over(now))
            .unwrap_or_default();
        for entry in summaries {
            self.event(entry).await?;
        }
        Ok(())
    }
}

fn counted(mut entry: Entry, left_out: u64) -> Entry {
    if left_out > 0 {
        entry
            .details
            .insert("suppressed".to_owned(), left_out.into());
    }
    entry
}

/// Views are an operator's work and refusals anybody's; each has its own share.
fn word(action: AuditAction) -> &'static str {
    match action {
        AuditAction::SignIn => "sign_in",
        AuditAction::ViewAccount => "view_account",
        _ => "other",
    }
}
