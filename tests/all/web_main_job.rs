//! The main job through the web: sign in, search, look, reset, unlock, sign out; and what a form is
//! worth in other hands.

use keyward::embedded::test_domain::PASSWORD;
use keyward::embedded::{Embedded, EmbeddedOptions};

use crate::support::browser::{Answer, Browser};
use crate::support::service::Service;

struct Scene {
    directory: Embedded,
    service: Service,
}

impl Scene {
    async fn new() -> Self {
        let directory = Embedded::start(EmbeddedOptions::default()).await.unwrap();
        let service = Service::over(&directory, |_| {}).await;
        Self { directory, service }
    }
    fn address(&self, sam: &str) -> String {
        format!("/accounts/{}", self.directory.admin().guid(sam).unwrap())
    }
    fn resets(&self) -> usize {
        self.directory.witness().modifies().len()
    }
}

async fn reset(browser: &mut Browser, account: &str) -> Answer {
    let action = format!("{account}/reset");
    let fields = [("must_change", "on")];
    browser.submit(account, &action, &fields).await
}

/// The password on the page that shows it once.
fn shown_password(answer: &Answer) -> String {
    let (_, rest) = answer
        .body
        .split_once("id=\"password\"")
        .expect("a password is shown");
    let text = rest
        .split_once('>')
        .unwrap()
        .1
        .split_once("</p>")
        .unwrap()
        .0;
    let mut inside = false;
    text.chars()
        .filter(|c| {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                _ => return !inside && !c.is_whitespace(),
            }
            false
        })
        .collect()
}

