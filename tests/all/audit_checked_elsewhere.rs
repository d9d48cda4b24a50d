//! The log is checked by a script in another language, and by the program in words for people.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::command_line::{err, folder_with_log, out, run};
use crate::support::disk::Disk;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check_audit_log.py");
const PARTS: [(&str, &str); 3] = [("lines", "export"), ("note", "checkpoint"), ("key", "key")];

/// What the program prints of a log, in files.
async fn printed(count: usize) -> TempDir {
    let folder = folder_with_log(count).await;
    for (file, command) in PARTS {
        let output = run(&folder, &["audit", command]);
        assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
        fs::write(folder.path().join(file), &output.stdout).expect("written");
    }
    folder
}

/// Debian's own Python, which has the package `python3-cryptography` (dev/packages).
fn script(folder: &TempDir) -> Output {
    let mut command = Command::new("/usr/bin/python3");
    command.arg(SCRIPT).args(PARTS.map(|(file, _)| file));
    command
        .current_dir(folder.path())
        .output()
        .expect("Python runs")
}

#[tokio::test]
async fn a_script_with_sha256_and_ed25519_alone_proves_the_log() {
    for count in [1, 2, 3, 7, 8, 33] {
        let folder = printed(count).await;
        let output = script(&folder);
        let expected = format!("{count} records are what was signed\n");
        assert_eq!((out(&output), err(&output)), (expected.as_str(), ""));
    }
}

#[tokio::test]
async fn the_script_refuses_another_line_another_note_and_another_key() {
    let (folder, other) = (printed(9).await, printed(1).await);
    for (file, refusal) in [
        ("lines", "the lines are not what was signed\n"),
        ("note", "the signature is not right: InvalidSignature\n"),
        ("key", "nobody with this key has signed the checkpoint\n"),
    ] {
        let path = folder.path().join(file);
        let right = fs::read_to_string(&path).expect("read");
        let wrong = match file {
            "lines" => right.replace("number 4", "number 5"),
            "note" => right.replace("\n9\n", "\n8\n"),
            _ => fs::read_to_string(other.path().join(file)).expect("read"),
        };
        assert_ne!(right, wrong);
        fs::write(&path, wrong).expect("written");
        let output = script(&folder);
        assert_eq!((output.status.code(), err(&output)), (Some(1), refusal));
        fs::write(&path, right).expect("written");
    }
}

#[tokio::test]
async fn verify_says_in_words_what_was_checked_and_what_is_wrong() {
    let folder = printed(9).await;
    let key = fs::read_to_string(folder.path().join("key")).expect("read");
    let output = run(&folder, &["audit", "verify"]);
    let text = out(&output);
    assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
    for part in [
        "checked: 9 records, 20",
        "signed: records 0 to 8, last by the checkpoint for 9 records\n",
        &format!("key: {key}"),
        "note: the keys were taken from the database itself",
        "the log is as it was signed\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let offline = [
        "audit",
        "verify",
        "lines",
        "--key-file",
        "key",
        "--checkpoint",
        "note",
    ];
    let output = run(&folder, &offline);
    assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
    assert!(!out(&output).contains("note:"), "{}", out(&output));
    let lines = folder.path().join("lines");
    let text = fs::read_to_string(&lines).expect("read");
    let cut: String = text.split_inclusive('\n').take(6).collect();
    fs::write(&lines, cut).expect("written");
    let output = run(&folder, &offline);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        out(&output).starts_with("records 6 to 8: missing\n\n"),
        "{}",
        out(&output)
    );
    let end = "the log is NOT as it was signed: the first wrong record is 6\n";
    assert!(out(&output).ends_with(end), "{}", out(&output));
}

