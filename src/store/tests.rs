//! The promises of the store, among them those on full and slow disks.

use super::*;
use crate::domain::audit::{
    AuditAction, AuditOperator, AuditResult, AuditTarget, Detail, Entry, Phase,
};
use crate::domain::samples::{sid_of, time};
use crate::domain::time::Filetime;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

mod checked_beside;
mod limits;
mod open;
mod planted;
mod provable;
mod start;

const LIMITS: SessionLimits = SessionLimits {
    idle: Duration::from_mins(10),
    absolute: Duration::from_hours(8),
};
const WINDOW: Duration = Duration::from_mins(30);

/// A store in a folder of its own, with clocks that the test moves.
struct Bench {
    folder: tempfile::TempDir,
    wall: Arc<AtomicI64>,
    uptime: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            wall: Arc::new(AtomicI64::new(time("2026-03-02T12:00:00Z").as_second())),
            uptime: Arc::new(AtomicU64::new(1000)),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("keyward.db")
    }

    async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    async fn try_open(&self) -> Result<Store, StoreError> {
        self.try_open_within(Limits::default()).await
    }

    async fn try_open_within(&self, limits: Limits) -> Result<Store, StoreError> {
        let (wall, uptime) = (self.wall.clone(), self.uptime.clone());
        let clock =
            Clock::from_fn(move || Timestamp::from_second(wall.load(Ordering::SeqCst)).unwrap());
        let uptime: Uptime = Arc::new(move || Duration::from_secs(uptime.load(Ordering::SeqCst)));
        let key = KeyFile {
            path: KeyFile::beside(&self.path()),
            name: "keyward".parse().unwrap(),
        };
        Store::open_with(&self.path(), &key, clock, uptime, limits).await
    }

    /// Both clocks go on.
    fn pass(&self, seconds: u64) {
        self.uptime.fetch_add(seconds, Ordering::SeqCst);
        self.jump(i64::try_from(seconds).unwrap());
    }

    /// The wall clock alone.
    fn jump(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn raw(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.path());
        SqliteConnection::connect_with(&options).await.unwrap()
    }
}

/// Does something to a database behind Keyward's back.
pub(crate) async fn tampered(database: &Path, sql: &str) {
    let options = SqliteConnectOptions::new().filename(database);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::raw_sql(sql).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
}

/// Does something that the database's own triggers refuse, and leaves no trace among them.
pub(crate) async fn forced(database: &Path, statement: &'static str) {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'";
    let triggers: Vec<(String, String)> = sqlx::query_as(triggers)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let run = async |connection: &mut SqliteConnection, sql: String| {
        let sql = sqlx::AssertSqlSafe(sql);
        sqlx::raw_sql(sql).execute(connection).await.unwrap();
    };
    for (name, _) in &triggers {
        run(&mut connection, format!("DROP TRIGGER {name}")).await;
    }
    run(&mut connection, statement.to_owned()).await;
    for (_, sql) in triggers {
        run(&mut connection, sql).await;
    }
    connection.close().await.unwrap();
}

fn entry(action: AuditAction, target: u8) -> Entry {
    let mut entry = Entry::new(action);
    entry.operator = Some(AuditOperator {
        sid: Some(sid_of(1100)),
        name: "olga".to_owned(),
    });
    entry.target = Some(AuditTarget {
        guid: ObjectGuid::from([target; 16]),
        sid: None,
        name: None,
        dn: None,
    });
    entry
}

fn reset(target: u8) -> Entry {
    entry(AuditAction::ResetPassword, target)
}

fn ended(target: u8, result: AuditResult) -> Entry {
    let mut entry = reset(target);
    entry.result = Some(result);
    entry
}

async fn attempt(store: &Store, target: u8) -> Seq {
    match store.attempt(reset(target), None, None).await.unwrap() {
        Attempted::Recorded(seq) => seq,
        other => panic!("{other:?}"),
    }
}

