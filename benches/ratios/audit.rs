//! The audit log when it is long: what one more record costs, checking it, and finding in it.
//!
//! `KEYWARD_BENCH_RECORDS` sets the lengths (default `0 1000000 10000000`; ten million take 8 GB below
//! `$TMPDIR` and some minutes), `KEYWARD_BENCH_KEEP` a folder where the logs stay for the next time. The
//! embedded store alone: neither Samba nor a browser takes part.

use crate::audit_service;
use crate::bulk;
use crate::measure::Samples;
use crate::service::binary;
use anyhow::{Context, Result, ensure};
use keyward::domain::audit::{
    Actions, AuditAction, AuditOperator, AuditResult, AuditSearch, AuditTarget, Entry, Record, Seq,
    Who,
};
use keyward::domain::time::Clock;
use keyward::store::{AuditReader, Soundness, Store};
use keyward::verify::{Keys, Verification};
use sha2::Digest as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Single durable appends.
const APPENDS: u64 = 500;
/// Times that each page is asked for.
const LOOKS: usize = 50;
/// Records of a page.
const PAGE: u32 = 50;
/// What a record takes on the disk, at most.
const BYTES: u64 = 800;
/// Lines that are hashed in memory for the floor.
const HASHED: u32 = 200_000;

/// Prints all of it for each length.
pub async fn print() -> Result<()> {
    let lengths = std::env::var("KEYWARD_BENCH_RECORDS");
    let lengths = lengths.unwrap_or_else(|_| "0 1000000 10000000".to_owned());
    let mut empty = None;
    for length in lengths.split_whitespace() {
        let length: u64 = length
            .parse()
            .context("KEYWARD_BENCH_RECORDS: not a number")?;
        let passing = tempfile::tempdir()?;
        let kept = std::env::var_os("KEYWARD_BENCH_KEEP").map(PathBuf::from);
        let folder = match kept {
            Some(kept) => kept.join(length.to_string()),
            None => passing.path().to_owned(),
        };
        std::fs::create_dir_all(&folder)?;
        println!("\naudit log of {length} records");
        let database = folder.join("keyward.db");
        if !database.exists() {
            make(&database, length).await?;
        }
        let appended = appends(&database).await?;
        let before = *empty.get_or_insert(appended);
        println!(
            "{:<58} {:>8.2} x",
            "an append, against the first log's",
            appended / before
        );
        if length > 0 {
            checking(&folder, length).await?;
            pages(&database).await?;
            audit_service::pages(&database).await?;
        }
    }
    audit_service::sink().await
}

async fn make(database: &Path, length: u64) -> Result<()> {
    let free = free_bytes(database.parent().context("a folder")?)?;
    let needed = length * BYTES;
    ensure!(
        free > needed,
        "{length} records take {needed} bytes and {free} are free; set TMPDIR"
    );
    let start = Instant::now();
    let clock = Clock::system();
    Store::open(database, clock.clone()).await?.close().await;
    bulk::fill(database, length, clock.now()).await?;
    let bytes = std::fs::metadata(database)?.len();
    figure("made in", start.elapsed().as_secs_f64(), "s");
    figure("on the disk", float(bytes) / 1_048_576.0, "MB");
    Ok(())
}

/// The median of single durable appends, in milliseconds.
async fn appends(database: &Path) -> Result<f64> {
    let start = Instant::now();
    let store = Store::open(database, Clock::system()).await?;
    figure("opened in", start.elapsed().as_secs_f64() * 1000.0, "ms");
    let mut sound = store.soundness();
    if *sound.borrow() == Soundness::Checking {
        let samples = attempts(&store, || *sound.borrow() == Soundness::Checking).await?;
        show("an attempt, while the file is checked", &samples, 0.99);
        sound
            .wait_for(|found| *found != Soundness::Checking)
            .await?;
        let whole = start.elapsed().as_secs_f64() * 1000.0;
        figure("checked in", whole, "ms");
    }
    let samples = attempts(&store, || true).await?;
    show("an attempt, durable", &samples, 0.99);
    store.close().await;
    Ok(samples.median_ms())
}

async fn attempts(store: &Store, go_on: impl Fn() -> bool) -> Result<Samples> {
    let mut samples = Samples::default();
    for number in (0..APPENDS).take_while(|_| go_on()) {
        let nonce = Clock::system().now().as_nanosecond().to_be_bytes();
        let start = Instant::now();
        store.attempt(entry(number)?, Some(nonce), None).await?;
        samples.since(start);
    }
    Ok(samples)
}

fn entry(number: u64) -> Result<Entry> {
    let mut entry = Entry::new(AuditAction::ResetPassword);
    let operator = number * 7 % bulk::OPERATORS;
    let target = number * 97 % bulk::TARGETS;
    entry.operator = Some(AuditOperator {
        sid: Some(bulk::sid(operator)?),
        name: bulk::operator_name(operator),
    });
    entry.target = Some(AuditTarget {
        guid: bulk::guid(target),
        sid: None,
        name: Some(bulk::target_name(target)),
        dn: None,
    });
    entry.reason = Some("forgot it over the weekend".to_owned());
    Ok(entry)
}

