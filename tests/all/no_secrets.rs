//! Every secret of a busy day, looked for in everything that the day leaves behind, in each form that a
//! program may have written it in.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward::embedded::test_domain::{RESET_GROUP, SERVICE_PASSWORD};
use rustix::process::Signal;

use crate::audit_sinks::house::{Manner, free_port, server, webhook_with};
use crate::support::browser::{Browser, find};
use crate::support::directory::Scene;
use crate::support::program::{PATIENCE, Program, keyward};
use crate::support::secrets::{Needles, files, forms, may_be_in};
use crate::web_cases::{address, reset, shown_password};

const EVERYTHING: &str = "trace,ldap3_proto::proto=trace,hyper::proto=trace";
const OPERATORS: &str = "Start-Pass-123!";
/// With what HTML, JSON, addresses and `unicodePwd` write differently.
const WRONG: &str = "Wr0ng-\"Guess\" & 47/11\\ä";
const AS_A_NAME: &str = "Typed-Into-Name-4712!";
const AS_A_SEARCH: &str = "Typed-Into-Search-4713!";
const AS_AN_AUDIT_SEARCH: &str = "Typed-Into-Audit-4714!";
const AS_A_FILTER: &str = "Typed-Into-Operator-4715!";
const AS_AN_OPERATOR: &str = "Typed-Into-Access-4716!";

/// What webhooks are signed with.
const OF_THE_HOOK: &str = "Hook-Secret-For-Tests-0001!-As-Long-As-It-Must-Be";

/// What may be known to nobody but those who typed, read or made it.
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn needles(&self) -> Needles {
        Needles::of(self.0.iter().map(|(what, secret)| (*what, secret.as_str())))
    }
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
    let asked = format!("{alice}/access?operator={AS_AN_OPERATOR}");
    assert_eq!(lena.get(&asked).await.status, 200);
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
        (
            "a password in the field of whom to ask about",
            AS_AN_OPERATOR.to_owned(),
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

/// A sink of each kind; the settings of the first two lines stay when they are taken out.
fn sinks(hook: u16, syslog: u16) -> String {
    format!(
        "[audit]\nauditors = [\"{RESET_GROUP}\"]\n\
         [[audit.sink]]\nname = \"file\"\nkind = \"file\"\npath = \"sink.log\"\n\
         [[audit.sink]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"https://127.0.0.1:{hook}/keyward\"\n\
         secret_file = \"hook.secret\"\nca_file = \"cert.pem\"\n\
         [[audit.sink]]\nname = \"siem\"\nkind = \"syslog\"\naddress = \"127.0.0.1:{syslog}\"\ntransport = \"tcp\"\n"
    )
}

/// What a syslog server gets, byte for byte, in the folder.
fn syslog_server(folder: &Path) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut out = fs::File::create(folder.join("syslog.out")).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::io::copy(&mut stream.unwrap(), &mut out).ok();
        }
    });
    port
}

