//! The directory client while the real domain controller hangs, is killed and comes back.

use crate::support::directory::{Scene, new_password};
use keyward::directory::{Directory, DirectoryError, ResetOptions, WriteError};
use keyward::domain::rules::Action;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What a page may take with no DC at all.
const HONEST: Duration = Duration::from_secs(5);
/// When a DC that is back must have been noticed.
const BACK: Duration = Duration::from_secs(10);

/// Does something to the DC with `dev/dc`.
pub fn dc(action: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("dev/dc");
    let status = Command::new(script).args([action, "--quiet"]).status();
    assert!(status.unwrap().success(), "dev/dc {action}");
}

/// Whatever a test does to the DC is undone, even when the test fails.
pub struct Undo(pub &'static str);

impl Drop for Undo {
    fn drop(&mut self) {
        dc(self.0);
    }
}

async fn time_until_it_answers(directory: &Directory) -> Duration {
    let start = Instant::now();
    while directory.ping().await.is_err() {
        assert!(start.elapsed() < BACK, "not back in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_domain_controller_is_given_up_in_time_and_found_again() {
    let scene = Scene::samba();
    let directory = scene.directory();
    directory.ping().await.unwrap();
    let undo = Undo("cont");
    dc("stop");
    for _ in 0..2 {
        let start = Instant::now();
        let result = directory.ping().await;
        assert_eq!(result, Err(DirectoryError::Unreachable { tried: 1 }));
        assert!(start.elapsed() < HONEST, "{:?}", start.elapsed());
    }
    drop(undo);
    assert!(time_until_it_answers(&directory).await < BACK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_to_a_hung_domain_controller_is_unknown_until_the_version_tells() {
    let scene = Scene::samba();
    let directory = scene.directory();
    let account = scene.account(&directory, "target.08").await;
    let permit = scene
        .permit(&directory, Action::ResetPassword, &account)
        .await;
    let options = ResetOptions {
        must_change: true,
        unlock: false,
    };
    let undo = Undo("cont");
    dc("stop");
    let start = Instant::now();
    let new = new_password("harbour-Lantern-71");
    let result = directory
        .set_password(permit, &account, &new, options)
        .await;
    assert_eq!(result, Err(WriteError::AnswerLost));
    assert!(start.elapsed() < HONEST);
    drop(undo);
    time_until_it_answers(&directory).await;
    let before = account.password_version.unwrap().version;
    let seen = directory.read_back(&account.dc, account.guid).await;
    let seen = seen.unwrap().unwrap().seen.unwrap();
    assert!((before..=before + 1).contains(&seen.version.version));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_domain_controller_is_said_at_once_and_found_again() {
    let scene = Scene::samba();
    let directory = scene.directory();
    let facts = directory.domain_facts().await.unwrap();
    let undo = Undo("start");
    dc("kill");
    let start = Instant::now();
    let result = directory.ping().await;
    assert_eq!(result, Err(DirectoryError::Unreachable { tried: 1 }));
    assert!(start.elapsed() < HONEST);
    assert_eq!(directory.domain_facts().await, Ok(facts));
    drop(undo);
    assert!(time_until_it_answers(&directory).await < BACK);
    scene.account(&directory, "alice.able").await;
}
