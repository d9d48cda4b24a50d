//! Who can write the database puts rows into the list of open attempts, or takes them out.

use super::provable::{view, with_a_new_tree};
use super::*;

/// An attempt with its outcome, an event, and an attempt that is open: 0 to 3.
async fn one_open(bench: &Bench) -> Store {
    let store = bench.open().await;
    let first = attempt(&store, 1).await;
    let done = store.outcome(first, ended(1, AuditResult::Ok)).await;
    assert_eq!(done, Ok(Settlement::Recorded(Seq(1))));
    view(&store).await;
    assert_eq!(attempt(&store, 2).await, Seq(3));
    store
}

async fn listed(bench: &Bench) -> Vec<i64> {
    let rows = sqlx::query_scalar("SELECT seq FROM open_attempt ORDER BY seq");
    rows.fetch_all(&mut bench.raw().await).await.unwrap()
}

async fn open_by_log(store: &Store) -> Vec<Seq> {
    let open = store.open_attempts().await.unwrap();
    open.into_iter().map(|open| open.record.seq).collect()
}

const PLANTED: &str = "PRAGMA foreign_keys = OFF;
    INSERT INTO open_attempt (seq) VALUES (-7), (0), (1), (2), (900), (9223372036854775807)";

#[tokio::test]
async fn a_row_of_no_open_attempt_becomes_no_outcome_and_is_taken_out_while_at_work() {
    let bench = Bench::new();
    let store = one_open(&bench).await;
    tampered(&bench.path(), PLANTED).await;
    assert_eq!(open_by_log(&store).await, [Seq(3)]);
    for number in [0, 1, 2, 900, i64::MAX.unsigned_abs(), u64::MAX] {
        let outcome = store.outcome(Seq(number), ended(1, AuditResult::Ok)).await;
        assert_eq!(outcome, Ok(Settlement::NotOpen), "{number}");
    }
    assert_eq!(records(&store).await.len(), 4);
    store.sweep(LIMITS).await.unwrap();
    assert_eq!(listed(&bench).await, [3]);
    let outcome = store.outcome(Seq(3), ended(2, AuditResult::Ok)).await;
    assert_eq!(outcome, Ok(Settlement::Recorded(Seq(4))));
    assert_eq!(listed(&bench).await, [0; 0]);
}

#[tokio::test]
async fn a_row_of_no_open_attempt_is_taken_out_at_the_start() {
    let bench = Bench::new();
    one_open(&bench).await.close().await;
    tampered(&bench.path(), PLANTED).await;
    let store = bench.open().await;
    assert_eq!(listed(&bench).await, [3]);
    let outcome = store.outcome(Seq(0), ended(1, AuditResult::Failed)).await;
    assert_eq!(outcome, Ok(Settlement::NotOpen));
    assert_eq!(records(&store).await.len(), 4);
}

#[tokio::test]
async fn an_attempt_that_somebody_took_out_of_the_list_is_found_at_the_next_start_and_gets_its_outcome()
 {
    let bench = Bench::new();
    one_open(&bench).await.close().await;
    tampered(&bench.path(), "DELETE FROM open_attempt").await;
    let store = bench.open().await;
    assert_eq!(open_by_log(&store).await, [Seq(3)]);
    let outcome = store.outcome(Seq(3), ended(2, AuditResult::Failed)).await;
    assert_eq!(outcome, Ok(Settlement::Recorded(Seq(4))));
}

#[tokio::test]
async fn an_attempt_that_somebody_takes_out_of_the_list_while_at_work_gets_its_outcome() {
    let bench = Bench::new();
    let store = one_open(&bench).await;
    tampered(&bench.path(), "DELETE FROM open_attempt").await;
    let outcome = store.outcome(Seq(3), ended(2, AuditResult::Ok)).await;
    assert_eq!(outcome, Ok(Settlement::Recorded(Seq(4))));
    let again = store.outcome(Seq(3), ended(2, AuditResult::Failed)).await;
    assert_eq!(again, Ok(Settlement::NotOpen));
}

#[tokio::test]
async fn a_line_that_somebody_made_an_attempt_tree_included_gets_no_outcome() {
    let bench = Bench::new();
    let store = one_open(&bench).await;
    let made = "UPDATE audit SET phase = 'attempt',
                line = replace(line, '\"phase\":\"event\"', '\"phase\":\"attempt\"') WHERE seq = 2;
                INSERT INTO open_attempt (seq) VALUES (2)";
    with_a_new_tree(&bench, made).await;
    let outcome = store.outcome(Seq(2), ended(1, AuditResult::Ok)).await;
    assert_eq!(outcome, Ok(Settlement::NotOpen));
    assert_eq!(records(&store).await.len(), 4);
}

#[tokio::test]
async fn an_outcome_that_is_hidden_by_its_column_is_not_followed_by_a_second_one() {
    let bench = Bench::new();
    let store = one_open(&bench).await;
    let hidden = "DROP TRIGGER audit_no_update;
                  UPDATE audit SET attempt = 900 WHERE seq = 1;
                  INSERT INTO open_attempt (seq) VALUES (0)";
    tampered(&bench.path(), hidden).await;
    let outcome = store.outcome(Seq(0), ended(1, AuditResult::Failed)).await;
    assert_eq!(outcome, Ok(Settlement::NotOpen));
    assert_eq!(listed(&bench).await, [3]);
}

#[tokio::test]
async fn after_a_write_that_failed_an_open_attempt_still_gets_one_outcome() {
    let bench = Bench::new();
    let store = one_open(&bench).await;
    let fails = || store.write(|_| Box::pin(async { Err::<(), _>(StoreError::Timeout) }));
    assert!(fails().await.is_err());
    let outcome = store.outcome(Seq(3), ended(2, AuditResult::Ok)).await;
    assert_eq!(outcome, Ok(Settlement::Recorded(Seq(4))));
    assert!(fails().await.is_err());
    let again = store.outcome(Seq(3), ended(2, AuditResult::Failed)).await;
    assert_eq!(again, Ok(Settlement::NotOpen));
}
