//! What can go wrong with archives, by who must act.

use crate::store::StoreError;
use std::io;
use std::path::PathBuf;

/// Why archiving, or reading archives, did not go on. Records are never lost by it: their lines leave the
/// database only after their file was read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The folder, or a file in it, cannot be written.
    #[error("the archives' folder {} cannot be used: {}", .0.display(), reason(*.1))]
    Folder(PathBuf, io::ErrorKind),
    /// An archive that should be there is not.
    #[error("the archive {0} is missing; put it back from a backup")]
    Missing(PathBuf),
    /// An archive is not what was written.
    #[error("the archive {0} is damaged ({1}); put it back from a backup")]
    Damaged(PathBuf, Damage),
    /// A file of that name holds something else.
    #[error(
        "{0} is there already and is no archive of this log ({1}); does [audit] archive_dir belong to another log as well?"
    )]
    Occupied(PathBuf, Damage),
    /// A file of that name has records beyond the log's end.
    #[error(
        "{0} has records that this log does not have: the log ends before record {1}. An older copy of the database was put \
         back, or the file belongs to another log. Keep it, since those records may be nowhere else, but move it out of the \
         folder; archiving goes on then"
    )]
    Ahead(PathBuf, u64),
    /// What was written could not be read back as it should be.
    #[error("what was written to {0} came back otherwise ({1}); it was not used")]
    NotAsWritten(PathBuf, Damage),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The program is ending.
    #[error("it was interrupted; it goes on at the next start")]
    Interrupted,
}

/// In what way a file is not a whole archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Reading or decompressing failed; the frame's checksum included.
    #[error("it cannot be decompressed: {}", reason(*.0))]
    Unreadable(io::ErrorKind),
    /// The first line is not an archive's.
    #[error("its first line is not that of an archive")]
    NoHeader,
    /// It holds other records than its name says.
    #[error("it holds other records than its name says")]
    OtherRecords,
    /// It ends too early.
    #[error("it ends before record {0}")]
    EndsBefore(u64),
    /// A line is longer than any record, or all of them together than any archive.
    #[error("record {0} is longer than a record can be")]
    TooLong(u64),
    /// A line is not what the log has.
    #[error("record {0} is not the one of the log")]
    OtherLine(u64),
    /// The last line is not an archive's, or something follows it.
    #[error("its last line is not that of an archive")]
    NoEnd,
    /// Edge, lines and checkpoint do not belong together.
    #[error("its checkpoint does not belong to its records")]
    OtherCheckpoint,
}

impl ArchiveError {
    /// Whether it is about a file that is not as it should be, rather than about what could not be done.
    pub fn is_a_finding(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::Damaged(..))
    }
}

/// In words for people.
fn reason(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "there is no room".to_owned()
        }
        io::ErrorKind::Other | io::ErrorKind::InvalidData => {
            "it is not what was written".to_owned()
        }
        other => other.to_string(),
    }
}
