//! Which attempts are open: the log itself says it. The table `open_attempt` only helps to find them. Whoever can
//! write the database may put rows in there or take them out, so nothing is signed because of a row.

use super::log::Log;
use super::numbers::{number_of, seq_of};
use super::{AuditReader, Flaw, OpenAttempt, StoreError, tree};
use crate::domain::audit::tree::Edge;
use crate::domain::audit::{Phase, Record, Seq};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, QueryBuilder, Sqlite};

/// The newest records, among which a start looks for attempts that the table does not have: a tenth of a second.
const LOOKED_THROUGH: u64 = 200_000;
/// Rows of the table that are looked at at once.
const ROWS: u32 = 1000;
/// The same while others wait for the writer.
const ROWS_AT_WORK: u32 = 100;
/// Most outcomes follow their attempt at once. Among so many lines after it they are found by what the lines say,
/// so that none is hidden by changing the column that it is found by.
const NEAR: i64 = 10_000;

impl AuditReader {
    /// Attempts without an outcome, oldest first.
    ///
    /// # Errors
    /// The store cannot be read, or its tree is damaged.
    pub async fn open_attempts(&self) -> Result<Vec<OpenAttempt>, StoreError> {
        if !self.has_tree().await? {
            // Of an earlier version; the next start looks at it.
            return Ok(Vec::new());
        }
        let mut snapshot = self.pool.begin().await?;
        let rows = rows(&mut snapshot, ROWS).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let edge = tree::edge(&mut snapshot).await?;
        let mut open = Vec::new();
        for row in rows {
            let record = record_of(&mut snapshot, &edge, row).await?;
            open.extend(record.map(|record| OpenAttempt { record }));
        }
        Ok(open)
    }
}

impl Log {
    /// Whether an attempt may get its outcome now.
    pub(super) async fn is_open(&mut self, attempt: Seq) -> Result<bool, StoreError> {
        if self.begun.remove(&attempt) {
            return Ok(true);
        }
        let Ok(number) = number_of(attempt) else {
            return Ok(false);
        };
        let edge = self.edge()?.clone();
        let record = record_of(&mut self.connection, &edge, number).await?;
        let is_hidden = record.is_some() && is_ended_near(&mut self.connection, attempt).await?;
        if is_hidden {
            take_out(&mut self.connection, &[number]).await?;
        }
        Ok(record.is_some() && !is_hidden)
    }

    /// Takes rows of no open attempt out of the table.
    pub(super) async fn tidy_open_attempts(&mut self) -> Result<(), StoreError> {
        let edge = self.edge()?.clone();
        for row in rows(&mut self.connection, ROWS_AT_WORK).await? {
            let is_ours = seq_of(row).is_ok_and(|seq| self.begun.contains(&seq));
            if !is_ours && record_of(&mut self.connection, &edge, row).await?.is_none() {
                take_out(&mut self.connection, &[row]).await?;
            }
        }
        Ok(())
    }
}

/// At the start: the table has what is open, as far as the newest records say it, and nothing else. A page that cannot
/// be read is the business of the check beside.
pub(super) async fn mend(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    match mend_all(connection).await {
        Err(StoreError::Unusable(Flaw::Corrupt)) => {
            tracing::warn!(
                "the list of open attempts was not compared with the log: it cannot be read"
            );
            Ok(())
        }
        mended => mended,
    }
}

async fn mend_all(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let edge = tree::edge(connection).await?;
    let mut wrong = Vec::new();
    for row in rows(connection, ROWS).await? {
        if record_of(connection, &edge, row).await?.is_none() {
            wrong.push(row);
        }
    }
    let mut missing = Vec::new();
    for seq in not_in_the_table(connection, edge.size()).await? {
        if record_of(connection, &edge, seq).await?.is_some() {
            missing.push(seq);
        }
    }
    if wrong.is_empty() && missing.is_empty() {
        return Ok(());
    }
    let mut together = connection.begin().await?;
    take_out(&mut together, &wrong).await?;
    for seq in missing {
        tracing::warn!(
            attempt = seq,
            "somebody took an open attempt out of the list of them; it is settled all the same"
        );
        sqlx::query("INSERT INTO open_attempt (seq) VALUES (?)")
            .bind(seq)
            .execute(&mut *together)
            .await?;
    }
    together.commit().await?;
    Ok(())
}

