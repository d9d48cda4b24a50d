//! The promises of archiving: nothing lost, nothing twice, whatever ends it in the middle.

use super::folder::Folder;
use super::make::make;
use super::*;
use crate::domain::audit::{AuditAction, AuditResult, Entry, Phase, Seq, archive_name as name};
use crate::domain::samples::time;
use crate::store::{Attempted, AuditReader, Bounds};
use jiff::{SignedDuration, Timestamp};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A log in a folder of its own, whose days the test counts.
struct Bench {
    folder: tempfile::TempDir,
    day: Arc<AtomicI64>,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            day: Arc::default(),
        }
    }

    fn clock(&self) -> Clock {
        let day = self.day.clone();
        Clock::from_fn(move || {
            let days = SignedDuration::from_hours(24 * day.load(Ordering::SeqCst));
            time("2026-03-02T12:00:00Z") + days
        })
    }

    fn archiving(&self) -> Archiving {
        Archiving {
            folder: self.folder.path().join("archive"),
            database: self.folder.path().join("keyward.db"),
            after_days: Some(90),
            keep_days: None,
            sinks: Vec::new(),
        }
    }

    async fn open(&self) -> Store {
        let path = self.folder.path().join("keyward.db");
        Store::open(&path, self.clock()).await.unwrap()
    }

    /// As if the service was off for so many days.
    async fn days_later(&self, store: Store, days: i64) -> Store {
        store.close().await;
        self.day.fetch_add(days, Ordering::SeqCst);
        self.open().await
    }

    /// A log with 30 old records and 5 young ones.
    async fn old_and_young(&self) -> Store {
        let store = self.open().await;
        record(&store, 30).await;
        let store = self.days_later(store, 100).await;
        record(&store, 5).await;
        store
    }

    async fn run(&self, store: &Store) -> Result<Report, Unfinished> {
        self.archiving()
            .run(store, &self.clock(), Order::default())
            .await
    }

    fn file(&self, first: u64, next: u64) -> PathBuf {
        self.archiving().folder.join(name(first, next))
    }

    async fn trail(&self, store: &Store, from: u64) -> Result<Vec<Piece>, ArchiveError> {
        let folder = self.archiving().folder;
        let mut trail = Trail::new(store.reader().clone(), &folder, Seq(from));
        let mut pieces = Vec::new();
        while let Some(piece) = trail.next().await? {
            pieces.push(piece);
        }
        Ok(pieces)
    }

    /// All records from `from` on, from archives and database.
    async fn all(&self, store: &Store, from: u64) -> Vec<(Seq, String)> {
        let pieces = self.trail(store, from).await.unwrap().into_iter();
        pieces
            .flat_map(|piece| match piece {
                Piece::Lines(lines) => lines,
                Piece::Removed { .. } => panic!("nothing was removed"),
            })
            .map(|(seq, line)| (seq, String::from_utf8(line).unwrap()))
            .collect()
    }
}

fn event(number: usize) -> Entry {
    Entry {
        reason: Some(format!("ticket {number} \u{202e}\"\n")),
        result: Some(AuditResult::Ok),
        ..Entry::new(AuditAction::SignOut)
    }
}

async fn record(store: &Store, many: usize) {
    let events = (0..many).map(|number| store.event(event(number)));
    for recorded in futures_util::future::join_all(events).await {
        recorded.unwrap();
    }
}

