//! Whether the log is what was signed: going on with one that is not would sign what somebody else made of
//! it.

use super::checkpoints::{newest, verifiers};
use super::tree::{self, hashes};
use super::{Flaw, KeyFile, StoreError};
use crate::domain::audit::checkpoint::opened;
use crate::domain::audit::tree::{Edge, Hash};
use sqlx::sqlite::SqliteConnection;
use std::path::Path;

const WRONG: StoreError = StoreError::Unusable(Flaw::NotAsSigned);

/// Refuses a log with records that has a key in its file and none in its list: Keyward lists a key before
/// the first record, so somebody took it out. Asked before anything is made of such records.
pub(super) async fn refuse_unlisted(
    connection: &mut SqliteConnection,
    key: &Path,
) -> Result<(), StoreError> {
    let is_listed = !verifiers(&mut *connection).await?.is_empty();
    if is_listed || tree::records(connection).await? == 0 || KeyFile::verifier(key)?.is_none() {
        return Ok(());
    }
    Err(StoreError::Unusable(Flaw::NeverSigned))
}

/// Refuses a log that is not what its newest checkpoint says, or what the notes say that are kept outside
/// the database. `false`: it has records, and nothing says what they were.
pub(super) async fn check(
    connection: &mut SqliteConnection,
    size: u64,
    kept: &[String],
) -> Result<bool, StoreError> {
    let keys = verifiers(&mut *connection).await?;
    let newest = newest(&mut *connection).await?;
    let mut covered = 0;
    if let Some(newest) = &newest {
        let key = keys.last().ok_or(WRONG)?;
        let signed = opened(&newest.note, key).ok_or(WRONG)?;
        if signed != (newest.size, root_of(connection, newest.size).await?) {
            return Err(WRONG);
        }
        covered = newest.size;
    }
    for note in kept {
        let signed = keys.iter().find_map(|key| opened(note, key));
        let (at, root) = signed.ok_or(StoreError::Unusable(Flaw::KeptUnusable))?;
        if at <= size && root_of(connection, at).await? != root {
            return Err(WRONG);
        }
        // The note is written after the checkpoint, so it is never ahead of it.
        if at > covered {
            return Err(StoreError::Unusable(match newest {
                None if at <= size => Flaw::CheckpointsGone { kept: at },
                _ => Flaw::RolledBack,
            }));
        }
    }
    Ok(size == 0 || newest.is_some() || !kept.is_empty())
}

async fn root_of(connection: &mut SqliteConnection, size: u64) -> Result<Hash, StoreError> {
    let known = hashes(connection, &Edge::needs(size)).await?;
    let edge = Edge::new(size, known).map_err(|_| WRONG)?;
    edge.root().map_err(|_| WRONG)
}
