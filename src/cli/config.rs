//! `keyward config`: are the settings right, and what is there to set.

use super::output::print;
use super::settings::ConfigFile;
use super::{Verdict, reload};
use crate::config::reference;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say whether the settings can be used, and everything that is wrong with them.
    Check(ConfigFile),
    /// Have the running service read its settings again.
    #[command(long_about = reload::ABOUT)]
    Reload(ConfigFile),
    /// Print every setting with its meaning, unit and default, as Markdown.
    Reference,
}

/// # Errors
/// The settings cannot be used, or the running service does not answer.
pub(super) fn run(command: &Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Check(file) => {
            let path = file.path()?;
            file.settings()?;
            print(&format!("{}: the settings can be used\n", path.display()))?;
        }
        Command::Reload(file) => return reload::ask(file),
        Command::Reference => print(&reference())?,
    }
    Ok(Verdict::Well)
}