#[tokio::test]
async fn what_cannot_be_checked_ends_with_status_2_and_says_what_is_needed() {
    let folder = printed(3).await;
    for (arguments, needed) in [
        (
            &["lines"][..],
            "files are checked with a key: --key or --key-file",
        ),
        (
            &["lines", "--key-file", "key"],
            "there is no checkpoint in these files",
        ),
        (
            &["lines", "--key", "nonsense"],
            "not a verifier key: nonsense",
        ),
        (&["nowhere"], "nowhere"),
        (&["--checkpoint", "lines"], "lines holds no checkpoint"),
        (&["k.db", "lines"], "a database is checked alone"),
    ] {
        let output = run(&folder, &[&["audit", "verify"], arguments].concat());
        assert_eq!(
            (output.status.code(), out(&output)),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(err(&output).contains(needed), "{}", err(&output));
    }
    let copy = run(
        &folder,
        &["audit", "verify", "k.db", "--key-file", "key", "--json"],
    );
    let json: serde_json::Value = serde_json::from_str(out(&copy)).expect("one document");
    assert_eq!(
        (&json["well"], &json["keys_given"]),
        (&true.into(), &true.into())
    );
}

/// What a terminal of so many columns is sent.
fn on_a_terminal(folder: &TempDir, columns: &str, arguments: &str) -> String {
    let program = env!("CARGO_BIN_EXE_keyward");
    let command = format!("stty cols {columns}; exec '{program}' audit verify {arguments}");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    script.env_remove("NO_COLOR").env("TERM", "xterm");
    let output = script.current_dir(folder.path()).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    out(&output).to_owned()
}

#[tokio::test]
async fn how_far_it_is_stays_in_one_line_of_a_terminal_and_goes_nowhere_else() {
    const CLEARED: &str = "\r\u{1b}[K";
    let folder = printed(3).await;
    // Records that are there many times do no harm.
    let lines = fs::read_to_string(folder.path().join("lines")).expect("read");
    fs::write(folder.path().join("many"), lines.repeat(7000)).expect("written");
    let database = "";
    let files = "many --key-file key --checkpoint note";
    for (arguments, last) in [(database, "  0 %"), (files, " 95 %")] {
        for columns in ["120", "80", "40", "12"] {
            let sent = on_a_terminal(&folder, columns, arguments);
            let (progress, report) = sent.rsplit_once(CLEARED).expect("a line that is cleared");
            assert!(report.starts_with("checked: "), "{sent:?}");
            assert!(
                report.ends_with("the log is as it was signed\r\n"),
                "{sent:?}"
            );
            let shown: Vec<&str> = progress.split(CLEARED).collect();
            let room: usize = columns.parse().expect("a number");
            assert!(
                shown.iter().all(|line| line.chars().count() < room),
                "{sent:?}"
            );
            assert!(
                shown.iter().all(|line| !line.contains(char::is_control)),
                "{sent:?}"
            );
            let line = format!("checking the log: {last}");
            let is_told = shown.iter().any(|shown| shown.starts_with(&line));
            assert!(is_told || room < line.len(), "{sent:?}");
        }
        let arguments = [
            &["audit", "verify"],
            &*arguments.split_whitespace().collect::<Vec<_>>(),
        ]
        .concat();
        let piped = run(&folder, &arguments);
        assert_eq!((piped.status.code(), err(&piped)), (Some(0), ""));
        let is_plain = |char: char| char == '\n' || !char.is_control();
        assert!(out(&piped).chars().all(is_plain), "{}", out(&piped));
    }
}

#[tokio::test]
async fn a_copy_on_a_medium_that_cannot_be_written_is_checked_where_it_is() {
    let folder = printed(3).await;
    let medium = Disk::in_memory(&folder.path().join("medium"), "4m");
    fs::copy(folder.path().join("k.db"), medium.path.join("k.db")).expect("copied");
    medium.remount("ro");
    let arguments = ["audit", "verify", "medium/k.db", "--key-file", "key"];
    let output = run(&folder, &arguments);
    assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
    let end = "the log is as it was signed\n";
    assert!(out(&output).ends_with(end), "{}", out(&output));
}
