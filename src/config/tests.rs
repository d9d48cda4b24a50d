//! The settings as a whole: both formats, the environment, what is refused and how it is said.

use super::*;
use crate::domain::secret::SecretSource;
use secrecy::ExposeSecret as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use tempfile::TempDir;

/// The file of the article, with its own example values.
const ARTICLE: &str = "\
[ad]
server = ldaps://yourdc.domain.local
domain = YOURDOMAIN
user_ou = OU=Users,DC=yourdomain,DC=local
reset_group = Password Resetters
new_password = YourStrongDefault!

[service_account]
username = svc_passwordreset
password = YourSuperSecretPassword
";

const TOML: &str = "\
[ad]
server = \"ldaps://dc1.example.com\"
domain = \"EXAMPLE\"
user_ou = \"OU=Users,DC=example,DC=com\"
reset_group = \"Password Resetters\"

[service_account]
username = \"svc\"
password = \"S3cret#;%!\"
";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let file = self.0.path().join(name);
        std::fs::write(&file, text).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("mode");
        file
    }

    /// Loads `text`; errors as they are shown, without the folder's name.
    fn load(
        &self,
        name: &str,
        text: &str,
        environment: &[(&str, &str)],
    ) -> Result<Settings, Vec<String>> {
        let file = self.write(name, text, 0o600);
        let environment: Vec<_> = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let folder = format!("{}/", self.0.path().display());
        Settings::load(&file, &environment).map_err(|errors| {
            errors
                .iter()
                .map(|e| e.to_string().replace(&folder, ""))
                .collect()
        })
    }
}

fn load(name: &str, text: &str) -> Result<Settings, Vec<String>> {
    Folder::new().load(name, text, &[])
}

fn secret(source: &SecretSource) -> &str {
    match source {
        SecretSource::Value(value) | SecretSource::InSettings { value, .. } => {
            value.expose_secret()
        }
        SecretSource::File(file) => panic!("a file: {}", file.display()),
    }
}

#[test]
fn the_articles_own_file_works_unchanged() {
    let settings = load("config.ini", ARTICLE).expect("accepted");
    let server = &settings.ad.server.as_slice()[0];
    assert_eq!(
        (server.host.as_str(), server.port),
        ("yourdc.domain.local", 636)
    );
    assert_eq!(settings.ad.domain.as_str(), "YOURDOMAIN");
    assert_eq!(
        settings.ad.user_ou.as_str(),
        "OU=Users,DC=yourdomain,DC=local"
    );
    assert_eq!(settings.ad.reset_group.as_str(), "Password Resetters");
    assert_eq!(
        secret(settings.ad.new_password.as_ref().expect("given")),
        "YourStrongDefault!"
    );
    assert_eq!(
        settings.service_account.username.as_str(),
        "svc_passwordreset"
    );
    assert_eq!(
        secret(&settings.service_account.password),
        "YourSuperSecretPassword"
    );
}

#[test]
fn the_same_names_work_in_toml_and_everything_else_has_its_default() {
    let settings = load("keyward.toml", TOML).expect("accepted");
    assert_eq!(secret(&settings.service_account.password), "S3cret#;%!");
    assert!(settings.ad.new_password.is_none() && settings.ad.ca_file.is_none());
    assert_eq!(
        settings.ad.connect_timeout_seconds.duration(),
        Duration::from_secs(5)
    );
    assert_eq!(
        settings.ad.operation_timeout_seconds.duration(),
        Duration::from_secs(4)
    );
    assert_eq!(settings.ad.connections.count(), 2);
    assert_eq!(settings.web.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.web.channel, Channel::Loopback);
    assert_eq!(
        settings.session.idle_minutes.duration(),
        Duration::from_mins(10)
    );
    assert_eq!(
        settings.session.max_hours.duration(),
        Duration::from_hours(8)
    );
    assert_eq!(
        settings.store.url.path(),
        Path::new("/var/lib/keyward/keyward.db")
    );
    assert_eq!(settings.password.bits.bits(), 50);
    assert!(settings.password.must_change && !settings.reset.reason_required);
    assert!(settings.sign_in.max_wrong.is_none());
    assert_eq!(settings.protect.groups.iter().count(), 0);
}

