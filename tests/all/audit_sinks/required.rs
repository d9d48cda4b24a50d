//! `required = true`: what people see while such a sink is away, and that it comes back by itself.

use super::house::sink;
use crate::support::browser::Answer;
use crate::support::directory::Scene;
use crate::support::service::Service;
use crate::web_cases::{address, reset};
use keyward::domain::time::Clock;
use keyward::sinks::{SinkKind, Sinks};
use secrecy::ExposeSecret as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A service with one required sink, a file.
async fn service(scene: &Scene, path: &Path) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let actions = crate::support::parts::action_settings(scene.staff());
    let settings = scene.settings.clone();
    let mut parts =
        crate::support::parts::over(settings, actions, folder.path(), Clock::system()).await;
    let file = sink("disk", true, SinkKind::File(path.to_owned()));
    parts.sinks = Arc::new(Sinks::new(vec![file], &parts.app.store));
    Service::start(parts, folder).await
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == 503 && answer.text().contains("KW-704")
}

#[tokio::test]
async fn while_a_required_sink_is_away_nobody_signs_in_and_nothing_is_changed() {
    let scene = Scene::embedded().await;
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("log");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("audit.jsonl");
    let service = service(&scene, &path).await;
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
