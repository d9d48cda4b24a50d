//! Requests that no page of ours sends: framing, Host, sizes, forwarded headers, forms of others.

use crate::support::browser::{Answer, Browser, exchange};
use crate::support::service::Service;

async fn raw(service: &Service, request: &str) -> Answer {
    Answer::parse(&exchange(service.address, request.as_bytes()).await)
}

#[tokio::test]
async fn a_request_that_two_servers_could_cut_apart_differently_is_refused() {
    let service = Service::without_directory().await;
    let host = service.address;
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: -1\r\n",
    ] {
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nHost: {host}\r\n{framing}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"
        );
        let bytes = exchange(service.address, request.as_bytes()).await;
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with("HTTP/1.1 400 "), "{framing}: {text}");
        assert_eq!(
            text.matches("HTTP/1.1 ").count(),
            1,
            "{framing}: the rest was answered too"
        );
    }
}

#[tokio::test]
async fn a_missing_or_doubled_host_is_refused() {
    let service = Service::without_directory().await;
    let host = service.address;
    for hosts in [
        String::new(),
        format!("Host: {host}\r\nHost: {host}\r\n"),
        format!("Host: {host}\r\nHost: evil.example\r\n"),
        "Host: \r\n".to_owned(),
        "Host: a b\r\n".to_owned(),
    ] {
        let request = format!("GET /healthz HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        assert_eq!(raw(&service, &request).await.status, 400, "{hosts:?}");
    }
    assert_eq!(
        raw(&service, "GET /healthz HTTP/1.0\r\n\r\n").await.status,
        400
    );
}

#[tokio::test]
async fn a_foreign_host_is_misdirected_and_never_echoed() {
    let service = Service::without_directory().await;
    for target in ["/sign-in", "/", "/healthz"] {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: worse.example\r\n\r\n"
        );
        let answer = raw(&service, &request).await;
        assert_eq!(answer.status, 421, "{target}");
        assert!(!format!("{answer:?}").contains(".example"), "{answer:?}");
    }
    let port = service.address.port();
    let request =
        format!("GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    assert_eq!(raw(&service, &request).await.status, 200);
}

#[tokio::test]
async fn a_forwarded_host_changes_no_address_on_a_page() {
    let service = Service::without_directory().await;
    let mut liar = service.browser().with("X-Forwarded-Host", "evil.example");
    let answer = liar.get("/").await;
    assert_eq!(answer.location(), "/sign-in");
    assert!(!liar.get("/sign-in").await.body.contains("evil.example"));
}

#[tokio::test]
async fn too_much_is_refused_with_the_right_word() {
    let service = Service::without_directory().await;
    let mut browser = service.browser();
    let long = browser
        .with("X-Long", &"x".repeat(20_000))
        .get("/sign-in")
        .await;
    assert_eq!(long.status, 431);
    let many = (0..200).fold(service.browser(), |b, n| b.with(&format!("X-{n}"), "x"));
    assert_eq!(many.clone().get("/sign-in").await.status, 431);
    let body = "x".repeat(64 * 1024 + 1);
    assert_eq!(
        browser
            .post("/sign-in", &[("username", &body)])
            .await
            .status,
        413
    );
    let huge = "x".repeat(900_000);
    assert_eq!(
        browser
            .post("/sign-in", &[("username", &huge)])
            .await
            .status,
        413
    );
    let just_right = format!("csrf=x&username={}", "x".repeat(64 * 1024 - 16));
    assert_eq!(just_right.len(), 64 * 1024);
    assert_eq!(
        browser
            .send("POST", "/sign-in", Some(&just_right))
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn another_type_of_body_is_not_a_form() {
    let service = Service::without_directory().await;
    let host = service.address;
    for kind in [
        "",
        "Content-Type: application/json\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Type: text/plain\r\n",
    ] {
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{kind}Content-Length: 3\r\n\r\na=b"
        );
        assert_eq!(raw(&service, &request).await.status, 415, "{kind:?}");
    }
}

#[tokio::test]
async fn unknown_doubled_and_missing_fields_are_refused() {
    let service = Service::without_directory().await;
    let mut browser = service.browser();
    let csrf = browser.get("/sign-in").await.csrf("/sign-in");
    let csrf = csrf.as_str();
    for fields in [
        &[("csrf", csrf), ("username", "a")][..],
        &[("csrf", csrf), ("password", "a")],
        &[
            ("csrf", csrf),
            ("username", "a"),
            ("password", "b"),
            ("admin", "1"),
        ],
        &[
            ("csrf", csrf),
            ("username", "a"),
            ("password", "b"),
            ("username", "c"),
        ],
        &[
            ("csrf", csrf),
            ("csrf", csrf),
            ("username", "a"),
            ("password", "b"),
        ],
    ] {
        assert_eq!(
            browser.post("/sign-in", fields).await.status,
            400,
            "{fields:?}"
        );
    }
    for target in ["/sign-in?x=1", "/sign-in?x=1&x=2", "/sign-in?%zz"] {
        assert_eq!(browser.get(target).await.status, 400, "{target}");
    }
}

#[tokio::test]
async fn a_sign_in_form_from_elsewhere_is_refused() {
    let service = Service::without_directory().await;
    let mut browser = service.browser();
    let csrf = browser.get("/sign-in").await.csrf("/sign-in");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "a"),
        ("password", "b"),
    ];
    let here = format!("http://{}", service.address);
    for (name, value) in [
        ("Origin", "null"),
        ("Origin", "https://evil.example"),
        ("Origin", &here.replace("http:", "https:")),
        ("Origin", "http://127.0.0.1"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "none"),
    ] {
        let answer = browser.with(name, value).post("/sign-in", &fields).await;
        assert_eq!(answer.status, 403, "{name}: {value}");
    }
    // The token of one browser in another: sign-in CSRF.
    let mut other = service.browser();
    other.get("/sign-in").await;
    assert_eq!(other.post("/sign-in", &fields).await.status, 403);
    // Without the cookie, without the token, with a wrong one.
    assert_eq!(
        service.browser().post("/sign-in", &fields).await.status,
        403
    );
    assert_eq!(browser.post("/sign-in", &fields[1..]).await.status, 403);
    let wrong = [("csrf", "AAAA..AAAA"), fields[1], fields[2]];
    assert_eq!(browser.post("/sign-in", &wrong).await.status, 403);
}

