//! An installation whose service account's password changes: its files, its directory, its processes.

use crate::support::directory::Scene;
use crate::support::office::log_of;
use crate::support::secrets::{self, Searched};
use keyward::directory::{Directory, ServerAddress};
use keyward::domain::audit::{AuditAction, AuditResult, Phase, Record};
use keyward::domain::secret::SecretSource;
use keyward::domain::time::Clock;
use keyward::embedded::test_domain::{SERVICE_NAME, SERVICE_PASSWORD};
use keyward::rotation::{Pace, Rotated, Rotation, RotationError, RotationSettings, Why};
use keyward::store::Store;
use std::path::PathBuf;
use std::time::Duration;

pub const FAST: Pace = Pace {
    request: Duration::from_millis(20),
    recovery: Duration::from_millis(20),
    first: Duration::from_millis(20),
    every: Duration::from_millis(100),
    look_for: Duration::from_millis(500),
    spread: Duration::from_millis(500),
};

pub const INI: &str = "; Keyward\r\n[service_account]\r\nusername = svc_passwordreset\r\n\
                   password = Svc-Secret-For-Tests-0001!\r\n; the end\r\n";

/// Where passwords are kept, and the next ones.
const PASSWORDS: [&str; 4] = [
    "secret",
    "secret.next",
    "config.ini",
    "config.ini.next-password",
];

/// A directory, a folder with the password and the store, and nothing that runs.
pub struct House {
    pub scene: Scene,
    pub folder: Searched,
    in_settings: bool,
    pub servers: Option<Vec<ServerAddress>>,
    pub every_days: Option<u16>,
}

/// One process: it knows what is on the disk, and what it learns.
pub struct Process {
    pub directory: Directory,
    pub store: Store,
    pub rotation: Rotation,
}

impl House {
    pub async fn with_file() -> Self {
        let house = Self::empty(false).await;
        std::fs::write(house.path("secret"), format!("{SERVICE_PASSWORD}\n")).unwrap();
        house
    }

    pub async fn with_settings() -> Self {
        let house = Self::empty(true).await;
        std::fs::write(house.path("config.ini"), INI).unwrap();
        house
    }

    pub async fn empty(in_settings: bool) -> Self {
        let folder = Searched::new();
        for name in PASSWORDS {
            secrets::may_be_in(folder.path().canonicalize().unwrap().join(name));
        }
        Self {
            scene: Scene::embedded().await,
            folder,
            in_settings,
            servers: None,
            every_days: None,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub fn read(&self, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.path(name)).ok()?;
        Some(text.trim_end().to_owned())
    }

    /// The password that stands where it is kept.
    pub fn current(&self) -> String {
        if !self.in_settings {
            return self.read("secret").unwrap();
        }
        let text = self.read("config.ini").unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("password = "));
        line.unwrap().to_owned()
    }

    pub fn next_name(&self) -> &'static str {
        if self.in_settings {
            "config.ini.next-password"
        } else {
            "secret.next"
        }
    }

    pub fn source(&self) -> SecretSource {
        if self.in_settings {
            SecretSource::InSettings {
                value: self.current().into(),
                file: self.path("config.ini"),
            }
        } else {
            SecretSource::File(self.path("secret"))
        }
    }

    pub fn client(&self) -> Directory {
        self.scene.directory_with(|settings| {
            settings.service_password = self.source();
            settings.operation_timeout = Duration::from_secs(2);
            if let Some(servers) = &self.servers {
                settings.servers.clone_from(servers);
            }
        })
    }

    pub async fn process(&self) -> Process {
        let directory = self.client();
        let store = Store::open(&self.path("keyward.db"), Clock::system()).await;
        let store = store.unwrap();
        let settings = RotationSettings {
            source: self.source(),
            every_days: self.every_days,
            database: self.path("keyward.db"),
            pace: FAST,
        };
        let rotation = Rotation::new(settings, directory.clone(), store.clone(), Clock::system());
        Process {
            directory,
            store,
            rotation,
        }
    }

    pub fn is_now(&self, password: &str) -> bool {
        let admin = self.scene.server().admin();
        admin.password_is(SERVICE_NAME, password).unwrap()
    }

    pub fn wrong_binds(&self) -> String {
        let admin = self.scene.server().admin();
        let counted = admin.values(SERVICE_NAME, "badPwdCount").unwrap();
        counted.first().cloned().unwrap_or_default()
    }

    /// What a process that begins now finds: it signs in, and nobody is locked out.
    pub async fn binds(&self) {
        let found = self.client().ping().await;
        assert!(found.is_ok(), "{found:?}");
        let admin = self.scene.server().admin();
        assert!(!admin.is_locked(SERVICE_NAME).unwrap());
    }

    /// All is in order: one password, the right one, and nothing else beside it.
    pub async fn is_tidy(&self) {
        self.binds().await;
        assert!(self.is_now(&self.current()));
        assert_eq!(self.read(self.next_name()), None);
        let parts = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names = parts.map(|entry| entry.unwrap().file_name());
        assert!(names.all(|name| !name.to_string_lossy().ends_with(".part")));
    }
}

impl Process {
    pub async fn rotate(&self) -> Result<Rotated, RotationError> {
        self.rotation.rotate(Why::Command, None).await
    }

    /// Ends as a crash does, but for the lock, which a crash gives back too.
    pub async fn end(self) {
        self.directory.close().await;
        self.store.close().await;
    }

    pub async fn log(&self) -> Vec<Record> {
        let mut log = log_of(&self.store).await;
        log.retain(|record| record.entry.action == AuditAction::RotateServiceAccount);
        log
    }

    /// How each attempt ended.
    pub async fn outcomes(&self) -> Vec<(AuditResult, Option<String>)> {
        let mut log = self.log().await;
        log.retain(|record| record.entry.phase == Phase::Outcome);
        log.sort_by_key(|record| record.entry.attempt);
        log.iter()
            .map(|r| (r.entry.result.unwrap(), r.entry.code.clone()))
            .collect()
    }
}

impl House {
    /// The next process, after the last one ended.
    pub async fn process_again(&self, last: Process) -> Process {
        last.end().await;
        self.process().await
    }
}
