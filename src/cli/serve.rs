//! `keyward serve`: the web service over a real domain.

use super::Verdict;
use super::settings::ConfigFile;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// It could not start.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let _settings = arguments.file.settings()?;
    anyhow::bail!("the parts are not put together yet")
}
