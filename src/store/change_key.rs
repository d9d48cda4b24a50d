//! Another key for the checkpoints, where the old one is gone, is known to others or has served long
//! enough. The service must not run.

use super::kept_note::{Keeper, KeptNotes};
use super::key::Prepared;
use super::log::Log;
use super::start::Missing;
use super::steady::{self, JumpWatch, Steady};
use super::{
    Flaw, KeyFile, Store, StoreError, as_signed, checkpoints, file, lock, soundness, start,
};
use crate::domain::audit::checkpoint::{CheckpointKey, name_in, opened};
use crate::domain::audit::{AuditAction, Entry, Phase};
use crate::domain::time::Clock;
use crate::durable;
use sqlx::sqlite::SqliteConnection;
use std::path::Path;

/// A key took the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// The verifier key so far; `None`: the log had none.
    pub before: Option<String>,
    /// The verifier key from now on.
    pub now: String,
    /// Whether the old key signed the change, so that who trusts it can go on from it.
    pub vouched: bool,
}

impl Store {
    /// Gives the log of `database` a new key in `file`. The log keeps its name, the list of its keys
    /// the old one; the change is a record, and a checkpoint over it is signed with the new key, and
    /// with the old one too if it is still there.
    ///
    /// # Errors
    /// The database cannot be used, a service uses it, or the file cannot be written. Where the new
    /// key is on record but not in its place, the next call or the next start puts it there.
    pub async fn change_key(
        database: &Path,
        file: &KeyFile,
        clock: Clock,
    ) -> Result<KeyChange, StoreError> {
        let lock = lock::lock(database)?;
        let (mut connection, _) = file::open_writer(database, &lock, soundness::AT_START).await?;
        let size = lock.check_log(&mut connection).await?;
        let before = checkpoints::newest_verifier(&mut connection).await?;
        let kept = KeptNotes::of(database, &file.path);
        let notes = kept.read()?;
        let is_proven = as_signed::check(&mut connection, size, &notes).await?;
        let missing = Missing::of(&mut connection, &lock, &notes).await?;
        let events = start::events(&mut connection, clock.now(), missing).await?;
        if let Some(newest) = &before
            && file.complete(newest)?
        {
            return completed(&mut connection).await;
        }
        let old = file.read().unwrap_or_default();
        let old = old.filter(|old| is_proven && before.as_deref() == Some(old.verifier()));
        let (key, prepared) = new_key(database, file, before.as_deref())?;
        let change = KeyChange {
            before,
            now: key.verifier().to_owned(),
            vouched: old.is_some(),
        };
        let mut log = log(
            connection,
            database,
            clock,
            (lock, key, Keeper::start(kept)?),
        )
        .await?;
        log.record_first(events);
        log.vouched_for_by(old);
        if let Err(error) = record(&mut log, &change).await {
            // Not closed in order: that may sign what has no checkpoint yet, with a key that nobody knows.
            log.roll_back().await;
            return Err(error);
        }
        let put = prepared.put_in_place();
        log.close().await;
        put.map_err(|_| StoreError::Unusable(Flaw::KeyNotInPlace))?;
        Ok(change)
    }
}

/// The change that an earlier run recorded, and whose key is in its place now.
async fn completed(connection: &mut SqliteConnection) -> Result<KeyChange, StoreError> {
    const WRONG: StoreError = StoreError::Unusable(Flaw::NotAsSigned);
    let (before, now) = checkpoints::newest_two(&mut *connection)
        .await?
        .ok_or(WRONG)?;
    let newest = checkpoints::newest(connection).await?.ok_or(WRONG)?;
    let signed_by = |key: &String| opened(&newest.note, key).is_some();
    let vouched = before.as_ref().is_some_and(signed_by);
    Ok(KeyChange {
        before,
        now,
        vouched,
    })
}

fn new_key(
    database: &Path,
    file: &KeyFile,
    before: Option<&str>,
) -> Result<(CheckpointKey, Prepared), StoreError> {
    let name = match before {
        Some(before) => name_in(before).map_err(|_| StoreError::Unusable(Flaw::NotAsSigned))?,
        None => file.name.clone(),
    };
    file.prepare(&name, durable::owner_for_root(database).as_ref())
}

async fn log(
    mut connection: SqliteConnection,
    database: &Path,
    clock: Clock,
    held: (lock::Lock, CheckpointKey, Keeper),
) -> Result<Log, StoreError> {
    let latest = super::latest(&mut connection).await?;
    let steady = Steady::from(clock.now().max(latest), steady::since_boot());
    let watch = JumpWatch::new(clock, steady.clone());
    Ok(Log::new(
        connection,
        database.to_owned(),
        steady,
        watch,
        held,
    ))
}

/// The key in the list, the record and the checkpoint, or nothing of it.
async fn record(log: &mut Log, change: &KeyChange) -> Result<(), StoreError> {
    log.begin().await?;
    log.list_key().await?;
    let mut entry = Entry {
        phase: Phase::Event,
        ..Entry::new(AuditAction::AuditKeyChanged)
    };
    let mut note = |name: &str, value| entry.details.insert(name.to_owned(), value);
    if let Some(before) = &change.before {
        note("before", before.clone().into());
    }
    note("now", change.now.clone().into());
    note("vouched", change.vouched.into());
    log.append(entry).await?;
    log.sign_checkpoint().await?;
    log.commit().await
}
