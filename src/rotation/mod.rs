//! A new password for the service account, made by itself: the account changes its own, for which
//! it needs no right.
//!
//! The order is what makes it safe: the attempt is recorded, the new password is durable beside the
//! old one, then the directory is changed, and only when the new one binds on every domain
//! controller of the settings does it take the old one's place. Until then both are kept, and the
//! directory's client tries both (`directory/credential.rs`). So whatever stops it, the service
//! binds, and the next run finds two passwords and brings the change to its end (`recover`).

mod change;
mod error;
mod place;
mod record;
mod recover;
mod request;
mod schedule;

pub use error::{Fixed, PlaceError, RotationError};
pub use request::ask;
pub use schedule::Pace;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::directory::Directory;
use crate::domain::account::DcName;
use crate::domain::secret::SecretSource;
use crate::domain::time::Clock;
use crate::store::Store;
use place::{Held, Place};

/// How long a few small files may take.
const DISK: Duration = Duration::from_secs(20);

/// What a rotation is told.
#[derive(Debug, Clone)]
pub struct RotationSettings {
    /// Where the password is kept.
    pub source: SecretSource,
    /// By itself after so many days; `None`: never.
    pub every_days: Option<u16>,
    /// The store's file: a command leaves its request beside it.
    pub database: PathBuf,
    /// When to look, and how long.
    pub pace: Pace,
}

/// Changes the service account's password. Cheap to clone; one change at a time.
#[derive(Clone)]
pub struct Rotation(Arc<Parts>);

struct Parts {
    directory: Directory,
    store: Store,
    clock: Clock,
    source: Mutex<SecretSource>,
    every_days: Option<u16>,
    database: PathBuf,
    pace: Pace,
    turn: tokio::sync::Mutex<()>,
}

/// Who wanted a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Somebody at the command line.
    Command,
    /// The password has grown old.
    Schedule,
    /// A change was under way when something stopped it.
    Recovery,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// Where the password is kept now.
    pub file: PathBuf,
    /// It was begun earlier, and only completed now.
    pub completed: bool,
    /// Domain controllers that do not know the new password yet. While there are any, the old one
    /// is kept as well.
    pub waiting: Vec<DcName>,
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        if self.completed {
            f.write_str(
                "The change of the service account's password that had been begun is made",
            )?;
        } else {
            f.write_str("The service account has a new password")?;
        }
        if self.waiting.is_empty() {
            return write!(f, "; it is in {file}.");
        }
        let names: Vec<&str> = self.waiting.iter().map(|dc| dc.0.as_str()).collect();
        write!(
            f,
            ". These domain controllers do not know it yet: {}. Until they do, the old one is kept in {file} and the new \
             one beside it, and Keyward signs in with either; the running service completes it by itself, or run this \
             again.",
            names.join(", ")
        )
    }
}

impl Rotation {
    /// Puts the parts together; does nothing yet.
    pub fn new(
        settings: RotationSettings,
        directory: Directory,
        store: Store,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Parts {
            directory,
            store,
            clock,
            source: Mutex::new(settings.source),
            every_days: settings.every_days,
            database: settings.database,
            pace: settings.pace,
            turn: tokio::sync::Mutex::new(()),
        }))
    }

    /// Gives the account a new password now, or completes a change that was begun. With `to_file`
    /// the password is moved out of the settings file afterwards.
    ///
    /// # Errors
    /// [`RotationError`]; each says what became of the password.
    pub async fn rotate(
        &self,
        why: Why,
        to_file: Option<PathBuf>,
    ) -> Result<Rotated, RotationError> {
        let this = self.clone();
        // A task of its own: a caller that goes away stops nothing in the middle.
        let work = tokio::spawn(async move { this.rotate_to_the_end(why, to_file).await });
        work.await.unwrap_or(Err(RotationError::Interrupted))
    }

    async fn rotate_to_the_end(
        &self,
        why: Why,
        to_file: Option<PathBuf>,
    ) -> Result<Rotated, RotationError> {
        let _turn = self.0.turn.try_lock().map_err(|_| PlaceError::InUse)?;
        let place = self.place()?;
        let _held = self.hold(&place).await?;
        if let Some(target) = to_file.clone() {
            on_disk(&place, move |place| place.may_move_to(&target)).await?;
        }
        let mut rotated = match self.complete(&place).await? {
            Some(completed) => completed,
            None => self.change_anew(&place, why).await?,
        };
        if let Some(target) = to_file
            && rotated.waiting.is_empty()
        {
            self.move_to(target.clone())
                .await
                .map_err(RotationError::NotMoved)?;
            rotated.file = target;
        }
        Ok(rotated)
    }

    async fn move_to(&self, target: PathBuf) -> Result<(), PlaceError> {
        let place = self.place().map_err(|_| PlaceError::OddName)?;
        let source = on_disk(&place, move |place| place.move_to(&target)).await?;
        self.adopt(source);
        Ok(())
    }

    /// Goes on with another source, here and in the directory's client.
    fn adopt(&self, source: SecretSource) {
        self.0.directory.adopt_service_password(source.clone());
        *self.0.source.lock().unwrap_or_else(PoisonError::into_inner) = source;
    }

    fn place(&self) -> Result<Place, Fixed> {
        let source = self.0.source.lock();
        Place::of(&source.unwrap_or_else(PoisonError::into_inner))
    }

    async fn hold(&self, place: &Place) -> Result<Held, PlaceError> {
        on_disk(place, Place::hold).await
    }
}

/// Runs what blocks where it may.
async fn on_disk<T: Send + 'static>(
    place: &Place,
    work: impl FnOnce(&Place) -> Result<T, PlaceError> + Send + 'static,
) -> Result<T, PlaceError> {
    let owned = place.clone();
    let work = tokio::task::spawn_blocking(move || work(&owned));
    match timeout(DISK, work).await {
        Ok(Ok(result)) => result,
        _ => Err(timed_out(place.file())),
    }
}

fn timed_out(file: &Path) -> PlaceError {
    PlaceError::Unreadable(file.to_owned(), std::io::ErrorKind::TimedOut)
}
