//! One state of the log, held fast while it is checked, and read as raw as it is stored: whoever checks
//! it must be able to read what is damaged.

use super::{AuditReader, StoreError};
use crate::domain::audit::Seq;
use crate::domain::audit::tree::{Edge, leaf_id, stored_with};
use sqlx::{AssertSqlSafe, Sqlite, Transaction};

/// The state of the log when it was asked for, whatever is written meanwhile.
pub struct Snapshot {
    pub(super) transaction: Transaction<'static, Sqlite>,
    /// The place after the last that anything is known of.
    pub end: u64,
    /// Whether each line has all columns: a database of an earlier version gets them at the next start.
    pub has_columns: bool,
}

/// A file with lines that are not in the database any more, as the database says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawArchive {
    /// Its first record.
    pub first: u64,
    /// The one after its last.
    pub next: u64,
    /// Its name.
    pub file: String,
    /// It was removed when its time was over.
    pub removed: bool,
}

/// A line with the columns beside it, whatever is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLine {
    /// The number under which it is kept.
    pub seq: u64,
    /// The line.
    pub line: Vec<u8>,
    /// The columns, a JSON array; empty in a database of an earlier version.
    pub(super) columns: Vec<u8>,
}

/// A stored row whose number is right, with its bytes.
type Row = (u64, Vec<u8>);

impl AuditReader {
    /// The log as it is now.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let ends: (Option<i64>, Option<i64>, Option<i64>) = sqlx::query_as(
            "SELECT (SELECT max(seq) FROM audit), (SELECT max(next) FROM archive),
                    (SELECT max(id) FROM tree)",
        )
        .fetch_one(&mut *transaction)
        .await?;
        let after = |number: Option<i64>| number.and_then(|n| u64::try_from(n).ok()).map(|n| n + 1);
        let archived = ends.1.and_then(|next| u64::try_from(next).ok());
        let hashed = ends
            .2
            .and_then(|id| u64::try_from(id).ok())
            .map(|id| stored_with(id).0 + 1);
        let end = [after(ends.0), archived, hashed]
            .into_iter()
            .flatten()
            .max();
        let has_columns = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pragma_table_info('audit') WHERE name = 'rule')",
        )
        .fetch_one(&mut *transaction)
        .await?;
        Ok(Snapshot {
            transaction,
            end: end.unwrap_or(0),
            has_columns,
        })
    }
}

