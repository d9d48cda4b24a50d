//! What `docs/audit-log.md` prints for those who check without Keyward is run as it stands there.

use std::fs;
use std::process::{Command, Output};

use keyward::domain::audit::{AuditAction, Entry};
use keyward::domain::time::Clock;
use keyward::store::Store;
use tempfile::TempDir;

use crate::command_line::{err, folder_with, folder_with_log, out, run};

const PAGE: &str = include_str!("../../docs/audit-log.md");

/// The fenced Python of the page that has `part` in it.
fn fenced(part: &str) -> &'static str {
    let fenced = PAGE.split("```python\n").skip(1);
    let all = fenced.filter_map(|rest| rest.split("```").next());
    all.into_iter()
        .find(|code| code.contains(part))
        .expect("printed")
}

/// The indented lines of the page from the one that begins with `first` on.
pub(crate) fn indented(first: &str) -> String {
    let begin = PAGE.find(&format!("\n    {first}")).expect("printed");
    let lines = PAGE[begin..].lines().skip(1);
    let code = lines.take_while(|line| line.starts_with("    "));
    code.flat_map(|line| [line, "\n"]).collect()
}

fn keep(folder: &TempDir, name: &str, arguments: &[&str]) {
    let output = run(folder, arguments);
    assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
    fs::write(folder.path().join(name), &output.stdout).expect("written");
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("read")
}

/// A log with the files that the page speaks of.
async fn with_files(count: usize) -> TempDir {
    let folder = folder_with_log(count).await;
    for (script, part) in [("check.py", "def check("), ("proof.py", "def included(")] {
        fs::write(folder.path().join(script), fenced(part)).expect("written");
    }
    keep(&folder, "key", &["audit", "key"]);
    keep(&folder, "checkpoint", &["audit", "checkpoint"]);
    keep(&folder, "log.jsonl", &["audit", "export"]);
    folder
}

fn shell(folder: &TempDir, command: &str) -> Output {
    let mut shell = Command::new("/bin/bash");
    // Debian's own Python, which has the package `python3-cryptography` (dev/packages).
    shell.env("PATH", "/usr/bin:/bin").arg("-c").arg(command);
    shell.current_dir(folder.path()).output().expect("runs")
}

fn said(output: &Output) -> (Option<i32>, &str, &str) {
    (output.status.code(), out(output), err(output))
}

const CHECK: &str = "python3 check.py log.jsonl checkpoint \"$(cat key)\"";
const PROOF: &str = "python3 proof.py proof.json \"$(cat key)\"";

#[tokio::test]
async fn the_printed_check_tells_records_that_came_after_the_checkpoint_from_missing_ones() {
    assert!(PAGE.contains(CHECK));
    for count in [1, 2, 7, 8] {
        let folder = with_files(count).await;
        let well = format!("{count} records are what was signed\n");
        let output = shell(&folder, CHECK);
        assert_eq!(said(&output), (Some(0), &*well, ""));

        let lines = read(&folder, "log.jsonl");
        let all = folder.path().join("log.jsonl");
        fs::write(&all, format!("{lines}{{}}\n{{}}\n")).expect("written");
        let output = shell(&folder, CHECK);
        let more = format!("{well}not proven by this checkpoint: 2 at the end\n");
        assert_eq!(said(&output), (Some(0), &*more, ""));

        fs::write(&all, lines.replace("number 0", "number 9")).expect("written");
        let output = shell(&folder, CHECK);
        let other = "the lines are not those that were signed\n";
        assert_eq!(said(&output), (Some(1), "", other));

        let fewer: String = lines.split_inclusive('\n').skip(1).collect();
        fs::write(&all, fewer).expect("written");
        let output = shell(&folder, CHECK);
        let missing = format!("the file has only {} of {count} lines\n", count - 1);
        assert_eq!(said(&output), (Some(1), "", &*missing));
    }
}

#[tokio::test]
async fn the_printed_checks_take_the_signature_of_the_key_that_they_were_given() {
    let folder = with_files(3).await;
    fs::copy(folder.path().join("key"), folder.path().join("old")).expect("copied");
    let changed = run(&folder, &["audit", "key", "--new"]);
    assert_eq!(changed.status.code(), Some(0), "{}", err(&changed));
    keep(&folder, "new", &["audit", "key"]);
    keep(&folder, "all", &["audit", "key", "--all"]);
    keep(&folder, "checkpoint", &["audit", "checkpoint"]);
    keep(&folder, "log.jsonl", &["audit", "export"]);
    assert_eq!(read(&folder, "checkpoint").matches("\n— ").count(), 2);
    let openssl = indented("rm -f signature\n");
    for key in ["old", "new"] {
        fs::copy(folder.path().join(key), folder.path().join("key")).expect("copied");
        let output = shell(&folder, CHECK);
        let well = "4 records are what was signed\n";
        assert_eq!(said(&output), (Some(0), well, ""));
        let output = shell(&folder, &openssl);
        let well = "Signature Verified Successfully\n";
        assert_eq!(said(&output), (Some(0), well, ""));
    }
    let note = read(&folder, "checkpoint").replace("\n4\n", "\n3\n");
    fs::write(folder.path().join("checkpoint"), note).expect("written");
    let output = shell(&folder, CHECK);
    assert_eq!(said(&output), (Some(1), "", "the signature is wrong\n"));
    assert!(!shell(&folder, &openssl).status.success());
    fs::copy(folder.path().join("all"), folder.path().join("key")).expect("copied");
    let output = shell(&folder, CHECK);
    let one = "give one verifier key: one line of what `keyward audit key --all` prints\n";
    assert_eq!(said(&output), (Some(1), "", one));
}