async fn attempt(store: &Store) -> Seq {
    let entry = Entry::new(AuditAction::ResetPassword);
    match store.attempt(entry, None, None).await.unwrap() {
        Attempted::Recorded(seq) => seq,
        other => panic!("{other:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What must be so after any run: every record once, in order and as it was; none lost to the tree.
async fn assert_whole(bench: &Bench, store: &Store, before: &[(Seq, String)]) {
    let after = bench.all(store, 0).await;
    assert_eq!(&after[..before.len()], before);
    let numbers: Vec<u64> = after.iter().map(|(seq, _)| seq.0).collect();
    let all = u64::try_from(after.len()).unwrap();
    assert_eq!(numbers, (0..all).collect::<Vec<_>>());
    let part = bench.archiving().folder.join(".audit.part");
    assert!(!part.exists());
}

#[tokio::test]
async fn old_records_move_into_a_file_and_every_line_root_and_proof_stays_as_it_was() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    store.checkpoint().await.unwrap();
    let log = store.reader();
    let before = bench.all(&store, 0).await;
    let root = log.edge_at(33).await.unwrap().root().unwrap();
    let proof = log.prove(Seq(3)).await.unwrap().unwrap();
    let report = bench.run(&store).await.unwrap();
    assert_eq!(report.made, [(0, 30, name(0, 30))]);
    assert_eq!(
        report.to_string(),
        "records 0 to 29 moved into audit-000000000000-000000000030.jsonl.zst"
    );
    assert_eq!(log.lines(Seq(0), 100).await.unwrap()[0].0, Seq(30));
    assert_whole(&bench, &store, &before).await;
    assert_eq!(bench.all(&store, 17).await[..18], before[17..35]);
    assert_eq!(log.edge_at(33).await.unwrap().root().unwrap(), root);
    let again = log.prove(Seq(3)).await.unwrap().unwrap();
    assert_eq!(again.hashes, proof.hashes);
    assert_eq!(mode(&bench.archiving().folder), 0o700);
    assert_eq!(mode(&bench.file(0, 30)), 0o600);
}

#[tokio::test]
async fn the_event_names_file_records_and_digest() {
    use sha2::Digest as _;
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    bench.run(&store).await.unwrap();
    let event = store.record(Seq(35)).await.unwrap().unwrap().entry;
    assert_eq!(event.action, AuditAction::ArchiveAudit);
    let details = &event.details;
    assert_eq!(details["file"].as_str(), Some(name(0, 30).as_str()));
    assert_eq!(
        (details["first"].as_i64(), details["next"].as_i64()),
        (Some(0), Some(30))
    );
    let digest = sha2::Sha256::digest(fs::read(bench.file(0, 30)).unwrap());
    assert_eq!(
        details["sha256"].as_str(),
        Some(super::make::hex(&digest).as_str())
    );
}

/// The format as the documents have it, read here with nothing of ours but the words.
#[tokio::test]
async fn a_file_is_a_header_with_the_edge_the_lines_and_a_signed_checkpoint() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    let before = bench.all(&store, 0).await;
    bench.run(&store).await.unwrap();
    let store = bench.days_later(store, 100).await;
    bench.run(&store).await.unwrap();
    for (first, next, edge) in [(0, 30, 0), (30, 36, 4)] {
        let file = fs::File::open(bench.file(first, next)).unwrap();
        let text = String::from_utf8(zstd::decode_all(file).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let header: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
        assert!(lines[0].starts_with(&format!(
            r#"{{"archive":1,"first":{first},"next":{next},"edge":["#
        )));
        assert_eq!(header["edge"].as_array().unwrap().len(), edge);
        assert_eq!(lines.len(), usize::try_from(next - first).unwrap() + 2);
        assert_eq!(lines[1], before[usize::try_from(first).unwrap()].1);
        let end: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        let note = end["checkpoint"].as_str().unwrap();
        assert!(note.starts_with(&format!("keyward\n{next}\n")), "{note}");
        assert!(note.contains("\n\n\u{2014} keyward "), "{note}");
    }
}

#[tokio::test]
async fn the_next_run_goes_on_where_the_last_one_ended_and_archiving_alone_makes_no_archive() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    let before = bench.all(&store, 0).await;
    bench.run(&store).await.unwrap();
    assert_eq!(bench.run(&store).await.unwrap(), Report::default());
    let store = bench.days_later(store, 100).await;
    let report = bench.run(&store).await.unwrap();
    assert_eq!(report.made, [(30, 36, name(30, 36))]);
    let store = bench.days_later(store, 100).await;
    assert_eq!(
        bench.run(&store).await.unwrap(),
        Report::default(),
        "only the event is old"
    );
    assert_whole(&bench, &store, &before).await;
    assert_eq!(attempt(&store).await, Seq(37), "the log goes on");
}

#[tokio::test]
async fn an_open_attempt_stays_and_so_does_what_comes_after_it() {
    let bench = Bench::new();
    let store = bench.open().await;
    record(&store, 10).await;
    let open = attempt(&store).await;
    record(&store, 10).await;
    let store = bench.days_later(store, 100).await;
    let report = bench.run(&store).await.unwrap();
    assert_eq!(report.made, [(0, 10, name(0, 10))]);
    assert_eq!(store.open_attempts().await.unwrap().len(), 1);
    let outcome = Entry {
        phase: Phase::Outcome,
        result: Some(AuditResult::Failed),
        ..Entry::new(AuditAction::ResetPassword)
    };
    store.outcome(open, outcome).await.unwrap();
    let report = bench.run(&store).await.unwrap();
    assert_eq!(report.made, [(10, 21, name(10, 21))]);
    let outcome = store.outcome_of(open).await.unwrap();
    assert!(
        outcome.is_some(),
        "it is young, and known by its attempt's number"
    );
}

#[tokio::test]
async fn what_a_sink_has_not_taken_stays() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    let mut archiving = bench.archiving();
    archiving.sinks = vec!["siem".to_owned()];
    let report = archiving
        .run(&store, &bench.clock(), Order::default())
        .await
        .unwrap();
    assert_eq!(report, Report::default(), "it has taken nothing yet");
}

