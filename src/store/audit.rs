//! Attempts, outcomes and events: what is appended to the log, and what is asked of it.

use super::log::Log;
use super::numbers::number_of;
use super::witness::unwitnessed;
use super::{Attempted, OpenAttempt, Settlement, Store, StoreError, quota};
use crate::domain::audit::{AuditAction, AuditResult, Entry, Phase, Record, Seq};
use crate::domain::identity::ObjectGuid;
use crate::domain::limits::Quota;

impl Store {
    /// Commits an attempt, durable and taken by every required sink when this returns, and in the
    /// same transaction marks the form's nonce as used, holds it against `quota` and counts it, so that
    /// parallel requests cannot pass a limit together. A reset counts under the entry's rule, also
    /// without a quota; one that a required sink did not take counts too: the log has it.
    ///
    /// # Errors
    /// It was not recorded, or not taken, or not in time; then nothing may be changed.
    pub async fn attempt(
        &self,
        entry: Entry,
        form_nonce: Option<[u8; 16]>,
        quota: Option<Quota>,
    ) -> Result<Attempted, StoreError> {
        self.witness().ready().await?;
        let ended = unwitnessed(entry.clone());
        let quota = quota.unwrap_or_default();
        let attempted = self
            .write(move |log| Box::pin(record_attempt(log, entry, form_nonce, quota)))
            .await?;
        if let Attempted::Recorded(attempt) = attempted {
            self.witnessed(attempt, self.outcome(attempt, ended))
                .await?;
        }
        Ok(attempted)
    }

    /// Commits the outcome of an attempt. Where it has one already, nothing is recorded.
    ///
    /// # Errors
    /// Nothing was recorded, or not in time; the attempt is still open.
    pub async fn outcome(&self, attempt: Seq, entry: Entry) -> Result<Settlement, StoreError> {
        self.write(move |log| Box::pin(settle(log, attempt, entry)))
            .await
    }

    /// Commits an event: a refusal, a sign-out.
    ///
    /// # Errors
    /// Nothing was recorded, or not in time.
    pub async fn event(&self, entry: Entry) -> Result<Seq, StoreError> {
        self.write(move |log| {
            Box::pin(async move {
                let entry = Entry {
                    phase: Phase::Event,
                    ..entry
                };
                log.append(entry).await
            })
        })
        .await
    }

    /// As [`event`](Self::event), and the required sinks have it before anything follows from it.
    ///
    /// # Errors
    /// As there; or a required sink does not take records.
    pub async fn event_witnessed(&self, entry: Entry) -> Result<Seq, StoreError> {
        self.witness().ready().await?;
        let seq = self.event(entry).await?;
        self.witness().saw(seq).await?;
        Ok(seq)
    }

    /// Attempts without an outcome, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open_attempts(&self) -> Result<Vec<OpenAttempt>, StoreError> {
        self.within(self.0.reader.open_attempts()).await
    }

    /// One record; `None`: there is none with that number.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn record(&self, seq: Seq) -> Result<Option<Record>, StoreError> {
        self.within(self.0.reader.record(seq)).await
    }

    /// The outcome of an attempt, if there is one.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn outcome_of(&self, attempt: Seq) -> Result<Option<Record>, StoreError> {
        self.within(self.0.reader.outcome_of(attempt)).await
    }

    /// Whether no other attempt on the same account was open while this one was, or came after it.
    /// Two that crossed share what the metadata say, and nothing can tell them apart.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn is_alone(&self, attempt: Seq, target: ObjectGuid) -> Result<bool, StoreError> {
        self.within(self.0.reader.is_alone(attempt, target)).await
    }

    /// Lines from `from` on, at most `limit`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn lines(&self, from: Seq, limit: u32) -> Result<Vec<(Seq, String)>, StoreError> {
        self.within(self.0.reader.lines(from, limit)).await
    }
}

async fn record_attempt(
    log: &mut Log,
    entry: Entry,
    form_nonce: Option<[u8; 16]>,
    quota: Quota,
) -> Result<Attempted, StoreError> {
    // A form comes first: a double click on the last reset that is left is no reset too many.
    if let Some(nonce) = form_nonce
        && !use_form(log, nonce).await?
    {
        return Ok(Attempted::FormAlreadyUsed);
    }
    if let Some(refused) = quota::refused(log, &entry, &quota).await? {
        if let Some(nonce) = form_nonce {
            free_form(log, nonce).await?;
        }
        return Ok(refused);
    }
    let entry = Entry {
        phase: Phase::Attempt,
        ..entry
    };
    let seq = log.append(entry.clone()).await?;
    quota::count(log, &entry, &quota).await?;
    Ok(Attempted::Recorded(seq))
}

/// Appends an outcome to an attempt that is still open, by what the log says.
pub(super) async fn settle(
    log: &mut Log,
    attempt: Seq,
    entry: Entry,
) -> Result<Settlement, StoreError> {
    if !log.is_open(attempt).await? {
        return Ok(Settlement::NotOpen);
    }
    let number = number_of(attempt)?;
    sqlx::query("DELETE FROM open_attempt WHERE seq = ?")
        .bind(number)
        .execute(&mut log.connection)
        .await?;
    let entry = Entry {
        phase: Phase::Outcome,
        attempt: Some(attempt),
        ..entry
    };
    note_helped(log, number, &entry).await?;
    log.append(entry).await.map(Settlement::Recorded)
}

/// Remembers whom the operator helped, for the start page.
async fn note_helped(log: &mut Log, number: i64, entry: &Entry) -> Result<(), StoreError> {
    let helps = matches!(
        entry.action,
        AuditAction::ResetPassword | AuditAction::UnlockAccount
    );
    let (Some(operator), Some(target)) = (&entry.operator, &entry.target) else {
        return Ok(());
    };
    let (true, Some(AuditResult::Ok), Some(sid)) = (helps, entry.result, &operator.sid) else {
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO helped (operator, target, seq) VALUES (?, ?, ?)
         ON CONFLICT (operator, target) DO UPDATE SET seq = excluded.seq",
    )
    .bind(sid.to_string())
    .bind(target.guid.as_bytes().as_slice())
    .bind(number)
    .execute(&mut log.connection)
    .await?;
    Ok(())
}

/// Marks a form as used; `false`: it was used before.
async fn use_form(log: &mut Log, nonce: [u8; 16]) -> Result<bool, StoreError> {
    let at = log.steady.now();
    let fresh = sqlx::query(
        "INSERT INTO used_form (nonce, at) VALUES (?, ?) ON CONFLICT (nonce) DO NOTHING",
    )
    .bind(nonce.as_slice())
    .bind(at)
    .execute(&mut log.connection)
    .await?
    .rows_affected();
    Ok(fresh == 1)
}

/// Nothing was done with it after all.
async fn free_form(log: &mut Log, nonce: [u8; 16]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM used_form WHERE nonce = ?")
        .bind(nonce.as_slice())
        .execute(&mut log.connection)
        .await?;
    Ok(())
}
