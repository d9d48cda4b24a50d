//! What is delivered at once: records and checkpoints in order, each checkpoint after the records that
//! it covers and before the next.

use crate::domain::audit::Seq;
use crate::store::{AuditReader, SinkPosition, StoreError, StoredCheckpoint};
use std::fmt;

/// Records in a batch.
const MOST_RECORDS: u32 = 200;
/// Checkpoints that are read for a batch.
const MOST_CHECKPOINTS: u32 = 201;
/// Bytes in a batch; one item may be longer by itself.
const MOST_BYTES: usize = 1024 * 1024;

/// What is delivered at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    /// How far the sink is once it has taken them.
    pub(super) after: SinkPosition,
}

/// A line for a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: ItemKind,
    /// Of a record: its exact line. Of a checkpoint: an object with the signed note in it.
    pub(super) line: String,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// By its number.
    Record(u64),
    /// By its size.
    Checkpoint(u64),
}

impl ItemKind {
    /// A sink that is at `place` has taken this too.
    fn taken(self, place: &mut SinkPosition) {
        match self {
            Self::Record(seq) => place.next = seq + 1,
            Self::Checkpoint(size) => place.checkpoint = size,
        }
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(seq) => write!(f, "record {seq}"),
            Self::Checkpoint(size) => write!(f, "the checkpoint of {size} records"),
        }
    }
}

impl Batch {
    /// What follows `at`, of at most so many lines; empty where there is nothing more.
    pub(super) async fn after(
        reader: &AuditReader,
        at: SinkPosition,
        most: usize,
    ) -> Result<Self, StoreError> {
        let records = u32::try_from(most).map_or(MOST_RECORDS, |most| most.min(MOST_RECORDS));
        let lines = reader.lines(Seq(at.next), records).await?;
        // Read after the lines: whatever checkpoint belongs between them is on the disk by now.
        let checkpoints = reader
            .checkpoints_after(at.checkpoint, MOST_CHECKPOINTS)
            .await?;
        Ok(Self::of(at, lines, checkpoints).first(at, most))
    }

    /// Its first `most` lines, where it follows `at`.
    fn first(mut self, at: SinkPosition, most: usize) -> Self {
        self.items.truncate(most);
        self.after = at;
        for item in &self.items {
            item.kind.taken(&mut self.after);
        }
        self
    }

    /// The first half of it, where it follows `at`; the other way round where it is one line alone.
    pub(super) fn halved(self, at: SinkPosition) -> Result<Self, Self> {
        match self.items.len() / 2 {
            0 => Err(self),
            half => Ok(self.first(at, half)),
        }
    }

    fn of(at: SinkPosition, lines: Vec<(Seq, String)>, checkpoints: Vec<StoredCheckpoint>) -> Self {
        let mut batch = Self {
            items: Vec::new(),
            after: at,
        };
        let is_whole = checkpoints.len() < usize::try_from(MOST_CHECKPOINTS).unwrap_or(usize::MAX);
        // Behind the last of too many checkpoints others may be due that were not read.
        let end = match checkpoints.last() {
            Some(last) if !is_whole => last.size,
            _ => u64::MAX,
        };
        let is_cut = lines.iter().any(|(seq, _)| seq.0 >= end);
        let mut bytes = 0;
        let mut checkpoints = checkpoints.into_iter().peekable();
        let mut lines = lines
            .into_iter()
            .take_while(|(seq, _)| seq.0 < end)
            .peekable();
        loop {
            let behind = if is_cut { end } else { batch.after.next };
            let next = lines.peek().map_or(behind, |(seq, _)| seq.0);
            let item = match checkpoints.next_if(|checkpoint| checkpoint.size <= next) {
                Some(checkpoint) => Item::of_checkpoint(&checkpoint),
                None => match lines.next() {
                    Some((seq, line)) => Item {
                        kind: ItemKind::Record(seq.0),
                        line,
                    },
                    None => return batch,
                },
            };
            bytes += item.line.len() + 1;
            if bytes > MOST_BYTES && !batch.items.is_empty() {
                return batch;
            }
            item.kind.taken(&mut batch.after);
            batch.items.push(item);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// A line each, with its line feed.
    pub(super) fn text(&self) -> String {
        let lines = self.items.iter().map(|item| item.line.as_str());
        lines.fold(String::new(), |text, line| text + line + "\n")
    }
}

impl Item {
    fn of_checkpoint(checkpoint: &StoredCheckpoint) -> Self {
        let note = serde_json::Value::from(checkpoint.note.as_str());
        Self {
            kind: ItemKind::Checkpoint(checkpoint.size),
            line: format!("{{\"checkpoint\":{note}}}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(range: std::ops::Range<u64>) -> Vec<(Seq, String)> {
        range.map(|seq| (Seq(seq), format!("r{seq}"))).collect()
    }

    fn checkpoints(sizes: &[u64]) -> Vec<StoredCheckpoint> {
        let stored = |size: &u64| StoredCheckpoint {
            size: *size,
            note: format!("log\n{size}\n"),
        };
        sizes.iter().map(stored).collect()
    }

    fn at(next: u64, checkpoint: u64) -> SinkPosition {
        SinkPosition { next, checkpoint }
    }

    #[test]
    fn a_checkpoint_comes_after_what_it_covers_and_before_the_next_record() {
        let batch = Batch::of(at(3, 0), lines(3..6), checkpoints(&[3, 5, 6, 7]));
        assert_eq!(
            batch.text(),
            "{\"checkpoint\":\"log\\n3\\n\"}\nr3\nr4\n{\"checkpoint\":\"log\\n5\\n\"}\nr5\n{\"checkpoint\":\"log\\n6\\n\"}\n"
        );
        assert_eq!(batch.after, at(6, 6), "the one of size 7 is not due yet");
        assert!(Batch::of(at(6, 6), Vec::new(), checkpoints(&[7])).is_empty());
        assert_eq!(Batch::of(at(6, 6), Vec::new(), Vec::new()).after, at(6, 6));
    }

    #[test]
    fn records_wait_for_checkpoints_that_were_too_many_to_be_read() {
        let sizes: Vec<u64> = (1..=u64::from(MOST_CHECKPOINTS)).map(|n| n * 10).collect();
        let batch = Batch::of(at(0, 0), lines(5000..5003), checkpoints(&sizes));
        assert_eq!(batch.after, at(0, 2010));
        assert_eq!(batch.items.len(), 201);
    }

    #[test]
    fn halves_follow_each_other_and_lose_nothing() {
        let whole = || Batch::of(at(3, 0), lines(3..6), checkpoints(&[3, 5, 6]));
        let (mut place, mut text) = (at(3, 0), String::new());
        while place != whole().after {
            let rest = Batch::of(place, lines(place.next..6), later(place.checkpoint));
            let half = rest.halved(place).unwrap_or_else(|alone| alone);
            text += &half.text();
            place = half.after;
        }
        assert_eq!(text, whole().text());
        let alone = Batch::of(at(5, 5), lines(5..6), Vec::new());
        assert_eq!(alone.clone().halved(at(5, 5)), Err(alone));
    }

    fn later(than: u64) -> Vec<StoredCheckpoint> {
        let sizes = [3, 5, 6].into_iter().filter(|size| *size > than);
        checkpoints(&sizes.collect::<Vec<_>>())
    }

    #[test]
    fn a_batch_has_a_bound_in_bytes_but_never_stands_still() {
        let long = |seq| (Seq(seq), "x".repeat(MOST_BYTES));
        let batch = Batch::of(at(0, 0), vec![long(0), long(1)], Vec::new());
        assert_eq!(batch.after, at(1, 0));
    }
}
