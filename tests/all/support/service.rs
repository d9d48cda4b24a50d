//! The whole web service in this process, on a port of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use keyward::actions::{ActionSettings, App};
use keyward::cli::parts::Parts;
use keyward::cli::service::serve;
use keyward::domain::time::Clock;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::browser::Browser;
use super::directory::Scene;
use super::secrets::Searched;

/// A running service; ends with the test.
pub struct Service {
    pub address: SocketAddr,
    pub app: App,
    pub stop: CancellationToken,
    running: JoinHandle<()>,
    folder: Searched,
}

impl Service {
    /// Over a directory that nobody answers for: what HTTP alone does.
    pub async fn without_directory() -> Self {
        Self::adjusted(|_| {}).await
    }

    /// The same with other limits or settings.
    pub async fn adjusted(adjust: impl FnOnce(&mut Parts)) -> Self {
        let folder = Searched::new();
        let mut parts = super::parts::without_directory(folder.path(), Clock::system()).await;
        adjust(&mut parts);
        Self::start(parts, folder).await
    }

    /// Over a directory.
    pub async fn over(scene: &Scene) -> Self {
        Self::over_ruled(scene, |_| {}).await
    }

    /// Over a directory, with other settings of the actions.
    pub async fn over_ruled(scene: &Scene, change: impl FnOnce(&mut ActionSettings)) -> Self {
        let folder = Searched::new();
        let mut actions = super::parts::action_settings(scene.staff());
        change(&mut actions);
        let settings = scene.settings.clone();
        let parts = super::parts::over(settings, actions, folder.path(), Clock::system()).await;
        Self::start(parts, folder).await
    }

    /// Serves `parts`; `folder` holds their files.
    pub async fn start(parts: Parts, folder: impl Into<Searched>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stop = CancellationToken::new();
        Self {
            address: listener.local_addr().unwrap(),
            app: parts.app.clone(),
            running: tokio::spawn(serve(parts, listener, stop.clone())),
            stop,
            folder: folder.into(),
        }
    }

    /// The file of its store.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("keyward.db")
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// A browser in which this person has signed in with the password that they have at first.
    pub async fn sign_in(&self, scene: &Scene, name: &str) -> Browser {
        let mut browser = self.browser();
        let password = scene.password(name);
        let answer = browser.sign_in(name, password.expose_secret()).await;
        assert_eq!(answer.location(), "/", "{name} signs in");
        browser
    }

    /// Orders the service to stop and waits until it has; the folder holds what it leaves.
    pub async fn stopped(self) -> Searched {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(40), self.running).await;
        ended.expect("it stops in time").unwrap();
        self.folder
    }
}
