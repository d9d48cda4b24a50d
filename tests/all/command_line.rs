//! The program as people and scripts run it: exit status, standard output, standard error.

use std::io::{BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

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

fn keyward(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .env_clear();
    command
}

pub(crate) fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    keyward(folder, arguments).output().expect("runs")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

pub(crate) fn folder_with(name: &str, text: &str) -> TempDir {
    let folder = folder();
    let file = folder.path().join(name);
    std::fs::write(&file, text).expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("mode");
    folder
}

pub(crate) fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("UTF-8")
}

pub(crate) fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("UTF-8")
}

#[test]
fn the_articles_settings_can_be_used() {
    let folder = folder_with("config.ini", ARTICLE);
    let output = run(&folder, &["config", "check"]);
    assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
    assert_eq!(out(&output), "config.ini: the settings can be used\n");
}

#[test]
fn wrong_settings_end_every_command_with_status_2_and_name_file_line_and_key() {
    let folder = folder_with(
        "keyward.toml",
        "[ad]\nservr = \"x\"\n[web]\nlisten = \"here\"\n",
    );
    for arguments in [&["config", "check"][..], &["serve"], &["audit", "list"]] {
        let output = run(&folder, arguments);
        assert_eq!(
            (output.status.code(), out(&output)),
            (Some(2), ""),
            "{arguments:?}"
        );
        let lines: Vec<&str> = err(&output).lines().collect();
        assert_eq!(lines[0], "keyward: the settings cannot be used:");
        assert!(lines.contains(
            &"keyward.toml:2: [ad] servr: there is no setting of this name; did you mean server?"
        ));
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("keyward.toml:4: [web] listen: must be an address"))
        );
    }
}

#[test]
fn no_secret_of_broken_settings_is_printed() {
    for (name, text) in [
        (
            "config.ini",
            ARTICLE.replace("password = YourSuper", "password: YourSuper"),
        ),
        ("keyward.toml", ARTICLE.to_owned()),
        (
            "keyward.toml",
            "[service_account]\npassword = \"YourSuperSecretPassword\n".to_owned(),
        ),
    ] {
        let folder = folder_with(name, &text);
        let output = run(&folder, &["config", "check", "--config", name]);
        assert_eq!(output.status.code(), Some(2));
        let all = format!("{}{}", out(&output), err(&output));
        assert!(
            !all.contains("SuperSecret") && !all.contains("StrongDefault"),
            "{all}"
        );
        assert!(err(&output).contains(&format!("\n{name}:")), "{all}");
    }
}

#[test]
fn the_environment_wins_and_its_mistakes_are_named() {
    let folder = folder_with("config.ini", ARTICLE);
    let output = keyward(&folder, &["config", "check"])
        .env("KEYWARD__AD__SERVER", "ldap://dc1.example.com")
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains(
        "environment variable KEYWARD__AD__SERVER: [ad] server: must be an ldaps:// address"
    ));
}

