//! The only folder with SQL: audit log, sessions, throttle, limits, used forms, people helped.
//!
//! One task writes (`writer`), over one connection (`log`); reading goes beside it (`reader`).
//! Each call has a deadline, and what is not recorded is an error: callers fail closed.

mod archive;
mod as_signed;
mod audit;
mod beforehand;
mod change_key;
mod checkpoints;
mod derived;
mod errand;
mod error;
mod file;
mod frozen;
mod history;
mod kept_note;
mod key;
mod lock;
mod log;
mod looks;
mod names;
mod numbers;
mod open;
mod proofs;
mod quota;
mod reader;
mod schema;
mod search;
mod seldom;
mod session_seal;
mod session_token;
mod sessions;
mod settings_digest;
mod sinks;
mod snapshot;
mod soundness;
mod start;
mod steady;
mod tally;
mod throttle;
mod tree;
mod witness;
mod writer;

pub use archive::{ArchivedFile, Batch, Bounds};
pub use change_key::KeyChange;
pub use checkpoints::StoredCheckpoint;
pub use derived::{Filing, Misfiled};
pub use errand::{Answer, Errand, Unanswered};
pub use error::{Flaw, StoreError, WriteProblem};
pub use frozen::Frozen;
pub use history::PastAttempt;
pub use key::KeyFile;
pub use looks::{LogonLook, Looks, PasswordLook, SeenChange};
pub use proofs::AuditProof;
pub use quota::OperatorUsage;
pub use reader::AuditReader;
pub use search::{Archived, AuditPage, FoundRecord, KeptRecord, RecordFlaw, Standing};
pub use session_token::SessionToken;
pub use sessions::{Session, SessionLimits};
pub use sinks::SinkPosition;
pub use snapshot::{KeptHashes, RawArchive, Snapshot, StoredLine};
pub use soundness::Soundness;
pub use tally::{Cause, Counted, Tally, Top};
pub use throttle::{Reservation, Reserved, SignInEnd};
pub use witness::{RequiredSink, Witness};

use crate::domain::audit::checkpoint::CheckpointKey;
use crate::domain::audit::tree::{Edge, KnownHashes};
use crate::domain::audit::{Record, Seq};
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::limits::Reached;
use crate::domain::time::Clock;
use jiff::Timestamp;
use kept_note::{Keeper, KeptNotes};
use log::Log;
use session_seal::SessionKey;
use soundness::Beside;
use sqlx::sqlite::SqliteConnection;
use start::Missing;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steady::{JumpWatch, Steady, Uptime};
use tokio::sync::watch;
use writer::Writer;

/// How long things may take.
#[derive(Clone, Copy)]
struct Limits {
    /// Any call.
    call: Duration,
    /// The check of the file, before anything else is done.
    check: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(3),
            check: soundness::AT_START,
        }
    }
}
/// The name of a log whose settings give it none.
const DEFAULT_LOG_NAME: &str = "keyward";
/// `check_writable` asks the disk at most this often.
const PROBE_EVERY: i64 = 2_000_000;

/// The database: `SQLite` in a file (WAL, `synchronous=FULL`). Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: Writer,
    reader: AuditReader,
    check: Beside,
    /// For what auditors look at: however much they ask for, nobody else waits for it.
    auditors: AuditReader,
    steady: Steady,
    seldom: Mutex<seldom::Seldom>,
    probed: Mutex<Option<i64>>,
    deadline: Duration,
    witness: Witness,
    sessions: SessionKey,
    grown: watch::Receiver<()>,
    opened_at: Seq,
}

/// What became of an attempt. But for the first, it is not in the log, counts nothing, and the form can be
/// sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempted {
    /// The attempt is on the disk.
    Recorded(Seq),
    /// The form was used before; nothing was recorded, and its attempt was counted then.
    FormAlreadyUsed,
    /// A limit leaves no room for one more.
    LimitReached {
        /// Which.
        limit: Reached,
        /// So the operator is frozen from now on, and that is recorded.
        froze: bool,
    },
    /// The operator is frozen.
    Frozen,
    /// Somebody reset the person just before, and there is no reason for doing it again.
    Again {
        /// How long ago.
        ago: Duration,
    },
}