#[test]
fn every_setting_can_be_given_in_toml_and_in_ini() {
    let folder = Folder::new();
    folder.write("key.pem", "", 0o600);
    folder.write("secret", "x\n", 0o400);
    let toml = TOML.replace("password = \"S3cret#;%!\"", "password_file = \"secret\"")
        + "[web]\nlisten = \"[::]:8443\"\ntls_cert = \"cert.pem\"\ntls_key = \"key.pem\"\n\
           public_url = \"https://k.example.com\"\nallowed_networks = [\"10.0.0.0/8\"]\ntrusted_proxies = [\"::1\"]\n\
           organisation = \"Example\"\nhelp_contact = \"desk\"\ntime_zone = \"Europe/Berlin\"\n\
           danger_allow_plain_http = false\n\
           [session]\nidle_minutes = 5\nmax_hours = 4\n[store]\nurl = \"sqlite://k.db\"\n\
           [password]\nbits = 64\nmust_change = false\n\
           [reset]\nreason_required = true\nreason_pattern = \"INC[0-9]+\"\nreason_hint = \"ticket\"\n\
           [sign_in]\nmax_wrong = 2\n[protect]\ngroups = [\"CN=A,DC=b\", \"C\"]\n";
    let ini = toml
        .replace("[\"CN=A,DC=b\", \"C\"]", "CN=A,DC=b; C")
        .replace("[\"", "")
        .replace("\"]", "")
        .replace('"', "");
    for (name, text) in [("keyward.toml", toml), ("keyward.INI", ini)] {
        let settings = folder.load(name, &text, &[]).expect(name);
        let in_folder = |file: &str| folder.0.path().join(file);
        assert_eq!(
            settings.web.channel,
            Channel::Tls {
                certificate: in_folder("cert.pem"),
                key: in_folder("key.pem")
            }
        );
        assert_eq!(
            settings.web.public_url.expect("given").as_str(),
            "https://k.example.com"
        );
        assert_eq!(settings.web.allowed_networks.as_slice().len(), 1);
        assert_eq!(settings.web.trusted_proxies.as_slice().len(), 1);
        assert_eq!(settings.web.time_zone.iana_name(), Some("Europe/Berlin"));
        assert_eq!(settings.store.url.path(), in_folder("k.db"));
        assert_eq!(settings.password.bits.bits(), 64);
        assert!(settings.reset.reason_required && !settings.password.must_change);
        assert!(
            settings
                .reset
                .reason_pattern
                .expect("given")
                .accepts("INC7")
        );
        assert_eq!(settings.sign_in.max_wrong.expect("given").count().get(), 2);
        assert_eq!(
            settings.protect.groups.iter().collect::<Vec<_>>(),
            ["CN=A,DC=b", "C"]
        );
        match settings.service_account.password {
            SecretSource::File(file) => assert_eq!(file, in_folder("secret")),
            SecretSource::Value(_) | SecretSource::InSettings { .. } => panic!("not the file"),
        }
    }
}

#[test]
fn all_that_is_wrong_is_named_at_once_with_file_line_and_key() {
    let text = "\
[ad]
servr = ldaps://dc1
domain = example.com
listen = 127.0.0.1:1
user_ou = Users
[service-account]
username = svc
[session]
idle_minutes = soon
";
    assert_eq!(
        load("config.ini", text).expect_err("refused"),
        [
            "config.ini:1: [ad] server: is missing; it must be one or more addresses such as ldaps://dc1.example.com, separated by spaces",
            "config.ini:1: [ad] reset_group: is missing; it must be text of one line that is not empty",
            "config.ini:2: [ad] servr: there is no setting of this name; did you mean server?",
            "config.ini:3: [ad] domain: must be the domain's NetBIOS name of at most 15 characters, such as EXAMPLE (not example.com)",
            "config.ini:4: [ad] listen: there is no setting of this name; did you mean listen in [web]?",
            "config.ini:5: [ad] user_ou: must be a distinguished name, such as OU=Users,DC=example,DC=com",
            "config.ini:6: [service-account]: there is no section of this name; did you mean [service_account]?",
            "config.ini:9: [service_account] username: is missing; it must be text of one line that is not empty",
            "config.ini:9: [service_account] password: is missing; give the secret itself, or in password_file the name of a file that holds it",
            "config.ini:9: [session] idle_minutes: must be a whole number of minutes from 1 to 1440",
        ]
    );
}

