//! `keyward serve` as a process, in a folder of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::Duration;

use keyward::embedded::test_domain::{RESET_GROUP, SERVICE_NAME, SERVICE_PASSWORD, USER_OU};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::secrets::{self, Searched};

/// Longer than the program may take for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running `keyward serve` and the folder that it works in.
pub struct Program {
    child: Child,
    log: Receiver<String>,
    /// Reads the log to its end, and gives back all of it.
    reading: Option<JoinHandle<String>>,
    pub address: SocketAddr,
    pub folder: Arc<Searched>,
}

impl Program {
    /// With the article's `config.ini`, for the domain controller on `port`.
    pub fn start(port: u16, ca_pem: &str) -> Self {
        Self::start_in(Self::prepare(port, ca_pem))
    }

    /// The folder with these settings; nothing runs yet.
    pub fn prepare(port: u16, ca_pem: &str) -> Arc<Searched> {
        let folder = Arc::new(Searched::new());
        std::fs::write(folder.path().join("ca.pem"), ca_pem).unwrap();
        let text = format!(
            "[ad]\nserver = ldaps://localhost:{port}\ndomain = EXAMPLE\nuser_ou = {USER_OU}\n\
             reset_group = {RESET_GROUP}\nca_file = ca.pem\n\n[service_account]\n\
             username = {SERVICE_NAME}\npassword = {SERVICE_PASSWORD}\n\n[web]\n\
             listen = 127.0.0.1:0\n\n[store]\nurl = sqlite://keyward.db\n"
        );
        write_settings(&folder, "config.ini", &text);
        folder
    }

    /// The same settings in TOML, with the database at `database` and `more` after them.
    pub fn prepare_with(port: u16, ca_pem: &str, database: &str, more: &str) -> Arc<Searched> {
        let folder = Arc::new(Searched::new());
        std::fs::write(folder.path().join("ca.pem"), ca_pem).unwrap();
        let text = format!(
            "[ad]\nserver = \"ldaps://localhost:{port}\"\ndomain = \"EXAMPLE\"\n\
             user_ou = \"{USER_OU}\"\nreset_group = \"{RESET_GROUP}\"\nca_file = \"ca.pem\"\n\n\
             [service_account]\nusername = \"{SERVICE_NAME}\"\npassword = \"{SERVICE_PASSWORD}\"\n\n\
             [web]\nlisten = \"127.0.0.1:0\"\n\n[store]\nurl = \"sqlite://{database}\"\n\n{more}"
        );
        write_settings(&folder, "keyward.toml", &text);
        folder
    }

    /// Again, with the settings and the store that are there.
    pub fn start_in(folder: Arc<Searched>) -> Self {
        let mut command = keyward(&folder);
        command.arg("serve").env("KEYWARD_LOG", "info");
        Self::started(&mut command, folder)
    }

    /// Starts `command`, which serves in `folder`, and waits until it does.
    pub fn started(command: &mut Command, folder: Arc<Searched>) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (say, log) = mpsc::channel();
        let reading = std::thread::spawn(move || {
            let mut all = String::new();
            for line in stderr.lines().map_while(Result::ok) {
                all += &line;
                all += "\n";
                // Nobody may be listening any more.
                say.send(line).ok();
            }
            all
        });
        for name in ["cmdline", "environ"] {
            let path = format!("/proc/{}/{name}", child.id());
            secrets::search(&path, &std::fs::read(&path).unwrap_or_default());
        }
        let line = wait_for(&log, "serving http://");
        let address = line.rsplit_once("http://").unwrap().1.parse().unwrap();
        Self {
            child,
            log,
            reading: Some(reading),
            address,
            folder,
        }
    }

    /// Starts where it cannot serve; how it ended, with what it said.
    pub fn refuses_to_start_in(folder: &TempDir) -> Output {
        Self::tries_to_start_in(folder).expect("it does not serve")
    }

    /// How a start ended that could not serve; `None`: it serves, and was killed.
    pub fn tries_to_start_in(folder: &TempDir) -> Option<Output> {
        let mut command = keyward(folder);
        command.arg("serve").env("KEYWARD_LOG", "info");
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.contains("serving http://") {
                child.kill().unwrap();
                child.wait().unwrap();
                return None;
            }
            said += &line;
            said += "\n";
        }
        let status = child.wait().unwrap();
        let (stdout, stderr) = (Vec::new(), said.into_bytes());
        Some(Output {
            status,
            stdout,
            stderr,
        })
    }

    /// What the kernel knows of the process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Ends it as a power cut does; gives back what it leaves behind.
    pub fn kill_nine(mut self) -> Arc<Searched> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        Arc::clone(&self.folder)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Whether it is still there.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The next line of its log with `text`.
    pub fn says(&self, text: &str) -> String {
        wait_for(&self.log, text)
    }

    /// The rest of its log, until it has ended.
    pub fn rest_of_log(&self) -> String {
        let mut log = String::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            log += &line;
            log += "\n";
        }
        log
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
        self.child.wait().ok();
        let log = self.reading.take().and_then(|reading| reading.join().ok());
        secrets::search("the service's log", log.unwrap_or_default().as_bytes());
    }
}

/// The program in `folder`, with nothing of this process's environment.
pub fn keyward(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command.current_dir(folder.path()).env_clear();
    command
}

/// Writes settings that nobody else may read.
pub fn write_settings(folder: &TempDir, name: &str, text: &str) {
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    secrets::may_be_in(&file);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn wait_for(log: &Receiver<String>, text: &str) -> String {
    let mut said = String::new();
    loop {
        let line = log
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("no line with {text:?} in {said}"));
        if line.contains(text) {
            return line;
        }
        said += &line;
        said += "\n";
    }
}
