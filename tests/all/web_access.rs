//! Who may help somebody, and why: the auditors' page, over the embedded directory.

use std::num::NonZeroU32;

use keyward::actions::ActionSettings;
use keyward::domain::audit::{AuditAction, AuditOperator, Detail};
use keyward::domain::limits::FrozenBy;
use keyward::domain::rules::{TargetName, WrittenRule};

use crate::audit_pages::{link, log};
use crate::support::directory::Scene;
use crate::support::service::Service;
use crate::web_cases::{address, reset};

/// The article's rule, one for another network, and one for others.
async fn start() -> (Scene, Service) {
    let scene = Scene::embedded().await;
    let auditors = vec![scene.auditor_group()];
    let change = |settings: &mut ActionSettings| {
        settings.rules.auditors = auditors;
        let first = &mut settings.rules.rules[0];
        first.limits.resets_per_hour = NonZeroU32::new(5);
        let away = WrittenRule {
            name: "away".to_owned(),
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            ..first.clone()
        };
        let others = WrittenRule {
            name: "others".to_owned(),
            operators: vec!["Strict Passwords".to_owned()],
            targets: vec![TargetName::OwnOu],
            ..first.clone()
        };
        settings.rules.rules.extend([away, others]);
    };
    let service = Service::over_ruled(&scene, change).await;
    (scene, service)
}

/// The address of the page about `sam`.
fn asking(scene: &Scene, sam: &str, query: &str) -> String {
    format!("{}/access{query}", address(scene, sam))
}

#[tokio::test]
async fn only_auditors_find_the_page_and_whatever_others_send_it_is_not_there() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let missing = lena.get("/nowhere").await;
    let there = asking(&scene, "alice.able", "");
    for (method, target) in [
        ("GET", there.clone()),
        ("GET", format!("{there}?operator=lead.lena")),
        ("GET", format!("{there}?x=y")),
        ("GET", format!("{there}?operator=a&operator=b")),
        ("GET", "/accounts/nobody/access".to_owned()),
        ("DELETE", there.clone()),
        ("OPTIONS", there.clone()),
    ] {
        let answer = lena.send(method, &target, None).await;
        assert_eq!(answer.status, 404, "{method} {target}");
        assert_eq!(answer.body, missing.body, "{method} {target}");
        assert_eq!(answer.header("allow"), None, "{method} {target}");
    }
    let refused = log(&service).await.into_iter().find(|it| {
        it.entry.code.as_deref() == Some("not_auditor")
            && it.entry.action == AuditAction::ViewAccount
    });
    assert!(refused.is_some(), "the try is on record");
    let own = lena.get(&address(&scene, "alice.able")).await;
    assert!(!own.body.contains("/access"), "no link for them");
}

#[tokio::test]
async fn an_auditor_hears_what_is_wrong_with_a_question() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    for (query, status, said) in [
        ("", 200, "name=\"operator\""),
        ("?x=y", 400, "KW-801"),
        ("?operator=a&operator=b", 400, "KW-801"),
        ("?operator=nobody.at.all", 200, "KW-216"),
        ("?operator=%3Cb%3E%2A", 200, "KW-216"),
        ("?operator=lead.lena&from=somewhere", 422, "KW-217"),
    ] {
        let answer = ada.get(&asking(&scene, "alice.able", query)).await;
        assert_eq!(answer.status, status, "{query}");
        assert!(answer.body.contains(said), "{query}: {}", answer.text());
        assert!(!answer.body.contains("Rules that match"), "{query}");
    }
    let outside = ada.get(&asking(&scene, "otto.outside", "")).await;
    assert_eq!(outside.status, 404, "below no rule's OU");
    let delete = asking(&scene, "alice.able", "");
    assert_eq!(ada.send("DELETE", &delete, None).await.status, 405);
}

#[tokio::test]
async fn the_page_says_for_each_action_whether_and_by_which_rule() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let domain = scene.settings.domain.clone();
    for name in ["lead.lena".to_owned(), format!("{domain}%5Clead.lena")] {
        let target = asking(&scene, "alice.able", &format!("?operator={name}"));
        let page = ada.get(&target).await;
        assert_eq!(page.status, 200, "{name}");
        let text = page.text();
        for said in [
            "Who may help Alice Able?",
            "Lena Lead · lead.lena",
            "Look at the account · yes, by the rule “away”",
            "Reset the password · yes, by the rule “away”",
            "Unlock the account · no. The account is not locked, so there is nothing to unlock. KW-336",
            "reset_group · allows · matches · 0 of 5 resets in the last hour",
            "others · allows · the operator is in none of its groups",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
}

#[tokio::test]
async fn an_address_decides_about_the_rules_of_networks() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    for (from, rule, said) in [
        (
            "192.0.2.7",
            "reset_group",
            "away · allows · it does not hold from this network",
        ),
        ("10.1.2.3", "away", "away · allows · matches"),
    ] {
        let query = format!("?operator=lead.lena&from={from}");
        let text = ada.get(&asking(&scene, "alice.able", &query)).await.text();
        assert!(text.contains(&format!("by the rule “{rule}”")), "{text}");
        assert!(text.contains(said), "{text}");
        assert!(text.contains(&format!("from {from}.")), "{text}");
    }
}

