//! What somebody who writes to the database, without the key, can make the pages and the commands say: nothing
//! that is not marked.

use keyward::domain::audit::{AuditSearch, Record, Seq};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::audit_archive::{Place, err, out};
use crate::audit_pages::{database, dechunked, log, numbers, start};
use crate::support::browser::Answer;
use crate::support::service::Service;
use crate::web_cases::{address, reset};

/// Writes to the log's table past its triggers, and puts them back.
async fn forge(database: &mut SqliteConnection, statements: &[&str]) {
    let triggers: Vec<(String, String)> =
        sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .fetch_all(&mut *database)
            .await
            .unwrap();
    let drop = triggers
        .iter()
        .map(|(name, _)| format!("DROP TRIGGER {name}"));
    let forged = statements.iter().map(|it| (*it).to_owned());
    let put_back = triggers.iter().map(|(_, sql)| sql.clone());
    for statement in drop.chain(forged).chain(put_back) {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *database)
            .await
            .unwrap();
    }
}

async fn raw(place: &Place) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(place.0.path().join("keyward.db"));
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// A log in which Lena reset two passwords, each attempt with its outcome, oldest first.
async fn two_resets(service: &Service, scene: &crate::support::directory::Scene) -> Vec<u64> {
    let mut lena = service.sign_in(scene, "lead.lena").await;
    for name in ["target.31", "target.32"] {
        let done = reset(&mut lena, &address(scene, name)).await;
        assert_eq!(done.status, 200, "{}", done.text());
    }
    service.app.store.checkpoint().await.unwrap();
    let all = log(service).await;
    let of_resets = all
        .iter()
        .filter(|it| it.entry.action.word() == "reset_password");
    of_resets.map(|it| it.seq.0).collect()
}

/// The rows of a page whose mark says this.
fn marked(page: &Answer, mark: &str) -> Vec<u64> {
    let rows = page.body.split("<tr>").filter(|row| row.contains(mark));
    let number = |row: &str| {
        let (_, rest) = row.split_once("href=\"/audit/")?;
        rest.split('"').next()?.parse().ok()
    };
    rows.filter_map(number).collect()
}

const CHANGED: &str = "Changed: not what was signed";
const MISFILED: &str = "Filed wrongly: its own line says otherwise";

#[tokio::test]
async fn a_line_that_was_changed_is_marked_everywhere_and_has_no_proof() {
    let (scene, service) = start().await;
    let resets = two_resets(&service, &scene).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let [attempt, outcome, ..] = resets[..] else {
        panic!("{resets:?}")
    };
    let true_page = ada.get(&format!("/audit/{attempt}")).await;
    assert!(true_page.body.contains("id=\"the-hashes\""));
    let mut database = database(&service).await;
    let forged = format!(
        "UPDATE audit SET line = replace(line, 'target.31', 'target.39') WHERE seq = {attempt}"
    );
    let torn = format!("UPDATE audit SET line = 'nothing' WHERE seq = {outcome}");
    forge(&mut database, &[&forged, &torn]).await;
    let page = ada.get(&format!("/audit/{attempt}")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("target.39"), "it is shown as it is");
    assert!(
        page.text()
            .contains("This line is not what was signed: it was changed.")
    );
    assert!(
        !page.body.contains("id=\"the-hashes\""),
        "and proves nothing"
    );
    assert!(
        !page
            .text()
            .contains("lead to the root in the signed checkpoint")
    );
    let page = ada.get(&format!("/audit/{outcome}")).await;
    assert!(
        page.text()
            .contains("This line is not what was signed: it was changed.")
    );
    let page = ada.get("/audit").await;
    assert_eq!(marked(&page, CHANGED), [outcome, attempt]);
    assert!(page.text().contains("keyward audit verify"), "what to do");
    let history = format!("/audit?target={}", scene.guid("target.31"));
    assert_eq!(
        marked(&ada.get(&history).await, CHANGED),
        [outcome, attempt]
    );
    let file = dechunked(&ada.get("/audit.csv").await.body);
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    for row in reader.records().map(Result::unwrap) {
        let seq: u64 = row[0].parse().unwrap();
        let expected = if [attempt, outcome].contains(&seq) {
            "changed"
        } else {
            "as_written"
        };
        assert_eq!(&row[row.len() - 1], expected, "{seq}");
    }
}

/// Puts a value of another type into the place of a line, which the table refuses as it is.
fn of_another_type(seq: u64) -> String {
    let schema = |from: &str, to: &str| {
        format!(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}') WHERE name = 'audit';
             PRAGMA writable_schema = RESET;"
        )
    };
    let loose = schema("STRICT", "/*S*/");
    let strict = schema("/*S*/", "STRICT");
    format!("{loose} UPDATE audit SET line = x'00ff' WHERE seq = {seq}; {strict}")
}

