//! A file too big to be checked before the work begins.

use super::*;

/// No time at all for the check before the work begins.
const BESIDE: Limits = Limits {
    call: Duration::from_secs(3),
    check: Duration::ZERO,
};

/// A log of 2,500 attempts, closed, which has more pages than are checked at a stroke; its bytes.
async fn long(bench: &Bench) -> Vec<u8> {
    let store = bench.open().await;
    for _ in 0..10 {
        let all = (0..250).map(|target| attempt(&store, target));
        futures_util::future::join_all(all).await;
    }
    store.close().await;
    std::fs::read(bench.path()).unwrap()
}

async fn becomes(store: &Store, expected: Soundness) {
    let mut found = store.soundness();
    let wait = found.wait_for(|found| *found == expected);
    let ended = tokio::time::timeout(Duration::from_secs(10), wait).await;
    ended.expect("the check ends").expect("with this");
}

#[tokio::test]
async fn a_big_file_is_at_work_at_once_and_known_to_be_sound_later() {
    let bench = Bench::new();
    long(&bench).await;
    let store = bench.try_open_within(BESIDE).await.unwrap();
    attempt(&store, 1).await;
    becomes(&store, Soundness::Sound).await;
    attempt(&store, 2).await;
    store.close().await;
    assert_eq!(bench.open().await.opened_at(), Seq(2502));
}

#[tokio::test]
async fn damage_that_is_found_while_at_work_stops_it_and_the_next_start_too() {
    let bench = Bench::new();
    let sound = long(&bench).await;
    let mut damaged = sound.clone();
    // The page of an old record, which nothing that is done now comes by.
    let old = b"\"seq\":50,";
    let place = sound.windows(old.len()).position(|bytes| bytes == old);
    let page = place.expect("the record") / 4096 * 4096;
    damaged[page..page + 4096].fill(0xaa);
    std::fs::write(bench.path(), &damaged).unwrap();

    let store = bench.try_open_within(BESIDE).await.unwrap();
    becomes(&store, Soundness::Damaged).await;
    let corrupt = StoreError::Unusable(Flaw::Corrupt);
    let entry = Entry::new(AuditAction::ResetPassword);
    assert_eq!(store.attempt(entry, None, None).await, Err(corrupt));
    assert_eq!(store.check_writable().await, Err(corrupt));
    store.close().await;
    drop(store);
    assert_eq!(bench.try_open_within(BESIDE).await.err(), Some(corrupt));

    std::fs::write(bench.path(), &sound).unwrap();
    let store = bench.try_open_within(BESIDE).await.unwrap();
    assert_eq!(*store.soundness().borrow(), Soundness::Sound);
    store.close().await;
    drop(store);
    let store = bench.try_open_within(BESIDE).await.unwrap();
    becomes(&store, Soundness::Sound).await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_the_check() {
    let bench = Bench::new();
    long(&bench).await;
    for _ in 0..20 {
        let store = bench.try_open_within(BESIDE).await.unwrap();
        store.close().await;
        drop(store);
        let left = bench.path().with_extension("db-wal");
        assert!(!left.exists(), "nobody reads the file any more");
    }
}
