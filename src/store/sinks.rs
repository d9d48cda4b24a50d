//! How far each sink is.

use super::log::Log;
use super::numbers::{number_of, seq_of};
use super::{AuditReader, Store, StoreError};
use crate::domain::audit::Seq;
use std::collections::BTreeMap;

/// What a sink has taken: everything before both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SinkPosition {
    /// The next record.
    pub next: u64,
    /// The size of the last checkpoint; 0 before the first.
    pub checkpoint: u64,
}

impl Store {
    /// Notes how far a sink is, when the writer gets round to it. Where that fails, the sink gets
    /// some of it twice after a restart.
    pub fn note_sink(&self, name: &str, position: SinkPosition) {
        let name = name.to_owned();
        self.0
            .writer
            .post(move |log| Box::pin(note(log, name, position)));
    }

    /// The same, on the disk when this returns.
    ///
    /// # Errors
    /// It was not noted.
    pub async fn note_sink_now(&self, name: &str, at: SinkPosition) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write(move |log| Box::pin(note(log, name, at))).await
    }
}

async fn note(log: &mut Log, name: String, position: SinkPosition) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sink (name, next, checkpoint) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET next = excluded.next, checkpoint = excluded.checkpoint",
    )
    .bind(name)
    .bind(number_of(Seq(position.next))?)
    .bind(number_of(Seq(position.checkpoint))?)
    .execute(&mut log.connection)
    .await?;
    Ok(())
}

impl AuditReader {
    /// How far each sink is that was ever delivered to, by its name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn sink_positions(&self) -> Result<BTreeMap<String, SinkPosition>, StoreError> {
        let rows: Vec<(String, i64, i64)> =
            sqlx::query_as("SELECT name, next, checkpoint FROM sink")
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter()
            .map(|(name, next, checkpoint)| {
                let position = SinkPosition {
                    next: seq_of(next)?.0,
                    checkpoint: seq_of(checkpoint)?.0,
                };
                Ok((name, position))
            })
            .collect()
    }

    /// The number of records.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn length(&self) -> Result<u64, StoreError> {
        let next: i64 = sqlx::query_scalar(
            "SELECT max((SELECT coalesce(max(seq) + 1, 0) FROM audit),
                        (SELECT coalesce(max(next), 0) FROM archive))",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(seq_of(next)?.0)
    }
}
