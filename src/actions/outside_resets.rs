//! Resets below the user OU that the directory knows and the log did not: each is on record.

use super::App;
use super::case::Case;
use crate::domain::audit::{AuditAction, AuditTarget};
use crate::store::SeenChange;

/// Recorded one by one; of more than that only the number, so that an import of a whole school does
/// not bury the log.
const MOST: usize = 100;

impl App {
    /// Says and records what a look found.
    pub async fn note_outside_resets(&self, found: Vec<SeenChange>) {
        if found.is_empty() {
            return;
        }
        tracing::warn!(
            resets = found.len(),
            "passwords were reset that the log does not know; if no administrator of yours did it, somebody \
             knows the service account's password: keyward doctor"
        );
        let more = found.len().saturating_sub(MOST);
        for change in found.into_iter().take(MOST) {
            let mut entry = Case::of_service(AuditAction::OutsideReset).event();
            entry.code = Some("not_in_log".to_owned());
            entry.target = Some(AuditTarget {
                guid: change.target,
                sid: None,
                name: Some(change.name),
                dn: None,
            });
            let changed = change.changed.to_string();
            entry.details.insert("changed".to_owned(), changed.into());
            let version = change.version;
            entry.details.insert("version".to_owned(), version.into());
            if more > 0 {
                let more = u64::try_from(more).unwrap_or(u64::MAX);
                entry.details.insert("more".to_owned(), more.into());
            }
            if let Err(error) = self.store.event(entry).await {
                tracing::warn!(error = %error, "a reset outside Keyward could not be recorded");
                return;
            }
        }
    }
}
