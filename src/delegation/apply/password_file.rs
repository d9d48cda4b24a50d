//! The file with the service account's password, while the account is being made: durable before
//! the directory hears of it, readable by its owner only, never half written.

use crate::domain::password::NewPassword;
use crate::durable;
use secrecy::{ExposeSecret as _, SecretString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A password file is a line.
const FILE_LIMIT: u64 = 4096;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{file} cannot be read: {reason}", file = .0.display(), reason = .1)]
    Unreadable(PathBuf, #[source] io::Error),
    /// It holds something else than a line of text.
    #[error("{file} does not hold one line of text", file = .0.display())]
    NotALine(PathBuf),
    /// It cannot be written.
    #[error(
        "{file} cannot be written: {reason}. Where it is made at start (a systemd credential, a container secret), \
         name the source of it for this command: KEYWARD__SERVICE_ACCOUNT__PASSWORD_FILE=…", file = .0.display(), reason = why_not(.1)
    )]
    Unwritable(PathBuf, #[source] io::Error),
}

fn why_not(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "its folder is not there; make it, for the account of the service alone (mode 700)".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "this account may not make files in its folder; run this as the account of the service, or as root".to_owned()
        }
        _ => error.to_string(),
    }
}

/// The password in it; `None` where there is no file, or an empty one.
///
/// # Errors
/// [`FileError`].
pub fn look(path: &Path) -> Result<Option<SecretString>, FileError> {
    let unreadable = |error| FileError::Unreadable(path.to_owned(), error);
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(unreadable)?,
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(512));
    let read = file.take(FILE_LIMIT + 1).read_to_end(&mut bytes);
    let length = read.map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes).ok();
    let text = text.filter(|_| u64::try_from(length).is_ok_and(|length| length <= FILE_LIMIT));
    let text = text.ok_or_else(|| FileError::NotALine(path.to_owned()))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains(char::is_control) {
        return Err(FileError::NotALine(path.to_owned()));
    }
    Ok((!line.is_empty()).then(|| SecretString::from(line)))
}

/// Writes it, on disk when this returns. It takes the place of an empty file and of no other.
///
/// # Errors
/// [`FileError`]; there is no new file then.
pub fn write_new(path: &Path, password: &NewPassword) -> Result<(), FileError> {
    write(path, password).map_err(|error| FileError::Unwritable(path.to_owned(), error))
}

/// Whether a new file could be made there, for a dry run.
///
/// # Errors
/// [`FileError`]: what [`write_new`] would say of the folder.
pub fn could_write(path: &Path) -> Result<(), FileError> {
    use rustix::fs::Access;
    rustix::fs::access(durable::folder_of(path), Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| FileError::Unwritable(path.to_owned(), error.into()))
}

fn write(path: &Path, password: &NewPassword) -> io::Result<()> {
    let beside = durable::beside(path, ".being-made");
    let made = fill(&beside, path, password).and_then(|()| put(&beside, path));
    if made.is_err() {
        // The error that is told is the first one.
        std::fs::remove_file(&beside).ok();
    }
    made?;
    durable::sync_folder_of(path)
}

/// In the place of what is left of a run that was cut off: no account has that password.
fn fill(beside: &Path, path: &Path, password: &NewPassword) -> io::Result<()> {
    let mut like = None;
    if rustix::process::geteuid().is_root() {
        // The service may not be root: the file belongs to whom its place belongs to.
        let place = std::fs::symlink_metadata(path);
        like = Some(place.or_else(|_| std::fs::metadata(durable::folder_of(path)))?);
    }
    let mut file = durable::make(beside, like.as_ref())?;
    file.write_all(password.expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// A link is made where nothing is; an empty file is replaced.
fn put(beside: &Path, path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_file() && there.len() == 0 => std::fs::rename(beside, path),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::fs::hard_link(beside, path)?;
            std::fs::remove_file(beside)
        }
        Err(error) => Err(error),
    }
}

/// Takes a file away again that holds `password`, which no account got.
///
/// # Errors
/// [`FileError`].
pub fn take_back(path: &Path, password: &NewPassword) -> Result<(), FileError> {
    let same = look(path)?.is_some_and(|there| there.expose_secret() == password.expose());
    if same {
        std::fs::remove_file(path)
            .map_err(|error| FileError::Unwritable(path.to_owned(), error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::password::AccountNames;
    use std::os::unix::fs::PermissionsExt as _;

    fn fresh() -> NewPassword {
        let names = AccountNames {
            sam: "svc",
            display: "",
        };
        NewPassword::for_service(&names, &mut |buffer| getrandom::fill(buffer)).expect("random")
    }

    #[test]
    fn the_file_is_private_and_holds_the_password_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        assert!(look(&path).expect("looked at").is_none());
        let password = fresh();
        write_new(&path, &password).expect("written");
        let mode = std::fs::metadata(&path)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, 0o600);
        let there = look(&path).expect("looked at").expect("a password");
        assert_eq!(there.expose_secret(), password.expose());
        assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 1);
    }

    #[test]
    fn a_password_that_is_there_is_never_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, "old\n").expect("written");
        assert!(write_new(&path, &fresh()).is_err());
        assert_eq!(std::fs::read(&path).expect("read"), b"old\n");
        assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 1);
        take_back(&path, &fresh()).expect("looked at");
        assert!(path.exists(), "another password is not taken away");
    }

    #[test]
    fn an_empty_file_and_what_a_cut_off_run_left_are_in_nobodys_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, "").expect("written");
        std::fs::write(folder.path().join("secret.being-made"), "half").expect("written");
        assert!(look(&path).expect("looked at").is_none());
        let password = fresh();
        write_new(&path, &password).expect("written");
        let there = look(&path).expect("looked at").expect("a password");
        assert_eq!(there.expose_secret(), password.expose());
        take_back(&path, &password).expect("taken back");
        assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0);
    }

    #[test]
    fn what_is_no_line_of_text_is_no_password() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        for bytes in [&b"a\nb\n"[..], b"\xff", &[b'x'; 5_000]] {
            std::fs::write(&path, bytes).expect("written");
            assert!(matches!(look(&path), Err(FileError::NotALine(_))));
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_said() {
        let error = write_new(Path::new("/nowhere/at/all"), &fresh()).expect_err("refused");
        let said = error.to_string();
        assert!(
            said.starts_with("/nowhere/at/all cannot be written: its folder is not there; "),
            "{said}"
        );
        let before = could_write(Path::new("/nowhere/at/all")).expect_err("refused");
        assert_eq!(before.to_string(), said);
        let folder = tempfile::tempdir().expect("a folder");
        could_write(&folder.path().join("secret")).expect("it could");
    }
}