#[tokio::test]
async fn the_printed_proof_of_a_record_takes_what_prove_prints_and_no_other_record() {
    assert!(PAGE.contains(PROOF));
    for count in [1, 2, 7] {
        let folder = with_files(count).await;
        let lines = read(&folder, "log.jsonl");
        for (seq, line) in lines.lines().enumerate() {
            let number = seq.to_string();
            keep(
                &folder,
                "proof.json",
                &["audit", "prove", &number, "--json"],
            );
            let output = shell(&folder, PROOF);
            let well = format!("record {seq} of {count} as it was signed: {line}\n");
            assert_eq!(said(&output), (Some(0), &*well, ""));
            let proof = read(&folder, "proof.json");
            let index = format!("\"leaf_index\": {seq}");
            for wrong in [
                proof.replace("number ", "no "),
                proof.replace(&index, &format!("\"leaf_index\": {}", seq + count)),
            ] {
                assert_ne!(proof, wrong);
                fs::write(folder.path().join("proof.json"), wrong).expect("written");
                let output = shell(&folder, PROOF);
                let refused = "this is not a record of the log that was signed\n";
                assert_eq!(said(&output), (Some(1), "", refused));
            }
        }
    }
}

#[tokio::test]
async fn a_record_that_comes_between_the_printed_commands_raises_no_alarm() {
    let commands = indented("keyward audit checkpoint > checkpoint\n");
    let folder = with_files(2).await;
    let mut commands = commands.lines().map(str::trim).map(|line| {
        let (command, file) = line.split_once(" > ").expect("into a file");
        (command.strip_prefix("keyward ").expect("a command"), file)
    });
    let (first, note) = commands.next().expect("the checkpoint");
    keep(&folder, note, &first.split(' ').collect::<Vec<_>>());
    let file = folder.path().join("k.db");
    let store = Store::open(&file, Clock::system()).await.expect("opened");
    let recorded = store.event(Entry::new(AuditAction::SignOut)).await;
    recorded.expect("recorded");
    store.close().await;
    let (second, lines) = commands.next().expect("the lines");
    keep(&folder, lines, &second.split(' ').collect::<Vec<_>>());
    let output = shell(&folder, CHECK);
    let said_of = "2 records are what was signed\nnot proven by this checkpoint: 1 at the end\n";
    assert_eq!(said(&output), (Some(0), said_of, ""));
}

#[tokio::test]
async fn a_backup_is_made_while_the_service_runs_and_put_back_as_printed() {
    let folder = folder_with_log(2).await;
    let file = |end: &str| folder.path().join(format!("k.db{end}"));
    let store = async || Store::open(&file(""), Clock::system()).await;
    let printed = |first: &str| indented(first).replace("keyward.db", "k.db");
    let one_more = async |store: &Store| {
        let recorded = store.event(Entry::new(AuditAction::SignOut)).await;
        recorded.expect("recorded");
    };
    let running = store().await.expect("opened");
    one_more(&running).await;
    let made = shell(&folder, &printed("umask 077\n"));
    assert_eq!(said(&made), (Some(0), "", ""));
    one_more(&running).await;
    let of_a_kill = fs::read(file("-wal")).expect("read");
    running.close().await;
    let put_back = printed("rm -f keyward.db-wal");
    let (_, alone) = put_back.split_once('\n').expect("two commands");
    assert_eq!(said(&shell(&folder, alone)), (Some(0), "", ""));

    let archive = ["audit", "archive", "--before", "2001-01-01"];
    let refused = run(&folder, &archive);
    assert_eq!((refused.status.code(), out(&refused)), (Some(2), ""));
    for note in [".lock", ".key.signed"] {
        let whole = file(note).display().to_string();
        assert!(err(&refused).contains(&whole), "{}", err(&refused));
    }

    fs::write(file("-wal"), of_a_kill).expect("written");
    assert_eq!(said(&shell(&folder, &put_back)), (Some(0), "", ""));
    let taken = run(&folder, &archive);
    assert_eq!((taken.status.code(), err(&taken)), (Some(0), ""));
    let goes_on = store().await.expect("opened");
    one_more(&goes_on).await;
    goes_on.close().await;
    keep(&folder, "log.jsonl", &["audit", "export"]);
    let lines = read(&folder, "log.jsonl");
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[3].contains("notes_missing"), "{}", lines[3]);
    let verified = run(&folder, &["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", out(&verified));
}

#[test]
fn before_the_first_start_every_command_that_reads_the_log_says_that_there_is_none() {
    let settings = "[ad]\nserver = ldaps://dc.domain.local\ndomain = D\nuser_ou = OU=U,DC=domain,DC=local\n\
                    reset_group = G\n[service_account]\nusername = s\npassword = S\n[store]\nurl = sqlite://k.db\n";
    let folder = folder_with("config.ini", settings);
    for command in ["key", "list", "checkpoint", "verify", "export"] {
        let output = run(&folder, &["audit", command]);
        assert_eq!((output.status.code(), out(&output)), (Some(2), ""));
        let none = "keyward: the audit log in k.db: there is none yet; the first `keyward serve` makes it\n";
        assert_eq!(err(&output), none, "{command}");
    }
}
