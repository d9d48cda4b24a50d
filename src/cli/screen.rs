//! One line on a terminal that says what takes long; nothing anywhere else.

use std::cell::Cell;
use std::io::{self, IsTerminal as _, Write as _};

/// Standard error, if somebody looks at it.
pub(super) struct Screen {
    is_terminal: bool,
    is_dirty: Cell<bool>,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            is_dirty: Cell::new(false),
        }
    }

    /// What goes on, and how many objects were read.
    pub(super) fn show(&self, at: &str, objects: u64) {
        if self.is_terminal {
            self.is_dirty.set(true);
            write(&format!("\r\x1b[K{at}: {objects} objects read"));
        }
    }

    /// Before a line of results, and at the end.
    pub(super) fn clear(&self) {
        if self.is_dirty.take() {
            write("\r\x1b[K");
        }
    }
}

/// Progress that cannot be shown is no failure.
fn write(text: &str) {
    let mut out = io::stderr().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .ok();
}

/// Whether colours and lines that change are wanted: `NO_COLOR`, and terminals that cannot.
pub(super) fn wants_more_than_text() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    !no_color && !dumb
}
