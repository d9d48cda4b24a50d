//! The audit log in the browser: who sees it, what the filters find, how pages follow one another, what a
//! file holds, and that each look is on record.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use keyward::actions::{AuditExport, Client};
use keyward::domain::audit::tree::leaf_hash;
use keyward::domain::audit::{AuditAction, AuditResult, AuditSearch, Entry, Record};
use keyward::store::SessionToken;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::support::browser::{Answer, Browser};
use crate::support::directory::Scene;
use crate::support::service::Service;
use crate::support::sessions::looked_at_earlier;
use crate::web_cases::{address, reset};

pub(crate) async fn start() -> (Scene, Service) {
    let scene = Scene::embedded().await;
    let auditors = vec![scene.auditor_group()];
    let service = Service::over_ruled(&scene, |settings| settings.rules.auditors = auditors).await;
    (scene, service)
}

pub(crate) async fn database(service: &Service) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(service.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// The numbers of the records on a page, in its order.
pub(crate) fn numbers(page: &Answer) -> Vec<u64> {
    let links = page.body.split("href=\"/audit/").skip(1);
    // The summary and the file have addresses beside the records'.
    links
        .filter_map(|rest| rest.split('"').next().unwrap().parse().ok())
        .collect()
}

/// Where a link with this text leads.
pub(crate) fn link(page: &Answer, text: &str) -> Option<String> {
    let (before, _) = page.body.split_once(&format!(">{text}</a>"))?;
    let (_, address) = before.rsplit_once("href=\"")?;
    let address = address.split('"').next()?;
    Some(address.replace("&#38;", "&"))
}

/// The text of an element with this id, as it is shown.
fn element(page: &Answer, id: &str) -> String {
    let (_, rest) = page.body.split_once(&format!("id=\"{id}\">")).unwrap();
    let text = rest.split('<').next().unwrap();
    text.replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
}

pub(crate) async fn log(service: &Service) -> Vec<Record> {
    let mut database = database(service).await;
    let lines: Vec<String> = sqlx::query_scalar("SELECT line FROM audit ORDER BY seq")
        .fetch_all(&mut database)
        .await
        .unwrap();
    lines.iter().map(|it| Record::parse(it).unwrap()).collect()
}

/// As many further records as are wanted, each with so many long details.
pub(crate) async fn fill(service: &Service, number: usize, details: usize) {
    let mut entry = Entry::new(AuditAction::SettingsChanged);
    for at in 0..details {
        entry
            .details
            .insert(format!("detail{at}"), "x".repeat(200).into());
    }
    let records = (0..number).map(|_| service.app.store.event(entry.clone()));
    let pieces: Vec<_> = records.collect();
    let mut written = futures_util::stream::iter(pieces).buffer_unordered(64);
    while let Some(seq) = written.next().await {
        seq.unwrap();
    }
}

#[tokio::test]
async fn an_operator_sees_no_log_and_the_same_page_as_for_an_address_that_nobody_has() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let missing = lena.get("/nowhere").await;
    assert_eq!(missing.status, 404);
    for target in [
        "/audit",
        "/audit?from=nonsense",
        "/audit/0",
        "/audit/999",
        "/audit.csv",
    ] {
        let answer = lena.get(target).await;
        assert_eq!(answer.status, 404, "{target}");
        assert_eq!(answer.body, missing.body, "{target}");
    }
    for (method, target) in [
        ("GET", "/audit?action=bogus"),
        ("GET", "/audit?nothing=of+ours"),
        ("GET", "/audit?q=%zz"),
        ("GET", "/audit/x"),
        ("GET", "/audit/0?x=y"),
        ("GET", "/audit.csv?page=1"),
        ("GET", "/audit/summary?x=y"),
        ("DELETE", "/audit"),
        ("PUT", "/audit/0"),
        ("OPTIONS", "/audit.csv"),
        ("PATCH", "/audit/summary"),
    ] {
        let answer = lena.send(method, target, None).await;
        assert_eq!(answer.status, 404, "{method} {target}");
        assert_eq!(answer.body, missing.body, "{method} {target}");
        assert_eq!(answer.header("allow"), None, "{method} {target}");
    }
    assert!(!lena.get("/").await.body.contains("/audit"));
    let log = log(&service).await;
    let refused: Vec<_> = log
        .iter()
        .filter(|it| it.entry.code.as_deref() == Some("not_auditor"))
        .map(|it| (it.entry.action, it.entry.result))
        .collect();
    assert_eq!(
        refused,
        [
            (AuditAction::ViewAudit, Some(AuditResult::Refused)),
            (AuditAction::ExportAudit, Some(AuditResult::Refused)),
        ]
    );
    // Tries like the first one were counted: each of them is on record.
    service.app.store.flush_counts().await.unwrap();
    let counted = self::log(&service).await;
    let counted = counted.iter().rev().find(|it| {
        it.entry.code.as_deref() == Some("not_auditor") && it.entry.action == AuditAction::ViewAudit
    });
    let suppressed = &counted.unwrap().entry.details["suppressed"];
    assert_eq!(suppressed.as_i64(), Some(3 + 11 - 1));
}

