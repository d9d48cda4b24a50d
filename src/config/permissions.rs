//! Nobody but the account that runs Keyward may be able to read its secrets.

use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::document::Document;
use super::error::{Place, Problem};

/// Where systemd and container runtimes put secrets, with access decided by the mount instead.
const MANAGED: [&str; 2] = ["/run/secrets", "/run/credentials"];

/// Names the settings file if secrets stand in it and others can read it, and each secret's file
/// that others can read or that cannot be read.
pub(super) fn check(document: &mut Document) {
    if document.has_secrets && matches!(seen(&document.file), Ok(true)) {
        let problem = Problem::OthersCanRead(document.file.clone());
        document.wrong(Place::File(document.file.clone()), None, problem);
    }
    for (place, key, file) in std::mem::take(&mut document.secret_files) {
        match seen(&file) {
            Ok(false) => {}
            Ok(true) => document.wrong(place, Some(key), Problem::OthersCanRead(file)),
            Err(kind) => document.wrong(place, Some(key), Problem::SecretUnreadable(file, kind)),
        }
    }
}

/// Whether others can read a file that we can read. Links are followed first: a link in a managed
/// folder may lead out of it.
fn seen(file: &Path) -> Result<bool, io::ErrorKind> {
    let real = file.canonicalize().map_err(|error| error.kind())?;
    let metadata = real.metadata().map_err(|error| error.kind())?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::IsADirectory);
    }
    File::open(&real).map_err(|error| error.kind())?;
    let is_managed = MANAGED.iter().any(|folder| real.starts_with(folder));
    Ok(metadata.permissions().mode() & 0o077 != 0 && !is_managed)
}
