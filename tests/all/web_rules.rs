//! What rules and limits make of the pages, over the embedded directory: typed passwords, who decides about "must
//! change", refusals.

use std::num::NonZeroU32;
use std::time::Duration;

use keyward::actions::ActionSettings;
use keyward::directory::{BindRefusal, BindVerdict};
use keyward::domain::audit::AuditOperator;
use keyward::domain::limits::FrozenBy;
use keyward::domain::rules::{Effect, MustChange, PasswordKind, WrittenRule};

use crate::support::browser::{Answer, Browser};
use crate::support::directory::Scene;
use crate::support::service::Service;
use crate::web_cases::{address, reset, verdict};

const CHOSEN: &str = "Tulip-Chosen-By-Lena-47";

async fn ruled(change: impl FnOnce(&mut WrittenRule)) -> (Scene, Service) {
    set(|settings| change(&mut settings.rules.rules[0])).await
}

async fn set(change: impl FnOnce(&mut ActionSettings)) -> (Scene, Service) {
    let scene = Scene::embedded().await;
    let service = Service::over_ruled(&scene, change).await;
    (scene, service)
}

async fn typing() -> (Scene, Service) {
    ruled(|rule| rule.terms.password = PasswordKind::Typed).await
}

fn resets(scene: &Scene) -> usize {
    scene.server().witness().resets().len()
}

/// Sends the reset form with these fields.
async fn send(browser: &mut Browser, account: &str, fields: &[(&str, &str)]) -> Answer {
    let action = format!("{account}/reset");
    browser.submit(account, &action, fields).await
}

#[tokio::test]
async fn a_typed_password_is_set_and_not_sent_back() {
    let (scene, service) = typing().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let page = lena.get(&alice).await;
    assert!(
        page.body
            .contains("name=\"password\" type=\"password\" autocomplete=\"new-password\"")
    );
    let fields = [("password", CHOSEN), ("must_change", "on")];
    let done = send(&mut lena, &alice, &fields).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(!done.body.contains(CHOSEN) && done.shown_password().is_none());
    assert!(
        done.body.contains("It is the one that you typed."),
        "{}",
        done.text()
    );
    let must_change = BindVerdict::Refused(BindRefusal::MustChangePassword);
    assert_eq!(verdict(&scene, "alice.able", CHOSEN).await, must_change);
}

