//! What stands beside the lines, for searching and counting, held against what the lines say. Pages and filters go by
//! it, and no checkpoint covers it: who can write the database may hide a record by it.

use super::snapshot::Snapshot;
use super::tally::QUARTER;
use super::tree::hashes;
use super::{AuditReader, StoreError};
use crate::domain::audit::tree::{leaf_hash, leaf_id};
use crate::domain::audit::{Entry, Record, Seq};
use crate::domain::identity::ObjectGuid;
use jiff::Timestamp;
use serde::Deserialize;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::collections::HashMap;

/// Rows that are looked at at once.
const AT_ONCE: i64 = 1_000;
/// Records of a person that are looked at for their name; most records have it.
const NEWEST: i64 = 20;
/// Quarters of an hour of a day, the span that is counted at once.
const A_DAY: i64 = 96;

/// Something beside the lines that they do not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfiled {
    /// A record's column, by its name.
    Column {
        /// The record.
        seq: u64,
        /// The column.
        column: &'static str,
    },
    /// The name by which an operator or a target is found is not that of the newest record.
    Name {
        /// SID or GUID.
        of: String,
    },
    /// What the summary counts is not what the records say.
    Count {
        /// Begin of the first quarter of an hour of a day for which that is so.
        since: Timestamp,
    },
}

/// How far the looking is.
#[derive(Debug, Clone)]
enum Step {
    Columns(i64),
    Operators(i64),
    Targets(Vec<u8>),
    Counts(i64),
    Done,
}

/// The looking, a piece at a time: memory does not grow with the log.
#[derive(Debug, Clone)]
pub struct Filing {
    step: Step,
    columns_only: bool,
}

impl Filing {
    /// From the first record on. Where some lines are wrong or gone, names and counts of the others mean nothing:
    /// then `columns_only`.
    pub fn new(columns_only: bool) -> Self {
        Self {
            step: Step::Columns(0),
            columns_only,
        }
    }

    /// What is wrong in the next piece; `None`: that was all.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn next(
        &mut self,
        snapshot: &mut Snapshot,
    ) -> Result<Option<Vec<Misfiled>>, StoreError> {
        let database = &mut *snapshot.transaction;
        let (found, next) = match &self.step {
            Step::Columns(0) if !has_columns(database).await? => (Vec::new(), Step::Done),
            Step::Columns(from) => columns(database, *from).await?,
            Step::Operators(_) if self.columns_only => (Vec::new(), Step::Done),
            Step::Operators(after) => operators(database, *after).await?,
            Step::Targets(after) => targets(database, after).await?,
            Step::Counts(from) => counts(database, *from).await?,
            Step::Done => return Ok(None),
        };
        self.step = next;
        Ok(Some(found))
    }
}

impl AuditReader {
    /// All that is wrong, at most `most` of it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn misfiled(&self, most: usize) -> Result<Vec<Misfiled>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let (mut filing, mut found) = (Filing::new(false), Vec::new());
        while let Some(more) = filing.next(&mut snapshot).await? {
            found.extend(more);
            if found.len() >= most {
                break;
            }
        }
        found.truncate(most);
        Ok(found)
    }
}

/// A database of a version before this one gets the columns at the next start.
async fn has_columns(database: &mut SqliteConnection) -> Result<bool, StoreError> {
    let query = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('audit') WHERE name = 'rule')";
    Ok(sqlx::query_scalar(query).fetch_one(database).await?)
}

async fn columns(
    database: &mut SqliteConnection,
    from: i64,
) -> Result<(Vec<Misfiled>, Step), StoreError> {
    let rows = sqlx::query(
        "SELECT seq, time, action, phase, attempt, result, code, rule, sid, target,
                CAST(line AS BLOB) AS line
         FROM audit LEFT JOIN audit_operator ON audit_operator.id = operator
         WHERE seq >= ? ORDER BY seq LIMIT ?",
    )
    .bind(from)
    .bind(AT_ONCE)
    .fetch_all(&mut *database)
    .await?;
    let mut found = Vec::new();
    let mut last = None;
    for row in &rows {
        let seq: i64 = row.try_get("seq")?;
        last = Some(seq);
        let Some(column) = wrong_column(row)? else {
            continue;
        };
        let seq = u64::try_from(seq).unwrap_or_default();
        if is_as_written(&mut *database, seq, row.try_get("line")?).await? {
            found.push(Misfiled::Column { seq, column });
        }
    }
    let next = last.and_then(|last| last.checked_add(1));
    Ok((found, next.map_or(Step::Operators(0), Step::Columns)))
}

