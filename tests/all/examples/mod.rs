//! The settings files in `docs/examples/`, each over a directory as its comments describe it: who sees whom, who resets
//! whom, who does not and why. Only server, authority, domain's end and password are replaced in the files.

use crate::support::directory::Scene;
use crate::support::estate::Estate;
use crate::support::office::{CLIENT, Office};
use jiff::{SignedDuration, Timestamp, ToSpan as _, ZonedDateTime, civil::Weekday, tz::TimeZone};
use keyward::actions::{ActionError, ActionSettings, Client, ResetAnswer};
use keyward::cli::parts::action_settings;
use keyward::config::Settings;
use keyward::domain::account::AccountFlags;
use keyward::domain::audit::AuditAction;
use keyward::domain::authorize::{Done, Grounds, Refusal, decide};
use keyward::domain::least_privilege::LeastPrivilege;
use keyward::domain::preflight::Obstacle;
use keyward::domain::reason::UnfitReason;
use keyward::domain::rules::{Action, ByRules, Occasion};
use keyward::domain::secret::SecretSource;
use keyward::domain::time::{Clock, Filetime};
use keyward::store::Session;
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod branches;
mod managers;
mod school;

pub use branches::the_branches_of_the_docs_let_each_lead_help_their_own_branch;
pub use managers::the_managers_of_the_docs_help_whom_their_line_leads_to;
pub use school::the_school_of_the_docs_lets_teachers_help_their_own_classes;

/// Makes a module with one test for each case, over `$scene`.
macro_rules! examples_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::examples::$case($scene).await;
        })+
    };
    ($scene:expr) => {
        crate::examples::examples_cases! { $scene =>
            the_school_of_the_docs_lets_teachers_help_their_own_classes,
            the_branches_of_the_docs_let_each_lead_help_their_own_branch,
            the_managers_of_the_docs_help_whom_their_line_leads_to,
        }
    };
}
pub(crate) use examples_cases;

#[cfg(feature = "demo")]
mod embedded {
    use crate::support::directory::Scene;
    super::examples_cases! { Scene::embedded().await }
}

/// A place to write a settings file that is its owner's alone.
fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keyward.toml");
    for (name, text) in [("keyward.toml", text), ("service-account", "x")] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    (folder, file)
}

fn example(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/examples")
        .join(name);
    std::fs::read_to_string(file).unwrap()
}

/// The actions' settings of an example, for the directory of `scene`.
fn settings(name: &str, scene: &Scene) -> ActionSettings {
    let SecretSource::Value(password) = &scene.settings.service_password else {
        panic!("the fixtures hold the password itself");
    };
    let line = |line: &str| match line.split('=').next().unwrap_or_default().trim() {
        "server" => format!(
            "server = \"ldaps://{}\"\nca_file = \"{}\"\n",
            scene.settings.servers[0],
            scene.settings.ca_file.as_ref().unwrap().display()
        ),
        "password_file" => format!("password = \"{}\"\n", password.expose_secret()),
        _ => line.replace("DC=example,DC=com", "DC=example,DC=test") + "\n",
    };
    let text: String = example(name).lines().map(line).collect();
    let (_folder, file) = written(&text);
    action_settings(&Settings::load(&file, &[]).unwrap())
}

#[test]
fn each_example_of_the_docs_is_a_whole_file_that_can_be_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples");
    let files = std::fs::read_dir(folder).unwrap();
    let names: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        names.iter().map(String::as_str).collect::<Vec<_>>(),
        ["branches.toml", "managers.toml", "school.toml"],
        "each has a test below"
    );
    for name in names {
        let secret = "/run/credentials/keyward.service/service-account";
        let (_folder, file) = written(&example(&name).replace(secret, "service-account"));
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_keyward"))
            .args(["config", "check", "--config"])
            .arg(&file)
            .env_clear()
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
    }
}

/// A clock that runs, and shows the next Wednesday, or Sunday, at 10 in Vienna now.
fn clock_on(day: Weekday) -> Clock {
    let now = Clock::system().now();
    let vienna = TimeZone::get("Europe/Vienna").unwrap();
    let mut then = ZonedDateTime::new(now, vienna)
        .with()
        .hour(10)
        .minute(0)
        .build()
        .unwrap();
    while then.weekday() != day || then.timestamp() < now {
        then = then.checked_add(1.day()).unwrap();
    }
    let ahead: SignedDuration = then.timestamp().duration_since(now);
    Clock::from_fn(move || Clock::system().now() + ahead)
}

/// Where the head office sits.
const HEAD_OFFICE: Client = Client {
    address: std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 20, 3, 4)),
};

/// Each line is an operator and what becomes of their tries; whom a line says nothing of, they do not even find.
async fn hold(office: &Office, prefix: &str, client: Client, table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (operator, tries) = line.split_once(':').unwrap();
        let session = signed_in(office, &format!("{prefix}{operator}"), client).await;
        let tries: Vec<(&str, &str)> = tries
            .split_whitespace()
            .map(|one| one.split_once('=').unwrap())
            .collect();
        let mut seen: Vec<String> = tries
            .iter()
            .filter(|(_, outcome)| *outcome != "not_in_scope")
            .map(|(sam, _)| format!("{prefix}{sam}"))
            .collect();
        seen.sort();
        assert_eq!(
            office.found(&session, prefix, client).await,
            seen,
            "{operator} finds"
        );
        for (sam, outcome) in tries {
            let sam = format!("{prefix}{sam}");
            let view = office
                .app
                .view(&session, office.scene.guid(&sam), client)
                .await;
            assert_eq!(
                view.unwrap().is_some(),
                outcome != "not_in_scope",
                "{operator} sees {sam}"
            );
            let found = office.tried(&session, &sam, client).await;
            assert_eq!(found, outcome, "{operator} tries to reset {sam}");
        }
    }
}

async fn signed_in(office: &Office, sam: &str, client: Client) -> Session {
    use keyward::actions::SignInAnswer::SignedIn;
    let password = office.scene.password(sam);
    match office.app.sign_in(sam, password, client).await.unwrap() {
        SignedIn { session, .. } => session,
        other => panic!("{sam}: {other:?}"),
    }
}

/// Name, OU, groups.
type Person = (&'static str, &'static str, &'static [&'static str]);

/// People with a password.
async fn people(estate: &mut Estate, scene: &mut Scene, prefix: &str, people: &[Person]) {
    for (name, ou, groups) in people {
        let dn = estate.person(scene, &format!("{prefix}{name}"), ou).await;
        for group in *groups {
            let group = format!("CN={group},{}", estate.place("Groups"));
            estate.join(&dn, &group).await;
        }
    }
}

async fn groups(estate: &mut Estate, names: &[&str]) {
    estate.ou("Groups").await;
    for name in names {
        estate.group(name, "Groups").await;
    }
}