#[tokio::test]
async fn it_says_why_not_as_the_decision_does() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    for (target, operator, code) in [
        ("adam.admin", "lead.lena", "KW-314"),
        ("alice.able", "target.31", "KW-301"),
        ("alice.able", "lead.disabled", "KW-302"),
    ] {
        let query = format!("?operator={operator}");
        let page = ada.get(&asking(&scene, target, &query)).await;
        assert!(page.body.contains(code), "{operator}: {}", page.text());
        assert!(
            page.text().contains("Reset the password · no."),
            "{operator}"
        );
    }
}

#[tokio::test]
async fn what_was_used_up_and_who_is_frozen_is_said() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    assert_eq!(
        reset(&mut lena, &address(&scene, "bob.baker")).await.status,
        200
    );
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    let target = asking(&scene, "alice.able", "?operator=lead.lena");
    let text = ada.get(&target).await.text();
    assert!(text.contains("1 of 5 resets in the last hour"), "{text}");
    let who = AuditOperator {
        sid: Some(scene.sid("lead.lena")),
        name: "lead.lena".to_owned(),
    };
    let by = FrozenBy::Command {
        reason: Some("left us".to_owned()),
    };
    service.app.store.freeze(who, by).await.unwrap();
    let text = ada.get(&target).await.text();
    assert!(text.contains("Stopped by an administrator at"), "{text}");
    assert!(text.contains(": left us."), "{text}");
    assert!(
        text.contains("Look at the account · no. They are stopped"),
        "{text}"
    );
}

#[tokio::test]
async fn the_page_is_led_to_from_an_account_a_history_and_a_record() {
    let (scene, service) = start().await;
    let mut bo = service.sign_in(&scene, "bo.both").await;
    let alice = address(&scene, "alice.able");
    let page = bo.get(&alice).await;
    let access = link(&page, "Who may help this person").unwrap();
    assert_eq!(access, format!("{alice}/access"));
    let empty = bo.get(&access).await;
    assert!(
        empty.body.contains("value=\"bo.both\""),
        "themselves, to begin with"
    );
    assert!(
        !empty.body.contains("Rules that match"),
        "and not asked yet"
    );
    let history = bo
        .get(&link(&empty, "What was done to this person").unwrap())
        .await;
    assert_eq!(link(&history, "Who may help this person").unwrap(), access);
    let looked = log(&service).await.into_iter().find(|it| {
        it.entry.action == AuditAction::ViewAccount && !it.entry.details.contains_key("access_of")
    });
    let record = bo.get(&format!("/audit/{}", looked.unwrap().seq.0)).await;
    let prefilled = link(&record, "what this operator may do to this person").unwrap();
    assert_eq!(prefilled, format!("{access}?operator=bo.both"));
}

#[tokio::test]
async fn each_question_is_on_record_and_what_is_nobodys_name_is_not() {
    let (scene, service) = start().await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    for query in [
        "?operator=lead.lena&from=10.1.2.3",
        "?operator=Typed-Into-Access-1",
    ] {
        let answer = ada.get(&asking(&scene, "alice.able", query)).await;
        assert_eq!(answer.status, 200, "{query}");
    }
    let asked: Vec<_> = log(&service)
        .await
        .into_iter()
        .filter(|it| it.entry.action == AuditAction::ViewAccount)
        .collect();
    let [first, second] = asked.as_slice() else {
        panic!("{asked:#?}");
    };
    let detail = |text: &str| Some(Detail::from(text));
    assert_eq!(
        first.entry.details.get("access_of").cloned(),
        detail("lead.lena")
    );
    assert_eq!(first.entry.details.get("from").cloned(), detail("10.1.2.3"));
    assert_eq!(second.entry.details.get("access_of").cloned(), detail("?"));
    for record in [first, second] {
        let target = record.entry.target.as_ref().unwrap();
        assert_eq!(target.guid, scene.guid("alice.able"));
        assert_eq!(record.entry.operator.as_ref().unwrap().name, "ada.auditor");
        assert!(!record.to_line().contains("Typed-Into-Access-1"));
    }
}
