//! `required = true`: what people see while such a sink is away, and that it comes back by itself.

use super::hook;
use super::house::{Manner, free_port, server, sink, webhook_with};
use crate::support::browser::Answer;
use crate::support::directory::Scene;
use crate::support::service::Service;
use crate::web_cases::{address, reset};
use keyward::domain::time::Clock;
use keyward::sinks::{SinkKind, SinkSettings, Sinks};
use secrecy::ExposeSecret as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A service with one sink.
async fn service(scene: &Scene, sink: SinkSettings) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let actions = crate::support::parts::action_settings(scene.staff());
    let settings = scene.settings.clone();
    let mut parts =
        crate::support::parts::over(settings, actions, folder.path(), Clock::system()).await;
    parts.sinks = Arc::new(Sinks::new(vec![sink], &parts.app.store));
    Service::start(parts, folder).await
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == 503 && answer.text().contains("KW-704")
}

/// Its answers take long.
const SLOW: Manner = Manner {
    seconds: 10,
    ..Manner::USUAL
};

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_sink_slows_no_reset_that_does_not_require_it() {
    let scene = Scene::embedded().await;
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let server = server(folder.path(), port);
    let _receiver = webhook_with(folder.path(), port, SLOW);
    let service = service(&scene, hook(server)).await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let page = address(&scene, "alice.able");
    let arrived = folder.path().join("webhook.out");
    for number in 0.. {
        let began = Instant::now();
        let answer = reset(&mut lena, &page).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let took = began.elapsed();
        assert!(took < Duration::from_secs(1), "reset {number}: {took:?}");
        // From the first batch on, one is on its way for ten seconds.
        if number >= 20 && std::fs::metadata(&arrived).is_ok_and(|file| file.len() > 0) {
            break;
        }
        assert!(number < 2000, "the sink gets something");
    }
    service.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_sink_that_is_too_slow_refuses_in_seconds() {
    let scene = Scene::embedded().await;
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let server = server(folder.path(), port);
    let _receiver = webhook_with(folder.path(), port, SLOW);
    let hook = SinkSettings {
        required: true,
        ..hook(server)
    };
    let service = service(&scene, hook).await;
    let password = scene.password("lead.lena");
    for _ in 0..2 {
        let began = Instant::now();
        let mut lena = service.browser();
        let answer = lena.sign_in("lead.lena", password.expose_secret()).await;
        assert!(is_refused(&answer), "{}", answer.text());
        let took = began.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    service.stopped().await;
}

#[tokio::test]
async fn while_a_required_sink_is_away_nobody_signs_in_and_nothing_is_changed() {
    let scene = Scene::embedded().await;
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("log");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("audit.jsonl");
    let file = sink("disk", true, SinkKind::File(path.clone()));
    let service = service(&scene, file).await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = address(&scene, "alice.able");
    let bob = address(&scene, "bob.baker");
    assert_eq!(reset(&mut lena, &alice).await.status, 200);
    let done = scene.server().witness().resets().len();
    let taken = std::fs::read_to_string(&path).unwrap();
    assert!(taken.contains("\"action\":\"reset_password\",\"phase\":\"attempt\""));

    let away = outside.path().join("away");
    std::fs::rename(&folder, &away).unwrap();
    assert!(is_refused(&reset(&mut lena, &bob).await));
    assert_eq!(scene.server().witness().resets().len(), done, "unchanged");
    assert_eq!(service.browser().get("/readyz").await.status, 503);
    let password = scene.password("lead.direct");
    for _ in 0..8 {
        let began = Instant::now();
        let mut direct = service.browser();
        let refused = direct
            .sign_in("lead.direct", password.expose_secret())
            .await;
        assert!(is_refused(&refused), "{}", refused.text());
        assert!(began.elapsed() < Duration::from_secs(2), "known by now");
    }

    std::fs::rename(&away, &folder).unwrap();
    let back = async {
        while service.browser().get("/readyz").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let within = tokio::time::timeout(Duration::from_secs(20), back).await;
    within.expect("it comes back by itself");
    assert_eq!(reset(&mut lena, &bob).await.status, 200);
    // No try was counted while nobody was asked.
    service.sign_in(&scene, "lead.direct").await;
    service.stopped().await;
}