/// Whether the tree has the line's hash. Where it has not, the line is what is wrong, and that is said elsewhere.
async fn is_as_written(
    database: &mut SqliteConnection,
    seq: u64,
    line: &[u8],
) -> Result<bool, StoreError> {
    let Ok(line) = std::str::from_utf8(line) else {
        return Ok(false);
    };
    let place = leaf_id(Seq(seq.min(1 << 61)));
    let known = hashes(database, &[place]).await?;
    Ok(known.one(place) == Some(leaf_hash(line)))
}

/// Of a line what has columns of its own. Whether it is a record in all else is looked at elsewhere, once.
#[derive(Deserialize)]
struct Said {
    seq: i64,
    time: String,
    action: String,
    phase: String,
    attempt: Option<i64>,
    result: Option<String>,
    code: Option<String>,
    rule: Option<String>,
    operator: Option<Operator>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Operator {
    sid: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    guid: String,
}

/// The first column that says other than the line.
fn wrong_column(row: &SqliteRow) -> Result<Option<&'static str>, StoreError> {
    let line: &[u8] = row.try_get("line")?;
    let Ok(said) = serde_json::from_slice::<Said>(line) else {
        return Ok(None);
    };
    let text = |column| row.try_get::<Option<&str>, _>(column);
    let number = |column| row.try_get::<Option<i64>, _>(column);
    let operator = said.operator.and_then(|operator| operator.sid);
    let target = said.target.and_then(|it| it.guid.parse().ok());
    let target = target.map(|guid: ObjectGuid| guid.as_bytes().to_vec());
    let time = said
        .time
        .parse::<Timestamp>()
        .map(Timestamp::as_microsecond);
    let is_right = [
        ("seq", number("seq")? == Some(said.seq)),
        ("time", number("time")? == time.ok()),
        ("action", text("action")? == Some(&said.action)),
        ("phase", text("phase")? == Some(&said.phase)),
        ("attempt", number("attempt")? == said.attempt),
        ("result", text("result")? == said.result.as_deref()),
        ("code", says(text("code")?, said.code.as_deref())),
        ("rule", says(text("rule")?, said.rule.as_deref())),
        ("operator", text("sid")? == operator.as_deref()),
        (
            "target",
            row.try_get::<Option<&[u8]>, _>("target")? == target.as_deref(),
        ),
    ];
    let wrong = is_right.into_iter().find(|(_, is_right)| !is_right);
    Ok(wrong.map(|(column, _)| column))
}

/// Whether a column has what a line says, which may have been too long for the line.
fn says(column: Option<&str>, line: Option<&str>) -> bool {
    match (column, line) {
        (Some(column), Some(line)) => {
            let cut = line.strip_suffix('…');
            column == line || cut.is_some_and(|begin| column.starts_with(begin))
        }
        (column, line) => column == line,
    }
}

async fn operators(
    database: &mut SqliteConnection,
    after: i64,
) -> Result<(Vec<Misfiled>, Step), StoreError> {
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT id, sid, name FROM audit_operator WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after)
            .bind(AT_ONCE)
            .fetch_all(&mut *database)
            .await?;
    let mut found = Vec::new();
    for (id, sid, name) in &rows {
        let lines: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT CAST(line AS BLOB) FROM audit INDEXED BY audit_by_operator
             WHERE operator = ? ORDER BY seq DESC LIMIT ?",
        )
        .bind(id)
        .bind(NEWEST)
        .fetch_all(&mut *database)
        .await?;
        let named = |entry: Entry| entry.operator.map(|it| it.name);
        if newest(&lines, named).is_some_and(|newest| !says(Some(name), Some(&newest))) {
            found.push(Misfiled::Name { of: sid.clone() });
        }
    }
    let next = rows.last().map(|(id, ..)| Step::Operators(*id));
    Ok((found, next.unwrap_or(Step::Targets(Vec::new()))))
}

async fn targets(
    database: &mut SqliteConnection,
    after: &[u8],
) -> Result<(Vec<Misfiled>, Step), StoreError> {
    let rows: Vec<(Vec<u8>, String)> =
        sqlx::query_as("SELECT guid, name FROM audit_target WHERE guid > ? ORDER BY guid LIMIT ?")
            .bind(after)
            .bind(AT_ONCE)
            .fetch_all(&mut *database)
            .await?;
    let mut found = Vec::new();
    for (guid, name) in &rows {
        let lines: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT CAST(line AS BLOB) FROM audit INDEXED BY audit_by_target
             WHERE target = ? ORDER BY seq DESC LIMIT ?",
        )
        .bind(guid)
        .bind(NEWEST)
        .fetch_all(&mut *database)
        .await?;
        let named = |entry: Entry| entry.target.and_then(|it| it.name);
        if newest(&lines, named).is_some_and(|newest| !says(Some(name), Some(&newest))) {
            let of = ObjectGuid::try_from(guid.as_slice());
            let of = of.map(|guid| guid.to_string()).unwrap_or_default();
            found.push(Misfiled::Name { of });
        }
    }
    let next = rows.into_iter().next_back();
    let next = next.map(|(guid, _)| Step::Targets(guid));
    Ok((found, next.unwrap_or(Step::Counts(i64::MIN))))
}

