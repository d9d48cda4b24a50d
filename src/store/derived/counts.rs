//! What the summary counts.

use super::super::StoreError;
use super::super::snapshot::Snapshot;
use super::super::tally::QUARTER;
use super::Misfiled;
use super::columns::{Columns, Said};
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;
use std::collections::{BTreeMap, HashMap};

/// Quarters of an hour of a day, the span that is counted at once.
const A_DAY: i64 = 96;
/// Kinds of happenings of a day that are counted while the lines are read.
const MOST_KINDS: usize = 100_000;
/// Days that are remembered.
const MOST_DAYS: usize = 100_000;

/// What is counted together: the quarter of an hour, and the rest as a JSON array.
type Kind = (i64, String);

/// Days are held against what is counted as soon as their lines are read. Those that do not fit, and those that came
/// twice because the clock went back, are recounted at the end, each on its own.
pub(super) struct Counts {
    /// The day that is being read, and what its lines say so far.
    day: Option<i64>,
    said: HashMap<Kind, i64>,
    /// Days that were read, and whether all of each came at once and fitted.
    days: BTreeMap<i64, bool>,
    /// The quarter from which on days are looked at once more; `None`: all were.
    from: Option<i64>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            day: None,
            said: HashMap::new(),
            days: BTreeMap::new(),
            from: Some(i64::MIN),
        }
    }
}

impl Counts {
    /// Counts a line that is as it was written.
    pub(super) async fn line(
        &mut self,
        snapshot: &mut Snapshot,
        columns: &Columns,
        said: &Said<'_>,
    ) -> Result<(), StoreError> {
        let quarter = columns.time.unwrap_or(0).div_euclid(QUARTER);
        let day = quarter.div_euclid(A_DAY);
        if self.day != Some(day) {
            self.end_day(snapshot).await?;
            self.day = Some(day);
        }
        if columns.result.is_some() && self.said.len() < MOST_KINDS {
            *self.said.entry((quarter, kind(columns))).or_default() += said.count();
        }
        Ok(())
    }

    async fn end_day(&mut self, snapshot: &mut Snapshot) -> Result<(), StoreError> {
        let said = std::mem::take(&mut self.said);
        let Some(day) = self.day.take() else {
            return Ok(());
        };
        let fits = !self.days.contains_key(&day)
            && said.len() < MOST_KINDS
            && wrong_quarter(&mut snapshot.transaction, day, &said)
                .await?
                .is_none();
        if self.days.len() < MOST_DAYS || self.days.contains_key(&day) {
            self.days.insert(day, fits);
        }
        Ok(())
    }

    /// What is wrong with the next day that is not known to fit; `None`: that was all.
    pub(super) async fn next(
        &mut self,
        snapshot: &mut Snapshot,
    ) -> Result<Option<Vec<Misfiled>>, StoreError> {
        self.end_day(snapshot).await?;
        let database = &mut *snapshot.transaction;
        while let Some(from) = self.from {
            let Some(day) = next_day(&mut *database, from).await? else {
                break;
            };
            self.from = day.saturating_add(1).checked_mul(A_DAY);
            if self.days.get(&day) != Some(&true) {
                let said = recounted(&mut *database, day).await?;
                let wrong = wrong_quarter(&mut *database, day, &said).await?;
                let since = wrong.map(|quarter| quarter.saturating_mul(QUARTER));
                let since =
                    since.map(|since| Timestamp::from_microsecond(since).unwrap_or_default());
                let found = since.map(|since| Misfiled::Count { since });
                return Ok(Some(found.into_iter().collect()));
            }
        }
        Ok(None)
    }
}

/// As `json_array` writes it; where that should write another, the day is recounted.
fn kind(columns: &Columns) -> String {
    let text = |column: &Option<String>| column.clone().unwrap_or_default();
    let kind = (
        text(&columns.action),
        text(&columns.result),
        text(&columns.code),
        columns.operator.unwrap_or(0),
        text(&columns.rule),
    );
    serde_json::to_string(&kind).unwrap_or_default()
}

/// The first day from this quarter on of which there is a count or a record.
async fn next_day(database: &mut SqliteConnection, from: i64) -> Result<Option<i64>, StoreError> {
    let quarter: Option<i64> = sqlx::query_scalar(
        "SELECT min(first) FROM (
             SELECT min(quarter) AS first FROM tally WHERE quarter >= ?1
             UNION ALL SELECT min(time) / ?3 FROM audit INDEXED BY audit_by_time WHERE time >= ?2)",
    )
    .bind(from)
    .bind(from.saturating_mul(QUARTER))
    .bind(QUARTER)
    .fetch_one(database)
    .await?;
    Ok(quarter.map(|quarter| quarter.div_euclid(A_DAY)))
}

/// The first quarter of an hour of this day of which the counts are not what the lines say. What archives have is
/// counted too, and its lines are not here: of those quarters the counts are at least what the lines say.
async fn wrong_quarter(
    database: &mut SqliteConnection,
    day: i64,
    said: &HashMap<Kind, i64>,
) -> Result<Option<i64>, StoreError> {
    let counted: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT quarter, json_array(action, result, code, operator, rule), count FROM tally
         WHERE quarter >= ? AND quarter < ?",
    )
    .bind(day.saturating_mul(A_DAY))
    .bind(day.saturating_add(1).saturating_mul(A_DAY))
    .fetch_all(&mut *database)
    .await?;
    let counted = by_kind(counted);
    let archived: Option<i64> = sqlx::query_scalar("SELECT max(newest) / ? FROM archive")
        .bind(QUARTER)
        .fetch_one(database)
        .await?;
    let is_right = |kind: &Kind| {
        let count = |counts: &HashMap<Kind, i64>| counts.get(kind).copied().unwrap_or(0);
        let (counted, said) = (count(&counted), count(said));
        counted == said || (archived.is_some_and(|until| kind.0 <= until) && counted > said)
    };
    let wrong = said.keys().chain(counted.keys()).filter(|it| !is_right(it));
    Ok(wrong.map(|(quarter, _)| *quarter).min())
}

/// What the records of a day say, from columns that were held against their lines before.
async fn recounted(
    database: &mut SqliteConnection,
    day: i64,
) -> Result<HashMap<Kind, i64>, StoreError> {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT time / ?3, json_array(action, result, coalesce(code, ''), coalesce(operator, 0), coalesce(rule, '')),
                sum(1 + CASE WHEN json_valid(line)
                        THEN max(0, coalesce(CAST(line ->> '$.details.suppressed' AS INTEGER), 0))
                        ELSE 0 END)
         FROM audit INDEXED BY audit_by_time
         WHERE time >= ?1 AND time < ?2 AND result IS NOT NULL GROUP BY 1, 2",
    )
    .bind(day.saturating_mul(A_DAY).saturating_mul(QUARTER))
    .bind(day.saturating_add(1).saturating_mul(A_DAY).saturating_mul(QUARTER))
    .bind(QUARTER)
    .fetch_all(database)
    .await?;
    Ok(by_kind(rows))
}

fn by_kind(rows: Vec<(i64, String, i64)>) -> HashMap<Kind, i64> {
    let pair = |(quarter, kind, count)| ((quarter, kind), count);
    rows.into_iter().map(pair).collect()
}
