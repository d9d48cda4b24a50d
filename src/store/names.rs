//! Operators and targets by name, for searching; what the database has already is not written again.

use super::StoreError;
use crate::domain::audit::Record;
use crate::domain::identity::ObjectGuid;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;
use std::hash::Hash;

/// Names that are remembered; then all of them are forgotten.
const MOST: usize = 1000;

/// The names that the database has. To be thrown away when a transaction is taken back.
#[derive(Default)]
pub(super) struct Names {
    /// By SID: the row and the name in it.
    operators: HashMap<String, (i64, String)>,
    targets: HashMap<ObjectGuid, String>,
}

impl Names {
    /// The operator's row; `None` where nobody is known.
    pub(super) async fn operator_of(
        &mut self,
        connection: &mut SqliteConnection,
        record: &Record,
    ) -> Result<Option<i64>, StoreError> {
        let Some(operator) = &record.entry.operator else {
            return Ok(None);
        };
        let Some(sid) = &operator.sid else {
            return Ok(None);
        };
        let sid = sid.to_string();
        if let Some((id, name)) = self.operators.get(&sid)
            && *name == operator.name
        {
            return Ok(Some(*id));
        }
        let id = sqlx::query_scalar(
            "INSERT INTO audit_operator (sid, name) VALUES (?, ?)
         ON CONFLICT (sid) DO UPDATE SET name = excluded.name RETURNING id",
        )
        .bind(&sid)
        .bind(&operator.name)
        .fetch_one(connection)
        .await?;
        remember(&mut self.operators, sid, (id, operator.name.clone()));
        Ok(Some(id))
    }

    /// The target's GUID; its name is noted for searching.
    pub(super) async fn target_of(
        &mut self,
        connection: &mut SqliteConnection,
        record: &Record,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(target) = &record.entry.target else {
            return Ok(None);
        };
        let guid = target.guid.as_bytes().to_vec();
        if let Some(name) = &target.name
            && self.targets.get(&target.guid) != Some(name)
        {
            sqlx::query(
                "INSERT INTO audit_target (guid, name) VALUES (?, ?)
             ON CONFLICT (guid) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
            )
            .bind(&guid)
            .bind(name)
            .execute(connection)
            .await?;
            remember(&mut self.targets, target.guid, name.clone());
        }
        Ok(Some(guid))
    }
}

fn remember<K: Eq + Hash, V>(names: &mut HashMap<K, V>, key: K, name: V) {
    if names.len() >= MOST {
        names.clear();
    }
    names.insert(key, name);
}
