//! What becomes of the log, and of the resets, when the disk below it is full, read-only or broken.
//! Real file systems and a real process; the directory and its witness live on in the test.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use keyward::domain::audit::{AuditAction, AuditResult, Phase, Record};
use rustix::process::Signal;

use crate::support::browser::{Answer, Browser, find};
use crate::support::directory::Scene;
use crate::support::disk::Disk;
use crate::support::log::{lines_in, whole_log};
use crate::support::office::check_invariants;
use crate::support::program::{PATIENCE, Program};
use crate::support::secrets::Searched;
use crate::web_cases::{address, reset};

const OPERATORS: usize = 3;
const PAGE: usize = 4096;

/// The program over the embedded directory, with its store on a disk of its own.
struct House {
    scene: Scene,
    // Goes before the folder that it is mounted in.
    disk: Disk,
    folder: Arc<Searched>,
}

impl House {
    async fn on(make: impl FnOnce(&Path) -> Disk) -> Self {
        Self::with(make, "").await
    }

    async fn with(make: impl FnOnce(&Path) -> Disk, settings: &str) -> Self {
        let scene = Scene::embedded().await;
        let directory = scene.server();
        let port = directory.address.port();
        let folder = Program::prepare_with(port, &directory.ca_pem, "store/keyward.db", settings);
        let disk = make(folder.path());
        Self {
            scene,
            disk,
            folder,
        }
    }

    fn start(&self) -> Program {
        Program::start_in(Arc::clone(&self.folder))
    }

    /// That it does not start, and what it says.
    fn refusal(&self) -> String {
        let output = Program::refuses_to_start_in(&self.folder);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }

    fn database(&self) -> PathBuf {
        self.disk.path.join("keyward.db")
    }

    fn person(&self, number: usize) -> String {
        address(&self.scene, &format!("target.{number:02}"))
    }

    fn resets(&self) -> usize {
        self.scene.server().witness().resets().len()
    }

    /// Stops the program, and holds its log against what the directory saw.
    async fn ends_well(&self, program: Program) -> Vec<Record> {
        program.signal(Signal::TERM);
        assert!(program.ended().await.success());
        let log = whole_log(&self.database()).await;
        check_invariants(&log, &self.scene.server().witness().resets());
        log
    }
}

fn in_memory(size: &'static str) -> impl FnOnce(&Path) -> Disk {
    move |folder| Disk::in_memory(&folder.join("store"), size)
}

fn ext4(folder: &Path) -> Disk {
    Disk::ext4(&folder.join("store"), &folder.join("image"))
}

async fn operator(program: &Program, number: usize) -> Browser {
    let mut browser = Browser::new(program.address);
    let name = format!("lead.spare{}", number + 1);
    let answer = browser.sign_in(&name, "Start-Pass-123!").await;
    assert_eq!(answer.location(), "/", "{name}");
    browser
}

/// An answer of somebody who could not write: true, with what to do, and nothing was done.
fn assert_honest(answer: &Answer, codes: &[&str]) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    let text = answer.text();
    assert!(codes.iter().any(|code| text.contains(code)), "{text}");
    assert!(text.contains("Nothing was changed"), "{text}");
}

/// What the operators were told.
#[derive(Default)]
struct Told {
    done: AtomicUsize,
    refused: AtomicUsize,
    enough: AtomicBool,
}