#[tokio::test]
async fn a_young_record_stops_it_even_where_later_ones_look_old() {
    let bench = Bench::new();
    let store = bench.open().await;
    record(&store, 4).await;
    let store = bench.days_later(store, 100).await;
    record(&store, 1).await;
    // The clock was put back: these look older than the ones before them.
    let store = bench.days_later(store, -100).await;
    record(&store, 4).await;
    let store = bench.days_later(store, 100).await;
    let report = bench.run(&store).await.unwrap();
    assert_eq!(report.made, [(0, 4, name(0, 4))]);
}

#[tokio::test]
async fn a_clock_that_is_put_ahead_makes_nothing_old() {
    let bench = Bench::new();
    let store = bench.open().await;
    record(&store, 4).await;
    bench.day.fetch_add(4000, Ordering::SeqCst);
    assert_eq!(bench.run(&store).await.unwrap(), Report::default());
}

/// A machine whose clock is years ahead when it boots: everything looks old.
#[tokio::test]
async fn a_clock_that_is_wrong_at_the_start_removes_nothing_however_often_it_starts() {
    let bench = Bench::new();
    let mut store = bench.old_and_young().await;
    let before = bench.all(&store, 0).await;
    let mut archiving = bench.archiving();
    archiving.keep_days = Some(150);
    store = bench.days_later(store, 4000).await;
    for start in 0..3 {
        record(&store, 1).await;
        let clock = bench.clock();
        let run = archiving.run(&store, &clock, Order::default());
        let report = run.await.unwrap();
        assert_eq!(report.removed, [], "start {start}");
        let doubted = (start > 0).then(|| bench.clock().now());
        assert_eq!(report.doubted, doubted, "nothing was over at start 0");
        assert_whole(&bench, &store, &before).await;
        store = bench.days_later(store, 1).await;
    }
    let sure = Order {
        clock_is_right: true,
        ..Order::default()
    };
    let report = archiving.run(&store, &bench.clock(), sure).await.unwrap();
    assert_eq!(report.removed, [(0, 35, name(0, 35))], "a person decides");
}

