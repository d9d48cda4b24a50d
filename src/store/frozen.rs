//! Operators who are frozen: they help nobody until somebody lifts it. Whoever becomes so, or is so no more, is an
//! event in the same transaction.

use super::log::Log;
use super::{AuditReader, Flaw, Store, StoreError, quota};
use crate::domain::audit::{AuditAction, AuditOperator, Entry};
use crate::domain::identity::Sid;
use crate::domain::limits::{FrozenBy, Reached};
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

/// An operator who does nothing until somebody lifts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// objectSid.
    pub operator: Sid,
    /// As they were called then.
    pub name: String,
    /// By the wall clock.
    pub since: Timestamp,
    /// Who or what did it.
    pub by: FrozenBy,
}

#[derive(sqlx::FromRow)]
struct Row {
    operator: String,
    name: String,
    since: i64,
    code: String,
    rule: Option<String>,
    reason: Option<String>,
}

impl Row {
    /// Who is frozen by what no version of Keyward wrote is frozen all the same.
    fn read(self) -> Result<Frozen, StoreError> {
        const CORRUPT: StoreError = StoreError::Unusable(Flaw::Corrupt);
        let by = match Reached::from_word(&self.code) {
            Some(reached) => FrozenBy::Limit {
                reached,
                rule: self.rule.unwrap_or_default(),
            },
            None => FrozenBy::Command {
                reason: self.reason,
            },
        };
        Ok(Frozen {
            operator: self.operator.parse().map_err(|_| CORRUPT)?,
            name: self.name,
            since: Timestamp::from_microsecond(self.since).map_err(|_| CORRUPT)?,
            by,
        })
    }
}

impl Store {
    /// Freezes an operator, and records it. `Some`: they are frozen already, since then and by that; nothing
    /// was changed.
    ///
    /// # Errors
    /// They may not be frozen.
    pub async fn freeze(
        &self,
        operator: AuditOperator,
        by: FrozenBy,
    ) -> Result<Option<Frozen>, StoreError> {
        let entry = Entry {
            operator: Some(operator),
            ..Entry::new(AuditAction::OperatorFrozen)
        };
        self.write(move |log| Box::pin(async move { freeze(log, &entry, by).await }))
            .await
    }

    /// Lifts it, and records that. What they did before counts towards no limit any more, so that they have
    /// room again. `None`: they were not frozen; nothing was changed.
    ///
    /// # Errors
    /// They may be frozen still.
    pub async fn thaw(&self, operator: &Sid) -> Result<Option<Frozen>, StoreError> {
        let operator = operator.clone();
        self.write(move |log| Box::pin(thaw(log, operator))).await
    }

    /// Who is frozen, longest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn frozen(&self) -> Result<Vec<Frozen>, StoreError> {
        self.within(self.0.reader.frozen()).await
    }
}

impl AuditReader {
    /// Who is frozen, longest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn frozen(&self) -> Result<Vec<Frozen>, StoreError> {
        let table =
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'frozen')";
        // Of an earlier version: nobody can have been.
        if !sqlx::query_scalar(table).fetch_one(&self.pool).await? {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = sqlx::query_as("SELECT * FROM frozen ORDER BY since, operator")
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Row::read).collect()
    }
}

/// How an operator is frozen, if they are.
pub(super) async fn of(
    connection: &mut SqliteConnection,
    operator: &Sid,
) -> Result<Option<Frozen>, StoreError> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM frozen WHERE operator = ?")
        .bind(operator.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(Row::read).transpose()
}

/// Freezes the operator of an entry; `Some`: they are already.
pub(super) async fn freeze(
    log: &mut Log,
    entry: &Entry,
    by: FrozenBy,
) -> Result<Option<Frozen>, StoreError> {
    let Some((operator, sid)) = entry
        .operator
        .as_ref()
        .and_then(|it| Some((it, it.sid.as_ref()?)))
    else {
        // Nobody can be frozen who is nobody.
        return Err(StoreError::Unusable(Flaw::Corrupt));
    };
    if let Some(already) = of(&mut log.connection, sid).await? {
        return Ok(Some(already));
    }
    let code = by.word();
    let (rule, reason) = match by {
        FrozenBy::Command { reason } => (None, reason),
        FrozenBy::Limit { rule, .. } => (Some(rule), None),
    };
    sqlx::query(
        "INSERT INTO frozen (operator, name, since, code, rule, reason) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(sid.to_string())
    .bind(&operator.name)
    .bind(log.wall().as_microsecond())
    .bind(code)
    .bind(&rule)
    .bind(&reason)
    .execute(&mut log.connection)
    .await?;
    let event = Entry {
        code: Some(code.to_owned()),
        operator: Some(operator.clone()),
        client: entry.client,
        rule,
        reason,
        ..Entry::new(AuditAction::OperatorFrozen)
    };
    log.append(event).await?;
    Ok(None)
}

async fn thaw(log: &mut Log, operator: Sid) -> Result<Option<Frozen>, StoreError> {
    let Some(frozen) = of(&mut log.connection, &operator).await? else {
        return Ok(None);
    };
    sqlx::query("DELETE FROM frozen WHERE operator = ?")
        .bind(operator.to_string())
        .execute(&mut log.connection)
        .await?;
    quota::lift(log, &operator).await?;
    let event = Entry {
        code: Some("command".to_owned()),
        operator: Some(AuditOperator {
            sid: Some(operator),
            name: frozen.name.clone(),
        }),
        ..Entry::new(AuditAction::OperatorThawed)
    };
    log.append(event).await?;
    Ok(Some(frozen))
}
