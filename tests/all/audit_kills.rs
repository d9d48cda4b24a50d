//! `kill -9` two hundred times under load: after each, the log is whole, the tree is of its lines, and
//! nothing is lost that a page or a sink knew of.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use keyward::domain::audit::Seq;
use keyward::store::AuditReader;
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use crate::command_line::{out, run};
use crate::support::browser::Browser;
use crate::support::directory::Scene;
use crate::support::log::{lines_in, root_text, size_and_root, whole_log};
use crate::support::office::check_invariants;
use crate::support::program::{PATIENCE, Program};
use crate::web_cases::{address, shown_password};

const KILLS: u64 = 200;
const SINK_FILE: &str = "witness.log";
const SINK: &str = "[[audit.sink]]\nname = \"witness\"\nkind = \"file\"\nrequired = true\npath = \"witness.log\"\n";
const OPERATORS: usize = 3;
/// Lines before the newest known one that are read again each time.
const AGAIN: usize = 50;

/// What pages said: the password of an account, unless a later request had no answer.
#[derive(Default)]
struct Said {
    passwords: Mutex<HashMap<String, Option<String>>>,
    done: Mutex<u64>,
}

/// The log as it was seen so far, and its tree by another implementation.
#[derive(Default)]
struct Known {
    lines: Vec<String>,
    tree: MemoryBackedTree<Sha256, String>,
    /// Of the first line, of the first two, and so on.
    roots: Vec<String>,
    /// Size of the last checkpoint that was held against the lines.
    checked: u64,
    /// The records that the sink has.
    sent: HashSet<usize>,
    sent_checkpoints: u64,
}

impl Known {
    /// Reads what is new. What was there is there, and each new checkpoint is of just these lines.
    async fn look(&mut self, database: &Path) {
        let reader = AuditReader::open(database).await.unwrap();
        let notes = reader.checkpoints_after(self.checked, 1000).await.unwrap();
        let from = self.lines.len().saturating_sub(AGAIN);
        let seq = Seq(u64::try_from(from).unwrap());
        let lines = reader.lines(seq, 1_000_000).await.unwrap();
        assert!(from + lines.len() >= self.lines.len(), "no record is lost");
        for (at, (seq, line)) in (from..).zip(lines) {
            assert_eq!(usize::try_from(seq.0).unwrap(), at, "no gaps");
            if let Some(known) = self.lines.get(at) {
                assert_eq!(*known, line, "record {at} is as it was");
                continue;
            }
            self.tree.push(line.clone());
            self.roots.push(root_text(&self.tree));
            self.lines.push(line);
        }
        for checkpoint in notes {
            let (size, root) = size_and_root(&checkpoint.note);
            assert_eq!(self.roots[size - 1], root, "the tree of {size} lines");
            self.checked = checkpoint.size;
        }
    }
}

impl Known {
    /// The lines of the sink are those of the log, to the last byte; checkpoints are of these lines.
    /// A kill may have torn one: it stands alone in its line and follows again. How many items are newer
    /// than what was read of the log: it goes on while it runs.
    fn has_what_the_sink_has(&mut self, sink: &Path) -> usize {
        let mut newer = 0;
        let text = std::fs::read(sink).unwrap();
        for line in text.split(|byte| *byte == b'\n') {
            let Ok(item) = serde_json::from_slice::<serde_json::Value>(line) else {
                continue;
            };
            if let Some(note) = item["checkpoint"].as_str() {
                let (size, root) = size_and_root(note);
                let Some(known) = self.roots.get(size - 1) else {
                    newer += 1;
                    continue;
                };
                assert_eq!(*known, root, "the sink's checkpoint of {size}");
                self.sent_checkpoints += 1;
                continue;
            }
            let seq = usize::try_from(item["seq"].as_u64().unwrap()).unwrap();
            let Some(known) = self.lines.get(seq) else {
                newer += 1;
                continue;
            };
            assert_eq!(known.as_bytes(), line, "record {seq} in the sink");
            self.sent.insert(seq);
        }
        newer
    }

