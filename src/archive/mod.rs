//! Old records in compressed files with a checkpoint each: moving them there, reading them, removing
//! whole files when their time is over. The tree keeps their hashes.
//!
//! An archive, `audit-<first>-<next>.jsonl.zst`, holds the records `first` to `next - 1`. It can be proven
//! alone: its first line has the tree's edge before them, its last one a signed checkpoint after them.

mod error;
mod folder;
mod make;
mod read;
mod request;
mod run;
mod trail;
mod write;

pub use error::{ArchiveError, Damage};
pub use read::open_file;
pub use request::ask;
pub use run::{Order, Report, Unfinished, in_words};
pub use trail::{Piece, Trail};

use crate::domain::time::Clock;
use crate::store::Store;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Records of one file at most.
const MOST_RECORDS: u64 = 100_000;
/// Bytes of one file's lines at most, before they are compressed.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// After the start: first the service has to be there for people.
const FIRST: Duration = Duration::from_mins(1);
/// Between two runs.
const EVERY: Duration = Duration::from_hours(24);
/// Between two looks whether a command asks for a run.
const LISTEN: Duration = Duration::from_secs(1);

/// When and where records are archived.
#[derive(Debug, Clone)]
pub struct Archiving {
    /// The folder.
    pub folder: PathBuf,
    /// The log's database.
    pub database: PathBuf,
    /// Records older than this leave the database; `None`: only when a command says so.
    pub after_days: Option<u32>,
    /// Archives older than this are removed; `None`: never.
    pub keep_days: Option<u32>,
    /// The sinks of the settings: what one of them has not taken yet stays in the database.
    pub sinks: Vec<String>,
}

impl Archiving {
    /// Archives soon after the start and then daily, and whenever a command asks for it. Ends when it is
    /// dropped; whatever it was doing, the next run goes on from there.
    pub async fn keep(&self, store: &Store, clock: &Clock) {
        let mut due = Instant::now() + FIRST;
        loop {
            sleep(LISTEN).await;
            request::serve(self, store, clock).await;
            if Instant::now() >= due {
                due = Instant::now() + EVERY;
                if let Err(error) = self.run(store, clock, Order::default()).await {
                    tracing::warn!(%error, "records of the audit log could not be archived; they stay in the database");
                }
            }
        }
    }
}

/// Work on files and with much computing, away from those who answer people.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ArchiveError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ArchiveError::Interrupted)
}

#[cfg(test)]
mod tests;
