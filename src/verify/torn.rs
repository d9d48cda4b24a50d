//! Lines that a crash or a full disk cut. Whoever writes a file ends such a line and writes it again, so it
//! does no harm once the whole of it has come.

/// So many are kept until then.
const MOST: usize = 100;
/// And none that is longer.
const LONGEST: usize = 128 * 1024;

/// The beginnings that no whole has been seen of yet, each with the place that it stood before.
#[derive(Default)]
pub(super) struct Torn {
    lines: Vec<(u64, Vec<u8>)>,
}

impl Torn {
    /// A line that is no record and fits nowhere. `false`: it cannot be kept.
    pub(super) fn add(&mut self, before: u64, line: Vec<u8>) -> bool {
        let fits = self.lines.len() < MOST && (1..=LONGEST).contains(&line.len());
        if fits {
            self.lines.push((before, line));
        }
        fits
    }

    /// A line that is whole.
    pub(super) fn see(&mut self, line: &[u8]) {
        if !self.is_empty() {
            self.lines.retain(|(_, torn)| !line.starts_with(torn));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Where those stood whose whole never came.
    pub(super) fn close(self) -> impl Iterator<Item = u64> {
        self.lines.into_iter().map(|(before, _)| before)
    }
}
