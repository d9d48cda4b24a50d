//! The file with the key that signs checkpoints: outside the database, so that whoever can write the
//! database cannot sign; 0600, made at the first start.

use super::{Flaw, StoreError, WriteProblem};
use crate::domain::audit::checkpoint::{CheckpointKey, LogName};
use crate::domain::secret::is_handed_over;
use crate::durable;
use secrecy::{ExposeSecret as _, SecretString};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A key file has about 250 bytes.
const LONGEST: u64 = 4096;

/// Where the key is kept, and the name that a new one gets.
#[derive(Debug, Clone)]
pub struct KeyFile {
    /// The file.
    pub path: PathBuf,
    /// The log's name, for a new key.
    pub name: LogName,
}

impl KeyFile {
    /// The file beside the database that is used where the settings name no other: `<db>.key`.
    pub fn beside(database: &Path) -> PathBuf {
        durable::beside(database, ".key")
    }

    /// Where the newest checkpoint is kept outside `database`: beside its `key`, or beside itself.
    pub fn kept_notes(database: &Path, key: &Path) -> [PathBuf; 2] {
        [key, database].map(|file| durable::beside(file, ".signed"))
    }

    /// All that says outside `database` how long its log was: `.lock`, and the kept notes.
    pub fn notes(database: &Path, key: &Path) -> [PathBuf; 3] {
        let [beside_key, beside_database] = Self::kept_notes(database, key);
        let lock = durable::beside(database, ".lock");
        [lock, beside_key, beside_database]
    }

    /// The verifier key of the key in a file; `None`: there is no such file.
    ///
    /// # Errors
    /// It is no key, or others may read it.
    pub fn verifier(path: &Path) -> Result<Option<String>, StoreError> {
        let key = read(path)?;
        Ok(key.map(|key| key.verifier().to_owned()))
    }

    /// The key; `None`: there is no such file.
    pub(super) fn read(&self) -> Result<Option<CheckpointKey>, StoreError> {
        read(&self.path)
    }

    /// Brings a change of the key to its end that was recorded and then interrupted: the log's newest key
    /// is the one that lies beside the file. `true`: it did.
    pub(super) fn complete(&self, newest: &str) -> Result<bool, StoreError> {
        let prepared = self.prepared();
        // What is half written, or of no use, was never recorded.
        let key = read(&prepared.new).unwrap_or_default();
        if key.is_none_or(|key| key.verifier() != newest) {
            return Ok(false);
        }
        prepared.put_in_place()?;
        Ok(true)
    }

    fn prepared(&self) -> Prepared {
        Prepared {
            new: durable::beside(&self.path, ".new"),
            path: self.path.clone(),
        }
    }

    #[cfg(test)]
    fn make(&self) -> Result<CheckpointKey, StoreError> {
        let (key, prepared) = self.prepare(&self.name, None)?;
        prepared.put_in_place()?;
        Ok(key)
    }

    /// Writes a new key beside the file, durable, for the owner of `like` where that is given.
    pub(super) fn prepare(
        &self,
        name: &LogName,
        like: Option<&Metadata>,
    ) -> Result<(CheckpointKey, Prepared), StoreError> {
        let text = CheckpointKey::generate(name, &mut rand_core::OsRng);
        let key = CheckpointKey::parse(&text).map_err(|_| WRONG)?;
        let prepared = self.prepared();
        prepared
            .write(text.expose_secret(), like)
            .map_err(|error| told(&error))?;
        Ok((key, prepared))
    }
}

/// A new file that is on the disk under another name, so that a crash leaves no half of it.
pub(super) struct Prepared {
    new: PathBuf,
    path: PathBuf,
}

impl Prepared {
    fn write(&self, text: &str, like: Option<&Metadata>) -> io::Result<()> {
        let mut file = durable::make(&self.new, like)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// Gives it its name; what had the name is gone. The store's lock is held, so nobody else does this.
    pub(super) fn put_in_place(self) -> Result<(), StoreError> {
        durable::put_in_place(&self.new, &self.path).map_err(|error| told(&error))
    }
}

const WRONG: StoreError = StoreError::Unusable(Flaw::KeyUnusable);

fn read(path: &Path) -> Result<Option<CheckpointKey>, StoreError> {
    // Links are followed first: a link in a managed folder may lead out of it.
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err(WRONG),
    };
    // A pipe would keep the opening waiting.
    if !real.is_file() {
        return Err(WRONG);
    }
    let file = File::open(&real).map_err(|_| WRONG)?;
    let open_to_others = file.metadata().map_err(|_| WRONG)?.mode() & 0o077 != 0;
    if open_to_others && !is_handed_over(&real) {
        return Err(StoreError::Unusable(Flaw::KeyExposed));
    }
    let mut text = String::new();
    file.take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|_| WRONG)?;
    let key = CheckpointKey::parse(&SecretString::from(text)).map_err(|_| WRONG)?;
    Ok(Some(key))
}

