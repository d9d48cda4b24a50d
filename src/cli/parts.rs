//! Settings → the parts of the web service: directory, store, actions, site, certificate.
//!
//! A domain controller that does not answer stops nothing here; a store that cannot be opened does.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::orders::Orders;
use crate::actions::{ActionSettings, App};
use crate::archive::Archiving;
use crate::config::{Channel, Days, LdapUrl, Settings, Text, WrongPasswords};
use crate::delegation::needs::Needs;
use crate::delegation::watch::Watch;
use crate::directory::{Directory, DirectorySettings, ServerAddress};
use crate::doctor::outside_watch::OutsideWatch;
use crate::domain::time::Clock;
use crate::rotation::{Pace, Rotation, RotationSettings};
use crate::sinks::Sinks;
use crate::store::{Flaw, KeyFile, SessionLimits, Store, StoreError};
use crate::web::server::limits::Limits;
use crate::web::server::tls::Tls;
use crate::web::site::SiteSettings;
use crate::web::views::House;

/// Everything that [`serve`](super::serve::serve) runs.
pub struct Parts {
    /// What the pages do.
    pub app: App,
    /// How they look and whom they let in.
    pub site: SiteSettings,
    /// What is proven of the service account, again and again.
    pub watch: Watch,
    /// What is looked for outside Keyward, at the start and once a day.
    pub outside: OutsideWatch,
    /// The bounds of connections and requests.
    pub limits: Limits,
    /// The certificate; `None`: plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// Changes the service account's password; `None`: nobody does.
    pub rotation: Option<Rotation>,
    /// Where records go besides the database.
    pub sinks: Arc<Sinks>,
    /// When old records leave the database; `None`: never, and no command can ask for it.
    pub archiving: Option<Archiving>,
    /// What commands ask of the service; `None`: nobody can.
    pub orders: Option<Orders>,
}

/// Makes the parts from the settings.
///
/// # Errors
/// Settings that do not fit together, a certificate or a store that cannot be used.
pub async fn assemble(settings: &Settings, clock: Clock) -> anyhow::Result<Parts> {
    let tls = tls(&settings.web.channel)?;
    let site = site_settings(settings)?;
    let (store, sinks) = store_and_sinks(settings, &clock).await?;
    let directory = Directory::new(directory_settings(settings), clock.clone());
    let rotation = Rotation::new(
        rotation_settings(settings),
        directory.clone(),
        store.clone(),
        clock.clone(),
    );
    Ok(Parts {
        app: App::new(directory, store, clock, action_settings(settings)),
        site,
        watch: watch(settings),
        outside: OutsideWatch {
            database: settings.store.url.path().to_owned(),
            scope: settings.ad.user_ou.clone(),
        },
        limits: Limits::default(),
        tls,
        rotation: Some(rotation),
        sinks,
        archiving: Some(archiving(settings)),
        orders: Some(Orders::at(settings.store.url.path())),
    })
}

/// The store, and the sinks that nothing counts without from now on; they do not deliver yet.
///
/// # Errors
/// The store cannot be used; its [`StoreError`](crate::store::StoreError) is in the chain.
pub(super) async fn store_and_sinks(
    settings: &Settings,
    clock: &Clock,
) -> anyhow::Result<(Store, Arc<Sinks>)> {
    let database = settings.store.url.path();
    let key = key_file(settings)?;
    let store = Store::open_signed(database, &key, clock.clone()).await;
    let store = store.map_err(|error| {
        let place = called(database, &key.path, error);
        anyhow::Error::new(error).context(place)
    })?;
    let sinks = Sinks::new(super::sinks::settings(settings, clock), &store);
    Ok((store, Arc::new(sinks)))
}

/// How an error calls the store; with the notes that it tells somebody to remove.
fn called(database: &Path, key: &Path, error: StoreError) -> String {
    let place = format!("the store {}", database.display());
    if error != StoreError::Unusable(Flaw::RolledBack) {
        return place;
    }
    let notes = KeyFile::notes(database, key).into_iter();
    let there = notes.filter(|note| note.exists());
    let whole = there.map(|note| std::path::absolute(&note).unwrap_or(note));
    let names: Vec<String> = whole.map(|note| note.display().to_string()).collect();
    format!("{place} (its notes: {})", names.join(", "))
}

