//! What would keep the check busy for ever, and what stands where nothing should.

use std::fs;
use std::path::Path;
use std::process::Command;

use keyward::domain::identity::ObjectGuid;

use super::log::{ARCHIVED, Log, SIZE, archive_name, changed, index, packed};

#[tokio::test]
async fn a_pipe_in_the_place_of_an_archive_keeps_nobody_waiting() {
    let log = Log::new().await;
    let copy = log.copy();
    let file = copy.path("archive").join(archive_name(ARCHIVED[0]));
    fs::remove_file(&file).expect("removed");
    let made = Command::new("mkfifo").arg(&file).status().expect("runs");
    assert!(made.success());
    let name = archive_name(ARCHIVED[0]);
    let finding = format!("records 0 to 39: their archive {name}: it cannot be read");
    copy.verify(&[])
        .is(std::slice::from_ref(&finding), Some(0), "a pipe");
    let files = ARCHIVED.map(|range| format!("archive/{}", archive_name(range)));
    let (status, said) = copy.refusal(&files);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains(&name), "{said}");
}

#[tokio::test]
async fn numbers_that_are_far_apart_are_passed_in_one_step() {
    let log = Log::new().await;
    for (far, read) in [
        (
            "INSERT INTO tree (id, hash) VALUES (4611686018427387904, zeroblob(32))",
            SIZE,
        ),
        (
            "INSERT INTO audit (seq, time, action, phase, line) VALUES (4611686018427387904, 0, 'sign_out', 'event', '{}')",
            SIZE,
        ),
        (
            "INSERT INTO archive (first, next, file, newest) VALUES (4611686018427387904, 4611686018427387905, 'x', 0)",
            ARCHIVED[1].1,
        ),
    ] {
        let copy = log.copy();
        copy.change(far).await;
        let answer = copy.verify(&[]);
        assert_eq!(
            (answer.status, answer.first_wrong()),
            (Some(1), Some(read)),
            "{answer:?}"
        );
        assert_eq!(answer.json["signed_before"], SIZE);
    }
}

#[tokio::test]
async fn an_archive_with_any_number_of_lines_too_many_is_left_after_some() {
    let log = Log::new().await;
    let copy = log.copy();
    let mut text = log.archive_text(ARCHIVED[0]);
    text.extend(vec![b'\n'; 3_000_000]);
    let name = archive_name(ARCHIVED[0]);
    fs::write(copy.path("archive").join(&name), packed(&text)).expect("written");
    let end = format!("records 0 to 39: their archive {name}: it does not end with its checkpoint");
    let files = ARCHIVED.map(|range| format!("archive/{}", archive_name(range)));
    for answer in [copy.verify(&[]), copy.run_all(&files, &[])] {
        let found = answer.found();
        assert!(found.contains(&&*end), "{found:?}");
        assert!(
            found.len() < 200 && answer.json["more_findings"] == 0,
            "{}",
            found.len()
        );
        assert_eq!(answer.status, Some(1));
    }
}

/// Puts a line where it was before it was archived, with the columns that the program had beside it.
fn insert(line: &str) -> String {
    let said: serde_json::Value = serde_json::from_str(line).unwrap();
    let time: jiff::Timestamp = said["time"].as_str().unwrap().parse().unwrap();
    let target = said["target"]["guid"].as_str().map_or_else(
        || "NULL".to_owned(),
        |guid| {
            let guid: ObjectGuid = guid.parse().unwrap();
            let hex = guid.as_bytes().iter().map(|byte| format!("{byte:02x}"));
            format!("x'{}'", hex.collect::<String>())
        },
    );
    format!(
        "INSERT INTO audit (seq, time, action, phase, attempt, result, code, rule, operator, target, line)
         SELECT l ->> '$.seq', {}, l ->> '$.action', l ->> '$.phase', l ->> '$.attempt', l ->> '$.result',
                l ->> '$.code', l ->> '$.rule',
                (SELECT id FROM audit_operator WHERE sid = l ->> '$.operator.sid'), {target}, l
         FROM (SELECT '{line}' AS l);",
        time.as_microsecond()
    )
}

#[tokio::test]
async fn lines_of_archived_records_in_the_database_are_held_against_the_tree() {
    let log = Log::new().await;
    let right = |seq: u64| insert(&log.lines[index(seq)]);
    let forged = insert(&changed(&log.lines[16]));
    let finding = "record 16: a second, different line".to_owned();
    let copy = log.copy();
    copy.remove_the_first_archive();
    for copy in [log.copy(), copy] {
        // As a crash leaves them.
        copy.change(&format!("{}{}{}", right(15), right(17), right(60)))
            .await;
        let well = copy.verify(&[]);
        assert_eq!((well.status, well.found().len()), (Some(0), 0), "{well:?}");
        copy.change(&forged).await;
        copy.verify(&[])
            .is(std::slice::from_ref(&finding), Some(16), "invented");
    }
}

#[tokio::test]
async fn keys_and_checkpoints_are_read_from_files_alone() {
    let log = Log::new().await;
    let copy = log.copy();
    let (pipe, folder) = (copy.path("pipe"), copy.path("archive"));
    let made = Command::new("mkfifo").arg(&pipe).status().expect("runs");
    assert!(made.success());
    for option in ["--checkpoint", "--key-file"] {
        for given in [&*pipe, &*folder, Path::new("/dev/zero")] {
            let (status, said) = copy.refusal_of(option, given);
            assert_eq!(status, Some(2), "{option}: {said}");
            let expected = format!("{}: it is a folder or a pipe, not a file", given.display());
            assert!(said.contains(&expected), "{option}: {said}");
        }
    }
}

#[tokio::test]
async fn a_pipe_in_the_place_of_the_checkpoint_beside_the_key_keeps_nobody_waiting() {
    let log = Log::new().await;
    let copy = log.copy();
    let pipe = copy.path("audit.db.signed");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("runs");
    assert!(made.success());
    assert_eq!(copy.verify(&[]).status, Some(0));
}
