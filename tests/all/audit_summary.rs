//! The summary's numbers and the records that its links lead to.

use std::collections::HashMap;

use keyward::domain::audit::{
    AuditAction, AuditOperator, AuditResult, AuditTarget, Detail, Entry, Record,
};
use keyward::domain::identity::ObjectGuid;
use keyward::store::Attempted;

use crate::audit_pages::{link, log, numbers, start};
use crate::support::browser::{Answer, Browser};
use crate::support::service::Service;
use crate::web_cases::{address, reset};

fn by(name: &str, rid: u32) -> AuditOperator {
    AuditOperator {
        sid: Some(format!("S-1-5-21-1-2-3-{rid}").parse().unwrap()),
        name: name.to_owned(),
    }
}

async fn ends(service: &Service, operator: AuditOperator, rule: &str, ended: AuditResult) {
    let mut entry = Entry::new(AuditAction::ResetPassword);
    entry.operator = Some(operator);
    entry.rule = Some(rule.to_owned());
    entry.target = Some(AuditTarget {
        guid: ObjectGuid::from([7; 16]),
        sid: None,
        name: Some("alice".to_owned()),
        dn: None,
    });
    let attempted = service.app.store.attempt(entry.clone(), None, None).await;
    let Ok(Attempted::Recorded(attempt)) = attempted else {
        panic!("no form was used")
    };
    entry.result = Some(ended);
    entry.code = (ended != AuditResult::Ok).then(|| "directory_busy".to_owned());
    service.app.store.outcome(attempt, entry).await.unwrap();
}

async fn refused(service: &Service, action: AuditAction, code: &str, others: u32) {
    let mut entry = Entry::new(action);
    entry.result = Some(AuditResult::Refused);
    entry.code = Some(code.to_owned());
    if others > 0 {
        entry.details.insert("suppressed".to_owned(), others.into());
    }
    service.app.store.event(entry).await.unwrap();
}

/// More than a page of resets, one operator's name twice, rules of odd names, one cause of signing in and
/// of something else, and some that were only counted.
async fn happen(service: &Service) {
    for number in 0..60 {
        let rule = ["Desk & <school>", "lager+ost"][number % 2];
        ends(service, by("olga", 1100), rule, AuditResult::Ok).await;
    }
    ends(service, by("olga", 1188), "lager+ost", AuditResult::Ok).await;
    ends(service, by("ben", 1101), "lager+ost", AuditResult::Failed).await;
    ends(service, by("ben", 1101), "lager+ost", AuditResult::Unknown).await;
    for (action, code, others) in [
        (AuditAction::SignIn, "directory_busy", 0),
        (AuditAction::SignIn, "wrong_password", 0),
        (AuditAction::SignIn, "wrong_password", 41),
        (AuditAction::ResetPassword, "directory_busy", 0),
        (AuditAction::UnlockAccount, "protected_group", 0),
        (AuditAction::ViewAccount, "protected_group", 2),
    ] {
        refused(service, action, code, others).await;
    }
}

/// Addresses and numbers of the bars that are links; a picture's bar says its number in its title.
fn bars(summary: &Answer) -> Vec<(String, u64)> {
    let bar = |piece: &str| {
        let address = piece.split('"').next()?.replace("&#38;", "&");
        let (_, count) = match piece.split_once("<title>") {
            Some((_, title)) => title.split_once("</title>")?.0.rsplit_once(": ")?,
            None => piece.split_once("</a></th><td>")?,
        };
        let count = count.split('<').next()?.replace(',', "");
        Some((address, count.parse().ok()?))
    };
    summary
        .body
        .split("<a ")
        .filter_map(|piece| {
            let (_, rest) = piece.split_once("href=\"")?;
            bar(rest)
        })
        .filter(|(address, _)| address.starts_with("/audit?"))
        .collect()
}

/// All records that a link leads to, through all pages.
async fn found(browser: &mut Browser, address: &str) -> Vec<u64> {
    let (mut found, mut next) = (Vec::new(), Some(address.to_owned()));
    while let Some(address) = next {
        let page = browser.get(&address).await;
        assert_eq!(page.status, 200, "{address}");
        found.extend(numbers(&page));
        next = link(&page, "Older");
    }
    found
}

