//! `keyward service-account rotate` against the real domain controller, killed at any moment: the
//! real program, an account of its own, and Kerberos as the judge of which password is right.

use crate::support::directory::Scene;
use crate::support::ldap::{Ldap, quoted};
use keyward::cli::parts::directory_settings;
use keyward::config::Settings;
use keyward::directory::Directory;
use keyward::domain::audit::{AuditAction, AuditResult, Phase, Record, Seq};
use keyward::domain::time::Clock;
use keyward::store::AuditReader;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const KILLS: u32 = 100;
const START: &str = "Start-Secret-For-Rotation-1!";

/// An account of its own in an OU of its own, and the files of an installation that uses it.
struct Installation {
    scene: Scene,
    admin: Ldap,
    sam: String,
    dn: String,
    folder: tempfile::TempDir,
    settings: &'static str,
}

impl Installation {
    async fn new(sam: &str, settings: &'static str) -> Self {
        let scene = Scene::samba();
        let base = scene.people["base_dn"].as_str().unwrap().to_owned();
        let mut admin = Ldap::administrator(&scene).await;
        let ou = format!("OU=Rotation {sam},{base}");
        let dn = format!("CN={sam},{ou}");
        admin.delete(&dn).await;
        admin.delete(&ou).await;
        let class = |name: &str| ("objectClass", vec![name.as_bytes().to_vec()]);
        let made = admin.add(&ou, vec![class("organizationalUnit")]).await;
        assert_eq!(made.code, ldap3_proto::LdapResultCode::Success, "{made:?}");
        let text = |text: &str| vec![text.as_bytes().to_vec()];
        let attributes = vec![
            class("user"),
            ("sAMAccountName", text(sam)),
            ("unicodePwd", vec![quoted(START)]),
            ("userAccountControl", text("66048")),
        ];
        let made = admin.add(&dn, attributes).await;
        assert_eq!(made.code, ldap3_proto::LdapResultCode::Success, "{made:?}");
        let folder = tempfile::tempdir().unwrap();
        let this = Self {
            scene,
            admin,
            sam: sam.to_owned(),
            dn,
            folder,
            settings,
        };
        this.write_settings();
        this
    }

    fn write_settings(&self) {
        let people = &self.scene.people;
        let text = |name: &str| people[name].as_str().unwrap();
        let server = &self.scene.settings.servers[0];
        let ca = self.scene.settings.ca_file.as_ref().unwrap().display();
        let is_ini = self.is_ini();
        let quote = |value: String| {
            if is_ini {
                value
            } else {
                format!("\"{value}\"")
            }
        };
        let secret = if is_ini {
            format!("password = {START}")
        } else {
            self.write("secret", START);
            "password_file = \"secret\"".to_owned()
        };
        let lines = [
            "[ad]".to_owned(),
            format!("server = {}", quote(format!("ldaps://{}", server.host))),
            format!("domain = {}", quote(text("domain").to_owned())),
            format!("user_ou = {}", quote(text("user_ou").to_owned())),
            format!("reset_group = {}", quote(text("reset_group").to_owned())),
            format!("ca_file = {}", quote(ca.to_string())),
            "# the account".to_owned(),
            "[service_account]".to_owned(),
            format!("username = {}", quote(self.sam.clone())),
            secret,
            "[store]".to_owned(),
            format!("url = {}", quote("sqlite://keyward.db".to_owned())),
        ];
        self.write(self.settings, &(lines.join("\r\n") + "\r\n"));
    }

    fn is_ini(&self) -> bool {
        self.settings == "config.ini"
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(self.path(name), private).unwrap();
    }

