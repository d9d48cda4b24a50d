//! What stands beside the lines, with each part of it changed.

use super::*;
use crate::domain::audit::{AuditAction, AuditOperator, AuditResult, AuditTarget, Entry, Seq};
use crate::domain::identity::ObjectGuid;
use crate::domain::samples::sid_of;
use crate::domain::time::Clock;
use crate::store::{Attempted, AuditReader, Store};
use jiff::SignedDuration;
use sqlx::AssertSqlSafe;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

struct Bench {
    _folder: tempfile::TempDir,
    database: PathBuf,
}

fn reset(operator: u32, target: u8) -> Entry {
    let mut entry = Entry::new(AuditAction::ResetPassword);
    entry.operator = Some(AuditOperator {
        sid: Some(sid_of(operator)),
        name: format!("lead.{operator}"),
    });
    entry.target = Some(AuditTarget {
        guid: ObjectGuid::from([target; 16]),
        sid: None,
        name: Some(format!("person.{target}")),
        dn: None,
    });
    entry.rule = Some("r".repeat(300));
    entry
}

impl Bench {
    /// Two resets (records 0 to 3), sign-ins that were refused and counted (4 and 5), a name that changed (6).
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        let store = Store::open(&database, Clock::system()).await.unwrap();
        for (operator, target) in [(1101, 7), (1102, 8)] {
            let mut entry = reset(operator, target);
            let attempted = store.attempt(entry.clone(), None, None).await.unwrap();
            let Attempted::Recorded(attempt) = attempted else {
                panic!("no form was used")
            };
            entry.result = Some(AuditResult::Ok);
            store.outcome(attempt, entry).await.unwrap();
        }
        let mut refused = Entry::new(AuditAction::SignIn);
        refused.result = Some(AuditResult::Refused);
        refused.code = Some("wrong_password".to_owned());
        for _ in 0..5 {
            store.event_seldom(refused.clone()).await.unwrap();
        }
        store.flush_counts().await.unwrap();
        let mut renamed = reset(1101, 7);
        renamed.action = AuditAction::ViewAccount;
        renamed.operator.as_mut().unwrap().name = "lead.new".to_owned();
        renamed.target.as_mut().unwrap().name = None;
        assert_eq!(store.event(renamed).await, Ok(Seq(6)));
        store.close().await;
        Self {
            _folder: folder,
            database,
        }
    }

    /// Past the triggers.
    async fn forge(&self, statement: &str) {
        let options = SqliteConnectOptions::new().filename(&self.database);
        let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
        let triggers: Vec<(String, String)> =
            sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
                .fetch_all(&mut raw)
                .await
                .unwrap();
        let drop = triggers
            .iter()
            .map(|(name, _)| format!("DROP TRIGGER {name}"));
        let put_back = triggers.iter().map(|(_, sql)| sql.clone());
        for statement in drop.chain([statement.to_owned()]).chain(put_back) {
            let forged = sqlx::raw_sql(AssertSqlSafe(statement));
            forged.execute(&mut raw).await.unwrap();
        }
        raw.close().await.unwrap();
    }

    async fn misfiled(&self) -> Vec<Misfiled> {
        let reader = AuditReader::open(&self.database).await.unwrap();
        let mut snapshot = reader.snapshot().await.unwrap();
        let (mut filing, mut found) = (Filing::default(), Vec::new());
        for stored in snapshot.lines(0, 100).await.unwrap() {
            found.extend(filing.line(&mut snapshot, &stored).await.unwrap());
        }
        let mut rest = filing.rest();
        while let Some(more) = rest.next(&mut snapshot).await.unwrap() {
            found.extend(more);
        }
        drop(snapshot);
        reader.pool.close().await;
        found
    }
}

#[tokio::test]
async fn nothing_is_found_in_what_keyward_itself_has_written() {
    let bench = Bench::new().await;
    assert_eq!(bench.misfiled().await, []);
}

