//! What a form, a cookie and a link are worth in other hands, and what the pages say when the
//! directory fails: over the embedded directory, which can be made to.

use std::time::Duration;

use keyward::domain::reason::ReasonRule;
use keyward::embedded::{Doing, Fault, LdapCode, On};

use crate::support::browser::{Answer, Browser};
use crate::support::directory::Scene;
use crate::support::service::Service;
use crate::web_cases::{address, reset};

async fn start() -> (Scene, Service) {
    let scene = Scene::embedded().await;
    let service = Service::over(&scene).await;
    (scene, service)
}

fn resets(scene: &Scene) -> usize {
    scene.server().witness().resets().len()
}

#[tokio::test]
async fn an_attempt_that_never_was_is_not_found_whatever_its_number() {
    let scene = Scene::embedded().await;
    let service = Service::over(&scene).await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    for number in ["7", "18446744073709551615"] {
        let answer = lena.get(&format!("/attempts/{number}")).await;
        assert_eq!(answer.status, 404, "{number}");
    }
}

#[tokio::test]
async fn a_token_is_worth_nothing_in_another_form_session_or_site() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let bob = address(&scene, "bob.baker");
    let action = format!("{alice}/reset");
    let page = lena.get(&alice).await;
    let csrf = page.csrf(&action);
    let sign_out = page.csrf("/sign-out");

    let mut direct = service.sign_in(&scene, "lead.direct").await;
    let anothers = direct.get(&alice).await.csrf(&action);
    let mut again = service.sign_in(&scene, "lead.lena").await;
    let other_session = again.get(&alice).await.csrf(&action);
    for (what, target, token) in [
        ("none", &action, ""),
        ("rubbish", &action, "AAAAAAAAAAAAAAAAAAAAAA.x.AAAA"),
        ("another operator's", &action, anothers.as_str()),
        ("another session's", &action, other_session.as_str()),
        ("another purpose's", &action, sign_out.as_str()),
        ("another account's", &format!("{bob}/reset"), csrf.as_str()),
        (
            "another action's",
            &format!("{alice}/unlock"),
            csrf.as_str(),
        ),
    ] {
        let answer = lena.post(target, &[("csrf", token)]).await;
        assert_eq!(answer.status, 403, "{what}");
    }
    for (name, value) in [
        ("Origin", "null"),
        ("Origin", "https://evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let answer = lena
            .with(name, value)
            .post(&action, &[("csrf", &csrf)])
            .await;
        assert_eq!(answer.status, 403, "{name}: {value}");
    }
    for extra in [
        ("password", "Chosen-1234"),
        ("csrf", csrf.as_str()),
        ("target", "x"),
        ("must_change", "perhaps"),
        ("reason", "two\nlines"),
    ] {
        let answer = lena.post(&action, &[("csrf", &csrf), extra]).await;
        assert_eq!(answer.status, 400, "{extra:?}");
    }
    assert_eq!(resets(&scene), 0, "nothing was done");
    assert_eq!(
        lena.post(&action, &[("csrf", &csrf)]).await.status,
        200,
        "it still works once"
    );
}

#[tokio::test]
async fn signing_in_makes_a_new_cookie_and_signing_out_ends_it() {
    let (scene, service) = start().await;
    let mut planted = service.browser();
    planted.cookies.insert("keyward".to_owned(), "A".repeat(43));
    let answer = planted.sign_in("lead.lena", "Start-Pass-123!").await;
    assert_eq!(answer.location(), "/");
    assert_ne!(
        planted.cookies["keyward"],
        "A".repeat(43),
        "a planted value is not taken"
    );
    assert!(!planted.cookies.contains_key("keyward-form"));
    let set = answer
        .headers
        .iter()
        .find(|(_, value)| value.starts_with("keyward="));
    let set = &set.unwrap().1;
    assert!(
        set.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{set}"
    );

    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let before = lena.clone();
    let gone = lena.submit("/", "/sign-out", &[]).await;
    assert_eq!(gone.location(), "/sign-in");
    assert!(
        gone.header("clear-site-data")
            .unwrap()
            .contains("\"cookies\"")
    );
    assert!(!lena.cookies.contains_key("keyward"));
    let replayed = before.clone().get("/").await;
    assert_eq!(
        replayed.location(),
        "/sign-in",
        "the cookie is worth nothing after sign-out"
    );
}