#[tokio::test]
async fn a_run_removes_no_archive_that_it_made() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    let store = bench.days_later(store, 165).await;
    record(&store, 1).await;
    let store = bench.days_later(store, 35).await;
    let mut archiving = bench.archiving();
    archiving.keep_days = Some(91);
    let run = async || {
        archiving
            .run(&store, &bench.clock(), Order::default())
            .await
    };
    let first = run().await.unwrap();
    assert_eq!((first.made.len(), first.removed.len()), (1, 0));
    assert!(bench.file(0, 35).exists());
    assert_eq!(run().await.unwrap().removed, [(0, 35, name(0, 35))]);
}

#[tokio::test]
async fn a_file_holds_so_many_records_and_bytes_and_no_more() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    let bounds = |most_records, most_bytes| Bounds {
        before: Timestamp::MAX,
        sinks: Vec::new(),
        most_records,
        most_bytes,
    };
    let next = async |bounds| {
        store
            .reader()
            .next_batch(&bounds)
            .await
            .unwrap()
            .unwrap()
            .next
    };
    assert_eq!(next(bounds(7, 1 << 20)).await, 7);
    assert_eq!(next(bounds(1000, 1 << 20)).await, 35);
    let line = store.lines(Seq(0), 1).await.unwrap()[0].1.len();
    let line = u64::try_from(line).unwrap() + 1;
    assert_eq!(next(bounds(1000, 3 * line)).await, 3);
    assert_eq!(next(bounds(1000, 1)).await, 1, "one goes always");
}

/// What is on the disk when the power goes at each step, made by hand.
#[tokio::test]
async fn whatever_a_crash_left_the_next_run_makes_whole() {
    for step in ["part", "named", "noted", "half deleted"] {
        let bench = Bench::new();
        let store = bench.old_and_young().await;
        let before = bench.all(&store, 0).await;
        let archiving = bench.archiving();
        let folder = Folder::new(&archiving.folder, &archiving.database);
        let batch = archiving.would_archive(store.reader(), bench.clock().now(), None);
        let batch = batch.await.unwrap().unwrap();
        if step == "part" {
            folder.make().unwrap();
            fs::write(folder.part(), "half of an arch").unwrap();
        } else {
            make(&folder, &store, batch).await.unwrap();
            if step != "named" {
                assert!(store.note_archived(batch, event(0)).await.unwrap());
            }
        }
        if step == "half deleted" {
            let raw = format!("sqlite://{}", archiving.database.display());
            let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect(&raw)
                .await
                .unwrap();
            let half = sqlx::query("DELETE FROM audit WHERE seq < 13")
                .execute(&mut raw)
                .await;
            half.unwrap();
        }
        assert_eq!(
            bench.all(&store, 0).await[..35],
            before[..],
            "{step}: before the next run"
        );
        let store = bench.days_later(store, 0).await;
        bench.run(&store).await.unwrap();
        assert_whole(&bench, &store, &before).await;
        assert_eq!(
            fs::read_dir(&archiving.folder).unwrap().count(),
            1,
            "{step}"
        );
        assert_eq!(store.reader().archives().await.unwrap().len(), 1, "{step}");
        assert_eq!(
            store.lines(Seq(0), 1).await.unwrap()[0].0,
            Seq(30),
            "{step}"
        );
        let all: i64 = bench_rows(&archiving.database).await;
        assert_eq!(all, 6, "{step}");
    }
}

async fn bench_rows(database: &Path) -> i64 {
    let raw = format!("sqlite://{}", database.display());
    let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect(&raw)
        .await
        .unwrap();
    sqlx::query_scalar("SELECT count(*) FROM audit")
        .fetch_one(&mut raw)
        .await
        .unwrap()
}