async fn records(store: &Store) -> Vec<Record> {
    let lines = store.lines(Seq(0), 10_000).await.unwrap();
    let records: Vec<Record> = lines
        .iter()
        .map(|(_, line)| Record::parse(line).unwrap())
        .collect();
    for (at, record) in records.iter().enumerate() {
        assert_eq!(record.seq, Seq(at.try_into().unwrap()));
    }
    records
}

async fn sign_in(store: &Store) -> (SessionToken, Session) {
    let entry = Entry::new(AuditAction::SignIn);
    let sid = sid_of(1100);
    let reserved = store.reserve_sign_in(&sid, 3, WINDOW, entry.clone());
    let Reserved::Go { reservation, .. } = reserved.await.unwrap() else {
        panic!("too many")
    };
    let right = SignInEnd::Right {
        operator: sid_of(1100),
        name: "Olga".to_owned(),
        sam: "olga".to_owned(),
        roles: crate::domain::roles::Roles::Operator,
        password_last_set: Filetime(5),
    };
    let made = store.settle_sign_in(reservation, right, entry).await;
    made.unwrap().unwrap()
}

#[tokio::test]
async fn records_are_numbered_from_nought_and_an_attempt_has_one_outcome() {
    let bench = Bench::new();
    let store = bench.open().await;
    let first = attempt(&store, 1).await;
    let second = attempt(&store, 2).await;
    assert_eq!((first, second), (Seq(0), Seq(1)));
    let ok = ended(1, AuditResult::Ok);
    let recorded = store.outcome(first, ok.clone()).await.unwrap();
    assert_eq!(recorded, Settlement::Recorded(Seq(2)));
    let again = store.outcome(first, ended(1, AuditResult::Failed)).await;
    assert_eq!(again, Ok(Settlement::NotOpen));
    let open = store.open_attempts().await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].record.seq, second);
    let outcome = store.outcome_of(first).await.unwrap().unwrap();
    assert_eq!(outcome.entry.attempt, Some(first));
    assert_eq!(outcome.entry.result, Some(AuditResult::Ok));
    assert_eq!(records(&store).await.len(), 3);
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_the_log() {
    let bench = Bench::new();
    let store = bench.open().await;
    let seq = attempt(&store, 1).await;
    store.outcome(seq, ended(1, AuditResult::Ok)).await.unwrap();
    let mut raw = bench.raw().await;
    for forbidden in [
        "UPDATE audit SET line = '{}'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit (seq, phase, line) VALUES (0, 'event', '{}')",
        "INSERT INTO audit (seq, phase, line) VALUES (9, 'event', '{}')",
        "INSERT INTO audit (seq, phase, attempt, line) VALUES (2, 'outcome', 0, '{}')",
    ] {
        let answer = sqlx::query(forbidden).execute(&mut raw).await;
        assert!(answer.is_err(), "{forbidden}");
    }
    let archive = "INSERT INTO archive (first, next, file, newest) VALUES (0, 1, 'a', 7)";
    sqlx::query(archive).execute(&mut raw).await.unwrap();
    for (change, may_be) in [
        ("UPDATE archive SET file = 'b'", false),
        ("UPDATE archive SET newest = 0, removed = 1", false),
        ("UPDATE archive SET next = 2", false),
        ("DELETE FROM archive", false),
        ("UPDATE archive SET removed = 1", true),
        ("UPDATE archive SET removed = 1", false),
        ("UPDATE archive SET removed = 0", false),
    ] {
        let answer = sqlx::query(change).execute(&mut raw).await;
        assert_eq!(answer.is_ok(), may_be, "{change}");
    }
    let lines = "SELECT count(*) FROM audit";
    let lines: i64 = sqlx::query_scalar(lines).fetch_one(&mut raw).await.unwrap();
    assert_eq!(lines, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_uses_of_one_form_exactly_one_is_recorded() {
    let bench = Bench::new();
    let store = bench.open().await;
    let uses = (0..20).map(|_| store.attempt(reset(1), Some([7; 16]), None));
    let answers = futures_util::future::join_all(uses).await;
    let recorded = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(Attempted::Recorded(_))));
    assert_eq!(recorded.count(), 1);
    assert_eq!(records(&store).await.len(), 1);
}

