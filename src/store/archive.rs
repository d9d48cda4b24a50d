//! Records that move into archives: which may go, that they are archived, and that their lines leave
//! the database. The files themselves are the business of `archive`.

use super::log::Log;
use super::numbers::{number_of, seq_of};
use super::tree;
use super::{AuditReader, Flaw, Store, StoreError};
use crate::domain::audit::tree::Edge;
use crate::domain::audit::{AuditAction, Entry, Phase, Seq, archive_name};
use crate::domain::time::Clock;
use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

/// Rows that are looked at in one read.
const PAGE: i64 = 2_000;
/// A clock is believed for what cannot be undone when the log has a record that was written so long ago
/// by it: between the first and the second.
const BORNE_OUT: [SignedDuration; 2] = [
    SignedDuration::from_hours(40 * 24),
    SignedDuration::from_hours(30 * 24),
];
/// Lines that leave the database in one write: resets wait no longer than that takes.
const DELETED_AT_ONCE: i64 = 100;

/// A file with records that are not in the database any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedFile {
    /// Its first record.
    pub first: u64,
    /// The record after its last.
    pub next: u64,
    /// Its name in the archives' folder, by its records: the database is not asked for a path.
    pub file: String,
    /// When the newest of its records was written.
    pub newest: Timestamp,
    /// Whether it was removed when its time was over.
    pub removed: bool,
}

/// What may be archived.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Records that were written before.
    pub before: Timestamp,
    /// The sinks of the settings: what one of them has not taken stays.
    pub sinks: Vec<String>,
    /// So many records at most.
    pub most_records: u64,
    /// So many bytes of lines at most.
    pub most_bytes: u64,
}

/// Records that may be archived now: `first` to `next - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The first of them.
    pub first: u64,
    /// The one after the last.
    pub next: u64,
    /// When the newest of them was written.
    pub newest: Timestamp,
}

/// A row as it is looked at: number, time, action, bytes of the line, whether it is an attempt without an outcome.
type Row = (i64, i64, String, i64, bool);

/// Grows over rows in their order until one may not go.
struct Growing<'a> {
    bounds: &'a Bounds,
    /// Records from here on stay.
    stop: i64,
    first: i64,
    next: i64,
    newest: i64,
    bytes: u64,
    /// Whether there is anything but events of archiving: those alone make no archive, or each
    /// archive would call for another.
    worth_it: bool,
}

impl Growing<'_> {
    /// Takes a row; `false`: that one stays, and all after it.
    fn take(&mut self, (seq, time, action, bytes, is_open): &Row) -> bool {
        let bytes = u64::try_from(*bytes).unwrap_or(0).saturating_add(1);
        let all = self.bytes.saturating_add(bytes);
        let fits = *seq == self.next && *seq < self.stop && !is_open;
        let is_old = *time < self.bounds.before.as_microsecond();
        if !fits || !is_old || (all > self.bounds.most_bytes && self.next > self.first) {
            return false;
        }
        self.next = seq.saturating_add(1);
        self.bytes = all;
        self.newest = self.newest.max(*time);
        self.worth_it |= action != AuditAction::ArchiveAudit.word();
        true
    }

    fn batch(&self) -> Result<Option<Batch>, StoreError> {
        if self.next == self.first || !self.worth_it {
            return Ok(None);
        }
        Ok(Some(Batch {
            first: seq_of(self.first)?.0,
            next: seq_of(self.next)?.0,
            newest: moment(self.newest)?,
        }))
    }
}

