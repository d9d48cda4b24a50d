//! How far something long is, on a terminal; nothing where standard error leads elsewhere.

use std::io::{self, IsTerminal as _, Write as _};

use super::screen::wants_more_than_text;

/// Characters of the bar at most, and what is too few for one.
const WIDEST: usize = 30;
const NARROWEST: usize = 8;
/// Where the terminal does not say how wide it is.
const USUAL: u16 = 80;

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
            let line = line(self.doing, done, of, self.unit, room());
            write(&format!("\r\x1b[K{line}"));
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

/// Characters that fit into a line. A line that is longer goes on in the next one and could not be
/// taken back; many terminals do that when the last column is used.
fn room() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stderr());
    let columns = size.map_or(USUAL, |size| size.ws_col);
    let columns = if columns == 0 { USUAL } else { columns };
    usize::from(columns.saturating_sub(1))
}

/// How far it is, with a bar and the whole where there is room for them.
fn line(doing: &str, done: u64, of: Option<u64>, unit: &str, room: usize) -> String {
    let Some(of) = of.filter(|of| *of > 0) else {
        return format!("{doing}: {done} {unit}")
            .chars()
            .take(room)
            .collect();
    };
    let done = done.min(of);
    let percent = done.saturating_mul(100) / of;
    let begin = format!("{doing}: {percent:>3} %");
    let end = format!(" of about {of} {unit}");
    let bar = |left: usize| {
        let width = left.saturating_sub(3).min(WIDEST);
        let filled = usize::try_from(percent).unwrap_or(100) * width / 100;
        let (filled, open) = ("#".repeat(filled), ".".repeat(width - filled));
        (width >= NARROWEST).then(|| format!(" [{filled}{open}]"))
    };
    let left = room.saturating_sub(begin.len());
    if let Some(bar) = bar(left.saturating_sub(end.len())) {
        begin + &bar + &end
    } else if let Some(bar) = bar(left) {
        begin + &bar
    } else {
        begin.chars().take(room).collect()
    }
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

    fn at(done: u64, of: Option<u64>, room: usize) -> String {
        line("checking the log", done, of, "records", room)
    }

    #[test]
    fn the_bar_fills_and_fits_into_its_line() {
        assert_eq!(at(7, None, 79), "checking the log: 7 records");
        assert_eq!(
            at(50_000, Some(100_000), 99),
            "checking the log:  50 % [###############...............] of about 100000 records"
        );
        assert_eq!(
            at(1, Some(4), 39),
            "checking the log:  25 % [###..........]"
        );
        assert_eq!(at(1, Some(4), 24), "checking the log:  25 %");
        assert!(at(120, Some(100), 79).contains(&"#".repeat(30)));
        assert!(at(120, Some(100), 79).contains("100 %"));
        assert_eq!(at(0, Some(0), 79), "checking the log: 0 records");
        for room in 0..120 {
            for of in [None, Some(9), Some(u64::MAX)] {
                assert!(at(3, of, room).len() <= room, "{room}");
            }
        }
    }
}
