//! Resets below the user OU that the directory knows and the log did not: each is on record.

use super::App;
use super::case::Case;
use crate::domain::audit::{AuditAction, AuditTarget};
use crate::store::{SeenChange, StoreError};

impl App {
    /// Records a reset that somebody else made, as the directory has it.
    ///
    /// # Errors
    /// It is not on record.
    pub async fn note_outside_reset(&self, change: &SeenChange) -> Result<(), StoreError> {
        self.note_reset(change, "not_in_log").await
    }

    /// Records that a look noted such a reset, and that the directory does not bear it out any more.
    ///
    /// # Errors
    /// It is not on record.
    pub async fn note_unconfirmed_reset(&self, change: &SeenChange) -> Result<(), StoreError> {
        self.note_reset(change, "not_confirmed").await
    }

    async fn note_reset(&self, change: &SeenChange, code: &str) -> Result<(), StoreError> {
        let mut entry = Case::of_service(AuditAction::OutsideReset).event();
        entry.code = Some(code.to_owned());
        entry.target = Some(AuditTarget {
            guid: change.target,
            sid: None,
            name: Some(change.name.clone()),
            dn: None,
        });
        let changed = change.changed.to_string();
        entry.details.insert("changed".to_owned(), changed.into());
        let version = change.version;
        entry.details.insert("version".to_owned(), version.into());
        self.store.event(entry).await?;
        Ok(())
    }
}
