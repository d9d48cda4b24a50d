//! The digest of the settings in force, kept so that a change of them is recorded once.

use super::log::Log;
use super::{Store, StoreError};
use crate::domain::audit::{Entry, Phase};

/// The row of the digest.
const NAME: &str = "settings";

impl Store {
    /// Keeps the digest, and in the same transaction records `entry` as an event; `false`: it is the one that is
    /// kept, and nothing was recorded. The first one ever is recorded.
    ///
    /// # Errors
    /// Nothing was kept or recorded.
    pub async fn note_settings(&self, digest: [u8; 32], entry: Entry) -> Result<bool, StoreError> {
        self.write(move |log| Box::pin(note(log, digest, entry)))
            .await
    }
}

async fn note(log: &mut Log, digest: [u8; 32], entry: Entry) -> Result<bool, StoreError> {
    let is_new = sqlx::query(
        "INSERT INTO kept (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value",
    )
    .bind(NAME)
    .bind(digest.as_slice())
    .execute(&mut log.connection)
    .await?
    .rows_affected()
        == 1;
    if is_new {
        let entry = Entry {
            phase: Phase::Event,
            ..entry
        };
        log.append(entry).await?;
    }
    Ok(is_new)
}
