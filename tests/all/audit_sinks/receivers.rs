//! Receivers that take little at once, never come to the end of an answer, talk back, or hang up.

use super::hook;
use super::house::{House, Manner, Receiver, entry, free_port, server, sink, webhook_with};
use keyward::sinks::{Server, SinkKind, SinkSettings, SyslogSettings, Transport};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A webhook that is not there yet, and what it will have taken.
struct Hook {
    server: Server,
    folder: PathBuf,
    taken: PathBuf,
}

impl Hook {
    fn in_folder(folder: &TempDir) -> Self {
        let server = server(folder.path(), free_port());
        let taken = folder.path().join("webhook.out");
        let folder = folder.path().to_owned();
        Self {
            server,
            folder,
            taken,
        }
    }

    fn listens(&self, manner: Manner) -> Receiver {
        webhook_with(&self.folder, self.server.port, manner)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.taken).unwrap_or_default()
    }
}

/// No line is there twice.
fn are_there_once(text: &str) {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let doubled = lines.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(doubled, None);
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_too_large_for_its_receiver_is_halved_until_it_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Hook::in_folder(&folder);
    let house = House::with(vec![hook(receiver.server.clone())], folder).await;
    for number in 0..300 {
        house.store.event(entry(number)).await.unwrap();
    }
    let few_lines = Manner {
        longest: 2000,
        ..Manner::USUAL
    };
    let _listening = receiver.listens(few_lines);
    house
        .all_arrives(std::slice::from_ref(&receiver.taken))
        .await;
    are_there_once(&receiver.text());
    house.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_a_receiver_was_away_from_the_start_waits_for_no_further_record() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Hook::in_folder(&folder);
    let house = House::with(vec![hook(receiver.server.clone())], folder).await;
    // By now it was found to be away, with nothing to send.
    tokio::time::sleep(Duration::from_secs(1)).await;
    house.store.event(entry(0)).await.unwrap();
    let _listening = receiver.listens(Manner::USUAL);
    let has_it = || receiver.text().contains("{\"seq\":0,");
    until("it gets what there is", has_it).await;
    house.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_too_large_by_itself_is_waited_for_and_never_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Hook::in_folder(&folder);
    let house = House::with(vec![hook(receiver.server.clone())], folder).await;
    for number in 0..9 {
        let mut entry = entry(number);
        if number == 5 {
            for part in 0..16 {
                let long = "x".repeat(200).into();
                entry.details.insert(format!("detail{part}"), long);
            }
        }
        house.store.event(entry).await.unwrap();
    }
    let few_lines = Manner {
        longest: 1500,
        ..Manner::USUAL
    };
    let mut listening = receiver.listens(few_lines);
    let before_it = || receiver.text().contains("{\"seq\":4,");
    until("what comes before it is taken", before_it).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let text = receiver.text();
    assert!(!text.contains("{\"seq\":5,") && !text.contains("{\"seq\":6,"));
    are_there_once(&text);
    listening.kill();
    let _listening = receiver.listens(Manner::USUAL);
    house
        .all_arrives(std::slice::from_ref(&receiver.taken))
        .await;
    are_there_once(&receiver.text());
    house.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_accepted_is_not_sent_again_however_long_the_answer_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Hook::in_folder(&folder);
    let endless = Manner {
        slowly: true,
        ..Manner::USUAL
    };
    let _listening = receiver.listens(endless);
    let house = House::with(vec![hook(receiver.server.clone())], folder).await;
    let began = Instant::now();
    for number in 0..5 {
        house.store.event(entry(number)).await.unwrap();
        let is_there = || receiver.text().contains(&format!("{{\"seq\":{number},"));
        until("it arrives", is_there).await;
    }
    house
        .all_arrives(std::slice::from_ref(&receiver.taken))
        .await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
    are_there_once(&receiver.text());
    house.stopped().await;
}

/// A sink at a syslog server over TCP of the test's own.
fn plain_syslog(listener: &TcpListener) -> SinkSettings {
    let server = Server {
        host: "127.0.0.1".to_owned(),
        port: listener.local_addr().unwrap().port(),
        ca_file: None,
    };
    let kind = SinkKind::Syslog(SyslogSettings {
        server,
        transport: Transport::Tcp,
        facility: 13,
    });
    sink("siem", false, kind)
}

/// Appends what comes to a file until the connection ends.
fn keep(mut stream: TcpStream, file: &Path) {
    let mut out = std::fs::OpenOptions::new();
    let mut out = out.create(true).append(true).open(file).unwrap();
    std::thread::spawn(move || std::io::copy(&mut stream, &mut out));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_syslog_server_says_is_hardly_read_and_its_end_is_noticed_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("syslog.out");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let house = House::with(vec![plain_syslog(&listener)], folder).await;
    house.store.event(entry(0)).await.unwrap();
    let (talking, _) = listener.accept().unwrap();
    keep(talking.try_clone().unwrap(), &file);
    let said = Arc::new(AtomicUsize::new(0));
    let speaker = std::thread::spawn({
        let (mut talking, said) = (talking.try_clone().unwrap(), Arc::clone(&said));
        move || {
            let words = vec![b'x'; 65_536];
            while let Ok(written) = talking.write(&words) {
                said.fetch_add(written, Ordering::Relaxed);
            }
        }
    });
    let has = |number: u64| {
        let text = std::fs::read(&file).unwrap_or_default();
        String::from_utf8_lossy(&text).contains(&format!("\"ticket {number} "))
    };
    until("it gets its records", || has(0)).await;
    // First it fills what lies between the two.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = said.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let more = said.load(Ordering::Relaxed) - before;
    assert!(more < 8 << 20, "{more} bytes in three seconds");
    house.store.event(entry(1)).await.unwrap();
    until("it gets its records all the same", || has(1)).await;
    talking.shutdown(Shutdown::Both).unwrap();
    speaker.join().unwrap();
    drop(talking);
    house.store.event(entry(2)).await.unwrap();
    let again = tokio::task::spawn_blocking(move || listener.accept().unwrap().0);
    let again = tokio::time::timeout(Duration::from_mins(1), again).await;
    keep(again.expect("it comes back").unwrap(), &file);
    until("nothing is lost", || has(2)).await;
    house.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_syslog_server_that_ends_each_connection_is_tried_more_and_more_seldom() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let sink = plain_syslog(&listener);
    let count = Arc::new(AtomicUsize::new(0));
    std::thread::spawn({
        let count = Arc::clone(&count);
        move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
                // It says that it will say nothing more, and goes on listening.
                stream.shutdown(Shutdown::Write).unwrap();
                std::thread::spawn(move || stream.read_to_end(&mut Vec::new()));
            }
        }
    });
    let house = House::with(vec![sink], folder).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    let count = count.load(Ordering::Relaxed);
    // After 0.2, 0.4, 0.8, 1.6 and 3.2 seconds, each time a half less at most.
    assert!((2..=7).contains(&count), "{count} connections");
    house.stopped().await;
}
