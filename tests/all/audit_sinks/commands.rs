//! Commands that write into the log while no service runs: the sinks are at work for them too.

use crate::support::browser::Browser;
use crate::support::directory::Scene;
use crate::support::log::lines_in;
use crate::support::program::{Program, keyward};
use keyward::embedded::test_domain::{SERVICE_NAME, SERVICE_PASSWORD};
use rustix::process::Signal;
use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;
use tempfile::TempDir;

/// An installation whose service does not run, with a sink in a folder that can go away.
struct House {
    scene: Scene,
    folder: Arc<TempDir>,
}

impl House {
    /// With these further lines for the sink.
    async fn with(more: &str) -> Self {
        let scene = Scene::embedded().await;
        let directory = scene.server();
        let sink = format!(
            "[audit]\nkey_file = \"keys/log.key\"\n\n[[audit.sink]]\nname = \"witness\"\nkind = \"file\"\n\
             path = \"sink/audit.jsonl\"\n{more}"
        );
        let port = directory.address.port();
        let folder = Program::prepare_with(port, &directory.ca_pem, "keyward.db", &sink);
        fs::create_dir(folder.path().join("keys")).unwrap();
        fs::create_dir(folder.path().join("sink")).unwrap();
        Self { scene, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, command: &str) -> Output {
        let mut program = keyward(&self.folder);
        program.args(command.split(' ')).output().unwrap()
    }

    fn ok(&self, command: &str) -> Output {
        let output = self.run(command);
        assert!(output.status.success(), "{output:?}");
        output
    }

    fn is_away(&self, away: bool) {
        let (here, there) = (self.path("sink"), self.path("gone"));
        let moved = if away {
            fs::rename(here, there)
        } else {
            fs::rename(there, here)
        };
        moved.unwrap();
    }

    /// What the sink has, records and checkpoints.
    fn taken(&self) -> (Vec<String>, Vec<String>) {
        let text = fs::read_to_string(self.path("sink/audit.jsonl")).unwrap_or_default();
        let lines = text.lines().map(str::to_owned);
        lines.partition(|line| !line.starts_with("{\"checkpoint\""))
    }

    /// The sink has every record once, and a checkpoint of all of them.
    async fn has_everything(&self) {
        let (records, checkpoints) = self.taken();
        let log = lines_in(&self.path("keyward.db")).await;
        assert_eq!(records, log);
        let last = checkpoints.last().expect("a checkpoint");
        let size = format!("\\n{}\\n", log.len());
        assert!(last.contains(&size), "of all {}: {last}", log.len());
    }

    fn password_is(&self, password: &str) -> bool {
        let admin = self.scene.server().admin();
        admin.password_is(SERVICE_NAME, password).unwrap()
    }
}

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_service_too_nothing_is_changed_that_a_required_sink_has_not_taken() {
    let house = House::with("required = true\n").await;
    let settings = fs::read(house.path("keyward.toml")).unwrap();
    house.is_away(true);
    let refused = house.run("service-account rotate");
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let why = said(&refused);
    for part in ["witness", "Nothing was changed", "keyward doctor"] {
        assert!(why.contains(part), "{why}");
    }
    assert!(house.password_is(SERVICE_PASSWORD));
    assert_eq!(fs::read(house.path("keyward.toml")).unwrap(), settings);
    assert!(
        lines_in(&house.path("keyward.db")).await.is_empty(),
        "nothing was even tried"
    );
    house.is_away(false);
    house.ok("service-account rotate");
    assert!(!house.password_is(SERVICE_PASSWORD));
    let (records, _) = house.taken();
    let of_rotation =
        |phase: &str| format!("\"action\":\"rotate_service_account\",\"phase\":\"{phase}\"");
    assert!(records[0].contains(&of_rotation("attempt")), "{records:?}");
    assert!(records[1].contains(&of_rotation("outcome")), "{records:?}");
    house.has_everything().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_not_required_keeps_no_command_and_gets_the_rest_at_the_next_start() {
    let house = House::with("").await;
    house.is_away(true);
    let rotated = house.ok("service-account rotate");
    assert!(
        said(&rotated).contains("the audit sink witness has not got every record yet"),
        "{rotated:?}"
    );
    assert!(!house.password_is(SERVICE_PASSWORD));
    house.is_away(false);
    let program = Program::start_in(Arc::clone(&house.folder));
    let mut browser = Browser::new(program.address);
    browser.sign_in("lead.direct", "Start-Pass-123!").await;
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
    house.has_everything().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_the_log_alone_is_not_kept_by_a_sink_and_is_delivered_by_the_command() {
    let house = House::with("required = true\n").await;
    house.ok("service-account rotate");
    for command in ["audit key --new", "audit archive --before 9000-01-01"] {
        house.ok(command);
        let (records, _) = house.taken();
        let last = records.last().unwrap();
        let action = if command.contains("key") {
            "audit_key_changed"
        } else {
            "archive_audit"
        };
        assert!(last.contains(action), "{command}: {last}");
    }
    house.is_away(true);
    let changed = house.ok("audit key --new");
    assert!(said(&changed).contains("has not got every record yet"));
}
