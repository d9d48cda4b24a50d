//! Which part of the log, archives included, can hold what was written in a span of time.

use super::super::numbers::seq_of;
use super::super::{AuditReader, Flaw, StoreError};
use crate::domain::audit::Seq;
use jiff::Timestamp;
use std::ops::Range;

/// Records that a search of the database does not look at, because they are in archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Archived {
    /// Those before this one.
    pub before: Seq,
    /// When the newest of them was written.
    pub until: Timestamp,
}

impl AuditReader {
    /// The records from the first to the last one that were written in this time, those in archives as well. Others
    /// may be among them: the clock may have jumped, and of an archive only its newest time is known.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn span(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Range<u64>, StoreError> {
        let archived = self.archived_before().await?;
        let last: Option<i64> = match to {
            None => sqlx::query_scalar("SELECT max(seq) FROM audit"),
            // Without the index named, SQLite would go through the records from their end.
            Some(to) => sqlx::query_scalar(
                "SELECT max(seq) FROM audit INDEXED BY audit_by_time WHERE time < ?",
            )
            .bind(to.as_microsecond()),
        }
        .fetch_one(&self.pool)
        .await?;
        let end = match last {
            Some(last) => seq_of(last)?.0.saturating_add(1).max(archived.0),
            None => archived.0,
        };
        let start = match from {
            None => 0,
            Some(from) => self.first_since(from).await?.unwrap_or(end),
        };
        Ok(start..end)
    }

    /// What is in archives, some of it written at this time or later; `None`: there is none such.
    pub(super) async fn archived_since(
        &self,
        from: Option<Timestamp>,
    ) -> Result<Option<Archived>, StoreError> {
        let (next, newest): (Option<i64>, Option<i64>) =
            sqlx::query_as("SELECT max(next), max(newest) FROM archive WHERE newest >= ?")
                .bind(from.map_or(i64::MIN, Timestamp::as_microsecond))
                .fetch_one(&self.pool)
                .await?;
        let (Some(next), Some(newest)) = (next, newest) else {
            return Ok(None);
        };
        Ok(Some(Archived {
            before: seq_of(next)?,
            until: Timestamp::from_microsecond(newest)
                .map_err(|_| StoreError::Unusable(Flaw::Corrupt))?,
        }))
    }

    async fn first_since(&self, from: Timestamp) -> Result<Option<u64>, StoreError> {
        let archives = self.archives().await?;
        if let Some(archive) = archives.iter().find(|archive| archive.newest >= from) {
            return Ok(Some(archive.first));
        }
        let first: Option<i64> = sqlx::query_scalar(
            "SELECT min(seq) FROM audit INDEXED BY audit_by_time WHERE time >= ?",
        )
        .bind(from.as_microsecond())
        .fetch_one(&self.pool)
        .await?;
        first.map(|first| Ok(seq_of(first)?.0)).transpose()
    }
}