impl Snapshot {
    /// What `SQLite` itself finds wrong with the file; `None`: nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn flaw(&mut self) -> Result<Option<String>, StoreError> {
        let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok((verdict != "ok").then_some(verdict))
    }

    /// Lines of the records from `first` to before `next`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn lines(&mut self, first: u64, next: u64) -> Result<Vec<StoredLine>, StoreError> {
        match self.joined_lines(first, next).await {
            Ok(Some(lines)) => Ok(lines),
            // One by one, what can be read is read.
            Ok(None) | Err(_) => self.single_lines(first, next).await,
        }
    }

    /// All of them in one value: rows and columns one by one take longer than all else. `None`: that value has not two
    /// lines for each record.
    async fn joined_lines(
        &mut self,
        first: u64,
        next: u64,
    ) -> Result<Option<Vec<StoredLine>>, StoreError> {
        let query = format!(
            "SELECT count(*), CAST(group_concat(seq || char(10) || columns || char(10) || line, char(10)) AS BLOB)
             FROM (SELECT seq, line, {} AS columns FROM audit WHERE seq >= ? AND seq < ? ORDER BY seq)",
            self.columns()
        );
        let (count, joined): (i64, Option<Vec<u8>>) = sqlx::query_as(AssertSqlSafe(query))
            .bind(number(first))
            .bind(number(next))
            .fetch_one(&mut *self.transaction)
            .await?;
        let Some(joined) = joined else {
            return Ok((count == 0).then(Vec::new));
        };
        let pieces: Vec<&[u8]> = joined.split(|byte| *byte == b'\n').collect();
        let (records, rest) = pieces.as_chunks::<3>();
        let is_whole = rest.is_empty() && i64::try_from(records.len()) == Ok(count);
        let stored = |[seq, columns, line]: &[&[u8]; 3]| {
            Some(StoredLine {
                seq: std::str::from_utf8(seq).ok()?.parse().ok()?,
                columns: columns.to_vec(),
                line: line.to_vec(),
            })
        };
        Ok(is_whole
            .then(|| records.iter().map(stored).collect())
            .flatten())
    }

    async fn single_lines(&mut self, first: u64, next: u64) -> Result<Vec<StoredLine>, StoreError> {
        let query = format!(
            "SELECT seq, CAST(line AS BLOB), CAST({} AS BLOB) FROM audit WHERE seq >= ? AND seq < ? ORDER BY seq",
            self.columns()
        );
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(query))
            .bind(number(first))
            .bind(number(next))
            .fetch_all(&mut *self.transaction)
            .await?;
        let stored = |(seq, line, columns): (i64, Vec<u8>, Vec<u8>)| {
            let seq = u64::try_from(seq).ok()?;
            Some(StoredLine { seq, line, columns })
        };
        Ok(rows.into_iter().filter_map(stored).collect())
    }

    /// The SQL of [`StoredLine::columns`]; whatever type a value has.
    fn columns(&self) -> &'static str {
        if self.has_columns {
            "json_array(CAST(time AS INTEGER), CAST(action AS TEXT), CAST(phase AS TEXT), CAST(attempt AS INTEGER),
                CAST(result AS TEXT), CAST(code AS TEXT), CAST(rule AS TEXT), CAST(operator AS INTEGER),
                CASE WHEN target IS NOT NULL THEN hex(target) END)"
        } else {
            "''"
        }
    }

    /// Hashes that are kept with the records from `first` to before `next`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn hashes(&mut self, first: u64, next: u64) -> Result<KeptHashes, StoreError> {
        let (begin, end) = (leaf_id(Seq(first)), leaf_id(Seq(next)));
        let hashes = match self.joined_hashes(begin, end).await? {
            Some(joined) => joined,
            None => self.single_hashes(begin, end).await?,
        };
        Ok(KeptHashes { begin, hashes })
    }

    /// All of them in one value: two rows for each record would take longer than all else. `None`: they are not as
    /// they should be, as where one is missing.
    async fn joined_hashes(
        &mut self,
        begin: u64,
        end: u64,
    ) -> Result<Option<Vec<Option<[u8; 32]>>>, StoreError> {
        let joined: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT CAST(group_concat(hash, '') AS BLOB)
             FROM (SELECT id, hash FROM tree WHERE id >= ?1 AND id < ?2 ORDER BY id)
             HAVING min(id) = ?1 AND max(id) = ?1 + count(*) - 1
                AND min(length(hash)) = 32 AND max(length(hash)) = 32",
        )
        .bind(number(begin))
        .bind(number(end))
        .fetch_optional(&mut *self.transaction)
        .await?;
        let count = usize::try_from(end.saturating_sub(begin)).unwrap_or_default();
        Ok(joined.map(|joined| {
            let (hashes, _) = joined.as_chunks::<32>();
            let mut hashes: Vec<_> = hashes.iter().copied().map(Some).collect();
            hashes.resize(count, None);
            hashes
        }))
    }

    /// Those that are there.
    async fn single_hashes(
        &mut self,
        begin: u64,
        end: u64,
    ) -> Result<Vec<Option<[u8; 32]>>, StoreError> {
        let rows = self
            .rows(
                "SELECT id, CAST(hash AS BLOB) FROM tree WHERE id >= ? AND id < ? ORDER BY id",
                (begin, end),
            )
            .await?;
        let count = usize::try_from(end.saturating_sub(begin)).unwrap_or_default();
        let mut hashes = vec![None; if rows.is_empty() { 0 } else { count }];
        for (id, hash) in rows {
            let place = usize::try_from(id.saturating_sub(begin)).ok();
            if let Some(kept) = place.and_then(|place| hashes.get_mut(place)) {
                *kept = hash.try_into().ok();
            }
        }
        Ok(hashes)
    }

    /// The right edge of the tree of `size` records: the hashes that are kept of it, the largest
    /// subtree first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn edge(&mut self, size: u64) -> Result<Vec<[u8; 32]>, StoreError> {
        let mut edge = Vec::new();
        for id in Edge::needs(size) {
            let rows = self
                .rows(
                    "SELECT id, CAST(hash AS BLOB) FROM tree WHERE id >= ? AND id < ?",
                    (id, id + 1),
                )
                .await?;
            edge.extend(
                rows.into_iter()
                    .filter_map(|(_, hash)| <[u8; 32]>::try_from(hash).ok()),
            );
        }
        Ok(edge)
    }

    /// Signed notes of more than `size` records and at most `most`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn checkpoints(&mut self, size: u64, most: u64) -> Result<Vec<Row>, StoreError> {
        self.rows(
            "SELECT size, CAST(note AS BLOB) FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size",
            (size, most),
        )
        .await
    }

    /// The next place from `first` on of which there is a line or a hash; `None`: there is none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn next_place(&mut self, first: u64) -> Result<Option<u64>, StoreError> {
        let next: (Option<i64>, Option<i64>) = sqlx::query_as(
            "SELECT (SELECT min(seq) FROM audit WHERE seq >= ?),
                    (SELECT min(id) FROM tree WHERE id >= ?)",
        )
        .bind(number(first))
        .bind(number(leaf_id(Seq(first))))
        .fetch_one(&mut *self.transaction)
        .await?;
        let line = next.0.and_then(|seq| u64::try_from(seq).ok());
        let hash = next
            .1
            .and_then(|id| u64::try_from(id).ok())
            .map(|id| stored_with(id).0);
        Ok(line
            .into_iter()
            .chain(hash)
            .min()
            .map(|place| place.max(first)))
    }

    /// The first record from `first` on that has a line here; `None`: there is none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn next_line(&mut self, first: u64) -> Result<Option<u64>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar("SELECT min(seq) FROM audit WHERE seq >= ?")
            .bind(number(first))
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok(next.and_then(|seq| u64::try_from(seq).ok()))
    }

    /// The keys that checkpoints were signed with, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn keys(&mut self) -> Result<Vec<String>, StoreError> {
        let keys: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT CAST(verifier AS BLOB) FROM audit_key ORDER BY id")
                .fetch_all(&mut *self.transaction)
                .await?;
        Ok(keys
            .iter()
            .map(|key| String::from_utf8_lossy(key).into_owned())
            .collect())
    }

    /// All archives there ever were, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn archives(&mut self) -> Result<Vec<RawArchive>, StoreError> {
        let rows: Vec<(i64, i64, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT first, next, CAST(file AS BLOB), removed FROM archive ORDER BY first",
        )
        .fetch_all(&mut *self.transaction)
        .await?;
        let archive = |(first, next, file, removed): (i64, i64, Vec<u8>, i64)| {
            Some(RawArchive {
                first: first.try_into().ok()?,
                next: next.try_into().ok()?,
                file: String::from_utf8_lossy(&file).into_owned(),
                removed: removed != 0,
            })
        };
        Ok(rows.into_iter().filter_map(archive).collect())
    }

    async fn rows(
        &mut self,
        query: &'static str,
        (first, next): (u64, u64),
    ) -> Result<Vec<Row>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(query)
            .bind(number(first))
            .bind(number(next))
            .fetch_all(&mut *self.transaction)
            .await?;
        let row = |(number, bytes): (i64, Vec<u8>)| Some((u64::try_from(number).ok()?, bytes));
        Ok(rows.into_iter().filter_map(row).collect())
    }
}

/// Kept hashes of some records.
#[derive(Debug, Default)]
pub struct KeptHashes {
    begin: u64,
    hashes: Vec<Option<[u8; 32]>>,
}

impl KeptHashes {
    /// Those of one record: of its leaf, then of the nodes that it completed. None where nothing at all
    /// is kept of these records.
    pub fn of(&self, seq: u64) -> &[Option<[u8; 32]>] {
        let place = |id: u64| usize::try_from(id.saturating_sub(self.begin)).unwrap_or(usize::MAX);
        let range = place(leaf_id(Seq(seq)))..place(leaf_id(Seq(seq.saturating_add(1))));
        self.hashes.get(range).unwrap_or_default()
    }
}

/// Numbers beyond those of the database are those at its end.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
