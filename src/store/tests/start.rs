//! What happened to the clock and to the notes beside the log before a start is on record.

use super::provable::view;
use super::*;

/// What is on record after a start, from this record on, with the detail that matters.
async fn since(store: &Store, first: u64) -> Vec<(AuditAction, Option<Detail>)> {
    let records = records(store).await.into_iter();
    let entries = records
        .filter(|record| record.seq.0 >= first)
        .map(|record| record.entry);
    entries
        .map(|entry| (entry.action, entry.details.into_values().next()))
        .collect()
}

const VIEW: (AuditAction, Option<Detail>) = (AuditAction::ViewAccount, None);

/// A closed log of two records.
async fn two() -> Bench {
    let bench = Bench::new();
    let store = bench.open().await;
    view(&store).await;
    view(&store).await;
    assert_eq!(since(&store, 0).await, [VIEW, VIEW], "a first start");
    store.close().await;
    bench
}

fn remove(bench: &Bench, names: &[&str]) {
    for name in names {
        std::fs::remove_file(bench.folder.path().join(name)).unwrap();
    }
}

#[tokio::test]
async fn a_clock_that_was_put_back_between_two_starts_is_on_record_once() {
    let bench = two().await;
    bench.jump(-86_400);
    for first in [2, 4] {
        let store = bench.open().await;
        view(&store).await;
        let jumped = (AuditAction::ClockJumped, Some((-86_400_i64).into()));
        let expected = if first == 2 {
            vec![jumped, VIEW]
        } else {
            vec![VIEW]
        };
        assert_eq!(since(&store, first).await, expected);
        store.close().await;
        bench.pass(1);
    }
}

#[tokio::test]
async fn a_plain_restart_a_kill_and_a_small_correction_of_the_clock_make_no_record() {
    let bench = two().await;
    bench.jump(-59);
    let store = bench.open().await;
    view(&store).await;
    drop(store);
    // As after a kill: nothing was signed at a stop.
    let store = loop {
        match bench.try_open().await {
            Ok(store) => break store,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    view(&store).await;
    assert_eq!(since(&store, 2).await, [VIEW, VIEW]);
}

#[tokio::test]
async fn an_older_copy_that_was_put_back_the_documented_way_is_on_record() {
    let bench = two().await;
    let backup = std::fs::read(bench.path()).unwrap();
    let store = bench.open().await;
    view(&store).await;
    store.close().await;
    std::fs::write(bench.path(), backup).unwrap();
    remove(&bench, &["keyward.db.lock", "keyward.db.key.signed"]);
    let store = bench.open().await;
    view(&store).await;
    let missing = (
        AuditAction::NotesMissing,
        Some(".lock and .signed".to_owned().into()),
    );
    assert_eq!(since(&store, 2).await, [missing, VIEW]);
    store.close().await;
    let store = bench.open().await;
    view(&store).await;
    assert_eq!(since(&store, 4).await, [VIEW]);
}

#[tokio::test]
async fn a_note_that_was_taken_away_is_on_record_also_where_the_first_write_fails() {
    for (name, what) in [
        ("keyward.db.lock", ".lock"),
        ("keyward.db.key.signed", ".signed"),
    ] {
        let bench = two().await;
        remove(&bench, &[name]);
        let store = bench.open().await;
        let fails = store.write(|log| {
            Box::pin(async move {
                log.append(Entry::new(AuditAction::ViewAudit)).await?;
                Err::<(), _>(StoreError::Timeout)
            })
        });
        assert!(fails.await.is_err());
        view(&store).await;
        let missing = (AuditAction::NotesMissing, Some(what.to_owned().into()));
        assert_eq!(since(&store, 2).await, [missing, VIEW]);
        store.close().await;
    }
}

#[tokio::test]
async fn the_change_of_the_key_says_first_that_notes_were_missing() {
    let bench = two().await;
    remove(&bench, &["keyward.db.lock"]);
    let file = KeyFile {
        path: KeyFile::beside(&bench.path()),
        name: "keyward".parse().unwrap(),
    };
    Store::change_key(&bench.path(), &file, Clock::system())
        .await
        .unwrap();
    let store = bench.open().await;
    let said = since(&store, 2).await.into_iter();
    let said: Vec<_> = said.map(|(action, _)| action).collect();
    assert_eq!(
        said,
        [AuditAction::NotesMissing, AuditAction::AuditKeyChanged]
    );
}
