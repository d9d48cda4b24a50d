//! `keyward access freeze`, `thaw` and `frozen`, and `keyward config reload`: beside a service that runs, and without one.

use std::process::Output;
use std::sync::Arc;

use keyward::domain::audit::AuditAction;
use keyward::embedded::test_domain::USER_OU;
use rustix::process::Signal;

use crate::support::browser::Browser;
use crate::support::directory::Scene;
use crate::support::log::{lines_in, records};
use crate::support::program::{Program, keyward, write_settings};
use crate::support::secrets::Searched;
use crate::web_cases::address;

fn prepare(scene: &Scene) -> Arc<Searched> {
    let directory = scene.server();
    Program::prepare(directory.address.port(), &directory.ca_pem)
}

fn run(folder: &Searched, arguments: &[&str]) -> Output {
    keyward(folder).args(arguments).output().unwrap()
}

/// What a command said that went well.
fn ok(folder: &Searched, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command said on standard error, and its exit status.
fn refused(folder: &Searched, arguments: &[&str]) -> (i32, String) {
    let output = run(folder, arguments);
    let told = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), told)
}

/// Action, operator's name and reason of each record.
async fn told(folder: &Searched) -> Vec<(AuditAction, String, Option<String>)> {
    let lines = lines_in(&folder.path().join("keyward.db")).await;
    let entries = records(&lines).into_iter().map(|record| record.entry);
    let by = entries.filter_map(|entry| Some((entry.action, entry.operator?.name, entry.reason)));
    by.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_service_an_operator_is_frozen_listed_and_thawed() {
    let scene = Scene::embedded().await;
    let folder = prepare(&scene);
    assert_eq!(ok(&folder, &["access", "frozen"]), "nobody is frozen\n");
    let freeze = [
        "access",
        "freeze",
        "EXAMPLE\\lead.lena",
        "--reason",
        "left us",
    ];
    let frozen = ok(&folder, &freeze);
    assert!(frozen.starts_with("lead.lena is frozen"), "{frozen}");
    let again = ok(&folder, &["access", "freeze", "lead.lena"]);
    assert!(again.contains("is frozen since"), "{again}");
    assert!(
        again.ends_with("by a command: left us already; nothing was changed\n"),
        "{again}"
    );
    let listed = ok(&folder, &["access", "frozen"]);
    assert!(listed.starts_with("lead.lena (S-1-5-21-"), "{listed}");
    assert!(
        listed.ends_with(" UTC, by a command: left us\n"),
        "{listed}"
    );
    let thaw = ["access", "thaw", "LEAD.LENA"];
    assert!(ok(&folder, &thaw).starts_with("lead.lena may go on"));
    assert!(ok(&folder, &thaw).contains("was not frozen"));
    assert_eq!(ok(&folder, &["access", "frozen"]), "nobody is frozen\n");
    let lena = || "lead.lena".to_owned();
    let expected = [
        (
            AuditAction::OperatorFrozen,
            lena(),
            Some("left us".to_owned()),
        ),
        (AuditAction::OperatorThawed, lena(), None),
    ];
    assert_eq!(told(&folder).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_frozen_by_a_name_that_nobody_has_and_a_sid_needs_no_directory() {
    let scene = Scene::embedded().await;
    let folder = prepare(&scene);
    for name in ["nobody", "a*b"] {
        let (status, why) = refused(&folder, &["access", "freeze", name]);
        assert_eq!(status, 2, "{why}");
    }
    let (status, why) = refused(
        &folder,
        &["access", "freeze", "nobody", "--reason", "a\u{202e}b"],
    );
    assert_eq!(status, 2, "{why}");
    assert!(!folder.path().join("keyward.db").exists());

    let away = Program::prepare(1, &scene.server().ca_pem);
    assert_eq!(refused(&away, &["access", "freeze", "lead.lena"]).0, 2);
    let sid = "S-1-5-21-1-2-3-4242";
    let frozen = ok(&away, &["access", "freeze", sid]);
    assert!(frozen.starts_with(sid), "{frozen}");
    assert!(ok(&away, &["access", "thaw", sid]).starts_with(sid));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_stops_an_operator_at_once_and_lets_them_go_on() {
    let scene = Scene::embedded().await;
    let program = Program::start_in(prepare(&scene));
    let mut lena = Browser::new(program.address);
    lena.sign_in("lead.lena", "Start-Pass-123!").await;
    let page = address(&scene, "alice.able");
    let action = format!("{page}/reset");
    let csrf = lena.get(&page).await.csrf(&action);
    let folder = Arc::clone(&program.folder);
    let ok = async |arguments: &'static [&str]| {
        let folder = Arc::clone(&folder);
        let run = move || ok(&folder, arguments);
        tokio::task::spawn_blocking(run).await.unwrap()
    };
    let frozen = ok(&["access", "freeze", "lead.lena"]).await;
    assert!(frozen.starts_with("lead.lena is frozen"), "{frozen}");
    let listed = ok(&["access", "frozen"]).await;
    assert!(listed.starts_with("lead.lena (S-1-5-21-"), "{listed}");
    let version = scene
        .server()
        .admin()
        .password_is("alice.able", "Start-Pass-123!");
    assert!(version.unwrap());
    let stopped = lena.post(&action, &[("csrf", &csrf)]).await;
    assert!(stopped.status >= 400, "{}", stopped.status);
    let same = scene
        .server()
        .admin()
        .password_is("alice.able", "Start-Pass-123!");
    assert!(same.unwrap());
    let thawed = ok(&["access", "thaw", "lead.lena"]).await;
    assert!(thawed.starts_with("lead.lena may go on"), "{thawed}");
    let csrf = lena.get(&page).await.csrf(&action);
    assert_eq!(lena.post(&action, &[("csrf", &csrf)]).await.status, 200);
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_a_command_asks_for_says_what_came_of_it() {
    let scene = Scene::embedded().await;
    let folder = prepare(&scene);
    let (status, why) = refused(&folder, &["config", "reload"]);
    assert_eq!(status, 2, "{why}");
    assert!(why.contains("no service runs"), "{why}");

    let program = Program::start_in(Arc::clone(&folder));
    let said = ok(&folder, &["config", "reload"]);
    assert!(said.starts_with("the settings are in order"), "{said}");
    program.says("the settings are in order");
    // Faulty for the service alone.
    let well = std::fs::read_to_string(folder.path().join("config.ini")).unwrap();
    write_settings(&folder, "other.ini", &well);
    let faulty = well.replace(&format!("user_ou = {USER_OU}"), "user_ou = Staff");
    write_settings(&folder, "config.ini", &faulty);
    for arguments in [
        &["config", "reload", "--config", "other.ini"][..],
        &["config", "reload"],
    ] {
        let (status, why) = refused(&folder, arguments);
        assert_eq!(status, 1, "{why}");
        assert!(
            why.contains("config.ini:4") && why.contains("user_ou"),
            "{why}"
        );
        assert!(why.ends_with("the running settings stay\n"), "{why}");
    }
    program.says("the running settings stay");
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
    assert_eq!(
        refused(&folder, &["config", "reload", "--config", "other.ini"]).0,
        2
    );
}
