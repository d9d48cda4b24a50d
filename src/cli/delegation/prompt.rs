//! An administrator's password: typed at the terminal without being shown, or a line of standard
//! input. It is never an argument and never in the environment.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read as _, Write as _};

use anyhow::{Context as _, bail};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Longer than any password of a directory, in bytes.
const LONGEST: usize = 1024;

/// One line of standard input.
///
/// # Errors
/// There is none, or it is no text.
pub(super) fn from_stdin() -> anyhow::Result<SecretString> {
    let line = line(io::stdin().lock()).context("standard input")?;
    secret(&line)
}

/// Asks at the terminal, wherever standard input and output lead.
///
/// # Errors
/// There is no terminal, or whoever sits there gave up.
pub(super) fn at_terminal(name: &str) -> anyhow::Result<SecretString> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal = terminal.context(
        "there is no terminal to ask for the password at; give it on standard input with --admin-password-stdin",
    )?;
    terminal.write_all(format!("Password of {name}: ").as_bytes())?;
    let typed = {
        let quiet = Quiet::start(&terminal)?;
        typed(quiet.terminal)
    };
    terminal.write_all(b"\n")?;
    secret(&typed?)
}

fn secret(line: &[u8]) -> anyhow::Result<SecretString> {
    let text = std::str::from_utf8(line).context("the password is not UTF-8 text")?;
    if text.is_empty() {
        bail!("the password is empty; nothing was changed");
    }
    Ok(SecretString::from(text))
}

/// The bytes up to the end of the line. Sized first, so that no copy is left behind.
fn line(input: impl BufRead) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    for byte in input.bytes() {
        match byte? {
            b'\n' => break,
            _ if line.len() == LONGEST => bail!("the line is too long for a password"),
            byte => line.push(byte),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}

/// What is typed up to Enter. Keys come one by one, so that Ctrl-C leaves the terminal as it was.
fn typed(terminal: &File) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    // One byte at a time: what follows the line stays in the terminal.
    for byte in BufReader::with_capacity(1, terminal).bytes() {
        match byte? {
            b'\r' | b'\n' => return Ok(line),
            // Ctrl-C, Ctrl-D
            0x03 | 0x04 => bail!("given up; nothing was changed"),
            // Ctrl-U
            0x15 => line.clear(),
            // Backspace, which takes a character of several bytes as a whole
            0x08 | 0x7f => while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            _ if line.len() == LONGEST => bail!("the line is too long for a password"),
            byte => line.push(byte),
        }
    }
    bail!("the terminal went away; nothing was changed")
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Quiet<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn start(terminal: &'a File) -> anyhow::Result<Self> {
        let before = tcgetattr(terminal).context("the terminal")?;
        let mut quiet = before.clone();
        let shown = LocalModes::ECHO | LocalModes::ECHONL;
        quiet.local_modes -= shown | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What was typed before the question is thrown away.
        tcsetattr(terminal, OptionalActions::Flush, &quiet).context("the terminal")?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // A terminal that went away has nothing to be put back.
        tcsetattr(self.terminal, OptionalActions::Flush, &self.before).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn a_line_is_taken_without_its_end_and_nothing_after_it() {
        for (input, password) in [
            ("secret\nmore\n", "secret"),
            ("secret\r\n", "secret"),
            (" se cret ", " se cret "),
        ] {
            let line = line(input.as_bytes()).expect("a line");
            assert_eq!(secret(&line).expect("text").expose_secret(), password);
        }
    }

    #[test]
    fn nothing_and_too_much_are_no_password() {
        for input in ["", "\n", "\r\n"] {
            let line = line(input.as_bytes()).expect("a line");
            assert!(secret(&line).is_err(), "{input:?}");
        }
        assert!(line(&[b'x'; LONGEST + 1][..]).is_err());
        assert!(secret(b"\xff").is_err());
    }
}
