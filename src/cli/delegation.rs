//! `keyward delegation`: the rights of the service account set up, taken back, written as a script,
//! proven and mended.

mod administrator;
mod apply;
mod lines;
mod mend;
mod prompt;
mod revoke;
mod script;
mod verify;

use super::Verdict;
use super::parts::needs;
use crate::config::Settings;
use crate::delegation::plan::Wanted;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make the service account, the group and the rights that the settings call for.
    #[command(long_about = apply::ABOUT)]
    Apply(apply::Arguments),
    /// Take exactly these rights away again.
    #[command(long_about = revoke::ABOUT)]
    Revoke(revoke::Arguments),
    /// Print what an administrator would run by hand instead.
    #[command(long_about = script::ABOUT)]
    Script(script::Arguments),
    /// Prove that the service account has the rights that it needs, and no others anywhere.
    #[command(long_about = verify::ABOUT)]
    Verify(verify::Arguments),
    /// Mend what the proof finds.
    #[command(long_about = mend::ABOUT)]
    Mend(mend::Arguments),
}

/// # Errors
/// It could not run; nothing was changed then.
#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(command: Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Apply(arguments) => apply::run(&arguments).await,
        Command::Revoke(arguments) => revoke::run(&arguments).await,
        Command::Script(arguments) => script::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments).await,
        Command::Mend(arguments) => mend::run(arguments).await,
    }
}

/// What the settings want of the directory.
fn wanted(settings: &Settings, reset_password: bool) -> Wanted {
    Wanted {
        username: settings.service_account.username.as_str().to_owned(),
        password: settings.service_account.password.clone(),
        account_ou: settings.delegation.account_ou.clone(),
        reset_group: settings.ad.reset_group.as_str().to_owned(),
        needs: needs(settings),
        reset_password,
    }
}
