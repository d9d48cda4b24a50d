//! The commands, one file each; the only place where the parts are put together.
//!
//! Each command answers with a [`Verdict`] or an error, which become the exit status of the
//! contract: 0 all is well, 1 it found something wrong, 2 it could not run.

mod access;
mod alone;
mod audit;
mod background;
mod completions;
mod config;
mod delegation;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod frozen;
mod logging;
mod man;
mod orders;
mod output;
pub mod parts;
mod precautions;
mod progress;
mod reload;
mod screen;
mod serve;
pub mod service;
mod service_account;
mod settings;
mod signals;
mod sinks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Lets a team lead reset a colleague's forgotten Active Directory password, with exactly the
/// delegated rights and a record of every attempt.
///
/// Try it without a directory of your own: keyward demo
#[derive(Debug, Parser)]
#[command(name = "keyward", version, propagate_version = true, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit status: 0 all is well; 1 it ran and found something wrong; 2 it could not run.
Settings: keyward config reference";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the web service.
    Serve(serve::Arguments),
    /// Try everything out: a sample company in a directory of its own, and the web service over it.
    #[cfg(feature = "demo")]
    Demo(demo::Arguments),
    /// Check settings, store, domain controllers, scope, rights and the service account.
    Doctor(doctor::Arguments),
    /// Set up, prove and mend the rights of the service account.
    #[command(subcommand)]
    Delegation(delegation::Command),
    /// Look after the account with which Keyward signs in to the directory.
    #[command(subcommand)]
    ServiceAccount(service_account::Command),
    /// Say who may do what to whom, and stop an operator.
    #[command(subcommand)]
    Access(access::Command),
    /// Look at the audit log.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Check the settings, explain them, or have the service read them again.
    #[command(subcommand)]
    Config(config::Command),
    /// Print a script that completes the commands in a shell.
    Completions(completions::Arguments),
    /// Print the manual page.
    Man,
}

/// How a command that could run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// All is well.
    Well,
    /// It found something wrong.
    Wrong,
}

impl Command {
    fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Self::Serve(arguments) => serve::run(&arguments),
            #[cfg(feature = "demo")]
            Self::Demo(arguments) => demo::run(&arguments),
            Self::Delegation(command) => delegation::run(command),
            Self::Doctor(arguments) => doctor::run(&arguments),
            Self::ServiceAccount(command) => service_account::run(&command),
            Self::Access(command) => access::run(&command),
            Self::Audit(command) => audit::run(command),
            Self::Config(command) => config::run(&command),
            Self::Completions(arguments) => completions::run(&arguments),
            Self::Man => man::run(),
        }
    }
}

/// Reads the arguments, runs the command, says on standard error what went wrong.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => return output::usage(&usage),
    };
    match precautions::take().and_then(|()| arguments.command.run()) {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong) => ExitCode::FAILURE,
        Err(error) => output::failure(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_and_option_says_what_it_does() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {argument}",
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }
}
