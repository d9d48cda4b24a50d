//! What can be wrong with a log, in plain words.

use super::NoteFlaw;
use std::fmt;

/// Records from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
}

impl Span {
    /// One record.
    pub fn one(seq: u64) -> Self {
        Self {
            first: seq,
            last: seq,
        }
    }

    /// From `first` to before `next`; `None` where that is nothing.
    pub fn before(first: u64, next: u64) -> Option<Self> {
        let last = next.checked_sub(1).filter(|last| first <= *last)?;
        Some(Self { first, last })
    }

    /// Whether the record is one of them.
    pub fn contains(self, seq: u64) -> bool {
        (self.first..=self.last).contains(&seq)
    }

    /// How many they are.
    pub fn count(self) -> u64 {
        (self.last - self.first).saturating_add(1)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "record {}", self.first)
        } else {
            write!(f, "records {} to {}", self.first, self.last)
        }
    }
}

/// Why an archive cannot be used as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveFlaw {
    /// It cannot be opened.
    #[error("it cannot be read")]
    Unreadable,
    /// The compressed data are not whole.
    #[error("it is damaged or cut")]
    Damaged,
    /// It does not begin as an archive does, or says other numbers than its name or the database.
    #[error("its beginning is not that of this archive")]
    Head,
    /// Its checkpoint is missing.
    #[error("it does not end with its checkpoint")]
    End,
    /// Other bytes, or another frame, after the end.
    #[error("something follows its end")]
    More,
    /// Another file than the one that was made, whatever is in it.
    #[error("its SHA-256 is not the one that record {noted} has of it")]
    OtherFile {
        /// The record that says that it was made.
        noted: u64,
    },
}

/// One thing that is wrong. The sentence is its `Display`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Proven: not the lines that were written.
    #[error("{0}: changed since it was written")]
    Changed(Span),
    /// In their places stand the lines of other records, from `own` on.
    #[error("{records}: holds the line of record {own}{}", and_so_on(*.records))]
    Displaced {
        /// The places.
        records: Span,
        /// The number of the line in the first of them.
        own: u64,
    },
    /// Not there.
    #[error("{0}: missing")]
    Missing(Span),
    /// A line that no place is left for.
    #[error("before record {before}: a line too many{}", own_number(*.own))]
    Extra {
        /// The number that it gives itself.
        own: Option<u64>,
        /// What comes after it.
        before: u64,
    },
    /// Two lines with one number.
    #[error("{0}: a second, different line")]
    Doubled(Span),
    /// Again, too late to be compared with the first.
    #[error("{0}: again, too far from its place to be compared; check this file alone")]
    FarBack(Span),
    /// There, but later than it should be.
    #[error("{records}: out of order, after record {after}")]
    OutOfOrder {
        /// Which.
        records: Span,
        /// The record that stands before.
        after: u64,
    },
    /// A line that is not written as a record is.
    #[error("{0}: not a record")]
    NotARecord(Span),
    /// The tree has no hash of it: it was put in later.
    #[error("{0}: not in the tree, so not written by Keyward")]
    NotInTree(Span),
    /// The lines are right, and the kept hashes are not.
    #[error("{0}: the line is right, but the hash kept for it was changed")]
    HashChanged(Span),
    /// Line and kept hash differ, and no checkpoint tells which of them is right.
    #[error("{0}: changed, or the hash kept for it was")]
    Differs(Span),
    /// A hash above the leaves is not that of the hashes below.
    #[error("{0}: a hash kept with it for the tree was changed")]
    NodeChanged(Span),
    /// Together not what was signed.
    #[error("{records}: not what was signed{}; at least one of them was changed", by(*.elsewhere))]
    Unproven {
        /// Since the last checkpoint that fits.
        records: Span,
        /// The checkpoint did not lie beside the log.
        elsewhere: bool,
    },
    /// Gone, and only the database says that it is right so.
    #[error(
        "{0}: not there; the database says that their archives were removed, and no record of the log says it"
    )]
    NotRemoved(Span),
    /// What came before is wrong, so nothing can be said about these.
    #[error("{0}: cannot be judged, because of what is wrong before")]
    Unjudged(Span),
    /// Only keys that are not trusted have signed these.
    #[error("{0}: signed by nobody whom you trust")]
    Unsigned(Span),
    /// Nothing at all.
    #[error("there is not one record, and no checkpoint")]
    Empty,
    /// Nothing fits that somebody trusted has signed.
    #[error("{0}: no checkpoint proves them")]
    NotProven(Span),
    /// Nothing signs them, and what is signed before is younger.
    #[error(
        "{0}: no checkpoint covers them, and their times are earlier than those of the records before"
    )]
    Backdated(Span),
    /// What stays of records when their archive is removed.
    #[error("{0}: removed, and the hashes that stay of them in the tree are not there")]
    HashesGone(Span),
    /// For longer than Keyward ever waits nothing was signed: checkpoints were removed.
    #[error("{0}: more than ten minutes of records without a checkpoint")]
    Uncovered(Span),
    /// What an archive says of the tree before it is not so.
    #[error("record {first}: the archive that begins with it has a wrong edge of the tree")]
    EdgeChanged {
        /// First record of the archive.
        first: u64,
    },
    /// An archive file.
    #[error("{records}: their archive {file}: {flaw}")]
    Archive {
        /// What should be in it.
        records: Span,
        /// Its name.
        file: String,
        /// What is wrong with it.
        flaw: ArchiveFlaw,
    },
    /// Checkpoints that prove nothing, from the one for `first` records to that for `last`.
    #[error("{}: {flaw}", checkpoints(*.first, *.last, *.count))]
    Checkpoint {
        /// Size of the first.
        first: u64,
        /// Size of the last.
        last: u64,
        /// How many.
        count: u64,
        /// Why.
        flaw: NoteFlaw,
    },
    /// A note that does not even say how many records it is for.
    #[error("a checkpoint of which not even the size can be read: {0}")]
    Note(NoteFlaw),
    /// The database has none, and the note outside of it is one.
    #[error(
        "there is no checkpoint in the database any more, and the note kept outside of it is one for {kept} records: somebody took them out"
    )]
    CheckpointsGone {
        /// Records that the note is for.
        kept: u64,
    },
    /// Signed, and yet not of this log as it is proven by another one.
    #[error(
        "the checkpoint for {size} records: rightly signed, but another one says something else"
    )]
    TwoTruths {
        /// Its size.
        size: u64,
    },
    /// An outcome of something that was not begun, or has its outcome already.
    #[error("record {record}: the outcome of attempt {attempt}, which is not open")]
    NotOpen {
        /// The outcome.
        record: u64,
        /// The attempt that it names.
        attempt: u64,
    },
    /// The lines are right, and what stands beside them for searching says something else.
    #[error(
        "{records}: the column {column} beside the line says something else, and searches go by it"
    )]
    Misfiled {
        /// Which.
        records: Span,
        /// The column's name.
        column: &'static str,
    },
    /// As that, of a name.
    #[error("the name by which the records of {0} are found is not that of the newest of them")]
    Misnamed(String),
    /// As that, of what is counted.
    #[error("the summary's counts from {0} on are not those of the records")]
    Miscounted(String),
    /// The database's own check fails, or a part of it cannot be read.
    #[error("the database file is damaged: {0}")]
    Database(String),
    /// Tables, indexes, triggers or views that Keyward did not make, or that are missing.
    #[error("somebody changed the database's tables, indexes or triggers: {0}")]
    Schema(String),
}

