//! `keyward delegation revoke`: takes exactly its own rules away.

use super::administrator::Administrator;
use super::apply::no_plan;
use super::lines::Lines;
use super::{mend, wanted};
use crate::cli::parts::directory_settings;
use crate::cli::settings::ConfigFile;
use crate::cli::{Verdict, logging};
use crate::delegation::plan;
use crate::delegation::revoke::revoke;
use crate::directory::Directory;
use crate::domain::time::Clock;

pub(super) const ABOUT: &str = "\
Take exactly these rights away again.

The rules that keyward delegation apply gave the service account on [ad] user_ou, and no others: the \
list of access rules is then what it was before, byte for byte, unless somebody changed it since. \
Account, group and organisational unit stay; remove them yourself if nothing else needs them.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    #[command(flatten)]
    administrator: Administrator,
    /// Say what would be changed, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// # Errors
/// It could not run; nothing was changed.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let settings = arguments.file.settings_before_setup()?;
    logging::start_if_asked();
    let wanted = wanted(&settings, false);
    let directory = Directory::new(directory_settings(&settings), Clock::system());
    let admin = arguments.administrator.sign_in(&directory).await?;
    let found = plan::read(&admin, &wanted, true).await;
    let changes = found.and_then(|found| revoke(&wanted.username, &found));
    let changes = changes.map_err(|error| no_plan(&error))?;
    let lines = Lines::new();
    let verdict = mend::carry_out(lines, &admin, &changes, arguments.dry_run).await?;
    if changes.is_empty() {
        Lines::sentence("The service account has none of these rights. Nothing was changed.")?;
    }
    Lines::sentence(&format!(
        "The account {} and the group {} stay.",
        wanted.username, wanted.reset_group
    ))?;
    directory.close().await;
    Ok(verdict)
}
