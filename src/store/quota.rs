//! Resets, counted in the transaction of their attempt: what an operator did under each rule, when somebody was reset
//! last, and sudden bursts. What the counts mean is in `domain/limits.rs`; who is frozen in `frozen`.

use super::log::Log;
use super::steady::{between, micros};
use super::{Attempted, AuditReader, Frozen, Store, StoreError, frozen};
use crate::domain::audit::{AuditAction, Entry};
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::limits::{Burst, FrozenBy, Quota, Usage, WhenReached};
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// A count is kept so long: a bit more than a day, the longest time that any limit, burst or second reset looks back.
pub(super) const KEPT: Duration = Duration::from_hours(25);

/// What counts for and against an operator who would help somebody now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorUsage {
    /// They are frozen.
    pub frozen: Option<Frozen>,
    /// What they did under each rule, by its name; left out where they did nothing in the last 24 hours.
    pub by_rule: HashMap<String, Usage>,
    /// How long ago a reset of the person was attempted last, by anybody; a day at most is known.
    pub target_reset_ago: Option<Duration>,
}

/// A reset that counts.
struct Reset {
    operator: Sid,
    rule: String,
    target: ObjectGuid,
}

impl Reset {
    /// `None`: not a reset, or Keyward's own doing.
    fn of(entry: &Entry) -> Option<Self> {
        if entry.action != AuditAction::ResetPassword {
            return None;
        }
        Some(Self {
            operator: entry.operator.as_ref()?.sid.clone()?,
            rule: entry.rule.clone().unwrap_or_default(),
            target: entry.target.as_ref()?.guid,
        })
    }
}

impl Store {
    /// What counts for and against an operator; with `target`, also about that person. One state of the
    /// database; what is decided by it is decided again when the [attempt](Self::attempt) is recorded.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn usage(
        &self,
        operator: &Sid,
        target: Option<ObjectGuid>,
    ) -> Result<OperatorUsage, StoreError> {
        let now = self.0.steady.now();
        self.within(self.0.reader.usage_at(operator, target, now))
            .await
    }
}

impl AuditReader {
    /// As [`Store::usage`], beside a service that may be running. `now` is the wall clock, from which its time line may
    /// be some seconds away; of a database of an earlier version nothing is known.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn usage(
        &self,
        operator: &Sid,
        target: Option<ObjectGuid>,
        now: Timestamp,
    ) -> Result<OperatorUsage, StoreError> {
        let table = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'counted_reset')";
        if !sqlx::query_scalar(table).fetch_one(&self.pool).await? {
            return Ok(OperatorUsage::default());
        }
        self.usage_at(operator, target, now.as_microsecond()).await
    }

    async fn usage_at(
        &self,
        operator: &Sid,
        target: Option<ObjectGuid>,
        now: i64,
    ) -> Result<OperatorUsage, StoreError> {
        let mut snapshot = self.pool.begin().await?;
        Ok(OperatorUsage {
            frozen: frozen::of(&mut snapshot, operator).await?,
            by_rule: by_rule(&mut snapshot, operator, target, now).await?,
            target_reset_ago: match target {
                Some(target) => reset_ago(&mut snapshot, target, now).await?,
                None => None,
            },
        })
    }
}

/// Why an attempt is not recorded, if it is not. An operator who runs into a limit that freezes is frozen by this.
pub(super) async fn refused(
    log: &mut Log,
    entry: &Entry,
    quota: &Quota,
) -> Result<Option<Attempted>, StoreError> {
    let is_help = matches!(
        entry.action,
        AuditAction::ResetPassword | AuditAction::UnlockAccount
    );
    let operator = entry.operator.as_ref().and_then(|it| it.sid.as_ref());
    if let Some(operator) = operator.filter(|_| is_help)
        && frozen::of(&mut log.connection, operator).await?.is_some()
    {
        return Ok(Some(Attempted::Frozen));
    }
    let Some(reset) = Reset::of(entry) else {
        return Ok(None);
    };
    let now = log.steady.now();
    // Before the limits: what lacks its reason is no attempt yet that could run into one.
    if let (Some(after), None) = (quota.again_after, &entry.reason)
        && let Some(ago) = reset_ago(&mut log.connection, reset.target, now).await?
        && ago < after
    {
        return Ok(Some(Attempted::Again { ago }));
    }
    if quota.limits.is_none() {
        return Ok(None);
    }
    let (operator, target) = (&reset.operator, Some(reset.target));
    let used = by_rule(&mut log.connection, operator, target, now).await?;
    let used = used.get(&reset.rule).copied().unwrap_or_default();
    let Some(limit) = quota.limits.reached(&used) else {
        return Ok(None);
    };
    let froze = quota.limits.when_reached == WhenReached::Freeze;
    if froze {
        let by = FrozenBy::Limit {
            reached: limit,
            rule: reset.rule,
        };
        frozen::freeze(log, entry, by).await?;
    }
    Ok(Some(Attempted::LimitReached { limit, froze }))
}

