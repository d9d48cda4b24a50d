//! `[audit]`: who may read the audit log, its key, its archives.

use std::path::{Path, PathBuf};

use super::document::Raw;
use super::protect::GroupNames;
use super::section::section;
use super::value::Value;
use crate::domain::audit::checkpoint::LogName;

section! {
    /// Who may read the audit log, the key that signs it, and its archives.
    Audit = "audit" {
        /// Groups whose members, nested ones too, may read the audit log in the browser:
        /// `sAMAccountName`, CN or DN. In INI they are separated by semicolons.
        auditors: GroupNames = "",
        /// The file with the key that signs checkpoints. It is made at the first start; without this
        /// setting it stands beside the database, with `.key` after its name.
        key_file: Option<PathBuf>,
        /// The name of the log, in each checkpoint: unique among all logs that somebody checks, such as
        /// `keyward.example.com/audit`. Without it: `keyward/` and the domain's name.
        log_name: Option<LogName>,
    }
}

impl Value for LogName {
    const EXPECTED: &'static str = "a name without spaces and +, such as keyward.example.com/audit";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let text = raw.text().ok_or(Self::EXPECTED)?;
        text.trim().parse().map_err(|_| Self::EXPECTED)
    }
}
