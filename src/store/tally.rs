//! How often what happened: counted with each record, so that a summary of a year reads no lines.

use super::{AuditReader, Store, StoreError};
use crate::domain::audit::{AuditAction, AuditResult, Detail, Record};
use sqlx::sqlite::SqliteConnection;
use std::ops::Range;

/// Microseconds of a quarter of an hour.
pub(super) const QUARTER: i64 = 900_000_000;
/// Operators and rules that are counted one by one; the rest is counted together.
const MOST: u32 = 20;
/// Causes; there are fewer words than this.
const MOST_CAUSES: u32 = 200;

/// What happened in a span of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Resets that were done, by quarter of an hour since 1970; those with none are left out.
    pub resets: Vec<(i64, u64)>,
    /// Unlocks that were done.
    pub unlocks: u64,
    /// Resets by operator, as named in their newest record.
    pub operators: Top,
    /// Resets by rule.
    pub rules: Top,
    /// What did not go as asked.
    pub causes: Vec<Cause>,
}

/// The most frequent ones first, at most 20, and how many there are in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Top {
    /// The most frequent first.
    pub first: Vec<Counted>,
    /// All of them.
    pub number: u64,
}

/// How often somebody or something is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// As people call it.
    pub name: String,
    /// What the log is asked with for these records: an operator's SID, a rule's name. Empty: none.
    pub key: String,
    /// How often.
    pub count: u64,
}

/// Why something did not go as asked, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What was asked.
    pub action: AuditAction,
    /// Refused, failed or unknown.
    pub result: AuditResult,
    /// The record's word; empty: none.
    pub code: String,
    /// How often.
    pub count: u64,
}

/// Counts a record that has a result, and those like it that were counted in place of being recorded.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    record: &Record,
    operator: Option<i64>,
) -> Result<(), StoreError> {
    let entry = &record.entry;
    let Some(result) = entry.result else {
        return Ok(());
    };
    let left_out = entry.details.get("suppressed");
    let left_out = left_out.and_then(Detail::as_i64).unwrap_or(0);
    sqlx::query(
        "INSERT INTO tally (quarter, action, result, code, operator, rule, count)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (quarter, action, result, code, operator, rule)
         DO UPDATE SET count = count + excluded.count",
    )
    .bind(record.time.as_microsecond().div_euclid(QUARTER))
    .bind(entry.action.word())
    .bind(result.word())
    .bind(entry.code.as_deref().unwrap_or_default())
    .bind(operator.unwrap_or_default())
    .bind(entry.rule.as_deref().unwrap_or_default())
    .bind(left_out.max(0).saturating_add(1))
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// As [`AuditReader::tally`], within the deadline.
    ///
    /// # Errors
    /// As there.
    pub async fn tally(&self, quarters: Range<i64>) -> Result<Tally, StoreError> {
        self.within(self.0.auditors.tally(quarters)).await
    }
}

impl AuditReader {
    /// What happened in these quarters of hours since 1970 (UTC).
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn tally(&self, quarters: Range<i64>) -> Result<Tally, StoreError> {
        // One state of the database for all of it, so that the numbers fit together.
        let mut reading = self.pool.begin().await?;
        let done = done(&mut reading, &quarters).await?;
        let count_of = |action: AuditAction| {
            let of_it = done
                .iter()
                .filter(move |(_, found, _)| found == action.word());
            of_it.map(|(quarter, _, count)| (*quarter, number(*count)))
        };
        let tally = Tally {
            resets: count_of(AuditAction::ResetPassword).collect(),
            unlocks: count_of(AuditAction::UnlockAccount).map(|(_, n)| n).sum(),
            operators: top(&mut reading, BY_OPERATOR, &quarters).await?,
            rules: top(&mut reading, BY_RULE, &quarters).await?,
            causes: causes(&mut reading, &quarters).await?,
        };
        reading.rollback().await?;
        Ok(tally)
    }
}

async fn done(
    connection: &mut SqliteConnection,
    quarters: &Range<i64>,
) -> Result<Vec<(i64, String, i64)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT quarter, action, sum(count) FROM tally
         WHERE quarter >= ? AND quarter < ? AND result = 'ok'
           AND action IN ('reset_password', 'unlock_account')
         GROUP BY quarter, action ORDER BY quarter",
    )
    .bind(quarters.start)
    .bind(quarters.end)
    .fetch_all(connection)
    .await?)
}

