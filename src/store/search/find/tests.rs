//! A page of the log: what is found, by which index, and how much is looked at for it.

use super::super::found::{FoundRecord, Standing};
use super::super::people::Person;
use super::*;
use crate::domain::audit::tree::{leaf_hash, leaf_id};
use crate::domain::audit::{Actions, AuditAction, AuditOperator, AuditResult, Entry, Who};
use crate::domain::identity::ObjectGuid;
use crate::domain::samples::sid_of;
use crate::domain::time::Clock;
use crate::store::Store;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::time::Instant;

/// Operators and targets of the filled log.
const OPERATORS: i64 = 20;
const TARGETS: i64 = 1000;
/// Microseconds between two records.
const STEP: i64 = 1_000_000;
const BEGIN: i64 = 1_700_000_000_000_000;

/// A log whose records went straight into the tables, for reading only.
struct Filled {
    reader: AuditReader,
    _folder: tempfile::TempDir,
}

async fn filled(records: i64) -> Filled {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyward.db");
    let store = Store::open(&path, Clock::system()).await.unwrap();
    store.close().await;
    let options = SqliteConnectOptions::new().filename(&path);
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    for statement in [
        "INSERT INTO audit_operator (id, sid, name)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
         SELECT i, 'S-1-5-21-1-2-3-' || (1100 + i), 'lead.' || i FROM n",
        "INSERT INTO audit_target (guid, name)
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
         SELECT CAST(printf('target-%09d', i) AS BLOB), 'person.' || i FROM n",
    ] {
        sqlx::query(statement).execute(&mut database).await.unwrap();
    }
    // One in a thousand is an unlock; records 1000 to 1099 were written with a clock an hour ahead. One in ten is
    // refused, most of them for one cause; the rare cause is that of one in ten thousand.
    let insert = format!(
        "INSERT INTO audit (seq, time, action, phase, attempt, result, operator, target, line, code, rule)
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1),
         said AS (
             SELECT i, {BEGIN} + i * {STEP} + CASE WHEN i BETWEEN 1000 AND 1099 THEN 3600 * {STEP} ELSE 0 END AS time,
                    CASE WHEN i % 1000 = 7 THEN 'unlock_account' ELSE 'reset_password' END AS action,
                    CASE WHEN i % 10 = 0 THEN 'refused' ELSE 'ok' END AS result,
                    1 + i % {OPERATORS} AS operator, i % {TARGETS} AS target,
                    CASE WHEN i % 10000 = 500 THEN 'rare' WHEN i % 10 = 0 THEN 'usual' END AS code,
                    CASE WHEN i % 5000 = 3 THEN 'attic' ELSE 'desk' END AS rule
             FROM n)
         SELECT i, time, action, 'event', NULL, result, operator, CAST(printf('target-%09d', target) AS BLOB),
                '{{\"seq\":' || i || ',\"time\":\"' || strftime('%Y-%m-%dT%H:%M:%S', time / {STEP}, 'unixepoch')
                || '.000000Z\",\"action\":\"' || action || '\",\"phase\":\"event\",\"result\":\"' || result || '\"'
                || coalesce(',\"code\":\"' || code || '\"', '')
                || ',\"operator\":{{\"sid\":\"S-1-5-21-1-2-3-' || (1100 + operator) || '\",\"name\":\"lead.' || operator
                || '\"}},\"target\":{{\"guid\":\"67726174-7465-302d-3030-303030' || lower(hex(printf('%03d', target)))
                || '\",\"name\":\"person.' || target || '\"}},\"rule\":\"' || rule || '\"}}',
                code, rule
         FROM said"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .bind(records)
        .execute(&mut database)
        .await
        .unwrap();
    hash_leaves(&mut database).await;
    database.close().await.unwrap();
    Filled {
        reader: AuditReader::open(&path).await.unwrap(),
        _folder: folder,
    }
}

