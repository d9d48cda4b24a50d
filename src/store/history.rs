//! What the log says of people, accounts and the service account over time: for `doctor`.

use super::reader::parsed;
use super::{AuditReader, Flaw, StoreError};
use crate::domain::audit::{AuditAction, AuditResult, Record};
use crate::domain::identity::{ObjectGuid, Sid};
use jiff::Timestamp;
use std::collections::HashMap;

/// Attempts on one account that are looked at.
const ATTEMPTS: u32 = 200;

/// An attempt, and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct PastAttempt {
    /// The attempt's record.
    pub record: Record,
    /// The result of its outcome; `None` while it is open.
    pub result: Option<AuditResult>,
}

impl AuditReader {
    /// When each person signed in last with success, by SID; to the quarter of an hour where the record is in an
    /// archive. Reads the whole log.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn last_sign_ins(&self) -> Result<HashMap<Sid, Timestamp>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT sid, max(time) FROM (
                 SELECT operator, time FROM audit
                 WHERE phase = 'outcome' AND action = 'sign_in' AND result = 'ok'
                 UNION ALL
                 SELECT operator, quarter * 900000000 FROM tally
                 WHERE action = 'sign_in' AND result = 'ok'
             ) JOIN audit_operator ON id = operator GROUP BY id",
        )
        .fetch_all(&self.pool)
        .await?;
        let corrupt = StoreError::Unusable(Flaw::Corrupt);
        rows.iter()
            .map(|(sid, time)| {
                let sid = sid.parse().map_err(|_| corrupt)?;
                let time = Timestamp::from_microsecond(*time).map_err(|_| corrupt)?;
                Ok((sid, time))
            })
            .collect()
    }

    /// When this action was last a success; to the quarter of an hour where the record is in an archive.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn last_success(&self, action: AuditAction) -> Result<Option<Timestamp>, StoreError> {
        let time: Option<i64> = sqlx::query_scalar(
            "SELECT max(time) FROM (
                 SELECT time FROM audit WHERE phase = 'outcome' AND action = ?1 AND result = 'ok'
                 UNION ALL
                 SELECT quarter * 900000000 FROM tally WHERE action = ?1 AND result = 'ok')",
        )
        .bind(action.word())
        .fetch_one(&self.pool)
        .await?;
        let corrupt = |_| StoreError::Unusable(Flaw::Corrupt);
        time.map(|time| Timestamp::from_microsecond(time).map_err(corrupt))
            .transpose()
    }

    /// The attempts on an account, newest first, at most 200; none that are in an archive
    /// ([`archived_until`](Self::archived_until)).
    ///
    /// # Errors
    /// The store cannot be read, or a line is no record.
    pub async fn attempts_on(&self, target: ObjectGuid) -> Result<Vec<PastAttempt>, StoreError> {
        let rows: Vec<(String, Option<String>)> = sqlx::query_as(
            "SELECT a.line, o.line ->> '$.result' FROM audit a
             LEFT JOIN audit o ON o.attempt = a.seq AND o.phase = 'outcome'
             WHERE a.phase = 'attempt' AND a.target = ? ORDER BY a.seq DESC LIMIT ?",
        )
        .bind(target.as_bytes().as_slice())
        .bind(ATTEMPTS)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|(line, result)| {
                Ok(PastAttempt {
                    record: parsed(line)?,
                    result: result.as_deref().and_then(AuditResult::from_word),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{AuditOperator, AuditTarget, Entry, Phase, Seq};
    use crate::domain::time::Clock;
    use crate::store::{Attempted, Store};

    fn entry(action: AuditAction, sid: &str) -> Entry {
        Entry {
            phase: Phase::Attempt,
            operator: Some(AuditOperator {
                sid: Some(sid.parse().unwrap()),
                name: "lena".to_owned(),
            }),
            target: Some(AuditTarget {
                guid: ObjectGuid::from([4; 16]),
                sid: None,
                name: None,
                dn: None,
            }),
            reason: Some(r#"","action":"sign_in","result":"ok"#.to_owned()),
            ..Entry::new(action)
        }
    }

    async fn end(store: &Store, entry: Entry, result: AuditResult) {
        let Attempted::Recorded(seq) = store.attempt(entry.clone(), None, None).await.unwrap()
        else {
            panic!("no form");
        };
        let outcome = Entry {
            phase: Phase::Outcome,
            result: Some(result),
            ..entry
        };
        store.outcome(seq, outcome).await.unwrap();
    }

    #[tokio::test]
    async fn the_log_tells_the_last_sign_in_of_each_and_the_attempts_on_one_account() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.db");
        let store = Store::open(&file, Clock::system()).await.unwrap();
        let (lena, olga) = ("S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002");
        end(&store, entry(AuditAction::SignIn, lena), AuditResult::Ok).await;
        end(
            &store,
            entry(AuditAction::SignIn, olga),
            AuditResult::Refused,
        )
        .await;
        end(
            &store,
            entry(AuditAction::ResetPassword, olga),
            AuditResult::Ok,
        )
        .await;
        store
            .attempt(entry(AuditAction::ResetPassword, lena), None, None)
            .await
            .unwrap();
        let log = AuditReader::open(&file).await.unwrap();
        let last = log.last_sign_ins().await.unwrap();
        assert_eq!(
            last.keys().collect::<Vec<_>>(),
            [&lena.parse::<Sid>().unwrap()]
        );
        let past = log.attempts_on(ObjectGuid::from([4; 16])).await.unwrap();
        let results: Vec<_> = past.iter().map(|past| past.result).collect();
        let (ok, refused) = (Some(AuditResult::Ok), Some(AuditResult::Refused));
        assert_eq!(results, [None, ok, refused, ok]);
        let reset = log.last_success(AuditAction::ResetPassword).await.unwrap();
        assert_eq!(
            reset,
            Some(store.record(Seq(5)).await.unwrap().unwrap().time)
        );
        let none = log.last_success(AuditAction::RotateServiceAccount).await;
        assert_eq!(none.unwrap(), None);
        store.close().await;
    }
}