/// Counted before anybody's name is looked up: a month may have hundreds of thousands of rows.
const BY_OPERATOR: &str = "
    SELECT coalesce(name, ''), coalesce(sid, ''), times, count(*) OVER () FROM (
        SELECT operator, sum(count) AS times FROM tally
        WHERE quarter >= ? AND quarter < ? AND action = 'reset_password' AND result = 'ok'
        GROUP BY operator)
    LEFT JOIN audit_operator ON audit_operator.id = operator
    ORDER BY times DESC, name LIMIT ?";

const BY_RULE: &str = "
    SELECT rule, rule, sum(count) AS times, count(*) OVER () FROM tally
    WHERE quarter >= ? AND quarter < ? AND action = 'reset_password' AND result = 'ok'
    GROUP BY rule ORDER BY times DESC, rule LIMIT ?";

async fn top(
    connection: &mut SqliteConnection,
    query: &'static str,
    quarters: &Range<i64>,
) -> Result<Top, StoreError> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(query)
        .bind(quarters.start)
        .bind(quarters.end)
        .bind(MOST)
        .fetch_all(connection)
        .await?;
    Ok(Top {
        number: rows.first().map_or(0, |(.., all)| number(*all)),
        first: rows
            .into_iter()
            .map(|(name, key, times, _)| Counted {
                name,
                key,
                count: number(times),
            })
            .collect(),
    })
}

async fn causes(
    connection: &mut SqliteConnection,
    quarters: &Range<i64>,
) -> Result<Vec<Cause>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT action, result, code, sum(count) AS times FROM tally
         WHERE quarter >= ? AND quarter < ? AND result <> 'ok'
         GROUP BY 1, 2, 3 ORDER BY times DESC, code LIMIT ?",
    )
    .bind(quarters.start)
    .bind(quarters.end)
    .bind(MOST_CAUSES)
    .fetch_all(connection)
    .await?;
    let cause = |(action, result, code, times): (String, String, String, i64)| {
        Some(Cause {
            action: AuditAction::from_word(&action)?,
            result: AuditResult::from_word(&result)?,
            code,
            count: number(times),
        })
    };
    Ok(rows.into_iter().filter_map(cause).collect())
}