#[tokio::test]
async fn a_form_of_a_session_that_is_over_is_not_done_and_says_so() {
    let (scene, service) = start().await;
    let mut direct = service.sign_in(&scene, "lead.direct").await;
    let alice = address(&scene, "alice.able");
    let csrf = direct.get(&alice).await.csrf(&format!("{alice}/reset"));
    let leaving = direct.get("/").await.csrf("/sign-out");
    let mut left_open = direct.clone();
    direct.submit("/", "/sign-out", &[]).await;

    let answer = left_open
        .post(&format!("{alice}/reset"), &[("csrf", &csrf)])
        .await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("KW-110") && answer.body.contains("Nothing was changed."));
    assert_eq!(resets(&scene), 0);
    let again = left_open.post("/sign-out", &[("csrf", &leaving)]).await;
    assert_eq!(again.location(), "/sign-in");
}

#[tokio::test]
async fn whoever_is_taken_out_of_the_group_can_do_nothing_more() {
    let (scene, service) = start().await;
    let mut direct = service.sign_in(&scene, "lead.direct").await;
    let alice = address(&scene, "alice.able");
    let csrf = direct.get(&alice).await.csrf(&format!("{alice}/reset"));
    let group = scene.reset_group();
    scene.server().admin().leave("lead.direct", &group).unwrap();
    let answer = direct
        .post(&format!("{alice}/reset"), &[("csrf", &csrf)])
        .await;
    assert!([303, 403].contains(&answer.status), "{answer:?}");
    assert_eq!(resets(&scene), 0);
    assert_eq!(
        direct.get("/").await.location(),
        "/sign-in",
        "the session has ended"
    );
}

#[tokio::test]
async fn an_account_that_changed_since_it_was_shown_is_not_reset() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let action = format!("{alice}/reset");
    let csrf = lena.get(&alice).await.csrf(&action);
    scene
        .server()
        .admin()
        .rename("alice.able", "Alice Other")
        .unwrap();
    assert_eq!(lena.post(&action, &[("csrf", &csrf)]).await.status, 409);
    assert_eq!(resets(&scene), 0);
}

#[tokio::test]
async fn a_reason_that_does_not_do_brings_the_form_again_with_what_was_typed() {
    let scene = Scene::embedded().await;
    let rule = ReasonRule {
        required: true,
        pattern: "INC[0-9]{3}".parse().ok(),
    };
    let service =
        Service::over_ruled(&scene, |actions| actions.rules.rules[0].terms.reason = rule).await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let action = format!("{alice}/reset");
    for (reason, code) in [("", "KW-204"), ("just <so>", "KW-206")] {
        let fields = [("reason", reason), ("must_change", "on")];
        let answer = lena.submit(&alice, &action, &fields).await;
        assert_eq!(answer.status, 422, "{reason}");
        assert!(answer.body.contains(code), "{}", answer.text());
        assert!(answer.body.contains("name=\"reason\""), "{}", answer.text());
        let kept = reason.replace('<', "&#60;").replace('>', "&#62;");
        assert!(
            answer.body.contains(&format!("value=\"{kept}\"")),
            "{}",
            answer.body
        );
        assert!(
            answer
                .body
                .contains("name=\"must_change\" type=\"checkbox\" value=\"on\" checked")
        );
    }
    assert_eq!(resets(&scene), 0);
    let fields = [("reason", "INC123"), ("must_change", "on")];
    assert_eq!(lena.submit(&alice, &action, &fields).await.status, 200);
}

/// Arms a fault at the next modify and resets.
async fn reset_with(scene: &Scene, lena: &mut Browser, doing: Doing) -> Answer {
    let alice = address(scene, "alice.able");
    let action = format!("{alice}/reset");
    let csrf = lena.get(&alice).await.csrf(&action);
    scene.server().faults().arm(Fault::new(On::Modify, doing));
    let answer = lena
        .post(&action, &[("csrf", &csrf), ("must_change", "on")])
        .await;
    scene.server().faults().clear();
    answer
}

