//! The log for reading: beside the writer in `serve`, or alone for `audit list` and `audit export`.

use super::numbers::{number_of, numbered, text_of};
use super::{Flaw, StoreError, file};
use crate::domain::audit::{Record, Seq};
use crate::domain::identity::ObjectGuid;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqlitePoolOptions};
use std::path::Path;
use std::time::{Duration, Instant};

/// Readers at once; each is a connection with a thread and a page cache.
const READERS: u32 = 2;

/// Steps of a statement between two looks at the time; a step takes less than a microsecond, mostly.
const STEPS: i32 = 10_000;

/// The log of a database that another process may be writing.
#[derive(Clone)]
pub struct AuditReader {
    pub(super) pool: SqlitePool,
}

impl AuditReader {
    /// Opens the database for reading only; makes and changes nothing.
    ///
    /// # Errors
    /// The file is not there or is not ours.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let reader = Self::over(path, Duration::from_secs(3));
        let ours: i64 = sqlx::query_scalar("PRAGMA application_id")
            .fetch_one(&reader.pool)
            .await?;
        if ours == file::APPLICATION_ID {
            Ok(reader)
        } else {
            Err(StoreError::Unusable(Flaw::NotOurs))
        }
    }

    /// Connects when first asked.
    pub(super) fn over(path: &Path, deadline: Duration) -> Self {
        let pool = pool(READERS, deadline).connect_lazy_with(file::reading(path));
        Self { pool }
    }

    /// For looks that may be expensive: on connections of their own, and `SQLite`
    /// ends it at the deadline. Without that it would go on when its caller has given up, and the next one
    /// would wait for it.
    pub(super) fn for_auditors(path: &Path, deadline: Duration) -> Self {
        let pool = pool(READERS, deadline)
            .after_connect(move |connection, _| Box::pin(bound(connection, deadline)))
            .before_acquire(move |connection, _| {
                Box::pin(async move {
                    bound(connection, deadline).await?;
                    Ok(true)
                })
            })
            .connect_lazy_with(file::reading(path));
        Self { pool }
    }

    /// Lines from `from` on that no archive has, at most `limit`. What an archive has is left out even
    /// while the database still has it too.
    ///
    /// # Errors
    /// The store cannot be read, or a line is no text.
    pub async fn lines(&self, from: Seq, limit: u32) -> Result<Vec<(Seq, String)>, StoreError> {
        let stored = self.stored_lines(from, limit).await?;
        let text = |(seq, line)| Ok((seq, text_of(line)?));
        stored.into_iter().map(text).collect()
    }

    /// The same, whatever stands there: a line that was changed may be no text.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn stored_lines(
        &self,
        from: Seq,
        limit: u32,
    ) -> Result<Vec<(Seq, Vec<u8>)>, StoreError> {
        // As below: nothing comes after the greatest number.
        if i64::try_from(from.0).is_err() {
            return Ok(Vec::new());
        }
        let archived = self.archived_before().await?;
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT seq, coalesce(CAST(line AS BLOB), x'') FROM audit
             WHERE seq >= ? ORDER BY seq LIMIT ?",
        )
        .bind(number_of(from.max(archived))?)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(numbered).collect()
    }

    /// One record.
    ///
    /// # Errors
    /// The store cannot be read, or the line is no record.
    pub async fn record(&self, seq: Seq) -> Result<Option<Record>, StoreError> {
        let line = self.line(seq).await?;
        line.map(parsed).transpose()
    }

    /// The line of a record, whatever it is.
    pub(super) async fn line(&self, seq: Seq) -> Result<Option<Vec<u8>>, StoreError> {
        // A number that no record can have, from an address that somebody typed, is no damage.
        let Ok(number) = i64::try_from(seq.0) else {
            return Ok(None);
        };
        let line = "SELECT coalesce(CAST(line AS BLOB), x'') FROM audit WHERE seq = ?";
        Ok(sqlx::query_scalar(line)
            .bind(number)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Whether no other attempt on `target` was open while `attempt` was, or came after it. An attempt
    /// that is in an archive already counts by its outcome.
    pub(super) async fn is_alone(
        &self,
        attempt: Seq,
        target: ObjectGuid,
    ) -> Result<bool, StoreError> {
        let crossed: bool = sqlx::query_scalar(
            "SELECT EXISTS (
                 SELECT 1 FROM audit a LEFT JOIN audit o ON o.attempt = a.seq AND o.phase = 'outcome'
                 WHERE a.phase = 'attempt' AND a.target = ?1 AND a.seq <> ?2
                   AND (a.seq > ?2 OR o.seq IS NULL OR o.seq > ?2))
             OR EXISTS (
                 SELECT 1 FROM audit
                 WHERE phase = 'outcome' AND target = ?1 AND attempt <> ?2 AND seq > ?2)",
        )
        .bind(target.as_bytes().as_slice())
        .bind(number_of(attempt)?)
        .fetch_one(&self.pool)
        .await?;
        Ok(!crossed)
    }
}

fn pool(connections: u32, deadline: Duration) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(deadline)
        .test_before_acquire(false)
}

/// What is read over a connection from now on ends in time.
async fn bound(connection: &mut SqliteConnection, deadline: Duration) -> sqlx::Result<()> {
    let begun = Instant::now();
    let mut handle = connection.lock_handle().await?;
    handle.set_progress_handler(STEPS, move || begun.elapsed() < deadline);
    Ok(())
}

pub(super) fn parsed(line: impl AsRef<[u8]>) -> Result<Record, StoreError> {
    Record::parse(line).map_err(|_| StoreError::Unusable(Flaw::Corrupt))
}
