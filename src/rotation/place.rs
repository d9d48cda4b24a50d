//! Where the service account's password is kept, and where the one waits that is to follow it.
//!
//! In a file of its own: `FILE`, followed by `FILE.next`, which is renamed over it. In the settings
//! file: the value there, followed by `SETTINGS.next-password`. Everything here blocks.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, FlockOperation, StatxAttributes, StatxFlags};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::error::{Fixed, PlaceError};
use crate::config::PasswordText;
use crate::domain::secret::{SecretSource, is_handed_over};
use crate::durable;

/// Longer than any settings file.
const LONGEST: u64 = 1 << 20;
/// The mode of a file with nothing but a secret in it.
const PRIVATE: u32 = 0o600;

/// A place that can be written.
#[derive(Debug, Clone)]
pub(super) struct Place {
    source: SecretSource,
    /// Links followed.
    file: PathBuf,
    next: PathBuf,
}

/// Nobody else changes the password while this lives, on any host that shares the file.
#[derive(Debug)]
pub(super) struct Held {
    _lock: File,
}

impl Place {
    /// Looks where `source` is kept; nothing is written.
    ///
    /// # Errors
    /// The place cannot be written at all.
    pub(super) fn of(source: &SecretSource) -> Result<Self, Fixed> {
        let named = source.file().ok_or(Fixed::Environment)?;
        let missing = || Fixed::Missing(named.to_owned());
        let file = named.canonicalize().map_err(|_| missing())?;
        if is_handed_over(&file) {
            return Err(Fixed::HandedOver(file));
        }
        if is_mounted(&file) {
            return Err(Fixed::Mounted(file));
        }
        let next = source.next_beside(&file).ok_or_else(missing)?;
        Ok(Self {
            source: source.clone(),
            file,
            next,
        })
    }

    /// The file that holds it.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Takes the lock beside the file, and makes sure that files can be made there.
    ///
    /// # Errors
    /// Somebody else has it, or the folder cannot be written.
    pub(super) fn hold(&self) -> Result<Held, PlaceError> {
        let like = self.metadata()?;
        let read_only = |error: io::Error| PlaceError::NotWritable(self.file.clone(), error.kind());
        let lock = durable::beside(&self.file, ".lock");
        let lock = durable::open_private(&lock, Some(&like)).map_err(read_only)?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(PlaceError::InUse),
            Err(error) => return Err(read_only(error.into())),
        }
        durable::try_out(&self.next).map_err(read_only)?;
        Ok(Held { _lock: lock })
    }

    /// The password as it stands there now.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn current(&self) -> Result<SecretString, PlaceError> {
        let text = read(&self.file).map_err(|why| unreadable(&self.file, why))?;
        let password = match &self.source {
            SecretSource::File(_) => line(&text),
            _ => self.setting(text)?.password().clone(),
        };
        if password.expose_secret().is_empty() {
            return Err(unreadable(&self.file, io::ErrorKind::UnexpectedEof));
        }
        Ok(password)
    }

    /// The password that waits to follow; `None`: no change is under way.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn next(&self) -> Result<Option<SecretString>, PlaceError> {
        match read(&self.next) {
            Ok(text) => Ok(Some(line(&text)).filter(|next| !next.expose_secret().is_empty())),
            Err(io::ErrorKind::NotFound) => Ok(None),
            Err(why) => Err(unreadable(&self.next, why)),
        }
    }

    /// Makes `new` durable as the one that is to follow.
    ///
    /// # Errors
    /// It is not there then.
    pub(super) fn keep_next(&self, new: &SecretString) -> Result<(), PlaceError> {
        let like = self.metadata()?;
        durable::replace(&self.next, &as_line(new), &like, PRIVATE)
            .map_err(|error| PlaceError::NotWritable(self.next.clone(), error.kind()))
    }

    /// Forgets the one that was to follow.
    ///
    /// # Errors
    /// It may still be there.
    pub(super) fn drop_next(&self) -> Result<(), PlaceError> {
        durable::remove(&self.next)
            .map_err(|error| PlaceError::NotWritable(self.next.clone(), error.kind()))
    }

    /// Makes `new`, which waits, the one that counts. What the settings hold stays beside it until
    /// [`drop_next`](Self::drop_next). The source to go on with.
    ///
    /// # Errors
    /// Both are there as before.
    pub(super) fn commit(&self, new: &SecretString) -> Result<SecretSource, PlaceError> {
        let SecretSource::InSettings { file, .. } = &self.source else {
            durable::put_in_place(&self.next, &self.file)
                .map_err(|error| PlaceError::NotWritable(self.file.clone(), error.kind()))?;
            return Ok(self.source.clone());
        };
        let text = read(&self.file).map_err(|why| unreadable(&self.file, why))?;
        let text = self.setting(text)?.with_password(new);
        self.rewrite(&text.map_err(|why| PlaceError::Settings(self.file.clone(), why))?)?;
        Ok(SecretSource::InSettings {
            value: new.clone(),
            file: file.clone(),
        })
    }

    /// Whether [`move_to`](Self::move_to) can do it: nothing is written.
    ///
    /// # Errors
    /// The password does not stand in the settings, or something else is where it is to go.
    pub(super) fn may_move_to(&self, target: &Path) -> Result<(), PlaceError> {
        if !matches!(self.source, SecretSource::InSettings { .. }) {
            return Err(PlaceError::NotInSettings(self.file.clone()));
        }
        let text = read(&self.file).map_err(|why| unreadable(&self.file, why))?;
        let moved = self.setting(text)?.with_password_file(target);
        moved.map_err(|_| PlaceError::OddName)?;
        match read(target) {
            // Said before the directory is changed, not after.
            Err(io::ErrorKind::NotFound) => takes_files(target),
            // What an earlier move left that did not come to its end.
            Ok(there) if line(&there).expose_secret() == self.current()?.expose_secret() => Ok(()),
            _ => Err(PlaceError::Exists(target.to_owned())),
        }
    }

    /// Moves the password out of the settings into a file, and names that there instead.
    ///
    /// # Errors
    /// The settings are as before.
    pub(super) fn move_to(&self, target: &Path) -> Result<SecretSource, PlaceError> {
        let like = self.metadata()?;
        let text = read(&self.file).map_err(|why| unreadable(&self.file, why))?;
        let setting = self.setting(text)?;
        let text = setting
            .with_password_file(target)
            .map_err(|_| PlaceError::OddName)?;
        durable::replace(target, &as_line(setting.password()), &like, PRIVATE)
            .map_err(|error| PlaceError::NotWritable(target.to_owned(), error.kind()))?;
        self.rewrite(&text)?;
        Ok(SecretSource::File(target.to_owned()))
    }

    fn rewrite(&self, text: &Zeroizing<String>) -> Result<(), PlaceError> {
        let like = self.metadata()?;
        let mode = like.permissions().mode() & 0o7777;
        durable::replace(&self.file, text.as_bytes(), &like, mode)
            .map_err(|error| PlaceError::NotWritable(self.file.clone(), error.kind()))
    }

    fn setting(&self, text: Zeroizing<String>) -> Result<PasswordText, PlaceError> {
        PasswordText::find(&self.file, text)
            .map_err(|why| PlaceError::Settings(self.file.clone(), why))
    }

    fn metadata(&self) -> Result<Metadata, PlaceError> {
        let read = fs::metadata(&self.file);
        read.map_err(|error| unreadable(&self.file, error.kind()))
    }
}