/// Puts each line's hash into its place; a page asks for no others.
async fn hash_leaves(database: &mut SqliteConnection) {
    let mut next = 0_u32;
    loop {
        let lines: Vec<String> =
            sqlx::query_scalar("SELECT line FROM audit WHERE seq >= ? ORDER BY seq LIMIT 5000")
                .bind(next)
                .fetch_all(&mut *database)
                .await
                .unwrap();
        if lines.is_empty() {
            return;
        }
        QueryBuilder::<sqlx::Sqlite>::new("INSERT INTO tree (id, hash) ")
            .push_values(lines.iter().zip(next..), |mut row, (line, seq)| {
                let id = i64::try_from(leaf_id(Seq(seq.into()))).unwrap();
                row.push_bind(id).push_bind(leaf_hash(line).0.to_vec());
            })
            .build()
            .execute(&mut *database)
            .await
            .unwrap();
        next += u32::try_from(lines.len()).unwrap();
    }
}

fn numbers(page: &AuditPage) -> Vec<u64> {
    let as_written = |it: &&FoundRecord| it.standing == Standing::AsWritten;
    let relied_on = page.records.iter().filter(as_written);
    relied_on.map(|record| record.seq.0).collect()
}

fn target(number: u32) -> ObjectGuid {
    let bytes: [u8; 16] = format!("target-{number:09}")
        .into_bytes()
        .try_into()
        .unwrap();
    ObjectGuid::from(bytes)
}

fn at(record: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(BEGIN + record * STEP).ok()
}

/// All pages one after the other.
async fn all(reader: &AuditReader, search: &AuditSearch) -> Vec<u64> {
    let (mut seen, mut next) = (Vec::new(), None);
    loop {
        let page = reader.find(search, next, 50).await.unwrap();
        seen.extend(numbers(&page));
        match page.next {
            Some(seq) => next = Some(seq),
            None => return seen,
        }
    }
}

#[tokio::test]
async fn a_rare_filter_looks_through_a_bounded_part_and_says_how_far() {
    let log = filled(60_000).await;
    let unlocks = AuditSearch {
        action: Some(Actions::Only(AuditAction::UnlockAccount)),
        ..AuditSearch::default()
    };
    let page = log.reader.find(&unlocks, None, 50).await.unwrap();
    assert!(page.cut, "not a whole page");
    assert_eq!(page.records.len(), 10);
    assert_eq!(page.next, Some(Seq(49_999)));
    let expected: Vec<u64> = (0..60_000).rev().filter(|it| it % 1000 == 7).collect();
    assert_eq!(all(&log.reader, &unlocks).await, expected);
}

#[tokio::test]
async fn a_rare_cause_is_found_without_looking_at_other_records() {
    let log = filled(120_000).await;
    let rare = AuditSearch {
        code: Some("rare".to_owned()),
        ..AuditSearch::default()
    };
    let expected: Vec<u64> = (0..120_000).rev().filter(|it| it % 10_000 == 500).collect();
    let page = log.reader.find(&rare, None, 50).await.unwrap();
    assert_eq!(numbers(&page), expected, "twelve times the rows of a page");
    assert_eq!((page.next, page.cut), (None, false));
    let of_days = AuditSearch {
        from: at(20_000),
        to: at(60_500),
        result: Some(AuditResult::Refused),
        ..rare
    };
    let page = log.reader.find(&of_days, None, 50).await.unwrap();
    assert_eq!(numbers(&page), [50_500, 40_500, 30_500, 20_500]);
}

#[tokio::test]
async fn pages_of_a_cause_follow_one_another_by_the_clock() {
    let log = filled(6000).await;
    let usual = AuditSearch {
        code: Some("usual".to_owned()),
        ..AuditSearch::default()
    };
    let found = all(&log.reader, &usual).await;
    let mut by_clock = (0..6000)
        .rev()
        .filter(|it| it % 10 == 0 && it % 10_000 != 500)
        .collect::<Vec<u64>>();
    let time = |it: &u64| it + if (1000..1100).contains(it) { 3600 } else { 0 };
    by_clock.sort_by_key(|it| std::cmp::Reverse((time(it), *it)));
    assert_eq!(found, by_clock);
}

