//! A file sink of the running program whose disk is full or read-only, and one that logrotate takes away.

use super::installed::Installed;
use crate::support::browser::{Answer, Browser};
use crate::support::disk::Disk;
use crate::support::log::lines_in;
use crate::support::program::{PATIENCE, Program};
use crate::web_cases::{address, reset};
use keyward::store::AuditReader;
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

/// The sink's folder is a disk of its own.
async fn with_disk(more: &str, make: impl FnOnce(&Installed) -> Disk) -> (Installed, Disk) {
    let house = Installed::with(more).await;
    fs::remove_dir(house.path("sink")).unwrap();
    let disk = make(&house);
    (house, disk)
}

/// A small one, where what does not fit is written in part.
fn small(house: &Installed) -> Disk {
    Disk::in_memory(&house.path("sink"), "1m")
}

fn ext4(house: &Installed) -> Disk {
    Disk::ext4(&house.path("sink"), &house.path("image"))
}

/// What keeps a sink from being written, and what mends it.
type Fault = (fn(&Disk), fn(&Disk));

const FULL: Fault = (Disk::fill, Disk::make_room);
const READ_ONLY: Fault = (
    |disk| disk.lock(&["audit.jsonl"], true),
    |disk| disk.lock(&["audit.jsonl"], false),
);

async fn operator(program: &Program) -> Browser {
    let mut browser = Browser::new(program.address);
    let answer = browser.sign_in("lead.spare1", "Start-Pass-123!").await;
    assert_eq!(answer.location(), "/");
    browser
}

async fn reset_number(house: &Installed, browser: &mut Browser, number: usize) -> Answer {
    let person = address(&house.scene, &format!("target.{:02}", number % 20 + 1));
    reset(browser, &person).await
}

