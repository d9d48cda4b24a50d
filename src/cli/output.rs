//! What the program says: results on standard output, what went wrong on standard error.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::domain::text::visible;

/// It could not run.
const COULD_NOT_RUN: u8 = 2;

/// Prints a result.
///
/// # Errors
/// Standard output cannot be written. A reader that went away early is told apart in [`failure`].
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

/// The same, of what may be no text.
///
/// # Errors
/// As there.
pub(super) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Ends the program after an error: the chain of its causes in one line.
pub(super) fn failure(error: &anyhow::Error) -> ExitCode {
    if reader_went_away(error) {
        return ExitCode::SUCCESS;
    }
    warn(&format!("{error:#}"));
    ExitCode::from(COULD_NOT_RUN)
}

/// Says something on standard error.
pub(super) fn warn(sentence: &str) {
    // It may name something of the directory, which must not move the terminal's cursor.
    let told = format!("keyward: {sentence}");
    let text: String = told.lines().map(|line| visible(line) + "\n").collect();
    // Nobody is left to tell when this fails too; the exit status says it.
    io::stderr().write_all(text.as_bytes()).ok();
}

/// Ends the program after wrong arguments, or after `--help` and `--version`, which are none.
pub(super) fn usage(message: &clap::Error) -> ExitCode {
    message.print().ok();
    if message.use_stderr() {
        ExitCode::from(COULD_NOT_RUN)
    } else {
        ExitCode::SUCCESS
    }
}

/// `keyward audit export | head` is no failure.
fn reader_went_away(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