#[tokio::test]
async fn an_auditor_hears_what_is_wrong_with_a_request() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    assert_eq!(ada.get("/audit?action=bogus").await.status, 400);
    assert_eq!(ada.get("/audit/x").await.status, 404);
    let answer = ada.send("DELETE", "/audit", None).await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
}

#[tokio::test]
async fn an_auditor_who_is_no_operator_resets_nobody_even_with_a_form() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let page = address(&scene, "target.07");
    for action in ["reset", "unlock"] {
        let answer = ada
            .post(&format!("{page}/{action}"), &[("csrf", "x")])
            .await;
        assert_eq!(answer.status, 403, "no page gave out a token");
    }
    assert!(scene.server().witness().resets().is_empty());
    assert_eq!(ada.get(&page).await.status, 404);
}

#[tokio::test]
async fn whoever_could_reset_an_auditor_would_be_one_so_nobody_can() {
    let (scene, service) = start().await;
    let admin = scene.server().admin();
    admin.join("alice.able", "Data Protection").unwrap();
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let page = lena.get(&address(&scene, "alice.able")).await;
    assert!(page.body.contains("KW-323"), "{}", page.text());
    assert!(!page.body.contains("/reset\""));
}

#[tokio::test]
async fn who_is_no_auditor_any_more_loses_the_log_within_a_minute() {
    let (scene, service) = start().await;
    let mut bo = service.sign_in(&scene, "bo.both").await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    assert_eq!(bo.get("/audit").await.status, 200);
    let admin = scene.server().admin();
    admin.leave("bo.both", "Log Readers").unwrap();
    admin.leave("ada.auditor", "Data Protection").unwrap();
    looked_at_earlier(&service.database(), 46).await;
    assert_eq!(bo.get("/audit").await.status, 404);
    assert_eq!(bo.get("/").await.status, 200, "still an operator");
    assert_eq!(ada.get("/audit").await.location(), "/sign-in");
}

