//! The log as it is stored, read in one piece and one by one.

use super::*;
use crate::domain::audit::{AuditAction, Entry};
use crate::domain::time::Clock;
use crate::store::Store;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

/// A log of six records, changed past its triggers.
async fn log(change: &'static str) -> (tempfile::TempDir, Snapshot) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("keyward.db");
    let store = Store::open(&database, Clock::system()).await.unwrap();
    for _ in 0..6 {
        store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
    }
    store.close().await;
    let options = SqliteConnectOptions::new().filename(&database);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let change = format!(
        "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER tree_no_update;
         DROP TRIGGER tree_no_delete; {change}"
    );
    let changed = sqlx::raw_sql(AssertSqlSafe(change));
    changed.execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    let reader = AuditReader::open(&database).await.unwrap();
    let snapshot = reader.snapshot().await.unwrap();
    (folder, snapshot)
}

#[tokio::test]
async fn what_is_read_in_one_piece_is_what_is_read_one_by_one() {
    let (_folder, mut log) = log("").await;
    for (first, next) in [(0, 6), (2, 5), (3, 3), (4, 100)] {
        let joined = log.joined_lines(first, next).await.unwrap();
        let single = log.single_lines(first, next).await.unwrap();
        assert_eq!(joined, Some(single), "{first} to {next}");
    }
    let (begin, end) = (leaf_id(Seq(2)), leaf_id(Seq(9)));
    let joined = log.joined_hashes(begin, end).await.unwrap();
    let single = log.single_hashes(begin, end).await.unwrap();
    assert_eq!(joined, Some(single));
}

#[tokio::test]
async fn what_does_not_fit_together_is_read_one_by_one() {
    for change in [
        "UPDATE audit SET line = line || char(10) WHERE seq = 3",
        "UPDATE audit SET line = CAST(x'ff0a' AS TEXT) WHERE seq = 3",
    ] {
        let (_folder, mut log) = log(change).await;
        assert_eq!(log.joined_lines(0, 6).await, Ok(None), "{change}");
        let lines = log.lines(0, 6).await.unwrap();
        assert_eq!(lines.len(), 6, "{change}");
        assert!(lines[3].line.ends_with(b"\n"), "{change}");
    }
    for change in [
        "DELETE FROM tree WHERE id = 4",
        "DELETE FROM tree WHERE id = 0",
        "PRAGMA ignore_check_constraints = ON; UPDATE tree SET hash = x'00' WHERE id = 4",
    ] {
        let (_folder, mut log) = log(change).await;
        let end = leaf_id(Seq(6));
        assert_eq!(log.joined_hashes(0, end).await, Ok(None), "{change}");
        let hashes = log.hashes(0, 6).await.unwrap();
        let missing = hashes.hashes.iter().filter(|hash| hash.is_none());
        assert_eq!(missing.count(), 1, "{change}");
    }
}
