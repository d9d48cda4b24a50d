//! A long audit log, made quickly: the same lines, columns, hashes and counts that the program would
//! write, in big transactions and without waiting for the disk.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use keyward::domain::audit::tree::{Edge, KnownHashes};
use keyward::domain::audit::{
    AuditAction, AuditOperator, AuditResult, AuditTarget, Entry, Phase, Record, Seq,
};
use keyward::domain::identity::{ObjectGuid, Sid};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, QueryBuilder, Sqlite};
use std::collections::HashMap;
use std::path::Path;

/// Who does things.
pub const OPERATORS: u64 = 2_000;
/// Who has them done.
pub const TARGETS: u64 = 50_000;
/// Rows of one statement; `SQLite` takes 32,766 values.
const ROWS: usize = 1_000;
/// Statements of one transaction.
const STATEMENTS: u64 = 100;
/// Microseconds of a quarter of an hour.
const QUARTER: i64 = 900_000_000;
/// Between two records: a year and a day has ten million of them.
const PACE: SignedDuration = SignedDuration::from_millis(3_160);

/// A result's place in the counts: quarter, action, result, code, operator, rule.
type Count = (i64, &'static str, &'static str, String, u64, &'static str);

/// A database that this process alone has open, and the edge of its tree.
struct Bulk {
    database: SqliteConnection,
    edge: Edge,
    first: Timestamp,
    counts: HashMap<Count, i64>,
}

/// Appends so many records to the empty log at `path`.
pub async fn fill(path: &Path, records: u64, now: Timestamp) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .foreign_keys(false)
        .pragma("cache_size", "-400000");
    let database = SqliteConnection::connect_with(&options).await?;
    let span = PACE * i32::try_from(records)?;
    let edge = Edge::new(0, KnownHashes::default())?;
    let mut bulk = Bulk {
        database,
        edge,
        first: now - span,
        counts: HashMap::new(),
    };
    let aside = bulk.set_aside().await?;
    bulk.names().await?;
    for first in (0..records).step_by(ROWS) {
        let next = records.min(first + u64::try_from(ROWS)?);
        if first / u64::try_from(ROWS)? % STATEMENTS == 0 {
            bulk.run("BEGIN").await?;
        }
        bulk.append(first..next).await?;
        if next == records || next / u64::try_from(ROWS)? % STATEMENTS == 0 {
            bulk.write_counts().await?;
            bulk.run("COMMIT").await?;
        }
    }
    for statement in &aside {
        bulk.run(statement).await?;
    }
    bulk.database.close().await?;
    Ok(())
}

