//! The file with the key that signs checkpoints: outside the database, so that whoever can write the
//! database cannot sign; 0600, made at the first start.

use super::{Flaw, StoreError, WriteProblem};
use crate::domain::audit::checkpoint::{CheckpointKey, LogName};
use secrecy::{ExposeSecret as _, SecretString};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
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
        super::file::beside(database, "key")
    }

    /// The key; `None`: there is no such file.
    pub(super) fn read(&self) -> Result<Option<CheckpointKey>, StoreError> {
        const WRONG: StoreError = StoreError::Unusable(Flaw::KeyUnusable);
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(WRONG),
        };
        let readable_by_others = file.metadata().is_ok_and(|m| m.mode() & 0o077 != 0);
        if readable_by_others {
            return Err(StoreError::Unusable(Flaw::KeyExposed));
        }
        let mut text = String::new();
        file.take(LONGEST)
            .read_to_string(&mut text)
            .map_err(|_| WRONG)?;
        let key = CheckpointKey::parse(&SecretString::from(text)).map_err(|_| WRONG)?;
        Ok(Some(key))
    }

    /// Makes a new key, durable before it is used; never over one that is there.
    pub(super) fn make(&self) -> Result<CheckpointKey, StoreError> {
        let text = CheckpointKey::generate(&self.name, &mut rand_core::OsRng);
        let written = write_new(&self.path, text.expose_secret());
        written.map_err(|error| match error.kind() {
            ErrorKind::StorageFull => StoreError::NotWritable(WriteProblem::DiskFull),
            ErrorKind::ReadOnlyFilesystem => StoreError::NotWritable(WriteProblem::ReadOnly),
            _ => StoreError::Unusable(Flaw::KeyUnusable),
        })?;
        CheckpointKey::parse(&text).map_err(|_| StoreError::Unusable(Flaw::KeyUnusable))
    }
}

/// Under another name first: a crash leaves no half of a key behind.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let new = super::file::beside(path, "new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::hard_link(&new, path)?;
    std::fs::remove_file(&new)?;
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
