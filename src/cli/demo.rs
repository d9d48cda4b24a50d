//! `keyward demo`: an embedded directory with a sample company, and the web service over it, in one
//! process. Whatever it writes lies in one temporary folder, which is gone when it ends.

use std::fs::{self, DirBuilder};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::signals::Signals;
use super::{Verdict, logging, output, parts, service};
use crate::config::Settings;
use crate::domain::time::Clock;
use crate::embedded::{Embedded, EmbeddedOptions, Population, sample_company};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The loopback address on which the pages are served
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// Runs until Ctrl-C.
///
/// # Errors
/// It could not start.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    anyhow::ensure!(
        arguments.listen.ip().is_loopback(),
        "the demo speaks plain HTTP and serves loopback addresses only, such as 127.0.0.1:8080"
    );
    logging::start_quietly();
    let folder = Folder::make()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the threads cannot be started")?;
    runtime.block_on(demo(arguments.listen, &folder.0))?;
    Ok(Verdict::Well)
}

async fn demo(listen: SocketAddr, folder: &Path) -> anyhow::Result<()> {
    // Before anything is written: a signal from here on ends in an orderly way.
    let signals = Signals::watch()?;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; another port: keyward demo --listen 127.0.0.1:0")
    })?;
    let listening = listener.local_addr()?;
    let directory = Embedded::start(EmbeddedOptions {
        population: Population::SampleCompany,
        policy_hints: true,
        ..EmbeddedOptions::default()
    })
    .await?;
    fs::write(folder.join(CA_FILE), &directory.ca_pem)?;
    let settings = settings(folder, listening, directory.address)?;
    let mut parts = parts::assemble(&settings, Clock::system()).await?;
    parts.site.house.demo = true;
    // Its service account's password stands in no file.
    parts.rotation = None;
    output::print(&welcome(listening))?;
    let stop = CancellationToken::new();
    // A terminal that is closed ends the demo too.
    let hang_up = stop.clone();
    let signals = signals.heed(stop.clone(), async move || hang_up.cancel());
    tokio::join!(service::serve(parts, listener, stop), signals);
    Ok(())
}

const CA_FILE: &str = "ca.pem";

/// The settings of the demo, as an administrator would write them.
fn settings(folder: &Path, listen: SocketAddr, directory: SocketAddr) -> anyhow::Result<Settings> {
    let text = format!(
        "[ad]
         server = \"ldaps://{directory}\"
         domain = \"{domain}\"
         user_ou = \"{user_ou}\"
         reset_group = \"{reset_group}\"
         ca_file = \"{CA_FILE}\"
         [service_account]
         username = \"{service}\"
         password = \"{password}\"
         [web]
         listen = \"{listen}\"
         organisation = \"{company}\"
         help_contact = \"the service desk, extension 4711\"
         [audit]
         auditors = [\"{auditors}\"]
         [store]
         url = \"sqlite://keyward.db\"
        ",
        domain = sample_company::DOMAIN,
        user_ou = sample_company::USER_OU,
        reset_group = sample_company::RESET_GROUP,
        auditors = sample_company::AUDITOR_GROUP,
        service = sample_company::SERVICE_NAME,
        password = sample_company::SERVICE_PASSWORD,
        company = sample_company::COMPANY,
    );
    // The name only tells the format and the folder that relative paths start from.
    let file = folder.join("keyward.toml");
    Settings::parse(&file, &text, &[]).map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the demo's own settings: {}", lines.join("; "))
    })
}

/// What a person sees first.
fn welcome(listening: SocketAddr) -> String {
    format!(
        "\
{company}, a made-up company in a directory inside this program.

  Open      http://{listening}
  Sign in   {lead}   {password}   head of sales in Graz
  or        {desk}     {password}   service desk in Leeds
  or        {auditor}  {password}   auditor: reads the log of what the others did

  Search for
  tobias    locked out after wrong passwords: unlock, or reset and unlock in one step
  bauer     two people with the same name
  chloe     has to change the password at the next logon
  johanna   the password has grown too old
  levke     disabled: a reset would not help, and the page says so
  josef     the password never expires
  steffens  an administrator, protected like everybody who is one by any group
  albers    the service account has no rights there

Everything is gone when this ends: Ctrl-C.
",
        company = sample_company::COMPANY,
        lead = sample_company::TEAM_LEAD,
        desk = sample_company::SERVICE_DESK,
        auditor = sample_company::AUDITOR,
        password = sample_company::PASSWORD,
    )
}

/// A folder for this process alone, taken away when dropped.
struct Folder(PathBuf);

impl Folder {
    fn make() -> anyhow::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).context("the system gives no random numbers")?;
        let name = format!("keyward-demo-{:016x}", u64::from_le_bytes(random));
        let path = std::env::temp_dir().join(name);
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("cannot make the folder {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!("the folder {} stays: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_the_demo_are_in_order() {
        let listen = "127.0.0.1:8080".parse().unwrap();
        let directory = "127.0.0.1:1636".parse().unwrap();
        let settings = settings(Path::new("/tmp/demo"), listen, directory).unwrap();
        assert_eq!(settings.store.url.path(), Path::new("/tmp/demo/keyward.db"));
        let ca_file = settings.ad.ca_file.as_deref();
        assert_eq!(ca_file, Some(Path::new("/tmp/demo/ca.pem")));
    }

    #[test]
    fn the_folder_is_private_and_goes_with_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::make().unwrap();
        let path = folder.0.clone();
        fs::write(path.join("file"), "x").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn only_loopback_is_served() {
        let listen = "0.0.0.0:8080".parse().unwrap();
        assert!(run(&Arguments { listen }).is_err());
    }
}
