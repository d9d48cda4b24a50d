//! Nobody but the account that runs Keyward may be able to read its secrets.

use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::document::Document;
use super::error::{ConfigError, Place, Problem};
use crate::domain::secret::is_handed_over;

/// The one file that a command makes: `keyward delegation apply`.
const MADE_BY_APPLY: &str = "[service_account] password_file";

/// The settings file if secrets stand in it and others can read it, and each secret's file that
/// others can read or that cannot be read.
pub(super) fn problems(document: &Document) -> Vec<ConfigError> {
    let mut problems = Vec::new();
    if document.has_secrets && matches!(seen(&document.file), Ok(true)) {
        problems.push(ConfigError {
            place: Place::File(document.file.clone()),
            key: None,
            problem: Problem::OthersCanRead(document.file.clone()),
        });
    }
    for (place, key, file) in &document.secret_files {
        let problem = match seen(file) {
            Ok(false) => continue,
            Ok(true) => Problem::OthersCanRead(file.clone()),
            Err(kind) => Problem::SecretUnreadable(file.clone(), kind),
        };
        problems.push(ConfigError {
            place: place.clone(),
            key: Some(key.clone()),
            problem,
        });
    }
    problems
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
    let is_managed = is_handed_over(&real);
    Ok(metadata.permissions().mode() & 0o077 != 0 && !is_managed)
}

/// Whether all that is wrong is that the service account's password is not there yet.
pub(super) fn is_before_setup(problem: &ConfigError) -> bool {
    let is_not_there = matches!(
        problem.problem,
        Problem::SecretUnreadable(_, io::ErrorKind::NotFound)
    );
    is_not_there && problem.key.as_deref() == Some(MADE_BY_APPLY)
}