#[tokio::test]
async fn attempts_that_crossed_know_of_each_other() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (one, other) = (ObjectGuid::from([1; 16]), ObjectGuid::from([2; 16]));
    let first = attempt(&store, 1).await;
    assert!(store.is_alone(first, one).await.unwrap());
    let elsewhere = attempt(&store, 2).await;
    assert!(store.is_alone(first, one).await.unwrap());
    assert!(store.is_alone(elsewhere, other).await.unwrap());
    let second = attempt(&store, 1).await;
    assert!(!store.is_alone(first, one).await.unwrap());
    assert!(!store.is_alone(second, one).await.unwrap());
    for seq in [first, second] {
        let outcome = store.outcome(seq, ended(1, AuditResult::Ok)).await;
        assert!(matches!(outcome, Ok(Settlement::Recorded(_))));
    }
    let third = attempt(&store, 1).await;
    assert!(store.is_alone(third, one).await.unwrap());
}

#[tokio::test]
async fn a_full_disk_records_nothing_and_loses_nothing() {
    let bench = Bench::new();
    let store = bench.open().await;
    attempt(&store, 1).await;
    let limit = |pages: &'static str| {
        store.write(move |log| {
            Box::pin(async move {
                sqlx::query(pages).execute(&mut log.connection).await?;
                Ok(())
            })
        })
    };
    limit("PRAGMA max_page_count = 1").await.unwrap();
    let mut stored = 1;
    let full = loop {
        let mut long = reset(1);
        long.reason = Some("x".repeat(4000));
        match store.attempt(long, Some([stored; 16]), None).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full, StoreError::NotWritable(WriteProblem::DiskFull));
    assert_eq!(records(&store).await.len(), usize::from(stored));
    limit("PRAGMA max_page_count = 100000").await.unwrap();
    // The form that failed was not used up.
    let again = store.attempt(reset(1), Some([stored; 16]), None).await;
    assert_eq!(again, Ok(Attempted::Recorded(Seq(stored.into()))));
}

#[tokio::test]
async fn a_slow_disk_is_a_timeout_and_leaves_no_open_transaction() {
    let bench = Bench::new();
    let store = bench.open().await;
    let slow = store.write(|log| {
        Box::pin(async move {
            let lost = Entry::new(AuditAction::SignOut);
            log.append(lost).await?;
            tokio::time::sleep(Duration::from_secs(4)).await;
            Err::<(), _>(StoreError::Timeout)
        })
    });
    assert_eq!(slow.await, Err(StoreError::Timeout));
    // Both wait behind the slow one; the first gives up before its turn and is not done at all.
    let given_up = tokio::time::timeout(
        Duration::from_millis(50),
        store.attempt(reset(1), Some([1; 16]), None),
    );
    assert!(given_up.await.is_err());
    assert_eq!(attempt(&store, 2).await, Seq(0));
    assert_eq!(records(&store).await.len(), 1);
}

#[tokio::test]
async fn a_second_process_on_the_same_file_is_refused() {
    let bench = Bench::new();
    let store = bench.open().await;
    let second = bench.try_open().await.err();
    assert_eq!(second, Some(StoreError::Unusable(Flaw::InUse)));
    store.close().await;
    let late = store.attempt(reset(1), None, None).await;
    assert_eq!(late, Err(StoreError::NotWritable(WriteProblem::Closed)));
    drop(store);
    let again = bench.open().await;
    assert_eq!(again.opened_at(), Seq(0));
}

/// The locks that `SQLite` has on this file in this process.
fn locks_of_sqlite(file: &Path) -> usize {
    let inode = format!(":{} ", file.metadata().unwrap().ino());
    let all = std::fs::read_to_string("/proc/locks").unwrap();
    all.lines()
        .filter(|line| line.contains("POSIX") && line.contains(&inode))
        .count()
}

