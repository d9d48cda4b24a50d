//! Records that nothing proves: the last ones of a log that is written right now, or whose checkpoints are gone.

use std::fs;

use jiff::SignedDuration;
use keyward::domain::audit::{AuditAction, Entry};
use keyward::domain::time::Clock;
use keyward::store::Store;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;

use crate::command_line::{err, folder_with_log, out, run};

/// Five records that were written so many days ago; checkpoints of more than `kept` are gone.
async fn log(days_ago: i64, kept: u64) -> TempDir {
    let folder = folder_with_log(0).await;
    let file = folder.path().join("k.db");
    let then = SignedDuration::from_hours(24 * days_ago);
    let clock = Clock::from_fn(move || Clock::system().now() - then);
    for count in [2, 3] {
        let store = Store::open(&file, clock.clone()).await.expect("opened");
        for _ in 0..count {
            let recorded = store.event(Entry::new(AuditAction::SignOut)).await;
            recorded.expect("recorded");
        }
        store.close().await;
    }
    change(
        &folder,
        &format!("DELETE FROM checkpoint WHERE size > {kept}"),
    )
    .await;
    // Nor is the newest one kept beside the key.
    for file in ["k.db.signed", "k.db.key.signed"] {
        if kept < 5 {
            fs::remove_file(folder.path().join(file)).ok();
        }
    }
    folder
}

/// Without the triggers, which are back afterwards.
async fn change(folder: &TempDir, statements: &str) {
    let options = SqliteConnectOptions::new().filename(folder.path().join("k.db"));
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .expect("connected");
    let triggers: Vec<(String, String)> =
        sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .fetch_all(&mut connection)
            .await
            .expect("triggers");
    let without = triggers
        .iter()
        .map(|(name, _)| format!("DROP TRIGGER {name}"));
    let again = triggers.iter().map(|(_, sql)| sql.clone());
    for statement in without.chain([statements.to_owned()]).chain(again) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .expect("changed");
    }
    connection.close().await.expect("closed");
}

/// Exit status, first line and last line.
fn verify(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String, String) {
    let key = fs::read_to_string(folder.path().join("key")).expect("the key");
    let all = [&["audit", "verify", "--key", key.trim_end()], arguments].concat();
    let output = run(folder, &all);
    assert_eq!(err(&output), "");
    let lines: Vec<&str> = out(&output).lines().collect();
    let line = |line: Option<&&str>| line.expect("a line").to_string();
    (
        output.status.code(),
        line(lines.first()),
        line(lines.last()),
    )
}

fn keep(folder: &TempDir, name: &str, command: &str) {
    let output = run(folder, &["audit", command]);
    fs::write(folder.path().join(name), &output.stdout).expect("written");
}

#[tokio::test]
async fn the_last_line_says_which_records_are_proven_and_which_are_not() {
    // As after kill -9 within the minute, or in a copy of a log that is being written, however old it is.
    for days in [0, 300] {
        let folder = log(days, 2).await;
        keep(&folder, "key", "key");
        let (status, _, last) = verify(&folder, &[]);
        let expected = "records 0 to 1 are as they were signed; nothing proves records 2 to 4";
        assert_eq!((status, &*last), (Some(0), expected));
        let folder = log(days, 5).await;
        keep(&folder, "key", "key");
        let (status, _, last) = verify(&folder, &[]);
        assert_eq!((status, &*last), (Some(0), "the log is as it was signed"));
    }
}

#[tokio::test]
async fn a_log_of_which_nothing_is_signed_is_not_well_unless_it_began_just_now() {
    let folder = log(1, 0).await;
    keep(&folder, "key", "key");
    let (status, first, last) = verify(&folder, &[]);
    assert_eq!(status, Some(1), "{last}");
    assert_eq!(first, "records 0 to 4: no checkpoint proves them");
    assert_eq!(last, "nothing proves records 0 to 4");
    let folder = log(0, 0).await;
    keep(&folder, "key", "key");
    let (status, _, last) = verify(&folder, &[]);
    assert_eq!((status, &*last), (Some(0), "nothing proves records 0 to 4"));
}

#[tokio::test]
async fn checkpoints_that_were_taken_out_are_named_where_the_note_beside_the_key_proves_the_records()
 {
    for days in [0, 300] {
        let folder = log(days, 5).await;
        keep(&folder, "key", "key");
        assert_eq!(verify(&folder, &[]).0, Some(0));
        change(&folder, "DELETE FROM checkpoint").await;
        let (status, first, last) = verify(&folder, &[]);
        assert_eq!(status, Some(1), "{first}");
        let gone = "there is no checkpoint in the database any more, and the note kept outside of it is one for 5 records: somebody took them out";
        assert_eq!(first, gone);
        let says = "the records are not shown to be wrong, but what is kept beside them is";
        assert_eq!(last, says);
    }
}

#[tokio::test]
async fn a_log_that_was_emptied_is_not_well() {
    let folder = log(1, 0).await;
    keep(&folder, "key", "key");
    change(&folder, "DELETE FROM audit; DELETE FROM tree").await;
    let (status, first, _) = verify(&folder, &[]);
    assert_eq!(
        (status, &*first),
        (Some(1), "there is not one record, and no checkpoint")
    );
}

#[tokio::test]
async fn records_that_nothing_covers_are_not_older_than_those_that_are_covered() {
    let folder = log(0, 2).await;
    keep(&folder, "key", "key");
    keep(&folder, "note", "checkpoint");
    let lines = run(&folder, &["audit", "export"]);
    let lines: Vec<String> = out(&lines).lines().map(str::to_owned).collect();
    let offline = ["lines", "--checkpoint", "note"];
    let year = &lines[0][lines[0].find("20").expect("a year")..][..4];
    for (action, status) in [("sign_out", 1), ("clock_jumped", 0)] {
        let older = lines[2..].iter().map(|line| {
            let line = line.replacen(&format!("\"time\":\"{year}"), "\"time\":\"2020", 1);
            line.replace("sign_out", action) + "\n"
        });
        let text = lines[..2].join("\n") + "\n" + &older.collect::<String>();
        fs::write(folder.path().join("lines"), text).expect("written");
        let (ended, first, last) = verify(&folder, &offline);
        assert_eq!(ended, Some(status), "{first} {last}");
        let finding = "records 2 to 4: no checkpoint covers them, and their times are earlier than those of the records before";
        assert_eq!(first == finding, status == 1, "{first}");
    }
}