/// Waits until each receiver has the record of the last thing that was done.
async fn all_have_arrived(folder: &Path) {
    for name in ["sink.log", "webhook.out", "syslog.out"] {
        let has_it = || {
            let bytes = fs::read(folder.join(name)).unwrap_or_default();
            find(&bytes, b"\"rotate_service_account\",\"phase\":\"outcome\"").is_some()
        };
        let wait = async {
            while !has_it() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let within = tokio::time::timeout(PATIENCE, wait).await;
        within.unwrap_or_else(|_| panic!("{name} gets everything"));
    }
}

/// Fails where a secret is in a file of the folder that does not hold it by design; each of `needed` is
/// there and not empty.
fn files_are_clean(folder: &Path, secrets: &[(&Needles, &str)], needed: &[&str]) {
    let files = files(folder);
    for name in needed {
        let is_it = |(path, bytes): &(PathBuf, Vec<u8>)| {
            path.to_string_lossy().ends_with(name) && !bytes.is_empty()
        };
        assert!(files.iter().any(is_it), "{name}");
    }
    for (path, bytes) in &files {
        for (needles, by_design) in secrets {
            if !path.ends_with(by_design) {
                needles.are_not_in(&path.display().to_string(), bytes);
            }
        }
    }
}

/// The part of the log's key that is secret: a byte for Ed25519, then the seed.
fn seed(folder: &Path) -> Needles {
    let key = fs::read_to_string(folder.join("keyward.db.key")).unwrap();
    let line = key.lines().next().unwrap();
    let seed = STANDARD.decode(line.splitn(5, '+').nth(4).unwrap());
    Needles::of_bytes("the key that signs the log", &seed.unwrap()[1..])
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_busy_day_is_in_anything_that_the_day_leaves_behind() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    let (hook, port) = (free_port(), directory.address.port());
    let folder = Program::prepare_with(port, &directory.ca_pem, "keyward.db", "");
    let at = folder.path();
    server(at, hook);
    fs::write(at.join("hook.secret"), OF_THE_HOOK).unwrap();
    fs::set_permissions(at.join("hook.secret"), fs::Permissions::from_mode(0o600)).unwrap();
    may_be_in(at.join("hook.secret"));
    let of_the_hook = Manner {
        secret: OF_THE_HOOK,
        ..Manner::USUAL
    };
    let _receiver = webhook_with(at, hook, of_the_hook);
    let without_sinks = fs::read_to_string(at.join("keyward.toml")).unwrap();
    let with_sinks = without_sinks + &sinks(hook, syslog_server(at));
    fs::write(at.join("keyward.toml"), with_sinks).unwrap();
    // As large a core file as there can be, were one made.
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -c unlimited && exec \"$0\" serve"])
        .arg(env!("CARGO_BIN_EXE_keyward"))
        .current_dir(at)
        .env_clear()
        .env("KEYWARD_LOG", EVERYTHING);
    let program = Program::started(&mut command, Arc::clone(&folder));
    let mut secrets = a_busy_day(&scene, &program).await;
    let new = rotated(&folder);
    secrets
        .0
        .push(("the new password of the service account", new));
    all_have_arrived(at).await;
    let (day, seed) = (secrets.needles(), seed(at));
    let hook = Needles::of([("the webhook's secret", OF_THE_HOOK)]);
    let all = [
        (&day, "keyward.toml"),
        (&seed, "keyward.db.key"),
        (&hook, "hook.secret"),
    ];
    let nowhere = |place: &str, bytes: &[u8]| {
        for (needles, _) in &all {
            needles.are_not_in(place, bytes);
        }
    };
    for name in ["cmdline", "environ"] {
        let path = format!("/proc/{}/{name}", program.pid().as_raw_nonzero());
        nowhere(&path, &fs::read(&path).unwrap());
    }
    let outputs = said(&folder);
    program.signal(Signal::ABORT);
    let log = program.rest_of_log();
    let ended = program.ended().await;
    assert_eq!(ended.signal(), Some(Signal::ABORT.as_raw()));
    assert!(!ended.core_dumped(), "no core file");
    assert!(
        log.contains("DEBUG summary=\"INSERT INTO audit"),
        "it logs much"
    );
    nowhere("the service's log", log.as_bytes());
    let (_, list) = &outputs[0];
    assert!(find(list, b"reset_password").is_some(), "the commands ran");
    for (command, output) in &outputs {
        nowhere(command, output);
    }
    // The process had no time to put its database away: the -wal is as it was.
    let received = [
        "sink.log",
        "webhook.out",
        "webhook.out.headers",
        "syslog.out",
    ];
    files_are_clean(at, &all, &[&received[..], &["keyward.db-wal"]].concat());
    archived(&folder);
    files_are_clean(at, &all, &[".jsonl.zst"]);
    for (command, output) in said(&folder) {
        nowhere(&command, &output);
    }
}

/// Moves all records into an archive. The syslog server might not have the last minute's, so there are no
/// sinks any more.
fn archived(folder: &tempfile::TempDir) {
    let path = folder.path().join("keyward.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (without_sinks, _) = text.split_once("[[audit.sink]]").unwrap();
    fs::write(&path, without_sinks).unwrap();
    let mut command = keyward(folder);
    command.args(["audit", "archive", "--before", "9000-01-01"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let held = files(&folder.path().join("archive"));
    let has_a_reset = |(_, bytes): &(PathBuf, Vec<u8>)| find(bytes, b"reset_password").is_some();
    assert!(
        held.iter().any(has_a_reset),
        "what an archive holds is looked at"
    );
}

#[test]
fn the_search_for_a_secret_finds_it_however_it_is_written() {
    let needles = Needles::of([("it", WRONG)]);
    for (form, written) in forms(WRONG) {
        let around = [b"{", &written[..], b"}"].concat();
        assert!(needles.find(&around).is_some(), "{form}");
    }
    let around = STANDARD.encode(format!("user=lena&password={WRONG}&x=1"));
    assert!(needles.find(around.as_bytes()).is_some());
    assert!(needles.find(b"user=lena&password=another").is_none());
}