/// A file that is mounted by itself, as containers have them, cannot be replaced.
fn is_mounted(file: &Path) -> bool {
    rustix::fs::statx(CWD, file, AtFlags::empty(), StatxFlags::empty())
        .is_ok_and(|seen| seen.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

fn unreadable(file: &Path, why: io::ErrorKind) -> PlaceError {
    PlaceError::Unreadable(file.to_owned(), why)
}

fn read(path: &Path) -> Result<Zeroizing<String>, io::ErrorKind> {
    let file = File::open(path).map_err(|error| error.kind())?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let mut text = Zeroizing::new(String::with_capacity(
        usize::try_from(size.min(LONGEST)).unwrap_or(0) + 1,
    ));
    let read = file.take(LONGEST + 1).read_to_string(&mut text);
    read.map_err(|error| error.kind())?;
    // Half a settings file, written back, would be the end of the other half.
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LONGEST {
        return Err(io::ErrorKind::FileTooLarge);
    }
    Ok(text)
}

/// The text without the line feed at its end.
fn line(text: &str) -> SecretString {
    let line = text.strip_suffix('\n').unwrap_or(text);
    SecretString::from(line.strip_suffix('\r').unwrap_or(line))
}

fn as_line(secret: &SecretString) -> Zeroizing<Vec<u8>> {
    let secret = secret.expose_secret().as_bytes();
    let mut line = Zeroizing::new(Vec::with_capacity(secret.len() + 1));
    line.extend_from_slice(secret);
    line.push(b'\n');
    line
}

/// Whether a new file can be made there.
fn takes_files(target: &Path) -> Result<(), PlaceError> {
    let folder = target.parent().unwrap_or(Path::new("/"));
    rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|why| PlaceError::NotWritable(target.to_owned(), io::Error::from(why).kind()))
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