/// A run is dropped after so many steps, for each number of steps; then the next run does the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_may_be_ended_at_any_moment() {
    let mut ended = 0;
    for steps in 1.. {
        let bench = Bench::new();
        let store = bench.old_and_young().await;
        let before = bench.all(&store, 0).await;
        let (archiving, clock) = (bench.archiving(), bench.clock());
        let mut run = Box::pin(archiving.run(&store, &clock, Order::default()));
        let mut polls = 0;
        let done = std::future::poll_fn(|context| {
            polls += 1;
            match run.as_mut().poll(context) {
                std::task::Poll::Pending if polls < steps => std::task::Poll::Pending,
                std::task::Poll::Pending => std::task::Poll::Ready(false),
                std::task::Poll::Ready(_) => std::task::Poll::Ready(true),
            }
        })
        .await;
        drop(run);
        assert_eq!(
            bench.all(&store, 0).await[..35],
            before[..],
            "after {steps} steps"
        );
        bench.run(&store).await.unwrap();
        assert_whole(&bench, &store, &before).await;
        if done {
            break;
        }
        ended += 1;
    }
    assert!(ended > 10, "only {ended} moments");
}

#[tokio::test]
async fn whoever_reads_while_records_move_gets_each_of_them_once() {
    let bench = Bench::new();
    let store = bench.open().await;
    record(&store, 1500).await;
    let store = bench.days_later(store, 100).await;
    record(&store, 5).await;
    let before = bench.all(&store, 0).await;
    let reading = async {
        for _ in 0..20 {
            let read = bench.all(&store, 0).await;
            assert_eq!(read[..before.len()], before[..]);
        }
    };
    let (report, ()) = tokio::join!(bench.run(&store), reading);
    assert_eq!(report.unwrap().made.len(), 1);
    assert_whole(&bench, &store, &before).await;
}

#[tokio::test]
async fn a_missing_or_damaged_archive_is_named_and_nothing_false_is_read() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    bench.run(&store).await.unwrap();
    let path = bench.file(0, 30);
    let whole = fs::read(&path).unwrap();
    let text = String::from_utf8(zstd::decode_all(&whole[..]).unwrap()).unwrap();
    let packed = |text: String| zstd::encode_all(text.as_bytes(), 3).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let bomb = packed(" ".repeat(200 << 20));
    let wide = {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let cut: String = text.split_inclusive('\n').take(12).collect();
    for (what, bytes) in [
        ("a flipped bit", flipped),
        ("cut off", whole[..whole.len() - 9].to_vec()),
        ("something after it", [&whole[..], b"more"].concat()),
        (
            "another archive after it",
            [&whole[..], &whole[..]].concat(),
        ),
        (
            "a word changed",
            packed(text.replacen("ticket 3", "ticket 4", 1)),
        ),
        (
            "a line less",
            packed(text.replacen(text.lines().nth(5).unwrap(), "", 1)),
        ),
        ("few lines", packed(cut)),
        (
            "another range",
            packed(text.replacen("\"next\":30", "\"next\":31", 1)),
        ),
        ("a bomb", bomb),
        ("a wide window", wide),
        ("no zstd", text.clone().into_bytes()),
        ("nothing", Vec::new()),
    ] {
        fs::write(&path, bytes).unwrap();
        let problem = bench.trail(&store, 0).await.expect_err(what);
        assert!(
            matches!(&problem, ArchiveError::Damaged(of, _) if *of == path),
            "{what}: {problem}"
        );
        assert!(
            problem.is_a_finding() && problem.to_string().contains(".jsonl.zst"),
            "{problem}"
        );
    }
    fs::remove_file(&path).unwrap();
    let problem = bench.trail(&store, 0).await.unwrap_err();
    assert_eq!(problem, ArchiveError::Missing(path.clone()));
    assert_eq!(
        bench.trail(&store, 30).await.unwrap().len(),
        1,
        "the rest can be read"
    );
    fs::write(&path, whole).unwrap();
    assert_eq!(bench.all(&store, 0).await.len(), 36);
}

#[tokio::test]
async fn an_archive_of_another_log_is_never_written_over() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    let other = Bench::new();
    let others = other.old_and_young().await;
    other.run(&others).await.unwrap();
    fs::create_dir(bench.archiving().folder).unwrap();
    fs::copy(other.file(0, 30), bench.file(0, 30)).unwrap();
    let problem = bench.run(&store).await.unwrap_err().because;
    assert!(matches!(problem, ArchiveError::Occupied(..)), "{problem}");
    assert_eq!(
        fs::read(other.file(0, 30)).unwrap(),
        fs::read(bench.file(0, 30)).unwrap()
    );
    assert_eq!(bench.all(&store, 0).await.len(), 35);
}

