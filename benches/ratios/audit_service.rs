//! The audit log as people meet it: its pages and its CSV over HTTP, and what a required sink costs a reset.

use crate::audit::{figure, float, show};
use crate::http::Browser;
use crate::load::{Job, accounts, per_second, signed_in};
use crate::measure::Samples;
use crate::service::{Domain, Service};
use anyhow::{Result, ensure};
use keyward::embedded::{Embedded, EmbeddedOptions, test_domain};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::TempDir;

/// Times that each page is asked for.
const LOOKS: usize = 50;
/// The pages that are asked for.
const PAGES: [(&str, &str); 5] = [
    ("GET /audit", "/audit"),
    ("GET /audit, by operator", "/audit?operator=lead.0077"),
    (
        "GET /audit, by a result that is rare",
        "/audit?result=failed",
    ),
    ("GET /audit/0, with its proof", "/audit/0"),
    ("GET /audit/summary", "/audit/summary"),
];
/// Lets a member of the fixtures read the log.
const AUDITORS: &str = "[audit]\nauditors = [\"Log Readers\"]\n";

/// A directory for the service.
struct Directory {
    embedded: Embedded,
    server: String,
    ca_file: PathBuf,
    folder: TempDir,
}

impl Directory {
    async fn start() -> Result<Self> {
        let embedded = Embedded::start(EmbeddedOptions::default()).await?;
        let folder = tempfile::tempdir()?;
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, &embedded.ca_pem)?;
        Ok(Self {
            server: format!("ldaps://localhost:{}", embedded.address.port()),
            embedded,
            ca_file,
            folder,
        })
    }

    fn domain(&self) -> Domain<'_> {
        Domain {
            server: &self.server,
            ca_file: &self.ca_file,
            user_ou: test_domain::USER_OU,
            service_password: test_domain::SERVICE_PASSWORD,
        }
    }
}

/// What an auditor waits for, over the log in `database`.
pub async fn pages(database: &Path) -> Result<()> {
    let directory = Directory::start().await?;
    let service = Service::start_over(&directory.domain(), Some(database), AUDITORS)?;
    let mut browser = Browser::open(&service.address).await?;
    browser
        .sign_in("ada.auditor", test_domain::PASSWORD)
        .await?;
    for (what, path) in PAGES {
        let mut samples = Samples::default();
        for _ in 0..LOOKS {
            let start = Instant::now();
            let page = browser.get(path).await?;
            samples.since(start);
            ensure!(page.status.is_success(), "{path} answered {}", page.status);
        }
        show(what, &samples, 0.95);
    }
    let before = service.resident_mb()?;
    let start = Instant::now();
    let week =
        keyward::domain::time::Clock::system().now() - jiff::SignedDuration::from_hours(24 * 7);
    let day = week.strftime("%Y-%m-%d");
    let csv = browser.get(&format!("/audit.csv?from={day}")).await?;
    ensure!(
        csv.status.is_success(),
        "/audit.csv answered {}",
        csv.status
    );
    let rows = float(u64::try_from(csv.body.lines().count())?);
    figure(
        "GET /audit.csv",
        rows / start.elapsed().as_secs_f64(),
        "rows/s",
    );
    figure("rows of that", rows, "");
    figure("memory for that", service.resident_mb()? - before, "MB");
    Ok(())
}

/// Resets per second without a sink and with a required file sink.
pub async fn sink() -> Result<()> {
    println!("\nresets per second, and with a required file sink");
    let directory = Directory::start().await?;
    let file = directory.folder.path().join("sink.log");
    let required = format!(
        "[[audit.sink]]\nname = \"file\"\nkind = \"file\"\nrequired = true\npath = \"{}\"\n",
        file.display()
    );
    let paths = accounts(&directory.embedded)?;
    let mut alone = Vec::new();
    for more in ["", required.as_str()] {
        let service = Service::start_over(&directory.domain(), None, more)?;
        let mut browsers = Vec::new();
        for (number, clients) in [1, 8].into_iter().enumerate() {
            while browsers.len() < clients {
                browsers.push(signed_in(&service.address, browsers.len()).await?);
            }
            let rate = per_second(Job::Reset, &mut browsers, &paths).await?;
            match alone.get(number) {
                None => alone.push(rate),
                Some(alone) => println!(
                    "{:<58} {rate:>8.0} /s, without {alone:>6.0} /s: {:.2} x",
                    format!("{clients} at once, with a required file sink"),
                    rate / alone
                ),
            }
        }
    }
    Ok(())
}