#[tokio::test]
async fn whoever_removes_the_lock_file_lets_no_second_process_write() {
    let bench = Bench::new();
    let store = bench.open().await;
    attempt(&store, 1).await;
    let locks = locks_of_sqlite(&bench.path());
    assert!(locks > 0);
    let in_use = Some(StoreError::Unusable(Flaw::InUse));
    let key = KeyFile {
        path: KeyFile::beside(&bench.path()),
        name: "keyward".parse().unwrap(),
    };
    for _ in 0..2 {
        std::fs::remove_file(bench.folder.path().join("keyward.db.lock")).unwrap();
        assert_eq!(bench.try_open().await.err(), in_use);
        let change = Store::change_key(&bench.path(), &key, Clock::system()).await;
        assert_eq!(change.err(), in_use);
    }
    assert_eq!(locks_of_sqlite(&bench.path()), locks, "none was lost");
    attempt(&store, 2).await;
    store.close().await;
    drop(store);
    let again = bench.open().await;
    assert_eq!(again.opened_at(), Seq(2));
    assert_eq!(records(&again).await.len(), 2);
}

#[tokio::test]
async fn a_database_that_is_replaced_or_removed_while_in_use_stops_resets_and_says_so() {
    for replaced in [true, false] {
        let bench = Bench::new();
        let store = bench.open().await;
        attempt(&store, 1).await;
        let away = bench.folder.path().join("away.db");
        std::fs::rename(bench.path(), &away).unwrap();
        if replaced {
            std::fs::copy(&away, bench.path()).unwrap();
        }
        let refused = Err(StoreError::Unusable(Flaw::Replaced));
        assert_eq!(store.attempt(reset(2), None, None).await, refused);
        assert_eq!(store.check_writable().await, refused.map(|_: Attempted| ()));
        // The right file is back.
        std::fs::rename(&away, bench.path()).unwrap();
        attempt(&store, 2).await;
    }
}

