//! Sessions on the server's side: who, since when, until when, and their end.

use super::log::Log;
use super::session_seal::SessionKey;
use super::steady::{between, micros};
use super::{Flaw, SessionToken, Store, StoreError, quota};
use crate::domain::identity::Sid;
use crate::domain::roles::Roles;
use crate::domain::time::Filetime;
use std::time::Duration;

/// `last_seen` is written at most this often; an idle limit is that much less precise.
const TOUCH_EVERY: Duration = Duration::from_secs(15);
/// Sessions of one operator; the oldest give way.
const PER_OPERATOR: i64 = 20;

/// A session as stored; found by the code over its token.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Row.
    pub id: i64,
    /// Whose it is.
    pub operator: Sid,
    /// Name for people.
    pub name: String,
    /// sAMAccountName.
    pub sam: String,
    /// What they may do, as of the last look at the directory.
    pub roles: Roles,
    /// pwdLastSet at sign-in: a session does not outlive its password.
    pub password_last_set: Filetime,
    /// How long ago the operator was last read from the directory.
    pub checked_ago: Duration,
}

/// Limits of a session.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// Since the last request.
    pub idle: Duration,
    /// Since the sign-in.
    pub absolute: Duration,
}

/// Who is to have a session.
pub(super) struct NewSession {
    pub(super) operator: Sid,
    pub(super) name: String,
    pub(super) sam: String,
    pub(super) roles: Roles,
    pub(super) password_last_set: Filetime,
}

/// A row; its seal is over everything but its number and `last_seen`.
#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    token_hash: Vec<u8>,
    operator: String,
    name: String,
    sam: String,
    is_operator: bool,
    is_auditor: bool,
    password_last_set: i64,
    started: i64,
    last_seen: i64,
    checked: i64,
    seal: Vec<u8>,
}

impl Row {
    fn columns(&self) -> [Vec<u8>; 8] {
        [
            self.token_hash.clone(),
            self.operator.clone().into_bytes(),
            self.name.clone().into_bytes(),
            self.sam.clone().into_bytes(),
            vec![u8::from(self.is_operator), u8::from(self.is_auditor)],
            self.password_last_set.to_be_bytes().to_vec(),
            self.started.to_be_bytes().to_vec(),
            self.checked.to_be_bytes().to_vec(),
        ]
    }

    fn is_sealed(&self, key: &SessionKey) -> bool {
        key.holds(&self.columns(), &self.seal)
    }

    fn seal(&mut self, key: &SessionKey) {
        self.seal = key.seal(&self.columns());
    }
}

