//! What stands beside the lines, for searching and counting, held against what the lines say. Pages and filters go by
//! it, and no checkpoint covers it: who can write the database may hide a record by it.

mod columns;
mod counts;
mod names;

use super::StoreError;
use super::snapshot::{Snapshot, StoredLine};
use columns::{Columns, Said};
use counts::Counts;
use jiff::Timestamp;
use names::{Names, Sids};

/// Something beside the lines that they do not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfiled {
    /// A record's column, by its name.
    Column {
        /// The record.
        seq: u64,
        /// The column.
        column: &'static str,
    },
    /// The name by which an operator or a target is found is not that of the newest record.
    Name {
        /// SID or GUID.
        of: String,
    },
    /// What the summary counts is not what the records say.
    Count {
        /// Begin of the first quarter of an hour of a day for which that is so.
        since: Timestamp,
    },
}

/// The looking: at each line's columns while the lines are read, at names and counts when all are. Memory does not grow
/// with the log.
#[derive(Default)]
pub struct Filing {
    sids: Sids,
    counts: Counts,
}

/// Looking at names and counts, a piece at a time.
pub struct Rest {
    names: Names,
    counts: Counts,
}

impl Filing {
    /// The first column of this record that says other than its line, which is as it was written.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn line(
        &mut self,
        snapshot: &mut Snapshot,
        stored: &StoredLine,
    ) -> Result<Option<Misfiled>, StoreError> {
        // That it is no record is said where the lines are judged.
        let both = Columns::of(stored).zip(Said::of(&stored.line));
        let Some((columns, said)) = both else {
            return Ok(None);
        };
        let operator = self.sids.of(snapshot, columns.operator).await?;
        let seq = stored.seq;
        let wrong = columns::wrong(&columns, &said, operator.as_deref());
        self.counts.line(snapshot, &columns, &said).await?;
        Ok(wrong.map(|column| Misfiled::Column { seq, column }))
    }

    /// What is left to be looked at. Where some lines are wrong or gone, names and counts of the others mean nothing.
    pub fn rest(self) -> Rest {
        Rest {
            names: Names::default(),
            counts: self.counts,
        }
    }
}

impl Rest {
    /// What is wrong in the next piece; `None`: that was all.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn next(
        &mut self,
        snapshot: &mut Snapshot,
    ) -> Result<Option<Vec<Misfiled>>, StoreError> {
        match self.names.next(snapshot).await? {
            Some(found) => Ok(Some(found)),
            None => self.counts.next(snapshot).await,
        }
    }
}

/// Whether a column has what a line says, which may have been too long for the line.
fn says(column: Option<&str>, line: Option<&str>) -> bool {
    match (column, line) {
        (Some(column), Some(line)) => {
            let cut = line.strip_suffix('…');
            column == line || cut.is_some_and(|begin| column.starts_with(begin))
        }
        (column, line) => column == line,
    }
}

#[cfg(test)]
mod tests;
