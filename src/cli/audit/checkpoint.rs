//! `keyward audit checkpoint`: the newest signed note.

use anyhow::Context as _;

use super::place::open_with_tree;
use crate::cli::Verdict;
use crate::cli::output::{print, warn};
use crate::cli::settings::ConfigFile;

/// Prints the newest checkpoint (C2SP tlog-checkpoint): the log's name, the number of records, the root
/// of their Merkle tree, and the signature. Keep some of them off this machine: whoever has one can tell
/// later whether a record before it was changed. The service signs one at least every minute while
/// records come; it may run meanwhile.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
}

/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let (log, place) = open_with_tree(&arguments.file).await?;
    if let Some(checkpoint) = log.newest_checkpoint().await.context(place)? {
        print(&checkpoint.note)?;
        return Ok(Verdict::Well);
    }
    warn("there is no checkpoint yet; the service signs the first one with the first record");
    Ok(Verdict::Wrong)
}