#[test]
fn without_a_settings_file_the_places_are_named() {
    let output = run(&folder(), &["config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        err(&output),
        "keyward: there is no settings file: neither keyward.toml nor config.ini nor /etc/keyward/keyward.toml; name one with --config\n"
    );
}

#[test]
fn a_settings_file_with_secrets_that_others_can_read_is_refused() {
    let folder = folder_with("config.ini", ARTICLE);
    let file = folder.path().join("config.ini");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("mode");
    let output = run(&folder, &["config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).contains("run: chmod 600 config.ini"),
        "{}",
        err(&output)
    );
}

#[test]
fn help_and_version_are_results_and_wrong_usage_is_not() {
    for arguments in [
        &["--help"][..],
        &["help"],
        &["--version"],
        &["audit", "list", "--help"],
    ] {
        let output = run(&folder(), arguments);
        assert_eq!(
            (output.status.code(), err(&output)),
            (Some(0), ""),
            "{arguments:?}"
        );
        assert!(
            !out(&output).contains('\u{1b}'),
            "colour without a terminal"
        );
    }
    for arguments in [
        &[][..],
        &["frobnicate"],
        &["serve", "--no-such"],
        &["audit"],
        &["completions", "tcl"],
    ] {
        let output = run(&folder(), arguments);
        assert_eq!(
            (output.status.code(), out(&output)),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(!err(&output).is_empty());
    }
}

#[test]
fn reference_completions_and_manual_page_are_printed() {
    for (arguments, part) in [
        (
            &["config", "reference"][..],
            "### `idle_minutes` in `[session]`",
        ),
        (&["completions", "bash"], "_keyward()"),
        (&["completions", "zsh"], "#compdef keyward"),
        (&["completions", "fish"], "complete -c keyward"),
        (&["man"], ".SH \"KEYWARD AUDIT EXPORT\""),
    ] {
        let output = run(&folder(), arguments);
        assert_eq!(
            (output.status.code(), err(&output)),
            (Some(0), ""),
            "{arguments:?}"
        );
        assert!(out(&output).contains(part), "{arguments:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = keyward(&folder(), &["config", "reference"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let mut said = String::new();
    BufReader::new(child.stderr.take().expect("piped"))
        .read_to_string(&mut said)
        .expect("read");
    assert_eq!(
        (child.wait().expect("ended").code(), said.as_str()),
        (Some(0), "")
    );
}

#[test]
fn an_audit_log_that_is_not_there_is_named() {
    let folder = folder_with(
        "config.ini",
        &format!("{ARTICLE}[store]\nurl = sqlite://none.db\n"),
    );
    for arguments in [&["audit", "list"][..], &["audit", "export", "--from", "3"]] {
        let output = run(&folder, arguments);
        assert_eq!(
            (output.status.code(), out(&output)),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(
            err(&output).starts_with("keyward: the audit log in "),
            "{}",
            err(&output)
        );
        assert_eq!(err(&output).lines().count(), 1);
    }
}

/// A folder with settings and a log of `count` events.
pub(crate) async fn folder_with_log(count: usize) -> TempDir {
    use keyward::domain::audit::{AuditAction, Entry};
    let folder = folder_with(
        "config.ini",
        &format!("{ARTICLE}[store]\nurl = sqlite://k.db\n"),
    );
    let file = folder.path().join("k.db");
    let store = keyward::store::Store::open(&file, keyward::domain::time::Clock::system())
        .await
        .expect("opened");
    for number in 0..count {
        let mut entry = Entry::new(AuditAction::ViewAccount);
        entry.reason = Some(format!("number {number}"));
        store.event(entry).await.expect("recorded");
    }
    store.close().await;
    folder
}

#[tokio::test]
async fn export_prints_the_stored_lines_and_list_a_document_or_sentences() {
    let folder = folder_with_log(3).await;
    let exported = run(&folder, &["audit", "export"]);
    assert_eq!((exported.status.code(), err(&exported)), (Some(0), ""));
    let lines: Vec<&str> = out(&exported).lines().collect();
    assert_eq!(lines.len(), 3);
    for (seq, line) in lines.iter().enumerate() {
        assert!(
            line.starts_with(&format!(r#"{{"seq":{seq},"time":""#)),
            "{line}"
        );
        assert!(
            line.ends_with(&format!(r#","reason":"number {seq}"}}"#)),
            "{line}"
        );
    }
    let rest = run(&folder, &["audit", "export", "--from", "1"]);
    assert_eq!(out(&rest), format!("{}\n{}\n", lines[1], lines[2]));

    let list = run(&folder, &["audit", "list", "--from", "2"]);
    assert!(
        out(&list).starts_with("2 20")
            && out(&list).ends_with("view_account event because \"number 2\"\n")
    );

    let json = run(&folder, &["audit", "list", "--json"]);
    let document: serde_json::Value = serde_json::from_str(out(&json)).expect("one document");
    assert_eq!(document.as_array().map(Vec::len), Some(3));
    let none = run(&folder, &["audit", "list", "--json", "--from", "9"]);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(out(&none)).expect("one document"),
        serde_json::json!([])
    );
}
