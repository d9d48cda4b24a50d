//! The parts of a service for a test.

use std::path::Path;
use std::time::Duration;

use keyward::actions::{ActionSettings, App};
use keyward::cli::parts::Parts;
use keyward::delegation::needs::Needs;
use keyward::delegation::watch::Watch;
use keyward::directory::{Directory, DirectorySettings, ServerAddress};
use keyward::doctor::outside_watch::OutsideWatch;
use keyward::domain::rules::Written;
use keyward::domain::secret::SecretSource;
use keyward::domain::time::Clock;
use keyward::store::{SessionLimits, Store};
use keyward::web::server::limits::Limits;
use keyward::web::site::SiteSettings;
use keyward::web::views::House;

/// Nobody listens where the domain controller should be.
pub async fn without_directory(folder: &Path, clock: Clock) -> Parts {
    let directory = DirectorySettings {
        servers: vec![ServerAddress {
            host: "127.0.0.1".to_owned(),
            port: 1,
        }],
        ca_file: None,
        domain: "EXAMPLE".to_owned(),
        service_account: "svc_passwordreset".to_owned(),
        service_password: SecretSource::Value("secret".into()),
        operation_timeout: Duration::from_secs(4),
        connect_timeout: Duration::from_secs(5),
        connections: 2,
    };
    let user_ou = "OU=Users,DC=example,DC=com".parse().unwrap();
    over(directory, action_settings(user_ou), folder, clock).await
}

/// What the actions are told, as the settings' defaults have it.
pub fn action_settings(user_ou: keyward::domain::identity::Dn) -> ActionSettings {
    ActionSettings {
        rules: Written::of_article("Password Resetters".to_owned(), user_ou),
        bits: 50_i64.try_into().unwrap(),
        must_change: true,
        new_password: None,
        session: SessionLimits {
            idle: Duration::from_mins(10),
            absolute: Duration::from_hours(8),
        },
        max_wrong: None,
        again_after: None,
        burst: None,
    }
}

/// A service over a directory, with its store in `folder`.
pub async fn over(
    directory: DirectorySettings,
    actions: ActionSettings,
    folder: &Path,
    clock: Clock,
) -> Parts {
    let store = Store::open(&folder.join("keyward.db"), clock.clone())
        .await
        .unwrap();
    let directory = Directory::new(directory, clock.clone());
    let watch = Watch {
        needs: Needs {
            targets: vec![actions.rules.user_ou.clone()],
            unlock: true,
        },
        allow_excess: false,
    };
    Parts {
        outside: OutsideWatch {
            database: folder.join("keyward.db"),
            scope: actions.rules.user_ou.clone(),
        },
        watch,
        app: App::new(directory, store, clock, actions),
        site: site_settings(),
        limits: Limits::default(),
        tls: None,
        rotation: None,
        sinks: std::sync::Arc::default(),
        archiving: None,
        orders: None,
    }
}

fn site_settings() -> SiteSettings {
    SiteSettings {
        public: None,
        allowed_networks: Vec::new(),
        trusted_proxies: Vec::new(),
        house: House {
            organisation: Some("Example Ltd".to_owned()),
            help_contact: Some("the service desk".to_owned()),
            time_zone: jiff::tz::TimeZone::UTC,
            plain_http: false,
            demo: false,
        },
        reason_hint: None,
    }
}