impl Finding {
    /// Of an archive with these records, read up to before `position`. Where its beginning or its end is
    /// not right, that is so of all of it, and what it holds is judged apart.
    pub fn archive(records: Span, position: u64, file: String, flaw: ArchiveFlaw) -> Self {
        let first = match flaw {
            ArchiveFlaw::Unreadable | ArchiveFlaw::Damaged => {
                records.first.max(position.min(records.last))
            }
            ArchiveFlaw::Head
            | ArchiveFlaw::End
            | ArchiveFlaw::More
            | ArchiveFlaw::OtherFile { .. } => records.first,
        };
        let records = Span { first, ..records };
        Self::Archive {
            records,
            file,
            flaw,
        }
    }

    /// The first record that it speaks of, where it accuses one.
    pub fn record(&self) -> Option<u64> {
        match self {
            Self::Changed(records)
            | Self::Missing(records)
            | Self::NotRemoved(records)
            | Self::Doubled(records)
            | Self::FarBack(records)
            | Self::NotARecord(records)
            | Self::NotInTree(records)
            | Self::Differs(records)
            | Self::Unsigned(records)
            | Self::Uncovered(records)
            | Self::NotProven(records)
            | Self::Backdated(records)
            | Self::Unproven { records, .. }
            | Self::OutOfOrder { records, .. }
            | Self::Archive {
                records,
                flaw: ArchiveFlaw::Unreadable | ArchiveFlaw::Damaged,
                ..
            }
            | Self::Displaced { records, .. } => Some(records.first),
            Self::Extra { before, .. } => Some(*before),
            Self::NotOpen { record, .. } => Some(*record),
            // These accuse what is kept beside the records.
            Self::HashChanged(_)
            | Self::NodeChanged(_)
            | Self::HashesGone(_)
            | Self::Unjudged(_)
            | Self::EdgeChanged { .. }
            | Self::Archive { .. }
            | Self::Checkpoint { .. }
            | Self::Note(_)
            | Self::Empty
            | Self::CheckpointsGone { .. }
            | Self::TwoTruths { .. }
            | Self::Misfiled { .. }
            | Self::Misnamed(_)
            | Self::Miscounted(_)
            | Self::Database(_)
            | Self::Schema(_) => None,
        }
    }

    /// Where it belongs in a list.
    pub(super) fn place(&self) -> u64 {
        match self {
            Self::HashChanged(records)
            | Self::NodeChanged(records)
            | Self::HashesGone(records)
            | Self::Unjudged(records)
            | Self::Archive { records, .. }
            | Self::Misfiled { records, .. } => records.first,
            Self::EdgeChanged { first } | Self::Checkpoint { first, .. } => *first,
            Self::TwoTruths { size } => *size,
            other => other.record().unwrap_or(0),
        }
    }
}

fn and_so_on(records: Span) -> &'static str {
    if records.first == records.last {
        ""
    } else {
        ", and so on"
    }
}

fn own_number(own: Option<u64>) -> String {
    own.map(|own| format!(", which says that it is record {own}"))
        .unwrap_or_default()
}

fn by(elsewhere: bool) -> &'static str {
    if elsewhere {
        " by the checkpoint that was kept elsewhere"
    } else {
        ""
    }
}

fn checkpoints(first: u64, last: u64, count: u64) -> String {
    if count == 1 {
        format!("the checkpoint for {first} records")
    } else {
        format!("{count} checkpoints, from the one for {first} records to that for {last}")
    }
}