fn no_text(seq: u64) -> String {
    format!("UPDATE audit SET line = CAST(x'7b22ff227d' AS TEXT) WHERE seq = {seq}")
}

#[tokio::test]
async fn a_line_that_is_no_text_is_marked_and_hides_no_other() {
    let (scene, service) = start().await;
    let resets = two_resets(&service, &scene).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let [attempt, outcome, second, _] = resets[..] else {
        panic!("{resets:?}")
    };
    let mut database = database(&service).await;
    forge(
        &mut database,
        &[&no_text(outcome), &of_another_type(second)],
    )
    .await;
    for query in ["", "?q=lead.lena", "?action=reset_password"] {
        let page = ada.get(&format!("/audit{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert_eq!(marked(&page, CHANGED), [second, outcome], "{query}");
        assert!(numbers(&page).contains(&attempt), "{query}");
    }
    for unreadable in [outcome, second] {
        let page = ada.get(&format!("/audit/{unreadable}")).await;
        assert_eq!(page.status, 200);
        let changed = "This line is not what was signed: it was changed.";
        assert!(page.text().contains(changed), "{}", page.text());
    }
    let page = ada.get(&format!("/audit/{attempt}")).await;
    assert!(page.text().contains(CHANGED), "its outcome is marked there");
    let file = dechunked(&ada.get("/audit.csv").await.body);
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let mut changed = Vec::new();
    for row in reader.records().map(Result::unwrap) {
        if &row[row.len() - 1] == "changed" {
            changed.push(row[0].parse::<u64>().unwrap());
            assert!(row.iter().skip(1).take(row.len() - 2).all(str::is_empty));
        }
    }
    assert_eq!(changed, [second, outcome]);
}

#[tokio::test]
async fn a_record_that_is_gone_is_told_from_one_that_never_was() {
    let (scene, service) = start().await;
    let resets = two_resets(&service, &scene).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let mut database = database(&service).await;
    let gone = format!("DELETE FROM audit WHERE seq = {}", resets[0]);
    forge(&mut database, &[&gone]).await;
    let page = ada.get(&format!("/audit/{}", resets[0])).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains("This record is gone"),
        "{}",
        page.text()
    );
    assert_eq!(ada.get("/audit/999999").await.status, 404);
}

#[tokio::test]
async fn what_a_changed_column_brings_up_is_marked_and_no_outcome_is_another_attempts() {
    let (scene, service) = start().await;
    let resets = two_resets(&service, &scene).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let [first, first_outcome, second, second_outcome] = resets[..] else {
        panic!("{resets:?}")
    };
    let mut database = database(&service).await;
    let of_ada = format!(
        "UPDATE audit SET operator = (SELECT id FROM audit_operator WHERE name = 'ada.auditor'),
                          result = 'refused' WHERE seq = {second_outcome}"
    );
    // Which outcome ends which attempt is turned around.
    let swap = format!(
        "UPDATE audit SET attempt = 1000000 WHERE seq = {first_outcome};
         UPDATE audit SET attempt = {first} WHERE seq = {second_outcome};
         UPDATE audit SET attempt = {second} WHERE seq = {first_outcome}"
    );
    forge(&mut database, &[&of_ada, &swap]).await;
    for query in ["operator=ada.auditor", "q=ada", "result=refused"] {
        let page = ada.get(&format!("/audit?{query}")).await;
        assert_eq!(marked(&page, MISFILED), [second_outcome], "{query}");
        let others: Vec<u64> = numbers(&page);
        assert!(others.contains(&second_outcome), "{query}");
    }
    let page = ada.get(&format!("/audit/{first}")).await;
    assert!(page.text().contains("target.31"), "{}", page.text());
    assert!(!page.text().contains("target.32"), "not another's outcome");
    assert!(page.text().contains(MISFILED));
    let state = service.app.store.outcome_of(Seq(first)).await;
    state.expect_err("an operator hears nothing of another attempt");
}

#[tokio::test]
async fn a_line_that_is_put_in_the_place_of_an_archived_one_is_not_shown() {
    let place = Place::with_old_records("").await;
    place.ok(&["archive", "--older-than-days", "30"]);
    let mut database = raw(&place).await;
    let (next, line): (i64, String) =
        sqlx::query_as("SELECT seq, line FROM audit ORDER BY seq DESC LIMIT 1")
            .fetch_one(&mut database)
            .await
            .unwrap();
    let forged = line.replace(&format!("\"seq\":{next},"), "\"seq\":7,");
    assert!(Record::parse(&forged).is_ok());
    let columns = "time, action, phase, result, operator, target, code, rule";
    let insert = format!(
        "INSERT INTO audit (seq, line, {columns})
         SELECT 7, '{forged}', {columns} FROM audit WHERE seq = {next}"
    );
    forge(&mut database, &[&insert]).await;
    let store = place.open(Place::clock(0)).await;
    let page = store.find(&AuditSearch::default(), None, 50).await.unwrap();
    assert!(page.records.iter().all(|it| it.seq != Seq(7)));
    let kept = store.kept(Seq(7)).await.unwrap().unwrap();
    assert!(kept.record.is_none() && kept.archive.is_some());
    store.close().await;
}

#[tokio::test]
async fn commands_name_a_line_that_was_changed_and_end_with_one() {
    let place = Place::with_old_records("").await;
    let mut database = raw(&place).await;
    let forged = "UPDATE audit SET line = replace(line, 'sign_out', 'sign_in') WHERE seq IN (5, 6)";
    forge(&mut database, &[forged]).await;
    for (arguments, hit) in [
        (&["list"][..], true),
        (&["list", "--last", "500"], true),
        (&["list", "--json"], true),
        (&["export"], true),
        (&["list", "--from", "7"], false),
        (&["export", "--from", "7"], false),
    ] {
        let ended = place.run(arguments);
        assert_eq!(ended.status.code(), Some(i32::from(hit)), "{arguments:?}");
        assert_eq!(
            err(&ended).contains("record 5: they were changed"),
            hit,
            "{}",
            err(&ended)
        );
        if arguments == ["list"] {
            let marked: Vec<_> = out(&ended)
                .lines()
                .filter(|line| line.contains("[changed: "))
                .map(|line| line.split(' ').next().unwrap().to_owned())
                .collect();
            assert_eq!(marked, ["5", "6"]);
        }
        if arguments == ["list", "--json"] {
            let document: serde_json::Value = serde_json::from_str(out(&ended)).unwrap();
            let changed = document
                .as_array()
                .unwrap()
                .iter()
                .filter(|it| it["changed"] == true);
            assert_eq!(changed.count(), 2);
        }
    }
}

#[tokio::test]
async fn commands_go_on_past_a_line_that_is_no_text() {
    let place = Place::with_old_records("").await;
    let mut database = raw(&place).await;
    forge(&mut database, &[&no_text(5), &of_another_type(6)]).await;
    let ended = place.run(&["list"]);
    assert_eq!(ended.status.code(), Some(1), "{}", err(&ended));
    let lines: Vec<&str> = out(&ended).lines().collect();
    for (number, line) in [(5, lines[5]), (6, lines[6])] {
        let expected = format!("{number} is no record [changed: ");
        assert!(line.starts_with(&expected), "{line}");
    }
    assert!(lines.len() > 30 && !lines[7].contains("changed"));
    let export = place.run(&["export"]);
    assert_eq!(export.status.code(), Some(1));
    let stored: Vec<&[u8]> = export.stdout.split(|byte| *byte == b'\n').collect();
    assert_eq!((stored[5], stored[6]), (&b"{\"\xff\"}"[..], &b"\0\xff"[..]));
    assert_eq!(stored.len(), lines.len() + 1, "each of them, byte for byte");
    let proven = place.run(&["prove", "5"]);
    assert_eq!(proven.status.code(), Some(1));
    assert!(
        err(&proven).contains("not what was signed"),
        "{}",
        err(&proven)
    );
}

#[tokio::test]
async fn what_a_changed_column_a_name_or_a_count_hides_is_named_by_audit_verify() {
    let place = Place::with_old_records("").await;
    let well = place.run(&["verify"]);
    assert_eq!(well.status.code(), Some(0), "{}", out(&well));
    let mut database = raw(&place).await;
    forge(
        &mut database,
        &[
            "INSERT INTO audit_operator (sid, name) VALUES ('S-1-5-21-1-2-3-9', 'nobody')",
            "UPDATE audit SET operator = (SELECT id FROM audit_operator) WHERE seq BETWEEN 5 AND 7",
            "INSERT INTO tally VALUES (1968000, 'reset_password', 'ok', '', 0, '', 3)",
        ],
    )
    .await;
    let ended = place.run(&["verify"]);
    assert_eq!(ended.status.code(), Some(1));
    for said in [
        "records 5 to 7: the column operator beside the line says something else",
        "the summary's counts from 2026-02-16T00:00:00Z on are not those of the records",
        "the records are not shown to be wrong, but what is kept beside them is",
    ] {
        assert!(out(&ended).contains(said), "{said}: {}", out(&ended));
    }
}
