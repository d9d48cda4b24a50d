//! `keyward serve` as a process of its own, the release build, on a free port.

use anyhow::{Context, Result, bail};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running service; ends when dropped.
pub struct Service {
    /// `127.0.0.1:port`.
    pub address: String,
    child: Child,
    _folder: TempDir,
}

/// What the service is to be told of its directory.
pub struct Domain<'a> {
    /// `ldaps://localhost:636`.
    pub server: &'a str,
    /// The CA that signed its certificate.
    pub ca_file: &'a Path,
    /// The OU that it serves.
    pub user_ou: &'a str,
    /// Its service account's password.
    pub service_password: &'a str,
}

/// The release binary that is measured.
pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_keyward"))
}

impl Service {
    /// Writes settings, starts the program and waits until it is ready.
    pub fn start(domain: &Domain<'_>) -> Result<Self> {
        Self::start_over(domain, None, "")
    }

    /// As [`start`](Self::start), with a database that is there already, and with more settings at the end.
    pub fn start_over(domain: &Domain<'_>, database: Option<&Path>, extra: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let settings = folder.path().join("keyward.toml");
        let own = folder.path().join("keyward.db");
        let text = text(domain, &address, database.unwrap_or(&own)) + extra;
        std::fs::write(&settings, text)?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&settings, mode)?;
        let log = std::fs::File::create(folder.path().join("log"))?;
        let child = Command::new(binary())
            .args(["serve", "--config"])
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut service = Self {
            address,
            child,
            _folder: folder,
        };
        service.wait_until_ready()?;
        Ok(service)
    }

    /// Resident memory in MB, as the kernel counts it.
    pub fn resident_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        let kilobytes: f64 = kilobytes.context("no VmRSS")?.parse()?;
        Ok(kilobytes / 1024.0)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the service ended at once: {status}");
            }
            if ready(&self.address) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the service was not ready within 20 s")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether `/readyz` answers 200.
pub fn ready(address: &str) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(address) else {
        return false;
    };
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

/// A port that nobody listens on now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn text(domain: &Domain<'_>, address: &str, database: &Path) -> String {
    format!(
        r#"[ad]
server = "{}"
domain = "EXAMPLE"
user_ou = "{}"
reset_group = "Password Resetters"
ca_file = "{}"

[service_account]
username = "svc_passwordreset"
password = "{}"

[web]
listen = "{address}"

[store]
url = "sqlite://{}"
"#,
        domain.server,
        domain.user_ou,
        domain.ca_file.display(),
        domain.service_password,
        database.display(),
    )
}
