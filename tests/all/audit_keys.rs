//! After `keyward audit key --new`: what whoever has the old key, the new one or both is told by
//! `keyward audit verify`.

use std::fs;

use keyward::domain::audit::checkpoint::CheckpointKey;
use keyward::domain::audit::tree::{Edge, KnownHashes};
use keyward::domain::audit::{AuditAction, Entry};
use keyward::domain::time::Clock;
use keyward::store::Store;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::command_line::{err, folder_with_log, out, run};

/// A log of five records whose key was changed after two of them, and what somebody kept of it.
struct Changed {
    folder: TempDir,
    old: String,
    new: String,
    /// The old signing key, which somebody has copied.
    stolen: CheckpointKey,
}

impl Changed {
    async fn new(is_old_lost: bool) -> Self {
        let folder = folder_with_log(2).await;
        let file = folder.path().join("k.db");
        let old = printed(&folder, &["audit", "key"]);
        keep(&folder, "before");
        let stolen = fs::read_to_string(folder.path().join("k.db.key")).expect("read");
        let stolen = CheckpointKey::parse(&SecretString::from(stolen)).expect("a key");
        if is_old_lost {
            fs::remove_file(folder.path().join("k.db.key")).expect("removed");
        }
        let changed = run(&folder, &["audit", "key", "--new"]);
        assert_eq!(changed.status.code(), Some(0), "{}", err(&changed));
        let new = out(&changed).trim_end().to_owned();
        keep(&folder, "change");
        let store = Store::open(&file, Clock::system()).await.expect("opened");
        for _ in 0..2 {
            let recorded = store.event(Entry::new(AuditAction::SignOut)).await;
            recorded.expect("recorded");
        }
        store.close().await;
        keep(&folder, "after");
        let lines = printed(&folder, &["audit", "export"]);
        fs::write(folder.path().join("lines"), lines + "\n").expect("written");
        Self {
            folder,
            old,
            new,
            stolen,
        }
    }

    fn both(&self) -> [&str; 2] {
        [&self.old, &self.new]
    }

    /// How `audit verify` ends with these keys, and what it says.
    fn verify(&self, keys: &[&str], what: &[&str]) -> (Option<i32>, String) {
        let keys = keys.iter().flat_map(|key| ["--key", key]);
        let arguments = ["audit", "verify"].into_iter().chain(keys);
        let all: Vec<&str> = arguments.chain(what.iter().copied()).collect();
        let output = run(&self.folder, &all);
        assert_eq!(err(&output), "", "{all:?}");
        (output.status.code(), out(&output).to_owned())
    }

    fn later_one_is_told(&self) -> String {
        format!(
            "note: record 2, which a key of yours has signed, says that the log has another key since then; \
             if you trust it, give it too: {}\n",
            self.new
        )
    }
}

fn printed(folder: &TempDir, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
    out(&output).trim_end().to_owned()
}

fn keep(folder: &TempDir, name: &str) {
    let note = printed(folder, &["audit", "checkpoint"]);
    fs::write(folder.path().join(name), note + "\n").expect("written");
}

const WELL: &str = "the log is as it was signed\n";
const TAIL: &str = "records 3 to 4: signed by nobody whom you trust\n\
                    the checkpoint for 5 records: nobody whom you trust has signed it\n\n";

#[tokio::test]
async fn with_both_keys_and_with_the_new_one_alone_the_whole_log_is_sound() {
    for is_old_lost in [false, true] {
        let log = Changed::new(is_old_lost).await;
        let (status, said) = log.verify(&log.both(), &["k.db"]);
        assert_eq!(status, Some(0), "{said}");
        assert!(said.ends_with(WELL) && !said.contains("note:"), "{said}");
        let (status, said) = log.verify(&[&log.new], &["k.db"]);
        assert_eq!(status, Some(0), "{said}");
        let earlier = format!(
            "note: 1 checkpoint is by another key that record 2 names and that was not given, so not checked; \
             later ones prove these records: {}\n",
            log.old
        );
        assert!(said.contains(&earlier) && said.ends_with(WELL), "{said}");
    }
}

