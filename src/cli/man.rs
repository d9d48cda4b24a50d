//! `keyward man`: the manual page, from the same definition as `--help`. One page has it all.

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::Verdict;
use super::output::print;

/// # Errors
/// Standard output cannot be written.
pub(super) fn run() -> anyhow::Result<Verdict> {
    let mut command = super::Arguments::command().disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    let whole = Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    for subcommand in command.get_subcommands() {
        section(subcommand, &mut page)?;
    }
    whole.render_extra_section(&mut page)?;
    print(&String::from_utf8(page)?)?;
    Ok(Verdict::Well)
}

/// A section for each command that can be run, with its options.
fn section(command: &clap::Command, page: &mut Vec<u8>) -> anyhow::Result<()> {
    if command.has_subcommands() {
        return command
            .get_subcommands()
            .try_for_each(|subcommand| section(subcommand, page));
    }
    let title = command
        .get_bin_name()
        .unwrap_or_else(|| command.get_name())
        .to_uppercase();
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    let text = String::from_utf8(text)?
        .replace(".SH DESCRIPTION", &format!(".SH \"{title}\""))
        .replace(".SH OPTIONS\n", "");
    page.extend_from_slice(text.as_bytes());
    Ok(())
}
