//! The steps of one change, and the spreading of what was changed to the other controllers.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::{Instant, sleep};

use super::error::RotationError;
use super::place::Place;
use super::{Rotated, Rotation, Why, on_disk, record};
use crate::directory::{BindVerdict, DirectoryError, ServiceAccount, WriteError};
use crate::domain::account::DcName;
use crate::domain::audit::AuditResult;
use crate::domain::password::{AccountNames, NewPassword};
use crate::domain::time::Filetime;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(300);

/// Which account is changed, and on which controller.
pub(super) struct Ground {
    pub account: ServiceAccount,
    pub dc: DcName,
    /// `pwdLastSet` there, before.
    pub set: Filetime,
}

/// A password, and whether this run is the first to use it.
pub(super) struct Next {
    pub secret: SecretString,
    pub is_fresh: bool,
}

impl Rotation {
    /// A password that was never used before.
    pub(super) async fn change_anew(
        &self,
        place: &Place,
        why: Why,
    ) -> Result<Rotated, RotationError> {
        let ground = self.ground(None).await?;
        let names = AccountNames {
            sam: &ground.account.sam,
            display: "",
        };
        let random = &mut |bytes: &mut [u8]| getrandom::fill(bytes);
        let new = NewPassword::for_service(&names, random).map_err(|_| RotationError::Random)?;
        let next = Next {
            secret: SecretString::from(new.expose()),
            is_fresh: true,
        };
        self.change(place, &ground, next, why).await
    }

    /// The account as the directory has it, and the first controller that takes writes; `first`, if
    /// it is one of them.
    ///
    /// That it can be read at all means that one of the passwords at hand is right: whoever tries
    /// another one after it does so at most once.
    pub(super) async fn ground(&self, first: Option<&DcName>) -> Result<Ground, RotationError> {
        let directory = &self.0.directory;
        let account = directory.service_account().await;
        let account = account.map_err(RotationError::NotChanged)?;
        let mut controllers = directory.domain_controllers();
        controllers.sort_by_key(|dc| first != Some(dc));
        for dc in controllers {
            match directory.dc_status(&dc, account.guid).await {
                Ok(status) if status.writable => {
                    return Ok(Ground {
                        account,
                        dc,
                        set: status.password_last_set,
                    });
                }
                Ok(_) => tracing::debug!(dc = dc.0, "a read-only domain controller is passed over"),
                Err(error) => tracing::debug!(dc = dc.0, error = %error, "passed over"),
            }
        }
        Err(RotationError::NoWritable)
    }

    /// Attempt, new password durable, change, outcome; then [`spread`](Self::spread).
    pub(super) async fn change(
        &self,
        place: &Place,
        ground: &Ground,
        next: Next,
        why: Why,
    ) -> Result<Rotated, RotationError> {
        let old = on_disk(place, Place::current).await?;
        let attempt = self
            .begin(&ground.account, &ground.dc, ground.set, why)
            .await?;
        if next.is_fresh {
            let secret = next.secret.clone();
            if let Err(error) = on_disk(place, move |place| place.keep_next(&secret)).await {
                self.conclude(&attempt, AuditResult::Failed, Some("not_stored"))
                    .await;
                return Err(error.into());
            }
        }
        let directory = &self.0.directory;
        match directory
            .change_own_password(&ground.dc, &old, &next.secret)
            .await
        {
            Ok(()) => {}
            Err(WriteError::AnswerLost) => {
                if !self.is_changed(ground).await {
                    // The attempt stays open: a later run finds out what became of it.
                    return Err(RotationError::Unknown);
                }
            }
            Err(WriteError::NotChanged(error)) => {
                let policy = error == DirectoryError::PasswordPolicy;
                let result = if policy {
                    AuditResult::Refused
                } else {
                    AuditResult::Failed
                };
                self.conclude(&attempt, result, Some(record::code(&error)))
                    .await;
                if (next.is_fresh || policy) && self.is_as_before(ground).await {
                    on_disk(place, Place::drop_next).await?;
                }
                return Err(RotationError::NotChanged(error));
            }
            Err(WriteError::OtherPermit) => return Err(RotationError::Unknown),
        }
        self.conclude(&attempt, AuditResult::Ok, None).await;
        tracing::info!(dc = ground.dc.0, "the service account has a new password");
        self.spread(place, ground, next.secret).await
    }