/// Counts are never negative.
fn number(count: i64) -> u64 {
    count.try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{AuditOperator, Entry};
    use crate::domain::days::Days;
    use crate::domain::samples::sid_of;
    use crate::domain::time::Clock;
    use crate::store::steady::Uptime;
    use crate::store::{Attempted, KeyFile, Store};
    use jiff::tz::TimeZone;
    use jiff::{Timestamp, civil::date};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    struct Bench {
        _folder: tempfile::TempDir,
        store: Store,
        now: Arc<Mutex<Timestamp>>,
        uptime: Arc<AtomicU64>,
    }

    impl Bench {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let now = Arc::new(Mutex::new("2026-03-02T12:00:00Z".parse().unwrap()));
            let clock = Clock::from_fn({
                let now = Arc::clone(&now);
                move || *now.lock().unwrap()
            });
            let uptime = Arc::new(AtomicU64::new(1000));
            let steady: Uptime = Arc::new({
                let uptime = Arc::clone(&uptime);
                move || Duration::from_secs(uptime.load(Ordering::SeqCst))
            });
            let path = folder.path().join("keyward.db");
            let key = KeyFile {
                path: KeyFile::beside(&path),
                name: "keyward".parse().unwrap(),
            };
            let store =
                Store::open_with(&path, &key, clock, steady, crate::store::Limits::default());
            Self {
                store: store.await.unwrap(),
                _folder: folder,
                now,
                uptime,
            }
        }

        fn at(&self, time: &str) -> &Self {
            *self.now.lock().unwrap() = time.parse().unwrap();
            self
        }

        async fn ends(&self, action: AuditAction, result: AuditResult, operator: u32, rule: &str) {
            let mut entry = Entry::new(action);
            entry.operator = Some(by(operator));
            entry.rule = Some(rule.to_owned());
            let attempt = self.store.attempt(entry.clone(), None, None).await.unwrap();
            let Attempted::Recorded(attempt) = attempt else {
                panic!("no form was used")
            };
            entry.result = Some(result);
            entry.code = (result != AuditResult::Ok).then(|| "directory_busy".to_owned());
            self.store.outcome(attempt, entry).await.unwrap();
        }

        async fn resets(&self, operator: u32, rule: &str) {
            let (action, ok) = (AuditAction::ResetPassword, AuditResult::Ok);
            self.ends(action, ok, operator, rule).await;
        }

        async fn tally(&self) -> Tally {
            self.store.reader().tally(0..i64::MAX).await.unwrap()
        }
    }

    fn by(operator: u32) -> AuditOperator {
        AuditOperator {
            sid: Some(sid_of(operator)),
            name: format!("operator {operator}"),
        }
    }

    fn named(name: &str, count: u64) -> (String, u64) {
        (name.to_owned(), count)
    }

    fn names(top: &Top) -> Vec<(String, u64)> {
        let pair = |it: &Counted| named(&it.name, it.count);
        top.first.iter().map(pair).collect()
    }

    #[tokio::test]
    async fn resets_and_unlocks_are_counted_by_operator_and_rule_and_failures_are_not_among_them() {
        let bench = Bench::new().await;
        for rule in ["desk", "desk", "school"] {
            bench.resets(1, rule).await;
        }
        bench.resets(2, "desk").await;
        let (reset, unlock) = (AuditAction::ResetPassword, AuditAction::UnlockAccount);
        bench.ends(unlock, AuditResult::Ok, 2, "desk").await;
        bench.ends(reset, AuditResult::Failed, 2, "desk").await;
        let tally = bench.tally().await;
        let times: Vec<u64> = tally.resets.iter().map(|(_, count)| *count).collect();
        assert_eq!(times.iter().sum::<u64>(), 4);
        assert_eq!(tally.unlocks, 1);
        let operators = [named("operator 1", 3), named("operator 2", 1)];
        assert_eq!(names(&tally.operators), operators);
        assert_eq!(tally.operators.first[0].key, sid_of(1).to_string());
        assert_eq!(names(&tally.rules), [named("desk", 3), named("school", 1)]);
        let failed = Cause {
            action: AuditAction::ResetPassword,
            result: AuditResult::Failed,
            code: "directory_busy".to_owned(),
            count: 1,
        };
        assert_eq!(tally.causes, [failed]);
    }

    #[tokio::test]
    async fn refusals_that_were_only_counted_are_in_the_count_of_their_cause() {
        let bench = Bench::new().await;
        let mut refusal = Entry::new(AuditAction::SignIn);
        refusal.result = Some(AuditResult::Refused);
        refusal.code = Some("wrong_password".to_owned());
        for _ in 0..7 {
            bench.store.event_seldom(refusal.clone()).await.unwrap();
        }
        assert_eq!(
            bench.tally().await.causes[0].count,
            1,
            "the rest is counted later"
        );
        bench.uptime.fetch_add(60, Ordering::SeqCst);
        bench.store.flush_suppressed().await.unwrap();
        let causes = bench.tally().await.causes;
        assert_eq!(
            (causes.len(), causes[0].count, causes[0].action),
            (1, 7, AuditAction::SignIn)
        );
    }

    #[tokio::test]
    async fn the_twenty_biggest_operators_are_named_and_all_are_counted() {
        let bench = Bench::new().await;
        for operator in 1..=23 {
            bench.resets(operator, "desk").await;
        }
        bench.resets(23, "desk").await;
        let top = bench.tally().await.operators;
        assert_eq!((top.first.len(), top.number), (20, 23));
        assert_eq!(names(&top)[0], named("operator 23", 2));
    }

    #[tokio::test]
    async fn what_happened_before_and_after_the_days_is_not_in_them() {
        let bench = Bench::new().await;
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        // The day on which summer time begins: from 23:00 UTC to 22:00 UTC.
        for time in [
            "2026-03-28T22:59:59Z",
            "2026-03-28T23:00:00Z",
            "2026-03-29T21:59:59Z",
            "2026-03-29T22:00:00Z",
        ] {
            bench.at(time).resets(1, "desk").await;
        }
        let day = Days::between(date(2026, 3, 29), date(2026, 3, 29)).unwrap();
        let tally = bench.store.reader().tally(day.quarters(&berlin));
        let tally = tally.await.unwrap();
        assert_eq!(names(&tally.operators), [named("operator 1", 2)]);
        let on_it = |(quarter, _): &(i64, u64)| day.index_of(*quarter, &berlin) == Some(0);
        assert!(tally.resets.iter().all(on_it), "{:?}", tally.resets);
    }

    #[tokio::test]
    async fn an_operator_has_the_name_of_the_newest_record() {
        let bench = Bench::new().await;
        bench.resets(1, "desk").await;
        let mut entry = Entry::new(AuditAction::SignOut);
        entry.operator = Some(AuditOperator {
            name: "olga.new".to_owned(),
            ..by(1)
        });
        bench.store.event(entry).await.unwrap();
        let operators = bench.tally().await.operators;
        assert_eq!(names(&operators), [named("olga.new", 1)]);
    }
}
