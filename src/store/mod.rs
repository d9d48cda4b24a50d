//! The only folder with SQL: audit log, sessions, throttle, used forms, recent people.
// (owner: sqlite.rs (open, pragmas, migrations), audit.rs, sessions.rs, throttle.rs, recent.rs)

use crate::domain::audit::{Entry, Record, Seq};
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::time::Clock;
use std::path::Path;
use std::time::Duration;

/// The database: SQLite in a file (WAL, synchronous=FULL). Cheap to clone.
#[derive(Clone)]
pub struct Store {/* … */}

/// Errors of the store; all mean: nothing was recorded, so nothing may be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Disk full, read-only, I/O.
    #[error("the store cannot be written: {0}")]
    NotWritable(String),
    /// Corrupt or of a newer version.
    #[error("the store cannot be used: {0}")]
    Unusable(String),
    /// Too slow.
    #[error("the store did not answer in time")]
    Timeout,
}

/// A form token used for the first time, or again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain words")]
pub enum Attempted {
    Recorded(Seq),
    FormAlreadyUsed,
}

/// An attempt without an outcome.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "plain words")]
pub struct OpenAttempt {
    pub record: Record,
}

/// A session as stored; found by the hash of its token.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "plain words")]
pub struct Session {
    pub id: i64,
    pub operator: Sid,
    pub name: String,
    pub sam: String,
    pub started: jiff::Timestamp,
    pub last_seen: jiff::Timestamp,
    pub checked: jiff::Timestamp,
}
/// 256-bit token of a session cookie; redacted Debug; the store keeps its SHA-256 only.
#[derive(Debug)]
pub struct SessionToken(secrecy::SecretString);
impl SessionToken {
    /// From the cookie's value (43 characters base64url); None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        todo!()
    }
    /// For the cookie.
    pub fn expose(&self) -> &str {
        use secrecy::ExposeSecret;
        self.0.expose_secret()
    }
}
/// Limits of a session.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "plain words")]
pub struct SessionLimits {
    pub idle: Duration,
    pub absolute: Duration,
}

/// A sign-in try that was counted before the bind.
#[derive(Debug)]
#[must_use]
pub struct Reservation {/* sid, row id, attempt seq */}
/// The verdict of the throttle.
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub enum Reserved {
    Go {
        reservation: Reservation,
        attempt: Seq,
    },
    TooMany {
        retry_after: Duration,
    },
}

impl Store {
    /// Opens or makes the database, migrates it, checks it. `url`: `sqlite:///path` or `sqlite://relative`.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        todo!()
    }
    /// Can it be written now (for /readyz and before a reset)?
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Commits an attempt (durable when this returns) and, in the same transaction, marks the form's nonce as used.
    pub async fn attempt(
        &self,
        entry: Entry,
        form_nonce: Option<[u8; 16]>,
    ) -> Result<Attempted, StoreError> {
        todo!()
    }
    /// Commits the outcome of an attempt; a second outcome for the same attempt is an error by a UNIQUE index.
    pub async fn outcome(&self, attempt: Seq, outcome: Entry) -> Result<Seq, StoreError> {
        todo!()
    }
    /// Commits an event (refusals, sign-outs, views).
    pub async fn event(&self, entry: Entry) -> Result<Seq, StoreError> {
        todo!()
    }
    /// Attempts without an outcome, oldest first.
    pub async fn open_attempts(&self) -> Result<Vec<OpenAttempt>, StoreError> {
        todo!()
    }
    /// One record.
    pub async fn record(&self, seq: Seq) -> Result<Option<Record>, StoreError> {
        todo!()
    }
    /// The outcome of an attempt, if there is one.
    pub async fn outcome_of(&self, attempt: Seq) -> Result<Option<Record>, StoreError> {
        todo!()
    }
    /// Lines from `from` on, at most `limit` (for list and export, paged).
    pub async fn lines(&self, from: Seq, limit: u32) -> Result<Vec<(Seq, String)>, StoreError> {
        todo!()
    }

    /// Counts the try before the bind and records the sign_in attempt, in one transaction. At most `allowed` wrong or pending tries per
    /// SID and `window`.
    pub async fn reserve_sign_in(
        &self,
        sid: &Sid,
        allowed: u32,
        window: Duration,
        entry: Entry,
    ) -> Result<Reserved, StoreError> {
        todo!()
    }
    /// Ends a reservation: a right password frees the tries, a wrong one stays counted, `Neither` (no DC) takes this one back.
    /// Records the outcome in the same transaction; with `Right`, also makes the session.
    pub async fn settle_sign_in(
        &self,
        reservation: Reservation,
        how: SignInEnd,
        outcome: Entry,
    ) -> Result<Option<(SessionToken, Session)>, StoreError> {
        todo!()
    }

    /// The session of a token, if it is still alive by `limits`; touches `last_seen` (at most once every 15 s is written).
    pub async fn session(
        &self,
        token: &SessionToken,
        limits: SessionLimits,
    ) -> Result<Option<Session>, StoreError> {
        todo!()
    }
    /// The operator was read again and is still one.
    pub async fn session_checked(&self, id: i64) -> Result<(), StoreError> {
        todo!()
    }
    /// Ends one session.
    pub async fn end_session(&self, id: i64) -> Result<(), StoreError> {
        todo!()
    }
    /// Ends every session of an operator.
    pub async fn end_sessions_of(&self, operator: &Sid) -> Result<(), StoreError> {
        todo!()
    }

    /// The accounts this operator helped last, newest first.
    pub async fn recent(&self, operator: &Sid, limit: u32) -> Result<Vec<ObjectGuid>, StoreError> {
        todo!()
    }
    /// Deletes expired sessions, tries and used forms (never audit lines).
    pub async fn sweep(&self, limits: SessionLimits) -> Result<(), StoreError> {
        todo!()
    }
    /// Checkpoints the WAL and closes.
    pub async fn close(&self) {
        todo!()
    }
}
/// How a sign-in ended, for the throttle.
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub enum SignInEnd {
    Right {
        operator: Sid,
        name: String,
        sam: String,
    },
    RightButRefused,
    Wrong,
    Neither,
}