#[tokio::test]
async fn a_run_that_does_not_go_on_says_what_it_did_before() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    bench.run(&store).await.unwrap();
    // One archive is over; where the next one is to go stands another file.
    let store = bench.days_later(store, 65).await;
    record(&store, 1).await;
    let store = bench.days_later(store, 35).await;
    let mut archiving = bench.archiving();
    archiving.keep_days = Some(150);
    let folder = archiving.folder.clone();
    let clock = bench.clock();
    archiving
        .run(&store, &clock, Order::default())
        .await
        .unwrap();
    let store = bench.days_later(store, 200).await;
    // A folder cannot be removed as a file.
    fs::remove_file(bench.file(30, 36)).unwrap();
    fs::create_dir(folder.join(name(30, 36))).unwrap();
    let sure = Order {
        clock_is_right: true,
        ..Order::default()
    };
    let stopped = archiving.run(&store, &clock, sure).await.unwrap_err();
    assert_eq!(stopped.done.made, [(36, 39, name(36, 39))]);
    let told = stopped.to_string();
    assert!(
        told.starts_with("records 36 to 38 moved into audit-000000000036-")
            && told.contains("the archives' folder"),
        "{told}"
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_changes_nothing() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    let before = bench.all(&store, 0).await;
    for folder in ["/proc/keyward", "/dev/null/archive"] {
        let mut archiving = bench.archiving();
        archiving.folder = folder.into();
        let problem = archiving
            .run(&store, &bench.clock(), Order::default())
            .await
            .unwrap_err()
            .because;
        assert!(matches!(problem, ArchiveError::Folder(..)), "{problem}");
    }
    assert_eq!(store.lines(Seq(0), 100).await.unwrap(), before);
    assert!(store.reader().archives().await.unwrap().is_empty());
}

#[tokio::test]
async fn archives_are_removed_oldest_first_when_all_of_their_records_are_old_enough() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    bench.run(&store).await.unwrap();
    let store = bench.days_later(store, 65).await;
    record(&store, 1).await;
    let store = bench.days_later(store, 35).await;
    bench.run(&store).await.unwrap();
    let mut archiving = bench.archiving();
    archiving.keep_days = Some(150);
    let report = archiving
        .run(&store, &bench.clock(), Order::default())
        .await
        .unwrap();
    assert_eq!(report.removed, [(0, 30, name(0, 30))]);
    assert!(!bench.file(0, 30).exists() && bench.file(30, 36).exists());
    let event = store.record(Seq(38)).await.unwrap().unwrap().entry;
    assert_eq!(event.details["removed"].as_bool(), Some(true));
    let again = archiving
        .run(&store, &bench.clock(), Order::default())
        .await
        .unwrap();
    assert_eq!(again, Report::default());
    let pieces = bench.trail(&store, 7).await.unwrap();
    let gone = Piece::Removed {
        first: Seq(7),
        last: Seq(29),
        file: name(0, 30),
    };
    assert_eq!(pieces[0], gone);
    let Piece::Lines(lines) = &pieces[1] else {
        panic!("then come records");
    };
    assert_eq!(lines[0].0, Seq(30));
    store.checkpoint().await.unwrap();
    assert!(
        store.reader().prove(Seq(3)).await.unwrap().is_some(),
        "the tree has it still"
    );
}

