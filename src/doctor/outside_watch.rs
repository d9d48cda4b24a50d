//! The look for resets outside Keyward while the service runs: at the start and once a day.

use super::outside_confirm::{BorneOut, Verdict, confirm};
use super::outside_use::{OutsideUseError, look};
use crate::directory::Directory;
use crate::domain::identity::Dn;
use crate::domain::time::Clock;
use crate::store::{AuditReader, Looks, SeenChange, StoreError};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::sleep;

/// Between two looks.
const DAILY: Duration = Duration::from_hours(24);
/// After a look that could not be made.
const AFTER_FAILURE: Duration = Duration::from_mins(5);
/// The first one waits until the service has begun to serve.
const AT_START: Duration = Duration::from_secs(5);

/// So many resets that cannot be confirmed any more are recorded in one look: whoever writes into the database does not
/// fill the log.
const MOST_UNCONFIRMED: usize = 20;

/// What is looked at.
#[derive(Debug, Clone)]
pub struct OutsideWatch {
    /// The store's file.
    pub database: PathBuf,
    /// The user OU.
    pub scope: Dn,
}

impl OutsideWatch {
    /// Looks again and again. `record` puts one reset on record; what `doctor` found in between is
    /// recorded too. Each is read again from the directory first. Ends when it is dropped.
    pub async fn keep<F>(
        &self,
        directory: &Directory,
        clock: &Clock,
        record: impl Fn(SeenChange, BorneOut) -> F,
    ) where
        F: Future<Output = Result<(), StoreError>>,
    {
        sleep(AT_START).await;
        loop {
            let pause = match self.look_once(directory, clock, &record).await {
                Ok(()) => DAILY,
                Err(error) => {
                    tracing::warn!(%error, "resets outside Keyward could not be looked for now");
                    AFTER_FAILURE
                }
            };
            sleep(pause).await;
        }
    }

    async fn look_once<F>(
        &self,
        directory: &Directory,
        clock: &Clock,
        record: impl Fn(SeenChange, BorneOut) -> F,
    ) -> Result<(), OutsideUseError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        // The service has just opened the store, so its tables are there.
        let Some(looks) = Looks::open(&self.database).await? else {
            return Ok(());
        };
        let log = AuditReader::open(&self.database).await?;
        look(directory, &log, &looks, &self.scope, clock.now(), |_| ()).await?;
        let mut unconfirmed = 0;
        loop {
            let mut is_done = true;
            for noted in looks.not_recorded().await? {
                match confirm(directory, &log, &noted, clock.now()).await? {
                    Verdict::NotYet => continue,
                    Verdict::Denied => {
                        tracing::warn!(target.guid = %noted.target, "the database noted a reset outside Keyward that the directory \
                            knows nothing of; it was taken out and is not recorded");
                        looks.forget(&noted).await?;
                    }
                    Verdict::Record(change, borne_out) => {
                        unconfirmed += usize::from(borne_out == BorneOut::NotAnyMore);
                        if borne_out == BorneOut::Yes || unconfirmed <= MOST_UNCONFIRMED {
                            say(&change, borne_out);
                            record(change, borne_out).await?;
                        }
                        looks.note_recorded(&noted).await?;
                    }
                }
                is_done = false;
            }
            if is_done {
                break;
            }
        }
        if unconfirmed > MOST_UNCONFIRMED {
            tracing::warn!(
                unconfirmed,
                "more resets were noted than are recorded where the directory does not bear them out any more"
            );
        }
        looks.close().await;
        Ok(())
    }
}

fn say(change: &SeenChange, borne_out: BorneOut) {
    let guid = change.target;
    match borne_out {
        BorneOut::Yes => tracing::warn!(
            target.guid = %guid,
            "a password was reset that the log does not know; if no administrator of yours did it, somebody knows the service \
             account's password: keyward doctor"
        ),
        BorneOut::NotAnyMore => tracing::warn!(
            target.guid = %guid,
            "a reset outside Keyward was noted that the directory does not bear out any more: the password was changed since"
        ),
    }
}
