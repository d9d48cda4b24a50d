//! `keyward doctor` as people and scripts run it. The cases run against Samba and against the embedded
//! directory.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use keyward::directory::ResetOptions;
#[cfg(feature = "demo")]
use keyward::directory::metadata::AttributeVersion;
#[cfg(feature = "demo")]
use keyward::doctor::{outside_confirm::BorneOut, outside_use::look, outside_watch::OutsideWatch};
use keyward::domain::rules::Action;
use keyward::domain::secret::SecretSource;
use keyward::domain::time::Clock;
#[cfg(feature = "demo")]
use keyward::domain::{audit::AuditAction, identity::ObjectGuid};
use keyward::store::Store;
#[cfg(feature = "demo")]
use keyward::store::{AuditReader, Looks, SeenChange};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::directory::{Scene, new_password, secret};
#[cfg(feature = "demo")]
use crate::support::office::{Office, nobody};

/// Makes a module with one test for each case, over `$scene`.
macro_rules! doctor_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::doctor::$case(&$scene).await;
        })+
    };
    ($scene:expr) => {
        crate::doctor::doctor_cases! { $scene =>
            what_is_well_is_well_and_what_the_fixtures_have_wrong_is_named,
            a_reset_behind_keywards_back_is_found_and_a_persons_own_change_is_not_accused,
            rules_are_looked_at_name_by_name_and_those_without_people_are_a_warning,
        }
    };
}
pub(crate) use doctor_cases;

#[cfg(feature = "demo")]
mod embedded {
    use crate::support::directory::Scene;
    super::doctor_cases! { Scene::embedded().await }
}

/// A folder with settings for a directory.
pub struct Installed {
    folder: TempDir,
}

impl Installed {
    /// For the directory of `scene`, with `more` behind the settings.
    pub fn over(scene: &Scene, more: &str) -> Self {
        let SecretSource::Value(password) = &scene.settings.service_password else {
            panic!("the fixtures hold the password itself");
        };
        let password = password.expose_secret();
        Self::with(
            scene,
            &scene.settings.servers[0].to_string(),
            password,
            more,
        )
    }

    fn with(scene: &Scene, server: &str, password: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = &scene.settings;
        let text = format!(
            "[ad]\nserver = \"ldaps://{server}\"\ndomain = \"{}\"\nuser_ou = \"{}\"\n\
             reset_group = \"{}\"\nca_file = \"{}\"\nconnect_timeout_seconds = 2\n\
             [service_account]\nusername = \"{}\"\npassword = \"{password}\"\n\
             [store]\nurl = \"sqlite://keyward.db\"\n{more}",
            settings.domain,
            scene.staff(),
            scene.reset_group(),
            settings.ca_file.as_ref().expect("a file").display(),
            settings.service_account,
        );
        let installed = Self { folder };
        fs::write(installed.file(), text).unwrap();
        installed.mode(0o600);
        installed
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("keyward.toml")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn mode(&self, mode: u32) {
        fs::set_permissions(self.file(), Permissions::from_mode(mode)).unwrap();
    }

    /// The store, as a service that runs holds it.
    pub async fn serving(&self) -> Store {
        let file = self.folder.path().join("keyward.db");
        Store::open(&file, Clock::system()).await.unwrap()
    }

    /// Runs a command beside the directory in this process.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear();
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    async fn doctor(&self) -> Findings {
        let output = self.run(&["doctor", "--json"]).await;
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let json: Value = serde_json::from_slice(&output.stdout).expect("one document");
        let checks = json["checks"].as_array().unwrap().clone();
        assert_eq!(
            output.status.code(),
            Some(i32::from(json["outcome"] == "fail"))
        );
        Findings(checks)
    }
}

/// What the doctor found.
struct Findings(Vec<Value>);

impl Findings {
    fn of(&self, name: &str) -> &Value {
        let mut found = self.0.iter().filter(|check| check["name"] == name);
        let first = found.next();
        first.unwrap_or_else(|| panic!("no check {name}: {:?}", self.outcomes()))
    }