impl Store {
    /// The session of a token, if it is still alive by `limits`; notes that it was used.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn session(
        &self,
        token: &SessionToken,
        limits: SessionLimits,
    ) -> Result<Option<Session>, StoreError> {
        let hash = self.0.sessions.of_token(token);
        let find = async {
            let row: Option<Row> = sqlx::query_as("SELECT * FROM session WHERE token_hash = ?")
                .bind(hash.as_slice())
                .fetch_optional(&self.0.reader.pool)
                .await?;
            Ok(row)
        };
        let found = self.within(find).await?;
        let Some(row) = found.filter(|row| row.is_sealed(&self.0.sessions)) else {
            return Ok(None);
        };
        let now = self.0.steady.now();
        let idle = between(row.last_seen, now);
        if idle >= limits.idle || between(row.started, now) >= limits.absolute {
            return Ok(None);
        }
        if idle >= TOUCH_EVERY {
            self.touch(row.id);
        }
        Ok(Some(Session {
            id: row.id,
            operator: row
                .operator
                .parse()
                .map_err(|_| StoreError::Unusable(Flaw::Corrupt))?,
            name: row.name,
            sam: row.sam,
            roles: Roles::from_flags(row.is_operator, row.is_auditor)
                .ok_or(StoreError::Unusable(Flaw::Corrupt))?,
            password_last_set: Filetime(row.password_last_set),
            checked_ago: between(row.checked, now),
        }))
    }

    /// Whether a session that was found is still alive by `limits`; notes that it is used.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn session_goes_on(
        &self,
        id: i64,
        limits: SessionLimits,
    ) -> Result<bool, StoreError> {
        let find = async {
            let row: Option<(i64, i64)> =
                sqlx::query_as("SELECT started, last_seen FROM session WHERE id = ?")
                    .bind(id)
                    .fetch_optional(&self.0.reader.pool)
                    .await?;
            Ok(row)
        };
        let now = self.0.steady.now();
        let alive = self.within(find).await?.is_some_and(|(started, seen)| {
            between(seen, now) < limits.idle && between(started, now) < limits.absolute
        });
        if alive {
            self.touch(id);
        }
        Ok(alive)
    }

    /// Nobody waits for this: a request is not slower for it, and while the disk is full people
    /// can still read.
    fn touch(&self, id: i64) {
        self.0.writer.post(move |log| {
            Box::pin(async move {
                let now = log.steady.now();
                sqlx::query("UPDATE session SET last_seen = ? WHERE id = ?")
                    .bind(now)
                    .bind(id)
                    .execute(&mut log.connection)
                    .await?;
                Ok(())
            })
        });
    }

    /// Notes that the person was read again, and what they may do now. If the note is lost, the next
    /// request reads again.
    pub fn session_checked(&self, id: i64, roles: Roles) {
        self.0
            .writer
            .post(move |log| Box::pin(note_checked(log, id, roles)));
    }

    /// Ends one session.
    ///
    /// # Errors
    /// It may not have ended.
    pub async fn end_session(&self, id: i64) -> Result<(), StoreError> {
        self.write(move |log| {
            Box::pin(async move {
                sqlx::query("DELETE FROM session WHERE id = ?")
                    .bind(id)
                    .execute(&mut log.connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Ends every session of an operator.
    ///
    /// # Errors
    /// They may not have ended.
    pub async fn end_sessions_of(&self, operator: &Sid) -> Result<(), StoreError> {
        let operator = operator.to_string();
        self.write(move |log| {
            Box::pin(async move {
                sqlx::query("DELETE FROM session WHERE operator = ?")
                    .bind(operator)
                    .execute(&mut log.connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Deletes what no longer matters: dead sessions, tries out of their window, forms of
    /// sessions that are over, resets that count towards nothing any more. Never a record.
    ///
    /// # Errors
    /// Nothing was deleted.
    pub async fn sweep(&self, limits: SessionLimits) -> Result<(), StoreError> {
        self.write(move |log| Box::pin(sweep(log, limits))).await?;
        self.flush_suppressed().await
    }
}

async fn note_checked(log: &mut Log, id: i64, roles: Roles) -> Result<(), StoreError> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM session WHERE id = ?")
        .bind(id)
        .fetch_optional(&mut log.connection)
        .await?;
    // What has no seal gets none by this.
    let Some(mut row) = row.filter(|row| row.is_sealed(&log.sessions)) else {
        return Ok(());
    };
    row.checked = log.steady.now();
    row.is_operator = roles.is_operator();
    row.is_auditor = roles.is_auditor();
    row.seal(&log.sessions);
    sqlx::query(
        "UPDATE session SET checked = ?1, last_seen = ?1, is_operator = ?2, is_auditor = ?3, seal = ?4
         WHERE id = ?5",
    )
    .bind(row.checked)
    .bind(row.is_operator)
    .bind(row.is_auditor)
    .bind(row.seal)
    .bind(id)
    .execute(&mut log.connection)
    .await?;
    Ok(())
}

/// Makes a session for a person who has just signed in.
pub(super) async fn begin_session(
    log: &mut Log,
    token: &SessionToken,
    person: NewSession,
) -> Result<Session, StoreError> {
    let now = log.steady.now();
    let operator = person.operator.to_string();
    let mut row = Row {
        id: 0,
        token_hash: log.sessions.of_token(token).to_vec(),
        operator: operator.clone(),
        name: person.name.clone(),
        sam: person.sam.clone(),
        is_operator: person.roles.is_operator(),
        is_auditor: person.roles.is_auditor(),
        password_last_set: person.password_last_set.0,
        started: now,
        last_seen: now,
        checked: now,
        seal: Vec::new(),
    };
    row.seal(&log.sessions);
    let id = sqlx::query(
        "INSERT INTO session (token_hash, operator, name, sam, is_operator, is_auditor, password_last_set,
                              started, last_seen, checked, seal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8, ?9)",
    )
    .bind(row.token_hash)
    .bind(row.operator)
    .bind(row.name)
    .bind(row.sam)
    .bind(row.is_operator)
    .bind(row.is_auditor)
    .bind(row.password_last_set)
    .bind(now)
    .bind(row.seal)
    .execute(&mut log.connection)
    .await?
    .last_insert_rowid();
    sqlx::query(
        "DELETE FROM session WHERE operator = ?1 AND id NOT IN
         (SELECT id FROM session WHERE operator = ?1 ORDER BY id DESC LIMIT ?2)",
    )
    .bind(&operator)
    .bind(PER_OPERATOR)
    .execute(&mut log.connection)
    .await?;
    Ok(Session {
        id,
        operator: person.operator,
        name: person.name,
        sam: person.sam,
        roles: person.roles,
        password_last_set: person.password_last_set,
        checked_ago: Duration::ZERO,
    })
}

async fn sweep(log: &mut Log, limits: SessionLimits) -> Result<(), StoreError> {
    let now = log.steady.now();
    let oldest_start = now.saturating_sub(micros(limits.absolute));
    sqlx::query("DELETE FROM session WHERE started < ? OR last_seen < ?")
        .bind(oldest_start)
        .bind(now.saturating_sub(micros(limits.idle)))
        .execute(&mut log.connection)
        .await?;
    sqlx::query("DELETE FROM sign_in_try WHERE until < ?")
        .bind(now)
        .execute(&mut log.connection)
        .await?;
    // A form is bound to its session's token; when no such session can live, nor can the form.
    sqlx::query("DELETE FROM used_form WHERE at < ?")
        .bind(oldest_start)
        .execute(&mut log.connection)
        .await?;
    quota::sweep(log, now).await?;
    log.tidy_open_attempts().await
}
