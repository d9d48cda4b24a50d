//! `keyward delegation apply` and `revoke` as an administrator runs them, against a real domain
//! controller: what they print, how they end, and what the directory looks like afterwards.

use crate::support::administrator::{add, administrator, delete};
use crate::support::directory::Scene;
use crate::support::ldap::Ldap;
use ldap3_proto::LdapResultCode;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// An OU of its own, with somebody in it, and settings that are about it.
struct Ground {
    scene: Scene,
    admin: Ldap,
    top: String,
    people: String,
    svc: String,
    group: String,
    folder: TempDir,
}

impl Ground {
    /// `name` is that of the OU, and in the names of account and group.
    async fn new(name: &str) -> Self {
        let scene = Scene::samba();
        let mut admin = administrator(&scene).await;
        let top = format!(
            "OU={name},{}",
            scene.people["base_dn"].as_str().expect("a DN")
        );
        // What a run that was cut off left.
        delete(&mut admin, &top).await;
        let people = format!("OU=People,{top}");
        for ou in [&top, &people] {
            add(&mut admin, ou, "organizationalUnit", &[]).await;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let ground = Self {
            svc: format!("svc_{name}"),
            group: format!("Resetters {name}"),
            scene,
            admin,
            top,
            people,
            folder,
        };
        ground.settings(&format!("password_file = {}", ground.secret().display()));
        ground
    }

    fn settings(&self, password: &str) {
        let ca_file = self.scene.settings.ca_file.as_ref().expect("a CA file");
        let server = &self.scene.settings.servers[0].host;
        let text = format!(
            "[ad]\nserver = ldaps://{server}\ndomain = EXAMPLE\nuser_ou = {}\nreset_group = {}\nca_file = {}\n\
             [service_account]\nusername = {}\n{password}\n[delegation]\naccount_ou = OU=Accounts,{}\n",
            self.people,
            self.group,
            ca_file.display(),
            self.svc,
            self.top
        );
        let file = self.folder.path().join("config.ini");
        std::fs::write(&file, text).expect("written");
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&file, private).expect("mode");
    }