    fn outcome(&self, name: &str) -> &str {
        self.of(name)["outcome"].as_str().unwrap()
    }

    fn list(&self, name: &str) -> Vec<&str> {
        let list = self.of(name)["list"].as_array();
        let lines = list.into_iter().flatten();
        lines.map(|line| line.as_str().unwrap()).collect()
    }

    fn outcomes(&self) -> BTreeMap<&str, &str> {
        self.0
            .iter()
            .map(|check| {
                (
                    check["name"].as_str().unwrap(),
                    check["outcome"].as_str().unwrap(),
                )
            })
            .collect()
    }

    /// Everything that is not well, but for the proof: others plant faults in the same directory.
    fn wrong(&self) -> Vec<&str> {
        self.outcomes()
            .into_iter()
            .filter(|(name, outcome)| *outcome != "ok" && !name.starts_with("rights"))
            .map(|(name, _)| name)
            .collect()
    }
}

pub async fn what_is_well_is_well_and_what_the_fixtures_have_wrong_is_named(scene: &Scene) {
    let installed = Installed::over(scene, "");
    let _service = installed.serving().await;
    let found = installed.doctor().await;
    let wrong = ["account.delegation", "account.place", "scope.members"];
    assert_eq!(found.wrong(), wrong, "{:#?}", found.0);
    let members = found.list("scope.reset_group");
    let lena = members
        .iter()
        .find(|line| line.contains("lead.lena"))
        .unwrap();
    assert!(lena.contains("through Team Leads"), "{lena}");
    let out = found.list("scope.members").join("\n");
    assert!(
        out.contains("lead.disabled") && out.contains("disabled"),
        "{out}"
    );
    assert!(!out.contains("lead.lena"), "{out}");
    let beside = found.list("account.place").join(" ");
    assert!(beside.contains("svc_toomuch"), "{beside}");
    for check in &found.0 {
        let helps = check["outcome"] == "ok" || !check["mend"].as_array().unwrap().is_empty();
        assert!(helps, "{check}");
    }
}

pub async fn rules_are_looked_at_name_by_name_and_those_without_people_are_a_warning(
    scene: &Scene,
) {
    let rule = |name: &str, operators: &str, targets: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\noperators = [\"{operators}\"]\ntargets = [\"{targets}\"]\n"
        )
    };
    let leads = rule("leads", "Team Leads", scene.staff().as_str());
    let well = Installed::over(scene, &leads).doctor().await;
    assert_eq!(
        well.outcome("scope.rules"),
        "ok",
        "{}",
        well.of("scope.rules")
    );
    let line = well.list("scope.rules")[0];
    assert!(
        line.starts_with("leads: ") && line.ends_with("can act, reaches people"),
        "{line}"
    );
    let names = well.outcomes();
    assert!(!names.contains_key("scope.reset_group") && !names.contains_key("scope.members"));

    let idle = leads.clone()
        + &rule("idle", "Print Operators", "own-ou")
        + &rule("aimless", "Team Leads", &scene.auditor_group());
    let idle = Installed::over(scene, &idle).doctor().await;
    assert_eq!(idle.outcome("scope.rules"), "warn");
    let sentence = idle.of("scope.rules")["sentence"].as_str().unwrap();
    assert_eq!(
        sentence,
        "nobody is in the groups of idle; nobody is reached by aimless"
    );

    let article = Installed::over(scene, "[protect]\ngroups = [\"No Such A\"]\n")
        .doctor()
        .await;
    assert_eq!(article.outcome("scope.rules"), "fail");
    assert_eq!(article.outcome("scope.reset_group"), "ok");

