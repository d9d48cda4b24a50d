//! Where a password can be changed, and what each step leaves.

use super::*;
use std::os::unix::fs::MetadataExt as _;

const INI: &str = "[service_account]\r\n# mine\r\nusername = svc\r\npassword = old\r\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn secret(&self, content: &str) -> Place {
        Place::of(&SecretSource::File(self.write("secret", content))).unwrap()
    }

    fn settings(&self) -> Place {
        let file = self.write("config.ini", INI);
        let value = "old".into();
        Place::of(&SecretSource::InSettings { value, file }).unwrap()
    }
}

fn shown(secret: &SecretString) -> &str {
    secret.expose_secret()
}

#[test]
fn a_file_is_followed_by_one_beside_it_and_replaced_by_it() {
    let folder = Folder::new();
    let place = folder.secret("old\n");
    let _held = place.hold().unwrap();
    assert_eq!(shown(&place.current().unwrap()), "old");
    assert!(place.next().unwrap().is_none());
    place.keep_next(&"new".into()).unwrap();
    assert_eq!(shown(&place.current().unwrap()), "old");
    assert_eq!(place.next().unwrap().as_ref().map(shown), Some("new"));
    let mode = fs::metadata(folder.path("secret.next")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);
    place.commit(&"new".into()).unwrap();
    assert_eq!(shown(&place.current().unwrap()), "new");
    assert_eq!(folder.names(), ["secret", "secret.lock"]);
}

#[test]
fn a_value_in_the_settings_stays_readable_beside_them_until_it_is_dropped() {
    let folder = Folder::new();
    let place = folder.settings();
    place.keep_next(&"new".into()).unwrap();
    let source = place.commit(&"new".into()).unwrap();
    assert!(matches!(source, SecretSource::InSettings { value, .. } if shown(&value) == "new"));
    assert_eq!(folder.read("config.ini"), INI.replace("old", "new"));
    assert_eq!(place.next().unwrap().as_ref().map(shown), Some("new"));
    place.drop_next().unwrap();
    assert_eq!(folder.names(), ["config.ini"]);
}

#[test]
fn the_owners_and_modes_of_files_stay() {
    let folder = Folder::new();
    let place = folder.settings();
    fs::set_permissions(folder.path("config.ini"), fs::Permissions::from_mode(0o400)).unwrap();
    // Only root can give files away; everybody else finds them their own.
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        std::os::unix::fs::chown(folder.path("config.ini"), Some(1234), Some(1235)).unwrap();
    }
    let before = fs::metadata(folder.path("config.ini")).unwrap();
    let _held = place.hold().unwrap();
    place.keep_next(&"new".into()).unwrap();
    place.commit(&"new".into()).unwrap();
    for name in ["config.ini", "config.ini.next-password", "config.ini.lock"] {
        let after = fs::metadata(folder.path(name)).unwrap();
        assert_eq!(
            (after.uid(), after.gid()),
            (before.uid(), before.gid()),
            "{name}"
        );
    }
    let mode = |name: &str| fs::metadata(folder.path(name)).unwrap().mode() & 0o777;
    assert_eq!(mode("config.ini"), 0o400);
    assert_eq!(mode("config.ini.next-password"), 0o600);
}

#[test]
fn a_password_is_moved_out_of_the_settings() {
    let folder = Folder::new();
    let place = folder.settings();
    let target = folder.path("secret");
    place.may_move_to(&target).unwrap();
    let source = place.move_to(&target).unwrap();
    assert!(matches!(&source, SecretSource::File(file) if *file == target));
    assert_eq!(folder.read("secret"), "old\n");
    assert_eq!(fs::metadata(&target).unwrap().mode() & 0o777, 0o600);
    let line = format!("password_file = {}", target.display());
    assert_eq!(
        folder.read("config.ini"),
        INI.replace("password = old", &line)
    );
    let moved = Place::of(&source).unwrap();
    assert_eq!(shown(&moved.current().unwrap()), "old");
    assert!(matches!(
        moved.may_move_to(&target),
        Err(PlaceError::NotInSettings(_))
    ));
}

#[test]
fn a_password_is_not_moved_over_something_else() {
    let folder = Folder::new();
    let place = folder.settings();
    let there = folder.write("secret", "another");
    assert_eq!(
        place.may_move_to(&there),
        Err(PlaceError::Exists(there.clone()))
    );
    let nowhere = folder.path("nowhere/secret");
    assert_eq!(
        place.may_move_to(&nowhere),
        Err(PlaceError::NotWritable(nowhere, io::ErrorKind::NotFound))
    );
    let odd = folder.path("secret\n[web]");
    assert_eq!(place.may_move_to(&odd), Err(PlaceError::OddName));
    // An earlier move that was stopped in the middle goes on.
    folder.write("secret", "old\n");
    assert_eq!(place.may_move_to(&there), Ok(()));
}

#[test]
fn what_cannot_be_changed_is_refused_with_what_to_do() {
    assert!(matches!(
        Place::of(&SecretSource::Value("x".into())),
        Err(Fixed::Environment)
    ));
    let missing = SecretSource::File("/nowhere/secret".into());
    assert!(matches!(Place::of(&missing), Err(Fixed::Missing(_))));
    let folder = Folder::new();
    let real = folder.write("secret", "x");
    let link = folder.path("link");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let place = Place::of(&SecretSource::File(link)).unwrap();
    assert_eq!(place.file(), real);
    assert_eq!(place.next, folder.path("secret.next"));
    // A file system's root stands for what containers mount.
    assert!(is_mounted(Path::new("/proc")));
    assert!(!is_mounted(&real));
}

#[test]
fn one_at_a_time_holds_a_place() {
    let folder = Folder::new();
    let place = folder.secret("old");
    let held = place.hold().unwrap();
    assert_eq!(place.hold().unwrap_err(), PlaceError::InUse);
    drop(held);
    assert!(place.hold().is_ok());
}
