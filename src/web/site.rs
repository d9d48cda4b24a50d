//! What every page needs: the actions behind it, the settings in front of it, and the bounds.

use std::sync::Arc;

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
    requests: Arc<Semaphore>,
}

impl Site {
    /// Puts the parts together.
    pub fn new(app: App, settings: SiteSettings, limits: Limits) -> Self {
        Self {
            app,
            settings,
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
