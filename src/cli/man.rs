//! `keyward man`: the manual page, from the same definition as `--help`.

use clap::CommandFactory as _;

use super::Verdict;
use super::output::print;

/// # Errors
/// Standard output cannot be written.
pub(super) fn run() -> anyhow::Result<Verdict> {
    let mut page = Vec::new();
    let command = super::Arguments::command().flatten_help(true);
    clap_mangen::Man::new(command).render(&mut page)?;
    print(&String::from_utf8(page)?)?;
    Ok(Verdict::Well)
}
