//! Every answer carries the headers of the contract; cookies carry every attribute.

use crate::support::browser::Answer;
use crate::support::service::Service;

const EVERYWHERE: [(&str, &str); 9] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("x-robots-tag", "noindex, nofollow"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
         connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("cache-control", "no-store"),
];

fn assert_headers(what: &str, answer: &Answer) {
    for (name, value) in EVERYWHERE {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}");
    }
    assert!(answer.header("permissions-policy").is_some(), "{what}");
    for absent in [
        "server",
        "x-powered-by",
        "strict-transport-security",
        "access-control-allow-origin",
    ] {
        assert_eq!(answer.header(absent), None, "{what}: {absent}");
    }
}

#[tokio::test]
async fn every_kind_of_answer_has_the_headers() {
    let service = Service::without_directory().await;
    let mut browser = service.browser();
    for (target, status) in [
        ("/", 303),
        ("/?q=anna", 303),
        ("/search?q=anna", 303),
        ("/sign-in", 200),
        ("/sign-in?next=//evil.example", 400),
        ("/accounts/5a4f0e0c-1f1e-4f7b-8a3c-000000000001", 303),
        ("/attempts/0", 303),
        ("/sign-out", 405),
        ("/accounts/5a4f0e0c-1f1e-4f7b-8a3c-000000000001/reset", 405),
        ("/nothing", 404),
        ("/sign-in/", 404),
        ("/assets/nothing.css", 404),
        ("/healthz", 200),
        ("/readyz", 503),
    ] {
        let answer = browser.get(target).await;
        assert_eq!(answer.status, status, "{target}");
        assert_headers(target, &answer);
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let answer = browser.send(method, "/sign-in", None).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_headers(method, &answer);
        let allowed = answer.header("allow").unwrap();
        assert!(
            allowed.contains("GET") && allowed.contains("POST"),
            "{allowed}"
        );
    }
    assert_headers(
        "413",
        &browser
            .post("/sign-in", &[("username", &"x".repeat(70_000))])
            .await,
    );
}

#[tokio::test]
async fn a_head_request_is_answered_like_a_get_without_a_body() {
    let service = Service::without_directory().await;
    let mut browser = service.browser();
    for (target, status) in [("/sign-in", 200), ("/nothing", 404)] {
        let answer = browser.send("HEAD", target, None).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, ""),
            "{target}"
        );
        assert_headers(target, &answer);
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_the_name_of_their_content() {
    let service = Service::without_directory().await;
    let mut browser = service.browser();
    let page = browser.get("/sign-in").await.body;
    let assets: Vec<&str> = page
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .collect();
    assert_eq!(assets.len(), 2, "{assets:?}");
    for asset in assets {
        let answer = browser.get(asset).await;
        assert_eq!(answer.status, 200, "{asset}");
        let kept = answer.header("cache-control").unwrap();
        assert_eq!(kept, "public, max-age=31536000, immutable");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn the_sign_in_forms_cookie_has_every_attribute() {
    let service = Service::without_directory().await;
    let answer = service.browser().get("/sign-in").await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("keyward-form="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
}

#[tokio::test]
async fn machines_learn_whether_it_lives_and_whether_it_is_ready_and_no_more() {
    let service = Service::without_directory().await;
    let mut browser = service.browser();
    let alive = browser.get("/healthz").await;
    assert_eq!((alive.status, alive.body.as_str()), (200, "ok\n"));
    let ready = browser.get("/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "directory\n"));
}
