//! What earlier looks at the directory saw: written beside the log by the service and by `doctor`,
//! which may run at the same time. Nothing of the audit log is touched from here.

use super::{Flaw, StoreError, file};
use crate::domain::identity::ObjectGuid;
use crate::domain::time::Filetime;
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions, SqliteRow};
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

/// How long any call may wait for the file.
const PATIENCE: Duration = Duration::from_secs(3);

/// What earlier looks saw.
#[derive(Clone)]
pub struct Looks {
    pool: SqlitePool,
}

/// The service account on one domain controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogonLook {
    /// When it was looked at.
    pub at: Timestamp,
    /// `lastLogon` then.
    pub last_logon: Filetime,
    /// `logonCount` then.
    pub logon_count: u32,
}

/// The last look at the passwords of an OU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLook {
    /// When.
    pub at: Timestamp,
    /// Accounts and versions of `unicodePwd` that were judged and lie less than a day before that.
    pub judged: HashSet<(ObjectGuid, u32)>,
}

/// One change of a password, as the replication metadata have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenChange {
    /// objectGUID of the account.
    pub target: ObjectGuid,
    /// sAMAccountName.
    pub name: String,
    /// The version of `unicodePwd` that it made.
    pub version: u32,
    /// When, by the clock of the domain controller that took it.
    pub changed: Timestamp,
}

impl Looks {
    /// Opens the store that is there; `None` where it has no place for looks yet, because the
    /// service has not been started since it was updated.
    ///
    /// # Errors
    /// The file is not there, not ours, or not accessible.
    pub async fn open(database: &Path) -> Result<Option<Self>, StoreError> {
        let looks = Self::over(database);
        let ours: i64 = sqlx::query_scalar("PRAGMA application_id")
            .fetch_one(&looks.pool)
            .await?;
        if ours != file::APPLICATION_ID {
            return Err(StoreError::Unusable(Flaw::NotOurs));
        }
        let there: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'seen_change'",
        )
        .fetch_one(&looks.pool)
        .await?;
        Ok((there == 1).then_some(looks))
    }

    /// Over a store that is open and migrated; connects when first asked.
    pub(super) fn over(database: &Path) -> Self {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(file::beside_the_writer(database));
        Self { pool }
    }

    /// The last look at the service account on a domain controller.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn logons(&self, dc: &str) -> Result<Option<LogonLook>, StoreError> {
        let row = sqlx::query("SELECT at, last_logon, logon_count FROM look_logons WHERE dc = ?")
            .bind(dc)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            Ok(LogonLook {
                at: time(&row, "at")?,
                last_logon: Filetime(row.try_get("last_logon")?),
                logon_count: number(&row, "logon_count")?,
            })
        })
        .transpose()
    }

    /// Keeps a look at the service account on a domain controller, instead of the one before.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn note_logons(&self, dc: &str, look: LogonLook) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO look_logons (dc, at, last_logon, logon_count) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (dc) DO UPDATE SET at = ?2, last_logon = ?3, logon_count = ?4",
        )
        .bind(dc)
        .bind(look.at.as_microsecond())
        .bind(look.last_logon.0)
        .bind(i64::from(look.logon_count))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The last look at the passwords below `scope`; `None` for the first one, or where another OU
    /// was looked at then.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn passwords(&self, scope: &str) -> Result<Option<PasswordLook>, StoreError> {
        let row = sqlx::query("SELECT at FROM look_passwords WHERE scope = ?")
            .bind(scope)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let judged = sqlx::query("SELECT target, version FROM seen_change")
            .fetch_all(&self.pool)
            .await?;
        let judged = judged
            .iter()
            .map(|row| Ok((guid(row)?, number(row, "version")?)));
        Ok(Some(PasswordLook {
            at: time(&row, "at")?,
            judged: judged.collect::<Result<_, StoreError>>()?,
        }))
    }

    /// Keeps a look at the passwords below `scope`: all or nothing. `judged` are the changes that the
    /// next look meets again; `outside` are those that somebody else made.
    ///
    /// # Errors
    /// The store cannot be written; the next look then begins where this one did.
    pub async fn note_passwords(
        &self,
        scope: &str,
        at: Timestamp,
        judged: &[SeenChange],
        outside: &[SeenChange],
    ) -> Result<(), StoreError> {
        let mut together = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "INSERT INTO look_passwords (id, scope, at) VALUES (0, ?1, ?2)
             ON CONFLICT (id) DO UPDATE SET scope = ?1, at = ?2",
        )
        .bind(scope)
        .bind(at.as_microsecond())
        .execute(&mut *together)
        .await?;
        sqlx::query("DELETE FROM seen_change")
            .execute(&mut *together)
            .await?;
        for change in judged {
            sqlx::query(
                "INSERT OR IGNORE INTO seen_change (target, version, changed) VALUES (?, ?, ?)",
            )
            .bind(change.target.as_bytes().as_slice())
            .bind(i64::from(change.version))
            .bind(change.changed.as_microsecond())
            .execute(&mut *together)
            .await?;
        }
        for change in outside {
            sqlx::query(
                "INSERT OR IGNORE INTO outside_reset (target, version, changed, name) VALUES (?, ?, ?, ?)",
            )
            .bind(change.target.as_bytes().as_slice())
            .bind(i64::from(change.version))
            .bind(change.changed.as_microsecond())
            .bind(&change.name)
            .execute(&mut *together)
            .await?;
        }
        together.commit().await?;
        Ok(())
    }

    /// The resets by somebody else that any look has found and that were made after `since`, newest
    /// first, at most 1,000.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn outside_resets(&self, since: Timestamp) -> Result<Vec<SeenChange>, StoreError> {
        let rows = sqlx::query(
            "SELECT target, version, changed, name FROM outside_reset WHERE changed > ?
             ORDER BY changed DESC LIMIT 1000",
        )
        .bind(since.as_microsecond())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(seen_change).collect()
    }

    /// The resets by somebody else that are not in the audit log yet, the oldest first, at most 1,000.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn not_recorded(&self) -> Result<Vec<SeenChange>, StoreError> {
        let rows = sqlx::query(
            "SELECT target, version, changed, name FROM outside_reset WHERE recorded = 0
             ORDER BY changed LIMIT 1000",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(seen_change).collect()
    }

    /// It is in the audit log now.
    ///
    /// # Errors
    /// The store cannot be written; it is then recorded once more.
    pub async fn note_recorded(&self, change: &SeenChange) -> Result<(), StoreError> {
        sqlx::query("UPDATE outside_reset SET recorded = 1 WHERE target = ? AND version = ?")
            .bind(change.target.as_bytes().as_slice())
            .bind(i64::from(change.version))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// It was no such reset.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn forget(&self, change: &SeenChange) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM outside_reset WHERE target = ? AND version = ?")
            .bind(change.target.as_bytes().as_slice())
            .bind(i64::from(change.version))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Closes it; the store itself stays as it is.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn seen_change(row: &SqliteRow) -> Result<SeenChange, StoreError> {
    Ok(SeenChange {
        target: guid(row)?,
        name: row.try_get("name")?,
        version: number(row, "version")?,
        changed: time(row, "changed")?,
    })
}

fn time(row: &SqliteRow, column: &str) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(row.try_get(column)?)
        .map_err(|_| StoreError::Unusable(Flaw::Corrupt))
}

