//! A change that something stopped: which of two passwords the directory has, and to the end with it.

use secrecy::{ExposeSecret as _, SecretString};

use super::change::{Ground, Next};
use super::error::{PlaceError, RotationError};
use super::place::Place;
use super::{Rotated, Rotation, Why, on_disk};
use crate::directory::{BindRefusal, BindVerdict};
use crate::domain::account::DcName;
use crate::domain::audit::Record;

impl Rotation {
    /// Brings a change to its end that was begun by this process or another one; `None`: there is
    /// none. Attempts without an outcome get theirs.
    ///
    /// # Errors
    /// [`RotationError`].
    pub async fn recover(&self) -> Result<Option<Rotated>, RotationError> {
        let this = self.clone();
        let work = tokio::spawn(async move {
            let _turn = this.0.turn.try_lock().map_err(|_| PlaceError::InUse)?;
            let place = this.place()?;
            let _held = this.hold(&place).await?;
            this.complete(&place).await
        });
        work.await.unwrap_or(Err(RotationError::Interrupted))
    }

    /// Whether something was left: a second password, or an attempt without an outcome.
    pub(super) async fn is_unfinished(&self) -> bool {
        let open = self.open_rotations().await;
        if open.is_ok_and(|open| !open.is_empty()) {
            return true;
        }
        let Ok(place) = self.place() else {
            return false;
        };
        on_disk(&place, Place::next)
            .await
            .is_ok_and(|next| next.is_some())
    }

    /// As [`recover`](Self::recover), by whoever holds the place.
    pub(super) async fn complete(&self, place: &Place) -> Result<Option<Rotated>, RotationError> {
        let next = on_disk(place, Place::next).await?;
        let open = self.open_rotations().await?;
        if next.is_none() && open.is_empty() {
            return Ok(None);
        }
        let first = open.last().and_then(|record| record.entry.dc.clone());
        let mut ground = self.ground(first.map(DcName).as_ref()).await?;
        let Some(next) = next else {
            self.settle(open, ground.set).await;
            return Ok(None);
        };
        let current = on_disk(place, Place::current).await?;
        if current.expose_secret() == next.expose_secret() {
            self.settle(open, ground.set).await;
            on_disk(place, Place::drop_next).await?;
            return Ok(Some(completed(place)));
        }
        // An old password may still bind for an hour after a change, so that only the new one tells.
        match self.0.directory.try_own_password(&ground.dc, &next).await {
            Ok(BindVerdict::Confirmed { .. }) => {
                self.settle(open, ground.set).await;
                // The others are to have at least what this one has.
                ground.set.0 -= 1;
                self.complete_spread(place, &ground, next).await.map(Some)
            }
            Ok(BindVerdict::Refused(BindRefusal::WrongNameOrPassword)) => {
                self.make_again(place, &ground, next, open).await.map(Some)
            }
            Ok(BindVerdict::Refused(refusal)) => Err(RotationError::CannotAsk(refusal)),
            Ok(BindVerdict::SomebodyElse) => Err(RotationError::CannotAsk(BindRefusal::Other)),
            Ok(BindVerdict::Undecided(error)) | Err(error) => {
                Err(RotationError::NobodyToAsk(error))
            }
        }
    }

    /// The change was not made, or not yet: what was sent before a crash may still be on its way.
    /// So it is sent once more, to the same password. If that works, the earlier one never will,
    /// as it names a password that is not the account's any more; if it does not, the earlier one
    /// may have come first.
    async fn make_again(
        &self,
        place: &Place,
        ground: &Ground,
        secret: SecretString,
        open: Vec<Record>,
    ) -> Result<Rotated, RotationError> {
        let next = Next {
            secret: secret.clone(),
            is_fresh: false,
        };
        match self.change(place, ground, next, Why::Recovery).await {
            Ok(mut rotated) => {
                self.settle(open, ground.set).await;
                rotated.completed = true;
                Ok(rotated)
            }
            Err(RotationError::NotChanged(error)) => {
                let now = self.ground(Some(&ground.dc)).await?;
                if now.set == ground.set {
                    return Err(RotationError::NotChanged(error));
                }
                self.settle(open, now.set).await;
                self.complete_spread(place, ground, secret).await
            }
            Err(error) => Err(error),
        }
    }

    async fn complete_spread(
        &self,
        place: &Place,
        ground: &Ground,
        secret: SecretString,
    ) -> Result<Rotated, RotationError> {
        let mut rotated = self.spread(place, ground, secret).await?;
        rotated.completed = true;
        Ok(rotated)
    }
}

fn completed(place: &Place) -> Rotated {
    Rotated {
        file: place.file().to_owned(),
        completed: true,
        waiting: Vec::new(),
    }
}
