//! `keyward config`: are the settings right, and what is there to set.

use super::Verdict;
use super::output::print;
use super::settings::ConfigFile;
use crate::config::reference;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say whether the settings can be used, and everything that is wrong with them.
    Check(ConfigFile),
    /// Print every setting with its meaning, unit and default, as Markdown.
    Reference,
}

/// # Errors
/// The settings cannot be used.
pub(super) fn run(command: &Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Check(file) => {
            let path = file.path()?;
            file.settings()?;
            print(&format!("{}: the settings can be used\n", path.display()))?;
        }
        Command::Reference => print(&reference())?,
    }
    Ok(Verdict::Well)
}