#[tokio::test]
async fn each_number_in_the_summary_is_that_of_the_records_that_its_link_shows() {
    let (scene, service) = start().await;
    happen(&service).await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    reset(&mut lena, &address(&scene, "target.31")).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let summary = ada.get("/audit/summary").await;
    let bars = bars(&summary);
    let log: HashMap<u64, Record> = log(&service)
        .await
        .into_iter()
        .map(|it| (it.seq.0, it))
        .collect();
    let mut kinds: HashMap<&str, u64> = HashMap::new();
    for (address, count) in &bars {
        let records = found(&mut ada, address).await;
        // What was only counted is said beside the record that stands for it.
        let counted = records.iter().map(|seq| {
            let suppressed = log[seq].entry.details.get("suppressed");
            1 + suppressed.and_then(Detail::as_u64).unwrap_or(0)
        });
        assert_eq!(counted.sum::<u64>(), *count, "{address}: {records:?}");
        let kind = [
            "operator=",
            "rule=",
            "code=",
            "action=reset_password&result=ok&from=",
        ];
        let kind = kind.into_iter().find(|kind| address.contains(kind));
        *kinds.entry(kind.expect(address)).or_default() += count;
    }
    // 62 resets were done: in the picture and the table of the days, once by operator, once by rule.
    assert_eq!(kinds["action=reset_password&result=ok&from="], 2 * 62);
    assert_eq!((kinds["operator="], kinds["rule="]), (62, 62));
    assert_eq!(kinds["code="], (1 + 43) + (1 + 1 + 1) + (1 + 3), "{bars:?}");
    let csv = bars
        .iter()
        .find(|(address, _)| address.contains("protected_group"));
    let csv = csv.unwrap().0.replace("/audit?", "/audit.csv?");
    let rows = ada.get(&csv).await.body;
    assert_eq!(rows.matches(",protected_group,").count(), 1, "{rows}");
}

#[tokio::test]
async fn what_was_refused_besides_resets_and_unlocks_is_not_counted_as_one() {
    let (scene, service) = start().await;
    for (action, code) in [
        (AuditAction::ViewAccount, "protected_group"),
        (AuditAction::ExportAudit, "not_auditor"),
        (AuditAction::UnlockAccount, "protected_group"),
    ] {
        refused(&service, action, code, 0).await;
    }
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let summary = ada.get("/audit/summary").await;
    let section = |id: &str| {
        let (_, rest) = summary.body.split_once(&format!("id=\"{id}\"")).unwrap();
        let section = rest.split("</section>").next().unwrap();
        let actions = section.split("/audit?action=").skip(1);
        let word = |rest: &str| rest.split('&').next().unwrap().to_owned();
        let mut actions: Vec<String> = actions.map(word).collect();
        actions.sort_unstable();
        actions
    };
    assert_eq!(section("not-done"), ["unlock_account"]);
    assert_eq!(section("others"), ["export_audit", "view_account"]);
}

#[tokio::test]
async fn a_cause_and_a_rule_that_nothing_has_are_not_written_into_the_log() {
    let (scene, service) = start().await;
    refused(&service, AuditAction::UnlockAccount, "protected_group", 0).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let typed = "Hunter2-in-the-wrong-box";
    for query in [format!("code={typed}"), format!("rule={typed}")] {
        assert_eq!(ada.get(&format!("/audit?{query}")).await.status, 200);
        assert_eq!(ada.get(&format!("/audit.csv?{query}")).await.status, 200);
    }
    assert_eq!(ada.get("/audit.csv?code=protected_group").await.status, 200);
    let log = log(&service).await;
    assert!(log.iter().all(|it| !it.to_line().contains(typed)));
    let exports = log
        .iter()
        .filter(|it| it.entry.action == AuditAction::ExportAudit);
    let asked: Vec<&Detail> = exports
        .filter_map(|it| it.entry.details.get("code"))
        .collect();
    assert_eq!(
        asked,
        [&Detail::from("?"), &Detail::from("protected_group")]
    );
}
