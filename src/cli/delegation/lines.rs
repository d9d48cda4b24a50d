//! One line for each step: how it ended, and what it was.

use std::io::{self, IsTerminal as _};

use crate::cli::output::print;
use crate::cli::screen::wants_more_than_text;
use crate::domain::text::visible;

/// How a step ended, or would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It was made.
    Done,
    /// It was so before.
    AlreadySo,
    /// It would be made.
    Would,
    /// It was not made.
    Failed,
    /// It was not tried.
    NotTried,
    /// A right too many.
    Excess,
    /// A right that is missing.
    Missing,
    /// Worth knowing.
    Note,
}

impl Mark {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::AlreadySo => "already so",
            Self::Would => "would",
            Self::Failed => "failed",
            Self::NotTried => "not tried",
            Self::Excess => "too much",
            Self::Missing => "missing",
            Self::Note => "note",
        }
    }

    /// The number of an ANSI colour.
    fn colour(self) -> u8 {
        match self {
            Self::Done => 32,
            Self::Would | Self::NotTried | Self::Note => 33,
            Self::AlreadySo => 2,
            Self::Failed | Self::Excess | Self::Missing => 31,
        }
    }
}

/// Standard output, with colours where somebody looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    colours: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            colours: io::stdout().is_terminal() && wants_more_than_text(),
        }
    }

    /// `done        make …`
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn say(self, mark: Mark, what: &str) -> anyhow::Result<()> {
        let word = format!("{:<12}", mark.word());
        let word = if self.colours {
            format!("\x1b[{}m{word}\x1b[0m", mark.colour())
        } else {
            word
        };
        print(&format!("{word}{}\n", visible(what)))
    }

    /// A line below, indented.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn more(what: &str) -> anyhow::Result<()> {
        print(&format!("{:12}{}\n", "", visible(what)))
    }

    /// The sentence at the end, after an empty line.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn last(what: &str) -> anyhow::Result<()> {
        print(&format!("\n{}\n", visible(what)))
    }

    /// A sentence on its own.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn sentence(what: &str) -> anyhow::Result<()> {
        print(&format!("{}\n", visible(what)))
    }
}
