//! Events that anybody can cause as often as they like (views, refused sign-ins): the first of a
//! kind in a minute is recorded, the rest is counted, so that nobody can fill the disk.

use super::steady::between;
use super::{Store, StoreError};
use crate::domain::audit::{AuditAction, Entry, Seq};
use crate::domain::identity::{ObjectGuid, Sid};
use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

/// Length of a window, in microseconds.
const WINDOW: i64 = 60_000_000;
/// Kinds in one window that anybody on the network can cause; more of them share one.
const OF_ANYBODY: usize = 60;
/// Kinds of one action in one window that one signed-in operator causes.
const OF_AN_OPERATOR: usize = 120;
/// The same of all operators together.
const OF_OPERATORS: usize = 2400;

/// What makes two events the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    action: AuditAction,
    code: Option<String>,
    operator: Option<Sid>,
    target: Option<ObjectGuid>,
    /// Of a look at the log, or at who may help somebody: what was looked at. Else an auditor's look at one record
    /// would hide that at another.
    looked_at: Option<String>,
}

impl Kind {
    fn of(entry: &Entry) -> Self {
        Self {
            action: entry.action,
            code: entry.code.clone(),
            operator: entry.operator.as_ref().and_then(|o| o.sid.clone()),
            target: entry.target.as_ref().map(|t| t.guid),
            looked_at: is_look(entry.action).then(|| format!("{:?}", entry.details)),
        }
    }
}

fn is_look(action: AuditAction) -> bool {
    matches!(action, AuditAction::ViewAudit | AuditAction::ViewAccount)
}

struct Window {
    began: i64,
    suppressed: u64,
    /// The entry to repeat with the count when the window ends, and when it happened.
    last: Option<(Entry, i64)>,
}

/// The windows that are open now.
#[derive(Default)]
pub(super) struct Seldom {
    windows: HashMap<Kind, Window>,
}

impl Seldom {
    /// The entry to record now, with the count of those that were left out before; `None`: it was
    /// counted.
    fn admit(&mut self, mut entry: Entry, now: i64) -> Option<(Kind, Entry)> {
        let mut kind = Kind::of(&entry);
        let mut summary = None;
        if !self.windows.contains_key(&kind) && self.is_full(&kind) {
            entry.target = None;
            kind.target = None;
            // More looks in a minute than anybody makes by hand: how many they were is counted.
            if kind.looked_at.take().is_some() {
                entry.details.clear();
            }
            // Operators are few, so each keeps a kind; anybody at all shares one, whose summary
            // must not lay the rest at the door of the last.
            if kind.action == AuditAction::SignIn {
                (kind.code, kind.operator) = (None, None);
                summary = Some(Entry {
                    result: entry.result,
                    ..Entry::new(entry.action)
                });
            }
        }
        let window = self.windows.entry(kind.clone()).or_insert(Window {
            began: now.saturating_sub(WINDOW),
            suppressed: 0,
            last: None,
        });
        if now.saturating_sub(window.began) < WINDOW {
            window.suppressed = window.suppressed.saturating_add(1);
            window.last = Some((summary.unwrap_or(entry), now));
            return None;
        }
        let left_out = std::mem::take(&mut window.suppressed);
        window.began = now;
        window.last = None;
        Some((kind, counted(entry, left_out)))
    }

    /// An entry that was admitted could not be recorded: the next one is the first again.
    fn forget(&mut self, kind: &Kind) {
        self.windows.remove(kind);
    }

    fn is_full(&self, new: &Kind) -> bool {
        let kinds = || self.windows.keys().filter(|kind| kind.action == new.action);
        if new.action == AuditAction::SignIn {
            return kinds().count() >= OF_ANYBODY;
        }
        let own = kinds().filter(|kind| kind.operator == new.operator);
        own.count() >= OF_AN_OPERATOR || kinds().count() >= OF_OPERATORS
    }

    /// Ends the windows that are over at `until`; returns the last entry of each that left something out, with
    /// the count of the others and how long ago it was.
    fn take_over(&mut self, until: i64, now: i64) -> Vec<Entry> {
        let mut summaries = Vec::new();
        self.windows.retain(|_, window| {
            if until.saturating_sub(window.began) < WINDOW {
                return true;
            }
            if let Some((entry, at)) = window.last.take() {
                // The last one is recorded now: it does not count as left out.
                let mut entry = counted(entry, window.suppressed.saturating_sub(1));
                let ago = between(at, now).as_secs();
                entry.details.insert("seconds_ago".to_owned(), ago.into());
                summaries.push(entry);
            }
            false
        });
        summaries
    }
}

impl Store {
    /// Commits an event unless the same happened within the last minute; then it is counted, and
    /// the count goes into `details.suppressed` of the next one or of a summary, which says how long ago the last of
    /// them was (`details.seconds_ago`). Of looks at the log only the
    /// same ones are the same.
    ///
    /// # Errors
    /// Nothing was recorded.
    pub async fn event_seldom(&self, entry: Entry) -> Result<Option<Seq>, StoreError> {
        let now = self.0.steady.now();
        let Some((kind, entry)) = self.seldom().admit(entry, now) else {
            return Ok(None);
        };
        let recorded = self.event(entry).await;
        if recorded.is_err() {
            self.seldom().forget(&kind);
        }
        recorded.map(Some)
    }

    /// Records the summaries of windows that are over.
    pub(super) async fn flush_suppressed(&self) -> Result<(), StoreError> {
        self.flush_until(self.0.steady.now()).await
    }

    /// Records what was counted so far, for a stop.
    ///
    /// # Errors
    /// Some of it was not recorded, or not in time.
    pub async fn flush_counts(&self) -> Result<(), StoreError> {
        self.flush_until(i64::MAX).await
    }

    async fn flush_until(&self, until: i64) -> Result<(), StoreError> {
        let summaries = self.seldom().take_over(until, self.0.steady.now());
        for entry in summaries {
            self.event(entry).await?;
        }
        Ok(())
    }

    fn seldom(&self) -> MutexGuard<'_, Seldom> {
        let seldom = self.0.seldom.lock();
        seldom.unwrap_or_else(PoisonError::into_inner)
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
