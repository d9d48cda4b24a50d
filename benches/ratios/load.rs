//! Requests per second at 1, 8 and 64 clients, and what the memory does meanwhile.

use crate::http::Browser;
use crate::measure::limit;
use crate::service::{Domain, Service};
use anyhow::{Result, bail};
use hyper::StatusCode;
use keyward::embedded::{Embedded, EmbeddedOptions, test_domain};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const SPAN: Duration = Duration::from_secs(3);

/// Prints both.
pub async fn print() -> Result<()> {
    let embedded = Embedded::start(EmbeddedOptions::default()).await?;
    let folder = tempfile::tempdir()?;
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &embedded.ca_pem)?;
    let service = Service::start(&Domain {
        server: &format!("ldaps://localhost:{}", embedded.address.port()),
        ca_file: &ca_file,
        user_ou: test_domain::USER_OU,
        service_password: test_domain::SERVICE_PASSWORD,
    })?;
    let paths = accounts(&embedded)?;
    let mut browsers = vec![signed_in(&service.address, 0).await?];
    limit(
        "memory after start and a sign-in",
        service.resident_mb()?,
        "MB",
        25.0,
    );
    println!("\nagainst the embedded directory, requests per second");
    println!(
        "{:<10} {:>10} {:>14} {:>10}",
        "clients", "searches", "account pages", "resets"
    );
    for clients in [1, 8, 64] {
        while browsers.len() < clients {
            browsers.push(signed_in(&service.address, browsers.len()).await?);
        }
        let searches = per_second(Job::Search, &mut browsers, &paths).await?;
        let accounts = per_second(Job::Account, &mut browsers, &paths).await?;
        let resets = per_second(Job::Reset, &mut browsers, &paths).await?;
        println!("{clients:<10} {searches:>10.0} {accounts:>14.0} {resets:>10.0}");
    }
    limit(
        "memory after well over 10,000 requests",
        service.resident_mb()?,
        "MB",
        40.0,
    );
    Ok(())
}

/// The pages of all people who may be helped.
pub fn accounts(embedded: &Embedded) -> Result<Vec<String>> {
    let page = |number| {
        let guid = embedded.admin().guid(&format!("target.{number:02}"))?;
        Ok(format!("/accounts/{guid}"))
    };
    (1..=40).map(page).collect()
}

/// An operator's browser.
pub async fn signed_in(address: &str, number: usize) -> Result<Browser> {
    let mut browser = Browser::open(address).await?;
    let name = format!("lead.spare{}", number % 20 + 1);
    browser.sign_in(&name, test_domain::PASSWORD).await?;
    Ok(browser)
}

/// What each client does again and again.
#[derive(Clone, Copy)]
pub enum Job {
    /// A search with its page.
    Search,
    /// An account's page.
    Account,
    /// An account's page and the reset from its form; counted once.
    Reset,
}

/// Runs `job` on `browsers` for a few seconds; how many were done per second.
pub async fn per_second(job: Job, browsers: &mut Vec<Browser>, paths: &[String]) -> Result<f64> {
    let paths: Arc<[String]> = paths.into();
    let done = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for (number, mut browser) in browsers.drain(..).enumerate() {
        let (paths, done) = (Arc::clone(&paths), Arc::clone(&done));
        clients.spawn(async move {
            let mut round = number;
            while start.elapsed() < SPAN {
                let Some(path) = paths.get(round % paths.len()) else {
                    break;
                };
                if one(job, &mut browser, path).await? {
                    done.fetch_add(1, Ordering::Relaxed);
                }
                round += 1;
            }
            Ok::<_, anyhow::Error>(browser)
        });
    }
    while let Some(browser) = clients.join_next().await {
        browsers.push(browser??);
    }
    let done = u32::try_from(done.load(Ordering::Relaxed))?;
    Ok(f64::from(done) / start.elapsed().as_secs_f64())
}

/// Whether it was done; a service that has enough to do says so with 503, and that is no fault.
async fn one(job: Job, browser: &mut Browser, path: &str) -> Result<bool> {
    let page = match job {
        Job::Search => browser.get("/?q=target").await?,
        Job::Account => browser.get(path).await?,
        Job::Reset => {
            let action = format!("{path}/reset");
            let csrf = browser.get(path).await?.token(&action)?;
            let fields = [("csrf", csrf.as_str()), ("must_change", "on")];
            browser.post(&action, &fields).await?
        }
    };
    match page.status {
        status if status.is_success() => Ok(true),
        StatusCode::SERVICE_UNAVAILABLE => Ok(false),
        status => bail!("{path} answered {status}"),
    }
}