#[tokio::test]
async fn a_rule_and_all_but_sign_ins_are_filters_like_the_others() {
    let log = filled(12_000).await;
    let attic = AuditSearch {
        rule: Some("attic".to_owned()),
        action: Some(Actions::NoSignIn),
        ..AuditSearch::default()
    };
    assert_eq!(all(&log.reader, &attic).await, [10_003, 5003, 3]);
}

#[tokio::test]
async fn a_clock_that_jumped_hides_no_record_of_a_span_of_time() {
    let log = filled(6000).await;
    let search = AuditSearch {
        from: at(4500),
        to: at(4700),
        ..AuditSearch::default()
    };
    let mut found = all(&log.reader, &search).await;
    found.sort_unstable();
    // 3600 seconds ahead, records 1000 to 1099 say 4600 to 4699.
    let expected: Vec<u64> = (1000..1100).chain(4500..4700).collect();
    assert_eq!(found, expected);
    let by_one = AuditSearch {
        operator: Some(Who::Name("LEAD.5".to_owned())),
        ..search
    };
    let mut found = all(&log.reader, &by_one).await;
    found.sort_unstable();
    let expected: Vec<u64> = expected.into_iter().filter(|it| it % 20 == 4).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_text_finds_the_records_of_all_whose_names_have_it_each_once() {
    let log = filled(5000).await;
    let search = AuditSearch {
        text: Some("PERSON.99".to_owned()),
        result: Some(AuditResult::Ok),
        ..AuditSearch::default()
    };
    let page = log.reader.find(&search, None, 50).await.unwrap();
    assert!(page.text_means_something && !page.more_names);
    let is_one = |it: &u64| (it % 1000 == 99 || it % 1000 >= 990) && !it.is_multiple_of(10);
    let expected: Vec<u64> = (0..5000).rev().filter(is_one).collect();
    assert_eq!(all(&log.reader, &search).await, expected);
    let number = AuditSearch {
        text: Some("4999".to_owned()),
        ..AuditSearch::default()
    };
    assert_eq!(all(&log.reader, &number).await, [4999]);
    let many = AuditSearch {
        text: Some("person".to_owned()),
        ..AuditSearch::default()
    };
    assert!(log.reader.find(&many, None, 50).await.unwrap().more_names);
    let nobody = AuditSearch {
        text: Some("%".to_owned()),
        ..AuditSearch::default()
    };
    let page = log.reader.find(&nobody, None, 50).await.unwrap();
    assert_eq!(page, AuditPage::default());
}

#[tokio::test]
async fn a_name_is_the_account_whose_record_is_newest_however_long_it_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyward.db");
    let store = Store::open(&path, Clock::system()).await.unwrap();
    for rid in [1101, 1102, 1101] {
        let mut entry = Entry::new(AuditAction::SignOut);
        entry.operator = Some(AuditOperator {
            sid: Some(sid_of(rid)),
            name: "olga".to_owned(),
        });
        store.event(entry).await.unwrap();
    }
    let olga = AuditSearch {
        operator: Some(Who::Name("Olga".to_owned())),
        ..AuditSearch::default()
    };
    let page = store.find(&olga, None, 50).await.unwrap();
    assert_eq!(numbers(&page), [2, 0]);
    store.close().await;
}

#[tokio::test]
async fn a_persons_records_with_a_filter_that_nothing_meets_end_too() {
    let log = filled(3000).await;
    let search = AuditSearch {
        target: Some(target(7)),
        result: Some(AuditResult::Unknown),
        ..AuditSearch::default()
    };
    let page = log.reader.find(&search, None, 50).await.unwrap();
    assert_eq!((page.records.len(), page.next), (0, None));
}

fn asked(change: impl FnOnce(&mut AuditSearch)) -> AuditSearch {
    let mut search = AuditSearch::default();
    change(&mut search);
    search
}

