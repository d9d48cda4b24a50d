//! The promises about the tree, the checkpoints and the key.

use super::*;
use crate::domain::audit::checkpoint::opened;
use crate::domain::audit::tree::leaf_hash;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use sqlx::migrate::Migrator;
use std::future::Future;

/// The root that another implementation computes from the lines.
async fn independent_root(store: &Store, size: u64) -> Vec<u8> {
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let count = u32::try_from(size).unwrap();
    for (_, line) in store.lines(Seq(0), count).await.unwrap() {
        tree.push(line.into_bytes());
    }
    assert_eq!(tree.len(), size);
    tree.root().as_bytes().to_vec()
}

/// The newest checkpoint, checked: signed with the newest key, over a root that is right.
async fn checked(store: &Store) -> u64 {
    let reader = AuditReader::over(&store_path(store), Duration::from_secs(3));
    let checkpoint = reader.newest_checkpoint().await.unwrap().unwrap();
    let key = reader.verifier_keys().await.unwrap().pop().unwrap();
    let (size, root) = opened(&checkpoint.note, &key).unwrap();
    assert_eq!(size, checkpoint.size);
    assert_eq!(root.0.to_vec(), independent_root(store, size).await);
    size
}

fn store_path(store: &Store) -> PathBuf {
    store
        .0
        .reader
        .pool
        .connect_options()
        .get_filename()
        .to_owned()
}

async fn sizes(store: &Store) -> Vec<u64> {
    let all = store.reader().checkpoints_after(0, 100).await.unwrap();
    all.into_iter().map(|checkpoint| checkpoint.size).collect()
}

/// Waits until it is so.
async fn until<F: Future<Output = bool>>(mut so: impl FnMut() -> F) {
    let wait = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .unwrap();
}