/// Resets the same person again and again until it is enough.
async fn work(mut browser: Browser, page: String, told: Arc<Told>) {
    while !told.enough.load(Ordering::SeqCst) {
        let action = format!("{page}/reset");
        let shown = browser.get(&page).await;
        let answer = if shown.status == 200 {
            let csrf = shown.csrf(&action);
            browser
                .post(&action, &[("csrf", &csrf), ("must_change", "on")])
                .await
        } else {
            shown
        };
        if answer.status == 200 {
            told.done.fetch_add(1, Ordering::SeqCst);
        } else {
            assert_honest(&answer, &["KW-701"]);
            told.refused.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Waits until a counter has grown by so many.
async fn grows(counter: &AtomicUsize, by: usize) {
    let goal = counter.load(Ordering::SeqCst) + by;
    let wait = async {
        while counter.load(Ordering::SeqCst) < goal {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("it goes on");
}

/// Waits until `/readyz` says this; the disk is asked every two seconds.
async fn until_ready_says(program: &Program, word: &str) {
    let wait = async {
        while Browser::new(program.address).get("/readyz").await.body != word {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let within = tokio::time::timeout(PATIENCE, wait).await;
    within.unwrap_or_else(|_| panic!("readyz says {word:?} by itself"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_under_load_stops_resets_before_the_directory_and_they_come_back() {
    let house = House::on(in_memory("4m")).await;
    let program = house.start();
    let told = Arc::new(Told::default());
    let mut workers = Vec::new();
    for number in 0..OPERATORS {
        let browser = operator(&program, number).await;
        workers.push(tokio::spawn(work(
            browser,
            house.person(number + 1),
            Arc::clone(&told),
        )));
    }
    for _ in 0..3 {
        grows(&told.done, 5).await;
        house.disk.fill();
        // Whoever was past the attempt has ended when each has been refused several times since.
        grows(&told.refused, 4 * OPERATORS).await;
        let (done, resets) = (told.done.load(Ordering::SeqCst), house.resets());
        until_ready_says(&program, "store\n").await;
        grows(&told.refused, 4 * OPERATORS).await;
        assert_eq!(house.resets(), resets, "the directory hears of none");
        assert_eq!(told.done.load(Ordering::SeqCst), done);
        house.disk.make_room();
        until_ready_says(&program, "ok\n").await;
    }
    grows(&told.done, 5).await;
    told.enough.store(true, Ordering::SeqCst);
    for worker in workers {
        worker.await.unwrap();
    }
    let resets = house.resets();
    assert_eq!(
        told.done.load(Ordering::SeqCst),
        resets,
        "each page was true"
    );
    let log = house.ends_well(program).await;
    let ok = |r: &&Record| {
        r.entry.phase == Phase::Outcome
            && r.entry.result == Some(AuditResult::Ok)
            && r.entry.action == AuditAction::ResetPassword
    };
    assert_eq!(log.iter().filter(ok).count(), resets, "each is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_when_the_service_stops_or_is_killed_loses_nothing() {
    let house = House::on(in_memory("3m")).await;
    for by_force in [false, true] {
        let program = house.start();
        let mut browser = operator(&program, 0).await;
        let done = reset(&mut browser, &house.person(1)).await;
        assert_eq!(done.status, 200, "{}", done.text());
        let before = lines_in(&house.database()).await;
        house.disk.fill();
        if by_force {
            program.kill_nine();
        } else {
            program.signal(Signal::TERM);
            assert!(program.ended().await.success());
        }
        house.disk.make_room();
        let program = house.start();
        let after = lines_in(&house.database()).await;
        assert_eq!(after[..before.len()], before, "what was stored is there");
        house.ends_well(program).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_with_too_little_room_says_so_and_the_next_with_more_begins_well() {
    let house = House::on(in_memory("2m")).await;
    let mut refused = 0;
    for left in (0..).step_by(4 * PAGE) {
        house.disk.fill_to(left);
        let output = Program::tries_to_start_in(&house.folder);
        let Some(output) = output else {
            break;
        };
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("the disk is full") && !said.contains("panicked"),
            "{left}: {said}"
        );
        let key = std::fs::read_to_string(house.disk.path.join("keyward.db.key"));
        assert!(
            key.is_err() || key.is_ok_and(|key| key.starts_with("PRIVATE+KEY+")),
            "no half of a key"
        );
        refused += 1;
        house.disk.make_room();
    }
    assert!(refused > 3, "{refused}");
    house.disk.make_room();
    let program = house.start();
    let mut browser = operator(&program, 0).await;
    assert_eq!(reset(&mut browser, &house.person(1)).await.status, 200);
    house.ends_well(program).await;
}

/// Whoever tries hears why nothing is done; the process stays, and the directory hears nothing.
async fn nothing_is_done(house: &House, program: &Program, browser: &Browser, codes: &[&str]) {
    let resets = house.resets();
    for number in 1..6 {
        let (mut browser, page) = (browser.clone(), house.person(number));
        let shown = browser.get(&page).await;
        let answer = if shown.status == 200 {
            let action = format!("{page}/reset");
            let csrf = shown.csrf(&action);
            browser
                .post(&action, &[("csrf", &csrf), ("must_change", "on")])
                .await
        } else {
            shown
        };
        assert_honest(&answer, codes);
    }
    until_ready_says(program, "store\n").await;
    assert_eq!(
        Browser::new(program.address).get("/healthz").await.status,
        200
    );
    assert_eq!(house.resets(), resets, "the directory hears of none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_system_that_turns_read_only_stops_resets_and_they_come_back_when_it_is_writable() {
    let house = House::on(ext4).await;
    let program = house.start();
    let mut browser = operator(&program, 0).await;
    assert_eq!(reset(&mut browser, &house.person(1)).await.status, 200);
    house.disk.lock(&["keyward.db", "keyward.db-wal"], true);
    nothing_is_done(&house, &program, &browser, &["KW-701"]).await;
    house.disk.lock(&["keyward.db", "keyward.db-wal"], false);
    until_ready_says(&program, "ok\n").await;
    assert_eq!(reset(&mut browser, &house.person(2)).await.status, 200);
    // Now the kernel does it, as with a broken disk; no program can undo this.
    house.disk.abort();
    nothing_is_done(&house, &program, &browser, &["KW-701"]).await;
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
    house.disk.mount_again();
    let log = house.ends_well(house.start()).await;
    let done = |r: &&Record| {
        r.entry.phase == Phase::Outcome && r.entry.action == AuditAction::ResetPassword
    };
    assert_eq!(
        log.iter().filter(done).count(),
        2,
        "what was said to be done is there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_system_at_the_start_is_named_and_writable_again_it_starts() {
    let house = House::on(ext4).await;
    house.disk.remount("ro");
    assert!(house.refusal().contains("read-only"), "with nothing there");
    house.disk.remount("rw");
    house.ends_well(house.start()).await;
    let before = std::fs::read(house.database()).unwrap();
    house.disk.remount("ro");
    let said = house.refusal();
    assert!(said.contains("read-only"), "{said}");
    assert_eq!(std::fs::read(house.database()).unwrap(), before);
    house.disk.remount("rw");
    house.ends_well(house.start()).await;
}

/// The numbers of the pages of a kind (the first byte of a b-tree page, sqlite.org/fileformat2.html)
/// that hold these bytes.
fn pages_with(file: &[u8], kind: u8, bytes: &[u8]) -> Vec<usize> {
    let pages = file.chunks(PAGE).enumerate().skip(1);
    let fits = |(_, page): &(usize, &[u8])| {
        page[0] == kind && (bytes.is_empty() || find(page, bytes).is_some())
    };
    pages.filter(fits).map(|(number, _)| number).collect()
}

const TABLE_LEAF: u8 = 0x0d;
const INDEX_LEAF: u8 = 0x0a;

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_of_records_hashes_or_an_index_is_found_at_the_start_and_nothing_is_touched()
{
    let house = House::on(in_memory("8m")).await;
    let program = house.start();
    let mut browser = operator(&program, 0).await;
    for number in 1..6 {
        assert_eq!(reset(&mut browser, &house.person(number)).await.status, 200);
    }
    house.ends_well(program).await;
    let sound = std::fs::read(house.database()).unwrap();
    let leaf = keyward::domain::audit::tree::leaf_hash(&lines_in(&house.database()).await[0]);
    let records = pages_with(&sound, TABLE_LEAF, b"\"action\":\"reset_password\"");
    let hashes = pages_with(&sound, TABLE_LEAF, &leaf.0);
    let indexes = pages_with(&sound, INDEX_LEAF, b"");
    for pages in [records, hashes, indexes] {
        let number = *pages.last().expect("a page of each kind");
        let mut damaged = sound.clone();
        damaged[number * PAGE..(number + 1) * PAGE].fill(0xa5);
        std::fs::write(house.database(), &damaged).unwrap();
        let said = house.refusal();
        assert!(
            said.contains("damaged; put the last backup back"),
            "page {number}: {said}"
        );
        assert!(
            std::fs::read(house.database()).unwrap() == damaged,
            "page {number} is as it was"
        );
    }
    std::fs::write(house.database(), &sound).unwrap();
    house.ends_well(house.start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_overwritten_while_it_is_in_use_stops_resets_and_the_process_stays() {
    let house = House::on(in_memory("8m")).await;
    house.ends_well(house.start()).await;
    let sound = std::fs::read(house.database()).unwrap();
    let mut program = house.start();
    let browser = operator(&program, 0).await;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(house.database())
        .unwrap();
    for name in ["", "-wal"] {
        let mut path = house.database().into_os_string();
        path.push(name);
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, &vec![0xa5; length - PAGE], 4096).unwrap();
    }
    drop(file);
    nothing_is_done(&house, &program, &browser, &["KW-701", "KW-702"]).await;
    assert!(program.runs());
    program.kill_nine();
    let said = house.refusal();
    assert!(
        said.contains("damaged") || said.contains("not a database"),
        "{said}"
    );
    for name in ["-wal", "-shm"] {
        let mut path = house.database().into_os_string();
        path.push(name);
        std::fs::remove_file(path).ok();
    }
    std::fs::write(house.database(), &sound).unwrap();
    // The copy lacks what was recorded since; whoever goes on with it says so.
    let said = house.refusal();
    assert!(
        said.contains("the .lock file beside it and the .signed file beside the key"),
        "{said}"
    );
    for name in ["keyward.db.lock", "keyward.db.key.signed"] {
        std::fs::remove_file(house.disk.path.join(name)).unwrap();
    }
    house.ends_well(house.start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_gone_exposed_or_empty_is_named_at_the_start_and_put_back_it_starts() {
    let house = House::on(in_memory("8m")).await;
    house.ends_well(house.start()).await;
    let path = house.disk.path.join("keyward.db.key");
    let key = std::fs::read(&path).unwrap();
    let mode = |mode: u32| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(&path, mode).unwrap();
    };
    std::fs::remove_file(&path).unwrap();
    assert!(house.refusal().contains("is gone; put it back"));
    assert!(!path.exists(), "no other was made");
    for (text, why) in [
        (&b""[..], "cannot be used"),
        (&key[..key.len() / 2], "cannot be used"),
    ] {
        std::fs::write(&path, text).unwrap();
        mode(0o600);
        let said = house.refusal();
        assert!(said.contains(why), "{said}");
        assert_eq!(std::fs::read(&path).unwrap(), text);
    }
    std::fs::write(&path, &key).unwrap();
    mode(0o640);
    assert!(house.refusal().contains("chmod 600"));
    mode(0o600);
    house.ends_well(house.start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_another_log_is_named_at_the_start_nothing_is_touched_and_put_back_it_starts() {
    let (house, other) = (
        House::on(in_memory("8m")).await,
        House::on(in_memory("8m")).await,
    );
    house.ends_well(house.start()).await;
    other.ends_well(other.start()).await;
    let (path, of_other) = (
        house.disk.path.join("keyward.db.key"),
        other.disk.path.join("keyward.db.key"),
    );
    let (key, of_other) = (
        std::fs::read(&path).unwrap(),
        std::fs::read(of_other).unwrap(),
    );
    let before = std::fs::read(house.database()).unwrap();
    std::fs::write(&path, &of_other).unwrap();
    let said = house.refusal();
    for part in [
        "holds another key than the log's",
        "put the right one back",
        "keyward audit key --new",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(std::fs::read(house.database()).unwrap() == before);
    assert_eq!(std::fs::read(&path).unwrap(), of_other);
    std::fs::write(&path, &key).unwrap();
    house.ends_well(house.start()).await;
}