/// What became of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The outcome is on the disk.
    Recorded(Seq),
    /// There is no such open attempt: it has its outcome already.
    NotOpen,
}

/// An attempt without an outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAttempt {
    /// The attempt's record.
    pub record: Record,
}

impl Store {
    /// Opens or makes the database, checks it, migrates it, and holds it: a second process that
    /// opens it is refused.
    ///
    /// # Errors
    /// The file cannot be used: damaged, somebody else's, newer, in use, not accessible.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let name = DEFAULT_LOG_NAME.parse();
        let key = KeyFile {
            path: KeyFile::beside(path),
            name: name.map_err(|_| StoreError::Unusable(Flaw::KeyUnusable))?,
        };
        Self::open_signed(path, &key, clock).await
    }

    /// As [`open`](Self::open), with the signing key where the settings have it.
    ///
    /// # Errors
    /// As there.
    pub async fn open_signed(path: &Path, key: &KeyFile, clock: Clock) -> Result<Self, StoreError> {
        Self::open_with(path, key, clock, steady::since_boot(), Limits::default()).await
    }

    async fn open_with(
        path: &Path,
        key: &KeyFile,
        clock: Clock,
        uptime: Uptime,
        limits: Limits,
    ) -> Result<Self, StoreError> {
        let lock = lock::lock_or_make(path)?;
        let (mut connection, sound) = file::open_writer(path, &lock, limits.check).await?;
        as_signed::refuse_unlisted(&mut connection, &key.path).await?;
        let size = lock.check_log(&mut connection).await?;
        let kept = KeptNotes::of(path, &key.path);
        let missing = Missing::of(&mut connection, &lock, &kept.read()?).await?;
        let key = checkpoints::key(&mut connection, key, path).await?;
        let keeper = keeper(&mut connection, size, &key, kept).await?;
        open::mend(&mut connection).await?;
        let events = start::events(&mut connection, clock.now(), missing).await?;
        let steady = Steady::from(clock.now().max(latest(&mut connection).await?), uptime);
        let watch = JumpWatch::new(clock, steady.clone());
        let check = Beside::start(path, lock.clone(), sound);
        let held = (lock, key, keeper);
        let mut log = Log::new(connection, path.to_owned(), steady.clone(), watch, held);
        log.record_first(events);
        Ok(Self(Arc::new(Inner {
            grown: log.grown(),
            sessions: log.sessions.clone(),
            writer: Writer::start(log),
            reader: AuditReader::over(path, limits.call),
            auditors: AuditReader::for_auditors(path, limits.call),
            check,
            steady,
            seldom: Mutex::default(),
            probed: Mutex::default(),
            deadline: limits.call,
            witness: Witness::default(),
            opened_at: Seq(size),
        })))
    }

    /// Whether a process holds the database now. For who would ask it something.
    ///
    /// # Errors
    /// It cannot be seen.
    pub fn is_held(path: &Path) -> Result<bool, StoreError> {
        lock::is_held(path)
    }

    /// The number that was next when the database was opened: open attempts before it are those
    /// of an earlier process.
    pub fn opened_at(&self) -> Seq {
        self.0.opened_at
    }

    /// What the required sinks have taken.
    pub fn witness(&self) -> &Witness {
        &self.0.witness
    }

    /// Changes with each commit that adds a record or a checkpoint.
    pub fn grown(&self) -> watch::Receiver<()> {
        self.0.grown.clone()
    }

    /// Whether the file is whole, as far as it is known.
    pub fn soundness(&self) -> watch::Receiver<Soundness> {
        self.0.check.found()
    }

    /// The log for reading.
    pub fn reader(&self) -> &AuditReader {
        &self.0.reader
    }

    /// Can it be written now, and read? Asks the disk, at most every two seconds.
    ///
    /// # Errors
    /// It cannot.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        let now = self.0.steady.now();
        let fresh = |at: i64| now.saturating_sub(at) < PROBE_EVERY;
        if self.0.probed.lock().is_ok_and(|at| at.is_some_and(fresh)) {
            return Ok(());
        }
        self.write(move |log| {
            Box::pin(async move {
                sqlx::query("INSERT INTO probe (id, at) VALUES (0, ?1) ON CONFLICT (id) DO UPDATE SET at = ?1")
                    .bind(now)
                    .execute(&mut log.connection)
                    .await?;
                Ok(())
            })
        })
        .await?;
        // The way to the newest record, by the readers' connections; there is none after it.
        self.lines(Seq(i64::MAX.unsigned_abs()), 1).await?;
        if let Ok(mut probed) = self.0.probed.lock() {
            *probed = Some(now);
        }
        Ok(())
    }

    /// The accounts this operator helped last, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn recent(&self, operator: &Sid, limit: u32) -> Result<Vec<ObjectGuid>, StoreError> {
        let operator = operator.to_string();
        let find = async {
            let targets: Vec<Vec<u8>> = sqlx::query_scalar(
                "SELECT target FROM helped WHERE operator = ? ORDER BY seq DESC LIMIT ?",
            )
            .bind(operator)
            .bind(limit)
            .fetch_all(&self.0.reader.pool)
            .await?;
            Ok(targets)
        };
        let targets = self.within(find).await?;
        targets
            .iter()
            .map(|bytes| {
                ObjectGuid::try_from(bytes.as_slice())
                    .map_err(|_| StoreError::Unusable(Flaw::Corrupt))
            })
            .collect()
    }

    /// Writes what waits, signs a checkpoint, moves everything into the main file and closes it.
    pub async fn close(&self) {
        let read = self.within(async {
            self.0.check.stop().await;
            self.0.auditors.pool.close().await;
            self.0.reader.pool.close().await;
            Ok(())
        });
        if read.await.is_err() {
            tracing::debug!("somebody still reads while the store is closed");
        }
        self.0.writer.end();
        let ended = self.within(async {
            self.0.writer.ended().await;
            Ok(())
        });
        if let Err(error) = ended.await {
            tracing::warn!(error = %error, "the store was not closed cleanly; nothing is lost");
        }
    }

    async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'a> FnOnce(
                &'a mut Log,
            )
                -> futures_util::future::BoxFuture<'a, Result<T, StoreError>>
            + Send
            + 'static,
    {
        self.0.check.refuse_damage()?;
        self.within(self.0.writer.write(work)).await
    }

    /// Fails closed after the deadline.
    async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(self.0.deadline, work)
            .await
            .unwrap_or(Err(StoreError::Timeout))
    }
}