#[tokio::test]
async fn every_page_but_the_sign_in_needs_a_session() {
    let service = Service::without_directory().await;
    let guid = "5a4f0e0c-1f1e-4f7b-8a3c-000000000001";
    let mut browser = service.browser();
    browser.cookies.insert("keyward".to_owned(), "A".repeat(43));
    for target in [
        "/",
        "/search?q=anna",
        &format!("/accounts/{guid}"),
        "/attempts/1",
    ] {
        assert_eq!(browser.get(target).await.location(), "/sign-in", "{target}");
    }
    for target in [
        "/sign-out",
        &format!("/accounts/{guid}/reset"),
        &format!("/accounts/{guid}/unlock"),
    ] {
        assert_eq!(
            browser.post(target, &[("csrf", "x")]).await.location(),
            "/sign-in",
            "{target}"
        );
    }
}

#[tokio::test]
async fn forwarded_headers_are_believed_from_a_trusted_proxy_only() {
    let allowed_only = |proxies: &[&str]| {
        let proxies: Vec<_> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        Service::adjusted(move |parts| {
            parts.site.allowed_networks = vec!["10.0.0.0/8".parse().unwrap()];
            parts.site.trusted_proxies = proxies;
        })
    };
    let from = |service: &Service, client: &str| service.browser().with("X-Forwarded-For", client);

    let direct = allowed_only(&[]).await;
    assert_eq!(direct.browser().get("/sign-in").await.status, 403);
    assert_eq!(from(&direct, "10.1.1.1").get("/sign-in").await.status, 403);

    let behind = allowed_only(&["127.0.0.1/32"]).await;
    assert_eq!(from(&behind, "10.1.1.1").get("/sign-in").await.status, 200);
    assert_eq!(from(&behind, "192.0.2.1").get("/sign-in").await.status, 403);
    assert_eq!(
        from(&behind, "10.1.1.1, 192.0.2.1")
            .get("/sign-in")
            .await
            .status,
        403
    );
    assert_eq!(from(&behind, "nonsense").get("/sign-in").await.status, 400);
    assert_eq!(behind.browser().get("/sign-in").await.status, 403);
}

#[tokio::test]
async fn behind_a_proxy_with_tls_cookies_and_headers_are_those_of_tls() {
    let service = Service::adjusted(|parts| {
        parts.site.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        parts.site.public = Some("https://keyward.example.com".parse().unwrap());
    })
    .await;
    let ask = |extra: &str| {
        format!(
            "GET /sign-in HTTP/1.1\r\nHost: keyward.example.com\r\nConnection: close\r\n{extra}\r\n"
        )
    };
    let secure = raw(&service, &ask("X-Forwarded-Proto: https\r\n")).await;
    let cookie = secure.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-keyward-form="), "{cookie}");
    assert!(cookie.contains("; Secure"), "{cookie}");
    assert!(secure.header("strict-transport-security").is_some());
    let unsaid = raw(&service, &ask("")).await;
    assert!(unsaid.header("strict-transport-security").is_some());
    let plain = raw(&service, &ask("X-Forwarded-Proto: http\r\n")).await;
    assert!(
        plain
            .header("set-cookie")
            .unwrap()
            .starts_with("keyward-form=")
    );
    let odd = raw(&service, &ask("X-Forwarded-Proto: gopher\r\n")).await;
    assert_eq!(odd.status, 400);
}

#[tokio::test]
async fn no_input_sends_a_browser_elsewhere() {
    let service = Service::without_directory().await;
    for target in [
        "//evil.example",
        "/\\evil.example",
        "/%2F%2Fevil.example",
        "/accounts/..%2F..%2Fevil",
        "/?q=//evil.example",
    ] {
        let answer = Browser::new(service.address).get(target).await;
        if let Some(location) = answer.header("location") {
            assert_eq!(location, "/sign-in", "{target}");
        } else {
            assert!(
                [400, 404].contains(&answer.status),
                "{target}: {}",
                answer.status
            );
        }
    }
}
