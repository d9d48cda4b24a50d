//! Every secret of a busy day, looked for in everything that the day leaves behind, in each form that a
//! program may have written it in.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use keyward::embedded::test_domain::{RESET_GROUP, SERVICE_PASSWORD};
use rustix::process::Signal;

use crate::support::browser::{Browser, find};
use crate::support::directory::Scene;
use crate::support::program::{Program, keyward};
use crate::web_cases::{address, reset, shown_password};

const EVERYTHING: &str = "trace,ldap3_proto::proto=trace,hyper::proto=trace";
const OPERATORS: &str = "Start-Pass-123!";
/// With what HTML, JSON, addresses and `unicodePwd` write differently.
const WRONG: &str = "Wr0ng-\"Guess\" & 47/11\\ä";
const AS_A_NAME: &str = "Typed-Into-Name-4712!";
const AS_A_SEARCH: &str = "Typed-Into-Search-4713!";
const AS_AN_AUDIT_SEARCH: &str = "Typed-Into-Audit-4714!";
const AS_A_FILTER: &str = "Typed-Into-Operator-4715!";

const SINK: &str = "[[audit.sink]]\nname = \"file\"\nkind = \"file\"\npath = \"sink.log\"\n";

/// What may be known to nobody but those who typed, read or made it.
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    /// Fails where one of them is in `bytes`.
    fn are_not_in(&self, place: &str, bytes: &[u8]) {
        for (what, secret) in &self.0 {
            for (form, needle) in forms(secret) {
                assert!(
                    find(bytes, &needle).is_none(),
                    "{what} as {form} is in {place}"
                );
            }
        }
    }
}

/// A secret in every way that a program may write it.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let hex = |bytes: &[u8]| -> String {
        bytes
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    };
    let unicode_pwd = wide(&format!("\"{secret}\""));
    let json = serde_json::to_string(secret).unwrap();
    let html = secret.replace('&', "&#38;").replace('"', "&#34;");
    let query: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut forms = vec![
        ("UTF-8", secret.as_bytes().to_vec()),
        ("UTF-16", wide(secret)),
        ("JSON", json.trim_matches('"').as_bytes().to_vec()),
        (
            "Debug",
            format!("{secret:?}").trim_matches('"').as_bytes().to_vec(),
        ),
        ("HTML", html.into_bytes()),
        ("an address", query.into_bytes()),
        (
            "bytes in a list",
            format!("{:?}", secret.as_bytes())
                .trim_matches(['[', ']'])
                .as_bytes()
                .to_vec(),
        ),
    ];
    for (form, bytes) in [
        ("hex", secret.as_bytes()),
        ("hex of unicodePwd", &unicode_pwd),
    ] {
        forms.push((form, hex(bytes).into_bytes()));
        forms.push((form, hex(bytes).to_uppercase().into_bytes()));
    }
    for bytes in [secret.as_bytes(), &unicode_pwd] {
        // Wherever it begins among the groups of three bytes; the edges depend on what is around.
        for shift in 0..3 {
            let shifted = [&b"\0\0"[..shift], bytes].concat();
            let whole = shifted.len() / 3 * 4;
            for engine in [&STANDARD, &URL_SAFE] {
                let text = engine.encode(&shifted);
                forms.push((
                    "base64",
                    text.as_bytes()[if shift == 0 { 0 } else { 4 }..whole].to_vec(),
                ));
            }
        }
    }
    forms
}

/// Every file below a folder, but the settings, which hold the service account's password by design.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if !path.ends_with("keyward.toml") {
            let bytes = fs::read(&path).unwrap();
            if path.extension().is_some_and(|end| end == "zst") {
                files.push((path.clone(), zstd::decode_all(bytes.as_slice()).unwrap()));
            }
            files.push((path, bytes));
        }
    }
    files
}

/// What the commands say about the settings, the log and the directory, with how they said it.
fn said(folder: &tempfile::TempDir) -> Vec<(String, Vec<u8>)> {
    let commands: [&[&str]; 12] = [
        &["audit", "list"],
        &["audit", "list", "--json"],
        &["audit", "export"],
        &["audit", "key"],
        &["audit", "checkpoint"],
        &["audit", "verify"],
        &["audit", "verify", "--json"],
        &["config", "check"],
        &["doctor"],
        &["doctor", "--json"],
        &["access", "report"],
        &["delegation", "verify"],
    ];
    let run = |words: &[&str]| {
        let mut command = keyward(folder);
        let output = command
            .args(words)
            .env("KEYWARD_LOG", EVERYTHING)
            .output()
            .unwrap();
        (words.join(" "), [output.stdout, output.stderr].concat())
    };
    commands.into_iter().map(run).collect()
}