    /// Whether the controller shows that the password was not set since. After a crash it may have been, to
    /// the very one that waits, by what was sent before: then even a refusal must not lead to forgetting it.
    async fn is_as_before(&self, ground: &Ground) -> bool {
        let directory = &self.0.directory;
        let status = directory.dc_status(&ground.dc, ground.account.guid).await;
        status.is_ok_and(|status| status.password_last_set == ground.set)
    }

    /// After a lost answer: whether the password was set since.
    async fn is_changed(&self, ground: &Ground) -> bool {
        let end = Instant::now() + self.0.pace.look_for;
        while Instant::now() < end {
            let status = self
                .0
                .directory
                .dc_status(&ground.dc, ground.account.guid)
                .await;
            if status.is_ok_and(|status| status.password_last_set != ground.set) {
                return true;
            }
            sleep(PAUSE).await;
        }
        false
    }

    /// Waits until `new` binds on every controller, then makes it the one that counts.
    ///
    /// A controller is asked for `pwdLastSet` first: a password that it does not know yet would be
    /// counted as wrong.
    pub(super) async fn spread(
        &self,
        place: &Place,
        ground: &Ground,
        new: SecretString,
    ) -> Result<Rotated, RotationError> {
        let mut waiting = self.0.directory.domain_controllers();
        let mut refused = Vec::new();
        let end = Instant::now() + self.0.pace.spread;
        loop {
            let mut still = Vec::new();
            for dc in waiting {
                match self.knows(&dc, ground, &new).await {
                    Knows::Yes => {}
                    Knows::NotYet => still.push(dc),
                    Knows::Refused => refused.push(dc),
                }
            }
            waiting = still;
            if waiting.is_empty() || Instant::now() >= end {
                break;
            }
            sleep(PAUSE).await;
        }
        waiting.extend(refused);
        let mut file = place.file().to_owned();
        if waiting.is_empty() {
            file = self.commit(place, new).await?;
        }
        Ok(Rotated {
            file,
            completed: false,
            waiting,
        })
    }

    async fn knows(&self, dc: &DcName, ground: &Ground, new: &SecretString) -> Knows {
        let directory = &self.0.directory;
        let status = directory.dc_status(dc, ground.account.guid).await;
        // The controller that was written to has another time than before; the others follow.
        let Ok(status) = status else {
            return Knows::NotYet;
        };
        if status.password_last_set <= ground.set {
            return Knows::NotYet;
        }
        match directory.try_own_password(dc, new).await {
            Ok(BindVerdict::Confirmed { .. }) => Knows::Yes,
            Ok(BindVerdict::Undecided(_)) | Err(_) => Knows::NotYet,
            Ok(BindVerdict::Refused(_) | BindVerdict::SomebodyElse) => Knows::Refused,
        }
    }

    /// Puts `new` where the old one is. From here on there is one password again.
    pub(super) async fn commit(
        &self,
        place: &Place,
        new: SecretString,
    ) -> Result<std::path::PathBuf, RotationError> {
        let committed = on_disk(place, move |place| place.commit(&new)).await;
        let source = committed.map_err(RotationError::NotCommitted)?;
        self.adopt(source);
        on_disk(place, Place::drop_next)
            .await
            .map_err(RotationError::NotCommitted)?;
        Ok(place.file().to_owned())
    }
}

/// Whether a controller lets the account in with the new password.
enum Knows {
    Yes,
    NotYet,
    /// Asked once, and not again in this run.
    Refused,
}
