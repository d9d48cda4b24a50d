//! `keyward serve` as a process: starts from the article's file, obeys signals, ends in good order.

use std::process::Command;
use std::time::Duration;

use keyward::domain::audit::AuditAction;
use keyward::embedded::test_domain::SERVICE_PASSWORD;
use keyward::embedded::{Doing, Fault, On};
use rustix::process::Signal;

use crate::support::browser::Browser;
use crate::support::directory::Scene;
use crate::support::program::{Program, write_settings};
use crate::web_cases::address;

#[tokio::test(flavor = "multi_thread")]
async fn the_articles_file_serves_and_sigterm_lets_a_running_reset_finish() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    let program = Program::start(directory.address.port(), &directory.ca_pem);
    let mut lena = Browser::new(program.address);
    let answer = lena.sign_in("EXAMPLE\\lead.lena", "Start-Pass-123!").await;
    assert_eq!(answer.location(), "/");
    let page = address(&scene, "alice.able");
    let action = format!("{page}/reset");
    let csrf = lena.get(&page).await.csrf(&action);
    let slow = Doing::Delay(Duration::from_millis(800));
    directory.faults().arm(Fault::new(On::Modify, slow));
    let reset = tokio::spawn(async move { lena.post(&action, &[("csrf", &csrf)]).await });
    while directory.faults().pending() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    program.signal(Signal::TERM);
    assert_eq!(reset.await.unwrap().status, 200);
    program.says("stopped");
    let listing = Command::new(env!("CARGO_BIN_EXE_keyward"))
        .args(["audit", "export"])
        .current_dir(program.folder.path())
        .env_clear()
        .output()
        .unwrap();
    let lines = String::from_utf8(listing.stdout).unwrap();
    for word in ["service_started", "reset_password", "service_stopped"] {
        assert!(lines.contains(word), "{word} in {lines}");
    }
    assert!(!lines.contains(SERVICE_PASSWORD));
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_settings_at_a_reload_are_named_and_the_running_ones_stay() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    let program = Program::start(directory.address.port(), &directory.ca_pem);
    write_settings(
        &program.folder,
        "config.ini",
        "[ad]\nserver = ldap://plain\n",
    );
    program.signal(Signal::HUP);
    program.says("the settings cannot be used");
    let line = program.says("config.ini:2");
    assert!(line.contains("server"), "{line}");
    program.says("the running settings stay");
    let mut lena = Browser::new(program.address);
    let answer = lena.sign_in("lead.lena", "Start-Pass-123!").await;
    assert_eq!(answer.location(), "/");
    program.signal(Signal::INT);
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_domain_controller_it_starts_and_is_live_but_not_ready() {
    let ca_pem = Scene::embedded().await.server().ca_pem.clone();
    let program = Program::start(1, &ca_pem);
    let mut browser = Browser::new(program.address);
    assert_eq!(browser.get("/healthz").await.status, 200);
    let ready = browser.get("/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "directory\n"));
    let answer = browser.sign_in("lead.lena", "Start-Pass-123!").await;
    assert_eq!(answer.status, 503);
    assert!(answer.header("retry-after").is_some());
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn file_descriptors_used_up_by_others_come_back() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    let program = Program::start(directory.address.port(), &directory.ca_pem);
    let few = rustix::process::Rlimit {
        current: Some(40),
        maximum: Some(40),
    };
    let process = Some(program.pid());
    rustix::process::prlimit(process, rustix::process::Resource::Nofile, few).unwrap();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(std::net::TcpStream::connect(program.address).unwrap());
    }
    program.says("could not be accepted");
    let mut lena = Browser::new(program.address);
    assert_eq!(
        lena.get("/healthz").await.status,
        200,
        "silent connections make room"
    );
    drop(silent);
    let answer = lena.sign_in("lead.lena", "Start-Pass-123!").await;
    assert_eq!(answer.location(), "/");
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
}

/// The events `settings_changed` in the log of a folder: how many rules each tells of.
async fn changes(folder: &crate::support::secrets::Searched) -> Vec<u64> {
    let lines = crate::support::log::lines_in(&folder.path().join("keyward.db")).await;
    let all = crate::support::log::records(&lines).into_iter();
    let changed = all.filter(|record| record.entry.action == AuditAction::SettingsChanged);
    changed
        .map(|record| record.entry.details["rules"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_names_what_is_not_there_stops_the_start_where_a_domain_controller_says_so() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    for (key, wrong) in [
        (
            "operators",
            "operators = [\"Nobody Has This\"]\ntargets = [\"own-ou\"]",
        ),
        (
            "targets",
            "operators = [\"Team Leads\"]\ntargets = [\"Nobody Has This\"]",
        ),
        (
            "except",
            "operators = [\"Team Leads\"]\ntargets = [\"own-ou\"]\nexcept = [\"Nobody Has This\"]",
        ),
    ] {
        let rule = format!("[[rule]]\nname = \"leads\"\n{wrong}\n");
        for (port, starts) in [(directory.address.port(), false), (1, true)] {
            let folder = Program::prepare_with(port, &directory.ca_pem, "keyward.db", &rule);
            let ended = Program::tries_to_start_in(&folder);
            assert_eq!(ended.is_none(), starts, "{key} {ended:?}");
            let Some(ended) = ended else { continue };
            assert_eq!(ended.status.code(), Some(2));
            let said = String::from_utf8(ended.stderr).unwrap();
            let names = format!("Nobody Has This of {key} of rule leads was not found");
            assert!(said.contains(&names), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rules_at_a_start_are_on_record_and_the_same_ones_are_not_again() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    let folder = Program::prepare_with(
        directory.address.port(),
        &directory.ca_pem,
        "keyward.db",
        "",
    );
    let run = async |folder: &std::sync::Arc<_>| {
        let program = Program::start_in(std::sync::Arc::clone(folder));
        program.signal(Signal::TERM);
        assert!(program.ended().await.success());
    };
    run(&folder).await;
    run(&folder).await;
    assert_eq!(changes(&folder).await, [1]);
    let file = folder.path().join("keyward.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let rule = |name: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\noperators = [\"Team Leads\"]\ntargets = [\"own-ou\"]\n"
        )
    };
    write_settings(
        &folder,
        "keyward.toml",
        &format!("{text}\n{}{}", rule("a"), rule("b")),
    );
    run(&folder).await;
    write_settings(
        &folder,
        "keyward.toml",
        &format!("# The same.\n{text}\n{}{}", rule("b"), rule("a")),
    );
    run(&folder).await;
    assert_eq!(changes(&folder).await, [1, 2]);
}