    let wrong = format!(
        "[protect]\ngroups = [\"No Such A\"]\naccounts = [\"no.such.b\"]\n{}{}",
        rule("leads", "No Such C", "No Such D"),
        rule(
            "desk",
            "Team Leads",
            &format!("OU=No Such E,{}", scene.staff())
        ),
    );
    let wrong = Installed::over(scene, &wrong).doctor().await;
    assert_eq!(wrong.outcome("scope.rules"), "fail");
    let list = wrong.list("scope.rules").join("\n");
    for part in [
        "No Such A of protect.groups",
        "no.such.b, named in protect.accounts",
        "No Such C of operators of rule leads",
        "No Such D of targets of rule leads",
        "named in targets of rule desk",
    ] {
        assert!(list.contains(part), "{part}\n{list}");
    }
}

pub async fn a_reset_behind_keywards_back_is_found_and_a_persons_own_change_is_not_accused(
    scene: &Scene,
) {
    let installed = Installed::over(scene, "");
    let _service = installed.serving().await;
    let first = installed.doctor().await;
    assert_eq!(
        first.outcome("outside_use"),
        "ok",
        "{}",
        first.of("outside_use")
    );

    // Twice, since the second password of a new account is taken for its first.
    for text in ["Behind-Our-Back-1!", "Behind-Our-Back-2!"] {
        reset(scene, "bulk.57", text, true).await;
    }
    change_own_password(scene, "bulk.58").await;

    let found = installed.doctor().await;
    assert_eq!(
        found.outcome("outside_use"),
        "warn",
        "{}",
        found.of("outside_use")
    );
    let list = found.list("outside_use");
    assert!(
        list.iter().any(|line| line.starts_with("bulk.57 at ")),
        "{list:?}"
    );
    assert!(
        !list.iter().any(|line| line.contains("bulk.58")),
        "{list:?}"
    );

    // It stays: a second look must not make it disappear.
    let again = installed.doctor().await;
    assert!(
        again
            .list("outside_use")
            .iter()
            .any(|line| line.contains("bulk.57"))
    );
    for name in ["bulk.57", "bulk.58"] {
        reset(scene, name, scene.password(name).expose_secret(), false).await;
    }
}

#[cfg(feature = "demo")]
#[tokio::test(flavor = "multi_thread")]
async fn only_a_reset_that_the_directory_bears_out_becomes_a_record_whatever_the_database_says() {
    let office = Office::over(Scene::embedded().await).await;
    let (scene, database) = (&office.scene, office.database());
    let looks = Looks::open(&database).await.unwrap().unwrap();
    let log = AuditReader::open(&database).await.unwrap();
    let look = async || {
        let (ou, now) = (scene.staff(), Clock::system().now());
        let found = look(&scene.directory(), &log, &looks, &ou, now, |_| ()).await;
        found.unwrap().new
    };
    assert!(look().await.is_empty(), "the mark");
    for text in ["Behind-Our-Back-1!", "Behind-Our-Back-2!"] {
        reset(scene, "bulk.57", text, true).await;
        reset(scene, "bulk.58", text, true).await;
    }
    let found = look().await;
    assert_eq!(found.len(), 2, "{found:?}");
    change_own_password(scene, "bulk.58").await;
    // What somebody with the database adds: a reset that Keyward made, a change of the past, nobody's.
    let lead = office.signed_in("lead.direct").await;
    office.reset(&lead, "target.11").await;
    let mut planted = Vec::new();
    for name in ["target.11", "bulk.59"] {
        let directory = scene.directory();
        let account = scene.account(&directory, name).await;
        let now = directory.password_change(account.guid).await.unwrap();
        planted.push(noted(account.guid, now.unwrap().password.unwrap()));
    }
    planted.push(SeenChange {
        target: nobody(),
        ..planted[0].clone()
    });
    let planted = planted.as_slice();
    let key = scene.staff().as_str().to_lowercase();
    let noted = looks.note_passwords(&key, Clock::system().now(), &[], planted);
    noted.await.unwrap();

    let watch = OutsideWatch {
        database: database.clone(),
        scope: scene.staff(),
    };
    let record = async |change, borne_out| match borne_out {
        BorneOut::Yes => office.app.note_outside_reset(&change).await,
        BorneOut::NotAnyMore => office.app.note_unconfirmed_reset(&change).await,
    };
    let within = std::time::Duration::from_secs(8);
    // Nobody can be asked: nothing is recorded, and nothing is lost.
    let away = scene.directory_with(|settings| settings.servers[0].port = 9);
    let clock = Clock::system();
    let kept = tokio::time::timeout(within, watch.keep(&away, &clock, record));
    assert!(kept.await.is_err());
    assert_eq!(looks.not_recorded().await.unwrap().len(), 5);
    let directory = scene.directory();
    let kept = tokio::time::timeout(within, watch.keep(&directory, &clock, record));
    assert!(kept.await.is_err());
    assert_eq!(looks.not_recorded().await.unwrap(), []);
    let said = office.log().await.into_iter().map(|record| record.entry);
    let said = said.filter(|entry| entry.action == AuditAction::OutsideReset);
    let mut said: Vec<_> = said
        .map(|entry| (entry.target.unwrap().name.unwrap(), entry.code.unwrap()))
        .collect();
    said.sort();
    let expected = [("bulk.57", "not_in_log"), ("bulk.58", "not_confirmed")];
    assert_eq!(
        said,
        expected.map(|(name, code)| (name.into(), code.into()))
    );
}