/// What keeps the newest checkpoint outside the database, once the log is what was signed.
async fn keeper(
    connection: &mut SqliteConnection,
    size: u64,
    key: &CheckpointKey,
    kept: KeptNotes,
) -> Result<Keeper, StoreError> {
    let notes = kept.read()?;
    if !as_signed::check(connection, size, &notes).await? {
        return Err(StoreError::Unusable(Flaw::NeverSigned));
    }
    let newest = checkpoints::newest(connection).await?;
    if newest.is_none() && notes.is_empty() {
        // That nothing is signed yet is signed before the first record.
        let none = key.sign(0, Edge::new(0, KnownHashes::default())?.root()?, None);
        let none = none.map_err(|_| StoreError::Unusable(Flaw::KeyUnusable))?;
        kept.write(&none).map_err(|error| key::told(&error))?;
    }
    let keeper = Keeper::start(kept)?;
    if let Some(newest) = newest {
        if notes.is_empty() {
            tracing::warn!(
                "the newest checkpoint is not kept outside the database yet, or somebody removed it; what the database says is believed \
                 this once"
            );
        }
        keeper.keep(newest.note);
    }
    Ok(keeper)
}

/// The latest time that is noted: a wall clock that was put back while the program was off must not
/// prolong anything.
async fn latest(connection: &mut SqliteConnection) -> Result<Timestamp, StoreError> {
    let latest: i64 = sqlx::query_scalar(
        "SELECT coalesce(max(t), 0) FROM (SELECT max(last_seen) AS t FROM session
         UNION ALL SELECT max(at) FROM sign_in_try
         UNION ALL SELECT max(at) FROM counted_reset)",
    )
    .fetch_one(connection)
    .await?;
    Ok(Timestamp::from_microsecond(latest).unwrap_or(Timestamp::UNIX_EPOCH))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::{forced, tampered};