/// The name in the newest of these lines that has one. `None`: they are in archives, or there is none.
fn newest(lines: &[Vec<u8>], name: impl Fn(Entry) -> Option<String>) -> Option<String> {
    let lines = lines
        .iter()
        .filter_map(|line| std::str::from_utf8(line).ok());
    let records = lines.filter_map(|line| Record::parse(line).ok());
    let mut names = records.filter_map(|record| name(record.entry));
    names.next()
}

/// What is counted together.
type Key = (i64, String, String, String, i64, String);
/// The same with how often.
type Counted = (i64, String, String, String, i64, String, i64);

/// A day of counts. What archives have is counted too, and its lines are not here: of those days the counts are at
/// least what the lines say.
async fn counts(
    database: &mut SqliteConnection,
    from: i64,
) -> Result<(Vec<Misfiled>, Step), StoreError> {
    let first: Option<i64> = sqlx::query_scalar(
        "SELECT min(first) FROM (
             SELECT min(quarter) AS first FROM tally WHERE quarter >= ?1
             UNION ALL SELECT min(time) / ?3 FROM audit INDEXED BY audit_by_time WHERE time >= ?2)",
    )
    .bind(from)
    .bind(from.saturating_mul(QUARTER))
    .bind(QUARTER)
    .fetch_one(&mut *database)
    .await?;
    let Some(first) = first else {
        return Ok((Vec::new(), Step::Done));
    };
    let next = first.saturating_add(A_DAY);
    let archived: Option<i64> = sqlx::query_scalar("SELECT max(newest) / ? FROM archive")
        .bind(QUARTER)
        .fetch_one(&mut *database)
        .await?;
    let said = recounted(&mut *database, first, next).await?;
    let counted = by_key(
        sqlx::query_as(
            "SELECT quarter, action, result, code, operator, rule, count FROM tally
             WHERE quarter >= ? AND quarter < ?",
        )
        .bind(first)
        .bind(next)
        .fetch_all(&mut *database)
        .await?,
    );
    let is_right = |key: &Key| {
        let count = |counts: &HashMap<Key, i64>| counts.get(key).copied().unwrap_or(0);
        let (counted, said) = (count(&counted), count(&said));
        counted == said || (archived.is_some_and(|until| key.0 <= until) && counted > said)
    };
    let wrong = said.keys().chain(counted.keys()).filter(|it| !is_right(it));
    let found = wrong.map(|key| key.0).min().map(|quarter| Misfiled::Count {
        since: Timestamp::from_microsecond(quarter.saturating_mul(QUARTER)).unwrap_or_default(),
    });
    let step = if next == i64::MAX {
        Step::Done
    } else {
        Step::Counts(next)
    };
    Ok((found.into_iter().collect(), step))
}

/// What the records say, from columns that were held against their lines before.
async fn recounted(
    database: &mut SqliteConnection,
    first: i64,
    next: i64,
) -> Result<HashMap<Key, i64>, StoreError> {
    let rows: Vec<Counted> = sqlx::query_as(
        "SELECT time / ?3, action, result, coalesce(code, ''), coalesce(operator, 0), coalesce(rule, ''),
                sum(1 + CASE WHEN json_valid(line)
                        THEN max(0, coalesce(CAST(line ->> '$.details.suppressed' AS INTEGER), 0))
                        ELSE 0 END)
         FROM audit INDEXED BY audit_by_time
         WHERE time >= ?1 AND time < ?2 AND result IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6",
    )
    .bind(first.saturating_mul(QUARTER))
    .bind(next.saturating_mul(QUARTER))
    .bind(QUARTER)
    .fetch_all(database)
    .await?;
    Ok(by_key(rows))
}

fn by_key(rows: Vec<Counted>) -> HashMap<Key, i64> {
    let pair = |(quarter, action, result, code, operator, rule, count): Counted| {
        ((quarter, action, result, code, operator, rule), count)
    };
    rows.into_iter().map(pair).collect()
}

#[cfg(test)]
mod tests;