/// The attempt with this number, if the log has no outcome of it; `None` too where the line is not the one in
/// `edge`'s tree.
async fn record_of(
    connection: &mut SqliteConnection,
    edge: &Edge,
    number: i64,
) -> Result<Option<Record>, StoreError> {
    let line: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT CAST(line AS BLOB) FROM audit WHERE seq = ?1
         AND NOT EXISTS (SELECT 1 FROM audit WHERE attempt = ?1 AND phase = 'outcome')",
    )
    .bind(number)
    .fetch_optional(&mut *connection)
    .await?;
    let line = line.and_then(|line| String::from_utf8(line).ok());
    let Some(line) = line else { return Ok(None) };
    let is_it = |record: &Record| {
        record.entry.phase == Phase::Attempt && number_of(record.seq) == Ok(number)
    };
    let Some(record) = Record::parse(&line).ok().filter(is_it) else {
        return Ok(None);
    };
    let stands = tree::has(connection, edge, record.seq, &line).await?;
    Ok(stands.then_some(record))
}

/// Whether one of the lines that follow says that it is the outcome.
async fn is_ended_near(
    connection: &mut SqliteConnection,
    attempt: Seq,
) -> Result<bool, StoreError> {
    let lines: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT CAST(line AS BLOB) FROM audit WHERE seq > ?1 AND seq <= ?1 + ?2
         AND instr(line, '\"phase\":\"outcome\",\"attempt\":' || ?1) > 0",
    )
    .bind(number_of(attempt)?)
    .bind(NEAR)
    .fetch_all(connection)
    .await?;
    let mut records = lines
        .iter()
        .filter_map(|line| std::str::from_utf8(line).ok())
        .filter_map(|line| Record::parse(line).ok());
    Ok(records.any(|record| record.entry.attempt == Some(attempt)))
}

/// The oldest rows of the table.
async fn rows(connection: &mut SqliteConnection, most: u32) -> Result<Vec<i64>, StoreError> {
    let rows = sqlx::query_scalar("SELECT seq FROM open_attempt ORDER BY seq LIMIT ?")
        .bind(most)
        .fetch_all(connection)
        .await?;
    Ok(rows)
}

/// Attempts among the newest records that have no outcome by their columns, and no row.
async fn not_in_the_table(
    connection: &mut SqliteConnection,
    size: u64,
) -> Result<Vec<i64>, StoreError> {
    let found = sqlx::query_scalar(
        "SELECT seq FROM audit WHERE seq >= ? AND phase = 'attempt'
         AND NOT EXISTS (SELECT 1 FROM audit o WHERE o.attempt = audit.seq AND o.phase = 'outcome')
         AND seq NOT IN (SELECT seq FROM open_attempt) LIMIT ?",
    )
    .bind(number_of(Seq(size.saturating_sub(LOOKED_THROUGH)))?)
    .bind(ROWS)
    .fetch_all(connection)
    .await?;
    Ok(found)
}

async fn take_out(connection: &mut SqliteConnection, rows: &[i64]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    tracing::warn!(
        ?rows,
        "the list of open attempts had records that are none, or that have their outcome: somebody put them there. Nothing was \
         recorded of them"
    );
    let mut query = QueryBuilder::<Sqlite>::new("DELETE FROM open_attempt WHERE seq IN (");
    let mut list = query.separated(",");
    for row in rows {
        list.push_bind(row);
    }
    query.push(")");
    query.build().execute(connection).await?;
    Ok(())
}