#[cfg(feature = "demo")]
fn noted(target: ObjectGuid, password: AttributeVersion) -> SeenChange {
    SeenChange {
        target,
        name: "whoever".to_owned(),
        version: password.version,
        changed: password.changed,
    }
}

/// A reset with the service account's password and without Keyward: nothing is recorded.
async fn reset(scene: &Scene, name: &str, text: &str, must_change: bool) {
    let directory = scene.directory();
    let account = scene.account(&directory, name).await;
    let permit = scene
        .permit(&directory, Action::ResetPassword, &account)
        .await;
    let options = ResetOptions {
        must_change,
        unlock: false,
    };
    directory
        .set_password(permit, &account, &new_password(text), options)
        .await
        .unwrap();
}

/// As the person does it, from a password that was given to them without "must change".
async fn change_own_password(scene: &Scene, name: &str) {
    // Never used before: a domain keeps a history.
    let unique = Clock::system().now().as_microsecond();
    let given = SecretString::from(format!("Given-{unique}!"));
    let own = SecretString::from(format!("Chosen-{unique}!"));
    reset(scene, name, given.expose_secret(), false).await;
    let person = scene.directory_with(|settings| {
        name.clone_into(&mut settings.service_account);
        settings.service_password = secret(given.expose_secret());
    });
    let dc = person.domain_controllers().remove(0);
    person.change_own_password(&dc, &given, &own).await.unwrap();
}

#[cfg(feature = "demo")]
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_others_can_read_fails_and_everything_else_is_looked_at_all_the_same() {
    let scene = Scene::embedded().await;
    let installed = Installed::over(&scene, "");
    installed.mode(0o644);
    let found = installed.doctor().await;
    assert_eq!(found.outcome("settings.files"), "fail");
    assert_eq!(found.outcome("controller"), "ok");
    assert_eq!(found.outcome("scope.user_ou"), "ok");
    // Everybody else refuses to start.
    let output = installed.run(&["config", "check"]).await;
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(feature = "demo")]
#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_is_away_is_named_and_what_rests_on_it_says_so() {
    let scene = Scene::embedded().await;
    let installed = Installed::with(&scene, "localhost:9", "x", "");
    let found = installed.doctor().await;
    assert_eq!(found.outcome("controller"), "fail");
    assert_eq!(found.of("controller")["about"], "localhost:9");
    for name in ["rights", "scope.user_ou", "account.state", "outside_use"] {
        assert_eq!(found.outcome(name), "warn");
        let sentence = found.of(name)["sentence"].as_str().unwrap();
        assert!(sentence.starts_with("not looked at, because"), "{sentence}");
    }
}

#[cfg(feature = "demo")]
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_service_password_is_named_as_that() {
    let scene = Scene::embedded().await;
    let server = scene.settings.servers[0].to_string();
    let found = Installed::with(&scene, &server, "Not-The-Password-1!", "")
        .doctor()
        .await;
    let sentence = found.of("controller")["sentence"].as_str().unwrap();
    assert!(sentence.contains("name or password"), "{sentence}");
}