#[test]
fn no_value_ever_gets_into_a_message() {
    let marker = "Zebra77";
    let toml = TOML
        .replace("ldaps://dc1.example.com", marker)
        .replace("S3cret#;%!", marker);
    for text in [
        toml.replace("EXAMPLE", "Zebra77.x"),
        format!("{toml}{marker}\n"),
        format!("{toml}{marker} = 1\n"),
        format!("{toml}password = \"{marker}\"\n"),
        format!("{toml}[{marker}]\nx = 1\n"),
        toml.replace("user_ou = \"OU", &format!("user_ou = \"{marker}\\q")),
        format!("{marker} = \"x\"\n{toml}"),
    ] {
        for name in ["keyward.toml", "config.ini"] {
            let errors = load(name, &text).expect_err("refused").join("\n");
            assert!(!errors.contains(marker), "{name}: {errors}");
        }
    }
}

#[test]
fn debug_of_all_settings_shows_no_secret() {
    let settings = load("config.ini", ARTICLE).expect("accepted");
    let shown = format!("{settings:?}");
    assert!(
        !shown.contains("YourStrongDefault") && !shown.contains("YourSuperSecret"),
        "{shown}"
    );
}

#[test]
fn a_secret_and_its_file_are_given_once() {
    let text = TOML.to_owned() + "password_file = \"secret\"\n";
    assert_eq!(
        load("keyward.toml", &text).expect_err("refused"),
        [
            "keyward.toml:10: [service_account] password_file: password and password_file are both given; keep one of the two"
        ]
    );
    let empty = TOML.replace("S3cret#;%!", "");
    assert_eq!(
        load("keyward.toml", &empty).expect_err("refused"),
        ["keyward.toml:9: [service_account] password: must be text that is not empty"]
    );
}

#[test]
fn the_environment_wins_over_the_file() {
    let folder = Folder::new();
    let secret_file = folder.write("secret", "x", 0o600);
    let environment = [
        ("KEYWARD__AD__SERVER", "ldaps://dc9.example.com"),
        (
            "KEYWARD__SERVICE_ACCOUNT__PASSWORD_FILE",
            secret_file.to_str().expect("text"),
        ),
        ("KEYWARD__AD__NEW_PASSWORD", " spaces stay "),
        ("KEYWARD__SESSION__IDLE_MINUTES", "7"),
        ("PATH", "/bin"),
        ("KEYWARD", "no setting"),
    ];
    let settings = folder
        .load("keyward.toml", TOML, &environment)
        .expect("accepted");
    assert_eq!(settings.ad.server.as_slice()[0].host, "dc9.example.com");
    assert!(matches!(
        settings.service_account.password,
        SecretSource::File(_)
    ));
    assert_eq!(
        secret(settings.ad.new_password.as_ref().expect("given")),
        " spaces stay "
    );
    assert_eq!(
        settings.session.idle_minutes.duration(),
        Duration::from_mins(7)
    );
}

#[test]
fn mistakes_in_the_environment_are_named_by_the_variable() {
    let environment = [
        ("KEYWARD__WEB__LISTN", "127.0.0.1:1"),
        ("KEYWARD__WEBB__LISTEN", "127.0.0.1:1"),
        ("KEYWARD__LISTEN", "127.0.0.1:1"),
        ("KEYWARD__SESSION__MAX_HOURS", "Zebra77"),
    ];
    let errors = Folder::new()
        .load("keyward.toml", TOML, &environment)
        .expect_err("refused");
    assert_eq!(
        errors,
        [
            "environment variable KEYWARD__LISTEN: must be of the form KEYWARD__SECTION__NAME",
            "environment variable KEYWARD__SESSION__MAX_HOURS: [session] max_hours: must be a whole number of hours from 1 to 24",
            "environment variable KEYWARD__WEBB__LISTEN: there is no section of this name; did you mean [web]?",
            "environment variable KEYWARD__WEB__LISTN: [web] listn: there is no setting of this name; did you mean listen?",
        ]
    );
}

