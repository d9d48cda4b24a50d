//! `[audit]`: who may read the audit log, its key, its archives.

use std::path::{Path, PathBuf};

use super::Settings;
use super::document::Raw;
use super::error::Problem;
use super::protect::GroupNames;
use super::section::{Reader, section};
use super::value::Value;
use crate::domain::audit::checkpoint::LogName;

section! {
    /// Who may read the audit log, the key that signs it, and its archives.
    Audit = "audit" {
        /// Groups whose members, nested ones too, may read the audit log in the browser:
        /// `sAMAccountName`, CN or DN. In INI they are separated by semicolons. Each of them has to be
        /// there: operators may not help auditors, so while one is missing, nobody can sign in.
        auditors: GroupNames = "",
        /// The file with the key that signs checkpoints. It is made at the first start; without this
        /// setting it stands beside the database, with `.key` after its name.
        key_file: Option<PathBuf>,
        /// The name of the log, in each checkpoint: unique among all logs that somebody checks, such as
        /// `keyward.example.com/audit`. Without it: `keyward/` and the domain's name.
        log_name: Option<LogName>,
        /// Days after which records move from the database into compressed files, each with a signed
        /// checkpoint. Left out: only when `keyward audit archive` is told to.
        archive_after_days: Option<Days>,
        /// The folder of these files, of this log alone; it is made where it is missing. Without this
        /// setting: `archive` beside the database.
        archive_dir: Option<PathBuf>,
        /// Days after which a file is removed, once all of its records are that old; more than
        /// `archive_after_days`. Left out: never.
        keep_archives_days: Option<Days>,
    }
}

impl Audit {
    /// Names what does not go together.
    pub(super) fn check(&self, reader: &mut Reader<'_>) {
        if let (Some(after), Some(keep)) = (self.archive_after_days, self.keep_archives_days)
            && keep.count() <= after.count()
        {
            reader.object("keep_archives_days", Problem::KeptTooShort);
        }
    }
}

impl Settings {
    /// The folder of the audit log's archives.
    pub fn archive_folder(&self) -> PathBuf {
        let beside = || self.store.url.path().with_file_name("archive");
        self.audit.archive_dir.clone().unwrap_or_else(beside)
    }
}

/// 1 to 36,500 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u32);

impl Days {
    /// How many.
    pub fn count(self) -> u32 {
        self.0
    }
}

impl Value for Days {
    const EXPECTED: &'static str = "a whole number of days from 1 to 36500";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        match raw.number().and_then(|number| u32::try_from(number).ok()) {
            Some(days @ 1..=36_500) => Ok(Self(days)),
            _ => Err(Self::EXPECTED),
        }
    }
}

impl Value for LogName {
    const EXPECTED: &'static str = "a name without spaces and +, such as keyward.example.com/audit";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let text = raw.text().ok_or(Self::EXPECTED)?;
        text.trim().parse().map_err(|_| Self::EXPECTED)
    }
}
