//! The folder of the archives: names of files, and making them so that a crash leaves nothing half.

use super::ArchiveError;
use crate::domain::audit::archive_name;
use crate::durable;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The end of each archive's name.
const END: &str = ".jsonl.zst";
/// The file that is being written; whole archives have another name.
const PART: &str = ".audit.part";

/// The folder of one log's archives.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
    /// The log's database: what is made here has the same owner.
    database: PathBuf,
}

fn range(name: &str) -> Option<(u64, u64)> {
    let (first, next) = name
        .strip_prefix("audit-")?
        .strip_suffix(END)?
        .split_once('-')?;
    let (first, next) = (first.parse().ok()?, next.parse().ok()?);
    (archive_name(first, next) == name).then_some((first, next))
}

impl Folder {
    pub(super) fn new(path: &Path, database: &Path) -> Self {
        Self {
            path: path.to_owned(),
            database: database.to_owned(),
        }
    }

    /// A file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The file that is being written.
    pub(super) fn part(&self) -> PathBuf {
        self.file(PART)
    }

    /// Makes the folder if it is not there; nobody but the log's owner may look into it.
    pub(super) fn make(&self) -> Result<(), ArchiveError> {
        if self.path.is_dir() {
            return Ok(());
        }
        let made = fs::DirBuilder::new()
            .mode(0o700)
            .create(&self.path)
            .and_then(|()| {
                let like = fs::metadata(&self.database)?;
                durable::give_to_owner_of(&File::open(&self.path)?, Some(&like))
            })
            .and_then(|()| durable::sync_folder_of(&self.path));
        made.map_err(|error| self.problem(&error))
    }

    /// Whether the folder is there.
    pub(super) fn is_there(&self) -> bool {
        self.path.is_dir()
    }

    /// A new, empty file to write to, in place of what a crash left.
    pub(super) fn begin(&self) -> Result<File, ArchiveError> {
        fs::metadata(&self.database)
            .and_then(|like| durable::make(&self.part(), Some(&like)))
            .map_err(|error| self.problem(&error))
    }

    /// Gives the file that was written its name. On the disk when this returns.
    pub(super) fn finish(&self, name: &str) -> Result<(), ArchiveError> {
        durable::put_in_place(&self.part(), &self.file(name)).map_err(|error| self.problem(&error))
    }

    /// Takes away what a crash left of a file.
    pub(super) fn sweep(&self) -> Result<(), ArchiveError> {
        durable::remove(&self.part()).map_err(|error| self.problem(&error))
    }

    /// Takes an archive away; one that is not there is no error.
    pub(super) fn remove(&self, name: &str) -> Result<(), ArchiveError> {
        durable::remove(&self.file(name)).map_err(|error| self.problem(&error))
    }

    /// Archives that begin with this record, by where they end: at most one, unless the folder belongs
    /// to several logs.
    pub(super) fn beginning_with(&self, first: u64) -> Result<Vec<u64>, ArchiveError> {
        let found = || {
            let mut found = Vec::new();
            for entry in fs::read_dir(&self.path)? {
                let name = entry?.file_name();
                if let Some((from, next)) = name.to_str().and_then(range)
                    && from == first
                {
                    found.push(next);
                }
            }
            Ok(found)
        };
        found().map_err(|error: io::Error| self.problem(&error))
    }

    /// As an error of the folder.
    pub(super) fn problem(&self, error: &io::Error) -> ArchiveError {
        ArchiveError::Folder(self.path.clone(), error.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_records_are_inside() {
        assert_eq!(
            archive_name(0, 100_000),
            "audit-000000000000-000000100000.jsonl.zst"
        );
        assert_eq!(
            range(&archive_name(7, 4_000_000_000_000)),
            Some((7, 4_000_000_000_000))
        );
        for other in [
            "audit-0-100.jsonl.zst",
            "audit-000000000000-000000100000.jsonl",
            "audit-+00000000000-000000100000.jsonl.zst",
            ".audit.part",
        ] {
            assert_eq!(range(other), None, "{other}");
        }
    }
}
