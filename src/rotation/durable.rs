//! Files that are whole whatever happens: written beside, made durable, then put in place.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Puts `content` in the place of whatever `path` holds, with the owner of `like`. When this
/// returns, the new content is on the disk; after an error, or a crash at any moment, `path` holds
/// either the old or the new.
pub(super) fn replace(path: &Path, content: &[u8], like: &Metadata, mode: u32) -> io::Result<()> {
    let part = beside(path, ".part");
    let written = write(&part, content, like, mode).and_then(|()| fs::rename(&part, path));
    if let Err(error) = written {
        // What is left of it was never used; the next try removes it too.
        fs::remove_file(&part).ok();
        return Err(error);
    }
    sync_folder(path)
}

/// Puts `from` in the place of `to`, in the same folder.
pub(super) fn put_in_place(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder(to)
}

/// Takes a file away; one that is not there is no error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// `path` with `suffix` after its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Opens a file that only its owner reads, who is that of `like`; made now if it is not there.
pub(super) fn open_private(path: &Path, like: &Metadata) -> io::Result<File> {
    let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).mode(0o600);
    let options = options.custom_flags(no_link);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            give_to_owner_of(&file, like)?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}

/// Whether a file can be made where [`replace`] would make one; nothing stays.
pub(super) fn try_out(path: &Path) -> io::Result<()> {
    let part = beside(path, ".part");
    make(&part)?;
    fs::remove_file(&part)
}

/// A new file in the place of what an earlier run left. Root may do this in the folder of another account:
/// a link that stands there is never followed.
fn make(part: &Path) -> io::Result<File> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(part)
}

fn write(part: &Path, content: &[u8], like: &Metadata, mode: u32) -> io::Result<()> {
    let mut file = make(part)?;
    give_to_owner_of(&file, like)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(content)?;
    file.sync_all()
}

fn give_to_owner_of(file: &File, like: &Metadata) -> io::Result<()> {
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

/// A name is durable only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
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
        assert!(open_private(&lock, &like).is_err());
        fs::remove_file(&lock).unwrap();
        assert!(open_private(&lock, &like).is_ok() && open_private(&lock, &like).is_ok());
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