    fn secret(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    fn account_dn(&self) -> String {
        format!("CN={},OU=Accounts,{}", self.svc, self.top)
    }

    fn group_dn(&self) -> String {
        format!("CN={},OU=Accounts,{}", self.group, self.top)
    }

    /// As Administrator.
    fn run(&self, arguments: &[&str]) -> Output {
        let password = &self.scene.people["administrator"]["password"];
        let password = password.as_str().expect("a password").to_owned();
        self.run_as("Administrator", &password, arguments)
    }

    fn run_as(&self, name: &str, password: &str, arguments: &[&str]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_keyward"))
            .arg("delegation")
            .args(arguments)
            .args(["--admin", name, "--admin-password-stdin"])
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        let mut stdin = child.stdin.take().expect("piped");
        writeln!(stdin, "{password}").expect("written");
        drop(stdin);
        let output = child.wait_with_output().expect("ended");
        for said in [&output.stdout, &output.stderr] {
            let said = String::from_utf8_lossy(said);
            assert!(!said.contains(password), "a password is said: {said}");
        }
        output
    }

    /// DN and `uSNChanged` of everything below the OU, and it: what any write changes.
    async fn versions(&mut self) -> Vec<(String, Vec<u8>)> {
        let found = self
            .admin
            .find(&self.top, "(objectClass=*)", &["uSNChanged"])
            .await;
        let mut versions: Vec<_> = found
            .entries
            .iter()
            .map(|entry| (entry.dn.clone(), entry.attributes[0].vals[0].clone()))
            .collect();
        versions.sort();
        versions
    }

    async fn end(mut self) {
        let top = self.top.clone();
        let result = delete(&mut self.admin, &top).await;
        assert_eq!(result.code, LdapResultCode::Success);
    }
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("text")
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

/// The words that lines begin with.
fn marks(output: &Output) -> Vec<&str> {
    let words = ["done", "already so", "would", "failed", "not tried"];
    out(output)
        .lines()
        .filter_map(|line| words.into_iter().find(|word| line.starts_with(word)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_makes_everything_once_and_revoke_leaves_the_rules_as_they_were() {
    let mut ground = Ground::new("applyall").await;
    let people = ground.people.clone();
    let bare = ground.versions().await;
    let rules_before = ground.admin.descriptor(&people).await;

    let dry = ground.run(&["apply", "--dry-run"]);
    assert_eq!((dry.status.code(), err(&dry)), (Some(0), ""));
    assert_eq!(marks(&dry), ["would"; 5], "{}", out(&dry));
    assert!(!ground.secret().exists());
    assert_eq!(ground.versions().await, bare, "a dry run changes nothing");

    let first = ground.run(&["apply"]);
    assert_eq!((first.status.code(), err(&first)), (Some(0), ""));
    assert_eq!(marks(&first), ["done"; 5], "{}", out(&first));
    let mode = std::fs::metadata(ground.secret()).expect("there");
    assert_eq!(mode.permissions().mode() & 0o7777, 0o600);
    let secret = std::fs::read_to_string(ground.secret()).expect("text");
    let secret = secret.trim_end().to_owned();
    assert!(secret.chars().count() >= 32);
    assert!(!out(&first).contains(&secret));
    let name = format!("{}@example.test", ground.svc);
    Ldap::signed_in(&ground.scene, &name, &secret).await;
    let account = ground.account_dn();
    let account = ground
        .admin
        .read(&account, &["userAccountControl", "pwdLastSet"])
        .await;
    // NORMAL_ACCOUNT, DONT_EXPIRE_PASSWORD, NOT_DELEGATED; not "must change", not disabled.
    assert_eq!(account.texts("userAccountControl"), ["1114624"]);
    assert_ne!(account.texts("pwdLastSet"), ["0"]);
    let group = ground.group_dn();
    let group = ground.admin.read(&group, &["groupType"]).await;
    assert_eq!(group.texts("groupType"), ["-2147483646"]);

    let after_first = ground.versions().await;
    let second = ground.run(&["apply"]);
    assert_eq!((second.status.code(), err(&second)), (Some(0), ""));
    assert_eq!(marks(&second), ["already so"; 5], "{}", out(&second));
    assert!(out(&second).ends_with("Nothing was changed.\n"));
    assert_eq!(
        ground.versions().await,
        after_first,
        "a second run changes nothing"
    );
    let again = std::fs::read_to_string(ground.secret()).expect("text");
    assert_eq!(again.trim_end(), secret);

    assert_ne!(ground.admin.descriptor(&people).await, rules_before);
    let dry = ground.run(&["revoke", "--dry-run"]);
    assert_eq!((dry.status.code(), marks(&dry)), (Some(0), vec!["would"]));
    assert_eq!(ground.versions().await, after_first);
    let revoked = ground.run(&["revoke"]);
    assert_eq!(
        (revoked.status.code(), marks(&revoked)),
        (Some(0), vec!["done"])
    );
    assert_eq!(
        ground.admin.descriptor(&people).await,
        rules_before,
        "byte for byte"
    );
    let gone = ground.run(&["revoke"]);
    assert_eq!((gone.status.code(), marks(&gone)), (Some(0), vec![]));
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_proves_clean_and_a_missing_right_is_mended_by_its_id() {
    let mut ground = Ground::new("applyproof").await;
    let person = format!("CN=Anna,{}", ground.people);
    let attributes = [("sAMAccountName", "applyproof.anna")];
    add(&mut ground.admin, &person, "user", &attributes).await;
    assert_eq!(ground.run(&["apply"]).status.code(), Some(0));
    let verify = |json: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
        command.args(["delegation", "verify"]);
        let command = command.args(json.then_some("--json"));
        let output = command
            .current_dir(ground.folder.path())
            .env_clear()
            .output();
        output.expect("runs")
    };
    let clean = verify(false);
    assert_eq!(
        (clean.status.code(), err(&clean)),
        (Some(0), ""),
        "{}",
        out(&clean)
    );
    assert!(
        out(&clean).contains("1 person below the targets"),
        "{}",
        out(&clean)
    );
    assert_eq!(ground.run(&["revoke"]).status.code(), Some(0));
    let missing = verify(true);
    assert_eq!(missing.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_str(out(&missing)).expect("one document");
    let findings = document["findings"].as_array().expect("a list");
    assert!(!findings.is_empty() && findings.iter().all(|f| f["kind"] == "missing"));
    let ids: Vec<&str> = findings.iter().filter_map(|f| f["id"].as_str()).collect();
    let mend = ground.run(&[&["mend"], ids.as_slice()].concat());
    assert_eq!(
        (mend.status.code(), err(&mend)),
        (Some(0), ""),
        "{}",
        out(&mend)
    );
    assert_eq!(verify(false).status.code(), Some(0));
    let again = ground.run(&["mend", ids[0]]);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        err(&again).contains("mended already, or mistyped"),
        "{}",
        err(&again)
    );
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_in_the_middle_is_said_and_a_second_run_completes_it() {
    let mut ground = Ground::new("applymid").await;
    let accounts = format!("OU=Accounts,{}", ground.top);
    let in_the_way = ground.group_dn();
    add(&mut ground.admin, &accounts, "organizationalUnit", &[]).await;
    add(&mut ground.admin, &in_the_way, "container", &[]).await;

    let first = ground.run(&["apply"]);
    assert_eq!((first.status.code(), err(&first)), (Some(1), ""));
    assert_eq!(
        marks(&first),
        ["already so", "done", "done", "failed", "done"],
        "{}",
        out(&first)
    );
    assert!(out(&first).contains("3 changes were made, 1 not."));
    let secret = std::fs::read(ground.secret()).expect("there");

    let result = delete(&mut ground.admin, &in_the_way).await;
    assert_eq!(result.code, LdapResultCode::Success);
    let second = ground.run(&["apply"]);
    assert_eq!((second.status.code(), err(&second)), (Some(0), ""));
    let done = marks(&second)
        .iter()
        .filter(|mark| **mark == "done")
        .count();
    assert_eq!(done, 1, "{}", out(&second));
    assert_eq!(std::fs::read(ground.secret()).expect("there"), secret);
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_may_not_changes_nothing_and_the_next_one_uses_the_same_password() {
    let mut ground = Ground::new("applynot").await;
    let bare = ground.versions().await;
    let password = ground.scene.people["password"].as_str().expect("text");
    let password = password.to_owned();
    let refused = ground.run_as("alice.able", &password, &["apply"]);
    assert_eq!((refused.status.code(), err(&refused)), (Some(1), ""));
    assert!(
        out(&refused).contains("the administrator's account may not do this"),
        "{}",
        out(&refused)
    );
    assert_eq!(ground.versions().await, bare);
    let secret = std::fs::read_to_string(ground.secret()).expect("there");
    assert_eq!(ground.run(&["apply"]).status.code(), Some(0));
    let name = format!("{}@example.test", ground.svc);
    Ldap::signed_in(&ground.scene, &name, secret.trim_end()).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_or_a_missing_target_is_said_before_anything_is_done() {
    let mut ground = Ground::new("applywrong").await;
    let bare = ground.versions().await;
    let wrong = ground.run_as("Administrator", "Not-The-Password-1!", &["apply"]);
    assert_eq!((wrong.status.code(), out(&wrong)), (Some(2), ""));
    assert_eq!(
        err(&wrong),
        "keyward: the directory does not let Administrator in: wrong name or password; nothing was changed\n"
    );
    let people = ground.people.clone();
    let result = delete(&mut ground.admin, &people).await;
    assert_eq!(result.code, LdapResultCode::Success);
    let missing = ground.run(&["apply"]);
    assert_eq!((missing.status.code(), out(&missing)), (Some(2), ""));
    let said = format!(
        "{people} is not in the directory: put [ad] user_ou right, or make it; nothing was changed\n"
    );
    assert!(err(&missing).ends_with(&said), "{}", err(&missing));
    assert!(!ground.secret().exists());
    let rest: Vec<_> = bare.into_iter().filter(|(dn, _)| *dn != people).collect();
    assert_eq!(ground.versions().await.len(), rest.len());
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_there_keeps_its_password_unless_a_reset_is_asked_for() {
    let mut ground = Ground::new("applyold").await;
    assert_eq!(ground.run(&["apply"]).status.code(), Some(0));
    let old = std::fs::read_to_string(ground.secret()).expect("there");
    std::fs::remove_file(ground.secret()).expect("removed");
    let before = ground.versions().await;

    let unasked = ground.run(&["apply"]);
    assert_eq!(unasked.status.code(), Some(1));
    assert!(
        out(&unasked).contains("--reset-account-password"),
        "{}",
        out(&unasked)
    );
    assert!(!ground.secret().exists());
    assert_eq!(ground.versions().await, before);
    let name = format!("{}@example.test", ground.svc);
    Ldap::signed_in(&ground.scene, &name, old.trim_end()).await;

    let asked = ground.run(&["apply", "--reset-account-password"]);
    assert_eq!(
        (asked.status.code(), err(&asked)),
        (Some(0), ""),
        "{}",
        out(&asked)
    );
    let new = std::fs::read_to_string(ground.secret()).expect("there");
    assert_ne!(new, old);
    Ldap::signed_in(&ground.scene, &name, new.trim_end()).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_articles_password_in_the_settings_becomes_the_accounts() {
    let ground = Ground::new("applyini").await;
    ground.settings("password = Short-But-Allowed-1!");
    let first = ground.run(&["apply"]);
    assert_eq!(
        (first.status.code(), err(&first)),
        (Some(0), ""),
        "{}",
        out(&first)
    );
    assert!(out(&first).contains("fewer than 32 characters"));
    assert!(!out(&first).contains("Short-But-Allowed-1!"));
    let name = format!("{}@example.test", ground.svc);
    Ldap::signed_in(&ground.scene, &name, "Short-But-Allowed-1!").await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_the_policy_refuses_is_said_and_no_account_is_made() {
    let ground = Ground::new("applyweak").await;
    ground.settings("password = short");
    let refused = ground.run(&["apply"]);
    assert_eq!((refused.status.code(), err(&refused)), (Some(1), ""));
    assert_eq!(
        marks(&refused),
        ["done", "failed", "done", "not tried"],
        "{}",
        out(&refused)
    );
    assert!(out(&refused).contains("the domain's policy refuses the password of the settings"));
    ground.settings("password = Long-Enough-For-It-1!");
    let second = ground.run(&["apply"]);
    assert_eq!(second.status.code(), Some(0), "{}", out(&second));
    ground.end().await;
}
