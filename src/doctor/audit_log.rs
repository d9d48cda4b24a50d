//! The audit log's key and its newest checkpoint. Looks only.

use super::check::Check;
use super::words::audit_log as words;
use crate::domain::audit::Seq;
use crate::store::{AuditReader, KeyFile, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// Records wait no longer than a minute for their checkpoint; this is twice that.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// How the signing key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// The service makes it at its first start.
    NotMade,
    /// It is the one that signed last: its verifier key.
    Right(String),
    /// The log has one, and its file is gone.
    Gone,
    /// The file holds another one.
    Other,
    /// The file cannot be used.
    Unusable(StoreError),
}

/// How far the newest checkpoint reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// Number of records that it covers; 0: there is none.
    pub size: u64,
    /// Number of records that there are.
    pub records: u64,
    /// When the first record after them was written; `None` too where an archive has it.
    pub waiting: Option<Timestamp>,
    /// Whether that one should have been covered by now.
    pub is_late: bool,
}

/// Looks at the key and at the newest checkpoint.
pub(super) async fn look(file: &Path, log: &AuditReader, now: Timestamp) -> Vec<Check> {
    let key = match key(file, log).await {
        Ok(key) => words::key(file, &key),
        Err(error) => words::unread(error),
    };
    let checkpoint = match reach(log, now).await {
        Ok(reach) => words::checkpoint(reach),
        Err(error) => words::unread(error),
    };
    vec![key.named("audit.key"), checkpoint.named("audit.checkpoint")]
}

async fn key(file: &Path, log: &AuditReader) -> Result<Key, StoreError> {
    if !log.has_tree().await? {
        return Ok(Key::NotMade);
    }
    let Some(known) = log.verifier_keys().await?.pop() else {
        return Ok(Key::NotMade);
    };
    Ok(match KeyFile::verifier(file) {
        Ok(Some(found)) if found == known => Key::Right(known),
        Ok(Some(_)) => Key::Other,
        Ok(None) => Key::Gone,
        Err(error) => Key::Unusable(error),
    })
}

async fn reach(log: &AuditReader, now: Timestamp) -> Result<Reach, StoreError> {
    // Read first: both only grow.
    let records = log.length().await?;
    let newest = if log.has_tree().await? {
        log.newest_checkpoint().await?
    } else {
        None
    };
    let size = newest.map_or(0, |newest| newest.size);
    let waiting = log.record(Seq(size)).await?.map(|record| record.time);
    Ok(Reach {
        size,
        records,
        waiting,
        is_late: waiting.is_some_and(|since| now.duration_since(since) > LATE),
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;
    use crate::domain::audit::{AuditAction, Entry};
    use crate::domain::time::Clock;
    use crate::store::Store;

    async fn told(database: &Path, now: Timestamp) -> Vec<(Level, String)> {
        let log = AuditReader::open(database).await.unwrap();
        let checks = look(&KeyFile::beside(database), &log, now).await;
        let told = checks
            .into_iter()
            .map(|check| (check.level, check.sentence));
        told.collect()
    }

    #[tokio::test]
    async fn a_key_that_is_gone_changed_or_open_to_others_is_told_before_the_next_start_fails() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        let store = Store::open(&database, Clock::system()).await.unwrap();
        let now = Clock::system().now();
        let key = KeyFile::beside(&database);
        let (level, sentence) = told(&database, now).await.remove(0);
        assert_eq!(level, Level::Ok, "{sentence}");
        assert!(sentence.contains("keyward+"), "{sentence}");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(told(&database, now).await[0].0, Level::Fail);
        std::fs::remove_file(&key).unwrap();
        assert_eq!(told(&database, now).await[0].0, Level::Fail);
        let other = folder.path().join("other.db");
        let another = Store::open(&other, Clock::system()).await.unwrap();
        std::fs::copy(KeyFile::beside(&other), &key).unwrap();
        let (level, sentence) = told(&database, now).await.remove(0);
        assert_eq!(level, Level::Fail);
        assert!(sentence.contains("another key"), "{sentence}");
        store.close().await;
        another.close().await;
    }

    #[tokio::test]
    async fn a_record_that_waits_for_its_checkpoint_for_more_than_two_minutes_is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        let store = Store::open(&database, Clock::system()).await.unwrap();
        let now = Clock::system().now();
        assert_eq!(told(&database, now).await[1].0, Level::Ok);
        store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
        assert_eq!(told(&database, now).await[1].0, Level::Ok);
        let later = now + SignedDuration::from_mins(3);
        assert_eq!(told(&database, later).await[1].0, Level::Warn);
        store.checkpoint().await.unwrap();
        let (level, sentence) = told(&database, later).await.remove(1);
        assert_eq!(
            (level, sentence.contains("1 record")),
            (Level::Ok, true),
            "{sentence}"
        );
        store.close().await;
    }

    #[tokio::test]
    async fn a_log_whose_records_are_archived_and_that_has_no_checkpoint_is_not_called_empty() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        let store = Store::open(&database, Clock::system()).await.unwrap();
        store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
        store.close().await;
        let archived = "INSERT INTO archive (first, next, file, newest) VALUES (0, 1, 'x', 0);
                        DELETE FROM checkpoint; DELETE FROM audit";
        crate::store::forced(&database, archived).await;
        let now = Clock::system().now();
        let (level, sentence) = told(&database, now).await.remove(1);
        assert_eq!(level, Level::Fail, "{sentence}");
        assert!(sentence.contains("the log has 1 record"), "{sentence}");
    }
}
