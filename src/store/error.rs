//! What can go wrong with the database, by who must act; the mapping from `SQLite`'s result codes.

/// Errors of the store. Whatever the variant: nothing was recorded, so nothing may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database is there but cannot be written now.
    #[error("the store cannot be written: {0}")]
    NotWritable(WriteProblem),
    /// The file is not a database that this program may use.
    #[error("the store cannot be used: {0}")]
    Unusable(Flaw),
    /// Too slow.
    #[error("the store did not answer in time")]
    Timeout,
    /// A sink that the settings call required did not take the attempt.
    #[error("a required audit sink does not take records")]
    NotWitnessed,
}

/// Why nothing can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteProblem {
    /// `SQLITE_FULL`.
    #[error("the disk is full")]
    DiskFull,
    /// `SQLITE_READONLY`, `SQLITE_PERM`.
    #[error("the file or its folder is read-only")]
    ReadOnly,
    /// `SQLITE_IOERR`: a write or an fsync failed.
    #[error("the disk reported an error")]
    Io,
    /// Another program holds the database's own lock.
    #[error("another program holds the database locked")]
    Locked,
    /// The store was closed, or its writer ended.
    #[error("the store is closed")]
    Closed,
    /// The system gave no random bytes for a session token.
    #[error("the system gives no random numbers")]
    Random,
    /// Another result code of `SQLite`.
    #[error("SQLite answered with code {0}")]
    Other(i32),
}

/// Why a file cannot be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// `PRAGMA quick_check`, `SQLITE_CORRUPT`, or a line that is no record.
    #[error("the file is damaged; put the last backup back")]
    Corrupt,
    /// No `SQLite` file, or one of another program.
    #[error("the file is not a database of Keyward")]
    NotOurs,
    /// A newer Keyward made it.
    #[error("a newer version of Keyward made the file")]
    Newer,
    /// A second `serve` on the same file.
    #[error("another Keyward process uses the file")]
    InUse,
    /// Another file has its name, or none has.
    #[error(
        "the database's file was replaced or removed while it was in use; nothing is recorded any more, and nothing is changed. Stop \
         every Keyward, put the right file in its place, then start the service"
    )]
    Replaced,
    /// The file or its folder is not there or not accessible.
    #[error("the file cannot be opened; does its folder exist, and may this user write there?")]
    NotOpened,
    /// Write-ahead logging is refused, as on network file systems.
    #[error("the file system does not support write-ahead logging")]
    NoWal,
    /// Something in `sqlite_schema` that the migrations do not make, or that is missing.
    #[error(
        "somebody changed the database's tables, indexes or triggers; keyward doctor and keyward audit verify name what is \
         changed: put it right, or the last backup back"
    )]
    SchemaChanged,
    /// A link, a folder or a pipe in the place of the database, or of the lock beside it.
    #[error(
        "the database, or the .lock file beside it, is a link or no file; [store] url must name the file itself"
    )]
    NotAFile,
    /// The hashes of the Merkle tree are not whole.
    #[error("the audit log's tree is damaged; keyward audit verify says where")]
    TreeDamaged,
    /// The tree has more records than the log.
    #[error(
        "records at the end of the audit log are missing: somebody took them out; keyward audit verify says which, a backup has them"
    )]
    RecordsMissing,
    /// The log has more records than its tree.
    #[error(
        "the audit log has records that Keyward did not write; keyward audit verify says which"
    )]
    RecordsForeign,
    /// The newest checkpoint is not of this tree, or is not signed with the log's key.
    #[error(
        "the audit log is not what its newest checkpoint says: somebody changed it; keyward audit verify says where, put the last backup back"
    )]
    NotAsSigned,
    /// Records and a key, and nothing that was signed with it.
    #[error(
        "the audit log has records and a key, but nothing was ever signed: somebody took the checkpoints out, or the file with the key \
         was there before; put the last backup back, or, if the key is new to this log, begin with another one: keyward audit key --new"
    )]
    NeverSigned,
    /// Every checkpoint was taken out, and the note outside the database is there.
    #[error(
        "the database has no checkpoint any more, and the .signed file beside the key of the audit log, or beside the database, has one of \
         {kept} records: somebody took them out; put the last backup back, or, to go on with what is there, remove that file and begin with \
         another key: keyward audit key --new"
    )]
    CheckpointsGone {
        /// Records that the note is of.
        kept: u64,
    },
    /// The note outside the database is not one of this log.
    #[error(
        "the newest checkpoint that is kept outside the database cannot be read, or is of another log: the file .signed beside the key of \
         the audit log, or beside the database; if it belongs to another log, remove it"
    )]
    KeptUnusable,
    /// The key that signs checkpoints cannot be read, or is no key.
    #[error("the file with the key of the audit log cannot be used")]
    KeyUnusable,
    /// The key cannot be written.
    #[error(
        "the file with the key of the audit log cannot be made; does its folder exist, and may this user write there?"
    )]
    KeyNotMade,
    /// The log has a new key, which lies beside its place.
    #[error(
        "the log has its new key, but the file with it could not be put in its place; mend the folder, then run keyward audit key --new \
         again: it makes no other key, it brings this change to its end"
    )]
    KeyNotInPlace,
    /// A key, but not the one that signed last.
    #[error(
        "the file with the key of the audit log holds another key than the log's; put the right one back, or begin with a new one: keyward audit key --new"
    )]
    KeyOther,
    /// Others may read the key.
    #[error("others may read the file with the key of the audit log; chmod 600")]
    KeyExposed,
    /// The log has checkpoints, and their key is gone.
    #[error(
        "the file with the key of the audit log is gone; put it back, or begin with a new one: keyward audit key --new"
    )]
    KeyMissing,
    /// The log is shorter than it was: an older copy of the file was put back.
    #[error(
        "the log is shorter than it was: an older copy was put back, or somebody took its end away; to go on with it all the same, remove \
         the .lock file beside it and the .signed file beside the key of the audit log"
    )]
    RolledBack,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => database
                .code()
                .and_then(|code| code.parse().ok())
                .map_or(Self::NotWritable(WriteProblem::Other(0)), of_code),
            sqlx::Error::Io(_) => Self::Unusable(Flaw::NotOpened),
            sqlx::Error::PoolTimedOut => Self::Timeout,
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::NotWritable(WriteProblem::Closed)
            }
            _ => Self::Unusable(Flaw::Corrupt),
        }
    }
}

/// `SQLITE_IOERR_SHMSIZE`: the `-shm` file could not grow.
const NO_ROOM_FOR_SHARED_MEMORY: i32 = 0x130a;

/// The primary result code is the low byte of the extended one (sqlite.org/rescode.html).
fn of_code(extended: i32) -> StoreError {
    use StoreError::{NotWritable, Unusable};
    if extended == NO_ROOM_FOR_SHARED_MEMORY {
        return NotWritable(WriteProblem::DiskFull);
    }
    match extended & 0xff {
        5 | 6 => NotWritable(WriteProblem::Locked),
        // The end of the time that a reader's statement has.
        9 => StoreError::Timeout,
        3 | 8 => NotWritable(WriteProblem::ReadOnly),
        10 => NotWritable(WriteProblem::Io),
        11 => Unusable(Flaw::Corrupt),
        13 => NotWritable(WriteProblem::DiskFull),
        14 => Unusable(Flaw::NotOpened),
        26 => Unusable(Flaw::NotOurs),
        _ => NotWritable(WriteProblem::Other(extended)),
    }
}
