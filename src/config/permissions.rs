//! Nobody but the account that runs Keyward may be able to read its secrets.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::document::Document;
use super::error::{Place, Problem};

/// Where systemd and container runtimes put secrets, with access decided by the mount instead.
const MANAGED: [&str; 2] = ["/run/secrets", "/run/credentials"];

/// Names the settings file if secrets stand in it and others can read it, and each secret's file
/// that others can read or that cannot be read.
pub(super) fn check(document: &mut Document, file: &Path) {
    if document.has_secrets && others_can_read(file) {
        let problem = Problem::OthersCanRead(file.to_owned());
        document.wrong(Place::File(file.to_owned()), None, problem);
    }
    for (place, key, file) in std::mem::take(&mut document.secret_files) {
        if let Err(error) = std::fs::File::open(&file) {
            let problem = Problem::SecretUnreadable(file, error.kind());
            document.wrong(place, Some(key), problem);
        } else if others_can_read(&file) {
            document.wrong(place, Some(key), Problem::OthersCanRead(file));
        }
    }
}

/// Links are followed first: a link in a managed folder may lead out of it.
fn others_can_read(file: &Path) -> bool {
    let Ok(real) = file.canonicalize() else {
        return false;
    };
    let Ok(metadata) = real.metadata() else {
        return false;
    };
    let is_managed = MANAGED.iter().any(|folder| real.starts_with(folder));
    metadata.permissions().mode() & 0o077 != 0 && !is_managed
}
