//! The log as a file, for those who take it slowly, and when it is long: what it costs the service.

use std::time::{Duration, Instant};

use keyward::domain::time::Clock;
use keyward::web::server::limits::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::audit_pages::fill;
use crate::support::browser::Browser;
use crate::support::directory::Scene;
use crate::support::parts;
use crate::support::service::Service;

const SHORT: Duration = Duration::from_millis(800);

async fn start(limit: impl FnOnce(&mut Limits)) -> (Scene, Service) {
    let scene = Scene::embedded().await;
    let folder = tempfile::tempdir().unwrap();
    let mut actions = parts::action_settings(scene.staff());
    actions.rules.auditors = vec![scene.auditor_group()];
    let settings = scene.settings.clone();
    let mut parts = parts::over(settings, actions, folder.path(), Clock::system()).await;
    limit(&mut parts.limits);
    let service = Service::start(parts, folder).await;
    (scene, service)
}

/// Asks for the file without taking it.
async fn asked(browser: &Browser) -> TcpStream {
    let mut stream = TcpStream::connect(browser.address).await.unwrap();
    let request = browser.request("GET", "/audit.csv", None);
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Waits until one of the two places for an export is free again, and says how long that took.
async fn until_there_is_room(browser: &mut Browser) -> Duration {
    let began = Instant::now();
    while browser.get("/audit.csv?to=2020-01-01").await.status == 503 {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the places stay taken"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

#[tokio::test]
async fn who_stops_taking_the_file_is_given_up_and_others_find_room() {
    let (scene, service) = start(|limits| limits.write = SHORT).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    fill(&service, 8000, 16).await;
    let held = [asked(&ada).await, asked(&ada).await];
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(ada.get("/audit.csv").await.status, 503, "both are at it");
    let waited = until_there_is_room(&mut ada).await;
    assert!(SHORT / 2 <= waited && waited < 12 * SHORT, "{waited:?}");
    drop(held);
}

#[tokio::test]
async fn who_takes_the_file_by_drops_is_given_up_too_and_sees_that_it_is_not_whole() {
    let (scene, service) = start(|limits| limits.answer = SHORT).await;
    let mut ada = service.sign_in(&scene, "ada.auditor").await;
    fill(&service, 8000, 16).await;
    let drops = |mut stream: TcpStream| async move {
        let mut taken = vec![0; 2000];
        let mut all = 0;
        while let Ok(some @ 1..) = stream.read(&mut taken).await {
            all += some;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        all
    };
    let (one, other) = (asked(&ada).await, asked(&ada).await);
    let (one, other) = (tokio::spawn(drops(one)), tokio::spawn(drops(other)));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(ada.get("/audit.csv").await.status, 503, "both are at it");
    until_there_is_room(&mut ada).await;
    for reader in [one, other] {
        let all = reader.await.unwrap();
        assert!(all < 20_000_000, "{all} bytes came of more than 25 million");
    }
}

/// Memory that the process has for itself, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}

/// Takes long; in the full profile alone.
mod minutes {
    use super::*;

    #[tokio::test]
    async fn a_log_of_two_hundred_thousand_records_is_taken_away_in_the_memory_of_a_few() {
        let (scene, service) = start(|_| {}).await;
        let ada = service.sign_in(&scene, "ada.auditor").await;
        fill(&service, 200_000, 1).await;
        let before = memory();
        let (mut most, mut lines, mut bytes) = (before, 0, 0);
        let mut stream = asked(&ada).await;
        let mut buffer = vec![0; 64 * 1024];
        let last = loop {
            let some = stream.read(&mut buffer).await.unwrap();
            bytes += some;
            for byte in &buffer[..some] {
                lines += usize::from(*byte == b'\n');
            }
            most = most.max(memory());
            if buffer[..some].ends_with(b"\r\n0\r\n\r\n") {
                break lines;
            }
            assert!(some > 0, "the last chunk is missing");
        };
        assert!(
            last > 200_000 && bytes > 50_000_000,
            "{last} lines, {bytes} bytes"
        );
        // The page cache of the connection that reads is most of it, and is no bigger for a longer log.
        let grown = most - before;
        assert!(
            grown < 24_000_000,
            "{grown} bytes more for a file of {bytes}"
        );
    }
}