/// Each way of asking, with the number of records.
fn searches(records: i64) -> Vec<(&'static str, AuditSearch)> {
    let lead = || Some(Who::Name("lead.3".to_owned()));
    let text = |text: &str| Some(text.to_owned());
    let only = |action| Some(Actions::Only(action));
    let nothing = only(AuditAction::ClockJumped);
    let all_days = |it: &mut AuditSearch| (it.from, it.to) = (at(0), at(records));
    let rare = only(AuditAction::UnlockAccount);
    vec![
        ("everything", AuditSearch::default()),
        ("rare action", asked(|it| it.action = rare)),
        ("nothing like it", asked(|it| it.action = nothing)),
        ("rare cause", asked(|it| it.code = text("rare"))),
        (
            "usual cause, many days, rare",
            asked(|it| {
                all_days(it);
                (it.code, it.action) = (text("usual"), nothing);
            }),
        ),
        (
            "rule, nothing like it",
            asked(|it| it.rule = text("nowhere")),
        ),
        ("operator", asked(|it| it.operator = lead())),
        (
            "operator, rare",
            asked(|it| (it.operator, it.result) = (lead(), Some(AuditResult::Unknown))),
        ),
        ("target", asked(|it| it.target = Some(target(7)))),
        (
            "old days",
            asked(|it| (it.from, it.to) = (at(100), at(5000))),
        ),
        (
            "many days, rare",
            asked(|it| {
                all_days(it);
                it.action = nothing;
            }),
        ),
        ("one name", asked(|it| it.text = text("person.123"))),
        ("many names", asked(|it| it.text = text("person.1"))),
        (
            "many names, rare",
            asked(|it| (it.text, it.action) = (text("e"), nothing)),
        ),
    ]
}

#[tokio::test]
async fn every_way_of_asking_goes_by_an_index_and_sorts_nothing() {
    let log = filled(1000).await;
    let leads = [
        (Lead::Order, "USING INTEGER PRIMARY KEY"),
        (Lead::Time, "USING INDEX audit_by_time (time>? AND time<?)"),
        (
            Lead::Code,
            "USING INDEX audit_by_code (code=? AND time>? AND time<?)",
        ),
        (
            Lead::Person(Person::Operator(3)),
            "USING INDEX audit_by_operator (operator=?",
        ),
        (
            Lead::Person(Person::Target(target(7))),
            "USING INDEX audit_by_target (target=?",
        ),
        (
            Lead::Number(5),
            "SEARCH audit USING INTEGER PRIMARY KEY (rowid=?)",
        ),
    ];
    let conditions = Conditions {
        action: Some(Actions::Only(AuditAction::ResetPassword)),
        result: Some(AuditResult::Ok),
        code: Some("usual"),
        rule: Some("desk"),
        operator: Some(3),
        target: Some(target(7)),
        from: Some(0),
        to: Some(i64::MAX),
    };
    let place = |seq| Some(Place { seq, time: seq });
    for (lead, expected) in leads {
        for (before, floor) in [(None, None), (place(900), place(100))] {
            let query = records(lead, &conditions, before, floor);
            let explain = format!("EXPLAIN QUERY PLAN {}", query.sql().as_str());
            let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(explain))
                .fetch_all(&log.reader.pool)
                .await
                .unwrap();
            let plan: Vec<String> = plan.into_iter().map(|(.., text)| text).collect();
            // From the newest record down, without a bound, is the table itself.
            let plan = plan
                .join("; ")
                .replace("SCAN audit", "SCAN audit USING INTEGER PRIMARY KEY");
            assert!(plan.contains(expected), "{lead:?}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{lead:?}: {plan}");
        }
    }
}

/// Measures; in the full profile alone.
mod minutes {
    use super::*;

    #[tokio::test]
    async fn a_page_of_two_hundred_thousand_records_comes_at_once_whatever_is_asked() {
        let records = std::env::var("KEYWARD_SEARCH_RECORDS").ok();
        let records = records.and_then(|it| it.parse().ok()).unwrap_or(200_000);
        let log = filled(records).await;
        for (name, search) in searches(records) {
            let mut times = Vec::new();
            for _ in 0..5 {
                let began = Instant::now();
                let page = log.reader.find(&search, None, 50).await.unwrap();
                times.push(began.elapsed());
                assert!(page.records.len() <= 50);
            }
            times.sort_unstable();
            assert!(times[2].as_millis() < 500, "{name}: {times:?}");
        }
    }
}
