//! `keyward audit export`: the records byte for byte.

use super::range::Range;
use crate::cli::Verdict;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    range: Range,
}

/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let as_stored = |_, line: &str| Ok(format!("{line}\n"));
    arguments.range.each_line(as_stored).await
}
