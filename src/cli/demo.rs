//! `keyward demo`: an embedded directory with a sample company, and the web service over it.

use std::net::SocketAddr;

use super::Verdict;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The loopback address on which the pages are served
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// Runs until Ctrl-C.
///
/// # Errors
/// It could not start.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    anyhow::bail!("nothing listens on {} yet", arguments.listen)
}