#[tokio::test]
async fn with_the_old_key_alone_what_came_after_the_change_is_not_believed_and_the_new_key_is_told()
{
    let log = Changed::new(false).await;
    let (status, said) = log.verify(&[&log.old], &["k.db"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.starts_with(TAIL), "{said}");
    assert!(said.contains("signed: records 0 to 2, "), "{said}");
    assert!(said.contains(&log.later_one_is_told()), "{said}");
}

#[tokio::test]
async fn a_new_key_that_the_old_one_has_not_signed_is_told_to_nobody_as_if_it_were_right() {
    let log = Changed::new(true).await;
    let (status, said) = log.verify(&[&log.old], &["k.db"]);
    assert_eq!(status, Some(1), "{said}");
    let tail = "records 2 to 4: signed by nobody whom you trust\n";
    assert!(said.starts_with(tail), "{said}");
    assert!(!said.contains(&log.new), "{said}");
}

#[tokio::test]
async fn the_checkpoint_of_the_change_is_good_with_either_key_and_a_false_signature_on_it_is_found()
{
    let log = Changed::new(false).await;
    let at_the_change = ["lines", "--checkpoint", "change"];
    for keys in [&log.both()[..], &[&log.old], &[&log.new]] {
        let (status, said) = log.verify(keys, &at_the_change);
        assert_eq!(status, Some(0), "{said}");
        assert!(said.contains("signed: records 0 to 2, "), "{said}");
    }
    let file = log.folder.path().join("change");
    let note = fs::read_to_string(&file).expect("read");
    let signatures: Vec<&str> = note
        .lines()
        .filter(|line| line.starts_with('\u{2014}'))
        .collect();
    assert_eq!(signatures.len(), 2, "{note}");
    // Its beginning, name and id, is that of the later checkpoints.
    let after = fs::read_to_string(log.folder.path().join("after")).expect("read");
    let is_newer = |line: &&&str| after.contains(&line[..line.len() - 87]);
    let newer = signatures.iter().find(is_newer).expect("the new key's");
    let last = newer.len() - 10;
    let other = if newer.as_bytes()[last] == b'A' {
        "B"
    } else {
        "A"
    };
    let forged = format!("{}{other}{}", &newer[..last], &newer[last + 1..]);
    fs::write(&file, note.replace(newer, &forged)).expect("written");
    let wrong = "the checkpoint for 3 records: its signature is not right\n";
    for keys in [&log.both()[..], &[&log.new]] {
        let (status, said) = log.verify(keys, &at_the_change);
        assert_eq!(status, Some(1), "{said}");
        assert!(said.starts_with(wrong), "{said}");
    }
    // Whoever knows nothing of the new key cannot tell, and needs not.
    assert_eq!(log.verify(&[&log.old], &at_the_change).0, Some(0));
}

#[tokio::test]
async fn a_checkpoint_that_was_kept_elsewhere_is_never_passed_over() {
    let log = Changed::new(false).await;
    let (status, said) = log.verify(&[&log.new], &["k.db", "--checkpoint", "before"]);
    assert_eq!(status, Some(1), "{said}");
    let finding = "the checkpoint for 2 records: nobody whom you trust has signed it\n";
    assert!(said.starts_with(finding), "{said}");
    let (status, said) = log.verify(&log.both(), &["k.db", "--checkpoint", "before"]);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = log.verify(&[&log.old], &["lines", "--checkpoint", "after"]);
    assert_eq!(status, Some(1), "{said}");
}

#[tokio::test]
async fn whoever_has_copied_the_old_key_signs_nothing_after_the_change() {
    let log = Changed::new(false).await;
    let path = |name: &str| log.folder.path().join(name);
    let lines = fs::read_to_string(path("lines")).expect("read");
    let mut edge = Edge::new(0, KnownHashes::default()).expect("an edge");
    for line in lines.lines() {
        edge.append(line).expect("appended");
    }
    let signed = log.stolen.sign(5, edge.root().expect("a root"), None);
    let before = fs::read_to_string(path("change")).expect("read");
    let notes = [before, signed.expect("signed")].map(|note| {
        let line = serde_json::json!({ "checkpoint": note });
        format!("{line}\n")
    });
    fs::write(path("sink"), lines + &notes.concat()).expect("written");
    let (status, said) = log.verify(&log.both(), &["sink"]);
    assert_eq!(status, Some(1), "{said}");
    let findings = "records 3 to 4: signed by nobody whom you trust\n\
                    the checkpoint for 5 records: its key had been given up before\n\n";
    assert!(said.starts_with(findings), "{said}");
}

#[tokio::test]
async fn a_copied_old_key_can_accuse_nobody_of_taking_records_away() {
    let log = Changed::new(true).await;
    let root = keyward::domain::audit::tree::Hash([7; 32]);
    let signed = log.stolen.sign(9, root, None).expect("signed");
    fs::write(log.folder.path().join("forged"), signed).expect("written");
    let (status, said) = log.verify(&log.both(), &["k.db", "--checkpoint", "forged"]);
    let finding = "the checkpoint for 9 records: its key had been given up before\n\n";
    assert!(said.starts_with(finding), "{said}");
    assert_eq!(status, Some(1), "{said}");
}

#[tokio::test]
async fn a_key_that_has_signed_nothing_is_told() {
    let log = Changed::new(true).await;
    let (status, said) = log.verify(&log.both(), &["lines", "--checkpoint", "before"]);
    assert_eq!(status, Some(0), "{said}");
    let note = format!("note: no checkpoint is signed with {}\n", log.new);
    assert!(said.contains(&note), "{said}");
}
