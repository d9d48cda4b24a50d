//! `keyward audit archive`, and reading across archives, as people run them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Command, Output};

use jiff::SignedDuration;
use keyward::archive::Archiving;
use keyward::domain::audit::{AuditAction, Entry, Seq};
use keyward::domain::time::Clock;
use keyward::store::{Attempted, Store};
use tempfile::TempDir;

#[cfg(feature = "demo")]
use {
    crate::support::browser::Browser,
    crate::support::directory::Scene,
    crate::support::disk::Disk,
    crate::support::log::lines_in,
    crate::support::program::{Program, keyward},
    crate::web_cases::{address, reset},
    rustix::process::Signal,
    std::sync::Arc,
};

const SETTINGS: &str = r#"
[ad]
server = "ldaps://dc1.example.com"
domain = "EXAMPLE"
user_ou = "OU=Users,DC=example,DC=com"
reset_group = "Password Resetters"

[service_account]
username = "svc_passwordreset"
password = "Correct-Horse-7"

[store]
url = "sqlite://keyward.db"

[audit]
"#;
const OLD: &str = "archive/audit-000000000000-000000000040.jsonl.zst";

/// A log of 40 records that are 100 days old and 3 of now.
pub(crate) struct Place(pub(crate) TempDir);

impl Place {
    async fn new(audit: &str) -> Self {
        let place = Self::with_old_records(audit).await;
        place.record(0, 3).await;
        place
    }

    /// The old ones alone.
    pub(crate) async fn with_old_records(audit: &str) -> Self {
        let place = Self::empty(audit);
        place.record(100, 40).await;
        place
    }

    /// Without records.
    fn empty(audit: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let file = place.0.path().join("keyward.toml");
        fs::write(&file, format!("{SETTINGS}{audit}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        place
    }

    pub(crate) fn clock(days_ago: i64) -> Clock {
        let system = Clock::system();
        Clock::from_fn(move || system.now() - SignedDuration::from_hours(24 * days_ago))
    }

    pub(crate) async fn open(&self, clock: Clock) -> Store {
        Store::open(&self.0.path().join("keyward.db"), clock)
            .await
            .unwrap()
    }

    async fn record(&self, days_ago: i64, many: u32) {
        let store = self.open(Self::clock(days_ago)).await;
        for number in 0..many {
            let mut entry = Entry::new(AuditAction::SignOut);
            for detail in 0..16 {
                let text = noise(100 * number + detail);
                entry.details.insert(format!("{detail:02}"), text.into());
            }
            store.event(entry).await.unwrap();
        }
        store.close().await;
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).env_clear();
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_keyward"));
        command.arg("audit").args(arguments).output().unwrap()
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!((err(&output), output.status.code()), ("", Some(0)));
        out(&output).to_owned()
    }
}

/// Text that cannot be compressed much.
fn noise(seed: u32) -> String {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + u8::try_from((*state >> 24) % 90).unwrap())
    };
    let mut state = seed + 1;
    (0..200).map(|_| next(&mut state)).collect()
}

