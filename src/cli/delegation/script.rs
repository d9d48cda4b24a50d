//! `keyward delegation script`: what an administrator would run by hand. No directory is asked.

use super::apply::no_plan;
use super::wanted;
use crate::cli::Verdict;
use crate::cli::output::print;
use crate::cli::settings::ConfigFile;
use crate::delegation::script::{Format, script};
use crate::domain::identity::Sid;

pub(super) const ABOUT: &str = "\
Print what an administrator would run by hand instead.

The same as keyward delegation apply, from the settings alone; nothing is asked of the directory and \
nothing is changed. No password is in it. The end explains the step that no change to the directory \
replaces: the group policy that denies the account interactive logon.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// In which language
    #[arg(long, value_enum, default_value_t = Language::Powershell)]
    format: Language,
    /// Print what takes it away again
    #[arg(long)]
    undo: bool,
    /// The service account's SID, if it is there already, for the rules in LDIF
    #[arg(long, value_name = "SID")]
    account_sid: Option<Sid>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Language {
    /// PowerShell with the `ActiveDirectory` module
    Powershell,
    /// dsadd and dsacls, for a Windows command prompt
    Dsacls,
    /// LDIF for ldifde or ldapmodify; the access rules as commands beside it
    Ldif,
}

/// # Errors
/// The settings cannot be used.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let settings = arguments.file.settings_before_setup()?;
    let format = match arguments.format {
        Language::Powershell => Format::PowerShell,
        Language::Dsacls => Format::Dsacls,
        Language::Ldif => Format::Ldif,
    };
    let wanted = wanted(&settings, false);
    let domain = settings.ad.domain.as_str();
    let sid = arguments.account_sid.clone();
    let text = script(format, arguments.undo, &wanted, domain, sid);
    print(&text.map_err(|error| no_plan(&error))?)?;
    Ok(Verdict::Well)
}