#[tokio::test]
async fn nobody_reads_the_log_on_the_strength_of_an_old_answer_of_the_directory() {
    let (mut scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    scene.server_mut().stop().await;
    assert_eq!(ada.get("/audit").await.status, 200, "asked a moment ago");
    looked_at_earlier(&service.database(), 46).await;
    assert_eq!(ada.get("/audit").await.status, 503);
}

#[tokio::test]
async fn each_filter_finds_what_it_says_and_nothing_else() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let done = reset(&mut lena, &address(&scene, "target.31")).await;
    assert_eq!(done.status, 200, "{}", done.text());
    lena.get(&address(&scene, "adam.admin")).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let all = log(&service).await;
    let expect = |fits: &dyn Fn(&Record) -> bool| -> Vec<u64> {
        let fitting = all.iter().rev().filter(|it| fits(it));
        fitting.map(|it| it.seq.0).collect()
    };
    let name = |it: &Record| it.entry.target.as_ref().and_then(|t| t.name.clone());
    let sid = scene.sid("lead.lena");
    let by_lena =
        |it: &Record| it.entry.operator.as_ref().and_then(|o| o.sid.clone()) == Some(sid.clone());
    let cases: Vec<(String, Vec<u64>)> = vec![
        (
            "action=reset_password".to_owned(),
            expect(&|it| it.entry.action == AuditAction::ResetPassword),
        ),
        (
            "result=ok&action=sign_in".to_owned(),
            expect(&|it| {
                it.entry.result == Some(AuditResult::Ok) && it.entry.action == AuditAction::SignIn
            }),
        ),
        (format!("operator={sid}"), expect(&by_lena)),
        ("operator=LEAD.Lena".to_owned(), expect(&by_lena)),
        (
            "q=TARGET.3".to_owned(),
            expect(&|it| name(it).as_deref() == Some("target.31")),
        ),
        ("q=lena".to_owned(), expect(&by_lena)),
        (
            "q=1".to_owned(),
            expect(&|it| it.seq.0 == 1 || name(it).as_deref() == Some("target.31")),
        ),
        ("q=%25".to_owned(), Vec::new()),
        ("operator=nobody.atall".to_owned(), Vec::new()),
        ("to=2020-01-01".to_owned(), Vec::new()),
        ("from=2999-01-01".to_owned(), Vec::new()),
        (
            "from=2020-01-01&action=view_account".to_owned(),
            expect(&|it| it.entry.action == AuditAction::ViewAccount),
        ),
        // Last: looking at somebody's history becomes a part of it.
        (
            format!("target={}", scene.guid("target.31")),
            expect(&|it| name(it).as_deref() == Some("target.31")),
        ),
    ];
    for (query, expected) in cases {
        let page = ada.get(&format!("/audit?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert_eq!(numbers(&page), expected, "{query}");
        assert_eq!(
            page.body.contains("No records match"),
            expected.is_empty(),
            "{query}"
        );
    }
}

#[tokio::test]
async fn what_no_page_of_ours_sends_is_refused_and_what_a_person_typed_is_named() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    for wrong in [
        "q=a&q=b",
        "extra=1",
        "action=fly",
        "result=perhaps",
        "page=x",
        "target=x",
        "q=%ff",
    ] {
        assert_eq!(
            ada.get(&format!("/audit?{wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
    for (query, code) in [
        ("from=yesterday".to_owned(), "KW-214"),
        ("from=2026-03-02&to=2026-03-01".to_owned(), "KW-215"),
        (format!("q={}", "x".repeat(65)), "KW-212"),
        ("q=a%00b".to_owned(), "KW-213"),
    ] {
        for path in ["/audit", "/audit.csv"] {
            let answer = ada.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.status, 422, "{path} {query}");
            assert!(answer.body.contains(code), "{}", answer.text());
        }
    }
    let empty = ada
        .get("/audit?q=&action=&result=&operator=&from=&to=")
        .await;
    assert_eq!(empty.status, 200, "as a browser sends the form");
    let head = ada.send("HEAD", "/audit", None).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(ada.post("/audit", &[]).await.status, 405);
}

#[tokio::test]
async fn going_through_the_pages_shows_each_record_once_while_new_ones_come_in() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    fill(&service, 500, 0).await;
    let newest = log(&service).await.len();
    for start in ["/audit", "/audit?from=2020-01-01"] {
        let mut seen = Vec::new();
        let mut next = Some(start.to_owned());
        while let Some(address) = next {
            let page = ada.get(&address).await;
            assert_eq!(page.status, 200, "{address}");
            seen.extend(numbers(&page));
            fill(&service, 20, 0).await;
            next = link(&page, "Older");
        }
        let all: HashSet<u64> = seen.iter().copied().collect();
        assert_eq!(all.len(), seen.len(), "{start}: a record twice");
        let expected = (0..u64::try_from(newest).unwrap()).all(|seq| all.contains(&seq));
        assert!(expected, "{start}: a record is missing");
    }
}

#[tokio::test]
async fn a_file_holds_what_the_page_shows_and_formulas_are_text() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    lena.get(&address(&scene, "odd.formula")).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    scene
        .server()
        .admin()
        .put("odd.formula", "sAMAccountName", Some("=cmd"))
        .unwrap();
    reset(&mut lena, &address(&scene, "odd.formula")).await;
    fill(&service, 1200, 0).await;
    let before = log(&service).await;
    let answer = ada.get("/audit.csv").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"keyward-audit.csv\"")
    );
    let body = dechunked(&answer.body);
    let mut reader = csv::Reader::from_reader(body.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let numbers: Vec<u64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    let expected: Vec<u64> = before.iter().rev().map(|it| it.seq.0).collect();
    assert_eq!(numbers, expected, "newest first, all of them");
    assert!(body.contains(",'=cmd,"), "a name that is a formula");
    for (row, record) in rows.iter().zip(before.iter().rev()) {
        assert_eq!(&row[2], record.entry.action.word());
        assert_eq!(&row[6], record.entry.code.as_deref().unwrap_or_default());
    }
    let some = dechunked(&ada.get("/audit.csv?action=reset_password").await.body);
    assert_eq!(some.lines().count(), 1 + 2, "{some}");
    let none = dechunked(&ada.get("/audit.csv?to=2020-01-01").await.body);
    assert_eq!(none.lines().count(), 1, "the head alone");
    let exports = log(&service).await;
    let exports: Vec<_> = exports
        .iter()
        .filter(|it| it.entry.action == AuditAction::ExportAudit)
        .map(|it| {
            it.entry
                .details
                .get("action")
                .and_then(|it| it.as_str())
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(exports, [None, Some("reset_password".to_owned()), None]);
}

#[tokio::test]
async fn a_page_says_up_to_when_records_are_in_archives_and_which_command_reads_them() {
    let (scene, service) = start().await;
    service.sign_in(&scene, "lead.lena").await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    fill(&service, 60, 0).await;
    let none = ada.get("/audit").await;
    assert!(
        none.body.contains("The newest 50 records"),
        "{}",
        none.text()
    );
    assert!(!none.text().contains("archives, which"), "{}", none.text());
    let older = ada.get(&link(&none, "Older").unwrap()).await;
    assert!(older.body.contains(" older records<"), "{}", older.text());
    // 2026-03-01T23:30:00Z is the day after in the site's time zone, or the same one.
    let archive = "INSERT INTO archive (first, next, file, newest)
                   VALUES (0, 2, 'audit-000000000000-000000000002.jsonl.zst', 1772406000000000)";
    sqlx::query(archive)
        .execute(&mut database(&service).await)
        .await
        .unwrap();
    for (query, command) in [
        ("", "keyward audit list --until 2026-03-0"),
        (
            "?operator=lead.lena&action=reset_password&rule=it%27s+one&from=2026-02-01",
            "keyward audit list --operator lead.lena --action reset_password --rule 'it'\\''s one' --since 2026-02-01 --until 2026-03-0",
        ),
        (
            "?to=2026-02-02&q=nobody",
            "keyward audit list --until 2026-02-02",
        ),
    ] {
        let page = ada.get(&format!("/audit{query}")).await;
        let said = page.body.replace("&#39;", "'");
        assert!(said.contains(command), "{query}: {}", page.text());
        assert!(
            page.text()
                .contains("(those before number 2) are in archives"),
            "{query}"
        );
    }
    let young = ada.get("/audit?from=2026-03-04").await;
    assert!(
        !young.text().contains("are in archives"),
        "nothing of these days is"
    );
}

#[tokio::test]
async fn each_look_is_recorded_and_what_was_typed_only_where_it_is_somebodys_name() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let typed = "Hunter2-in-the-wrong-box";
    assert_eq!(
        ada.get(&format!("/audit?q={typed}&operator={typed}"))
            .await
            .status,
        200
    );
    let mut bo = service.sign_in(&scene, "bo.both").await;
    assert_eq!(bo.get("/audit?q=ada").await.status, 200);
    let log = log(&service).await;
    let looks: Vec<_> = log
        .iter()
        .filter(|it| it.entry.action == AuditAction::ViewAudit)
        .map(|it| it.entry.details["q"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(looks, ["?", "ada"]);
    assert!(log.iter().all(|it| !it.to_line().contains(typed)));
}

#[tokio::test]
async fn looks_at_different_things_are_recorded_one_by_one_and_the_same_one_is_counted_even_at_a_stop()
 {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    for look in [
        "/audit",
        "/audit/0",
        "/audit/1",
        "/audit?q=ada",
        "/audit?q=lena",
        "/audit?page=2",
        "/audit/summary",
        "/audit/1",
        "/audit/1",
        "/audit/1",
    ] {
        assert_eq!(ada.get(look).await.status, 200, "{look}");
    }
    let looks = |log: Vec<Record>| -> Vec<String> {
        let looks = log
            .iter()
            .filter(|it| it.entry.action == AuditAction::ViewAudit);
        let said = looks.map(|it| {
            let line = it.to_line();
            let details = line.split_once("\"details\":");
            details
                .map(|(_, details)| details.to_owned())
                .unwrap_or_default()
        });
        said.collect()
    };
    let before = looks(log(&service).await);
    assert_eq!(before.len(), 7, "{before:?}");
    assert!(before[1].contains("\"record\":0") && before[2].contains("\"record\":1"));
    assert!(before[5].contains("\"before\":2"));
    service.app.store.flush_counts().await.unwrap();
    let after = looks(log(&service).await);
    assert_eq!(after.len(), 8, "{after:?}");
    assert!(
        after[7].contains("\"record\":1,\"seconds_ago\":")
            && after[7].contains(",\"suppressed\":2"),
        "{after:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_shown() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    // The same looks again would only be counted.
    for target in ["/audit?q=ada", "/audit/1", "/audit/summary"] {
        assert_eq!(ada.get(target).await.status, 200, "{target}");
    }
    let mut blocker = database(&service).await;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut blocker)
        .await
        .unwrap();
    for target in [
        "/audit",
        "/audit/0",
        "/audit.csv",
        "/audit?q=ada",
        "/audit/1",
        "/audit/summary",
    ] {
        let answer = ada.get(target).await;
        assert_eq!(answer.status, 503, "{target}");
        assert!(!answer.body.contains("signed in"), "{target}");
    }
    sqlx::query("ROLLBACK").execute(&mut blocker).await.unwrap();
}

#[tokio::test]
async fn the_proof_on_a_records_page_leads_to_the_root_of_its_checkpoint() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    reset(&mut lena, &address(&scene, "target.31")).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let (attempt, outcome) = {
        let found = numbers(&ada.get("/audit?action=reset_password").await);
        (found[1], found[0])
    };
    service.app.store.checkpoint().await.unwrap();
    let page = ada.get(&format!("/audit/{attempt}")).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains(&format!("href=\"/audit/{outcome}\"")),
        "its outcome"
    );
    let line = element(&page, "the-line");
    let record = Record::parse(&line).unwrap();
    assert_eq!(record.seq.0, attempt);
    assert_proven(&page, &record);
    let nothing = ada.get("/audit/999999").await;
    assert_eq!(nothing.status, 404);
}

/// A record's page proves that its line is in the log, whoever has the line.
pub(crate) fn assert_proven(page: &Answer, record: &Record) {
    let leaf = leaf_hash(record.to_line());
    assert_eq!(element(page, "the-leaf"), STANDARD.encode(leaf.0));
    let hashes = element(page, "the-hashes");
    let proof: Vec<[u8; 32]> = hashes
        .lines()
        .map(|line| STANDARD.decode(line).unwrap().try_into().unwrap())
        .collect();
    let note = element(page, "the-checkpoint");
    let mut lines = note.lines().skip(1);
    let size: u64 = lines.next().unwrap().parse().unwrap();
    let root = root_from(record.seq.0, size, leaf.0, &proof);
    assert_eq!(STANDARD.encode(root), lines.next().unwrap());
}

/// RFC 9162 2.1.3.2, by hand.
fn root_from(index: u64, size: u64, leaf: [u8; 32], proof: &[[u8; 32]]) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    let node = |left: &[u8], right: &[u8]| -> [u8; 32] {
        let hash = Sha256::new().chain_update([1]).chain_update(left);
        hash.chain_update(right).finalize().into()
    };
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for step in proof {
        if at % 2 == 1 || at == last {
            hash = node(step, &hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    assert_eq!(last, 0, "as many hashes as the tree is high");
    hash
}

/// A connection on which an export has begun. What a machine says whose store is too busy is asked again.
async fn begun_over_http(service: &Service, request: &str) -> tokio::net::TcpStream {
    let begin = async {
        loop {
            let stream = tokio::net::TcpStream::connect(service.address).await;
            let mut stream = stream.unwrap();
            let sent = tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes());
            sent.await.unwrap();
            let mut first = [0; 12];
            let read = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first);
            read.await.unwrap();
            if &first != b"HTTP/1.1 503" {
                assert_eq!(&first, b"HTTP/1.1 200");
                return stream;
            }
        }
    };
    let within = tokio::time::timeout(std::time::Duration::from_mins(1), begin).await;
    within.expect("an export begins")
}

/// The answer, once it is another one than that the store is too busy.
async fn answer_of(browser: &mut Browser, target: &str) -> Answer {
    let ask = async {
        loop {
            let answer = browser.get(target).await;
            if answer.status != 503 || answer.text().contains("KW-810") {
                return answer;
            }
        }
    };
    let within = tokio::time::timeout(std::time::Duration::from_mins(1), ask).await;
    within.expect("it is answered")
}

#[tokio::test]
async fn a_browser_that_goes_away_ends_its_export_and_others_find_room() {
    let (scene, service) = start().await;
    let ada = service.sign_in(&scene, "ada.auditor").await;
    // More than there is room for between the two.
    fill(&service, 4000, 8).await;
    let request = ada.request("GET", "/audit.csv", None);
    let held = [
        begun_over_http(&service, &request).await,
        begun_over_http(&service, &request).await,
    ];
    let mut third: Browser = ada.clone();
    let refused = answer_of(&mut third, "/audit.csv").await;
    assert_eq!(refused.status, 503, "two at once, and no more");
    let page = answer_of(&mut third, "/audit").await;
    assert_eq!(page.status, 200, "pages go on");
    drop(held);
    let room = async {
        while third.get("/audit.csv?to=2020-01-01").await.status == 503 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let within = tokio::time::timeout(std::time::Duration::from_secs(30), room).await;
    within.expect("an export whose client is gone ends");
}

/// An export that has begun and given its first records away.
async fn begun(service: &Service, browser: &Browser) -> AuditExport {
    let mut tokens = browser.cookies.values();
    let token = tokens.find_map(|it| SessionToken::parse(it)).unwrap();
    let session = service.app.session(&token).await.unwrap().unwrap();
    let client = Client {
        address: "192.0.2.7".parse().unwrap(),
    };
    let search = AuditSearch::default();
    let export = service.app.audit_export(&session, search, client).await;
    let mut export = export.unwrap();
    assert_eq!(export.next().await.unwrap().unwrap().len(), 500);
    export
}

/// As if so much time had gone by.
async fn a_minute_later() {
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn an_export_ends_within_a_minute_when_its_auditor_signs_out_or_is_none_any_more() {
    let (scene, service) = start().await;
    fill(&service, 1200, 0).await;
    let mut bo = service.sign_in(&scene, "bo.both").await;
    let mut signed_out = begun(&service, &bo).await;
    bo.submit("/", "/sign-out", &[]).await;
    a_minute_later().await;
    signed_out.next().await.expect_err("there is no session");
    drop(signed_out);
    let ada = service.sign_in(&scene, "ada.auditor").await;
    let mut export = begun(&service, &ada).await;
    a_minute_later().await;
    assert!(export.next().await.unwrap().is_some(), "it goes on");
    let admin = scene.server().admin();
    admin.leave("ada.auditor", "Data Protection").unwrap();
    a_minute_later().await;
    export.next().await.expect_err("no auditor any more");
}

/// The body of a chunked answer.
pub(crate) fn dechunked(body: &str) -> String {
    let (mut rest, mut whole) = (body, String::new());
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.push_str(&after[..length]);
        rest = &after[length + 2..];
    }
    panic!("the last chunk is missing");
}