#[tokio::test]
async fn nobody_else_may_read_the_files() {
    let bench = Bench::new();
    std::fs::write(bench.path(), "").unwrap();
    std::fs::set_permissions(bench.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let store = bench.open().await;
    attempt(&store, 1).await;
    for name in [
        "keyward.db",
        "keyward.db-wal",
        "keyward.db-shm",
        "keyward.db.lock",
    ] {
        let metadata = std::fs::metadata(bench.folder.path().join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_is_damaged_or_not_ours_is_not_touched() {
    let missing = Bench::new();
    std::fs::create_dir(missing.path()).unwrap();
    assert_eq!(
        missing.try_open().await.err(),
        Some(StoreError::Unusable(Flaw::NotOpened))
    );

    let text = Bench::new();
    std::fs::write(text.path(), "not a database, though long enough".repeat(90)).unwrap();
    assert_eq!(
        text.try_open().await.err(),
        Some(StoreError::Unusable(Flaw::NotOurs))
    );

    let foreign = Bench::new();
    std::fs::write(foreign.path(), "").unwrap();
    let mut raw = foreign.raw().await;
    sqlx::query("CREATE TABLE theirs (x)")
        .execute(&mut raw)
        .await
        .unwrap();
    raw.close().await.unwrap();
    assert_eq!(
        foreign.try_open().await.err(),
        Some(StoreError::Unusable(Flaw::NotOurs))
    );

    let damaged = Bench::new();
    let store = damaged.open().await;
    for target in 0..200 {
        attempt(&store, target).await;
    }
    store.close().await;
    drop(store);
    let mut bytes = std::fs::read(damaged.path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xaa);
    std::fs::write(damaged.path(), bytes).unwrap();
    assert_eq!(
        damaged.try_open().await.err(),
        Some(StoreError::Unusable(Flaw::Corrupt))
    );
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let bench = Bench::new();
    bench.open().await.close().await;
    let mut raw = bench.raw().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', 1, x'00', 1)",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    raw.close().await.unwrap();
    assert_eq!(
        bench.try_open().await.err(),
        Some(StoreError::Unusable(Flaw::Newer))
    );
}

#[tokio::test]
async fn a_session_ends_when_idle_and_when_old() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (token, made) = sign_in(&store).await;
    let found = store.session(&token, LIMITS).await.unwrap().unwrap();
    assert_eq!(found, made);
    let mut lasted = 0;
    loop {
        bench.pass(500);
        if store.session(&token, LIMITS).await.unwrap().is_none() {
            break;
        }
        lasted += 500;
        // The note that it was used is written behind the caller's back.
        store.end_session(0).await.unwrap();
    }
    assert_eq!(lasted, 28_500);

    let (idle, _) = sign_in(&store).await;
    bench.pass(599);
    assert!(store.session(&idle, LIMITS).await.unwrap().is_some());
    store.end_session(0).await.unwrap();
    bench.pass(600);
    assert_eq!(store.session(&idle, LIMITS).await, Ok(None));
}

#[tokio::test]
async fn a_wall_clock_that_jumps_prolongs_no_session_and_is_recorded() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (token, _) = sign_in(&store).await;
    bench.jump(-365 * 86_400);
    assert!(store.session(&token, LIMITS).await.unwrap().is_some());
    bench.uptime.fetch_add(601, Ordering::SeqCst);
    assert_eq!(store.session(&token, LIMITS).await, Ok(None));

    attempt(&store, 1).await;
    let jumped: Vec<Record> = records(&store)
        .await
        .into_iter()
        .filter(|record| record.entry.action == AuditAction::ClockJumped)
        .collect();
    assert_eq!(jumped.len(), 1);
    let seconds = jumped[0].entry.details["seconds"].as_i64();
    assert_eq!(seconds, Some(-365 * 86_400 - 601));
}

#[tokio::test]
async fn a_clock_put_back_during_a_restart_prolongs_no_session() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (token, _) = sign_in(&store).await;
    store.close().await;
    drop(store);
    bench.jump(-86_400);
    let store = bench.open().await;
    assert!(store.session(&token, LIMITS).await.unwrap().is_some());
    bench.pass(601);
    assert_eq!(store.session(&token, LIMITS).await, Ok(None));
}

#[tokio::test]
async fn a_session_ends_at_once_when_it_is_ended() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (first, session) = sign_in(&store).await;
    let (second, _) = sign_in(&store).await;
    store.end_session(session.id).await.unwrap();
    assert_eq!(store.session(&first, LIMITS).await, Ok(None));
    assert!(store.session(&second, LIMITS).await.unwrap().is_some());
    store.end_sessions_of(&sid_of(1100)).await.unwrap();
    assert_eq!(store.session(&second, LIMITS).await, Ok(None));
}

#[tokio::test]
async fn a_stolen_database_signs_nobody_in() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (token, _) = sign_in(&store).await;
    assert!(SessionToken::parse(token.expose()).is_some());
    assert!(!format!("{token:?}").contains(token.expose()));
    for other in ["", "short", &"A".repeat(44), &"%".repeat(43)] {
        assert!(SessionToken::parse(other).is_none(), "{other}");
    }
    store.close().await;
    let bytes = std::fs::read(bench.path()).unwrap();
    let needle = token.expose().as_bytes();
    assert!(!bytes.windows(needle.len()).any(|window| window == needle));
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_tries_cannot_pass_the_limit_together() {
    let bench = Bench::new();
    let store = bench.open().await;
    let sid = sid_of(1100);
    let entry = Entry::new(AuditAction::SignIn);
    let tries = (0..20).map(|_| store.reserve_sign_in(&sid, 3, WINDOW, entry.clone()));
    let answers = futures_util::future::join_all(tries).await;
    let went = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(Reserved::Go { .. })));
    assert_eq!(went.count(), 3);
    assert_eq!(records(&store).await.len(), 3);
}