/// Whoever writes the database leads nobody out of the archives' folder.
#[tokio::test]
async fn the_name_of_an_archive_comes_from_its_records_not_from_the_database() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    bench.run(&store).await.unwrap();
    let elsewhere = bench.folder.path().join("elsewhere");
    fs::write(&elsewhere, "of somebody else").unwrap();
    let lead = "DROP TRIGGER archive_only_removed; UPDATE archive SET file = '../elsewhere'";
    crate::store::tampered(&bench.archiving().database, lead).await;
    assert_eq!(bench.all(&store, 0).await.len(), 36);
    store.note_removed(0, event(0)).await.unwrap();
    bench.run(&store).await.unwrap();
    assert!(elsewhere.exists() && !bench.file(0, 30).exists());
}

#[tokio::test]
async fn a_removal_that_was_ended_in_the_middle_is_made_whole() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    bench.run(&store).await.unwrap();
    store.note_removed(0, event(0)).await.unwrap();
    assert!(bench.file(0, 30).exists());
    assert!(matches!(
        bench.trail(&store, 0).await.unwrap()[0],
        Piece::Removed { .. }
    ));
    bench.run(&store).await.unwrap();
    assert!(!bench.file(0, 30).exists());
}

#[tokio::test]
async fn a_command_is_answered_by_the_service_that_holds_the_store() {
    let bench = Bench::new();
    let store = bench.old_and_young().await;
    // Requests carry real times.
    let (archiving, clock) = (bench.archiving(), Clock::system());
    let service = async {
        loop {
            request::serve(&archiving, &store, &clock).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let asking = ask(&archiving.database, Order::default());
    let answer = tokio::select! {
        () = service => panic!("never ends"),
        answer = asking => answer.unwrap(),
    };
    assert!(answer.done, "{}", answer.text);
    assert!(
        answer.text.starts_with("records 0 to 29 moved into"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn doctors_look_back_has_what_the_archives_took() {
    let bench = Bench::new();
    let store = bench.open().await;
    let olga = crate::domain::samples::sid_of(1100);
    let entry = Entry {
        operator: Some(crate::domain::audit::AuditOperator {
            sid: Some(olga.clone()),
            name: "olga".to_owned(),
        }),
        ..Entry::new(AuditAction::SignIn)
    };
    let Attempted::Recorded(seq) = store.attempt(entry.clone(), None, None).await.unwrap() else {
        panic!("no form");
    };
    let result = Some(AuditResult::Ok);
    store.outcome(seq, Entry { result, ..entry }).await.unwrap();
    let store = bench.days_later(store, 100).await;
    record(&store, 1).await;
    let log: &AuditReader = store.reader();
    assert_eq!(log.archived_until().await.unwrap(), None);
    bench.run(&store).await.unwrap();
    let signed_in = time("2026-03-02T12:00:00Z");
    assert_eq!(log.last_sign_ins().await.unwrap()[&olga], signed_in);
    assert_eq!(
        log.last_success(AuditAction::SignIn).await.unwrap(),
        Some(signed_in)
    );
    assert_eq!(log.archived_until().await.unwrap(), Some(signed_in));
}

mod minutes {
    use super::*;
    use std::time::Instant;

    /// As long as a person does not notice, with room for a slow machine.
    const NOBODY_WAITS_LONGER: Duration = Duration::from_millis(250);

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn resets_go_on_while_a_big_log_is_archived() {
        let bench = Bench::new();
        let store = bench.open().await;
        for _ in 0..100 {
            record(&store, 200).await;
        }
        let store = bench.days_later(store, 100).await;
        let (archiving, clock, of) = (bench.archiving(), bench.clock(), store.clone());
        let begun = Instant::now();
        let run = tokio::spawn(async move { archiving.run(&of, &clock, Order::default()).await });
        let (mut longest, mut count) = (Duration::ZERO, 0);
        while !run.is_finished() {
            let asked = Instant::now();
            attempt(&store).await;
            longest = longest.max(asked.elapsed());
            count += 1;
        }
        let report = run.await.unwrap().unwrap();
        assert_eq!(report.made, [(0, 20_000, name(0, 20_000))]);
        let took = begun.elapsed();
        assert!(
            longest < NOBODY_WAITS_LONGER,
            "{longest:?} for one of {count} in {took:?}"
        );
    }
}
