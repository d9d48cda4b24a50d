//! The names by which operators and targets are found.

use super::super::StoreError;
use super::super::snapshot::Snapshot;
use super::{Misfiled, says};
use crate::domain::identity::ObjectGuid;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

/// Names that are looked at at once.
const AT_ONCE: i64 = 1_000;
/// Records of a person that are looked at for their name; nearly always the newest has it.
const NEWEST: i64 = 20;
/// Operators whose SID is remembered; then all of them are forgotten.
const MOST: usize = 10_000;

/// The SIDs of the operators' rows.
#[derive(Default)]
pub(super) struct Sids(HashMap<i64, Option<Vec<u8>>>);

impl Sids {
    /// The SID in an operator's row, as the database has it.
    pub(super) async fn of(
        &mut self,
        snapshot: &mut Snapshot,
        row: Option<i64>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(id) = row else {
            return Ok(None);
        };
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let sid: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT CAST(sid AS BLOB) FROM audit_operator WHERE id = ?")
                .bind(id)
                .fetch_optional(&mut *snapshot.transaction)
                .await?;
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(id, sid.clone());
        Ok(sid)
    }
}

/// How far the looking is.
pub(super) enum Names {
    Operators(i64),
    Targets(Vec<u8>),
    Done,
}

impl Default for Names {
    fn default() -> Self {
        Self::Operators(i64::MIN)
    }
}

impl Names {
    /// What is wrong in the next piece; `None`: that was all.
    pub(super) async fn next(
        &mut self,
        snapshot: &mut Snapshot,
    ) -> Result<Option<Vec<Misfiled>>, StoreError> {
        let database = &mut *snapshot.transaction;
        let (found, next) = match self {
            Self::Operators(after) => operators(database, *after).await?,
            Self::Targets(after) => targets(database, after).await?,
            Self::Done => return Ok(None),
        };
        *self = next;
        Ok(Some(found))
    }
}

async fn operators(
    database: &mut SqliteConnection,
    after: i64,
) -> Result<(Vec<Misfiled>, Names), StoreError> {
    let said = newest_name("operator", "id");
    let query = format!(
        "SELECT id, sid, name, {said} FROM audit_operator WHERE id > ? ORDER BY id LIMIT ?"
    );
    let rows: Vec<(i64, String, String, Option<String>)> = sqlx::query_as(AssertSqlSafe(query))
        .bind(after)
        .bind(AT_ONCE)
        .fetch_all(database)
        .await?;
    let wrong = rows
        .iter()
        .filter(|(.., name, said)| !fits(name, said.as_deref()));
    let found = wrong.map(|(_, sid, ..)| Misfiled::Name { of: sid.clone() });
    let next = rows.last().map(|(id, ..)| Names::Operators(*id));
    Ok((found.collect(), next.unwrap_or(Names::Targets(Vec::new()))))
}

async fn targets(
    database: &mut SqliteConnection,
    after: &[u8],
) -> Result<(Vec<Misfiled>, Names), StoreError> {
    let said = newest_name("target", "guid");
    let query =
        format!("SELECT guid, name, {said} FROM audit_target WHERE guid > ? ORDER BY guid LIMIT ?");
    let rows: Vec<(Vec<u8>, String, Option<String>)> = sqlx::query_as(AssertSqlSafe(query))
        .bind(after)
        .bind(AT_ONCE)
        .fetch_all(database)
        .await?;
    let wrong = rows
        .iter()
        .filter(|(_, name, said)| !fits(name, said.as_deref()));
    let found = wrong.map(|(guid, ..)| {
        let of = ObjectGuid::try_from(guid.as_slice());
        let of = of.map(|guid| guid.to_string()).unwrap_or_default();
        Misfiled::Name { of }
    });
    let found = found.collect();
    let next = rows.into_iter().next_back();
    let next = next.map(|(guid, ..)| Names::Targets(guid));
    Ok((found, next.unwrap_or(Names::Done)))
}

/// The SQL of the name in somebody's newest record that has one. `who`: `operator` or `target`; `row`: the column that
/// tells which of them.
fn newest_name(who: &str, row: &str) -> String {
    format!(
        "(SELECT said FROM (
             SELECT CASE WHEN json_valid(line) THEN line ->> '$.{who}.name' END AS said
             FROM audit INDEXED BY audit_by_{who}
             WHERE {who} = {row} ORDER BY seq DESC LIMIT {NEWEST}) WHERE said IS NOT NULL LIMIT 1)"
    )
}

/// Of somebody whose records are in archives, or have no name, nothing can be said.
fn fits(name: &str, said: Option<&str>) -> bool {
    said.is_none() || says(Some(name), said)
}