impl Bulk {
    async fn run(&mut self, statement: &str) -> Result<()> {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut self.database)
            .await?;
        Ok(())
    }

    /// Takes indexes and triggers away; what makes them again.
    async fn set_aside(&mut self) -> Result<Vec<String>> {
        let found: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT type, name, sql FROM sqlite_schema
             WHERE tbl_name IN ('audit', 'tree') AND type IN ('index', 'trigger') AND sql IS NOT NULL",
        )
        .fetch_all(&mut self.database)
        .await?;
        for (kind, name, _) in &found {
            self.run(&format!("DROP {kind} {name}")).await?;
        }
        Ok(found.into_iter().map(|(_, _, sql)| sql).collect())
    }

    async fn names(&mut self) -> Result<()> {
        self.run("BEGIN").await?;
        for number in 0..OPERATORS {
            sqlx::query("INSERT INTO audit_operator (id, sid, name) VALUES (?, ?, ?)")
                .bind(i64::try_from(number + 1)?)
                .bind(sid(number)?.to_string())
                .bind(operator_name(number))
                .execute(&mut self.database)
                .await?;
        }
        for number in 0..TARGETS {
            sqlx::query("INSERT INTO audit_target (guid, name) VALUES (?, ?)")
                .bind(guid(number).as_bytes().to_vec())
                .bind(target_name(number))
                .execute(&mut self.database)
                .await?;
        }
        self.run("COMMIT").await
    }

    async fn append(&mut self, numbers: std::ops::Range<u64>) -> Result<()> {
        let mut rows = Vec::with_capacity(ROWS);
        let mut hashes = Vec::with_capacity(2 * ROWS);
        for number in numbers {
            let (record, operator, target) = self.record(number)?;
            let line = record.to_line();
            let first = i64::try_from(self.edge.next_id())?;
            hashes.extend((first..).zip(self.edge.append(&line)?));
            self.count(&record, operator);
            rows.push((record, operator, target, line));
        }
        let mut audit = QueryBuilder::<Sqlite>::new(
            "INSERT INTO audit \
             (seq, time, action, phase, attempt, result, operator, target, line, code, rule) ",
        );
        audit.push_values(&rows, |mut row, (record, operator, target, line)| {
            row.push_bind(record.seq.0.cast_signed())
                .push_bind(record.time.as_microsecond())
                .push_bind(record.entry.action.word())
                .push_bind(record.entry.phase.word())
                .push_bind(record.entry.attempt.map(|seq| seq.0.cast_signed()))
                .push_bind(record.entry.result.map(AuditResult::word))
                .push_bind((operator + 1).cast_signed())
                .push_bind(target.map(|target| guid(target).as_bytes().to_vec()))
                .push_bind(line.as_str())
                .push_bind(record.entry.code.as_deref())
                .push_bind(record.entry.rule.as_deref());
        });
        audit.build().execute(&mut self.database).await?;
        let mut tree = QueryBuilder::<Sqlite>::new("INSERT INTO tree (id, hash) ");
        tree.push_values(&hashes, |mut row, (id, hash)| {
            row.push_bind(*id).push_bind(hash.0.to_vec());
        });
        tree.build().execute(&mut self.database).await?;
        Ok(())
    }

    /// Pairs of an attempt and its outcome, with a sign-in among ten and a view among ten.
    fn record(&self, number: u64) -> Result<(Record, u64, Option<u64>)> {
        let pair = scatter(number / 2);
        let (operator, target, kind) =
            (pair % OPERATORS, (pair >> 20) % TARGETS, (pair >> 40) % 100);
        let is_second = number % 2 == 1;
        let mut entry = Entry::new(match kind {
            0..70 => AuditAction::ResetPassword,
            70..80 => AuditAction::UnlockAccount,
            80..90 => AuditAction::SignIn,
            _ => AuditAction::ViewAccount,
        });
        let is_view = entry.action == AuditAction::ViewAccount;
        if !is_view {
            entry.phase = if is_second {
                Phase::Outcome
            } else {
                Phase::Attempt
            };
        }
        if is_second && !is_view {
            entry.attempt = Some(Seq(number - 1));
            entry.result = Some(result_of(pair));
            entry.code =
                (entry.result != Some(AuditResult::Ok)).then(|| "directory_refused".to_owned());
        }
        entry.operator = Some(AuditOperator {
            sid: Some(sid(operator)?),
            name: operator_name(operator),
        });
        let has_target = entry.action != AuditAction::SignIn;
        if has_target {
            entry.target = Some(AuditTarget {
                guid: guid(target),
                sid: Some(sid(100_000 + target)?),
                name: Some(target_name(target)),
                dn: Some(format!(
                    "CN=Person {target},OU=Team {},OU=Staff,DC=example,DC=com",
                    target % 100
                )),
            });
            entry.rule = Some("reset_group".to_owned());
        }
        entry.client = Some([10, 1, 2, 3].into());
        if entry.phase == Phase::Attempt && has_target {
            entry.reason = Some("forgot it over the weekend".to_owned());
            entry.dc = Some("dc1.example.com:636".to_owned());
            entry.details.insert("must_change".to_owned(), true.into());
            entry.details.insert("unlock".to_owned(), false.into());
        }
        let time = self.first + PACE * i32::try_from(number)?;
        let record = Record {
            seq: Seq(number),
            time,
            entry,
        };
        Ok((record, operator, has_target.then_some(target)))
    }

    fn count(&mut self, record: &Record, operator: u64) {
        let Some(result) = record.entry.result else {
            return;
        };
        let count = (
            record.time.as_microsecond().div_euclid(QUARTER),
            record.entry.action.word(),
            result.word(),
            record.entry.code.clone().unwrap_or_default(),
            operator + 1,
            if record.entry.rule.is_some() {
                "reset_group"
            } else {
                ""
            },
        );
        *self.counts.entry(count).or_default() += 1;
    }

    async fn write_counts(&mut self) -> Result<()> {
        let counts: Vec<(Count, i64)> = self.counts.drain().collect();
        for some in counts.chunks(ROWS) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT INTO tally (quarter, action, result, code, operator, rule, count) ",
            );
            query.push_values(
                some,
                |mut row, ((quarter, action, result, code, operator, rule), count)| {
                    row.push_bind(*quarter)
                        .push_bind(*action)
                        .push_bind(*result)
                        .push_bind(code.as_str())
                        .push_bind(operator.cast_signed())
                        .push_bind(*rule)
                        .push_bind(*count);
                },
            );
            query.push(
                " ON CONFLICT (quarter, action, result, code, operator, rule)
                 DO UPDATE SET count = count + excluded.count",
            );
            query.build().execute(&mut self.database).await?;
        }
        Ok(())
    }
}

/// One in fifty is refused, one in ten thousand fails.
fn result_of(pair: u64) -> AuditResult {
    match (pair >> 48) % 10_000 {
        0 => AuditResult::Failed,
        1..200 => AuditResult::Refused,
        _ => AuditResult::Ok,
    }
}

/// The SID of somebody.
pub fn sid(number: u64) -> Result<Sid> {
    format!("S-1-5-21-1004336348-1177238915-682003330-{}", 1200 + number)
        .parse()
        .ok()
        .context("a SID")
}

/// The GUID of a target.
pub fn guid(number: u64) -> ObjectGuid {
    ObjectGuid::from(u128::from(scatter(number)).to_be_bytes())
}

/// The account name of an operator.
pub fn operator_name(number: u64) -> String {
    format!("lead.{number:04}")
}

/// The account name of a target.
pub fn target_name(number: u64) -> String {
    format!("person.{number:05}")
}

/// Numbers that look like chance and are the same each time (the finaliser of `SplitMix64`).
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
