//! How far a proof is, on a terminal; nothing where standard error leads elsewhere.

use std::io::{self, IsTerminal as _, Write as _};

use super::lines::wants_more_than_text;
use crate::delegation::proof::Progress;

/// Characters of the bar.
const WIDTH: u64 = 30;

/// One line that changes.
pub(super) struct Bar {
    is_shown: bool,
    is_dirty: bool,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self {
            is_shown: io::stderr().is_terminal() && wants_more_than_text(),
            is_dirty: false,
        }
    }

    pub(super) fn show(&mut self, progress: Progress) {
        if self.is_shown {
            self.is_dirty = true;
            write(&format!("\r\x1b[K{}", line(progress)));
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

fn line(progress: Progress) -> String {
    let objects = progress.objects;
    let Some(of) = progress.of.filter(|of| *of > 0) else {
        return format!("reading the directory: {objects} objects");
    };
    let filled = (objects.min(of) * WIDTH) / of;
    let bar: String = (0..WIDTH)
        .map(|place| if place < filled { '#' } else { '.' })
        .collect();
    format!("reading the directory: [{bar}] {objects} of about {of} objects")
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
        let at = |objects, of| line(Progress { objects, of });
        assert_eq!(at(7, None), "reading the directory: 7 objects");
        assert_eq!(
            at(50, Some(100)),
            "reading the directory: [###############...............] 50 of about 100 objects"
        );
        assert!(at(120, Some(100)).contains(&"#".repeat(30)));
        assert_eq!(at(0, Some(0)), "reading the directory: 0 objects");
    }
}