pub(super) fn told(error: &io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull => StoreError::NotWritable(WriteProblem::DiskFull),
        ErrorKind::ReadOnlyFilesystem => StoreError::NotWritable(WriteProblem::ReadOnly),
        _ => StoreError::Unusable(Flaw::KeyNotMade),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    struct Place {
        _folder: tempfile::TempDir,
        file: KeyFile,
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile {
            path: folder.path().join("the.key"),
            name: "keyward.example/audit".parse().unwrap(),
        };
        Place {
            _folder: folder,
            file,
        }
    }

    fn refused(file: &KeyFile) -> StoreError {
        file.read().err().unwrap()
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_only_and_read_again() {
        let place = place();
        assert!(place.file.read().unwrap().is_none());
        let made = place.file.make().unwrap();
        assert!(made.verifier().starts_with("keyward.example/audit+"));
        assert_eq!(
            fs::metadata(&place.file.path).unwrap().mode() & 0o7777,
            0o600
        );
        let read = place.file.read().unwrap().unwrap();
        assert_eq!(read.verifier(), made.verifier());
        let left: Vec<_> = fs::read_dir(place.file.path.parent().unwrap())
            .unwrap()
            .collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let place = place();
        place.file.make().unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&place.file.path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(refused(&place.file), StoreError::Unusable(Flaw::KeyExposed));
        }
        fs::set_permissions(&place.file.path, Permissions::from_mode(0o400)).unwrap();
        assert!(place.file.read().unwrap().is_some());
    }

    #[test]
    fn what_is_no_whole_key_is_refused_and_never_overwritten() {
        let place = place();
        place.file.make().unwrap();
        let whole = fs::read_to_string(&place.file.path).unwrap();
        let other = CheckpointKey::generate(&place.file.name, &mut rand_core::OsRng);
        let mixed = format!(
            "{}\n{}\n",
            whole.lines().next().unwrap(),
            other.expose_secret().lines().nth(1).unwrap()
        );
        let half = whole.split_at(whole.len() / 3).0.to_owned();
        for text in [
            String::new(),
            half,
            whole.repeat(2),
            mixed,
            "\0".repeat(5000),
        ] {
            fs::write(&place.file.path, &text).unwrap();
            assert_eq!(refused(&place.file), WRONG, "{text}");
            assert_eq!(fs::read_to_string(&place.file.path).unwrap(), text);
        }
        fs::remove_file(&place.file.path).unwrap();
        fs::create_dir(&place.file.path).unwrap();
        assert_eq!(refused(&place.file), WRONG);
    }

    #[test]
    fn a_link_is_followed_to_read_and_never_to_write() {
        let place = place();
        place.file.make().unwrap();
        let real = place.file.path.with_extension("real");
        fs::rename(&place.file.path, &real).unwrap();
        symlink(&real, &place.file.path).unwrap();
        assert!(place.file.read().unwrap().is_some());
        fs::set_permissions(&real, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(refused(&place.file), StoreError::Unusable(Flaw::KeyExposed));
        // Somebody who knows the name under which a key is prepared gets nothing by it.
        fs::remove_file(&place.file.path).unwrap();
        let trap = place.file.path.with_extension("trap");
        fs::write(&trap, "").unwrap();
        symlink(&trap, durable::beside(&place.file.path, ".new")).unwrap();
        place.file.make().unwrap();
        assert_eq!(fs::read_to_string(&trap).unwrap(), "");
        assert!(fs::symlink_metadata(&place.file.path).unwrap().is_file());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_as_the_reason() {
        let mut place = place();
        place.file.path = place.file.path.join("no/such.key");
        let error = place.file.make().err();
        assert_eq!(error, Some(StoreError::Unusable(Flaw::KeyNotMade)));
    }
}
