//! Settings with a file sink, a directory, and the program, started or not.

use crate::support::directory::Scene;
use crate::support::log::{lines_in, whole_log};
use crate::support::office::check_invariants;
use crate::support::program::{Program, keyward};
use crate::support::secrets::Searched;
use keyward::embedded::test_domain::SERVICE_NAME;
use rustix::process::Signal;
use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;

/// An installation with a sink in a folder that can go away.
pub struct Installed {
    pub scene: Scene,
    pub folder: Arc<Searched>,
}

impl Installed {
    /// With these further lines for the sink.
    pub async fn with(more: &str) -> Self {
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

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, command: &str) -> Output {
        let mut program = keyward(&self.folder);
        program.args(command.split(' ')).output().unwrap()
    }

    pub fn ok(&self, command: &str) -> Output {
        let output = self.run(command);
        assert!(output.status.success(), "{output:?}");
        output
    }

    pub fn start(&self) -> Program {
        Program::start_in(Arc::clone(&self.folder))
    }

    /// Stops the program; its log is whole, is what the directory saw, and the sink has all of it.
    pub async fn ends_well(&self, program: Program) {
        program.signal(Signal::TERM);
        assert!(program.ended().await.success());
        let log = whole_log(&self.path("keyward.db")).await;
        check_invariants(&log, &self.resets());
        self.has_everything().await;
    }

    /// What the directory saw.
    pub fn resets(&self) -> Vec<keyward::embedded::SeenModify> {
        self.scene.server().witness().resets()
    }

    pub fn is_away(&self, away: bool) {
        let (here, there) = (self.path("sink"), self.path("gone"));
        let moved = if away {
            fs::rename(here, there)
        } else {
            fs::rename(there, here)
        };
        moved.unwrap();
    }

    /// What the sink has, records and checkpoints.
    pub fn taken(&self) -> (Vec<String>, Vec<String>) {
        let text = fs::read_to_string(self.path("sink/audit.jsonl")).unwrap_or_default();
        let lines = text.lines().map(str::to_owned);
        lines.partition(|line| !line.starts_with("{\"checkpoint\""))
    }

    /// The sink has every record once, and a checkpoint of all of them.
    pub async fn has_everything(&self) {
        let (records, checkpoints) = self.taken();
        let log = lines_in(&self.path("keyward.db")).await;
        assert_eq!(records, log);
        let last = checkpoints.last().expect("a checkpoint");
        let size = format!("\\n{}\\n", log.len());
        assert!(last.contains(&size), "of all {}: {last}", log.len());
    }

    pub fn password_is(&self, password: &str) -> bool {
        let admin = self.scene.server().admin();
        admin.password_is(SERVICE_NAME, password).unwrap()
    }
}
