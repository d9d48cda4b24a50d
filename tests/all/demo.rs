//! `keyward demo` as somebody tries it: the program, its pages, and what is left when it ends.

use crate::support::browser::Browser;
use keyward::embedded::sample_company::{PASSWORD, SERVICE_DESK, TEAM_LEAD};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A demo that was started, in a temporary folder of its own.
struct Demo {
    child: Child,
    address: SocketAddr,
    said: String,
    folder: tempfile::TempDir,
}

impl Demo {
    /// Starts one and reads what it says until everything is said.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command(folder.path(), "127.0.0.1:0").spawn().unwrap();
        let mut said = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            said.push_str(&line.unwrap());
            said.push('\n');
            if said.contains("Ctrl-C") {
                break;
            }
        }
        let address = said.split("http://").nth(1).expect("an address");
        let address = address.split_whitespace().next().unwrap().parse().unwrap();
        Self {
            child,
            address,
            said,
            folder,
        }
    }

    fn leftovers(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }

    /// Ends it with a signal; it has to end well and to leave nothing.
    fn end(mut self, signal: Signal) {
        assert_eq!(self.leftovers(), 1, "one folder while it runs");
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
        assert!(self.child.wait().unwrap().success(), "{signal:?}");
        assert_eq!(self.leftovers(), 0, "{signal:?}");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Only where a test failed before the end; it has been waited for otherwise.
        self.child.kill().ok();
    }
}

fn command(temporary: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command
        .args(["demo", "--listen", listen])
        .env_clear()
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn a_demo_ends_well_and_leaves_nothing_behind_whatever_ends_it() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        Demo::start().end(signal);
    }
}

#[tokio::test]
async fn both_sign_ins_that_are_printed_work() {
    let demo = Demo::start();
    for name in [TEAM_LEAD, SERVICE_DESK] {
        let line = demo.said.lines().find(|line| line.contains(name));
        assert!(line.expect("it is printed").contains(PASSWORD));
        let mut browser = Browser::new(demo.address);
        assert_eq!(browser.sign_in(name, PASSWORD).await.status, 303, "{name}");
        let home = browser.get("/").await;
        assert!(home.body.contains("demonstration"), "it says what it is");
    }
    demo.end(Signal::INT);
}

#[tokio::test]
async fn each_search_that_is_proposed_finds_somebody() {
    let demo = Demo::start();
    let mut browser = Browser::new(demo.address);
    browser.sign_in(TEAM_LEAD, PASSWORD).await;
    let (_, list) = demo.said.split_once("Search for\n").expect("proposals");
    let proposals = list.lines().take_while(|line| line.starts_with("  "));
    let words: Vec<_> = proposals
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(words.len() >= 6, "{words:?}");
    for word in words {
        let found = browser.get(&format!("/?q={word}")).await;
        let one = found.status == 303 && found.location().starts_with("/accounts/");
        let several = found.status == 200 && found.body.contains("href=\"/accounts/");
        assert!(one || several, "{word}: {}", found.status);
    }
    demo.end(Signal::TERM);
}

#[tokio::test]
async fn a_password_can_be_reset_and_the_company_forgets_it() {
    let mut passwords = Vec::new();
    for _ in 0..2 {
        let demo = Demo::start();
        let mut browser = Browser::new(demo.address);
        browser.sign_in(SERVICE_DESK, PASSWORD).await;
        let page = browser.get("/?q=florian.eder").await.location().to_owned();
        let done = browser.submit(&page, &format!("{page}/reset"), &[]).await;
        assert_eq!(done.status, 200, "{}", done.text());
        passwords.push(done.text());
        demo.end(Signal::INT);
    }
    assert_ne!(passwords[0], passwords[1]);
}

#[test]
fn an_address_that_cannot_be_served_is_said_in_a_sentence() {
    let taken = Demo::start();
    let folder = tempfile::tempdir().unwrap();
    for (listen, reason) in [
        (taken.address.to_string(), "cannot listen on"),
        ("0.0.0.0:8080".to_owned(), "loopback addresses only"),
        ("nowhere".to_owned(), "invalid value"),
    ] {
        let Output { status, stderr, .. } = command(folder.path(), &listen).output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(said.contains(reason), "{said}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    taken.end(Signal::TERM);
}

/// Measured, so it runs alone.
mod minutes {
    use super::*;

    #[test]
    fn it_is_ready_in_under_a_second() {
        let start = Instant::now();
        let demo = Demo::start();
        let took = start.elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
        demo.end(Signal::INT);
    }
}
