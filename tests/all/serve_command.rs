//! `keyward serve` as a process: starts from the article's file, obeys signals, ends in good order.

use std::process::Command;
use std::time::Duration;

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
