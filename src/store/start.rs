//! What a start finds out about the time before it: it is recorded before anything else is.

use super::lock::Lock;
use super::steady::JUMP;
use super::{StoreError, checkpoints};
use crate::domain::audit::{AuditAction, Entry};
use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::SqliteConnection;

/// Which of the notes that say how far the log was are not there, though the log was signed: an older copy was put back
/// as it is documented, or somebody took them away.
#[derive(Clone, Copy)]
pub(super) struct Missing {
    /// How long it was, in `.lock`.
    lock: bool,
    /// Its newest checkpoint, in `.signed`.
    signed: bool,
}

impl Missing {
    /// Looked at before anything is noted anew.
    pub(super) async fn of(
        connection: &mut SqliteConnection,
        lock: &Lock,
        kept: &[String],
    ) -> Result<Self, StoreError> {
        let has_key = checkpoints::newest_verifier(&mut *connection)
            .await?
            .is_some();
        let is_signed = checkpoints::newest(connection).await?.is_some();
        Ok(Self {
            lock: has_key && !lock.has_noted_length(),
            signed: is_signed && kept.is_empty(),
        })
    }

    fn entry(self) -> Option<Entry> {
        let what = match (self.lock, self.signed) {
            (true, true) => ".lock and .signed",
            (true, false) => ".lock",
            (false, true) => ".signed",
            (false, false) => return None,
        };
        let mut entry = Entry::new(AuditAction::NotesMissing);
        let missing = ("missing".to_owned(), what.into());
        entry.details.extend([missing]);
        Some(entry)
    }
}

/// The events of this start, of a log that has records.
pub(super) async fn events(
    connection: &mut SqliteConnection,
    now: Timestamp,
    missing: Missing,
) -> Result<Vec<Entry>, StoreError> {
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT time FROM audit ORDER BY seq DESC LIMIT 1")
            .fetch_optional(connection)
            .await?;
    let Some(newest) = newest else {
        return Ok(Vec::new());
    };
    let jump = SignedDuration::from_micros(now.as_microsecond().saturating_sub(newest));
    let jump = (jump <= -JUMP).then(|| clock_jumped(jump));
    Ok(jump.into_iter().chain(missing.entry()).collect())
}

/// That the wall clock jumped.
pub(super) fn clock_jumped(by: SignedDuration) -> Entry {
    let mut entry = Entry::new(AuditAction::ClockJumped);
    let seconds = ("seconds".to_owned(), by.as_secs().into());
    entry.details.extend([seconds]);
    entry
}