#[test]
fn plain_http_is_for_loopback_unless_the_danger_is_accepted() {
    let with = |web: &str| load("keyward.toml", &format!("{TOML}[web]\n{web}"));
    let open = "listen = \"0.0.0.0:8080\"\n";
    let errors = with(open).expect_err("refused");
    assert!(errors[0].starts_with("keyward.toml:11: [web] listen: plain HTTP is for loopback"));
    let danger = with(&format!("{open}danger_allow_plain_http = true\n")).expect("accepted");
    assert_eq!(danger.web.channel, Channel::DangerPlain);
    assert_eq!(
        with("listen = \"[::1]:80\"\n")
            .expect("accepted")
            .web
            .channel,
        Channel::Loopback
    );
    assert_eq!(
        with("tls_cert = \"c.pem\"\n").expect_err("refused"),
        [
            "keyward.toml:11: [web] tls_cert: tls_key is missing; tls_cert and tls_key are given together or not at all"
        ]
    );
}

#[test]
fn secrets_that_others_can_read_are_refused() {
    let folder = Folder::new();
    for mode in [0o644, 0o640, 0o604] {
        let file = folder.write("config.ini", ARTICLE, mode);
        let errors = Settings::load(&file, &[]).expect_err("refused");
        let shown = file.display();
        assert_eq!(
            errors[0].to_string(),
            format!(
                "{shown}: other accounts on this machine can read {shown}, which holds a secret; run: chmod 600 {shown}"
            )
        );
    }
    let text = TOML.replace("password = \"S3cret#;%!\"", "password_file = \"secret\"");
    let secret = folder.write("secret", "x", 0o644);
    let errors = folder
        .load("keyward.toml", &text, &[])
        .expect_err("refused");
    assert!(
        errors[0].starts_with("keyward.toml:9: [service_account] password_file: other accounts")
    );
    std::fs::remove_file(&secret).expect("removed");
    let errors = folder
        .load("keyward.toml", &text, &[])
        .expect_err("refused");
    assert_eq!(
        errors,
        [
            "keyward.toml:9: [service_account] password_file: secret cannot be read: there is no such file; \
             keyward delegation apply makes it"
        ]
    );
}

#[test]
fn before_the_setup_the_password_file_may_be_missing_but_never_be_readable_to_others() {
    let folder = Folder::new();
    let text = TOML.replace("password = \"S3cret#;%!\"", "password_file = \"secret\"");
    let file = folder.write("keyward.toml", &text, 0o600);
    assert!(Settings::load_before_setup(&file, &[]).is_ok());
    assert!(Settings::load(&file, &[]).is_err());
    folder.write("secret", "x", 0o644);
    assert!(Settings::load_before_setup(&file, &[]).is_err());
    let text = text.replace("[service", "new_password_file = \"new\"\n\n[service");
    let file = folder.write("other.toml", &text, 0o600);
    folder.write("secret", "x", 0o600);
    let errors = Settings::load_before_setup(&file, &[]).expect_err("refused");
    assert_eq!(errors[0].key.as_deref(), Some("[ad] new_password_file"));
}

