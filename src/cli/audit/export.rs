//! `keyward audit export`: the records byte for byte.

use super::range::{Begin, Changed, Line};
use crate::cli::Verdict;
use crate::cli::output::print_bytes;

pub(super) const ABOUT: &str = "\
Print the records as they are stored, one JSON object a line.

That is what a checkpoint is checked against, here or in another language: all of them, or all from one \
number on. There are no filters, since records that were picked prove nothing. To look for something: \
keyward audit list. To prove a single record: keyward audit prove.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    begin: Begin,
}

/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let log = arguments.begin.open().await?;
    let mut changed = Changed::default();
    let as_stored = |lines: &[Line]| {
        changed.count(lines);
        let bytes = lines.iter().flat_map(|line| [&*line.bytes, b"\n"]);
        print_bytes(&bytes.collect::<Vec<_>>().concat())
    };
    let verdict = log.each(arguments.begin.from..u64::MAX, as_stored).await?;
    Ok(changed.verdict(verdict))
}
