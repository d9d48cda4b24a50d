//! Records by what they are about: the columns beside the lines, and filters.

mod find;
mod found;
mod lead;
mod one;
mod people;
mod span;

pub use find::AuditPage;
pub use found::{FoundRecord, Standing};
pub use one::{KeptRecord, RecordFlaw};
pub use span::Archived;

use super::StoreError;
use super::names::Names;
use super::numbers::number_of;
use super::tally;
use crate::domain::audit::{AuditResult, Record};
use sqlx::sqlite::SqliteConnection;

/// Inserts a record's line with the columns that repeat what is in it.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    names: &mut Names,
    record: &Record,
    line: &str,
) -> Result<(), StoreError> {
    let entry = &record.entry;
    let operator = names.operator_of(connection, record).await?;
    let target = names.target_of(connection, record).await?;
    let time = record.time.as_microsecond();
    let result = entry.result.map(AuditResult::word);
    sqlx::query(
        "INSERT INTO audit
             (seq, time, action, phase, attempt, result, operator, target, line, code, rule)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number_of(record.seq)?)
    .bind(time)
    .bind(entry.action.word())
    .bind(entry.phase.word())
    .bind(entry.attempt.map(number_of).transpose()?)
    .bind(result)
    .bind(operator)
    .bind(target)
    .bind(line)
    .bind(&entry.code)
    .bind(&entry.rule)
    .execute(&mut *connection)
    .await?;
    tally::add(connection, record, operator).await
}