/// `keyward audit verify` over the whole database, and SHA-256 alone over the same lines.
async fn checking(folder: &Path, length: u64) -> Result<()> {
    let reader = AuditReader::open(&folder.join("keyward.db")).await?;
    let lines = reader.lines(Seq(0), HASHED).await?;
    let start = Instant::now();
    for (_, line) in &lines {
        std::hint::black_box(sha2::Sha256::digest(line.as_bytes()));
    }
    let floor = float(lines.len().try_into()?) / start.elapsed().as_secs_f64();
    figure("SHA-256 of the lines alone, one core", floor, "/s");
    let start = Instant::now();
    let keys = reader.verifier_keys().await?;
    let mut verification = Verification::new(Keys::new(keys.iter().map(String::as_str))?);
    for (_, line) in &lines {
        verification.record(line.as_bytes(), &[]);
    }
    let rate = float(lines.len().try_into()?) / start.elapsed().as_secs_f64();
    figure("the lines verified in memory, one core", rate, "/s");
    let settings = folder.join("keyward.toml");
    std::fs::write(&settings, SETTINGS)?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&settings, mode)?;
    for command in ["verify", "export"] {
        let start = Instant::now();
        let ended = Command::new(binary())
            .args(["audit", command])
            .current_dir(folder)
            .stdout(Stdio::null())
            .status()?;
        ensure!(ended.success(), "audit {command}: {ended}");
        let rate = float(length) / start.elapsed().as_secs_f64();
        figure(&format!("audit {command}, from the database"), rate, "/s");
    }
    Ok(())
}

const SETTINGS: &str = "[ad]\nserver = \"ldaps://localhost\"\ndomain = \"EXAMPLE\"\n\
    user_ou = \"OU=Staff,DC=example,DC=com\"\nreset_group = \"Password Resetters\"\n\
    [service_account]\nusername = \"svc\"\npassword = \"not used\"\n\
    [web]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"sqlite://keyward.db\"\n";

/// What an auditor asks for: its name, the filters, where the page begins.
type Asked = (&'static str, AuditSearch, Option<Seq>);

/// Pages of a log whose newest record this is.
fn asked(newest: &Record) -> Vec<Asked> {
    let by = |filter: fn(&mut AuditSearch)| {
        let mut search = AuditSearch::default();
        filter(&mut search);
        (search, None)
    };
    let day = |from: i64, to: i64| AuditSearch {
        from: Some(newest.time - jiff::SignedDuration::from_hours(from)),
        to: Some(newest.time - jiff::SignedDuration::from_hours(to)),
        ..AuditSearch::default()
    };
    let rare_in_a_day = AuditSearch {
        result: Some(AuditResult::Failed),
        ..day(72, 48)
    };
    let middle = Some(Seq(newest.seq.0 / 2));
    let asked = [
        ("the newest page", by(|_| ())),
        ("a page in the middle", (AuditSearch::default(), middle)),
        (
            "by operator",
            by(|s| s.operator = Some(Who::Name(bulk::operator_name(77)))),
        ),
        ("by target", by(|s| s.target = Some(bulk::guid(777)))),
        (
            "by action and a rare result",
            by(|s| {
                s.action = Some(Actions::Only(AuditAction::UnlockAccount));
                s.result = Some(AuditResult::Failed);
            }),
        ),
        (
            "by an operator and a rare result",
            by(|s| {
                s.operator = Some(Who::Name(bulk::operator_name(78)));
                s.result = Some(AuditResult::Failed);
            }),
        ),
        (
            "by a cause that nothing has",
            by(|s| s.code = Some("clock_jumped".to_owned())),
        ),
        (
            "by a frequent cause and a rare action",
            by(|s| {
                s.code = Some("directory_refused".to_owned());
                s.action = Some(Actions::Only(AuditAction::UnlockAccount));
            }),
        ),
        (
            "by a rule that nothing has",
            by(|s| s.rule = Some("nowhere".to_owned())),
        ),
        (
            "by part of many names",
            by(|s| s.text = Some("person.0077".to_owned())),
        ),
        (
            "by a text that is nobody's name",
            by(|s| s.text = Some("zebra".to_owned())),
        ),
        ("yesterday", (day(48, 24), None)),
        ("a day, half a year ago", (day(24 * 180, 24 * 179), None)),
        ("a day and a rare result", (rare_in_a_day, None)),
    ];
    let flat = asked.into_iter();
    flat.map(|(what, (search, before))| (what, search, before))
        .collect()
}

/// How long the pages take that an auditor asks for.
async fn pages(database: &Path) -> Result<()> {
    let reader = AuditReader::open(database).await?;
    let newest = reader.find(&AuditSearch::default(), None, 1).await?;
    let newest = newest.records.first().and_then(|it| it.record.as_ref());
    let newest = newest.context("no record")?;
    for (what, search, before) in asked(newest) {
        let mut samples = Samples::default();
        let mut found = 0;
        for _ in 0..LOOKS {
            let start = Instant::now();
            found = reader.find(&search, before, PAGE).await?.records.len();
            samples.since(start);
        }
        show(&format!("{what} ({found} found)"), &samples, 0.95);
    }
    Ok(())
}

/// A line of samples: their median and a high quantile.
pub fn show(what: &str, samples: &Samples, quantile: f64) {
    let (median, high) = (samples.median_ms(), samples.quantile_ms(quantile));
    println!(
        "{what:<58} {median:>8.2} ms  p{:.0} {high:>8.2} ms",
        quantile * 100.0
    );
}

/// A line of one figure.
pub fn figure(what: &str, value: f64, unit: &str) {
    println!("{what:<58} {value:>8.0} {unit}");
}

fn free_bytes(folder: &Path) -> Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail * disk.f_frsize)
}

/// A number for reading.
#[allow(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "figures for reading"
)]
pub fn float(number: u64) -> f64 {
    number as f64
}
