//! Files that a sink would write into and that are something else; secrets in files.

use super::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use tempfile::TempDir;

/// It has 21 lines.
const BEFORE: &str = "\
[ad]
server = \"ldaps://dc1.example.com\"
domain = \"EXAMPLE\"
user_ou = \"OU=Users,DC=example,DC=com\"
reset_group = \"Password Resetters\"
ca_file = \"ca.pem\"

[service_account]
username = \"svc\"
password_file = \"secret\"

[web]
tls_cert = \"cert.pem\"
tls_key = \"key.pem\"

[store]
url = \"sqlite://data/keyward.db\"

[audit]
key_file = \"keys/log.key\"
archive_dir = \"data/old\"
";

/// A folder with what the settings name; the database is not there yet.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["data", "keys", "data/old", "elsewhere"] {
        fs::create_dir(at(name)).unwrap();
    }
    for name in ["ca.pem", "cert.pem", "key.pem", "secret", "keys/log.key"] {
        fs::write(at(name), name).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

/// With sinks of these files; what is said of them, without the folder's name.
fn said(folder: &TempDir, sinks: &[&str]) -> Vec<String> {
    let one = |(number, path): (usize, &&str)| {
        format!("\n[[audit.sink]]\nname = \"s{number}\"\nkind = \"file\"\npath = \"{path}\"\n")
    };
    let sinks: String = sinks.iter().enumerate().map(one).collect();
    load(folder, &sinks)
}

fn load(folder: &TempDir, sinks: &str) -> Vec<String> {
    let file = folder.path().join("keyward.toml");
    fs::write(&file, format!("{BEFORE}{sinks}")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let here = format!("{}/", folder.path().display());
    let shown = |error: &ConfigError| error.to_string().replace(&here, "");
    match Settings::load(&file, &[]) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(shown).collect(),
    }
}

fn is_refused(folder: &TempDir, path: &str, as_that_of: &str) {
    let errors = said(folder, &[path]);
    let expected = format!(
        "keyward.toml:26: [[audit.sink]] path: this file is that of {as_that_of}, or belongs to it; a sink needs a file of its own"
    );
    assert_eq!(errors, [expected], "{path}");
}

#[test]
fn a_sink_writes_into_no_file_that_is_something_else() {
    let folder = folder();
    let of_store = "[store] url (keyward.toml:17)";
    for end in [
        "", "-wal", "-shm", ".lock", ".signed", ".key", ".archive", ".rotated",
    ] {
        is_refused(&folder, &format!("data/keyward.db{end}"), of_store);
    }
    let of_key = "[audit] key_file (keyward.toml:20)";
    is_refused(&folder, "keys/log.key", of_key);
    is_refused(&folder, "keys/log.key.signed", of_key);
    is_refused(&folder, "keyward.toml", "the settings (keyward.toml)");
    let of_account = "[service_account] password_file (keyward.toml:10)";
    is_refused(&folder, "secret", of_account);
    is_refused(&folder, "secret.next", of_account);
    is_refused(&folder, "cert.pem", "[web] tls_cert (keyward.toml:13)");
    is_refused(&folder, "key.pem", "[web] tls_key (keyward.toml:14)");
    is_refused(&folder, "ca.pem", "[ad] ca_file (keyward.toml:6)");
    let of_archive = "[audit] archive_dir (keyward.toml:21)";
    is_refused(
        &folder,
        "data/old/audit-000000000000-000000100000.jsonl.zst",
        of_archive,
    );
    let other = said(&folder, &["data/audit.jsonl", "data/../data/audit.jsonl"]);
    assert_eq!(other.len(), 1, "{other:?}");
    assert!(other[0].starts_with("keyward.toml:31: "), "{other:?}");
    assert!(
        other[0].contains("another [[audit.sink]] (keyward.toml:26)"),
        "{other:?}"
    );
    assert!(
        said(
            &folder,
            &["data/audit.jsonl", "data/keyward.db.jsonl", "old"]
        )
        .is_empty()
    );
}

#[test]
fn links_and_further_names_lead_no_sink_to_the_database_or_to_another_sink() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let of_store = "[store] url (keyward.toml:17)";
    is_refused(&folder, "elsewhere/../data/./keyward.db", of_store);
    symlink(at("data"), at("elsewhere/link")).unwrap();
    is_refused(&folder, "elsewhere/link/keyward.db", of_store);
    is_refused(&folder, "elsewhere/link/../data/keyward.db-wal", of_store);
    // It leads to what the first start makes.
    symlink("../data/keyward.db", at("elsewhere/audit.jsonl")).unwrap();
    is_refused(&folder, "elsewhere/audit.jsonl", of_store);
    fs::write(at("data/keyward.db-wal"), "").unwrap();
    fs::hard_link(at("data/keyward.db-wal"), at("elsewhere/hard.jsonl")).unwrap();
    is_refused(&folder, "elsewhere/hard.jsonl", of_store);
    fs::write(at("data/one"), "").unwrap();
    fs::hard_link(at("data/one"), at("data/two")).unwrap();
    assert_eq!(said(&folder, &["data/one", "data/two"]).len(), 1);
    symlink("loop", at("loop")).unwrap();
    assert!(said(&folder, &["loop"]).is_empty(), "it cannot be opened");
}

#[test]
fn where_the_database_is_the_default_that_is_said() {
    let folder = folder();
    let sink =
        "\n[[audit.sink]]\nname = \"a\"\nkind = \"file\"\npath = \"/var/lib/keyward/keyward.db\"\n";
    let file = folder.path().join("keyward.toml");
    let text = BEFORE.replace("url = \"sqlite://data/keyward.db\"", "") + sink;
    fs::write(&file, text).unwrap();
    let errors = Settings::load(&file, &[]).unwrap_err();
    let told = errors.iter().map(ToString::to_string).collect::<String>();
    assert!(told.contains("[store] url (by default)"), "{told}");
}

#[test]
fn a_secret_in_a_file_that_is_too_short_is_named_and_a_long_one_is_not() {
    let folder = folder();
    let sink = "\n[[audit.sink]]\nname = \"a\"\nkind = \"webhook\"\nurl = \"https://x/\"\nsecret_file = \"hook\"\n";
    let hook = folder.path().join("hook");
    let with = |secret: &str| {
        fs::write(&hook, format!("{secret}\n")).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o600)).unwrap();
        load(&folder, sink)
    };
    let errors = with("S3cret-of-31-characters-0000000");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].starts_with("keyward.toml:27: [[audit.sink]] secret_file: "),
        "{errors:?}"
    );
    assert!(errors[0].contains("openssl rand -hex 32"), "{errors:?}");
    assert!(!errors[0].contains("S3cret"), "{errors:?}");
    assert!(with("S3cret-of-32-characters-00000000").is_empty());
    // 24 bytes and 23 of them.
    assert!(with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_empty());
    assert_eq!(with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ=").len(), 1);
}