#[tokio::test]
async fn what_the_directory_refuses_is_said_and_nothing_was_changed() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    for (code, error, status) in [
        (LdapCode::InsufficientAccessRights, 0x2098, 502),
        (LdapCode::UnwillingToPerform, 0x1f, 502),
        (LdapCode::ConstraintViolation, 0x52d, 422),
    ] {
        let answer = reset_with(&scene, &mut lena, Doing::Answer(code, error)).await;
        assert_eq!(answer.status, status, "{code:?}: {}", answer.text());
        assert!(
            answer.body.contains("Nothing was changed"),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_lost_answer_is_not_known_yet_and_its_link_says_so_when_it_is() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let answer = reset_with(&scene, &mut lena, Doing::DropAfter).await;
    assert!([200, 504].contains(&answer.status), "{}", answer.status);
    if answer.status == 504 {
        let link = answer
            .body
            .split('"')
            .find(|text| text.starts_with("/attempts/"));
        let link = link.expect("a link to the attempt").to_owned();
        let known = async {
            loop {
                let page = lena.get(&link).await;
                assert_eq!(page.status, 200);
                if !page.body.contains("Not known yet") {
                    break page;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let page = tokio::time::timeout(Duration::from_secs(20), known)
            .await
            .unwrap();
        assert!(page.body.contains("It was done"), "{}", page.text());
        let mut other = service.sign_in(&scene, "lead.direct").await;
        assert_eq!(
            other.get(&link).await.status,
            404,
            "an attempt is its operator's own"
        );
    }
    assert_eq!(resets(&scene), 1);
}

#[tokio::test]
async fn without_a_domain_controller_pages_say_so_soon_and_recover() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    assert_eq!(service.browser().get("/readyz").await.status, 200);
    scene.server().faults().freeze();
    let began = std::time::Instant::now();
    let (page, search, ready) = tokio::join!(
        async { lena.clone().get(&alice).await },
        async { lena.clone().get("/?q=alice").await },
        async { service.browser().get("/readyz").await },
    );
    assert!(
        began.elapsed() < Duration::from_secs(7),
        "{:?}",
        began.elapsed()
    );
    for answer in [&page, &search] {
        assert_eq!(answer.status, 503);
        assert!(answer.header("retry-after").is_some());
        assert!(
            answer.body.contains("Nothing was changed"),
            "{}",
            answer.body
        );
    }
    assert_eq!((ready.status, ready.body.as_str()), (503, "directory\n"));
    assert_eq!(
        service.browser().get("/sign-in").await.status,
        200,
        "other pages work"
    );
    let nobody = service
        .browser()
        .sign_in("lead.direct", "Start-Pass-123!")
        .await;
    assert_eq!(nobody.status, 503);

    scene.server().faults().clear();
    let back = async {
        while lena.get(&alice).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(12), back)
        .await
        .expect("back within ten seconds");
}

#[tokio::test]
async fn a_browser_that_hangs_up_does_not_stop_a_reset() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let action = format!("{alice}/reset");
    let csrf = lena.get(&alice).await.csrf(&action);
    let slow = Doing::Delay(Duration::from_millis(500));
    scene.server().faults().arm(Fault::new(On::Modify, slow));
    let request = {
        let mut lena = lena.clone();
        tokio::spawn(async move { lena.post(&action, &[("csrf", &csrf)]).await })
    };
    while scene.server().faults().pending() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    request.abort();
    assert!(request.await.is_err(), "the browser is gone");
    let folder = service.stopped().await;
    assert_eq!(resets(&scene), 1);
    let reader = keyward::store::AuditReader::open(&folder.path().join("keyward.db"))
        .await
        .unwrap();
    let lines = reader
        .lines(keyward::domain::audit::Seq(0), 1000)
        .await
        .unwrap();
    let outcome = lines.iter().filter(|(_, line)| {
        line.contains("\"reset_password\"")
            && line.contains("\"outcome\"")
            && line.contains("\"ok\"")
    });
    assert_eq!(outcome.count(), 1, "{lines:#?}");
}

#[tokio::test]
async fn the_order_to_stop_lets_a_running_reset_finish() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let action = format!("{alice}/reset");
    let csrf = lena.get(&alice).await.csrf(&action);
    let slow = Doing::Delay(Duration::from_millis(800));
    scene.server().faults().arm(Fault::new(On::Modify, slow));
    let request = tokio::spawn(async move { lena.post(&action, &[("csrf", &csrf)]).await });
    while scene.server().faults().pending() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    service.stopped().await;
    let answer = request.await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(resets(&scene), 1);
}

#[tokio::test]
async fn a_hundred_sign_ins_at_once_are_each_answered() {
    let (scene, service) = start().await;
    let all: Vec<_> = (0..100)
        .map(|number| {
            let mut browser = service.browser();
            let name = format!("lead.spare{}", number % 20 + 1);
            tokio::spawn(async move { browser.sign_in(&name, "Start-Pass-123!").await.status })
        })
        .collect();
    let mut in_time = 0;
    for one in all {
        let status = one.await.unwrap();
        assert!([303, 503].contains(&status), "{status}");
        in_time += usize::from(status == 303);
    }
    assert!(in_time > 0);
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    assert_eq!(lena.get("/").await.status, 200, "the rest stays usable");
}

#[tokio::test]
async fn resetting_twice_needs_two_forms() {
    let (scene, service) = start().await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let bob = address(&scene, "bob.baker");
    assert_eq!(reset(&mut lena, &bob).await.status, 200);
    assert_eq!(reset(&mut lena, &bob).await.status, 200);
    assert_eq!(resets(&scene), 2);
}