#[tokio::test]
async fn each_column_that_says_other_than_its_line_is_named() {
    for (column, value) in [
        ("time", "time + 1"),
        ("action", "'unlock_account'"),
        ("result", "'refused'"),
        ("result", "NULL"),
        ("attempt", "1000"),
        ("code", "'directory_busy'"),
        ("rule", "'another'"),
        ("rule", "NULL"),
        (
            "operator",
            "(SELECT id FROM audit_operator WHERE name = 'lead.1102')",
        ),
        ("operator", "NULL"),
        ("target", "x'08080808080808080808080808080808'"),
    ] {
        let bench = Bench::new().await;
        let forged = format!("UPDATE audit SET {column} = {value} WHERE seq = 1");
        bench.forge(&forged).await;
        let found = bench.misfiled().await;
        let expected = Misfiled::Column { seq: 1, column };
        assert!(found.contains(&expected), "{forged}: {found:?}");
    }
    let bench = Bench::new().await;
    let forged = "UPDATE audit SET phase = 'event', attempt = NULL WHERE seq = 1";
    bench.forge(forged).await;
    let (seq, column) = (1, "phase");
    assert_eq!(bench.misfiled().await, [Misfiled::Column { seq, column }]);
}

#[tokio::test]
async fn a_name_that_hides_somebodys_records_is_found() {
    let of_operator = sid_of(1102).to_string();
    let of_target = ObjectGuid::from([7; 16]).to_string();
    for (forged, of) in [
        (
            "UPDATE audit_operator SET name = 'nobody' WHERE name = 'lead.1102'",
            of_operator,
        ),
        (
            "UPDATE audit_target SET name = 'nobody' WHERE name = 'person.7'",
            of_target,
        ),
    ] {
        let bench = Bench::new().await;
        bench.forge(forged).await;
        assert_eq!(bench.misfiled().await, [Misfiled::Name { of }], "{forged}");
    }
}

#[tokio::test]
async fn counts_that_are_not_those_of_the_records_are_found() {
    for forged in [
        "DELETE FROM tally WHERE action = 'reset_password'",
        "UPDATE tally SET count = count - 1 WHERE action = 'sign_in'",
        "UPDATE tally SET count = count + 1 WHERE action = 'sign_in'",
        "INSERT INTO tally VALUES (5, 'reset_password', 'ok', '', 0, '', 3)",
        "UPDATE tally SET rule = 'another' WHERE rule <> ''",
    ] {
        let bench = Bench::new().await;
        bench.forge(forged).await;
        let found = bench.misfiled().await;
        assert!(
            matches!(found[..], [Misfiled::Count { .. }]),
            "{forged}: {found:?}"
        );
    }
}

#[tokio::test]
async fn counts_of_archived_records_stay_and_those_of_younger_ones_are_still_held_against_them() {
    let archive = "INSERT INTO archive (first, next, file, newest)
                   SELECT 0, 4, 'audit-000000000000-000000000004.jsonl.zst', max(time) FROM audit WHERE seq < 4;
                   DELETE FROM audit WHERE seq < 4";
    let bench = Bench::new().await;
    bench.forge(archive).await;
    assert_eq!(bench.misfiled().await, []);
    bench
        .forge("UPDATE tally SET count = 1 WHERE action = 'sign_in'")
        .await;
    let found = bench.misfiled().await;
    assert!(matches!(found[..], [Misfiled::Count { .. }]), "{found:?}");
}

/// The clock goes forward a day, and back again.
#[tokio::test]
async fn a_day_that_comes_twice_is_counted_whole() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("keyward.db");
    let hours = Arc::new(AtomicI64::new(0));
    let clock = Clock::from_fn({
        let hours = Arc::clone(&hours);
        let begin = Timestamp::from_second(1_772_452_800).unwrap();
        move || begin + SignedDuration::from_hours(hours.load(Ordering::SeqCst))
    });
    let store = Store::open(&database, clock).await.unwrap();
    let mut refused = Entry::new(AuditAction::SignIn);
    refused.result = Some(AuditResult::Refused);
    for hour in [1, 30, 1, 30] {
        hours.store(hour, Ordering::SeqCst);
        store.event(refused.clone()).await.unwrap();
    }
    store.close().await;
    let bench = Bench {
        _folder: folder,
        database,
    };
    assert_eq!(bench.misfiled().await, []);
    let one_too_few = "UPDATE tally SET count = 1 WHERE action = 'sign_in'";
    bench.forge(one_too_few).await;
    let found = bench.misfiled().await;
    assert!(
        matches!(found[..], [Misfiled::Count { .. }, Misfiled::Count { .. }]),
        "{found:?}"
    );
}
