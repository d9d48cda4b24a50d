//! Sign-in tries, counted by SID before the bind: a try that is not answered yet counts as wrong.

use super::log::Log;
use super::sessions::{NewSession, begin_session};
use super::steady::{between, micros};
use super::witness::unwitnessed;
use super::{Session, SessionToken, Store, StoreError, audit};
use crate::domain::audit::{Entry, Phase, Seq};
use crate::domain::identity::Sid;
use crate::domain::roles::Roles;
use crate::domain::time::Filetime;
use std::time::Duration;

/// A sign-in try that was counted before the bind. One that is never settled stays counted.
#[derive(Debug, Clone)]
#[must_use]
pub struct Reservation {
    sid: Sid,
    row: i64,
    attempt: Seq,
}

/// The verdict of the throttle.
#[derive(Debug)]
pub enum Reserved {
    /// The try is counted and its attempt recorded: bind.
    Go {
        /// To be settled.
        reservation: Reservation,
        /// Of the record.
        attempt: Seq,
    },
    /// No bind.
    TooMany {
        /// When the next try is free.
        retry_after: Duration,
    },
}

/// How a sign-in ended, for the throttle.
#[derive(Debug)]
pub enum SignInEnd {
    /// Signed in: earlier wrong tries are forgotten, as the directory forgets them.
    Right {
        /// objectSid.
        operator: Sid,
        /// For people.
        name: String,
        /// sAMAccountName.
        sam: String,
        /// What they may do.
        roles: Roles,
        /// pwdLastSet.
        password_last_set: Filetime,
    },
    /// A right password that brought no session; the directory keeps its count, and so does this.
    RightButRefused,
    /// Stays counted: it was wrong, or the directory may have counted it as wrong.
    Wrong,
    /// The directory judged nothing, as no DC was there: this try is taken back.
    Neither,
}

impl Store {
    /// Counts the try and records the sign-in attempt in one transaction, so that parallel
    /// requests cannot pass the limit together. At most `allowed` wrong or pending tries per SID
    /// and `window`. Every required sink has taken the attempt when this returns.
    ///
    /// # Errors
    /// It was not recorded, or not taken and the try taken back; no bind may follow.
    pub async fn reserve_sign_in(
        &self,
        sid: &Sid,
        allowed: u32,
        window: Duration,
        entry: Entry,
    ) -> Result<Reserved, StoreError> {
        self.witness().ready().await?;
        let sid = sid.clone();
        let ended = unwitnessed(entry.clone());
        let reserved = self
            .write(move |log| Box::pin(reserve(log, sid, allowed, window, entry)))
            .await?;
        if let Reserved::Go {
            reservation,
            attempt,
        } = &reserved
        {
            let undo = self.settle_sign_in(reservation.clone(), SignInEnd::Neither, ended);
            self.witnessed(*attempt, undo).await?;
        }
        Ok(reserved)
    }

    /// Ends a reservation and records the outcome; with [`SignInEnd::Right`] it makes the session
    /// too, all in one transaction.
    ///
    /// # Errors
    /// Nothing was recorded: there is no session, and the try stays counted.
    pub async fn settle_sign_in(
        &self,
        reservation: Reservation,
        how: SignInEnd,
        outcome: Entry,
    ) -> Result<Option<(SessionToken, Session)>, StoreError> {
        let token = SessionToken::random()?;
        self.write(move |log| Box::pin(end(log, reservation, how, outcome, token)))
            .await
    }
}

async fn reserve(
    log: &mut Log,
    sid: Sid,
    allowed: u32,
    window: Duration,
    entry: Entry,
) -> Result<Reserved, StoreError> {
    let now = log.steady.now();
    let tries: Vec<i64> = sqlx::query_scalar(
        "SELECT until FROM sign_in_try WHERE sid = ? AND until > ? ORDER BY until DESC LIMIT ?",
    )
    .bind(sid.to_string())
    .bind(now)
    .bind(allowed)
    .fetch_all(&mut log.connection)
    .await?;
    // With as many tries as are allowed, the oldest of them must end first.
    if tries.len() >= usize::try_from(allowed).unwrap_or(usize::MAX) {
        let retry_after = tries.last().map_or(window, |until| between(now, *until));
        return Ok(Reserved::TooMany { retry_after });
    }
    let row = sqlx::query("INSERT INTO sign_in_try (sid, at, until) VALUES (?, ?, ?)")
        .bind(sid.to_string())
        .bind(now)
        .bind(now.saturating_add(micros(window)))
        .execute(&mut log.connection)
        .await?
        .last_insert_rowid();
    let entry = Entry {
        phase: Phase::Attempt,
        ..entry
    };
    let attempt = log.append(entry).await?;
    Ok(Reserved::Go {
        reservation: Reservation { sid, row, attempt },
        attempt,
    })
}

async fn end(
    log: &mut Log,
    reservation: Reservation,
    how: SignInEnd,
    outcome: Entry,
    token: SessionToken,
) -> Result<Option<(SessionToken, Session)>, StoreError> {
    audit::settle(log, reservation.attempt, outcome).await?;
    match how {
        SignInEnd::Wrong => Ok(None),
        SignInEnd::Neither | SignInEnd::RightButRefused => {
            sqlx::query("DELETE FROM sign_in_try WHERE id = ?")
                .bind(reservation.row)
                .execute(&mut log.connection)
                .await?;
            Ok(None)
        }
        SignInEnd::Right {
            operator,
            name,
            sam,
            roles,
            password_last_set,
        } => {
            sqlx::query("DELETE FROM sign_in_try WHERE sid = ?")
                .bind(reservation.sid.to_string())
                .execute(&mut log.connection)
                .await?;
            let person = NewSession {
                operator,
                name,
                sam,
                roles,
                password_last_set,
            };
            let session = begin_session(log, &token, person).await?;
            Ok(Some((token, session)))
        }
    }
}
