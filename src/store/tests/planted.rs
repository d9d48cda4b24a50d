//! Who can write the database, but has no key, puts something in that Keyward would go on with.

use super::provable::{five, refused, view, with_a_new_tree};
use super::*;
use crate::domain::roles::Roles;
use sha2::{Digest as _, Sha256};
use std::os::unix::fs::symlink;

async fn run(connection: &mut SqliteConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.unwrap();
}

#[tokio::test]
async fn a_trigger_table_or_index_that_is_not_keywards_or_is_missing_stops_the_start_and_is_named()
{
    for (statement, name) in [
        (
            "CREATE TRIGGER more AFTER INSERT ON session BEGIN UPDATE session SET is_auditor = 1; END",
            "trigger more",
        ),
        ("DROP TRIGGER audit_no_update", "trigger audit_no_update"),
        (
            "DROP TRIGGER audit_no_update;
             CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
             WHEN 0 BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END",
            "trigger audit_no_update",
        ),
        ("DROP INDEX audit_by_time", "index audit_by_time"),
        ("CREATE VIEW lines AS SELECT line FROM audit", "view lines"),
        ("CREATE TABLE other (id)", "table other"),
        ("ALTER TABLE sink ADD COLUMN more TEXT", "table sink"),
    ] {
        let bench = five().await;
        let mut raw = bench.raw().await;
        run(&mut raw, statement).await;
        raw.close().await.unwrap();
        let flaw = Some(StoreError::Unusable(Flaw::SchemaChanged));
        assert_eq!(refused(&bench).await, flaw, "{statement}");
        let reader = AuditReader::open(&bench.path()).await.unwrap();
        assert_eq!(reader.schema_differences().await.unwrap(), [name]);
        assert_eq!(reader.check_schema().await.err(), flaw);
    }
}

#[tokio::test]
async fn what_sqlite_counts_for_itself_and_blanks_in_a_statement_are_no_change() {
    let bench = five().await;
    let mut raw = bench.raw().await;
    run(
        &mut raw,
        "ANALYZE; PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, '    ', '\t ') WHERE name = 'session'",
    )
    .await;
    raw.close().await.unwrap();
    let began = std::time::Instant::now();
    bench.open().await;
    assert!(began.elapsed() < Duration::from_secs(5));
    let reader = AuditReader::open(&bench.path()).await.unwrap();
    assert_eq!(reader.check_schema().await, Ok(()));
}

async fn found(store: &Store, token: &SessionToken) -> Option<Roles> {
    let found = store.session(token, LIMITS).await.unwrap();
    found.map(|session| session.roles)
}

