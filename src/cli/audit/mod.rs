//! `keyward audit`: the audit log, for people and byte for byte. One file for each command.

mod archive;
mod checkpoint;
mod export;
mod filters;
mod key;
mod list;
mod place;
mod prove;
mod range;
mod verify;

use super::Verdict;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the records, one a line, for reading.
    #[command(long_about = list::ABOUT)]
    List(list::Arguments),
    /// Print the records as they are stored, one JSON object a line.
    #[command(long_about = export::ABOUT)]
    Export(export::Arguments),
    /// Move old records into compressed files, now.
    #[command(long_about = archive::ABOUT)]
    Archive(archive::Arguments),
    /// Print the newest checkpoint: size and root of the log, signed.
    Checkpoint(checkpoint::Arguments),
    /// Print the key that checkpoints are checked with, or begin with a new one.
    Key(key::Arguments),
    /// Prove that a record is in the log, or that the log was only added to.
    Prove(prove::Arguments),
    /// Recompute the whole log and name what is wrong with it.
    Verify(verify::Arguments),
}

/// # Errors
/// The settings or the store cannot be used.
#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(command: Command) -> anyhow::Result<Verdict> {
    match command {
        Command::List(arguments) => list::run(&arguments).await,
        Command::Export(arguments) => export::run(&arguments).await,
        Command::Archive(arguments) => archive::run(&arguments).await,
        Command::Checkpoint(arguments) => checkpoint::run(&arguments).await,
        Command::Key(arguments) => key::run(&arguments).await,
        Command::Prove(arguments) => prove::run(&arguments).await,
        Command::Verify(arguments) => verify::run(&arguments).await,
    }
}
