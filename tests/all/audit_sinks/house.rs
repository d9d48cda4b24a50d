//! A store under load, its sinks, and receivers that are killed and brought back.

use keyward::domain::audit::{AuditAction, Entry, Seq};
use keyward::domain::time::Clock;
use keyward::sinks::{Delivering, Server, SinkKind, SinkSettings, Sinks};
use keyward::store::Store;
use std::collections::HashSet;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// What posts to the receiver beside this file are signed with.
pub const SECRET: &str = "S3cret-that-is-as-long-as-it-must-be";

/// A store with sinks that deliver.
pub struct House {
    pub folder: TempDir,
    pub store: Store,
    pub sinks: Arc<Sinks>,
    delivering: Delivering,
}

impl House {
    pub async fn with(sinks: Vec<SinkSettings>, folder: TempDir) -> Self {
        let file = folder.path().join("keyward.db");
        let store = Store::open(&file, Clock::system()).await.unwrap();
        let sinks = Arc::new(Sinks::new(sinks, &store));
        let delivering = sinks.start(&store);
        Self {
            folder,
            store,
            sinks,
            delivering,
        }
    }

    /// Ends it as an order to stop does; the folder is what it leaves.
    pub async fn stopped(self) -> TempDir {
        self.delivering.stop().await;
        self.store.close().await;
        self.folder
    }

    /// Appends as quickly as it goes until `end`, with a checkpoint now and then.
    pub fn load_until(&self, end: Instant) -> JoinHandle<u64> {
        let store = self.store.clone();
        tokio::spawn(async move {
            let mut count = 0;
            while Instant::now() < end {
                store.event(entry(count)).await.unwrap();
                count += 1;
                if count % 97 == 0 {
                    store.checkpoint().await.unwrap();
                }
            }
            store.checkpoint().await.unwrap();
            count
        })
    }

    /// Everything that a sink has to have, in order.
    pub async fn expected(&self) -> Vec<String> {
        let reader = self.store.reader();
        let records = reader.lines(Seq(0), 1_000_000).await.unwrap();
        let mut checkpoints = reader.checkpoints_after(0, 1_000_000).await.unwrap();
        checkpoints.reverse();
        let mut all = Vec::new();
        let note = |note: &str| format!("{{\"checkpoint\":{}}}", serde_json::json!(note));
        for (seq, line) in records {
            while let Some(due) = checkpoints.pop_if(|c| c.size <= seq.0) {
                all.push(note(&due.note));
            }
            all.push(line);
        }
        all.extend(checkpoints.iter().rev().map(|c| note(&c.note)));
        all
    }

    /// Waits until `files` together hold everything, once doubles are dropped, in order.
    pub async fn all_arrives(&self, files: &[PathBuf]) {
        let expected = self.expected().await;
        let patience = Instant::now() + Duration::from_secs(90);
        loop {
            let got = without_doubles(files, &expected);
            if got.len() == expected.len() {
                let wrong = got.iter().zip(&expected).position(|(a, b)| a != b);
                assert_eq!(wrong, None, "in order");
                return;
            }
            let so_far = (got.len(), expected.len());
            assert!(
                Instant::now() < patience,
                "missing after a while: {so_far:?}"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Lines that belong to the log, each where it came first. A line that a kill tore is none.
fn without_doubles(files: &[PathBuf], expected: &[String]) -> Vec<String> {
    let known: HashSet<&str> = expected.iter().map(String::as_str).collect();
    let mut seen = HashSet::new();
    let text = files.iter().filter_map(|file| std::fs::read(file).ok());
    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let lines: Vec<String> = text
        .flat_map(|t| t.lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>())
        .collect();
    lines
        .into_iter()
        .filter(|line| known.contains(line.as_str()) && seen.insert(line.clone()))
        .collect()
}

pub fn entry(number: u64) -> Entry {
    let mut entry = Entry::new(AuditAction::ResetPassword);
    entry.reason = Some(format!("ticket {number} für \u{2603}"));
    entry
}

pub fn sink(name: &str, required: bool, kind: SinkKind) -> SinkSettings {
    SinkSettings {
        name: name.to_owned(),
        required,
        kind,
    }
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A certificate for loopback in the folder; the server that shows it.
pub fn server(folder: &Path, port: u16) -> Server {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    Server {
        host: "127.0.0.1".to_owned(),
        port,
        ca_file: Some(folder.join("cert.pem")),
    }
}

/// A program that can be killed and started again.
pub struct Receiver {
    command: Command,
    child: Child,
}

impl Receiver {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().expect("installed, see dev/packages");
        Self { command, child }
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn again(&mut self) {
        self.child = self.command.spawn().unwrap();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// rsyslog with TLS, on a port of its own, writing the messages as they are.
pub fn rsyslog(folder: &Path, port: u16) -> Receiver {
    let at = folder.display();
    let settings = format!(
        r#"global(workDirectory="{at}" maxMessageSize="128k" DefaultNetstreamDriver="ossl"
  DefaultNetstreamDriverCAFile="{at}/cert.pem" DefaultNetstreamDriverCertFile="{at}/cert.pem"
  DefaultNetstreamDriverKeyFile="{at}/key.pem")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
input(type="imtcp" address="127.0.0.1" port="{port}")
template(name="line" type="string" string="%msg%\n")
*.* action(type="omfile" file="{at}/syslog.out" template="line")
"#
    );
    std::fs::write(folder.join("rsyslog.conf"), settings).unwrap();
    let mut command = Command::new("/usr/sbin/rsyslogd");
    command.arg("-n").arg("-f").arg(folder.join("rsyslog.conf"));
    command.arg("-i").arg(folder.join("rsyslog.pid"));
    command.stderr(std::fs::File::create(folder.join("rsyslog.err")).unwrap());
    Receiver::start(command)
}

/// How a receiver answers.
#[derive(Clone, Copy)]
pub struct Manner {
    pub secret: &'static str,
    /// Before each answer.
    pub seconds: u32,
    /// What is longer is answered with 413.
    pub longest: u32,
    /// The body of an answer has no end.
    pub slowly: bool,
}

impl Manner {
    pub const USUAL: Self = Self {
        secret: SECRET,
        seconds: 0,
        longest: u32::MAX,
        slowly: false,
    };
}

/// The Python receiver beside this file.
pub fn webhook(folder: &Path, port: u16) -> Receiver {
    webhook_with(folder, port, Manner::USUAL)
}

pub fn webhook_with(folder: &Path, port: u16, manner: Manner) -> Receiver {
    let script = folder.join("receiver.py");
    std::fs::write(&script, include_str!("receiver.py")).unwrap();
    let mut command = Command::new("python3");
    command.arg(script).arg(port.to_string());
    command
        .arg(folder.join("cert.pem"))
        .arg(folder.join("key.pem"));
    command.arg(folder.join("webhook.out")).arg(manner.secret);
    command.arg(manner.seconds.to_string());
    command.arg(manner.longest.to_string());
    command.arg(if manner.slowly { "slowly" } else { "" });
    command.stderr(Stdio::null());
    let receiver = Receiver::start(command);
    let end = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "the receiver listens");
        std::thread::sleep(Duration::from_millis(50));
    }
    receiver
}
