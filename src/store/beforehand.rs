//! What a start would say of the log, for who only looks: nothing is taken, changed or noted.

use super::kept_note::KeptNotes;
use super::numbers::number_of;
use super::{AuditReader, Flaw, StoreError, as_signed, checkpoints, lock, tree};
use crate::domain::audit::Seq;
use std::path::Path;

impl AuditReader {
    /// Holds the log against what is noted outside the database, as the next start does: how long it was, and what was
    /// signed of it last. The service may be writing meanwhile.
    ///
    /// # Errors
    /// What the start would say.
    pub async fn check_before_start(&self, database: &Path, key: &Path) -> Result<(), StoreError> {
        // Read before the log, which is never behind them.
        let length = lock::length_beside(database);
        let kept = KeptNotes::of(database, key).read()?;
        if !self.has_tree().await? {
            // Of an earlier version; the start brings it up to date first.
            return Ok(());
        }
        let mut snapshot = self.pool.begin().await?;
        as_signed::refuse_unlisted(&mut snapshot, key).await?;
        let is_listed = checkpoints::newest_verifier(&mut *snapshot)
            .await?
            .is_some();
        if !is_listed && kept.is_empty() {
            return lock::check_length(length, tree::records(&mut snapshot).await?);
        }
        let size = tree::check_size(&mut snapshot).await?;
        lock::check_length(length, number_of(Seq(size))?)?;
        if as_signed::check(&mut snapshot, size, &kept).await? {
            Ok(())
        } else {
            Err(StoreError::Unusable(Flaw::NeverSigned))
        }
    }
}
