//! Records that moved into an archive, in the browser: what of them can still be seen, proven and taken away.

use jiff::SignedDuration;
use keyward::archive::{Archiving, Order};
use keyward::domain::audit::{AuditAction, Record};
use keyward::domain::time::Clock;

use crate::audit_pages::{assert_proven, dechunked, link, log, numbers, start};
use crate::support::browser::Browser;
use crate::support::service::Service;
use crate::web_cases::{address, reset};

/// Everything that may go, into a file, as the service does it.
async fn archive(service: &Service) {
    let database = service.database();
    let archiving = Archiving {
        folder: database.with_file_name("archive"),
        database,
        after_days: None,
        keep_days: None,
        sinks: Vec::new(),
    };
    let clock = Clock::system();
    let tomorrow = clock.now() + SignedDuration::from_hours(24);
    let order = Order {
        before: Some(tomorrow),
        ..Order::default()
    };
    let report = archiving.run(&service.app.store, &clock, order).await;
    let report = report.unwrap().to_string();
    assert!(
        report.contains("moved into audit-000000000000-"),
        "{report}"
    );
}

async fn csv(browser: &mut Browser, query: &str) -> Vec<u64> {
    let body = dechunked(&browser.get(&format!("/audit.csv{query}")).await.body);
    let mut rows = csv::Reader::from_reader(body.as_bytes());
    rows.records()
        .map(|row| row.unwrap()[0].parse().unwrap())
        .collect()
}

#[tokio::test]
async fn an_archived_record_keeps_its_page_and_its_proof_and_the_list_says_where_it_is() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let done = reset(&mut lena, &address(&scene, "target.31")).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let old = log(&service).await;
    let of_reset = |it: &&Record| it.entry.action == AuditAction::ResetPassword;
    let [attempt, outcome] = old.iter().filter(of_reset).collect::<Vec<_>>()[..] else {
        panic!("an attempt and its outcome")
    };
    archive(&service).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    service.app.store.checkpoint().await.unwrap();

    for record in [attempt, outcome] {
        let page = ada.get(&format!("/audit/{}", record.seq.0)).await;
        assert_eq!(page.status, 200);
        assert!(
            page.text().contains("This record is in the archive"),
            "{}",
            page.text()
        );
        assert!(
            !page.body.contains("target.31"),
            "what it said is in the archive alone"
        );
        assert_proven(&page, record);
    }

    let listed = ada.get("/audit").await;
    let here: Vec<u64> = log(&service).await.iter().map(|it| it.seq.0).collect();
    let first = u64::try_from(old.len()).unwrap();
    assert!(here.iter().all(|seq| *seq >= first), "{here:?}");
    assert!(numbers(&listed).iter().all(|seq| *seq >= first));
    let said = format!("(those before number {first}) are in archives");
    assert!(listed.text().contains(&said), "{}", listed.text());
    for (query, expected) in [
        ("?action=reset_password", true),
        ("?from=2020-01-01&to=2020-01-02", true),
        ("?from=2999-01-01", false),
    ] {
        let page = ada.get(&format!("/audit{query}")).await;
        assert_eq!((numbers(&page), link(&page, "Older")), (Vec::new(), None));
        assert_eq!(page.text().contains(&said), expected, "{query}");
    }

    let rows = csv(&mut ada, "").await;
    assert!(
        !rows.is_empty() && rows.iter().all(|seq| *seq >= first),
        "{rows:?}"
    );
    assert_eq!(csv(&mut ada, "?action=reset_password").await, [0_u64; 0]);
    let summary = ada.get("/audit/summary").await;
    assert!(
        summary.text().contains("1 password was reset"),
        "stays counted"
    );
}