#[test]
fn a_settings_file_without_secrets_may_be_readable() {
    let folder = Folder::new();
    folder.write("secret", "x", 0o600);
    let text = TOML.replace("password = \"S3cret#;%!\"", "password_file = \"secret\"");
    let file = folder.write("keyward.toml", &text, 0o644);
    assert!(Settings::load(&file, &[]).is_ok());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    let missing = folder.0.path().join("no.toml");
    let errors = Settings::load(&missing, &[]).expect_err("refused");
    assert_eq!(
        errors[0].to_string(),
        format!(
            "{}: the file cannot be read: there is no such file",
            missing.display()
        )
    );
    let latin1 = folder.0.path().join("latin1.ini");
    std::fs::write(&latin1, b"[ad]\ndomain = \xe4\n").expect("written");
    let errors = Settings::load(&latin1, &[]).expect_err("refused");
    assert_eq!(errors[0].problem, Problem::NotText);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_do_no_harm() {
    let text = format!("\u{feff}{}", ARTICLE.replace('\n', "\r\n"));
    assert!(load("config.ini", &text).is_ok());
    assert!(
        load(
            "keyward.toml",
            &format!("\u{feff}{}", TOML.replace('\n', "\r\n"))
        )
        .is_ok()
    );
}

#[test]
fn the_reference_in_docs_is_the_one_that_the_program_prints() {
    let kept = include_str!("../../docs/settings.md");
    assert_eq!(
        kept,
        reference(),
        "run: cargo run -- config reference > docs/settings.md"
    );
}

#[test]
fn every_setting_says_what_it_does() {
    for table in TABLES {
        assert!(!table.about.trim().is_empty());
        for key in table.keys {
            assert!(key.about.trim().len() > 20, "[{}] {}", table.name, key.name);
        }
    }
}

#[test]
fn the_example_file_is_accepted_as_it_is_but_for_its_secret_file() {
    let folder = Folder::new();
    folder.write("service-account", "x", 0o600);
    let example = include_str!("../../docs/keyward.example.toml").replace(
        "/run/credentials/keyward.service/service-account",
        "service-account",
    );
    folder
        .load("keyward.toml", &example, &[])
        .expect("accepted");
    // And with every line that is commented out there.
    folder.write("key.pem", "", 0o600);
    folder.write("hook.secret", "S3cret-that-is-as-long-as-it-must-be", 0o600);
    let everything: String = example
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| rest.contains(" = ") || rest.starts_with("[["))
                .unwrap_or(line)
        })
        .fold(String::new(), |text, line| text + line + "\n");
    let everything = everything.replace("\"/etc/keyward/", "\"");
    folder
        .load("keyward.toml", &everything, &[])
        .expect("accepted");
    for table in TABLES {
        for key in table.keys {
            let is_shown = everything.contains(&format!("{} = ", key.name))
                || everything.contains(&format!("{}_file = ", key.name));
            assert!(
                is_shown,
                "[{}] {} is not in the example",
                table.name, key.name
            );
        }
    }
}

#[test]
fn a_folder_or_a_pipe_is_no_secret_file() {
    let text = TOML.replace("password = \"S3cret#;%!\"", "password_file = \".\"");
    let errors = load("keyward.toml", &text).expect_err("refused");
    assert!(
        errors[0].ends_with("cannot be read: it is not a file"),
        "{}",
        errors[0]
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in "(\\[[a-z_]{0,8}\\]\n|[a-z_]{1,8} ?= ?\\PC{0,12}\n|\\PC{0,20}\n){0,12}") {
        for name in ["keyward.toml", "config.ini"] {
            let errors = Settings::parse(Path::new(name), &text, &[]).expect_err("never complete");
            proptest::prop_assert!(!errors.is_empty());
        }
    }

    #[test]
    fn a_password_survives_ini_whatever_is_in_it(password in "[!-~]([ -~]{0,40}[!-~])?") {
        let text = ARTICLE.replace("YourSuperSecretPassword", &password);
        let settings = Settings::parse(Path::new("config.ini"), &text, &[]).expect("accepted");
        proptest::prop_assert_eq!(secret(&settings.service_account.password), password);
    }
}

/// The settings with these sinks.
fn with_sinks(sinks: &str) -> Result<Settings, Vec<String>> {
    load("keyward.toml", &format!("{TOML}\n{sinks}"))
}

#[test]
fn each_sink_of_the_list_is_read_with_what_its_kind_needs() {
    let settings = with_sinks(
        r#"
[audit]
log_name = "keyward.example.com/audit"
[[audit.sink]]
name = "disk"
kind = "file"
path = "audit.jsonl"
required = true
[[audit.sink]]
name = "siem"
kind = "syslog"
address = "siem.example.com:6514"
[[audit.sink]]
name = "hook"
kind = "webhook"
url = "https://siem.example.com/keyward?log=1"
secret = "S3cret-that-is-as-long-as-it-must-be"
"#,
    )
    .expect("accepted");
    let [disk, siem, hook] = settings.sinks.as_slice() else {
        panic!("{:?}", settings.sinks);
    };
    assert!(
        disk.required
            && matches!(&disk.kind, SinkKind::File(path) if path.ends_with("audit.jsonl"))
    );
    let SinkKind::Syslog {
        address,
        transport,
        facility,
        ..
    } = &siem.kind
    else {
        panic!("{siem:?}");
    };
    assert_eq!(
        (address.host.as_str(), address.port),
        ("siem.example.com", 6514)
    );
    assert_eq!((*transport, *facility), (Transport::Tls, 13));
    let SinkKind::Webhook { url, .. } = &hook.kind else {
        panic!("{hook:?}");
    };
    assert_eq!(
        (url.server.port, url.path.as_str()),
        (443, "/keyward?log=1")
    );
    assert!(!format!("{hook:?}").contains("S3cret"), "{hook:?}");
}

