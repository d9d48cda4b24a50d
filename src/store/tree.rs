//! The Merkle tree in the database; appended to by the writer with each record.

use super::numbers::number_of;
use super::{Flaw, StoreError};
use crate::domain::audit::Seq;
use crate::domain::audit::tree::{
    Edge, Hash, HashId, KnownHashes, MissingHash, Proof, leaf_hash, leaf_id, stored_with,
};
use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite, SqliteExecutor};
use std::cmp::Ordering;

/// Lines that are read at once while the tree catches up.
const CATCH_UP: i64 = 1000;

impl From<MissingHash> for StoreError {
    fn from(_: MissingHash) -> Self {
        Self::Unusable(Flaw::TreeDamaged)
    }
}

/// Hashes by their places.
pub(super) async fn hashes(
    database: impl SqliteExecutor<'_>,
    ids: &[HashId],
) -> Result<KnownHashes, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT id, hash FROM tree WHERE id IN (");
    let mut list = query.separated(",");
    for id in ids {
        list.push_bind(i64::try_from(*id).map_err(|_| MissingHash)?);
    }
    query.push(")");
    let rows: Vec<(i64, Vec<u8>)> = query.build_query_as().fetch_all(database).await?;
    rows.into_iter()
        .map(|(id, hash)| {
            let hash = <[u8; 32]>::try_from(hash.as_slice()).map_err(|_| MissingHash)?;
            Ok((HashId::try_from(id).map_err(|_| MissingHash)?, Hash(hash)))
        })
        .collect()
}

/// The edge of the tree as it is in the database.
pub(super) async fn edge(connection: &mut SqliteConnection) -> Result<Edge, StoreError> {
    let last: Option<i64> = sqlx::query_scalar("SELECT max(id) FROM tree")
        .fetch_one(&mut *connection)
        .await?;
    let count = match last {
        Some(last) => HashId::try_from(last).map_err(|_| MissingHash)? + 1,
        None => 0,
    };
    let size = size_of(count)?;
    let known = hashes(connection, &Edge::needs(size)).await?;
    Ok(Edge::new(size, known)?)
}

/// The number of records whose stored hashes are so many.
fn size_of(count: HashId) -> Result<u64, MissingHash> {
    let size = count
        .checked_sub(1)
        .map_or(0, |last| stored_with(last).0 + 1);
    (leaf_id(Seq(size)) == count)
        .then_some(size)
        .ok_or(MissingHash)
}

/// Appends a line's hashes; in the transaction that inserts the line.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    edge: &mut Edge,
    line: &str,
) -> Result<(), StoreError> {
    let first = i64::try_from(edge.next_id()).map_err(|_| MissingHash)?;
    let new = edge.append(line)?;
    QueryBuilder::<Sqlite>::new("INSERT INTO tree (id, hash) ")
        .push_values((first..).zip(new), |mut row, (id, hash)| {
            row.push_bind(id).push_bind(hash.0.to_vec());
        })
        .build()
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a line is in a tree in its place (RFC 6962, section 2.1.1).
pub(super) async fn has(
    connection: &mut SqliteConnection,
    edge: &Edge,
    seq: Seq,
    line: &str,
) -> Result<bool, StoreError> {
    if seq.0 >= edge.size() {
        return Ok(false);
    }
    let size = edge.size();
    let proof = Proof::Inclusion { seq, size };
    let known = hashes(connection, &proof.needs()?).await?;
    let root = edge.root()?;
    let path = proof.of(&known);
    Ok(path.is_ok_and(|path| proof.leads(&path, leaf_hash(line), root)))
}

/// Adds the lines that a version without a tree has written. What interrupts it loses nothing: the
/// next start goes on.
pub(super) async fn catch_up(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    loop {
        let mut edge = edge(connection).await?;
        let lines: Vec<(i64, String)> =
            sqlx::query_as("SELECT seq, line FROM audit WHERE seq >= ? ORDER BY seq LIMIT ?")
                .bind(number_of(Seq(edge.size()))?)
                .bind(CATCH_UP)
                .fetch_all(&mut *connection)
                .await?;
        if lines.is_empty() {
            return Ok(());
        }
        let mut transaction = sqlx::Connection::begin(&mut *connection).await?;
        for (seq, line) in &lines {
            if number_of(Seq(edge.size()))? != *seq {
                return Err(StoreError::Unusable(Flaw::RecordsMissing));
            }
            append(&mut transaction, &mut edge, line).await?;
        }
        transaction.commit().await?;
    }
}

/// Number of records, in the database or archived.
pub(super) async fn records(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let records = "SELECT max((SELECT coalesce(max(seq) + 1, 0) FROM audit),
                              (SELECT coalesce(max(next), 0) FROM archive))";
    Ok(sqlx::query_scalar(records).fetch_one(connection).await?)
}

/// Refuses a tree that does not have exactly the log's records: both are written together, so somebody
/// else has written one of them.
pub(super) async fn check_size(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let size = edge(connection).await?.size();
    match number_of(Seq(size))?.cmp(&records(connection).await?) {
        Ordering::Equal => Ok(size),
        Ordering::Less => Err(StoreError::Unusable(Flaw::RecordsForeign)),
        Ordering::Greater => Err(StoreError::Unusable(Flaw::RecordsMissing)),
    }
}

/// Refuses a tree that does not begin with an earlier one: somebody else has written hashes
/// (RFC 6962, section 2.1.2). One of the two is known to be right.
pub(super) async fn check_begins_with(
    connection: &mut SqliteConnection,
    earlier: &Edge,
    later: &Edge,
) -> Result<(), StoreError> {
    if earlier.size() == 0 {
        return Ok(());
    }
    let proof = Proof::Consistency {
        old: earlier.size(),
        size: later.size(),
    };
    let known = hashes(connection, &proof.needs()?).await?;
    if proof.leads(&proof.of(&known)?, earlier.root()?, later.root()?) {
        Ok(())
    } else {
        Err(StoreError::Unusable(Flaw::NotAsSigned))
    }
}