#[tokio::test]
async fn from_a_signed_in_page_to_a_done_reset_in_three_interactions() {
    let scene = Scene::new().await;
    let mut lena = scene.service.sign_in("lead.lena").await;
    let alice = scene.address("alice.able");
    assert_eq!(
        lena.get("/?q=alice+able").await.location(),
        alice,
        "a single hit opens at once"
    );
    let page = lena.get(&alice).await;
    assert!(
        page.body.contains("Reset") && page.body.contains("Alice Able"),
        "{}",
        page.body
    );
    let done = reset(&mut lena, &alice).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(scene.resets(), 1);
    let password = shown_password(&done);
    assert!(password.len() >= 10, "{password}");
    assert_eq!(done.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn several_people_are_listed_and_results_come_alone_for_typing() {
    let scene = Scene::new().await;
    let mut lena = scene.service.sign_in("lead.lena").await;
    let page = lena.get("/?q=chris").await;
    assert_eq!(page.status, 200);
    for account in [
        scene.address("chris.sales"),
        scene.address("chris.production"),
    ] {
        assert!(page.body.contains(&account), "{}", page.body);
    }
    let alone = lena.get("/search?q=chris").await;
    assert_eq!(alone.status, 200);
    assert!(!alone.body.contains("<html"), "{}", alone.body);
    assert!(alone.body.contains(&scene.address("chris.sales")));
    for odd in ["/?q=a", "/?q=", "/search?q=*", "/?q=%00abc"] {
        assert_eq!(lena.get(odd).await.status, 200, "{odd}");
    }
}

#[tokio::test]
async fn a_locked_person_is_unlocked_and_the_page_says_so() {
    let scene = Scene::new().await;
    let mut lena = scene.service.sign_in("lead.lena").await;
    let lou = scene.address("lou.locked");
    let answer = lena.submit(&lou, &format!("{lou}/unlock"), &[]).await;
    let back = answer.location().to_owned();
    assert_eq!(back.split('?').next(), Some(lou.as_str()));
    let page = lena.get(&back).await;
    assert_eq!(page.status, 200);
    assert!(
        !page.body.contains(&format!("{lou}/unlock")),
        "nothing is left to unlock"
    );
}

#[tokio::test]
async fn a_form_works_once() {
    let scene = Scene::new().await;
    let mut lena = scene.service.sign_in("lead.lena").await;
    let alice = scene.address("alice.able");
    let action = format!("{alice}/reset");
    let csrf = lena.get(&alice).await.csrf(&action);
    let fields = [("csrf", csrf.as_str()), ("must_change", "on")];
    assert_eq!(lena.post(&action, &fields).await.status, 200);
    assert_eq!(lena.post(&action, &fields).await.status, 409);
    assert_eq!(scene.resets(), 1);
}

#[tokio::test]
async fn twenty_copies_of_a_form_at_once_reset_once() {
    let scene = Scene::new().await;
    let mut lena = scene.service.sign_in("lead.lena").await;
    let alice = scene.address("alice.able");
    let action = format!("{alice}/reset");
    let csrf = lena.get(&alice).await.csrf(&action);
    let copies = (0..20).map(|_| {
        let (mut lena, action, csrf) = (lena.clone(), action.clone(), csrf.clone());
        tokio::spawn(async move { lena.post(&action, &[("csrf", &csrf)]).await.status })
    });
    let mut answers = Vec::new();
    for copy in copies.collect::<Vec<_>>() {
        answers.push(copy.await.unwrap());
    }
    assert_eq!(
        answers.iter().filter(|status| **status == 200).count(),
        1,
        "{answers:?}"
    );
    assert!(
        answers
            .iter()
            .all(|status| [200, 409, 503].contains(status)),
        "{answers:?}"
    );
    assert_eq!(scene.resets(), 1);
}

#[tokio::test]
async fn a_token_is_worth_nothing_in_another_form_session_or_site() {
    let scene = Scene::new().await;
    let mut lena = scene.service.sign_in("lead.lena").await;
    let alice = scene.address("alice.able");
    let bob = scene.address("bob.baker");
    let action = format!("{alice}/reset");
    let page = lena.get(&alice).await;
    let csrf = page.csrf(&action);
    let sign_out = page.csrf("/sign-out");

    let mut direct = scene.service.sign_in("lead.direct").await;
    let anothers = direct.get(&alice).await.csrf(&action);
    let mut again = scene.service.sign_in("lead.lena").await;
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
    ] {
        let answer = lena.post(&action, &[("csrf", &csrf), extra]).await;
        assert_eq!(answer.status, 400, "{extra:?}");
    }
    assert_eq!(scene.resets(), 0, "nothing was done");
    assert_eq!(
        lena.post(&action, &[("csrf", &csrf)]).await.status,
        200,
        "it still works once"
    );
}

#[tokio::test]
async fn whoever_may_not_be_helped_is_not_there_or_refused() {
    let scene = Scene::new().await;
    let mut lena = scene.service.sign_in("lead.lena").await;
    let nobody = "/accounts/00000000-0000-0000-0000-000000000000".to_owned();
    let missing = lena.get(&nobody).await;
    for outside in [
        scene.address("otto.outside"),
        scene.address("xaver.xstaff"),
        "/accounts/nonsense".to_owned(),
    ] {
        let answer = lena.get(&outside).await;
        assert_eq!(answer.status, 404, "{outside}");
        assert_eq!(answer.body, missing.body, "{outside}: the same page");
    }
    let page = lena.get(&scene.address("adam.admin")).await;
    assert_eq!(page.status, 200);
    assert!(
        !page.body.contains("/reset\""),
        "a protected account has no form"
    );
    assert_eq!(scene.resets(), 0);
}

#[tokio::test]
async fn signing_in_makes_a_new_cookie_and_signing_out_ends_it() {
    let scene = Scene::new().await;
    let mut browser = scene.service.browser();
    browser.cookies.insert("keyward".to_owned(), "A".repeat(43));
    let answer = browser.sign_in("lead.lena", PASSWORD).await;
    assert_eq!(answer.location(), "/");
    let session = browser.cookies["keyward"].clone();
    assert_ne!(session, "A".repeat(43), "a planted value is not taken");
    assert!(!browser.cookies.contains_key("keyward-form"));
    let set = answer
        .headers
        .iter()
        .find(|(_, value)| value.starts_with("keyward="))
        .unwrap();
    assert!(
        set.1.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{}",
        set.1
    );

    let before = browser.clone();
    let gone = browser.submit("/", "/sign-out", &[]).await;
    assert_eq!(gone.location(), "/sign-in");
    assert!(
        gone.header("clear-site-data")
            .unwrap()
            .contains("\"cookies\"")
    );
    assert!(!browser.cookies.contains_key("keyward"));
    let replayed = before.clone().get("/").await;
    assert_eq!(
        replayed.location(),
        "/sign-in",
        "the cookie is worth nothing after sign-out"
    );
}

#[tokio::test]
async fn a_wrong_password_an_unknown_name_and_a_stranger_get_the_same_page() {
    let scene = Scene::new().await;
    let strip = |answer: &Answer, name: &str| {
        let csrf = answer.csrf("/sign-in");
        answer.body.replace(&csrf, "").replace(name, "")
    };
    let mut pages = Vec::new();
    for (name, password) in [
        ("lead.lena", "wrong"),
        ("nobody.atall", PASSWORD),
        ("norma.nobody", PASSWORD),
        ("lead.locked", PASSWORD),
    ] {
        let answer = scene.service.browser().sign_in(name, password).await;
        assert_eq!(answer.status, 401, "{name}");
        pages.push(strip(&answer, name));
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:#?}");
    let own = scene
        .service
        .browser()
        .sign_in("lead.mustchange", PASSWORD)
        .await;
    assert_eq!(own.status, 403);
}

#[tokio::test]
async fn a_name_from_the_directory_stays_text() {
    let scene = Scene::new().await;
    let mut lena = scene.service.sign_in("lead.lena").await;
    let page = lena.get(&scene.address("odd.markup")).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    let answer = lena.get(&scene.address("odd.linebreak")).await;
    assert_eq!(answer.header("x-injected"), None);
}
