//! `[store]`: where Keyward keeps the audit log and the sessions.

use std::path::{Path, PathBuf};

use super::document::Raw;
use super::section::section;
use super::value::Value;

section! {
    /// Where the audit log and the sessions are kept.
    Store = "store" {
        /// The database: `sqlite://` and the path of its file, so that an absolute path has three
        /// slashes. The file is made if it is not there; its folder must be.
        url: StoreUrl = "sqlite:///var/lib/keyward/keyward.db",
    }
}

/// The file of an `SQLite` database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUrl(PathBuf);

impl StoreUrl {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Value for StoreUrl {
    const EXPECTED: &'static str =
        "sqlite:// and the path of a file, such as sqlite:///var/lib/keyward/keyward.db";

    fn parse(raw: &Raw, base: &Path) -> Result<Self, &'static str> {
        raw.text()
            .and_then(|text| text.trim().strip_prefix("sqlite://"))
            .filter(|path| !path.is_empty() && !path.contains(['?', '\0']))
            .map(|path| Self(base.join(path)))
            .ok_or(Self::EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_absolute_or_beside_the_settings() {
        let path = |text: &str| {
            StoreUrl::parse(&Raw::untyped(text), Path::new("/etc/keyward")).map(|url| url.0)
        };
        assert_eq!(path("sqlite:///var/k.db"), Ok("/var/k.db".into()));
        assert_eq!(path("sqlite://k.db"), Ok("/etc/keyward/k.db".into()));
        for wrong in [
            "",
            "k.db",
            "sqlite://",
            "postgres://host/db",
            "sqlite:///k.db?mode=ro",
        ] {
            assert_eq!(path(wrong), Err(StoreUrl::EXPECTED), "{wrong}");
        }
    }
}