impl AuditReader {
    /// All archives there ever were, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn archives(&self) -> Result<Vec<ArchivedFile>, StoreError> {
        if !self.has_tree().await? {
            return Ok(Vec::new());
        }
        let rows: Vec<(i64, i64, i64, bool)> =
            sqlx::query_as("SELECT first, next, newest, removed FROM archive ORDER BY first")
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(archived_file).collect()
    }

    /// Records before this one are in archives.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn archived_before(&self) -> Result<Seq, StoreError> {
        if !self.has_tree().await? {
            return Ok(Seq(0));
        }
        let next: i64 = sqlx::query_scalar("SELECT coalesce(max(next), 0) FROM archive")
            .fetch_one(&self.pool)
            .await?;
        seq_of(next)
    }

    /// The archive that has a record; `None`: none has it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn archive_with(&self, seq: Seq) -> Result<Option<ArchivedFile>, StoreError> {
        if seq >= self.archived_before().await? {
            return Ok(None);
        }
        let row: Option<(i64, i64, i64, bool)> = sqlx::query_as(
            "SELECT first, next, newest, removed FROM archive
             WHERE first <= ?1 AND next > ?1",
        )
        .bind(number_of(seq)?)
        .fetch_optional(&self.pool)
        .await?;
        row.map(archived_file).transpose()
    }

    /// When the newest record that is in an archive was written; `None`: there is no archive. What
    /// happened until then cannot be looked up in the database.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn archived_until(&self) -> Result<Option<Timestamp>, StoreError> {
        let newest: Option<i64> = sqlx::query_scalar("SELECT max(newest) FROM archive")
            .fetch_one(&self.pool)
            .await?;
        newest.map(moment).transpose()
    }

    /// The next records that may be archived: from where the archives end to the first record that is
    /// too young, open, or not yet with every sink.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn next_batch(&self, bounds: &Bounds) -> Result<Option<Batch>, StoreError> {
        if !self.has_tree().await? {
            return Ok(None);
        }
        let first = number_of(self.archived_before().await?)?;
        let most = i64::try_from(bounds.most_records).unwrap_or(i64::MAX);
        let undelivered = self.undelivered(&bounds.sinks).await?;
        let stops = [Some(first.saturating_add(most)), undelivered];
        let mut batch = Growing {
            bounds,
            stop: stops.into_iter().flatten().min().unwrap_or(first),
            first,
            next: first,
            newest: 0,
            bytes: 0,
            worth_it: false,
        };
        loop {
            let rows = self.rows_from(batch.next).await?;
            if rows.is_empty() || !rows.iter().all(|row| batch.take(row)) {
                return batch.batch();
            }
        }
    }

    async fn rows_from(&self, seq: i64) -> Result<Vec<Row>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT seq, time, action, octet_length(line),
                    phase = 'attempt' AND NOT EXISTS (
                        SELECT 1 FROM audit o WHERE o.attempt = audit.seq AND o.phase = 'outcome')
             FROM audit
             WHERE seq >= ? ORDER BY seq LIMIT ?",
        )
        .bind(seq)
        .bind(PAGE)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The first record that one of these sinks has not taken; `None`: there are no sinks.
    async fn undelivered(&self, sinks: &[String]) -> Result<Option<i64>, StoreError> {
        let taken: HashMap<String, i64> = sqlx::query_as("SELECT name, next FROM sink")
            .fetch_all(&self.pool)
            .await?
            .into_iter()
            .collect();
        let of = |name: &String| taken.get(name).copied().unwrap_or(0);
        Ok(sinks.iter().map(of).min())
    }

    /// When the newest of these records was written, as the database has them.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn newest_of(&self, first: u64, next: u64) -> Result<Option<Timestamp>, StoreError> {
        let newest: Option<i64> =
            sqlx::query_scalar("SELECT max(time) FROM audit WHERE seq >= ? AND seq < ?")
                .bind(number_of(Seq(first))?)
                .bind(number_of(Seq(next))?)
                .fetch_one(&self.pool)
                .await?;
        newest.map(moment).transpose()
    }

    /// Whether the log itself bears out that it is `now`: it has a record of about a month before. A
    /// clock that is wrong since the start, be it by years, finds none there, however often the service
    /// starts; and a log that was left alone for long is sure again after a month of work.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn bears_out(&self, now: Timestamp) -> Result<bool, StoreError> {
        let [from, to] = BORNE_OUT.map(|before| now.checked_sub(before).unwrap_or(Timestamp::MIN));
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM audit WHERE time >= ?1 AND time < ?2)
                 OR EXISTS (SELECT 1 FROM archive WHERE newest >= ?1 AND newest < ?2)",
        )
        .bind(from.as_microsecond())
        .bind(to.as_microsecond())
        .fetch_one(&self.pool)
        .await?)
    }

    /// The tree as it was when it had `size` records.
    ///
    /// # Errors
    /// The store cannot be read, or its tree is damaged.
    pub async fn edge_at(&self, size: u64) -> Result<Edge, StoreError> {
        let known = tree::hashes(&self.pool, &Edge::needs(size)).await?;
        Ok(Edge::new(size, known)?)
    }
}

impl Store {
    /// The time now, for telling how old a record is: the wall clock, but never ahead of the store's
    /// own time line, so that a clock that is put far ahead while this process runs makes nothing old.
    /// Against one that was wrong before, there is [`AuditReader::bears_out`].
    pub fn cautious_now(&self, clock: &Clock) -> Timestamp {
        let steady = Timestamp::from_microsecond(self.0.steady.now());
        steady.map_or(clock.now(), |steady| steady.min(clock.now()))
    }

    /// A signed checkpoint of the first `size` records, which need not be all there are: the one that
    /// there is, or a new one.
    ///
    /// # Errors
    /// There is none, and it cannot be signed and stored.
    pub async fn checkpoint_at(&self, size: u64) -> Result<String, StoreError> {
        self.write(move |log| Box::pin(sign_at(log, size))).await
    }