/// The key that signs the audit log.
///
/// # Errors
/// The domain's name makes no name of a log.
pub fn key_file(settings: &Settings) -> anyhow::Result<KeyFile> {
    let audit = &settings.audit;
    let of_domain = || format!("keyward/{}", settings.ad.domain.as_str()).parse();
    let name = audit.log_name.clone().map_or_else(of_domain, Ok);
    let beside = || KeyFile::beside(settings.store.url.path());
    Ok(KeyFile {
        path: audit.key_file.clone().unwrap_or_else(beside),
        name: name.context("audit.log_name must be set")?,
    })
}

/// When and where records of the audit log are archived.
pub fn archiving(settings: &Settings) -> Archiving {
    let audit = &settings.audit;
    Archiving {
        folder: settings.archive_folder(),
        database: settings.store.url.path().to_owned(),
        after_days: audit.archive_after_days.map(Days::count),
        keep_days: audit.keep_archives_days.map(Days::count),
        sinks: settings
            .sinks
            .iter()
            .map(|sink| sink.name.clone())
            .collect(),
    }
}

fn watch(settings: &Settings) -> Watch {
    Watch {
        needs: needs(settings),
        allow_excess: settings.delegation.danger_allow_excess_rights,
    }
}

/// The rights that the settings call for.
pub fn needs(settings: &Settings) -> Needs {
    Needs {
        targets: vec![settings.ad.user_ou.clone()],
        unlock: settings.delegation.unlock,
    }
}

fn tls(channel: &Channel) -> anyhow::Result<Option<Arc<Tls>>> {
    match channel {
        Channel::Tls { certificate, key } => Ok(Some(Arc::new(Tls::load(certificate, key)?))),
        Channel::Loopback | Channel::DangerPlain => Ok(None),
    }
}

fn site_settings(settings: &Settings) -> anyhow::Result<SiteSettings> {
    let web = &settings.web;
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned());
    let public = web.public_url.as_ref().map(|url| url.as_str().parse());
    Ok(SiteSettings {
        public: public.transpose().context("web.public_url")?,
        allowed_networks: web.allowed_networks.as_slice().to_vec(),
        trusted_proxies: web.trusted_proxies.as_slice().to_vec(),
        house: House {
            organisation: text(&web.organisation),
            help_contact: text(&web.help_contact),
            time_zone: web.time_zone.clone(),
            plain_http: web.channel == Channel::DangerPlain,
            demo: false,
        },
        reason_hint: text(&settings.reset.reason_hint),
    })
}

/// Where the service account's password is kept, and how long.
pub fn rotation_settings(settings: &Settings) -> RotationSettings {
    RotationSettings {
        source: settings.service_account.password.clone(),
        every_days: settings.service_account.rotate_after_days.days(),
        database: settings.store.url.path().to_owned(),
        pace: Pace::default(),
    }
}

/// How to reach the domain.
pub fn directory_settings(settings: &Settings) -> DirectorySettings {
    let ad = &settings.ad;
    let address = |url: &LdapUrl| ServerAddress {
        host: url.host.clone(),
        port: url.port,
    };
    DirectorySettings {
        servers: ad.server.as_slice().iter().map(address).collect(),
        ca_file: ad.ca_file.clone(),
        domain: ad.domain.as_str().to_owned(),
        service_account: settings.service_account.username.as_str().to_owned(),
        service_password: settings.service_account.password.clone(),
        operation_timeout: ad.operation_timeout_seconds.duration(),
        connect_timeout: ad.connect_timeout_seconds.duration(),
        connections: ad.connections.count(),
    }
}

/// What the actions work by.
pub fn action_settings(settings: &Settings) -> ActionSettings {
    ActionSettings {
        rules: settings.written_rules(),
        bits: settings.password.bits,
        must_change: settings.password.must_change,
        new_password: settings.ad.new_password.clone(),
        session: SessionLimits {
            idle: settings.session.idle_minutes.duration(),
            absolute: settings.session.max_hours.duration(),
        },
        max_wrong: settings.sign_in.max_wrong.map(WrongPasswords::count),
        again_after: settings.limits.again_after(),
        burst: settings.limits.burst(),
    }
}