/// A list of sinks, the line in it that is wrong, and what is said of it.
const SENSELESS_SINKS: &[(&str, usize, &str)] = &[
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"file\"",
        0,
        "[[audit.sink]] path: is missing; it must be the name of a file",
    ),
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"webhook\"\nurl = \"https://x/\"",
        0,
        "[[audit.sink]] secret: is missing; give the secret itself",
    ),
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"webhook\"\nsecret = \"x\"\nurl = \"http://127.0.0.1/\"",
        4,
        "[[audit.sink]] url: must be an address that begins with https://",
    ),
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"webhook\"\nurl = \"https://x/\"\nsecret = \"S3cret-of-31-characters-0000000\"",
        4,
        "[[audit.sink]] secret: this secret is too short, or not base64 behind whsec_: it must have at least 32 characters",
    ),
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"syslog\"\naddress = \"x:514\"\ntransport = \"udp\"\nrequired = true",
        5,
        "[[audit.sink]] required: over UDP nobody learns",
    ),
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"syslog\"\naddress = \"x\"",
        3,
        "[[audit.sink]] address: must be a host and a port",
    ),
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"file\"\npath = \"x\"\nurl = \"https://x/\"",
        4,
        "[[audit.sink]] url: is for kind = \"webhook\" only",
    ),
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"syslog\"\naddress = \"x:514\"\ntransport = \"tcp\"\nca_file = \"x\"",
        5,
        "[[audit.sink]] ca_file: is for a webhook or syslog over tls only",
    ),
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"file\"\npath = \"x\"\n[[audit.sink]]\nname = \"a\"\nkind = \"file\"\npath = \"y\"",
        5,
        "[[audit.sink]] name: another one of the list has this name already",
    ),
    (
        "[[audit.sink]]\nname = \"a\"\nkind = \"file\"\npath = \"x\"\nrequird = true",
        4,
        "[[audit.sink]] requird: there is no setting of this name; did you mean required?",
    ),
    (
        "[[audit.sink]]\nname = \"a b\"\nkind = \"files\"",
        1,
        "[[audit.sink]] name: must be a name of at most 40 letters",
    ),
    (
        "[[audit.sinks]]\nname = \"a\"",
        0,
        "[(a name that is not shown)]: there is no section of this name; did you mean [audit.sink]?",
    ),
    (
        "[audit.sink]\nname = \"a\"",
        0,
        "[audit.sink]: is a list: write [[audit.sink]] on a line of its own for each of them",
    ),
    (
        "[audit]\nsink = []",
        1,
        "[audit] sink: there is no setting of this name; did you mean [[audit.sink]]?",
    ),
    (
        "[[sign_in]]",
        0,
        "[sign_in]: must be a section: [name] on a line of its own",
    ),
];

#[test]
fn what_makes_no_sense_in_a_sink_is_named_with_its_line() {
    let first = TOML.lines().count() + 2;
    for (sinks, line, expected) in SENSELESS_SINKS {
        let errors = with_sinks(sinks).expect_err(sinks);
        let place = format!(":{}: {expected}", first + line);
        assert!(
            errors.iter().any(|e| e.contains(&place)),
            "{sinks}\n{place}\n{errors:?}"
        );
    }
    let ini = load(
        "config.ini",
        &format!("{ARTICLE}\n[audit.sink]\nname = a\n"),
    )
    .expect_err("a list");
    assert!(ini[0].contains("in a TOML file"), "{ini:?}");
}

#[test]
fn the_secret_of_a_sink_makes_its_files_secret() {
    let folder = Folder::new();
    folder.write("hook.secret", "x", 0o644);
    let sink = "[[audit.sink]]\nname = \"a\"\nkind = \"webhook\"\nurl = \"https://x/\"\nsecret_file = \"hook.secret\"";
    let text = format!("{TOML}\n{sink}");
    let errors = folder
        .load("keyward.toml", &text, &[])
        .expect_err("others can read it");
    assert!(
        errors
            .iter()
            .any(|e| e.contains("[[audit.sink]] secret_file: other accounts")),
        "{errors:?}"
    );
}