pub(crate) fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub(crate) fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[tokio::test]
async fn export_and_list_read_on_across_archives_and_database() {
    let place = Place::new("").await;
    let before = place.ok(&["export"]);
    let foretold = place.ok(&["archive", "--older-than-days", "30", "--dry-run"]);
    assert_eq!(foretold, "would be archived: 40 records, 0 to 39\n");
    assert!(!place.0.path().join("archive").exists());
    let told = place.ok(&["archive", "--older-than-days", "30"]);
    assert_eq!(told, format!("records 0 to 39 moved into {}\n", &OLD[8..]));
    let after = place.ok(&["export"]);
    assert_eq!(after.lines().count(), 44);
    assert!(after.starts_with(&before));
    assert!(after.contains(r#""action":"archive_audit","phase":"event""#));
    assert_eq!(place.ok(&["export", "--from", "38"]).lines().count(), 6);
    assert_eq!(place.ok(&["list"]).lines().count(), 44);
    let json: serde_json::Value = serde_json::from_str(&place.ok(&["list", "--json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 44);
    let again = place.ok(&["archive", "--older-than-days", "30"]);
    assert!(again.starts_with("nothing to archive"), "{again}");
}

#[tokio::test]
async fn a_day_can_be_named_and_something_must_say_what_is_old() {
    let place = Place::new("").await;
    let unsaid = place.run(&["archive"]);
    assert_eq!(unsaid.status.code(), Some(2));
    assert!(
        err(&unsaid).contains("archive_after_days"),
        "{}",
        err(&unsaid)
    );
    let both = place.run(&[
        "archive",
        "--before",
        "2026-01-01",
        "--older-than-days",
        "3",
    ]);
    assert_eq!(both.status.code(), Some(2));
    for no_day in [
        "2026-11-27T10:00",
        "2026-11-27T13:33:30Z",
        "7d",
        "2026-02-30",
    ] {
        let refused = place.run(&["archive", "--before", no_day]);
        assert_eq!(refused.status.code(), Some(2), "{no_day}");
        let said = err(&refused).to_owned();
        assert!(said.contains(": expected a day: 2026-03-01\n"), "{said}");
    }
    assert_eq!(
        place.ok(&["archive", "--before", "2001-01-01"]),
        "nothing to archive: no record is old enough and may go\n"
    );
    // What is of now may go too, if somebody says so.
    assert!(
        place
            .ok(&["archive", "--before", "9000-01-01", "--dry-run"])
            .contains("0 to 42")
    );
    let wrong = Place::new("archive_after_days = 30\nkeep_archives_days = 30").await;
    let refused = wrong.run(&["archive"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        err(&refused).contains("must be more than archive_after_days"),
        "{}",
        err(&refused)
    );
}

/// A backup, then more work and an archive, then the backup is put back as the documents say.
#[tokio::test]
async fn after_a_backup_was_put_back_the_archives_made_since_are_used_again_or_named() {
    for backed_up_after in [60, 10] {
        let place = Place::empty("archive_after_days = 30");
        place.record(100, 10).await;
        let (database, backup) = (
            place.0.path().join("keyward.db"),
            place.0.path().join("backup"),
        );
        if backed_up_after == 10 {
            fs::copy(&database, &backup).unwrap();
        }
        // The open attempt bounds the archive where no checkpoint was signed before.
        let store = place.open(Place::clock(100)).await;
        for _ in 0..30 {
            store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
        }
        let attempt = Entry::new(AuditAction::ResetPassword);
        let attempt = store.attempt(attempt, None, None).await.unwrap();
        store.close().await;
        if backed_up_after == 60 {
            fs::copy(&database, &backup).unwrap();
        }
        assert!(matches!(attempt, Attempted::Recorded(Seq(40))));
        let made = place.ok(&["archive"]);
        assert!(made.starts_with("records 0 to 39 moved into"), "{made}");
        let file = fs::read(place.0.path().join(OLD)).unwrap();
        fs::copy(&backup, &database).unwrap();
        for beside in [
            "keyward.db.lock",
            "keyward.db.key.signed",
            "keyward.db-wal",
            "keyward.db-shm",
        ] {
            fs::remove_file(place.0.path().join(beside)).ok();
        }
        if backed_up_after == 60 {
            assert_eq!(place.ok(&["archive"]), made);
            place.ok(&["export"]);
        } else {
            let stopped = place.run(&["archive"]);
            assert_eq!(stopped.status.code(), Some(2));
            let told = err(&stopped);
            let named = told.contains(OLD) && told.contains("the log ends before record 10");
            assert!(named, "{told}");
            assert_eq!(place.ok(&["export"]).lines().count(), 10);
            let kept = place.0.path().join("kept");
            fs::rename(place.0.path().join(OLD), kept).unwrap();
            let made = place.ok(&["archive"]);
            assert!(made.starts_with("records 0 to 9 moved into"), "{made}");
        }
        if backed_up_after == 60 {
            assert_eq!(fs::read(place.0.path().join(OLD)).unwrap(), file);
        }
        let verified = place.run(&["verify"]);
        assert_eq!(verified.status.code(), Some(0), "{}", out(&verified));
    }
}

#[tokio::test]
async fn a_missing_or_damaged_archive_is_named_and_the_status_is_1() {
    let place = Place::new("archive_after_days = 30").await;
    place.ok(&["archive"]);
    let file = place.0.path().join(OLD);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    for what in ["is damaged", "is missing"] {
        for command in [&["export"][..], &["list"], &["list", "--last", "60"]] {
            let output = place.run(command);
            assert_eq!(output.status.code(), Some(1), "{}", err(&output));
            let readable = err(&output).contains("; the records after it: --from 40");
            assert!(readable, "{}", err(&output));
            assert!(
                err(&output).contains(OLD) && err(&output).contains(what),
                "{}",
                err(&output)
            );
        }
        fs::remove_file(&file).ok();
    }
    assert_eq!(place.ok(&["export", "--from", "40"]).lines().count(), 4);
}

#[tokio::test]
async fn what_was_removed_is_said_on_standard_error_and_skipped() {
    let place = Place::new("archive_after_days = 30\nkeep_archives_days = 60").await;
    place.ok(&["archive"]);
    let told = place.ok(&["archive"]);
    assert!(told.contains("archive --clock-is-right"), "{told}");
    assert_eq!(
        place.ok(&["archive", "--clock-is-right"]),
        format!("records 0 to 39 removed with {}\n", &OLD[8..])
    );
    let output = place.run(&["export", "--from", "12"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(out(&output).lines().count(), 5);
    assert_eq!(
        err(&output),
        format!(
            "keyward: records 12 to 39 were removed with {}, whose time was over\n",
            &OLD[8..]
        )
    );
}

/// What an administrator does after a restored backup: `.lock` and key are gone, and root makes them anew.
#[tokio::test]
async fn a_command_that_root_runs_makes_nothing_that_the_service_cannot_open() {
    const SERVICE: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let place = Place::new("archive_after_days = 30").await;
    let at = |name: &str| place.0.path().join(name);
    std::os::unix::fs::chown(at("keyward.db"), Some(SERVICE), Some(SERVICE)).unwrap();
    for command in [["archive"].as_slice(), &["key", "--new"]] {
        fs::remove_file(at("keyward.db.lock")).unwrap();
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let lock = fs::metadata(at("keyward.db.lock")).unwrap();
        assert_eq!((lock.uid(), lock.gid()), (SERVICE, SERVICE), "{command:?}");
    }
    for made in [OLD, "archive", "keyward.db.key"] {
        assert_eq!(fs::metadata(at(made)).unwrap().uid(), SERVICE, "{made}");
    }
}

#[tokio::test]
async fn the_running_service_archives_when_the_command_asks_it() {
    let place = Place::new("").await;
    let store = place.open(Clock::system()).await;
    let archiving = Archiving {
        folder: place.0.path().join("archive"),
        database: place.0.path().join("keyward.db"),
        after_days: None,
        keep_days: None,
        sinks: Vec::new(),
    };
    let service = tokio::spawn({
        let store = store.clone();
        async move { archiving.keep(&store, &Clock::system()).await }
    });
    let place = tokio::task::spawn_blocking(move || {
        let told = place.ok(&["archive", "--older-than-days", "30"]);
        assert_eq!(told, format!("records 0 to 39 moved into {}\n", &OLD[8..]));
        assert_eq!(place.ok(&["export"]).lines().count(), 44);
        place
    });
    let place = place.await.unwrap();
    assert_eq!(store.lines(Seq(0), 1).await.unwrap()[0].0, Seq(40));
    service.abort();
    store.close().await;
    assert!(place.0.path().join(OLD).exists());
}

/// Files may not get longer than 48 or 96 KiB (shells differ), as on a disk that is full; the archive
/// would have more.
#[tokio::test]
async fn a_full_disk_leaves_the_records_where_they_are_and_the_next_run_moves_them() {
    let place = Place::new("archive_after_days = 30").await;
    let before = place.ok(&["export"]);
    let full = place
        .command("/bin/sh")
        .args([
            "-c",
            r#"trap '' XFSZ; ulimit -f 96; exec "$0" audit archive"#,
        ])
        .arg(env!("CARGO_BIN_EXE_keyward"))
        .output()
        .unwrap();
    assert_eq!(full.status.code(), Some(2), "{}", out(&full));
    assert!(err(&full).contains("there is no room"), "{}", err(&full));
    assert_eq!(
        fs::read_dir(place.0.path().join("archive"))
            .unwrap()
            .count(),
        0
    );
    assert_eq!(place.ok(&["export"]), before);
    place.ok(&["archive"]);
    assert!(place.ok(&["export"]).starts_with(&before));
}

#[tokio::test]
async fn archives_have_the_days_of_their_records_not_of_the_run() {
    let place = Place::new("archive_after_days = 30\nkeep_archives_days = 101").await;
    place.ok(&["archive"]);
    assert!(
        place.0.path().join(OLD).exists(),
        "100 days are less than 101"
    );
}

/// A real disk this time, and the service at work.
#[cfg(feature = "demo")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_archive_disk_keeps_no_reset_and_the_service_archives_when_there_is_room() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    let audit = "[audit]\narchive_dir = \"old\"\n";
    let port = directory.address.port();
    let folder = Program::prepare_with(port, &directory.ca_pem, "keyward.db", audit);
    let old = folder.path().join("old");
    let disk = Disk::in_memory(&old, "64k");
    let program = Program::start_in(Arc::clone(&folder));
    let mut lena = Browser::new(program.address);
    lena.sign_in("lead.lena", "Start-Pass-123!").await;
    let alice = address(&scene, "alice.able");
    let archive = || {
        let mut command = keyward(&folder);
        command.args(["audit", "archive", "--before", "9000-01-01"]);
        command.output().unwrap()
    };
    assert_eq!(reset(&mut lena, &alice).await.status, 200);
    disk.fill();
    let full = archive();
    assert_eq!(full.status.code(), Some(2), "{}", out(&full));
    assert!(err(&full).contains("there is no room"), "{}", err(&full));
    assert_eq!(fs::read_dir(&old).unwrap().count(), 1, "the ballast");
    assert_eq!(reset(&mut lena, &alice).await.status, 200);
    let before = lines_in(&folder.path().join("keyward.db")).await;
    disk.make_room();
    let moved = archive();
    assert_eq!(moved.status.code(), Some(0), "{}", err(&moved));
    assert!(out(&moved).starts_with("records 0 to "), "{}", out(&moved));
    assert_eq!(reset(&mut lena, &alice).await.status, 200);
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
    let mut export = keyward(&folder);
    let exported = export.args(["audit", "export"]).output().unwrap();
    assert!(out(&exported).starts_with(&before.join("\n")));
}
