//! In the background: outcomes that could not be stored are stored, open attempts are settled at
//! start and whenever their DC is back, the store is swept.

use super::case::{Case, is_own_write};
use super::settle::{Heard, Question};
use super::{ActionError, App, AttemptState};
use crate::domain::account::DcName;
use crate::domain::audit::{AuditAction, AuditResult, Entry, Record, Seq};
use crate::store::{Session, StoreError};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// No change for this long after the DC is back: the write never happened.
pub(super) const QUIET: Duration = Duration::from_secs(15);
/// An attempt of this process that no task works on for this long has lost its task.
const ORPHANED: Duration = Duration::from_secs(5);
/// Between two rounds while something is open.
const SOON: Duration = Duration::from_secs(2);
/// Between two rounds, and two sweeps, otherwise.
const SWEEP: Duration = Duration::from_mins(1);
/// One look at one DC.
const LOOK: Duration = Duration::from_secs(5);

/// What is known of an open attempt between rounds.
struct Watched {
    noticed: Instant,
    heard: Option<Heard>,
}

type Desk = HashMap<Seq, Watched>;

impl App {
    /// Runs until `stop` says so.
    pub async fn keep_settling(&self, mut stop: watch::Receiver<bool>) {
        self.note(AuditAction::ServiceStarted).await;
        let mut desk = Desk::new();
        let mut swept: Option<Instant> = None;
        loop {
            let open = self.settle_round(&mut desk).await.unwrap_or_else(|error| {
                tracing::warn!(error = %error, "open attempts cannot be settled now");
                true
            });
            if swept.is_none_or(|at| at.elapsed() >= SWEEP) {
                swept = Some(Instant::now());
                if let Err(error) = self.store.sweep(self.settings().session).await {
                    tracing::warn!(error = %error, "the store was not swept");
                }
            }
            let pause = if open { SOON } else { SWEEP };
            tokio::select! {
                changed = stop.changed() => if changed.is_err() || *stop.borrow() { return },
                () = self.shared.running.something_to_settle() => sleep(Duration::from_millis(100)).await,
                () = sleep(pause) => {}
            }
        }
    }

    /// What became of an own attempt.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn attempt_state(
        &self,
        session: &Session,
        attempt: Seq,
    ) -> Result<AttemptState, ActionError> {
        let record = self.store.record(attempt).await?;
        if !record.is_some_and(|record| is_own_write(&record, session, attempt)) {
            return Ok(AttemptState::NotYours);
        }
        let stored = self.store.outcome_of(attempt).await?;
        let outcome = stored
            .map(|record| record.entry)
            .or_else(|| self.shared.running.unsaved_of(attempt));
        Ok(match outcome.and_then(|entry| entry.result) {
            None => AttemptState::NotKnownYet,
            Some(AuditResult::Ok) => AttemptState::Applied,
            Some(AuditResult::Refused | AuditResult::Failed) => AttemptState::NotApplied,
            Some(AuditResult::Unknown) => AttemptState::CannotBeKnown,
        })
    }

    /// Stores an outcome; if that fails, it is kept and stored as soon as it can be.
    pub(super) async fn conclude(&self, attempt: Seq, outcome: Entry) {
        if let Err(error) = self.store.outcome(attempt, outcome.clone()).await {
            tracing::error!(error = %error, attempt = attempt.0, "an outcome could not be stored yet");
            self.shared.running.keep(attempt, outcome);
        }
    }

    /// Stores the outcomes that are known but not stored.
    pub(super) async fn save_outcomes(&self) {
        for (attempt, outcome) in self.shared.running.unsaved() {
            match self.store.outcome(attempt, outcome).await {
                Ok(_) => self.shared.running.saved(attempt),
                Err(error) => {
                    tracing::warn!(error = %error, attempt = attempt.0, "an outcome still cannot be stored");
                    return;
                }
            }
        }
    }

    pub(super) async fn note_stop(&self) {
        self.note(AuditAction::ServiceStopped).await;
    }

    async fn note(&self, action: AuditAction) {
        let mut entry = Case::of_service(action).event();
        let version = env!("CARGO_PKG_VERSION");
        entry.details.insert("version".to_owned(), version.into());
        if let Err(error) = self.store.event(entry).await {
            tracing::warn!(error = %error, "a start or stop could not be recorded");
        }
    }

    /// One look at everything that is open; whether something stays open.
    async fn settle_round(&self, desk: &mut Desk) -> Result<bool, StoreError> {
        self.save_outcomes().await;
        let open = self.store.open_attempts().await?;
        let numbers: HashSet<Seq> = open.iter().map(|attempt| attempt.record.seq).collect();
        desk.retain(|seq, _| numbers.contains(seq));
        let mut silent = HashSet::new();
        let mut left = false;
        for attempt in open {
            let settled = self.settle_one(&attempt.record, desk, &mut silent).await?;
            left |= !settled;
        }
        Ok(left)
    }

    async fn settle_one(
        &self,
        record: &Record,
        desk: &mut Desk,
        silent: &mut HashSet<DcName>,
    ) -> Result<bool, StoreError> {
        // The rotation settles its own: it knows which password is right.
        if record.entry.action == AuditAction::RotateServiceAccount {
            return Ok(true);
        }
        let running = &self.shared.running;
        if running.is_at_work(record.seq) || running.unsaved_of(record.seq).is_some() {
            return Ok(false);
        }
        let watched = desk.entry(record.seq).or_insert_with(|| Watched {
            noticed: Instant::now(),
            heard: None,
        });
        let inherited = record.seq < self.store.opened_at();
        if !inherited && watched.noticed.elapsed() < ORPHANED {
            return Ok(false);
        }
        let Some(question) = Question::of_record(record) else {
            let case = Case::of_record(record);
            let entry = case.outcome(AuditResult::Unknown, Some("interrupted"));
            self.store.outcome(record.seq, entry).await?;
            return Ok(true);
        };
        if silent.contains(&question.dc) {
            return Ok(false);
        }
        let look = self.look(&question, &mut watched.heard, QUIET);
        let finding = timeout(LOOK, look).await.ok().flatten();
        if finding.is_none() {
            silent.insert(question.dc.clone());
        }
        match finding.and_then(|finding| question.outcome(&finding)) {
            Some(outcome) => {
                self.store.outcome(record.seq, outcome).await?;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}
