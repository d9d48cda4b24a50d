//! Sinks with real receivers: rsyslog, a webhook server, files that somebody rotates.

#[cfg(feature = "demo")]
mod commands;
#[cfg(feature = "demo")]
mod files;
pub mod house;
#[cfg(feature = "demo")]
mod installed;
mod put_back;
mod receivers;
#[cfg(feature = "demo")]
mod required;

use house::{House, SECRET, entry, free_port, rsyslog, server, sink, webhook};
use keyward::domain::secret::SecretSource;
use keyward::domain::time::Clock;
use keyward::sinks::{
    Server, SinkKind, SinkSettings, Sinks, SyslogSettings, Transport, WebhookSettings,
};
use keyward::store::{SinkPosition, Store};
use std::path::Path;
use std::time::{Duration, Instant};

fn syslog(server: Server) -> SinkSettings {
    let kind = SinkKind::Syslog(SyslogSettings {
        server,
        transport: Transport::Tls,
        facility: 13,
    });
    sink("siem", false, kind)
}

fn hook(server: Server) -> SinkSettings {
    let kind = SinkKind::Webhook(WebhookSettings {
        server,
        path: "/keyward".to_owned(),
        secret: SecretSource::Value(SECRET.into()),
        clock: Clock::system(),
    });
    sink("hook", false, kind)
}

fn disk(path: &Path) -> SinkSettings {
    sink("disk", false, SinkKind::File(path.to_owned()))
}

#[tokio::test]
async fn a_new_sink_gets_everything_and_an_old_one_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("1.jsonl"), folder.path().join("2.jsonl"));
    let house = House::with(vec![disk(&first)], folder).await;
    for number in 0..300 {
        house.store.event(entry(number)).await.unwrap();
    }
    house.all_arrives(std::slice::from_ref(&first)).await;
    let folder = house.stopped().await;
    std::fs::remove_file(&first).unwrap();
    let late = sink("late", false, SinkKind::File(second.clone()));
    let house = House::with(vec![disk(&first), late], folder).await;
    house.store.event(entry(300)).await.unwrap();
    house.all_arrives(&[second]).await;
    let told = std::fs::read_to_string(&first).unwrap();
    assert!(told.lines().count() <= 3, "only what is new: {told}");
    house.stopped().await;
}

#[tokio::test]
async fn a_file_whose_disk_lost_its_last_lines_gets_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.jsonl");
    let mut house = House::with(vec![disk(&path)], folder).await;
    for number in 0..20 {
        house.store.event(entry(number)).await.unwrap();
    }
    house.all_arrives(std::slice::from_ref(&path)).await;
    // The last checkpoint and some records, or half of one; the place in the database says that all were taken.
    for lost in [1000, 450] {
        let folder = house.stopped().await;
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(file.metadata().unwrap().len() - lost).unwrap();
        house = House::with(vec![disk(&path)], folder).await;
        house.all_arrives(std::slice::from_ref(&path)).await;
    }
    house.stopped().await;
}

#[tokio::test]
async fn a_place_beyond_the_end_of_the_log_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("1.jsonl");
    let required = || vec![sink("disk", true, SinkKind::File(file.clone()))];
    let house = House::with(required(), folder).await;
    house.store.attempt(entry(0), None, None).await.unwrap();
    let folder = house.stopped().await;
    std::fs::remove_file(&file).unwrap();
    let database = folder.path().join("keyward.db");
    for (next, checkpoint) in [(100_000, 100_000), (1, 100_000), (100_000, 0)] {
        let store = Store::open(&database, Clock::system()).await.unwrap();
        let place = SinkPosition { next, checkpoint };
        store.note_sink_now("disk", place).await.unwrap();
        store.close().await;
        // Not in House::with, which would deliver at once.
        let store = Store::open(&database, Clock::system()).await.unwrap();
        let sinks = std::sync::Arc::new(Sinks::new(required(), &store));
        assert!(store.witness().check().is_err(), "nothing was heard of it");
        let delivering = sinks.start(&store);
        store.attempt(entry(1), None, None).await.unwrap();
        assert!(store.witness().check().is_ok());
        let told = std::fs::read_to_string(&file).unwrap();
        assert!(told.starts_with("{\"seq\":0,"), "{place:?}: {told}");
        delivering.stop().await;
        store.close().await;
        std::fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn a_sink_that_hangs_slows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // It takes connections and says nothing.
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = server(folder.path(), deaf.local_addr().unwrap().port());
    let house = House::with(vec![hook(server)], folder).await;
    let began = Instant::now();
    for number in 0..50 {
        house
            .store
            .attempt(entry(number), None, None)
            .await
            .unwrap();
    }
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    house.stopped().await;
}

#[tokio::test]
async fn nothing_goes_to_a_server_whose_certificate_nobody_vouches_for() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut server = server(folder.path(), port);
    let _receiver = webhook(folder.path(), port);
    server.ca_file = None;
    let out = folder.path().join("webhook.out");
    let house = House::with(vec![hook(server)], folder).await;
    house.store.event(entry(0)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(std::fs::metadata(&out).map_or(0, |m| m.len()), 0);
    house.stopped().await;
}

mod minutes {
    use super::*;

    const LOAD: Duration = Duration::from_secs(20);

    #[tokio::test(flavor = "multi_thread")]
    async fn rsyslog_over_tls_has_every_record_though_it_is_killed_under_load() {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let server = server(folder.path(), port);
        let mut receiver = rsyslog(folder.path(), port);
        let out = folder.path().join("syslog.out");
        let house = House::with(vec![syslog(server)], folder).await;
        let load = house.load_until(Instant::now() + LOAD);
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(3)).await;
            receiver.kill();
            tokio::time::sleep(Duration::from_secs(1)).await;
            receiver.again();
        }
        assert!(load.await.unwrap() > 500);
        house.all_arrives(&[out]).await;
        house.stopped().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_webhook_has_every_record_though_it_is_killed_under_load_and_keyward_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let server = server(folder.path(), port);
        let mut receiver = webhook(folder.path(), port);
        let out = folder.path().join("webhook.out");
        let mut house = House::with(vec![hook(server.clone())], folder).await;
        for _ in 0..4 {
            let load = house.load_until(Instant::now() + LOAD / 4);
            tokio::time::sleep(Duration::from_secs(2)).await;
            receiver.kill();
            tokio::time::sleep(Duration::from_secs(1)).await;
            receiver.again();
            assert!(load.await.unwrap() > 100);
            let folder = house.stopped().await;
            house = House::with(vec![hook(server.clone())], folder).await;
        }
        house.all_arrives(&[out]).await;
        house.stopped().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_that_is_rotated_under_load_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().to_owned();
        let current = at.join("audit.jsonl");
        let house = House::with(vec![disk(&current)], folder).await;
        let load = house.load_until(Instant::now() + Duration::from_secs(10));
        let mut files = Vec::new();
        for number in 0..8 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let old = at.join(format!("audit.jsonl.{number}"));
            std::fs::rename(&current, &old).unwrap();
            // With the signal and without it.
            if number % 2 == 0 {
                house.sinks.reopen();
            }
            files.push(old);
        }
        assert!(load.await.unwrap() > 500);
        files.push(current);
        house.all_arrives(&files).await;
        let lengths = files
            .iter()
            .map(|file| std::fs::metadata(file).unwrap().len());
        assert!(lengths.min() > Some(0), "each file has its part");
        house.stopped().await;
    }
}
