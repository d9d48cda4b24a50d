//! Lines of exported files: their places follow from their numbers, with one line of looking ahead.
//!
//! The same record twice is no harm (sinks deliver at least once); everything else out of place is named.

use super::{
    Absence, ArchiveFlaw, Edge, Finding, Hash, Head, Report, Span, Verification, leaf_hash,
};
use std::collections::VecDeque;

/// So far back, a repeated record is compared with the first one.
const REMEMBERED: usize = 65_536;

/// A log whose lines come from files.
pub struct Sequence {
    verification: Verification,
    held: Option<Held>,
    /// Leaf hashes of the last places.
    recent: VecDeque<Option<Hash>>,
}

/// A line that is not the expected one, until the next tells why.
struct Held {
    own: Option<u64>,
    line: Vec<u8>,
}

impl Sequence {
    /// Over a pass that has its checkpoints already.
    pub fn new(verification: Verification) -> Self {
        Self {
            verification,
            held: None,
            recent: VecDeque::new(),
        }
    }

    /// The place of the next record.
    pub fn position(&self) -> u64 {
        self.verification.position()
    }

    /// The next line of a file, without its line feed.
    pub fn line(&mut self, line: &[u8]) {
        let own = Head::parse(line).map(|head| head.seq);
        self.settle(own);
        if own == Some(self.position()) {
            self.place(line);
        } else {
            self.held = Some(Held {
                own,
                line: line.to_vec(),
            });
        }
    }

    /// An archive begins here. `name` is its file's.
    pub fn archive_begins(&mut self, edge: Edge) {
        self.settle(None);
        let first = edge.size();
        if self.position() == 0 && self.recent.is_empty() {
            self.verification.archive_begins(edge);
            return;
        }
        self.leave_out(first, Absence::Missing);
        self.verification.archive_begins(edge);
    }

    /// An archive of the records to before `next` is not as it should be: its file and why. What it
    /// holds and could be read was given.
    pub fn archive_is_wrong(
        &mut self,
        records: Option<Span>,
        next: u64,
        why: (String, ArchiveFlaw),
    ) {
        self.settle(None);
        let (file, flaw) = why;
        if let Some(records) = records {
            let first = records.first.max(self.position().min(records.last));
            let records = Span { first, ..records };
            self.verification.found(Finding::Archive {
                records,
                file,
                flaw,
            });
        }
        self.leave_out(next, Absence::Known);
    }

    /// What is not there of the records to before `next` is missing.
    pub fn ends_before(&mut self, next: u64) {
        self.settle(None);
        self.leave_out(next, Absence::Missing);
    }

    /// Ends the pass.
    pub fn finish(mut self) -> Report {
        self.settle(None);
        self.verification.finish()
    }

    /// Decides about the held line, now that the number of the next one is known.
    fn settle(&mut self, next: Option<u64>) {
        let Some(Held { own, line }) = self.held.take() else {
            return;
        };
        let expected = self.position();
        if next.is_some() && next == expected.checked_add(1) {
            // The next one is where it should be, so this one is in its place.
            return self.place(&line);
        }
        match own {
            Some(own) if own < expected => self.again(own, &line, next),
            // Two neighbours that changed places; the second is looked at in its turn.
            Some(own) if next == Some(expected) && own == expected + 1 => self.place(&line),
            _ if next == Some(expected) => {
                self.verification.found(Finding::Extra {
                    own,
                    before: expected,
                });
            }
            Some(own) => {
                self.leave_out(own, Absence::Missing);
                self.place(&line);
            }
            None => self.place(&line),
        }
    }

    /// A number that was there before.
    fn again(&mut self, own: u64, line: &[u8], next: Option<u64>) {
        let expected = self.position();
        let back = usize::try_from(expected - own).unwrap_or(usize::MAX);
        let before = self
            .recent
            .len()
            .checked_sub(back)
            .and_then(|place| self.recent.get(place));
        match before.copied() {
            Some(Some(leaf)) if leaf == leaf_hash(line) => {}
            Some(Some(_)) if next.is_none() => self.place(line),
            Some(Some(_)) => self.verification.found(Finding::Doubled(Span::one(own))),
            Some(None) => self.verification.came_late(own, expected.saturating_sub(1)),
            None => self.verification.found(Finding::FarBack(Span::one(own))),
        }
    }

    fn place(&mut self, line: &[u8]) {
        let leaf = self.verification.record(line, &[]);
        self.remember(Some(leaf));
    }

    /// A number that was changed may claim anything: a wide gap is passed in one step.
    fn leave_out(&mut self, next: u64, why: Absence) {
        let expected = self.position();
        let gap = usize::try_from(next.saturating_sub(expected)).unwrap_or(usize::MAX);
        if gap > REMEMBERED {
            self.recent.clear();
            return self.verification.leave_out(next, why);
        }
        for _ in 0..gap {
            self.verification.absent(why, &[]);
            self.remember(None);
        }
    }

    fn remember(&mut self, leaf: Option<Hash>) {
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(leaf);
    }
}
