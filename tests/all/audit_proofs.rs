//! `keyward audit checkpoint`, `key` and `prove`: what they print is checked with libraries that Keyward
//! does not use for it.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use keyward::domain::audit::{AuditAction, Entry};
use keyward::domain::time::Clock;
use keyward::store::Store;
use sha2::Sha256;
use signed_note::{Note, StandardVerifier, VerifierList};
use tempfile::TempDir;

use crate::command_line::{err, folder_with_log, out, run};

fn hash(text: &serde_json::Value) -> Vec<u8> {
    BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap()
}

fn path(list: &serde_json::Value) -> Vec<u8> {
    list.as_array().unwrap().iter().flat_map(hash).collect()
}

fn root(hash: &serde_json::Value, size: u64) -> RootHash<Sha256> {
    let hash: [u8; 32] = BASE64_STANDARD
        .decode(hash.as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap();
    RootHash::new(hash.into(), size)
}

fn json(folder: &TempDir, arguments: &[&str]) -> serde_json::Value {
    let output = run(folder, arguments);
    assert_eq!(
        (output.status.code(), err(&output)),
        (Some(0), ""),
        "{arguments:?}"
    );
    serde_json::from_str(out(&output)).expect("one document")
}

fn printed(folder: &TempDir, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(
        (output.status.code(), err(&output)),
        (Some(0), ""),
        "{arguments:?}"
    );
    out(&output).to_owned()
}

/// The three lines of a checkpoint that this key has signed.
fn checked(note: &str, key: &str) -> Vec<String> {
    let note = Note::from_bytes(note.as_bytes()).expect("a signed note");
    let key = StandardVerifier::new(key.trim_end()).expect("a verifier key");
    note.verify(&VerifierList::new(vec![Box::new(key)]))
        .expect("signed with this key");
    let text = std::str::from_utf8(note.text()).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_record_is_proven_to_whoever_has_the_checkpoint_and_the_key() {
    let folder = folder_with_log(7).await;
    let key = printed(&folder, &["audit", "key"]);
    let checkpoint = printed(&folder, &["audit", "checkpoint"]);
    let lines = checked(&checkpoint, &key);
    assert_eq!(lines[1], "7");
    let exported = printed(&folder, &["audit", "export"]);
    for (seq, record) in exported.lines().enumerate() {
        let proof = json(&folder, &["audit", "prove", &seq.to_string(), "--json"]);
        assert_eq!(proof["record"], record);
        assert_eq!(proof["leaf_index"], seq);
        assert_eq!(proof["root_hash"].as_str(), Some(lines[2].as_str()));
        assert_eq!(proof["checkpoint"].as_str(), Some(checkpoint.as_str()));
        let path = InclusionProof::<Sha256>::from_bytes(path(&proof["audit_path"]));
        let root = root(&proof["root_hash"], 7);
        let record = record.as_bytes().to_vec();
        root.verify_inclusion(&record, seq.try_into().unwrap(), &path)
            .expect("included");
    }
    let text = printed(&folder, &["audit", "prove", "3"]);
    assert!(
        text.starts_with("Record 3 is one of the 7 records of this checkpoint.\n"),
        "{text}"
    );
    assert!(
        text.contains(&checkpoint) && text.contains("\nproof      "),
        "{text}"
    );
}

#[tokio::test]
async fn a_log_is_proven_to_go_on_from_each_earlier_checkpoint() {
    let folder = folder_with_log(3).await;
    let earlier = printed(&folder, &["audit", "checkpoint"]);
    let file = folder.path().join("k.db");
    let store = Store::open(&file, Clock::system()).await.unwrap();
    for _ in 0..5 {
        store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
    }
    // While the service runs, too: what is not signed yet is told apart from what is not there.
    let early = run(&folder, &["audit", "prove", "7"]);
    assert_eq!((early.status.code(), out(&early)), (Some(1), ""));
    assert!(
        err(&early).contains("no checkpoint covers record 7 yet"),
        "{}",
        err(&early)
    );
    store.checkpoint().await.unwrap();
    let proof = json(&folder, &["audit", "prove", "--from", "3", "--json"]);
    assert_eq!(proof["first_root_hash"].as_str(), earlier.lines().nth(2));
    let path = ConsistencyProof::<Sha256>::try_from_bytes(path(&proof["consistency"])).unwrap();
    let later = root(&proof["second_root_hash"], 8);
    later
        .verify_consistency(&root(&proof["first_root_hash"], 3), &path)
        .expect("only added to");
    assert!(
        printed(&folder, &["audit", "prove", "--from", "8"]).contains("begin with the first 8")
    );
    store.close().await;
}

#[tokio::test]
async fn what_cannot_be_proven_is_said_in_a_sentence() {
    let folder = folder_with_log(2).await;
    for (arguments, status, sentence) in [
        (&["prove", "2"][..], 1, "the log has no record 2"),
        (
            &["prove", "18446744073709551615"],
            1,
            "the log has no record 18446744073709551615",
        ),
        (
            &["prove", "9223372036854775807"],
            1,
            "the log has no record 9223372036854775807",
        ),
        (
            &["prove", "5000000000000000000"],
            1,
            "the log has no record 5000000000000000000",
        ),
        (&["prove", "--from", "3"], 1, "no checkpoint of 3 records"),
        (
            &["prove", "--from", "18446744073709551615"],
            1,
            "no checkpoint of",
        ),
        (&["prove", "--from", "0"], 2, "--from"),
        (&["prove"], 2, "SEQ"),
        (&["prove", "1", "--from", "1"], 2, "cannot be used with"),
        (&["prove", "-1"], 2, "-1"),
    ] {
        let output = run(&folder, &[&["audit"], arguments].concat());
        assert_eq!(
            (output.status.code(), out(&output)),
            (Some(status), ""),
            "{arguments:?}"
        );
        assert!(
            err(&output).contains(sentence),
            "{arguments:?}: {}",
            err(&output)
        );
    }
    let nothing = run(
        &folder,
        &["audit", "export", "--from", "18446744073709551615"],
    );
    assert_eq!(
        (nothing.status.code(), out(&nothing), err(&nothing)),
        (Some(0), "", "")
    );
    let empty = folder_with_log(0).await;
    let none = run(&empty, &["audit", "checkpoint"]);
    assert_eq!((none.status.code(), out(&none)), (Some(1), ""));
    assert!(err(&none).contains("there is no checkpoint yet"));
}

#[tokio::test]
async fn a_new_key_is_on_record_and_signed_by_the_one_before() {
    let folder = folder_with_log(2).await;
    let file = folder.path().join("k.db");
    let old = printed(&folder, &["audit", "key"]);
    let running = Store::open(&file, Clock::system()).await.unwrap();
    let refused = run(&folder, &["audit", "key", "--new"]);
    assert_eq!((refused.status.code(), out(&refused)), (Some(2), ""));
    assert!(err(&refused).contains("the service is running; stop it first"));
    running.close().await;
    let changed = run(&folder, &["audit", "key", "--new"]);
    assert_eq!(changed.status.code(), Some(0), "{}", err(&changed));
    assert!(err(&changed).contains("the old key has signed the change"));
    let new = out(&changed).to_owned();
    assert_ne!(old, new);
    assert_eq!(printed(&folder, &["audit", "key"]), new);
    assert_eq!(
        printed(&folder, &["audit", "key", "--all"]),
        format!("{old}{new}")
    );
    let checkpoint = printed(&folder, &["audit", "checkpoint"]);
    assert_eq!(checked(&checkpoint, &old), checked(&checkpoint, &new));
    let record = printed(&folder, &["audit", "export", "--from", "2"]);
    assert!(
        record.contains(r#""action":"audit_key_changed","phase":"event""#),
        "{record}"
    );
    assert!(
        record.contains(&format!(r#""now":"{}""#, new.trim_end())),
        "{record}"
    );
    assert!(record.contains(r#""vouched":true"#), "{record}");
    assert_eq!(record.lines().count(), 1);
    // The service goes on with it.
    let store = Store::open(&file, Clock::system()).await.unwrap();
    store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
    store.close().await;
    checked(&printed(&folder, &["audit", "checkpoint"]), &new);
}

#[tokio::test]
async fn a_lost_key_stops_the_service_until_somebody_begins_with_a_new_one() {
    let folder = folder_with_log(2).await;
    let file = folder.path().join("k.db");
    let key = folder.path().join("k.db.key");
    std::fs::remove_file(&key).unwrap();
    let refused = Store::open(&file, Clock::system()).await.err().unwrap();
    assert!(
        refused.to_string().contains("keyward audit key --new"),
        "{refused}"
    );
    assert!(!key.exists(), "no key was made in silence");
    let changed = run(&folder, &["audit", "key", "--new"]);
    assert_eq!(changed.status.code(), Some(0), "{}", err(&changed));
    assert!(err(&changed).contains("the old key could not sign the change"));
    let mode = key.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    Store::open(&file, Clock::system())
        .await
        .unwrap()
        .close()
        .await;
}