#[tokio::test]
async fn tries_count_until_their_window_ends_or_a_right_password_comes() {
    let bench = Bench::new();
    let store = bench.open().await;
    let sid = sid_of(1100);
    let entry = Entry::new(AuditAction::SignIn);
    let reserve = |allowed| store.reserve_sign_in(&sid, allowed, WINDOW, entry.clone());
    let go = |reserved| match reserved {
        Ok(Reserved::Go { reservation, .. }) => reservation,
        other => panic!("{other:?}"),
    };
    let settle = |reservation, how| store.settle_sign_in(reservation, how, entry.clone());

    settle(go(reserve(2).await), SignInEnd::Wrong)
        .await
        .unwrap();
    bench.pass(600);
    for how in [SignInEnd::Neither, SignInEnd::RightButRefused] {
        assert!(settle(go(reserve(2).await), how).await.unwrap().is_none());
    }
    settle(go(reserve(2).await), SignInEnd::Wrong)
        .await
        .unwrap();
    // A lower limit waits for as many as are too many.
    for (allowed, wait) in [(2, 1200), (1, 1800), (0, 1800)] {
        match reserve(allowed).await {
            Ok(Reserved::TooMany { retry_after }) => assert_eq!(retry_after.as_secs(), wait),
            other => panic!("{allowed}: {other:?}"),
        }
    }
    bench.jump(86_400);
    assert!(matches!(reserve(2).await, Ok(Reserved::TooMany { .. })));
    bench.pass(1201);
    let pending = go(reserve(2).await);
    assert!(matches!(reserve(2).await, Ok(Reserved::TooMany { .. })));
    bench.pass(1800);
    sign_in(&store).await;
    drop((pending, go(reserve(1).await)));
}

#[tokio::test]
async fn the_same_event_is_recorded_once_a_minute_with_the_count_of_the_rest() {
    let bench = Bench::new();
    let store = bench.open().await;
    let view = entry(AuditAction::ViewAccount, 1);
    for expected in [Some(Seq(0)), None, None] {
        assert_eq!(store.event_seldom(view.clone()).await, Ok(expected));
    }
    let other = entry(AuditAction::ViewAccount, 2);
    assert_eq!(store.event_seldom(other.clone()).await, Ok(Some(Seq(1))));
    for _ in 0..2 {
        assert_eq!(store.event_seldom(other.clone()).await, Ok(None));
    }
    bench.pass(60);
    assert_eq!(store.event_seldom(view).await, Ok(Some(Seq(2))));
    store.sweep(LIMITS).await.unwrap();
    let records = records(&store).await;
    let all = |detail| {
        let of = records.iter().map(|it| it.entry.details.get(detail));
        of.map(|it| it.and_then(Detail::as_i64)).collect::<Vec<_>>()
    };
    assert_eq!(all("suppressed"), [None, None, Some(2), Some(1)]);
    assert_eq!(all("seconds_ago"), [None, None, None, Some(60)]);
}

#[tokio::test]
async fn a_flood_of_refusals_fills_no_disk() {
    let bench = Bench::new();
    let store = bench.open().await;
    for rid in 0..2000 {
        let mut refusal = Entry::new(AuditAction::SignIn);
        refusal.code = Some("not_operator".to_owned());
        refusal.operator = Some(AuditOperator {
            sid: Some(sid_of(rid)),
            name: "somebody".to_owned(),
        });
        store.event_seldom(refusal).await.unwrap();
    }
    assert!(records(&store).await.len() <= 61);
}

#[tokio::test]
async fn an_operator_who_views_everybody_hides_neither_self_nor_others() {
    let bench = Bench::new();
    let store = bench.open().await;
    let view = |operator: u32, target: u8| {
        let mut view = entry(AuditAction::ViewAccount, target);
        view.operator = Some(AuditOperator {
            sid: Some(sid_of(operator)),
            name: "somebody".to_owned(),
        });
        view.client = Some(std::net::IpAddr::from([192, 0, 2, 7]));
        view
    };
    for target in 0..200 {
        store.event_seldom(view(1, target)).await.unwrap();
    }
    store.event_seldom(view(2, 1)).await.unwrap();
    let all = records(&store).await;
    assert_eq!(all.len(), 122);
    let overflow = &all[120].entry;
    assert_eq!(overflow.operator, view(1, 0).operator);
    assert_eq!(overflow.client, view(1, 0).client);
    assert_eq!(overflow.target, None);
    assert_eq!(
        all[121].entry.target,
        view(2, 1).target,
        "another's is whole"
    );
}