    fn current(&self) -> String {
        if self.is_ini() {
            let text = std::fs::read_to_string(self.path(self.settings)).unwrap();
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("password = "));
            return line.unwrap().to_owned();
        }
        let text = std::fs::read_to_string(self.path("secret")).unwrap();
        text.trim_end().to_owned()
    }

    /// The one that waits to follow.
    fn next(&self) -> Option<String> {
        let name = if self.is_ini() {
            format!("{}.next-password", self.settings)
        } else {
            "secret.next".to_owned()
        };
        let text = std::fs::read_to_string(self.path(&name)).ok()?;
        Some(text.trim_end().to_owned())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
        command
            .args(["service-account", "rotate", "--config", self.settings])
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn rotate(&self) -> Output {
        let output = self.command().output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = format!("{output:?}");
        assert!(!said.contains(&self.current()), "no password is ever said");
        output
    }

    /// Begins a rotation and kills it after `delay`; whether it was still running.
    fn rotate_and_kill(&self, delay: Duration) -> bool {
        let mut child: Child = self.command().spawn().unwrap();
        std::thread::sleep(delay);
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        was_running
    }

    /// A process that begins now: it reads the settings and signs in.
    async fn binds(&self) {
        let settings = Settings::load(&self.path(self.settings), &[]).unwrap();
        let directory = Directory::new(directory_settings(&settings), Clock::system());
        let found = directory.ping().await;
        assert!(found.is_ok(), "{found:?}");
        directory.close().await;
    }

    /// Whether Kerberos takes this password: unlike a bind, never an old one.
    fn is_right(&self, password: &str) -> bool {
        let cache = format!("FILE:{}", self.path("tickets").display());
        let mut kinit = Command::new("kinit")
            .args(["-c", &cache, &self.sam])
            .env(
                "KRB5_CONFIG",
                self.scene.people["dc"]["krb5_conf"].as_str().unwrap(),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = kinit.stdin.take().unwrap();
        writeln!(input, "{password}").unwrap();
        drop(input);
        kinit.wait().unwrap().success()
    }

    async fn counted(&mut self, attribute: &str) -> u64 {
        let found = self.admin.read(&self.dn, &[attribute]).await;
        let text = found.texts(attribute).into_iter().next();
        text.map_or(0, |text| text.parse().unwrap())
    }

    /// Each attempt has one outcome, and none of them says more or less than is true.
    async fn check_log(&self) -> usize {
        let reader = AuditReader::open(&self.path("keyward.db")).await.unwrap();
        assert!(reader.open_attempts().await.unwrap().is_empty());
        let lines = reader.lines(Seq(0), 1_000_000).await.unwrap();
        let log: Vec<Record> = lines
            .iter()
            .map(|(_, line)| Record::parse(line).unwrap())
            .collect();
        let of = |phase| {
            let ours = |r: &&Record| r.entry.action == AuditAction::RotateServiceAccount;
            log.iter()
                .filter(ours)
                .filter(move |r| r.entry.phase == phase)
        };
        assert_eq!(of(Phase::Attempt).count(), of(Phase::Outcome).count());
        let result = |record: &Record| record.entry.result.unwrap();
        assert!(of(Phase::Outcome).all(|r| result(r) != AuditResult::Unknown));
        of(Phase::Outcome)
            .filter(|r| result(r) == AuditResult::Ok)
            .count()
    }

    async fn put_away(mut self) {
        self.admin.delete(&self.dn).await;
        let ou = self.dn.split_once(',').unwrap().1.to_owned();
        self.admin.delete(&ou).await;
    }
}

fn random(below: Duration) -> Duration {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).unwrap();
    below.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

/// Kills so many rotations, spread over the whole time that one takes.
async fn kill(installation: &mut Installation, kills: u32) {
    installation.rotate();
    let began = Instant::now();
    installation.rotate();
    let whole = began.elapsed();
    let (mut running, mut between) = (0, 0);
    for number in 1..=kills {
        let delay = random(whole);
        running += u32::from(installation.rotate_and_kill(delay));
        installation.binds().await;
        let next = installation.next();
        between += u32::from(next.is_some());
        // The change that was sent may be made between two questions, so the new one is asked twice.
        let is_next = || {
            next.as_ref()
                .is_some_and(|next| installation.is_right(next))
        };
        let right = is_next() || installation.is_right(&installation.current()) || is_next();
        assert!(right, "after {delay:?} neither password is right");
        assert_eq!(installation.counted("lockoutTime").await, 0);
        if number % 10 == 0 {
            installation.rotate();
            assert_eq!(installation.next(), None);
            assert!(installation.is_right(&installation.current()));
        }
    }
    let seen =
        format!("{kills} within {whole:?}: {running} while it ran, {between} between its steps");
    assert!(
        running > kills / 4,
        "the moments lie within the run: {seen}"
    );
    assert!(
        between > 0,
        "some lie between the first step and the last: {seen}"
    );
    assert!(installation.check_log().await > 0);
    assert_eq!(installation.counted("badPwdCount").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rotate_killed_at_a_hundred_moments_leaves_a_service_that_binds_every_time() {
    let mut with_file = Installation::new("svc_rotate_file", "keyward.toml").await;
    kill(&mut with_file, KILLS - 40).await;
    with_file.put_away().await;
    let mut with_ini = Installation::new("svc_rotate_ini", "config.ini").await;
    let before = std::fs::read_to_string(with_ini.path("config.ini")).unwrap();
    kill(&mut with_ini, 40).await;
    let after = std::fs::read_to_string(with_ini.path("config.ini")).unwrap();
    assert_eq!(after, before.replace(START, &with_ini.current()));
    with_ini.put_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_moves_the_password_out_of_the_settings_file() {
    let mut installation = Installation::new("svc_rotate_move", "config.ini").await;
    let output = installation
        .command()
        .args(["--to-file", "moved"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let moved = std::fs::read_to_string(installation.path("moved")).unwrap();
    assert!(installation.is_right(moved.trim_end()));
    installation.binds().await;
    assert_eq!(installation.counted("badPwdCount").await, 0);
    installation.put_away().await;
}