fn number(row: &SqliteRow, column: &str) -> Result<u32, StoreError> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| StoreError::Unusable(Flaw::Corrupt))
}

fn guid(row: &SqliteRow) -> Result<ObjectGuid, StoreError> {
    let bytes: Vec<u8> = row.try_get("target")?;
    ObjectGuid::try_from(bytes.as_slice()).map_err(|_| StoreError::Unusable(Flaw::Corrupt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Clock;
    use crate::store::Store;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn change(byte: u8, version: u32) -> SeenChange {
        SeenChange {
            target: ObjectGuid::from([byte; 16]),
            name: format!("person{byte}"),
            version,
            changed: at("2026-03-01T08:00:00Z"),
        }
    }

    #[tokio::test]
    async fn a_look_is_kept_beside_a_running_service_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.db");
        let service = Store::open(&file, Clock::system()).await.unwrap();
        let looks = Looks::open(&file)
            .await
            .unwrap()
            .expect("a place for looks");
        assert_eq!(looks.passwords("ou=staff").await.unwrap(), None);
        assert_eq!(looks.logons("dc1:636").await.unwrap(), None);
        let seen = LogonLook {
            at: at("2026-03-01T09:00:00Z"),
            last_logon: Filetime(5),
            logon_count: 7,
        };
        looks.note_logons("dc1:636", seen).await.unwrap();
        let later = LogonLook {
            logon_count: 9,
            ..seen
        };
        looks.note_logons("dc1:636", later).await.unwrap();
        let both = [change(1, 3), change(2, 8)];
        let noted = looks
            .note_passwords("ou=staff", seen.at, &both, &both[1..])
            .await;
        noted.unwrap();
        service.check_writable().await.unwrap();
        service.close().await;
        looks.close().await;

        let looks = Looks::open(&file).await.unwrap().unwrap();
        assert_eq!(looks.logons("dc1:636").await.unwrap(), Some(later));
        let last = looks.passwords("ou=staff").await.unwrap().unwrap();
        assert_eq!(last.at, seen.at);
        assert!(last.judged.contains(&(ObjectGuid::from([2; 16]), 8)));
        assert_eq!(looks.passwords("ou=other").await.unwrap(), None);
        let found = looks.outside_resets(at("2026-02-01T00:00:00Z")).await;
        assert_eq!(found.unwrap(), [change(2, 8)]);
        let newer = looks.outside_resets(at("2026-03-02T00:00:00Z")).await;
        assert_eq!(newer.unwrap(), []);
    }

    #[tokio::test]
    async fn a_store_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.db");
        assert!(Looks::open(&file).await.is_err());
        assert!(!file.exists());
    }
}
