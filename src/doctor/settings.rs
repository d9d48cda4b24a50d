//! The settings: do they parse, who can read the files with secrets in them, who owns them.

use super::check::Check;
use super::words::settings as words;
use crate::config::{Inspected, Settings};
use crate::domain::rules::{Action, Effect, PasswordKind};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A file with a secret in it that belongs to an account which need not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foreign {
    pub file: PathBuf,
    pub owner: u32,
}

/// Everything that can be said without the directory.
pub(super) fn look(file: &Path, inspected: &Inspected) -> Vec<Check> {
    let settings = &inspected.settings;
    let ours = accounts_of_ours(settings.store.url.path());
    let foreign = foreign(&inspected.secret_files, &ours);
    vec![
        words::parsed(file).named("settings"),
        words::exposed(&inspected.exposed, inspected.secret_files.len()).named("settings.files"),
        words::owned(&foreign).named("settings.owner"),
        words::one_password(&fixed(settings)).named("settings.new_password"),
    ]
}

/// The rules by which every reset gives the password of the settings.
fn fixed(settings: &Settings) -> Vec<&str> {
    let fixed = settings.rules.iter().filter(|rule| {
        rule.effect == Effect::Allow
            && rule.actions.contains(&Action::ResetPassword)
            && rule.terms.password == PasswordKind::Fixed
    });
    fixed.map(|rule| rule.name.as_str()).collect()
}

/// Root, whoever runs this, and whoever owns the store: the account of the service.
fn accounts_of_ours(store: &Path) -> Vec<u32> {
    let mut ours = vec![0, rustix::process::geteuid().as_raw()];
    let owner = |path: &Path| fs::metadata(path).map(|found| found.uid()).ok();
    ours.extend(owner(store));
    ours.extend(store.parent().and_then(owner));
    ours
}

fn foreign(files: &[PathBuf], ours: &[u32]) -> Vec<Foreign> {
    files
        .iter()
        .filter_map(|file| {
            let owner = fs::metadata(file).ok()?.uid();
            let file = file.clone();
            (!ours.contains(&owner)).then_some(Foreign { file, owner })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_account_that_has_nothing_to_do_with_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, "x").unwrap();
        let owner = fs::metadata(&file).unwrap().uid();
        let files = [file.clone(), folder.path().join("missing")];
        assert_eq!(foreign(&files, &[owner]), []);
        assert_eq!(foreign(&files, &[owner + 1]), [Foreign { file, owner }]);
        let ours = accounts_of_ours(&folder.path().join("keyward.db"));
        assert!(ours.contains(&owner) && ours.contains(&0));
    }
}
