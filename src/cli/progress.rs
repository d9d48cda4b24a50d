//! How far something long is, on a terminal; nothing where standard error leads elsewhere.

use std::io::{self, IsTerminal as _, Write as _};

use super::screen::wants_more_than_text;

/// Characters of the bar.
const WIDTH: u64 = 30;

/// One line that changes.
pub(super) struct Bar {
    doing: &'static str,
    unit: &'static str,
    is_shown: bool,
    is_dirty: bool,
}

impl Bar {
    /// What is done, and what is counted.
    pub(super) fn new(doing: &'static str, unit: &'static str) -> Self {
        Self {
            doing,
            unit,
            is_shown: io::stderr().is_terminal() && wants_more_than_text(),
            is_dirty: false,
        }
    }

    /// So many are done, of about so many where that is known.
    pub(super) fn show(&mut self, done: u64, of: Option<u64>) {
        if self.is_shown {
            self.is_dirty = true;
            write(&format!(
                "\r\x1b[K{}: {}",
                self.doing,
                line(done, of, self.unit)
            ));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.is_dirty {
            write("\r\x1b[K");
        }
    }
}

fn line(done: u64, of: Option<u64>, unit: &str) -> String {
    let Some(of) = of.filter(|of| *of > 0) else {
        return format!("{done} {unit}");
    };
    let filled = done.min(of).saturating_mul(WIDTH) / of;
    let bar: String = (0..WIDTH)
        .map(|place| if place < filled { '#' } else { '.' })
        .collect();
    format!("[{bar}] {done} of about {of} {unit}")
}

/// Progress that cannot be shown is no failure.
fn write(text: &str) {
    let mut out = io::stderr().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_and_never_overflows() {
        let at = |done, of| line(done, of, "objects");
        assert_eq!(at(7, None), "7 objects");
        assert_eq!(
            at(50, Some(100)),
            "[###############...............] 50 of about 100 objects"
        );
        assert!(at(120, Some(100)).contains(&"#".repeat(30)));
        assert_eq!(at(0, Some(0)), "0 objects");
    }
}
