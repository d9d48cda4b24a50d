//! `keyward serve` as a process: starts from the article's file, obeys signals, ends in good order.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use keyward::embedded::test_domain::{RESET_GROUP, SERVICE_NAME, SERVICE_PASSWORD, USER_OU};
use keyward::embedded::{Doing, Fault, On};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::browser::{Browser, find};
use crate::support::directory::Scene;
use crate::web_cases::{address, reset, shown_password};

const PATIENCE: Duration = Duration::from_secs(20);

/// A running `keyward serve` and the folder that it works in.
pub struct Program {
    child: Child,
    log: Receiver<String>,
    pub address: SocketAddr,
    pub folder: Arc<TempDir>,
}

impl Program {
    /// With the article's `config.ini`, for the domain controller on `port`.
    pub fn start(port: u16, ca_pem: &str) -> Self {
        Self::start_in(Self::prepare(port, ca_pem))
    }

    fn prepare(port: u16, ca_pem: &str) -> Arc<TempDir> {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("ca.pem"), ca_pem).unwrap();
        let text = format!(
            "[ad]\nserver = ldaps://localhost:{port}\ndomain = EXAMPLE\nuser_ou = {USER_OU}\n\
             reset_group = {RESET_GROUP}\nca_file = ca.pem\n\n[service_account]\n\
             username = {SERVICE_NAME}\npassword = {SERVICE_PASSWORD}\n\n[web]\n\
             listen = 127.0.0.1:0\n\n[store]\nurl = sqlite://keyward.db\n"
        );
        write_private(&folder, &text);
        folder
    }

    /// Again, with the settings and the store that are there.
    pub fn start_in(folder: Arc<TempDir>) -> Self {
        Self::start_logging(folder, "info")
    }

    fn start_logging(folder: Arc<TempDir>, what: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_keyward"))
            .arg("serve")
            .current_dir(folder.path())
            .env_clear()
            .env("KEYWARD_LOG", what)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (say, log) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if say.send(line).is_err() {
                    break;
                }
            }
        });
        let line = wait_for(&log, "serving http://");
        let address = line.rsplit_once("http://").unwrap().1.parse().unwrap();
        Self {
            child,
            log,
            address,
            folder,
        }
    }

    /// Ends it as a power cut does; gives back what it leaves behind.
    pub fn kill_nine(mut self) -> Arc<TempDir> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        Arc::clone(&self.folder)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub async fn ended(mut self) -> ExitStatus {
        let wait = tokio::task::spawn_blocking(move || self.child.wait().unwrap());
        tokio::time::timeout(PATIENCE * 2, wait)
            .await
            .expect("it ends in time")
            .unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Only where a test failed; the process has been waited for otherwise.
        self.child.kill().ok();
    }
}

fn write_private(folder: &TempDir, text: &str) {
    let file = folder.path().join("config.ini");
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn wait_for(log: &Receiver<String>, text: &str) -> String {
    loop {
        let line = log
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("no line with {text:?}"));
        if line.contains(text) {
            return line;
        }
    }
}

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
    wait_for(&program.log, "stopped");
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
    write_private(&program.folder, "[ad]\nserver = ldap://plain\n");
    program.signal(Signal::HUP);
    wait_for(&program.log, "the settings cannot be used");
    let line = wait_for(&program.log, "config.ini:2");
    assert!(line.contains("server"), "{line}");
    wait_for(&program.log, "the running settings stay");
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
async fn no_password_is_in_the_log_or_the_store_however_much_is_logged() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    let folder = Program::prepare(directory.address.port(), &directory.ca_pem);
    let everything = "trace,ldap3_proto::proto=trace,hyper::proto=trace";
    let program = Program::start_logging(folder, everything);
    let mut lena = Browser::new(program.address);
    let wrong = "Wrong-Guess-4711!";
    assert_eq!(lena.sign_in("lead.lena", wrong).await.status, 401);
    let answer = lena.sign_in("lead.lena", "Start-Pass-123!").await;
    assert_eq!(answer.location(), "/");
    let session = lena.cookies["keyward"].clone();
    let done = reset(&mut lena, &address(&scene, "alice.able")).await;
    let new = shown_password(&done);
    program.signal(Signal::TERM);
    let mut log = String::new();
    while let Ok(line) = program.log.recv_timeout(PATIENCE) {
        log += &line;
        log += "\n";
    }
    assert!(log.contains("stopped"), "the whole log was read");
    let stored = std::fs::read(program.folder.path().join("keyward.db")).unwrap();
    for secret in ["Start-Pass-123!", wrong, SERVICE_PASSWORD, &new, &session] {
        let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(!log.contains(secret), "{secret} is in the log");
        for bytes in [secret.as_bytes(), &utf16] {
            assert!(find(&stored, bytes).is_none(), "{secret} is in the store");
        }
    }
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
    let process = Some(Pid::from_child(&program.child));
    rustix::process::prlimit(process, rustix::process::Resource::Nofile, few).unwrap();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(std::net::TcpStream::connect(program.address).unwrap());
    }
    wait_for(&program.log, "could not be accepted");
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