#[cfg(feature = "demo")]
#[tokio::test(flavor = "multi_thread")]
async fn a_danger_switch_and_a_group_that_is_not_there_fail() {
    let scene = Scene::embedded().await;
    let more = format!(
        "[delegation]\ndanger_allow_excess_rights = true\n[audit]\nauditors = [\"{}\", \"Nobody Has This Either\"]\n",
        scene.auditor_group()
    );
    let installed = Installed::over(&scene, &more);
    let text = fs::read_to_string(installed.file()).unwrap();
    let wrong = text.replace(&scene.reset_group(), "Nobody Has This Name");
    fs::write(installed.file(), wrong).unwrap();
    let found = installed.doctor().await;
    assert_eq!(found.outcome("settings.danger"), "fail");
    assert_eq!(found.outcome("scope.reset_group"), "fail");
    let auditors = found.of("scope.auditors")["sentence"].as_str().unwrap();
    assert!(
        auditors.starts_with("there is no group Nobody Has This Either, so nobody can sign in"),
        "{auditors}"
    );
    let sentence = found.of("scope.reset_group")["sentence"].as_str().unwrap();
    assert!(sentence.contains("Nobody Has This Name"), "{sentence}");
}

#[cfg(feature = "demo")]
#[tokio::test(flavor = "multi_thread")]
async fn lines_are_for_people_and_settings_that_do_not_parse_end_with_status_2() {
    let scene = Scene::embedded().await;
    let installed = Installed::over(&scene, "");
    let output = installed.run(&["doctor"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines().take_while(|line| !line.is_empty()) {
        let known = ["ok    ", "warn  ", "fail  ", "      "];
        assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
    }
    assert!(text.contains("\n      read:   docs/doctor.md#"), "{text}");
    fs::write(installed.file(), "[ad]\nservr = \"x\"\n").unwrap();
    for arguments in [&["doctor"][..], &["doctor", "--json"]] {
        let output = installed.run(arguments).await;
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        assert!(String::from_utf8_lossy(&output.stderr).contains("keyward.toml:2"));
    }
}

#[test]
fn every_heading_that_the_doctor_points_to_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pointed = 0;
    for folder in ["src/doctor", "src/doctor/words"] {
        for file in fs::read_dir(root.join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            let product = source.split("#[cfg(test)]").next().unwrap();
            for target in product.split("\"docs/").skip(1) {
                let target = target.split('"').next().unwrap();
                let (page, anchor) = target.split_once('#').expect("a heading");
                let page = fs::read_to_string(root.join("docs").join(page)).unwrap();
                let there = page
                    .lines()
                    .any(|line| heading(line).as_deref() == Some(anchor));
                assert!(there, "{}: docs/{target}", path.display());
                pointed += 1;
            }
        }
    }
    assert!(pointed > 12, "{pointed}");
}

/// The anchor of a heading, as GitHub and the like make it.
fn heading(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let kept = title.to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
}

/// `logon` signs the service account in as Keyward never does.
pub async fn a_logon_of_another_kind_is_found(
    scene: &Scene,
    logon: impl FnOnce() + Send + 'static,
) {
    let installed = Installed::over(scene, "");
    let _service = installed.serving().await;
    let first = installed.doctor().await;
    assert_eq!(first.outcome("account.logons"), "ok");
    let quiet = installed.doctor().await;
    assert_eq!(
        quiet.outcome("account.logons"),
        "ok",
        "{}",
        quiet.of("account.logons")
    );
    tokio::task::spawn_blocking(logon).await.unwrap();
    let found = installed.doctor().await;
    let check = found.of("account.logons");
    assert_eq!(check["outcome"], "warn", "{check}");
    assert!(
        check["sentence"].as_str().unwrap().contains("Kerberos"),
        "{check}"
    );
}