#[tokio::test]
async fn a_number_that_no_record_can_have_is_no_damage() {
    let bench = Bench::new();
    let store = bench.open().await;
    for number in [7, u64::MAX] {
        assert_eq!(store.record(Seq(number)).await, Ok(None));
    }
}

#[tokio::test]
async fn an_event_that_could_not_be_recorded_does_not_silence_the_next() {
    let bench = Bench::new();
    let store = bench.open().await;
    let mut raw = bench.raw().await;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut raw)
        .await
        .unwrap();
    let view = entry(AuditAction::ViewAccount, 1);
    let locked = store.event_seldom(view.clone()).await;
    assert_eq!(locked, Err(StoreError::NotWritable(WriteProblem::Locked)));
    raw.close().await.unwrap();
    assert_eq!(store.event_seldom(view).await, Ok(Some(Seq(0))));
}

#[tokio::test]
async fn an_older_copy_put_back_is_found_at_start() {
    let bench = Bench::new();
    let store = bench.open().await;
    attempt(&store, 1).await;
    store.close().await;
    let backup = std::fs::read(bench.path()).unwrap();
    let store = bench.open().await;
    attempt(&store, 2).await;
    store.close().await;
    std::fs::write(bench.path(), backup).unwrap();
    let older = bench.try_open().await.err();
    assert_eq!(older, Some(StoreError::Unusable(Flaw::RolledBack)));
    // The way back, for an administrator who means it.
    for name in ["keyward.db.lock", "keyward.db.key.signed"] {
        assert_eq!(bench.try_open().await.err(), older, "{name}");
        std::fs::remove_file(bench.folder.path().join(name)).unwrap();
    }
    let store = bench.open().await;
    assert_eq!(store.opened_at(), Seq(1));
}

