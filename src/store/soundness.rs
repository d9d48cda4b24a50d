//! Whether the file is whole, page by page. A small one is checked before anything else is done; a big
//! one goes to work after a second and is checked beside it, so that a restart never takes a minute.

use super::file;
use super::lock::Lock;
use super::{Flaw, StoreError};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long the check may hold up a start.
pub(super) const AT_START: Duration = Duration::from_secs(1);
/// Pages, or steps of `SQLite`'s machine, from one look at the clock to the next.
const STEPS: i32 = 100;
/// Until the check is tried again that could not be done.
const AGAIN: Duration = Duration::from_mins(1);
/// `SQLITE_INTERRUPT`.
const INTERRUPTED: &str = "9";

/// What the check of the file has found so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Soundness {
    /// Nothing; it goes on.
    Checking,
    /// The file is whole.
    Sound,
    /// It is not: nothing is written any more.
    Damaged,
}

/// Checks before anything else, for so long at most; a file that was found damaged before, to its end.
/// Returns whether the check came to its end.
pub(super) async fn check_at_start(
    connection: &mut SqliteConnection,
    lock: &Lock,
    most: Duration,
) -> Result<Soundness, StoreError> {
    let start = Instant::now();
    let was_damaged = lock.knows_of_damage();
    let found = quick_check(connection, move || was_damaged || start.elapsed() < most).await?;
    match found {
        Soundness::Damaged => Err(StoreError::Unusable(Flaw::Corrupt)),
        Soundness::Sound if was_damaged => {
            lock.note_damage(false);
            Ok(Soundness::Sound)
        }
        found => Ok(found),
    }
}

/// The check that goes on beside the work, until it is through or this is dropped.
pub(super) struct Beside {
    found: watch::Receiver<Soundness>,
    end: CancellationToken,
}

impl Beside {
    /// Begins again from the first page, over a connection of its own, unless the file is known to be sound.
    pub(super) fn start(path: &Path, lock: Lock, known: Soundness) -> Self {
        let (say, found) = watch::channel(known);
        let end = CancellationToken::new();
        if known == Soundness::Checking {
            let (path, end) = (path.to_owned(), end.clone());
            tokio::spawn(async move { check_beside(&path, &lock, &say, &end).await });
        }
        Self { found, end }
    }

    /// What is known now, and what will be.
    pub(super) fn found(&self) -> watch::Receiver<Soundness> {
        self.found.clone()
    }

    /// Refuses a file that was found damaged.
    pub(super) fn refuse_damage(&self) -> Result<(), StoreError> {
        match *self.found.borrow() {
            Soundness::Damaged => Err(StoreError::Unusable(Flaw::Corrupt)),
            Soundness::Checking | Soundness::Sound => Ok(()),
        }
    }

    /// Stops it, and returns when it holds nothing any more.
    pub(super) async fn stop(&self) {
        self.end.cancel();
        let mut found = self.found.clone();
        // An error says that the task has ended.
        while found.changed().await.is_ok() {}
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

async fn check_beside(
    path: &Path,
    lock: &Lock,
    say: &watch::Sender<Soundness>,
    end: &CancellationToken,
) {
    let start = Instant::now();
    tracing::info!("the database is big; it is checked while the service runs");
    while !end.is_cancelled() {
        match check_whole(path, end).await {
            Ok(Soundness::Checking) => return,
            Ok(found @ Soundness::Sound) => {
                tracing::info!(seconds = start.elapsed().as_secs(), "the database is sound");
                say.send_replace(found);
                return;
            }
            Ok(Soundness::Damaged) | Err(StoreError::Unusable(_)) => {
                lock.note_damage(true);
                say.send_replace(Soundness::Damaged);
                return;
            }
            Err(error) => {
                tracing::warn!(error = %error, "the database could not be checked; in a minute again");
                let waited = tokio::time::sleep(AGAIN);
                end.run_until_cancelled(waited).await;
            }
        }
    }
}

async fn check_whole(path: &Path, end: &CancellationToken) -> Result<Soundness, StoreError> {
    let mut connection = SqliteConnection::connect_with(&file::reading(path)).await?;
    let end = end.clone();
    let found = quick_check(&mut connection, move || !end.is_cancelled()).await;
    connection.close().await?;
    found
}

/// `PRAGMA quick_check`, for as long as `go_on` says.
async fn quick_check(
    connection: &mut SqliteConnection,
    go_on: impl FnMut() -> bool + Send + 'static,
) -> Result<Soundness, StoreError> {
    connection
        .lock_handle()
        .await?
        .set_progress_handler(STEPS, go_on);
    let verdict = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)")
        .fetch_one(&mut *connection)
        .await;
    connection.lock_handle().await?.remove_progress_handler();
    match verdict {
        Ok(verdict) if verdict == "ok" => Ok(Soundness::Sound),
        Ok(verdict) => {
            tracing::error!(found = %verdict, "the database is damaged; nothing is done any more");
            Ok(Soundness::Damaged)
        }
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(INTERRUPTED) => {
            Ok(Soundness::Checking)
        }
        Err(error) => Err(error.into()),
    }
}
