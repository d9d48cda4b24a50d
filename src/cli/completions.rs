//! `keyward completions`: what a shell needs to complete the commands.

use clap::CommandFactory as _;

use super::Verdict;
use super::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell.
    shell: clap_complete::Shell,
}

/// # Errors
/// Standard output cannot be written.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let mut script = Vec::new();
    let mut command = super::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "keyward", &mut script);
    print(&String::from_utf8(script)?)?;
    Ok(Verdict::Well)
}