/// Types passwords wherever something can be typed; the ones that pages showed.
async fn a_busy_day(scene: &Scene, program: &Program) -> Secrets {
    let mut lena = Browser::new(program.address);
    assert_eq!(lena.sign_in("lead.lena", WRONG).await.status, 401);
    assert_eq!(lena.sign_in(AS_A_NAME, OPERATORS).await.status, 401);
    assert_eq!(lena.sign_in("lead.lena", OPERATORS).await.location(), "/");
    for typed in [
        format!("/?q={AS_A_SEARCH}"),
        format!("/search?q={AS_A_SEARCH}"),
        format!("/audit?q={AS_AN_AUDIT_SEARCH}"),
        format!("/audit.csv?q={AS_AN_AUDIT_SEARCH}"),
        format!("/audit?operator={AS_A_FILTER}"),
    ] {
        assert_eq!(lena.get(&typed).await.status, 200, "{typed}");
    }
    let alice = address(scene, "alice.able");
    let first = shown_password(&reset(&mut lena, &alice).await);
    let second = shown_password(&reset(&mut lena, &alice).await);
    let session = lena.cookies["keyward"].clone();
    Secrets(vec![
        ("an operator's password", OPERATORS.to_owned()),
        ("a wrong password", WRONG.to_owned()),
        ("a password in the name's field", AS_A_NAME.to_owned()),
        ("a password in the search field", AS_A_SEARCH.to_owned()),
        (
            "a password in the log's search",
            AS_AN_AUDIT_SEARCH.to_owned(),
        ),
        (
            "a password in the log's operator field",
            AS_A_FILTER.to_owned(),
        ),
        ("a generated password", first),
        ("another generated password", second),
        (
            "the service account's password",
            SERVICE_PASSWORD.to_owned(),
        ),
        ("a session's token", session),
    ])
}

/// The service account's password after a change, as the settings have it.
fn rotated(folder: &tempfile::TempDir) -> String {
    let output = keyward(folder)
        .args(["service-account", "rotate"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(folder.path().join("keyward.toml")).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("password"))
        .unwrap();
    let new = line
        .split_once('=')
        .unwrap()
        .1
        .trim()
        .trim_matches(['"', '\'']);
    assert!(new.len() > 20 && new != SERVICE_PASSWORD, "a new password");
    new.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_busy_day_is_in_anything_that_the_day_leaves_behind() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    let auditors = format!("[audit]\nauditors = [\"{RESET_GROUP}\"]\n{SINK}");
    let port = directory.address.port();
    let folder = Program::prepare_with(port, &directory.ca_pem, "keyward.db", &auditors);
    // As large a core file as there can be, were one made.
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -c unlimited && exec \"$0\" serve"])
        .arg(env!("CARGO_BIN_EXE_keyward"))
        .current_dir(folder.path())
        .env_clear()
        .env("KEYWARD_LOG", EVERYTHING);
    let program = Program::started(&mut command, Arc::clone(&folder));
    let mut secrets = a_busy_day(&scene, &program).await;
    secrets
        .0
        .push(("the new password of the service account", rotated(&folder)));
    let key = fs::read_to_string(folder.path().join("keyward.db.key")).unwrap();
    let key = key.trim().splitn(5, '+').nth(4).unwrap().to_owned();
    for name in ["cmdline", "environ"] {
        let path = format!("/proc/{}/{name}", program.pid().as_raw_nonzero());
        secrets.are_not_in(&path, &fs::read(&path).unwrap());
    }
    let outputs = said(&folder);
    program.signal(Signal::ABORT);
    let log = program.rest_of_log();
    let ended = program.ended().await;
    assert_eq!(ended.signal(), Some(Signal::ABORT.as_raw()));
    assert!(!ended.core_dumped(), "no core file");
    // The process had no time to put its database away: the -wal is as it was.
    let files = files(folder.path());
    assert!(
        files
            .iter()
            .any(|(path, bytes)| path.ends_with("keyward.db-wal") && !bytes.is_empty())
    );
    let sink = folder.path().join("sink.log");
    assert!(
        files
            .iter()
            .any(|(path, bytes)| *path == sink && !bytes.is_empty())
    );
    assert!(
        log.contains("DEBUG summary=\"INSERT INTO audit"),
        "it logs much"
    );
    let (_, list) = &outputs[0];
    assert!(find(list, b"reset_password").is_some(), "the commands ran");
    secrets.are_not_in("the service's log", log.as_bytes());
    for (command, output) in &outputs {
        secrets.are_not_in(command, output);
    }
    for (path, bytes) in &files {
        secrets.are_not_in(&path.display().to_string(), bytes);
    }
    let signing = Secrets(vec![("the key that signs the log", key)]);
    signing.are_not_in("the service's log", log.as_bytes());
    for (command, output) in &outputs {
        signing.are_not_in(command, output);
    }
    for (path, bytes) in files
        .iter()
        .filter(|(path, _)| !path.ends_with("keyward.db.key"))
    {
        signing.are_not_in(&path.display().to_string(), bytes);
    }
}

#[test]
fn the_search_for_a_secret_finds_it_however_it_is_written() {
    let secrets = Secrets(vec![("it", WRONG.to_owned())]);
    for (form, written) in forms(WRONG) {
        let found = std::panic::catch_unwind(|| {
            secrets.are_not_in(form, &[b"{", &written[..], b"}"].concat());
        });
        assert!(found.is_err(), "{form}");
    }
    let around = STANDARD.encode(format!("user=lena&password={WRONG}&x=1"));
    assert!(std::panic::catch_unwind(|| secrets.are_not_in("base64", around.as_bytes())).is_err());
}
