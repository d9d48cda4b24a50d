//! By itself: what was left is brought to its end, requests of a command are carried out, and a
//! password that has grown old is changed.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::error::{Fixed, PlaceError, RotationError};
use super::{Rotation, Why, request};
use crate::domain::audit::{AuditAction, AuditResult, Entry};

/// A failure is tried again after at most this long.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);
/// What is only to be said, once a day.
const SAY_AGAIN: Duration = Duration::from_hours(24);

/// When to look, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// For a request of a command.
    pub request: Duration,
    /// For something that was left, the first time; twice as long after each failure.
    pub recovery: Duration,
    /// For the password's age, the first time; up to as much again by chance, so that instances that
    /// start together do not look together.
    pub first: Duration,
    /// For the password's age, from then on.
    pub every: Duration,
    /// How long a change whose answer was lost is looked for.
    pub look_for: Duration,
    /// How long it is waited for the other controllers to learn of a change, before that is left to
    /// a later run.
    pub spread: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(1),
            recovery: Duration::from_secs(5),
            first: Duration::from_mins(2),
            every: Duration::from_hours(1),
            look_for: Duration::from_secs(6),
            spread: Duration::from_secs(10),
        }
    }
}

/// When to look next, and how often it went wrong in a row.
struct Due {
    at: Instant,
    failures: u32,
}

impl Due {
    fn after(pause: Duration) -> Self {
        Self {
            at: Instant::now() + pause,
            failures: 0,
        }
    }

    fn is_now(&self) -> bool {
        Instant::now() >= self.at
    }

    fn again(&mut self, went_well: bool, pause: Duration) {
        self.failures = if went_well {
            0
        } else {
            self.failures.saturating_add(1)
        };
        let longer = pause.saturating_mul(1 << self.failures.min(16));
        self.at = Instant::now() + longer.min(LONGEST_PAUSE.max(pause));
    }
}

impl Rotation {
    /// Runs until `stop` says so.
    pub async fn keep_rotating(&self, mut stop: watch::Receiver<bool>) {
        let pace = self.0.pace;
        let mut recovery = Due::after(pace.recovery);
        let mut age = Due::after(pace.first + by_chance(pace.first));
        let mut said: Option<Instant> = None;
        loop {
            tokio::select! {
                changed = stop.changed() => if changed.is_err() || *stop.borrow() { return },
                () = sleep(pace.request) => {}
            }
            request::serve(self, &self.0.database, self.0.clock.now()).await;
            if recovery.is_now() {
                let went_well = self.recover_if_needed().await;
                recovery.again(went_well, pace.recovery.max(Duration::from_secs(5)));
            }
            if age.is_now() {
                let went_well = self.rotate_if_old(&mut said).await;
                age.again(went_well, pace.every);
            }
        }
    }

    /// Whether nothing is left to be done.
    async fn recover_if_needed(&self) -> bool {
        if !self.is_unfinished().await {
            return true;
        }
        match self.recover().await {
            Ok(None) => true,
            Ok(Some(rotated)) => {
                tracing::info!("{rotated}");
                rotated.waiting.is_empty()
            }
            Err(error) => {
                tracing::warn!("{error}");
                false
            }
        }
    }

    async fn rotate_if_old(&self, said: &mut Option<Instant>) -> bool {
        let Some(days) = self.0.every_days else {
            return true;
        };
        match self.is_older_than(days).await {
            Ok(false) => true,
            Ok(true) => {
                if let Err(fixed) = self.place() {
                    say_once_a_day(said, &fixed);
                    return true;
                }
                self.rotate_now().await
            }
            Err(error) => {
                tracing::warn!(error = %error, "the age of the service account's password is not known now");
                false
            }
        }
    }

    async fn rotate_now(&self) -> bool {
        match self.rotate(Why::Schedule, None).await {
            Ok(rotated) => {
                tracing::info!("{rotated}");
                true
            }
            Err(error) => {
                tracing::error!(
                    "the service account's password was to be changed by itself: {error}"
                );
                self.note_failure(&error).await;
                false
            }
        }
    }

    async fn is_older_than(&self, days: u16) -> Result<bool, crate::directory::DirectoryError> {
        let account = self.0.directory.service_account().await?;
        let Some(set) = account.password_last_set.timestamp() else {
            return Ok(false);
        };
        let age = self.0.clock.now().duration_since(set);
        Ok(age >= SignedDuration::from_hours(24 * i64::from(days)))
    }

    /// A failure for which there is no attempt, so that the log does not keep quiet about it.
    async fn note_failure(&self, error: &RotationError) {
        let code = match error {
            // Another instance is at it: that is how it is meant to be.
            RotationError::Place(PlaceError::InUse) => return,
            RotationError::Place(_) | RotationError::Fixed(_) => "not_stored",
            RotationError::NoWritable => "directory_unreachable",
            _ => return,
        };
        let mut entry = Entry::new(AuditAction::RotateServiceAccount);
        entry.result = Some(AuditResult::Failed);
        entry.code = Some(code.to_owned());
        if let Err(error) = self.0.store.event(entry).await {
            tracing::warn!(error = %error, "a failed rotation could not be recorded");
        }
    }
}

fn say_once_a_day(said: &mut Option<Instant>, fixed: &Fixed) {
    if said.is_none_or(|at| at.elapsed() >= SAY_AGAIN) {
        *said = Some(Instant::now());
        tracing::warn!("the service account's password is older than rotate_after_days: {fixed}");
    }
}

/// Up to `most`.
fn by_chance(most: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    let random = getrandom::fill(&mut byte).map_or(0, |()| u32::from(u8::from_le_bytes(byte)));
    most.saturating_mul(random) / 255
}
