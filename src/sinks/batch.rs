//! What is delivered at once: records and checkpoints in order, each checkpoint after the records that
//! it covers and before the next.

use crate::domain::audit::Seq;
use crate::store::{AuditReader, SinkPosition, StoreError, StoredCheckpoint};

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemKind {
    /// By its number.
    Record(u64),
    /// By its size.
    Checkpoint(u64),
}

impl Batch {
    /// What follows `at`; empty where there is nothing more.
    pub(super) async fn after(reader: &AuditReader, at: SinkPosition) -> Result<Self, StoreError> {
        let lines = reader.lines(Seq(at.next), MOST_RECORDS).await?;
        // Read after the lines: whatever checkpoint belongs between them is on the disk by now.
        let checkpoints = reader
            .checkpoints_after(at.checkpoint, MOST_CHECKPOINTS)
            .await?;
        Ok(Self::of(at, lines, checkpoints))
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
            match item.kind {
                ItemKind::Record(seq) => batch.after.next = seq + 1,
                ItemKind::Checkpoint(size) => batch.after.checkpoint = size,
            }
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
    fn a_batch_has_a_bound_in_bytes_but_never_stands_still() {
        let long = |seq| (Seq(seq), "x".repeat(MOST_BYTES));
        let batch = Batch::of(at(0, 0), vec![long(0), long(1)], Vec::new());
        assert_eq!(batch.after, at(1, 0));
    }
}
