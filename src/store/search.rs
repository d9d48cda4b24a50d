//! Records by what they are about: the columns beside the lines, and filters.

use super::StoreError;
use super::log::number_of;
use super::tally;
use crate::domain::audit::{AuditResult, Record};
use sqlx::sqlite::SqliteConnection;

/// Inserts a record's line with the columns that repeat what is in it.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    record: &Record,
    line: &str,
) -> Result<(), StoreError> {
    let entry = &record.entry;
    let operator = operator_of(connection, record).await?;
    let target = note_target(connection, record).await?;
    let time = record.time.as_microsecond();
    let result = entry.result.map(AuditResult::word);
    sqlx::query(
        "INSERT INTO audit (seq, time, action, phase, attempt, result, operator, target, line)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
    .execute(&mut *connection)
    .await?;
    tally::add(connection, record, operator).await
}

/// The operator's row; `None` where nobody is known.
async fn operator_of(
    connection: &mut SqliteConnection,
    record: &Record,
) -> Result<Option<i64>, StoreError> {
    let Some(operator) = &record.entry.operator else {
        return Ok(None);
    };
    let Some(sid) = &operator.sid else {
        return Ok(None);
    };
    Ok(sqlx::query_scalar(
        "INSERT INTO audit_operator (sid, name) VALUES (?, ?)
         ON CONFLICT (sid) DO UPDATE SET name = excluded.name RETURNING id",
    )
    .bind(sid.to_string())
    .bind(&operator.name)
    .fetch_optional(connection)
    .await?)
}

/// The target's GUID; its name is noted for searching.
async fn note_target(
    connection: &mut SqliteConnection,
    record: &Record,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(target) = &record.entry.target else {
        return Ok(None);
    };
    let guid = target.guid.as_bytes().to_vec();
    if let Some(name) = &target.name {
        sqlx::query(
            "INSERT INTO audit_target (guid, name) VALUES (?, ?)
             ON CONFLICT (guid) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
        )
        .bind(&guid)
        .bind(name)
        .execute(connection)
        .await?;
    }
    Ok(Some(guid))
}