#[tokio::test]
async fn a_session_that_somebody_changes_in_the_database_is_none() {
    let bench = Bench::new();
    let store = bench.open().await;
    let mut raw = bench.raw().await;
    for (change, is_one) in [
        ("last_seen = last_seen + 1", true),
        ("is_auditor = 1", false),
        ("operator = 'S-1-5-21-1-2-3-500'", false),
        ("name = 'Katharina'", false),
        ("sam = 'olgaX'", false),
        ("password_last_set = 6", false),
        ("started = started + 1", false),
        ("checked = checked + 1", false),
        ("seal = x''", false),
    ] {
        let (token, session) = sign_in(&store).await;
        assert_eq!(found(&store, &token).await, Some(Roles::Operator));
        let update = format!("UPDATE session SET {change} WHERE id = {}", session.id);
        sqlx::query(sqlx::AssertSqlSafe(update))
            .execute(&mut raw)
            .await
            .unwrap();
        assert_eq!(found(&store, &token).await.is_some(), is_one, "{change}");
        // A look at the directory gives it no seal either.
        store.session_checked(session.id, Roles::Operator);
        store.check_writable().await.unwrap();
        attempt(&store, 1).await;
        assert_eq!(found(&store, &token).await.is_some(), is_one, "{change}");
        store.end_session(session.id).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_that_somebody_writes_into_the_database_is_none() {
    let bench = Bench::new();
    let store = bench.open().await;
    let mut raw = bench.raw().await;
    let (theirs, session) = sign_in(&store).await;
    let own = SessionToken::random().unwrap();
    let hash: [u8; 32] = Sha256::digest(own.expose().as_bytes()).into();
    let copy = "INSERT INTO session (token_hash, operator, name, sam, password_last_set, started,
                                     last_seen, checked, is_operator, is_auditor, seal)
                SELECT ?, operator, name, sam, password_last_set, started, last_seen, checked,
                       is_operator, is_auditor, seal FROM session";
    sqlx::query(copy)
        .bind(hash.as_slice())
        .execute(&mut raw)
        .await
        .unwrap();
    assert_eq!(found(&store, &own).await, None);
    // Nor does one's own session become another's by exchanging what they are found by.
    let (own, _) = sign_in(&store).await;
    let last: Vec<u8> = sqlx::query_scalar("SELECT token_hash FROM session ORDER BY id DESC")
        .fetch_one(&mut raw)
        .await
        .unwrap();
    run(
        &mut raw,
        "UPDATE session SET token_hash = randomblob(32) WHERE id = (SELECT max(id) FROM session)",
    )
    .await;
    sqlx::query("UPDATE session SET token_hash = ? WHERE id = ?")
        .bind(last)
        .bind(session.id)
        .execute(&mut raw)
        .await
        .unwrap();
    assert_eq!(found(&store, &own).await, None);
    assert_eq!(found(&store, &theirs).await, None);
}

#[tokio::test]
async fn a_session_outlives_a_restart_and_gets_its_roles_anew_and_another_key_ends_it() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (token, session) = sign_in(&store).await;
    store.session_checked(session.id, Roles::OperatorAndAuditor);
    store.close().await;
    let store = bench.open().await;
    assert_eq!(found(&store, &token).await, Some(Roles::OperatorAndAuditor));
    store.close().await;
    let file = KeyFile {
        path: KeyFile::beside(&bench.path()),
        name: "keyward".parse().unwrap(),
    };
    Store::change_key(&bench.path(), &file, Clock::system())
        .await
        .unwrap();
    assert_eq!(found(&bench.open().await, &token).await, None);
}

#[tokio::test]
async fn a_link_or_a_pipe_in_the_place_of_the_database_or_its_lock_is_refused_and_nothing_is_touched()
 {
    for name in ["keyward.db", "keyward.db.lock"] {
        let bench = five().await;
        let (place, victim) = (
            bench.folder.path().join(name),
            bench.folder.path().join("victim"),
        );
        std::fs::write(&victim, "root:x:0:0:root:/root:/bin/sh\n").unwrap();
        std::fs::set_permissions(&victim, std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::remove_file(&place).unwrap();
        symlink(&victim, &place).unwrap();
        let flaw = Some(StoreError::Unusable(Flaw::NotAFile));
        assert_eq!(refused(&bench).await, flaw, "{name}");
        let kept = std::fs::read_to_string(&victim).unwrap();
        assert_eq!(kept, "root:x:0:0:root:/root:/bin/sh\n");
        assert_eq!(
            victim.metadata().unwrap().permissions().mode() & 0o777,
            0o644
        );
        std::fs::remove_file(&place).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&place).status();
        assert!(made.unwrap().success());
        assert_eq!(refused(&bench).await, flaw, "{name}");
    }
}

/// A line and the whole tree over it, changed while the service has the log open.
const CHANGED: &str =
    "UPDATE audit SET line = replace(line, '\"seq\":1,', '\"seq\": 1,') WHERE seq = 1";

#[tokio::test]
async fn while_at_work_no_checkpoint_is_signed_of_a_tree_that_was_not_the_logs() {
    let bench = five().await;
    let store = bench.open().await;
    view(&store).await;
    assert!(store.checkpoint_at(4).await.is_ok());
    with_a_new_tree(&bench, CHANGED).await;
    let refused = Err(StoreError::Unusable(Flaw::NotAsSigned));
    assert_eq!(store.checkpoint_at(3).await, refused);
}

#[tokio::test]
async fn after_a_write_that_failed_nothing_is_added_to_a_tree_that_was_not_the_logs() {
    let bench = five().await;
    let store = bench.open().await;
    view(&store).await;
    let fails = || store.write(|_| Box::pin(async { Err::<(), _>(StoreError::Timeout) }));
    assert!(fails().await.is_err());
    view(&store).await;
    with_a_new_tree(&bench, CHANGED).await;
    assert!(fails().await.is_err());
    let entry = Entry::new(AuditAction::ResetPassword);
    let refused = Err(StoreError::Unusable(Flaw::NotAsSigned));
    assert_eq!(store.attempt(entry, None, None).await, refused);
}
