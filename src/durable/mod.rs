//! Files that are whole whatever happens: written beside, made durable, then put in place; for their owner
//! alone, also where root makes them for the account of the service.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

/// What stands there is a link, a pipe or a folder.
pub const NO_FILE: io::ErrorKind = io::ErrorKind::InvalidInput;

/// Puts `content` in the place of whatever `path` holds, with the owner of `like`. When this
/// returns, the new content is on the disk; after an error, or a crash at any moment, `path` holds
/// either the old or the new.
pub fn replace(path: &Path, content: &[u8], like: &Metadata, mode: u32) -> io::Result<()> {
    let part = beside(path, ".part");
    let written = write(&part, content, like, mode).and_then(|()| fs::rename(&part, path));
    if let Err(error) = written {
        // What is left of it was never used; the next try removes it too.
        fs::remove_file(&part).ok();
        return Err(error);
    }
    sync_folder_of(path)
}

/// Puts `from` in the place of `to`, in the same folder; on the disk when this returns.
pub fn put_in_place(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder_of(to)
}

/// Takes a file away; one that is not there is no error.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder_of(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// `path` with `suffix` after its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Opens a file that only its owner reads; made now, with the owner of `like`, if it is not there.
pub fn open_private(path: &Path, like: Option<&Metadata>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).mode(0o600);
    match open_plain(path, options.clone().create_new(true)) {
        Ok(file) => {
            give_to_owner_of(&file, like)?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open_plain(path, options),
        Err(error) => Err(error),
    }
}

/// Opens what must be a file: who may write in its folder could lead root elsewhere by a link, and keep whoever
/// opens a pipe waiting.
pub fn open_plain(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let flags = i32::try_from(flags).map_err(io::Error::other)?;
    let file = match options.custom_flags(flags).open(path) {
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            Err(NO_FILE.into())
        }
        opened => opened,
    }?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(NO_FILE.into())
    }
}

/// Whether a file can be made where [`replace`] would make one; nothing stays.
pub fn try_out(path: &Path) -> io::Result<()> {
    let part = beside(path, ".part");
    make(&part, None)?;
    fs::remove_file(&part)
}

/// A new file that only the owner of `like` reads, in the place of what an earlier run left. Root may do
/// this in the folder of another account: a link that stands there is never followed.
pub fn make(part: &Path, like: Option<&Metadata>) -> io::Result<File> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(part)?;
    give_to_owner_of(&file, like)?;
    Ok(file)
}

fn write(part: &Path, content: &[u8], like: &Metadata, mode: u32) -> io::Result<()> {
    let mut file = make(part, Some(like))?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(content)?;
    file.sync_all()
}

/// A command that root runs must not make what the service cannot use.
pub fn give_to_owner_of(file: &File, like: Option<&Metadata>) -> io::Result<()> {
    let Some(like) = like else {
        return Ok(());
    };
    let made = file.metadata()?;
    let differs = |made: u32, like: u32| (made != like).then_some(like);
    match (
        differs(made.uid(), like.uid()),
        differs(made.gid(), like.gid()),
    ) {
        (None, None) => Ok(()),
        (user, group) => fchown(file, user, group),
    }
}

/// Like whom root has to make files beside `path`, which is the service's; `None`: this is not root, and
/// what it makes is its own.
pub fn owner_for_root(path: &Path) -> Option<Metadata> {
    if rustix::process::geteuid().is_root() {
        path.metadata().ok()
    } else {
        None
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A name is durable only when its folder is.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_with_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "old").unwrap();
        fs::write(folder.path().join("secret.part"), "left by a crash").unwrap();
        let like = fs::metadata(&path).unwrap();
        replace(&path, b"new", &like, 0o640).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_that_somebody_put_there_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("secret"), folder.path().join("other"));
        fs::write(&path, "old").unwrap();
        fs::write(&other, "of somebody else").unwrap();
        let like = fs::metadata(&path).unwrap();
        let lock = folder.path().join("secret.lock");
        std::os::unix::fs::symlink(&other, &lock).unwrap();
        assert!(open_private(&lock, Some(&like)).is_err());
        fs::remove_file(&lock).unwrap();
        assert!(
            open_private(&lock, Some(&like)).is_ok() && open_private(&lock, Some(&like)).is_ok()
        );
        let part = folder.path().join("secret.part");
        let new = |path: &Path| replace(path, b"new", &like, 0o600);
        for replaces in [false, true] {
            std::os::unix::fs::symlink(&other, &part).unwrap();
            let made = if replaces { new(&path) } else { try_out(&path) };
            made.unwrap();
            assert_eq!(fs::read_to_string(&other).unwrap(), "of somebody else");
            assert!(!part.exists());
        }
    }

    #[test]
    fn a_file_that_cannot_be_replaced_stays_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::create_dir(&path).unwrap();
        let like = fs::metadata(&path).unwrap();
        assert!(replace(&path, b"new", &like, 0o600).is_err());
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let missing = folder.path().join("no").join("secret");
        assert!(replace(&missing, b"new", &like, 0o600).is_err());
    }
}