#[tokio::test]
async fn an_empty_box_is_a_fresh_passphrase() {
    let (scene, service) = typing().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let done = send(&mut lena, &alice, &[("password", "")]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let shown = done.shown_password().expect("a passphrase");
    let found = verdict(&scene, "alice.able", &shown).await;
    assert!(matches!(found, BindVerdict::Confirmed { .. }), "{found:?}");
}

#[tokio::test]
async fn a_typed_password_that_cannot_be_one_brings_the_form_again_without_it() {
    let (scene, service) = typing().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let long = "Aa1-".repeat(65);
    for (typed, said) in [
        ("tulip", "characters"),
        ("Alice-Able-2026-x", "the person&#39;s name"),
        (long.as_str(), "at most 256 characters"),
        ("Tulip-Radar\t-47-Onion", "cannot be typed"),
        ("Tulip-Radar\0-47-Onion", "cannot be typed"),
    ] {
        let fields = [("password", typed), ("must_change", "on")];
        let again = send(&mut lena, &alice, &fields).await;
        assert_eq!(again.status, 422, "{typed:?}");
        assert!(again.body.contains("KW-205"), "{}", again.text());
        assert!(again.body.contains(said), "{said}: {}", again.text());
        assert!(
            again.body.contains("leave its box empty"),
            "{}",
            again.text()
        );
        assert!(
            again
                .body
                .contains("aria-describedby=\"new-password-hint\" aria-invalid=\"true\"")
        );
        assert!(!again.body.contains(typed), "{typed:?} is sent back");
    }
    assert_eq!(resets(&scene), 0);
}

#[tokio::test]
async fn whoever_may_not_type_a_password_is_refused_one() {
    let (scene, service) = ruled(|_| ()).await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    assert!(!lena.get(&alice).await.body.contains("name=\"password\""));
    assert_eq!(
        send(&mut lena, &alice, &[("password", CHOSEN)])
            .await
            .status,
        400
    );
    assert_eq!(resets(&scene), 0);
    assert_eq!(
        send(&mut lena, &alice, &[("password", "")]).await.status,
        200
    );
}

#[tokio::test]
async fn a_rule_decides_alone_whether_the_password_must_be_changed() {
    let must_change = BindVerdict::Refused(BindRefusal::MustChangePassword);
    for (says, ticked, sentence) in [
        (
            MustChange::Always,
            &[][..],
            "Windows asks for a password of their own",
        ),
        (
            MustChange::Never,
            &[("must_change", "on")],
            "Windows does not ask for that",
        ),
    ] {
        let (scene, service) = ruled(|rule| rule.terms.must_change = says).await;
        let mut lena = service.sign_in(&scene, "lead.lena").await;
        let alice = address(&scene, "alice.able");
        let page = lena.get(&alice).await;
        assert!(!page.body.contains("name=\"must_change\""), "{says:?}");
        assert!(page.body.contains(sentence), "{}", page.text());
        let done = send(&mut lena, &alice, ticked).await;
        let found = verdict(&scene, "alice.able", &done.shown_password().unwrap()).await;
        assert_eq!(
            found == must_change,
            says == MustChange::Always,
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn a_second_reset_within_a_short_time_asks_for_a_reason_at_once() {
    let (scene, service) = set(|settings| {
        settings.again_after = Some(Duration::from_mins(10));
    })
    .await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    assert!(!lena.get(&alice).await.body.contains("name=\"reason\""));
    assert_eq!(reset(&mut lena, &alice).await.status, 200);
    let page = lena.get(&alice).await;
    assert!(page.body.contains("id=\"reset-reason\"") && page.body.contains(" required"));
    assert!(
        page.body.contains("was reset a short while ago"),
        "{}",
        page.text()
    );
    let again = reset(&mut lena, &alice).await;
    assert_eq!(again.status, 422, "{}", again.text());
    assert!(again.body.contains("KW-207"), "{}", again.text());
    assert_eq!(resets(&scene), 1);
    let fields = [("reason", "mistyped it"), ("must_change", "on")];
    assert_eq!(send(&mut lena, &alice, &fields).await.status, 200);
}

#[tokio::test]
async fn a_reached_limit_is_said_on_the_page_and_in_answer_to_a_form_that_was_open() {
    let (scene, service) = ruled(|rule| rule.limits.resets_per_hour = NonZeroU32::new(1)).await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let (alice, bob) = (address(&scene, "alice.able"), address(&scene, "bob.baker"));
    let action = format!("{bob}/reset");
    let open = lena.get(&bob).await.csrf(&action);
    assert_eq!(reset(&mut lena, &alice).await.status, 200);
    let refused = lena.post(&action, &[("csrf", &open)]).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("KW-341"), "{}", refused.text());
    let page = lena.get(&bob).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("KW-341") && !page.body.contains("/reset\""));
    assert_eq!(resets(&scene), 1);
}

#[tokio::test]
async fn whoever_is_frozen_hears_it_wherever_people_would_be_shown() {
    let (scene, service) = ruled(|_| ()).await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let action = format!("{alice}/reset");
    let open = lena.get(&alice).await.csrf(&action);
    assert_eq!(reset(&mut lena, &alice).await.status, 200);
    let who = AuditOperator {
        sid: Some(scene.sid("lead.lena")),
        name: "lead.lena".to_owned(),
    };
    let by = FrozenBy::Command { reason: None };
    service.app.store.freeze(who, by).await.unwrap();
    for target in ["/", "/?q=alice", "/search?q=alice", alice.as_str()] {
        let answer = lena.get(target).await;
        assert_eq!(answer.status, 403, "{target}");
        assert!(answer.body.contains("KW-306"), "{}", answer.text());
        assert!(!answer.body.contains("Alice"), "{target}");
    }
    let page = lena.get("/?q=alice").await;
    assert!(page.body.contains("name=\"q\"") && page.body.contains("/sign-out"));
    let refused = lena.post(&action, &[("csrf", &open)]).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(resets(&scene), 1);
}

#[tokio::test]
async fn where_no_rule_holds_from_here_the_search_says_so_in_place_of_nobody() {
    let (scene, service) = ruled(|rule| rule.networks = vec!["10.0.0.0/8".parse().unwrap()]).await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    for target in ["/?q=alice", "/search?q=alice"] {
        let answer = lena.get(target).await;
        assert_eq!(answer.status, 200, "{target}");
        assert!(answer.body.contains("KW-310"), "{}", answer.text());
        assert!(!answer.body.contains("Check the spelling"), "{target}");
    }
    let page = lena.get(&address(&scene, "alice.able")).await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("KW-310"), "{}", page.text());
    assert!(
        page.body
            .contains("look at this person from another network")
    );
}

#[tokio::test]
async fn what_a_rule_denies_has_no_button_and_says_that_it_is_the_rules() {
    let (scene, service) = set(|settings| {
        let deny = WrittenRule {
            name: "not alice".to_owned(),
            effect: Effect::Deny,
            actions: vec![keyward::domain::rules::Action::ResetPassword],
            ..settings.rules.rules[0].clone()
        };
        settings.rules.rules.push(deny);
    })
    .await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let page = lena.get(&address(&scene, "alice.able")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("KW-307") && !page.body.contains("/reset\""));
    assert!(
        page.body.contains("Not allowed by the rules"),
        "{}",
        page.text()
    );
}