#[tokio::test]
async fn people_helped_come_newest_first_and_once() {
    let bench = Bench::new();
    let store = bench.open().await;
    for (target, result) in [
        (1, AuditResult::Ok),
        (2, AuditResult::Failed),
        (3, AuditResult::Ok),
        (1, AuditResult::Ok),
    ] {
        let seq = attempt(&store, target).await;
        store.outcome(seq, ended(target, result)).await.unwrap();
    }
    let guids: Vec<u8> = store
        .recent(&sid_of(1100), 5)
        .await
        .unwrap()
        .iter()
        .map(|guid| guid.as_bytes()[0])
        .collect();
    assert_eq!(guids, [1, 3]);
    assert!(store.recent(&sid_of(1101), 5).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_log_can_be_read_beside_the_service_and_without_it() {
    let bench = Bench::new();
    let nothing = AuditReader::open(&bench.path()).await.err();
    assert_eq!(nothing, Some(StoreError::Unusable(Flaw::NotOpened)));
    assert!(!bench.path().exists());
    let store = bench.open().await;
    attempt(&store, 1).await;
    let beside = AuditReader::open(&bench.path()).await.unwrap();
    assert_eq!(beside.lines(Seq(0), 10).await.unwrap().len(), 1);
    attempt(&store, 2).await;
    assert_eq!(beside.lines(Seq(1), 10).await.unwrap().len(), 1);
    beside.pool.close().await;
    store.close().await;
    drop(store);
    let alone = AuditReader::open(&bench.path()).await.unwrap();
    assert_eq!(alone.lines(Seq(0), 1).await.unwrap().len(), 1);
    assert_eq!(alone.open_attempts().await.unwrap().len(), 2);
}

#[tokio::test]
async fn sweeping_takes_what_is_over_and_no_record() {
    let bench = Bench::new();
    let store = bench.open().await;
    sign_in(&store).await;
    store.attempt(reset(1), Some([1; 16]), None).await.unwrap();
    let entry = Entry::new(AuditAction::SignIn);
    let sid = sid_of(1100);
    let pending = store.reserve_sign_in(&sid, 3, WINDOW, entry);
    assert!(matches!(pending.await, Ok(Reserved::Go { .. })));
    let before = records(&store).await.len();
    bench.pass(9 * 3600);
    store.sweep(LIMITS).await.unwrap();
    let mut raw = bench.raw().await;
    for count in [
        "SELECT count(*) FROM session",
        "SELECT count(*) FROM used_form",
        "SELECT count(*) FROM sign_in_try",
    ] {
        let left: i64 = sqlx::query_scalar(count).fetch_one(&mut raw).await.unwrap();
        assert_eq!(left, 0, "{count}");
    }
    assert_eq!(records(&store).await.len(), before);
}

/// Not a test of its own: the child of the next one, which is killed in the middle.
#[tokio::test]
async fn writes_until_killed() {
    let Some(path) = std::env::var_os("KEYWARD_STORE_OF_CHILD") else {
        return;
    };
    let store = Store::open(Path::new(&path), Clock::system())
        .await
        .unwrap();
    loop {
        let seq = attempt(&store, 1).await;
        store.outcome(seq, ended(1, AuditResult::Ok)).await.unwrap();
        std::fs::write(Path::new(&path).with_extension("told"), seq.0.to_string()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_to_be_recorded_survives_kill_9() {
    let bench = Bench::new();
    let told = bench.path().with_extension("told");
    let mut least = 0;
    for _ in 0..5 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::writes_until_killed"])
            .env("KEYWARD_STORE_OF_CHILD", bench.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let read = || std::fs::read_to_string(&told).ok()?.parse::<u64>().ok();
        let enough = least + 40;
        while read().is_none_or(|seq| seq < enough) {
            assert!(child.try_wait().unwrap().is_none(), "the child ended");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // A torn number is one that was being written; the one before it was told.
        least = read().unwrap_or(enough);
        let store = Store::open(&bench.path(), Clock::system()).await.unwrap();
        let records = records(&store).await;
        let end = records.last().unwrap().seq;
        assert!(end.0 > least, "{least} was told, {end:?} is there");
        let open = store.open_attempts().await.unwrap();
        assert!(open.len() <= 5);
        for record in &records {
            assert_eq!(
                record.entry.phase == Phase::Outcome,
                record.entry.attempt.is_some()
            );
        }
        store.close().await;
    }
}

/// As an auditor's page would, if a search took for ever.
async fn endless(store: &Store) -> Result<i64, StoreError> {
    let endless = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) \
                   SELECT count(*) FROM number";
    let look = async {
        let mut reading = store.0.auditors.pool.begin().await?;
        Ok(sqlx::query_scalar(endless).fetch_one(&mut *reading).await?)
    };
    store.within(look).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_much_auditors_ask_for_sessions_and_resets_do_not_wait_and_the_store_closes() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (token, _) = sign_in(&store).await;
    let looks: Vec<_> = (0..10)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { endless(&store).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = std::time::Instant::now();
    store.session(&token, LIMITS).await.unwrap().unwrap();
    attempt(&store, 1).await;
    store.lines(Seq(0), 10).await.unwrap();
    let others = begun.elapsed();
    assert!(others < Duration::from_secs(1), "{others:?}");
    for look in looks {
        assert_eq!(look.await.unwrap(), Err(StoreError::Timeout));
    }
    // What the last of them began ends too, so that the next look has its turn.
    let search = crate::domain::audit::AuditSearch::default();
    let mut found = store.find(&search, None, 5).await;
    for _ in 0..3 {
        if found.is_err() {
            found = store.find(&search, None, 5).await;
        }
    }
    assert_eq!(found.unwrap().records.len(), 3);
    let begun = std::time::Instant::now();
    store.close().await;
    assert!(begun.elapsed() < Duration::from_secs(4));
}
