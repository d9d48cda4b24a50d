//! The proof over a large domain: its time against that of fetching the same objects alone, by the
//! floor (one page after the other, nothing decoded), and its memory.

use crate::floor::{Floor, trust};
use crate::measure::{Samples, compare};
use crate::samba::Fixtures;
use anyhow::{Context, Result};
use keyward::delegation::needs::Needs;
use keyward::delegation::proof::prove;
use keyward::directory::{Directory, DirectorySettings, ServerAddress};
use keyward::domain::secret::SecretSource;
use keyward::domain::time::Clock;
use std::path::Path;
use std::time::{Duration, Instant};

/// What `directory/survey.rs` asks for.
const ATTRIBUTES: &[&str] = &[
    "objectGUID",
    "objectSid",
    "objectClass",
    "nTSecurityDescriptor",
    "userAccountControl",
    "adminCount",
];

/// Prints both.
pub async fn print() -> Result<()> {
    let fixtures = Fixtures::read()?;
    let ca_file = fixtures.folder.join("tls/ca.pem");
    let directory = directory(&fixtures, &ca_file)?;
    let needs = Needs {
        targets: vec![fixtures.text("/user_ou")?.parse()?],
        unlock: true,
    };
    let mut floor = Floor::connect(&trust(&ca_file)?, 636).await?;
    let password = fixtures.text("/service_account/password")?;
    floor.bind("EXAMPLE\\svc_passwordreset", password).await?;
    let contexts = directory.naming_contexts().await?;
    let rounds = match std::env::var("KEYWARD_BENCH_PROOF_ROUNDS") {
        Ok(text) => text
            .parse()
            .context("KEYWARD_BENCH_PROOF_ROUNDS is not a number")?,
        Err(_) => 3,
    };
    let before = peak_memory()?;
    let (mut proof, mut fetch) = (Samples::default(), Samples::default());
    let (mut proven, mut fetched) = (0, 0);
    for round in 0..rounds {
        let start = Instant::now();
        let made = prove(&directory, &needs, Clock::system().now(), |_| ()).await?;
        proof.since(start);
        proven = made.objects;
        if round == 0 {
            println!(
                "\nproof over {proven} objects, {} findings, {rounds} rounds, medians",
                made.findings.len()
            );
            // Before the floor, which counts for nothing here, takes any.
            let grown = peak_memory()? - before;
            println!(
                "{:44} {grown:9.1} MB",
                "memory that the proof adds at its highest"
            );
        }
        let start = Instant::now();
        fetched = 0;
        for context in &contexts {
            fetched += floor.count(context.as_str(), ATTRIBUTES).await?;
        }
        fetch.since(start);
    }
    anyhow::ensure!(proven == fetched, "{proven} proven, {fetched} fetched");
    compare("proof / fetching the same objects", &proof, &fetch, 1.3);
    Ok(())
}

fn directory(fixtures: &Fixtures, ca_file: &Path) -> Result<Directory> {
    let password = fixtures.text("/service_account/password")?;
    let settings = DirectorySettings {
        servers: vec![ServerAddress {
            host: "localhost".to_owned(),
            port: 636,
        }],
        ca_file: Some(ca_file.to_owned()),
        domain: "EXAMPLE".to_owned(),
        service_account: "svc_passwordreset".to_owned(),
        service_password: SecretSource::Value(password.into()),
        operation_timeout: Duration::from_secs(30),
        connect_timeout: Duration::from_secs(5),
        connections: 2,
    };
    Ok(Directory::new(settings, Clock::system()))
}

/// The most memory that this process ever had, in MB (`VmHWM`).
fn peak_memory() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.context("no VmHWM")?.parse::<f64>()? / 1024.0)
}