/// Counts an attempt that is recorded, and tells of the burst that it completes.
pub(super) async fn count(log: &mut Log, entry: &Entry, quota: &Quota) -> Result<(), StoreError> {
    let Some(reset) = Reset::of(entry) else {
        return Ok(());
    };
    let now = log.steady.now();
    let row =
        sqlx::query("INSERT INTO counted_reset (operator, rule, target, at) VALUES (?, ?, ?, ?)")
            .bind(reset.operator.to_string())
            .bind(&reset.rule)
            .bind(reset.target.as_bytes().as_slice())
            .bind(now)
            .execute(&mut log.connection)
            .await?
            .last_insert_rowid();
    let Some(burst) = quota.burst else {
        return Ok(());
    };
    if !is_burst(log, &reset.operator, burst, now).await? {
        return Ok(());
    }
    sqlx::query("UPDATE counted_reset SET told = 1 WHERE id = ?")
        .bind(row)
        .execute(&mut log.connection)
        .await?;
    log.append(burst_event(entry, burst)).await?;
    Ok(())
}

/// So many within the time, under whatever rules, and nothing was told of within it.
async fn is_burst(
    log: &mut Log,
    operator: &Sid,
    burst: Burst,
    now: i64,
) -> Result<bool, StoreError> {
    let (resets, told): (i64, i64) = sqlx::query_as(
        "SELECT count(*), coalesce(max(told), 0) FROM counted_reset WHERE operator = ? AND at > ?",
    )
    .bind(operator.to_string())
    .bind(now.saturating_sub(micros(burst.within)))
    .fetch_one(&mut log.connection)
    .await?;
    Ok(told == 0 && resets >= i64::from(burst.resets.get()))
}

fn burst_event(attempt: &Entry, burst: Burst) -> Entry {
    let mut event = Entry {
        operator: attempt.operator.clone(),
        client: attempt.client,
        ..Entry::new(AuditAction::ResetBurst)
    };
    let minutes = burst.within.as_secs().div_ceil(60);
    event.details.extend([
        ("resets".to_owned(), burst.resets.get().into()),
        ("minutes".to_owned(), minutes.into()),
    ]);
    event
}

/// What an operator did under each rule in the last 24 hours.
async fn by_rule(
    connection: &mut SqliteConnection,
    operator: &Sid,
    target: Option<ObjectGuid>,
    now: i64,
) -> Result<HashMap<String, Usage>, StoreError> {
    let rows: Vec<(String, i64, i64, i64, bool)> = sqlx::query_as(
        "SELECT rule, sum(at > ?1), count(*), count(DISTINCT target), max(target IS ?2) FROM counted_reset
         WHERE operator = ?3 AND at > ?4 AND lifted = 0 GROUP BY rule",
    )
    .bind(now.saturating_sub(micros(HOUR)))
    .bind(target.map(|target| target.as_bytes().to_vec()))
    .bind(operator.to_string())
    .bind(now.saturating_sub(micros(DAY)))
    .fetch_all(connection)
    .await?;
    let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let rows = rows.into_iter();
    let usage = rows.map(|(rule, hour, day, people, knows_this_one)| {
        let usage = Usage {
            hour: number(hour),
            day: number(day),
            people: number(people),
            knows_this_one,
        };
        (rule, usage)
    });
    Ok(usage.collect())
}

/// How long ago a reset of somebody was attempted last.
async fn reset_ago(
    connection: &mut SqliteConnection,
    target: ObjectGuid,
    now: i64,
) -> Result<Option<Duration>, StoreError> {
    let at: Option<i64> = sqlx::query_scalar("SELECT max(at) FROM counted_reset WHERE target = ?")
        .bind(target.as_bytes().as_slice())
        .fetch_one(connection)
        .await?;
    Ok(at.map(|at| between(at, now)))
}

/// An operator who was thawed begins anew; of the people, it stays known when they were reset.
pub(super) async fn lift(log: &mut Log, operator: &Sid) -> Result<(), StoreError> {
    sqlx::query("UPDATE counted_reset SET lifted = 1 WHERE operator = ? AND lifted = 0")
        .bind(operator.to_string())
        .execute(&mut log.connection)
        .await?;
    Ok(())
}

/// Deletes what counts towards nothing any more.
pub(super) async fn sweep(log: &mut Log, now: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM counted_reset WHERE at < ?")
        .bind(now.saturating_sub(micros(KEPT)))
        .execute(&mut log.connection)
        .await?;
    Ok(())
}