    /// Notes that these records are in a file, with the event that says so. From here on the file has
    /// them; their lines are then to be dropped. `false`: not so any more, and nothing was noted.
    ///
    /// # Errors
    /// Nothing was noted, or not in time.
    pub async fn note_archived(&self, batch: Batch, event: Entry) -> Result<bool, StoreError> {
        self.write(move |log| {
            Box::pin(async move {
                if !may_be_noted(&mut log.connection, batch).await? {
                    return Ok(false);
                }
                sqlx::query("INSERT INTO archive (first, next, file, newest) VALUES (?, ?, ?, ?)")
                    .bind(number_of(Seq(batch.first))?)
                    .bind(number_of(Seq(batch.next))?)
                    .bind(archive_name(batch.first, batch.next))
                    .bind(batch.newest.as_microsecond())
                    .execute(&mut log.connection)
                    .await?;
                append_event(log, event).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Drops some lines that are in an archive from the database; `false`: there are none left. The
    /// file does not get smaller: what is free is used for new records.
    ///
    /// # Errors
    /// None were dropped, or not in time.
    pub async fn drop_archived_lines(&self) -> Result<bool, StoreError> {
        self.write(|log| {
            Box::pin(async move {
                let dropped = sqlx::query(
                    "DELETE FROM audit WHERE seq IN (
                         SELECT seq FROM audit
                         WHERE seq < (SELECT coalesce(max(next), 0) FROM archive)
                         ORDER BY seq LIMIT ?)",
                )
                .bind(DELETED_AT_ONCE)
                .execute(&mut log.connection)
                .await?;
                Ok(dropped.rows_affected() > 0)
            })
        })
        .await
    }

    /// Notes that an archive is removed, with the event that says so; the file is to be removed after
    /// that.
    ///
    /// # Errors
    /// Nothing was noted, or not in time.
    pub async fn note_removed(&self, first: u64, event: Entry) -> Result<(), StoreError> {
        self.write(move |log| {
            Box::pin(async move {
                let noted =
                    sqlx::query("UPDATE archive SET removed = 1 WHERE first = ? AND removed = 0")
                        .bind(number_of(Seq(first))?)
                        .execute(&mut log.connection)
                        .await?;
                if noted.rows_affected() > 0 {
                    append_event(log, event).await?;
                    // Whoever misses the file next is not to wait for what proves why.
                    log.sign_checkpoint().await?;
                }
                Ok(())
            })
        })
        .await
    }
}

async fn append_event(log: &mut Log, event: Entry) -> Result<Seq, StoreError> {
    log.append(Entry {
        phase: Phase::Event,
        ..event
    })
    .await
}

async fn sign_at(log: &mut Log, size: u64) -> Result<String, StoreError> {
    let number = number_of(Seq(size))?;
    let there: Option<String> = sqlx::query_scalar("SELECT note FROM checkpoint WHERE size = ?")
        .bind(number)
        .fetch_optional(&mut log.connection)
        .await?;
    if let Some(note) = there {
        return Ok(note);
    }
    let known = tree::hashes(&mut log.connection, &Edge::needs(size)).await?;
    let edge = Edge::new(size, known)?;
    // Who writes the database has nothing signed that was not the log's.
    let now = log.edge()?.clone();
    tree::check_begins_with(&mut log.connection, &edge, &now).await?;
    let note = log.sign(size, edge.root()?)?;
    sqlx::query("INSERT INTO checkpoint (size, note) VALUES (?, ?)")
        .bind(number)
        .bind(&note)
        .execute(&mut log.connection)
        .await?;
    Ok(note)
}

/// Asked before, since an error would take back what others write in the same transaction.
async fn may_be_noted(connection: &mut SqliteConnection, batch: Batch) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT (SELECT coalesce(max(next), 0) FROM archive) = ?1
            AND NOT EXISTS (SELECT 1 FROM open_attempt WHERE seq < ?2)
            AND EXISTS (SELECT 1 FROM audit WHERE seq = ?2 - 1)",
    )
    .bind(number_of(Seq(batch.first))?)
    .bind(number_of(Seq(batch.next))?)
    .fetch_one(connection)
    .await?)
}

fn archived_file(
    (first, next, newest, removed): (i64, i64, i64, bool),
) -> Result<ArchivedFile, StoreError> {
    let (first, next) = (seq_of(first)?.0, seq_of(next)?.0);
    Ok(ArchivedFile {
        first,
        next,
        file: archive_name(first, next),
        newest: moment(newest)?,
        removed,
    })
}

fn moment(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds).map_err(|_| StoreError::Unusable(Flaw::Corrupt))
}
