//! The database calls archives removed: the log itself must say so.

use std::fs;

use super::log::{ARCHIVED, Log, SIZE, archive_name};

const REMOVED: &str = "not there; the database says that their archives were removed, and no record of the log says it";

#[tokio::test]
async fn an_archive_that_only_the_database_calls_removed_is_missed_by_its_records() {
    let log = Log::new().await;
    for (first, next) in ARCHIVED {
        let copy = log.copy();
        let sql = format!("UPDATE archive SET removed = 1 WHERE first = {first}");
        copy.change(&sql).await;
        fs::remove_file(copy.path("archive").join(archive_name((first, next)))).expect("removed");
        let finding = format!("records {first} to {}: {REMOVED}", next - 1);
        copy.verify(&[]).is(&[finding], Some(first), "hidden");
    }
}

#[tokio::test]
async fn a_removal_is_believed_as_far_as_the_log_says_it_and_no_farther() {
    let log = Log::new().await;
    let [(_, first), (_, second)] = ARCHIVED;
    let copy = log.copy();
    copy.remove_the_first_archive();
    let right = copy.verify(&[]);
    assert_eq!(
        (right.status, right.found().len()),
        (Some(0), 0),
        "{right:?}"
    );
    let removed = &right.json["removed"];
    assert_eq!(
        (&removed[0]["first"], &removed[0]["last"]),
        (&0.into(), &(first - 1).into())
    );
    assert_eq!(
        right.json["signed_before"],
        SIZE + 2,
        "the event is signed, too, and before it that the copy came without the notes beside it"
    );
    let finding = format!("records {first} to {}: {REMOVED}", second - 1);
    // Another one as well.
    copy.change(&format!(
        "UPDATE archive SET removed = 1 WHERE first = {first}"
    ))
    .await;
    copy.verify(&[])
        .is(std::slice::from_ref(&finding), Some(first), "another");
    // The same one, but wider.
    copy.change(&format!(
        "DELETE FROM archive WHERE first = {first};
         UPDATE archive SET next = {second} WHERE first = 0;"
    ))
    .await;
    let wider = copy.verify(&[]);
    wider.is(&[finding], Some(first), "wider");
    let removed = &wider.json["removed"];
    assert_eq!(
        (&removed[0]["first"], &removed[0]["last"]),
        (&0.into(), &(first - 1).into())
    );
}
