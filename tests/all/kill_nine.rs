//! `kill -9` at any moment during two hundred resets: the program is a child, the directory and its
//! witness live on in the test.

use crate::support::browser::Browser;
use crate::support::directory::Scene;
use crate::support::office::check_invariants;
use crate::support::program::Program;
use crate::web_cases::{address, reset, shown_password};
use keyward::domain::audit::{Record, Seq};
use keyward::store::AuditReader;
use rustix::process::Signal;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const RESETS: usize = 200;
const OPERATORS: usize = 4;

/// What the pages said, by account: the password of the last page, unless a later request had no
/// answer.
#[derive(Default)]
struct Said {
    passwords: Mutex<HashMap<String, Option<String>>>,
    sent: AtomicUsize,
    answered: AtomicUsize,
}

/// Resets its own share of the people over and over, until the program is gone.
async fn work(mut browser: Browser, targets: Vec<(String, String)>, said: Arc<Said>) {
    for (sam, page) in targets.iter().cycle() {
        said.passwords.lock().unwrap().insert(sam.clone(), None);
        said.sent.fetch_add(1, Ordering::SeqCst);
        let answer = reset(&mut browser, page).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let password = shown_password(&answer);
        said.passwords
            .lock()
            .unwrap()
            .insert(sam.clone(), Some(password));
        said.answered.fetch_add(1, Ordering::SeqCst);
    }
}

fn share(scene: &Scene, operator: usize) -> Vec<(String, String)> {
    (0..6)
        .map(|number| format!("target.{:02}", operator * 6 + number + 1))
        .map(|sam| (sam.clone(), address(scene, &sam)))
        .collect()
}

async fn log_in(folder: &Path) -> (Vec<Record>, usize) {
    let reader = AuditReader::open(&folder.join("keyward.db")).await.unwrap();
    let open = reader.open_attempts().await.unwrap().len();
    let lines = reader.lines(Seq(0), 1_000_000).await.unwrap();
    let parse = |(at, (seq, line)): (usize, &(Seq, String))| {
        assert_eq!(usize::try_from(seq.0).unwrap(), at, "no gaps");
        Record::parse(line).unwrap()
    };
    (lines.iter().enumerate().map(parse).collect(), open)
}

mod minutes {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn kill_9_at_any_moment_leaves_no_reset_without_a_record_and_no_untrue_page() {
        let scene = Scene::embedded().await;
        let directory = scene.server();
        let said = Arc::new(Said::default());
        let mut program = Program::start(directory.address.port(), &directory.ca_pem);
        let mut kills = 0_u64;
        while said.sent.load(Ordering::SeqCst) < RESETS || kills < 10 {
            let mut workers = Vec::new();
            for operator in 0..OPERATORS {
                let mut browser = Browser::new(program.address);
                let name = format!("lead.spare{}", operator + 1);
                let answer = browser.sign_in(&name, "Start-Pass-123!").await;
                assert_eq!(answer.location(), "/");
                let targets = share(&scene, operator);
                workers.push(tokio::spawn(work(browser, targets, Arc::clone(&said))));
            }
            // Moments that differ from each other by more than a reset's steps take.
            tokio::time::sleep(Duration::from_millis(300 + kills * 137 % 500)).await;
            let folder = program.kill_nine();
            kills += 1;
            for worker in workers {
                // It ends by the answer that it does not get, never by one that is not 200.
                let panic = worker.await.unwrap_err().into_panic();
                let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                assert!(!text.contains("left: "), "{text}");
            }
            program = Program::start_in(folder);
        }
        let all_settled = async {
            while log_in(program.folder.path()).await.1 > 0 {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let within = tokio::time::timeout(Duration::from_mins(1), all_settled).await;
        within.expect("I2: settled within a minute");
        program.signal(Signal::TERM);
        let folder = Arc::clone(&program.folder);
        assert!(program.ended().await.success());
        let (log, _) = log_in(folder.path()).await;
        check_invariants(&log, &directory.witness().resets());
        assert!(said.answered.load(Ordering::SeqCst) > RESETS / 2);
        let admin = directory.admin();
        for (sam, password) in said.passwords.lock().unwrap().iter() {
            let Some(password) = password else { continue };
            assert!(admin.password_is(sam, password).unwrap(), "I3: {sam}");
        }
    }
}
