//! Lines of exported files: their places follow from their numbers, with one line of looking ahead.
//!
//! The same record twice is no harm (sinks deliver at least once); everything else out of place is named.

use super::torn::Torn;
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
    torn: Torn,
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
            torn: Torn::default(),
            recent: VecDeque::new(),
        }
    }

    /// The place of the next record.
    pub fn position(&self) -> u64 {
        self.verification.position()
    }

    /// The next line of a file, without its line feed.
    pub fn line(&mut self, line: &[u8]) {
        let head = Head::parse(line);
        let own = head.map(|head| head.seq);
        self.settle(own);
        if own.is_some() {
            self.torn.see(line);
        }
        if own == Some(self.position()) {
            let leaf = self.verification.read(line, head, &[]);
            self.remember(Some(leaf));
        } else {
            self.held = Some(Held {
                own,
                line: line.to_vec(),
            });
        }
    }

    /// A checkpoint of a file. The pass has it already, but the beginning of its line may have been cut.
    pub fn checkpoint(&mut self, note: &str) {
        if self.held.is_none() && self.torn.is_empty() {
            return;
        }
        let line = serde_json::json!({ "checkpoint": note }).to_string();
        let is_its_beginning = |held: &mut Held| {
            held.own.is_none() && !held.line.is_empty() && line.as_bytes().starts_with(&held.line)
        };
        self.held.take_if(is_its_beginning);
        self.torn.see(line.as_bytes());
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
            let finding = Finding::archive(records, self.position(), file, flaw);
            self.verification.found(finding);
        }
        self.leave_out(next, Absence::Known);
    }

    /// What is not there of the records to before `next` is missing.
    pub fn ends_before(&mut self, next: u64) {
        self.settle(None);
        self.leave_out(next, Absence::Missing);
    }

    /// As [`Verification::archive_ends`].
    pub fn archive_ends(&mut self, records: Span, file: String, sha256: Hash) {
        self.ends_before(records.last.saturating_add(1));
        self.verification.archive_ends(records, file, sha256);
    }

    /// Ends the pass.
    pub fn finish(mut self) -> Report {
        // A file that was copied while somebody wrote into it ends like that.
        let (next, is_torn) = (self.position(), |held: &mut Held| held.own.is_none());
        let last = self.held.take_if(is_torn);
        if let Some(last) = last.filter(|last| !is_beginning(&last.line, next)) {
            self.place(&last.line);
        }
        self.settle(None);
        for before in self.torn.close() {
            let own = None;
            self.verification.found(Finding::Extra { own, before });
        }
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
            None if next.is_some_and(|next| next <= expected) => {
                if !self.torn.add(expected, line) {
                    self.extra(own, expected);
                }
            }
            _ if next == Some(expected) => self.extra(own, expected),
            Some(own) => {
                self.leave_out(own, Absence::Missing);
                self.place(&line);
            }
            None => self.place(&line),
        }
    }

    fn extra(&mut self, own: Option<u64>, before: u64) {
        self.verification.found(Finding::Extra { own, before });
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

/// Whether a line that ends too early can be the beginning of this record.
fn is_beginning(line: &[u8], seq: u64) -> bool {
    let begin = format!("{{\"seq\":{seq},");
    let length = line.len().min(begin.len());
    !line.ends_with(b"}") && length > 0 && line.get(..length) == begin.as_bytes().get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Keys;
    use std::slice::from_ref;

    fn line(seq: u64) -> String {
        format!(
            r#"{{"seq":{seq},"time":"2026-03-02T12:00:00.000000Z","action":"sign_out","phase":"event"}}"#
        )
    }

    fn cut(line: &str, length: usize) -> String {
        line.chars().take(length).collect()
    }

    /// What is said of a file with these lines.
    fn findings(lines: &[String]) -> Vec<String> {
        let keys = Keys::new([]).expect("no keys");
        // The log began just now, so it need not be signed yet.
        let now = "2026-03-02T12:00:00Z".parse().expect("a time");
        let mut sequence = Sequence::new(Verification::new(keys).at(now));
        for line in lines {
            match line.strip_prefix("note ") {
                Some(note) => sequence.checkpoint(note),
                None => sequence.line(line.as_bytes()),
            }
        }
        let report = sequence.finish();
        assert_eq!(report.records, 6);
        report.findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_that_a_crash_cut_does_no_harm_once_it_came_again() {
        let whole: Vec<String> = (0..6).map(line).collect();
        let note = serde_json::json!({ "checkpoint": "log\n3\n" }).to_string();
        for length in [1, 5, 20, line(4).len() - 1] {
            let torn = cut(&line(4), length);
            // The sink goes on a little before the place where it was.
            for again in 1..=4 {
                let lines = [&whole[..4], from_ref(&torn), &whole[again..]].concat();
                assert_eq!(findings(&lines), [""; 0], "{length}, again from {again}");
            }
            let torn = cut(&note, length.min(note.len() - 1));
            for again in 1..=4 {
                let first = [&whole[..4], from_ref(&torn), &whole[again..4]].concat();
                let lines = [&first[..], &["note log\n3\n".to_owned()], &whole[4..]].concat();
                assert_eq!(findings(&lines), [""; 0], "a checkpoint");
            }
        }
        let being_written = [&whole[..], &[cut(&line(6), 40)]].concat();
        assert_eq!(findings(&being_written), [""; 0]);
    }

    #[test]
    fn a_line_that_begins_like_none_of_the_others_is_one_too_many() {
        let whole: Vec<String> = (0..6).map(line).collect();
        for (strange, again) in [("", 4), ("strange", 4), ("{\"seq\":4,\"time\":\"1", 2)] {
            let lines = [&whole[..4], &[strange.to_owned()], &whole[again..]].concat();
            assert_eq!(
                findings(&lines),
                ["before record 4: a line too many"],
                "{strange}"
            );
        }
    }
}
