//! What every page needs: the actions behind it, the settings in front of it, and the bounds.

use std::sync::Arc;

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::bodies::Bodies;
use super::cookies::Jar;
use super::host::PublicOrigin;
use super::problem::Problem;
use super::server::limits::Limits;
use super::views::House;
use crate::actions::App;

/// The settings that the pages and the gate use.
#[derive(Debug, Clone)]
pub struct SiteSettings {
    /// `public_url`.
    pub public: Option<PublicOrigin>,
    /// Who may come at all; empty: everybody.
    pub allowed_networks: Vec<IpNet>,
    /// Whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What the pages say of this installation.
    pub house: House,
    /// What the settings say beside the box for the reason.
    pub reason_hint: Option<String>,
}

/// State of the web service.
pub struct Site {
    /// What the pages do.
    pub app: App,
    /// How they look and whom they let in.
    pub settings: SiteSettings,
    /// The bounds.
    pub limits: Limits,
    /// The forms that are on their way in.
    pub bodies: Bodies,
    requests: Arc<Semaphore>,
}

impl Site {
    /// Puts the parts together.
    pub fn new(app: App, settings: SiteSettings, limits: Limits) -> Self {
        Self {
            app,
            settings,
            bodies: Bodies::default(),
            requests: Arc::new(Semaphore::new(limits.requests)),
            limits,
        }
    }

    /// A turn for one request.
    ///
    /// # Errors
    /// [`Problem::Busy`] when too many are running.
    pub fn request_turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.requests)
            .try_acquire_owned()
            .map_err(|_| Problem::Busy)
    }

    /// How cookies are named for a request that came over TLS, or not.
    pub fn jar(&self, tls: bool) -> Jar {
        match (tls, self.settings.house.demo) {
            (true, _) => Jar::Secure,
            (false, true) => Jar::Demo,
            (false, false) => Jar::Plain,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::actions::ActionSettings;
    use crate::directory::{Directory, DirectorySettings};
    use crate::domain::password::EntropyBits;
    use crate::domain::rules::Written;
    use crate::domain::secret::SecretSource;
    use crate::domain::time::Clock;
    use crate::store::{SessionLimits, Store};
    use crate::web::server::limits::Limits;
    use std::path::Path;
    use std::time::Duration;

    /// A site over a directory that has no server.
    pub async fn site(folder: &Path) -> Arc<Site> {
        let clock = Clock::system();
        let directory = DirectorySettings {
            servers: Vec::new(),
            ca_file: None,
            domain: "EXAMPLE".to_owned(),
            service_account: "svc".to_owned(),
            service_password: SecretSource::Value("secret".into()),
            operation_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(1),
            connections: 1,
        };
        let actions = ActionSettings {
            rules: Written::of_article(
                "Resetters".to_owned(),
                "OU=Staff,DC=example,DC=test".parse().unwrap(),
            ),
            bits: EntropyBits::default(),
            must_change: true,
            new_password: None,
            session: SessionLimits {
                idle: Duration::from_mins(10),
                absolute: Duration::from_hours(8),
            },
            max_wrong: None,
            again_after: None,
            burst: None,
        };
        let directory = Directory::new(directory, clock.clone());
        let store = Store::open(&folder.join("keyward.db"), clock.clone())
            .await
            .unwrap();
        let settings = SiteSettings {
            public: None,
            allowed_networks: Vec::new(),
            trusted_proxies: Vec::new(),
            house: House {
                organisation: None,
                help_contact: None,
                time_zone: jiff::tz::TimeZone::UTC,
                plain_http: false,
                demo: false,
            },
            reason_hint: None,
        };
        let app = App::new(directory, store, clock, actions);
        Arc::new(Site::new(app, settings, Limits::default()))
    }

    #[tokio::test]
    async fn there_are_as_many_turns_as_the_limit_says() {
        let folder = tempfile::tempdir().unwrap();
        let site = site(folder.path()).await;
        let turns: Vec<_> = (0..site.limits.requests)
            .map(|_| site.request_turn())
            .collect();
        assert!(turns.iter().all(Result::is_ok));
        assert_eq!(site.request_turn().err(), Some(Problem::Busy));
        drop(turns);
        assert!(site.request_turn().is_ok());
    }

    #[tokio::test]
    async fn cookies_are_named_by_the_channel() {
        let folder = tempfile::tempdir().unwrap();
        let site = site(folder.path()).await;
        assert_eq!((site.jar(true), site.jar(false)), (Jar::Secure, Jar::Plain));
    }
}