/// Waits until the sink has every record on its disk, and that is noted.
async fn catches_up(house: &Installed) {
    let reader = AuditReader::open(&house.path("keyward.db")).await.unwrap();
    let wait = async {
        let noted = async || reader.sink_positions().await.unwrap().remove("witness");
        let has_all = async || {
            let length = reader.length().await.unwrap();
            noted().await.is_some_and(|at| at.next >= length)
        };
        while !has_all().await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let within = tokio::time::timeout(PATIENCE, wait).await;
    within.expect("the sink catches up by itself");
}

/// Waits until the sink's file has every record of the log.
async fn holds_the_log(house: &Installed) {
    let wait = async {
        while house.taken().0.len() < lines_in(&house.path("keyward.db")).await.len() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let within = tokio::time::timeout(PATIENCE, wait).await;
    within.expect("the sink gets what it has missed by itself");
}

/// Nobody who reads the file meets half a line.
fn has_whole_lines_only(house: &Installed) {
    let text = fs::read_to_string(house.path("sink/audit.jsonl")).unwrap();
    assert!(text.ends_with('\n'), "{:?}", text.lines().last());
    let whole = |line: &str| serde_json::from_str::<serde_json::Value>(line).is_ok();
    assert!(text.lines().all(whole), "{text}");
}

async fn keeps_no_reset(house: Installed, disk: Disk, (break_it, mend): Fault) {
    let program = house.start();
    let mut browser = operator(&program).await;
    for _ in 0..2 {
        catches_up(&house).await;
        break_it(&disk);
        for number in 0..8 {
            let answer = reset_number(&house, &mut browser, number).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        program.says("an audit sink takes no records");
        has_whole_lines_only(&house);
        mend(&disk);
        program.says("an audit sink takes records again");
    }
    // Each record once, in order: this holds the file against the log.
    house.ends_well(program).await;
    has_whole_lines_only(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_a_sink_keeps_no_reset_and_the_file_goes_on_with_whole_lines() {
    let (house, disk) = with_disk("", small).await;
    keeps_no_reset(house, disk, FULL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_sink_that_turns_read_only_keeps_no_reset_and_gets_everything_later() {
    let (house, disk) = with_disk("", ext4).await;
    keeps_no_reset(house, disk, READ_ONLY).await;
}

/// Resets until one is refused, and then some more: all with the reason, and nothing is changed.
async fn is_refused(house: &Installed, program: &Program, browser: &mut Browser) {
    let mut number = 0;
    while reset_number(house, browser, number).await.status == 200 {
        number += 1;
        assert!(number < 50, "it is refused when nothing more fits");
    }
    let before = house.resets().len();
    for number in 0..4 {
        let answer = reset_number(house, browser, number).await;
        let text = answer.text();
        assert_eq!(answer.status, 503, "{text}");
        assert!(text.contains("KW-704"), "{text}");
        assert!(text.contains("Nothing was changed"), "{text}");
    }
    assert_eq!(house.resets().len(), before, "the directory hears of none");
    // Its log names the sink, and does not accuse the store.
    for _ in 0..2 {
        let line = program.says("does not take records");
        assert!(line.contains("sinks=\"witness\""), "{line}");
    }
    let ready = Browser::new(program.address).get("/readyz").await;
    assert_eq!(ready.status, 503);
    has_whole_lines_only(house);
}

async fn comes_back(house: &Installed, program: &Program, browser: &mut Browser) {
    program.says("an audit sink takes records again");
    // Of what it has missed there may be more than a slow disk takes in a moment.
    catches_up(house).await;
    assert_eq!(reset_number(house, browser, 0).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_a_required_sink_stops_resets_and_they_come_back_by_themselves() {
    let (house, disk) = with_disk("required = true\n", small).await;
    let program = house.start();
    let mut browser = operator(&program).await;
    for _ in 0..2 {
        disk.fill();
        is_refused(&house, &program, &mut browser).await;
        disk.make_room();
        comes_back(&house, &program, &mut browser).await;
    }
    house.ends_well(program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_sink_that_turns_read_only_stops_resets_and_they_come_back_by_themselves() {
    let (house, disk) = with_disk("required = true\n", ext4).await;
    let program = house.start();
    let mut browser = operator(&program).await;
    let (lock, unlock) = READ_ONLY;
    lock(&disk);
    is_refused(&house, &program, &mut browser).await;
    unlock(&disk);
    comes_back(&house, &program, &mut browser).await;
    // Now the kernel does it, as with a broken disk; no program can undo this. What it was told to write at
    // that very moment may be lost though it said that it was written: that is sent again.
    catches_up(&house).await;
    disk.abort();
    is_refused(&house, &program, &mut browser).await;
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
    disk.mount_again();
    let program = house.start();
    // Not a moment that a busy machine may have no time in: until the file has it.
    holds_the_log(&house).await;
    house.ends_well(program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_that_the_service_makes_is_refused_as_a_sinks_file() {
    let house = Installed::with("").await;
    let program = house.start();
    let mut browser = operator(&program).await;
    assert_eq!(reset_number(&house, &mut browser, 0).await.status, 200);
    // What a sink has not taken is not archived.
    catches_up(&house).await;
    house.ok("audit archive --before 9000-01-01");
    house.ok("service-account rotate");
    let settings = fs::read_to_string(house.path("keyward.toml")).unwrap();
    let mut seen = 0;
    for folder in ["", "keys", "archive"] {
        for file in fs::read_dir(house.path(folder)).unwrap() {
            let file = file.unwrap().path();
            if !file.is_file() {
                continue;
            }
            let name = file.strip_prefix(house.folder.path()).unwrap();
            let moved = settings.replace("sink/audit.jsonl", name.to_str().unwrap());
            fs::write(house.path("keyward.toml"), moved).unwrap();
            let checked = house.run("config check");
            let said = String::from_utf8_lossy(&checked.stderr);
            assert_eq!(checked.status.code(), Some(2), "{name:?}");
            assert!(
                said.contains("a sink needs a file of its own"),
                "{name:?}: {said}"
            );
            seen += 1;
        }
    }
    fs::write(house.path("keyward.toml"), settings).unwrap();
    assert!(
        seen >= 8,
        "database, -wal, -shm, .lock, key, note, settings, archive: {seen}"
    );
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_logrotate_and_a_hangup_the_new_file_goes_on_and_the_old_one_stays_as_it_was() {
    let house = Installed::with("").await;
    let program = house.start();
    let mut browser = operator(&program).await;
    let current = house.path("sink/audit.jsonl");
    let mut old = Vec::new();
    // As logrotate does it with `nocreate` and with `create`; resets go on meanwhile.
    for is_created in [false, true] {
        let moved = house.path(&format!("sink/audit.jsonl.{}", old.len() + 1));
        for number in 0..4 {
            assert_eq!(reset_number(&house, &mut browser, number).await.status, 200);
        }
        fs::rename(&current, &moved).unwrap();
        if is_created {
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            options.open(&current).unwrap();
        }
        program.signal(Signal::HUP);
        program.says("the settings are in order");
        assert_eq!(reset_number(&house, &mut browser, 5).await.status, 200);
        catches_up_across(&house, &old, &moved).await;
        old.push((fs::read_to_string(&moved).unwrap(), moved));
    }
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
    let mut lines = Vec::new();
    for (text, path) in old {
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            text,
            "it stays as it was"
        );
        lines.extend(records(&text));
    }
    let new = records(&fs::read_to_string(&current).unwrap());
    assert!(!new.is_empty());
    lines.extend(new);
    let log = lines_in(&house.path("keyward.db")).await;
    assert_eq!(lines, log, "none lost, none twice");
}

fn records(text: &str) -> Vec<String> {
    let is_record = |line: &&str| !line.starts_with("{\"checkpoint\"");
    text.lines().filter(is_record).map(str::to_owned).collect()
}

/// Waits until all files together have as many records as the log.
async fn catches_up_across(
    house: &Installed,
    old: &[(String, std::path::PathBuf)],
    moved: &std::path::Path,
) {
    let older: usize = old.iter().map(|(text, _)| records(text).len()).sum();
    let wait = async {
        loop {
            let last = records(&fs::read_to_string(moved).unwrap()).len();
            let log = lines_in(&house.path("keyward.db")).await.len();
            if older + last + house.taken().0.len() >= log {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let within = tokio::time::timeout(PATIENCE, wait).await;
    within.expect("the new file gets what follows");
}