/// Opens it once whoever held it is gone.
async fn reopened(bench: &Bench) -> Store {
    let wait = async {
        loop {
            match bench.try_open().await {
                Err(StoreError::Unusable(Flaw::InUse)) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                opened => break opened.unwrap(),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .unwrap()
}

pub(super) async fn view(store: &Store) {
    store
        .event(entry(AuditAction::ViewAccount, 1))
        .await
        .unwrap();
}

async fn forced(bench: &Bench, statement: &'static str) {
    super::forced(&bench.path(), statement).await;
}

/// What somebody does who knows how the tree is made: it is whole again, over what the lines are now.
pub(super) async fn with_a_new_tree(bench: &Bench, statement: &'static str) {
    forced(bench, statement).await;
    forced(bench, "DELETE FROM tree").await;
    let mut connection = bench.raw().await;
    tree::catch_up(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn kept(bench: &Bench) -> PathBuf {
    let mut name = KeyFile::beside(&bench.path()).into_os_string();
    name.push(".signed");
    PathBuf::from(name)
}

/// A closed log of five records, with a checkpoint over all of them.
pub(super) async fn five() -> Bench {
    let bench = Bench::new();
    let store = bench.open().await;
    for _ in 0..5 {
        view(&store).await;
    }
    store.close().await;
    bench
}

pub(super) async fn refused(bench: &Bench) -> Option<StoreError> {
    bench.try_open().await.err()
}

#[tokio::test]
async fn checkpoints_are_signed_while_records_come_and_not_while_none_do() {
    let bench = Bench::new();
    let store = bench.open().await;
    view(&store).await;
    let keeping = tokio::spawn({
        let store = store.clone();
        async move { store.keep_checkpoints_each(Duration::from_millis(20)).await }
    });
    until(async || sizes(&store).await == [1]).await;
    view(&store).await;
    view(&store).await;
    until(async || sizes(&store).await.last() == Some(&3)).await;
    let before = sizes(&store).await;
    // Ten more periods, told by the writer's own order of work.
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        store.checkpoint().await.unwrap();
    }
    assert_eq!(sizes(&store).await, before);
    keeping.abort();
    assert_eq!(checked(&store).await, 3);
}

#[tokio::test]
async fn each_stop_signs_what_has_no_checkpoint_yet() {
    let bench = five().await;
    let store = bench.open().await;
    assert_eq!(sizes(&store).await, [5]);
    view(&store).await;
    // Without an orderly stop as well, as long as the process lives.
    drop(store);
    let store = reopened(&bench).await;
    assert_eq!(sizes(&store).await, [5, 6]);
    assert_eq!(checked(&store).await, 6);
}

#[tokio::test]
async fn a_group_that_is_taken_back_leaves_the_tree_as_it_was() {
    let bench = Bench::new();
    let store = bench.open().await;
    view(&store).await;
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
    loop {
        let mut long = reset(stored);
        long.operator.as_mut().unwrap().name = format!("olga {stored}");
        long.target.as_mut().unwrap().name = Some(format!("alice {stored}"));
        long.reason = Some("x".repeat(500));
        match store.attempt(long, None, None).await {
            Ok(_) => stored += 1,
            Err(error) => {
                assert_eq!(error, StoreError::NotWritable(WriteProblem::DiskFull));
                break;
            }
        }
    }
    // The stop cannot sign; nothing is lost and nobody waits for ever.
    limit("PRAGMA max_page_count = 100000").await.unwrap();
    let mut again = reset(stored);
    again.operator.as_mut().unwrap().name = format!("olga {stored}");
    again.target.as_mut().unwrap().name = Some(format!("alice {stored}"));
    store.attempt(again, None, None).await.unwrap();
    store.checkpoint().await.unwrap();
    assert_eq!(checked(&store).await, u64::from(stored) + 1);
    // What was remembered of the failed record was forgotten with it.
    let mut raw = bench.raw().await;
    let name = "SELECT name FROM audit_operator";
    let name: String = sqlx::query_scalar(name).fetch_one(&mut raw).await.unwrap();
    assert_eq!(name, format!("olga {stored}"));
    let target = "SELECT name FROM audit_target WHERE guid = ?";
    let target = sqlx::query_scalar(target).bind(vec![stored; 16]);
    let target: String = target.fetch_one(&mut raw).await.unwrap();
    assert_eq!(target, format!("alice {stored}"));
}

#[tokio::test]
async fn a_stop_that_cannot_sign_ends_all_the_same_and_the_next_start_goes_on() {
    let bench = five().await;
    let store = bench.open().await;
    view(&store).await;
    let mut other = bench.raw().await;
    sqlx::query("BEGIN EXCLUSIVE")
        .execute(&mut other)
        .await
        .unwrap();
    let locked = store.event(reset(1)).await;
    assert_eq!(locked, Err(StoreError::NotWritable(WriteProblem::Locked)));
    store.close().await;
    other.close().await.unwrap();
    let closed = store.event(reset(1)).await.err();
    assert_eq!(closed, Some(StoreError::NotWritable(WriteProblem::Closed)));
    let store = reopened(&bench).await;
    store.checkpoint().await.unwrap();
    assert_eq!(checked(&store).await, 6);
}

#[tokio::test]
async fn records_taken_out_of_the_end_or_put_in_beside_keyward_stop_the_start() {
    let bench = five().await;
    forced(&bench, "DELETE FROM audit WHERE seq = 4").await;
    assert_eq!(
        refused(&bench).await,
        Some(StoreError::Unusable(Flaw::RecordsMissing))
    );

    let bench = five().await;
    let forged =
        "INSERT INTO audit (seq, time, action, phase, line) VALUES (5, 0, 'x', 'event', '{}')";
    forced(&bench, forged).await;
    assert_eq!(
        refused(&bench).await,
        Some(StoreError::Unusable(Flaw::RecordsForeign))
    );
}

#[tokio::test]
async fn a_tree_with_a_hash_missing_or_moved_stops_the_start_without_a_panic() {
    // Ids 0 to 7 for five records; 6 is the node over the first four, 7 the fifth leaf.
    for (statement, flaw) in [
        ("DELETE FROM tree WHERE id = 7", Flaw::RecordsForeign),
        ("DELETE FROM tree WHERE id = 6", Flaw::TreeDamaged),
        ("DELETE FROM tree", Flaw::RecordsForeign),
        (
            "UPDATE tree SET id = 9223372036854775807 WHERE id = 7",
            Flaw::TreeDamaged,
        ),
        (
            "UPDATE tree SET id = 9223372036854775806 WHERE id = 7",
            Flaw::RecordsMissing,
        ),
        (
            "UPDATE tree SET hash = zeroblob(32) WHERE id = 6",
            Flaw::NotAsSigned,
        ),
        (
            "INSERT INTO tree VALUES (8, zeroblob(32)), (9, zeroblob(32))",
            Flaw::RecordsMissing,
        ),
    ] {
        let bench = five().await;
        forced(&bench, statement).await;
        assert_eq!(
            refused(&bench).await,
            Some(StoreError::Unusable(flaw)),
            "{statement}"
        );
        // Nor does reading, from a page or a command.
        let reader = AuditReader::open(&bench.path()).await.unwrap();
        for number in [0, 3, 4, 5, u64::MAX] {
            drop(reader.prove(Seq(number)).await);
            drop(reader.prove_consistency(number).await);
            drop(reader.leaf_hashes(Seq(number), u32::MAX).await);
        }
    }
}

#[tokio::test]
async fn a_checkpoint_that_is_forged_stops_the_start_and_proves_nothing() {
    for statement in [
        "UPDATE checkpoint SET note = replace(note, char(10) || '5' || char(10), char(10) || '4' || char(10))",
        "UPDATE checkpoint SET size = 4",
        "UPDATE checkpoint SET note = ''",
        "INSERT INTO checkpoint VALUES (9223372036854775807, 'keyward')",
        "INSERT INTO checkpoint SELECT 6, note FROM checkpoint",
    ] {
        let bench = five().await;
        forced(&bench, statement).await;
        let flaw = Some(StoreError::Unusable(Flaw::NotAsSigned));
        assert_eq!(refused(&bench).await, flaw, "{statement}");
        let reader = AuditReader::open(&bench.path()).await.unwrap();
        assert!(reader.prove(Seq(1)).await.is_err(), "{statement}");
        assert!(reader.prove_consistency(3).await.is_err(), "{statement}");
    }
}

const CHANGED: &str =
    "UPDATE audit SET line = replace(line, 'view_account', 'view_accounts') WHERE seq = 3;
                       DELETE FROM checkpoint WHERE size > 3";

#[tokio::test]
async fn a_log_that_was_changed_is_not_signed_whatever_was_taken_out_with_it() {
    let clean = "DELETE FROM checkpoint; DELETE FROM audit_key";
    for (also, note_too, flaw) in [
        (clean, false, Flaw::NeverSigned),
        (clean, true, Flaw::NeverSigned),
        ("DELETE FROM audit_key", false, Flaw::NeverSigned),
        ("DELETE FROM checkpoint", false, Flaw::NotAsSigned),
        ("DELETE FROM checkpoint", true, Flaw::NeverSigned),
        ("SELECT 1", false, Flaw::NotAsSigned),
    ] {
        let bench = Bench::new();
        let store = bench.open().await;
        for at in 0..5 {
            if at == 3 {
                store.checkpoint().await.unwrap();
            }
            view(&store).await;
        }
        store.close().await;
        with_a_new_tree(&bench, CHANGED).await;
        forced(&bench, also).await;
        if note_too {
            std::fs::remove_file(kept(&bench)).unwrap();
        }
        let flaw = Some(StoreError::Unusable(flaw));
        assert_eq!(refused(&bench).await, flaw, "{also} {note_too}");
        assert_eq!(refused(&bench).await, flaw, "{also} {note_too}, once more");
    }
}

#[tokio::test]
async fn checkpoints_that_are_taken_away_alone_stop_the_start() {
    let bench = five().await;
    forced(&bench, "DELETE FROM checkpoint").await;
    let flaw = Some(StoreError::Unusable(Flaw::CheckpointsGone { kept: 5 }));
    assert_eq!(refused(&bench).await, flaw);
}

#[tokio::test]
async fn the_old_key_does_not_vouch_for_a_log_that_it_never_signed() {
    let bench = five().await;
    with_a_new_tree(&bench, "DELETE FROM checkpoint; DELETE FROM audit_key").await;
    std::fs::remove_file(kept(&bench)).unwrap();
    let file = KeyFile {
        path: KeyFile::beside(&bench.path()),
        name: "keyward".parse().unwrap(),
    };
    assert_eq!(
        refused(&bench).await,
        Some(StoreError::Unusable(Flaw::NeverSigned))
    );
    let change = Store::change_key(&bench.path(), &file, Clock::system()).await;
    assert!(!change.unwrap().vouched);
    assert_eq!(checked(&bench.open().await).await, 6);
}

#[tokio::test]
async fn the_note_outside_the_database_may_be_behind_gone_or_of_the_first_moment_and_is_made_anew()
{
    let bench = Bench::new();
    let store = bench.open().await;
    let first = std::fs::read(kept(&bench)).unwrap();
    view(&store).await;
    // Killed before anything was signed.
    let (database, key) = (bench.path(), KeyFile::beside(&bench.path()));
    let copy = Bench::new();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(&mut bench.raw().await)
        .await
        .unwrap();
    std::fs::copy(database, copy.path()).unwrap();
    std::fs::copy(key, KeyFile::beside(&copy.path())).unwrap();
    assert_eq!(
        refused(&copy).await,
        Some(StoreError::Unusable(Flaw::NeverSigned))
    );
    std::fs::write(kept(&copy), &first).unwrap();
    copy.open().await.close().await;
    store.close().await;
    let last = std::fs::read(kept(&bench)).unwrap();
    assert_ne!(last, first);
    // Killed between the checkpoint and the note; a log of a version that kept none.
    for note in [Some(&first), None] {
        std::fs::remove_file(kept(&bench)).unwrap();
        if let Some(note) = note {
            std::fs::write(kept(&bench), note).unwrap();
        }
        bench.open().await.close().await;
        assert_eq!(std::fs::read(kept(&bench)).unwrap(), last);
    }
    assert_eq!(
        std::fs::metadata(kept(&bench))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777,
        0o600
    );
}

#[tokio::test]
async fn where_nothing_can_be_kept_beside_the_key_the_note_is_beside_the_database_and_holds_as_well()
 {
    let bench = five().await;
    // Even root cannot write over a folder.
    std::fs::remove_file(kept(&bench)).unwrap();
    std::fs::create_dir(bench.folder.path().join("keyward.db.key.signed.part")).unwrap();
    bench.open().await.close().await;
    assert!(!kept(&bench).exists());
    with_a_new_tree(&bench, "DELETE FROM checkpoint").await;
    assert_eq!(
        refused(&bench).await,
        Some(StoreError::Unusable(Flaw::CheckpointsGone { kept: 5 }))
    );
}

#[tokio::test]
async fn a_note_that_cannot_be_read_or_is_of_another_log_is_named() {
    let bench = five().await;
    let named = Some(StoreError::Unusable(Flaw::KeptUnusable));
    let note = std::fs::read(kept(&bench)).unwrap();
    let other = std::fs::read(kept(&five().await)).unwrap();
    for wrong in [&other[..], b"", &note[..note.len() / 2]] {
        std::fs::write(kept(&bench), wrong).unwrap();
        assert_eq!(refused(&bench).await, named);
    }
    std::fs::remove_file(kept(&bench)).unwrap();
    std::os::unix::fs::symlink("/dev/zero", kept(&bench)).unwrap();
    assert_eq!(refused(&bench).await, named);
}

#[tokio::test]
async fn the_key_of_another_log_or_an_earlier_one_is_refused() {
    let bench = five().await;
    let key = KeyFile::beside(&bench.path());
    let first = std::fs::read(&key).unwrap();
    std::fs::copy(KeyFile::beside(&five().await.path()), &key).unwrap();
    let other = Some(StoreError::Unusable(Flaw::KeyOther));
    assert_eq!(refused(&bench).await, other);
    std::fs::write(&key, &first).unwrap();
    let file = KeyFile {
        path: key.clone(),
        name: "another-name".parse().unwrap(),
    };
    let change = Store::change_key(&bench.path(), &file, Clock::system())
        .await
        .unwrap();
    assert!(
        change.vouched && change.now.starts_with("keyward+"),
        "{change:?}"
    );
    std::fs::write(&key, &first).unwrap();
    assert_eq!(refused(&bench).await, other);
    std::fs::remove_file(&key).unwrap();
    assert_eq!(
        refused(&bench).await,
        Some(StoreError::Unusable(Flaw::KeyMissing))
    );
    // A change whose file was lost is made up for by another one.
    Store::change_key(&bench.path(), &file, Clock::system())
        .await
        .unwrap();
    let store = bench.open().await;
    assert_eq!(store.reader().verifier_keys().await.unwrap().len(), 3);
    assert_eq!(checked(&store).await, 7);
}

#[tokio::test]
async fn a_change_of_the_key_that_fails_changes_nothing() {
    let bench = five().await;
    let nowhere = KeyFile {
        path: bench.folder.path().join("no/such.key"),
        name: "keyward".parse().unwrap(),
    };
    let failed = Store::change_key(&bench.path(), &nowhere, Clock::system()).await;
    assert_eq!(failed, Err(StoreError::Unusable(Flaw::KeyNotMade)));
    let store = bench.open().await;
    assert_eq!((store.opened_at(), checked(&store).await), (Seq(5), 5));
}

/// As a crash leaves it between the commit and the new name: the database has the new key, the file the
/// old one, or none, and the new one lies beside it.
#[tokio::test]
async fn a_change_of_the_key_that_was_interrupted_is_brought_to_its_end() {
    for (by_the_start, old_is_there) in [(true, true), (true, false), (false, true), (false, false)]
    {
        let bench = five().await;
        let file = KeyFile {
            path: KeyFile::beside(&bench.path()),
            name: "keyward".parse().unwrap(),
        };
        let old = std::fs::read(&file.path).unwrap();
        let change = Store::change_key(&bench.path(), &file, Clock::system())
            .await
            .unwrap();
        std::fs::rename(
            &file.path,
            bench.path().with_file_name("keyward.db.key.new"),
        )
        .unwrap();
        if old_is_there {
            std::fs::write(&file.path, old).unwrap();
            std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        if !by_the_start {
            let again = Store::change_key(&bench.path(), &file, Clock::system()).await;
            assert_eq!(again.unwrap(), change, "no second change");
        }
        let store = bench.open().await;
        assert_eq!(store.reader().verifier_keys().await.unwrap().len(), 2);
        let now = KeyFile::verifier(&file.path).unwrap();
        assert_eq!(now, Some(change.now));
        assert_eq!(checked(&store).await, 6);
    }
}

#[tokio::test]
async fn a_new_key_that_cannot_be_put_in_its_place_is_put_there_by_the_next_call() {
    let bench = five().await;
    let file = KeyFile {
        path: KeyFile::beside(&bench.path()),
        name: "keyward".parse().unwrap(),
    };
    std::fs::remove_file(&file.path).unwrap();
    std::fs::create_dir(&file.path).unwrap();
    let change = async || Store::change_key(&bench.path(), &file, Clock::system()).await;
    let not_there = StoreError::Unusable(Flaw::KeyNotInPlace);
    assert_eq!(change().await, Err(not_there));
    std::fs::remove_dir(&file.path).unwrap();
    let now = change().await.unwrap().now;
    assert_eq!(KeyFile::verifier(&file.path).unwrap(), Some(now));
    let store = bench.open().await;
    assert_eq!(store.reader().verifier_keys().await.unwrap().len(), 2);
}

/// Records without a checkpoint, the old key gone, and a failure: nothing may be signed with a key that
/// is not on the log's list, or the log is refused from then on.
#[tokio::test]
async fn a_change_of_the_key_that_fails_signs_nothing_with_the_new_one() {
    let bench = five().await;
    forced(&bench, "DELETE FROM checkpoint").await;
    std::fs::remove_file(kept(&bench)).unwrap();
    let file = KeyFile {
        path: KeyFile::beside(&bench.path()),
        name: "keyward".parse().unwrap(),
    };
    std::fs::remove_file(&file.path).unwrap();
    let change = async || Store::change_key(&bench.path(), &file, Clock::system()).await;
    // Somebody holds the database until after the change was given up.
    let mut other = bench.raw().await;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let release = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        other.close().await.unwrap();
    };
    let (changed, ()) = tokio::join!(change(), release);
    assert!(changed.is_err());
    change().await.unwrap();
    assert_eq!(checked(&bench.open().await).await, 6);
}

/// A database as the version before the tree made it, with these lines.
async fn of_the_version_before(bench: &Bench, lines: &[String]) {
    let options = SqliteConnectOptions::new()
        .filename(bench.path())
        .create_if_missing(true);
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    let application = "PRAGMA application_id = 0x4B455957";
    sqlx::query(application)
        .execute(&mut database)
        .await
        .unwrap();
    let before: Vec<_> = sqlx::migrate!()
        .iter()
        .filter(|m| m.version <= 2)
        .cloned()
        .collect();
    Migrator::with_migrations(before)
        .run(&mut database)
        .await
        .unwrap();
    let mut transaction = database.begin().await.unwrap();
    for (seq, line) in (0_i64..).zip(lines) {
        let record = Record::parse(line).unwrap();
        let target = record
            .entry
            .target
            .map(|target| target.guid.as_bytes().to_vec());
        sqlx::query("INSERT INTO audit (seq, phase, attempt, target, line) VALUES (?, ?, ?, ?, ?)")
            .bind(seq)
            .bind(record.entry.phase.word())
            .bind(
                record
                    .entry
                    .attempt
                    .map(|attempt| i64::try_from(attempt.0).unwrap()),
            )
            .bind(target)
            .bind(line)
            .execute(&mut *transaction)
            .await
            .unwrap();
    }
    let open = "INSERT INTO open_attempt SELECT seq FROM audit a WHERE phase = 'attempt'
                AND NOT EXISTS (SELECT 1 FROM audit o WHERE o.attempt = a.seq)";
    sqlx::query(open).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await.unwrap();
}

/// Attempt and outcome in turn, by two operators with changing names; the last attempt is open.
fn old_lines(count: u64) -> Vec<String> {
    let line = |seq: u64| {
        let mut entry = reset(u8::try_from(seq % 5).unwrap());
        let operator = entry.operator.as_mut().unwrap();
        operator.sid = Some(sid_of(1100 + u32::try_from(seq % 2).unwrap()));
        operator.name = format!("olga {}", seq / 100);
        entry.phase = Phase::Attempt;
        if seq % 2 == 1 {
            entry.phase = Phase::Outcome;
            entry.attempt = Some(Seq(seq - 1));
            entry.result = Some(AuditResult::Ok);
            entry.reason = Some("Gründe, 𝄞 und \u{2028}".to_owned());
        } else {
            entry.target.as_mut().unwrap().name = Some(format!("alice {seq}"));
        }
        let time = Timestamp::from_microsecond(
            1_772_000_000_000_007 + i64::try_from(seq).unwrap() * 1_000_003,
        );
        Record {
            seq: Seq(seq),
            time: time.unwrap(),
            entry,
        }
        .to_line()
    };
    (0..count).map(line).collect()
}

#[tokio::test]
async fn a_log_of_the_version_before_keeps_each_byte_and_gets_a_whole_tree() {
    let bench = Bench::new();
    let lines = old_lines(1203);
    of_the_version_before(&bench, &lines).await;
    let old = AuditReader::open(&bench.path()).await.unwrap();
    assert!(!old.has_tree().await.unwrap());
    assert_eq!(old.check_schema().await, Ok(()));
    old.pool.close().await;
    let store = bench.open().await;
    assert_eq!(store.opened_at(), Seq(1203));
    let kept = store.lines(Seq(0), 2000).await.unwrap();
    assert!(
        kept.iter().map(|(_, line)| line).eq(&lines),
        "a line is not what it was"
    );
    assert_eq!(store.open_attempts().await.unwrap().len(), 1);
    let mut raw = bench.raw().await;
    for (seq, line) in lines.iter().enumerate() {
        let record = Record::parse(line).unwrap();
        let number = i64::try_from(seq).unwrap();
        let what = "SELECT time, action, phase, attempt FROM audit WHERE seq = ?";
        let what: (i64, String, String, Option<i64>) = sqlx::query_as(what)
            .bind(number)
            .fetch_one(&mut raw)
            .await
            .unwrap();
        let who = "SELECT result, sid, target FROM audit
                   LEFT JOIN audit_operator ON audit_operator.id = operator WHERE seq = ?";
        let who: (Option<String>, Option<String>, Option<Vec<u8>>) = sqlx::query_as(who)
            .bind(number)
            .fetch_one(&mut raw)
            .await
            .unwrap();
        let entry = record.entry;
        let attempt = entry
            .attempt
            .map(|attempt| i64::try_from(attempt.0).unwrap());
        let expected = (
            record.time.as_microsecond(),
            entry.action.word().to_owned(),
            entry.phase.word().to_owned(),
            attempt,
        );
        assert_eq!(what, expected, "record {seq}");
        let expected = (
            entry.result.map(|result| result.word().to_owned()),
            entry.operator.unwrap().sid.map(|sid| sid.to_string()),
            entry.target.map(|target| target.guid.as_bytes().to_vec()),
        );
        assert_eq!(who, expected, "record {seq}");
    }
    let names = "SELECT name FROM audit_operator UNION ALL SELECT name FROM audit_target WHERE guid = x'02020202020202020202020202020202'";
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut raw).await.unwrap();
    assert_eq!(names, ["olga 12", "olga 12", "alice 1202"]);
    view(&store).await;
    store.checkpoint().await.unwrap();
    assert_eq!(checked(&store).await, 1204);
    store.close().await;
    assert_eq!(bench.open().await.opened_at(), Seq(1204));
}

#[tokio::test]
async fn a_first_start_that_was_interrupted_while_the_tree_was_made_goes_on() {
    let bench = Bench::new();
    of_the_version_before(&bench, &old_lines(1203)).await;
    // The first thousand lines are in the tree; then the power went.
    let path = bench.path();
    let lock = lock::lock(&path).unwrap();
    let opened = file::open_writer(&path, &lock, soundness::AT_START);
    let (mut connection, _) = opened.await.unwrap();
    let stop = "CREATE TRIGGER stop BEFORE INSERT ON tree WHEN NEW.id > 2100 BEGIN SELECT raise(ABORT, 'x'); END";
    sqlx::query(stop).execute(&mut connection).await.unwrap();
    assert!(tree::catch_up(&mut connection).await.is_err());
    let partly = tree::edge(&mut connection).await.unwrap();
    assert_eq!(partly.size(), 1000);
    sqlx::query("DROP TRIGGER stop")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    drop(lock);
    let store = bench.open().await;
    store.checkpoint().await.unwrap();
    assert_eq!(checked(&store).await, 1203);
}

#[tokio::test]
async fn the_kept_leaf_is_the_hash_of_the_line_as_it_is_exported() {
    let bench = five().await;
    let store = bench.open().await;
    let lines = store.lines(Seq(0), 10).await.unwrap();
    let leaves = store.reader().leaf_hashes(Seq(0), 10).await.unwrap();
    let expected = lines.iter().map(|(seq, line)| (*seq, leaf_hash(line)));
    assert!(leaves.into_iter().eq(expected));
}