    /// Waits until the sink has every record that there is.
    async fn is_all_in_the_sink(&mut self, database: &Path) {
        let wait = async {
            loop {
                self.look(database).await;
                self.has_what_the_sink_has(&database.with_file_name(SINK_FILE));
                if self.sent.len() == self.lines.len() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let within = tokio::time::timeout(PATIENCE, wait).await;
        within.expect("each record is in the sink");
        assert!(self.sent_checkpoints > 0, "and checkpoints are");
    }
}

/// What the program says of the log to whoever has the key from the beginning: of the database, of what
/// the sink has, and of the database held against the sink's checkpoints. The sink had so many records
/// before the stop.
fn is_sound_to_an_auditor(folder: &TempDir, key: &str, sent: usize, all: usize) {
    let sent = u64::try_from(sent).unwrap();
    let all = u64::try_from(all).unwrap();
    for (what, least) in [
        (&["keyward.db"][..], all),
        (&["keyward.db", "--checkpoint", SINK_FILE], all),
        (&[SINK_FILE], sent),
        (&[SINK_FILE, "--checkpoint", SINK_FILE], sent),
    ] {
        let arguments = ["audit", "verify", "--json", "--key", key];
        let output = run(folder, &[&arguments, what].concat());
        let said: Value = serde_json::from_slice(&output.stdout).expect("one document");
        let found = (&said["findings"], output.status.code());
        assert_eq!(found, (&json!([]), Some(0)), "{what:?}");
        let number = |name: &str| said[name].as_u64().expect("a number");
        assert!(
            (least..=all).contains(&number("records")),
            "{what:?}: {said}"
        );
        assert!(number("signed_before") > 0, "{what:?}: {said}");
        assert_eq!(number("open_attempts_count"), 0, "{what:?}");
    }
}

/// Resets its own people over and over.
async fn resets(mut browser: Browser, people: Vec<(String, String)>, said: Arc<Said>) {
    for (sam, page) in people.iter().cycle() {
        let action = format!("{page}/reset");
        let shown = browser.get(page).await;
        if shown.status == 503 {
            continue;
        }
        assert_eq!(shown.status, 200, "{}", shown.text());
        // Until the rights are proven there is no form.
        if !shown.body.contains(&format!("action=\"{action}\"")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        }
        let csrf = shown.csrf(&action);
        said.passwords.lock().unwrap().insert(sam.clone(), None);
        let answer = browser
            .post(&action, &[("csrf", &csrf), ("must_change", "on")])
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let password = shown_password(&answer);
        said.passwords
            .lock()
            .unwrap()
            .insert(sam.clone(), Some(password));
        *said.done.lock().unwrap() += 1;
    }
}

/// Others sign in, over and over. A sign-in that the kill cut short stays counted as a wrong one.
async fn sign_ins(mut browser: Browser) {
    for number in (4..=20).cycle() {
        let name = format!("lead.spare{number}");
        let answer = browser.sign_in(&name, "Start-Pass-123!").await;
        assert!([303, 429].contains(&answer.status), "{}", answer.text());
        browser.cookies.clear();
    }
}

fn share(scene: &Scene, operator: usize) -> Vec<(String, String)> {
    (0..6)
        .map(|number| format!("target.{:02}", operator * 6 + number + 1))
        .map(|sam| (sam.clone(), address(scene, &sam)))
        .collect()
}

/// Numbers that look like chance and are the same each time (a linear congruential generator).
fn moments() -> impl Iterator<Item = Duration> {
    let next = |seed: &u64| {
        Some(
            seed.wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407),
        )
    };
    std::iter::successors(Some(4711), next)
        .map(|seed| Duration::from_micros((seed >> 33) % 700_000))
}

mod minutes {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn after_each_of_two_hundred_kills_the_log_is_whole_and_nothing_known_is_lost() {
        let scene = Scene::embedded().await;
        let directory = scene.server();
        let said = Arc::new(Said::default());
        let port = directory.address.port();
        let folder = Program::prepare_with(port, &directory.ca_pem, "keyward.db", SINK);
        let database = folder.path().join("keyward.db");
        let mut program = Program::start_in(folder);
        let key = out(&run(&program.folder, &["audit", "key"]))
            .trim_end()
            .to_owned();
        let mut browsers = Vec::new();
        for operator in 0..OPERATORS {
            let mut browser = Browser::new(program.address);
            let name = format!("lead.spare{}", operator + 1);
            assert_eq!(
                browser.sign_in(&name, "Start-Pass-123!").await.location(),
                "/"
            );
            browsers.push(browser);
        }
        let mut known = Known::default();
        for (number, moment) in (0..KILLS).zip(moments()) {
            let mut workers = vec![tokio::spawn(sign_ins(Browser::new(program.address)))];
            for (operator, browser) in browsers.iter_mut().enumerate() {
                // The session outlives the process.
                browser.address = program.address;
                let people = share(&scene, operator);
                workers.push(tokio::spawn(resets(
                    browser.clone(),
                    people,
                    Arc::clone(&said),
                )));
            }
            tokio::time::sleep(moment).await;
            // The browsers die a moment before it: one that still reads would take the end for an answer.
            workers.iter().for_each(tokio::task::JoinHandle::abort);
            for worker in workers {
                let ended = worker.await.unwrap_err();
                assert!(ended.is_cancelled(), "kill {number}: {ended:?}");
            }
            let folder = program.kill_nine();
            // While nobody writes: what the sink has, the log has.
            known.look(&database).await;
            let more = known.has_what_the_sink_has(&database.with_file_name(SINK_FILE));
            assert_eq!(more, 0, "the sink has nothing that the log has not");
            program = Program::start_in(folder);
        }
        let all_settled = async {
            let reader = AuditReader::open(&database).await.unwrap();
            while !reader.open_attempts().await.unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let within = tokio::time::timeout(Duration::from_mins(1), all_settled).await;
        within.expect("I2: settled within a minute");
        known.is_all_in_the_sink(&database).await;
        let sent = known.lines.len();
        program.signal(Signal::TERM);
        let folder = Arc::clone(&program.folder);
        assert!(program.ended().await.success());
        known.look(&database).await;
        let log = whole_log(&database).await;
        assert_eq!(lines_in(&database).await, known.lines, "to the last byte");
        check_invariants(&log, &directory.witness().resets());
        let done = *said.done.lock().unwrap();
        assert!(done > KILLS, "{done} resets under {KILLS} kills are a load");
        is_sound_to_an_auditor(&folder, &key, sent, known.lines.len());
        let admin = directory.admin();
        for (sam, password) in said.passwords.lock().unwrap().iter() {
            let Some(password) = password else { continue };
            assert!(admin.password_is(sam, password).unwrap(), "I3: {sam}");
        }
    }
}
