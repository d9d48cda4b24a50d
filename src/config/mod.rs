//! Files → values that cannot be wrong; one file per section; the only defaults.
//!
//! `toml`, `ini` and `environment` fill one `document`; each section takes its keys out of it
//! (`section`); what is wrong is collected, so that one run names everything.

mod ad;
mod audit;
mod delegation;
mod document;
mod environment;
mod error;
mod files;
mod ini;
mod limits;
mod password;
mod permissions;
mod protect;
mod reference;
mod reset;
mod rewrite;
mod rule;
mod section;
mod service_account;
mod session;
mod sign_in;
mod sink;
mod store;
mod toml;
mod value;
mod web;

use std::path::{Path, PathBuf};

use crate::domain::rules::{Written, WrittenRule};
use document::Document;
use rule::{House, RuleTable};
use section::{Reader, Table};
use sink::SinkTable;

pub use ad::{Ad, Connections, LdapUrl, NetbiosName, Servers};
pub use audit::{Audit, Days};
pub use delegation::Delegation;
pub use error::{ConfigError, Place, Problem};
pub use limits::{Count, Limits};
pub use password::Password;
pub use protect::{AccountNames, GroupNames, Protect};
pub use reference::reference;
pub use reset::Reset;
pub use rewrite::{PasswordText, RewriteError};
pub use service_account::ServiceAccount;
pub use session::Session;
pub use sign_in::{SignIn, WrongPasswords};
pub use sink::{HostPort, Sink, SinkKind, Transport, WebhookUrl};
pub use store::{Store, StoreUrl};
pub use value::{Hours, Minutes, Seconds, Text};
pub use web::{Channel, Networks, PublicUrl, Web};

/// Where settings are looked for when no file is named, in this order.
pub const DEFAULT_FILES: [&str; 3] = ["keyward.toml", "config.ini", "/etc/keyward/keyward.toml"];

/// Every section there is, in the order of the reference.
const TABLES: [&Table; 14] = [
    &Ad::TABLE,
    &ServiceAccount::TABLE,
    &Web::TABLE,
    &Session::TABLE,
    &Store::TABLE,
    &Audit::TABLE,
    &SinkTable::TABLE,
    &Password::TABLE,
    &Reset::TABLE,
    &SignIn::TABLE,
    &Protect::TABLE,
    &RuleTable::TABLE,
    &Limits::TABLE,
    &Delegation::TABLE,
];

/// All settings of one installation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `[ad]`
    pub ad: Ad,
    /// `[service_account]`
    pub service_account: ServiceAccount,
    /// `[web]`
    pub web: Web,
    /// `[session]`
    pub session: Session,
    /// `[store]`
    pub store: Store,
    /// `[audit]`
    pub audit: Audit,
    /// Each `[[audit.sink]]`
    pub sinks: Vec<Sink>,
    /// `[password]`
    pub password: Password,
    /// `[reset]`
    pub reset: Reset,
    /// `[sign_in]`
    pub sign_in: SignIn,
    /// `[protect]`
    pub protect: Protect,
    /// `[limits]`
    pub limits: Limits,
    /// Each `[[rule]]`; the article's one where there is none.
    pub rules: Vec<WrittenRule>,
    /// `[delegation]`
    pub delegation: Delegation,
}

/// Settings that parse, and what is wrong with the files around them.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// The settings.
    pub settings: Settings,
    /// Files with secrets that others can read, or that cannot be read.
    pub exposed: Vec<ConfigError>,
    /// Each file with a secret in it; the settings file too, where one stands in it.
    pub secret_files: Vec<PathBuf>,
}

impl Settings {
    /// Reads a file (INI if its name ends in `.ini`, otherwise TOML) and, over it, those variables
    /// of `environment` whose names begin with `KEYWARD__`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the file. No value is ever part of it.
    pub fn load(file: &Path, environment: &[(String, String)]) -> Result<Self, Vec<ConfigError>> {
        let (mut document, settings) = Self::read(read(file)?, environment);
        look_at_files(&mut document, settings.as_ref());
        let exposed = permissions::problems(&document);
        document.errors.extend(exposed);
        document.result(settings)
    }

    /// As [`load`](Self::load), for the command that makes the service account: the file with its
    /// password need not be there yet.
    ///
    /// # Errors
    /// As there.
    pub fn load_before_setup(
        file: &Path,
        environment: &[(String, String)],
    ) -> Result<Self, Vec<ConfigError>> {
        let (mut document, settings) = Self::read(read(file)?, environment);
        look_at_files(&mut document, settings.as_ref());
        let wrong = permissions::problems(&document).into_iter();
        let wrong = wrong.filter(|problem| !permissions::is_before_setup(problem));
        document.errors.extend(wrong);
        document.result(settings)
    }

    /// As [`load`](Self::load), but files with secrets that others can read, or that cannot be read,
    /// are told apart instead of refused: for `doctor`, which lists them.
    ///
    /// # Errors
    /// Everything else that is wrong.
    pub fn inspect(
        file: &Path,
        environment: &[(String, String)],
    ) -> Result<Inspected, Vec<ConfigError>> {
        let (mut document, settings) = Self::read(read(file)?, environment);
        look_at_files(&mut document, settings.as_ref());
        let exposed = permissions::problems(&document);
        let mut secret_files: Vec<PathBuf> = document
            .secret_files
            .iter()
            .map(|(_, _, file)| file.clone())
            .collect();
        if document.has_secrets {
            secret_files.insert(0, document.file.clone());
        }
        Ok(Inspected {
            settings: document.result(settings)?,
            exposed,
            secret_files,
        })
    }

    /// As [`load`](Self::load), from text that is at hand. No file is looked at.
    ///
    /// # Errors
    /// As there.
    pub fn parse(
        file: &Path,
        text: &str,
        environment: &[(String, String)],
    ) -> Result<Self, Vec<ConfigError>> {
        let (document, settings) = Self::read(parse(file, text), environment);
        document.result(settings)
    }

    fn read(mut document: Document, environment: &[(String, String)]) -> (Document, Option<Self>) {
        if document.is_broken {
            return (document, None);
        }
        environment::apply(&mut document, environment);
        section::find_unknown(&mut document, &TABLES);
        let settings = Self::take(&mut document);
        (document, settings)
    }

    /// All that the settings say of who may do what to whom.
    pub fn written_rules(&self) -> Written {
        let names = |names: &GroupNames| names.iter().map(str::to_owned).collect();
        Written {
            user_ou: self.ad.user_ou.clone(),
            rules: self.rules.clone(),
            protected_groups: names(&self.protect.groups),
            protected_accounts: self.protect.accounts.iter().map(str::to_owned).collect(),
            auditors: names(&self.audit.auditors),
            house: self.web.time_zone.clone(),
        }
    }

    /// The first of [`DEFAULT_FILES`] that exists.
    pub fn default_file() -> Option<PathBuf> {
        DEFAULT_FILES
            .into_iter()
            .map(PathBuf::from)
            .find(|file| file.exists())
    }

    /// Each section is read before the first `?`, so that the errors of all are found.
    fn take(document: &mut Document) -> Option<Self> {
        let ad = Ad::read(&mut Reader::new(document, &Ad::TABLE));
        let service_account =
            ServiceAccount::read(&mut Reader::new(document, &ServiceAccount::TABLE));
        let web = Web::read(&mut Reader::new(document, &Web::TABLE));
        let session = Session::read(&mut Reader::new(document, &Session::TABLE));
        let store = Store::read(&mut Reader::new(document, &Store::TABLE));
        let audit = Audit::read(&mut Reader::new(document, &Audit::TABLE))
            .inspect(|audit| audit.check(&mut Reader::new(document, &Audit::TABLE)));
        let sinks = sink::read(document);
        let password = Password::read(&mut Reader::new(document, &Password::TABLE));
        let reset = Reset::read(&mut Reader::new(document, &Reset::TABLE));
        let sign_in = SignIn::read(&mut Reader::new(document, &SignIn::TABLE));
        let protect = Protect::read(&mut Reader::new(document, &Protect::TABLE));
        let limits = Limits::read(&mut Reader::new(document, &Limits::TABLE));
        let rules = match (&ad, &reset, &limits) {
            (Some(ad), Some(reset), Some(limits)) => {
                rule::read(document, &House { ad, reset, limits })
            }
            _ => None,
        };
        let delegation = Delegation::read(&mut Reader::new(document, &Delegation::TABLE));
        Some(Self {
            ad: ad?,
            service_account: service_account?,
            web: web?,
            session: session?,
            store: store?,
            audit: audit?,
            sinks: sinks?,
            password: password?,
            reset: reset?,
            sign_in: sign_in?,
            protect: protect?,
            limits: limits?,
            rules: rules?,
            delegation: delegation?,
        })
    }
}

/// What only the files themselves can show. Where settings are wrong, that is told first.
fn look_at_files(document: &mut Document, settings: Option<&Settings>) {
    if let Some(settings) = settings {
        let problems = files::problems(document, settings);
        document.errors.extend(problems);
    }
}

fn read(file: &Path) -> Result<Document, Vec<ConfigError>> {
    let bytes = std::fs::read(file)
        .map(zeroize::Zeroizing::new)
        .map_err(|error| vec![ConfigError::unreadable(file, error.kind())])?;
    let text = std::str::from_utf8(&bytes).map_err(|_| vec![ConfigError::not_text(file)])?;
    Ok(parse(file, text))
}

fn parse(file: &Path, text: &str) -> Document {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::of_file(file, text);
    if is_ini(file) {
        ini::parse(document, text)
    } else {
        toml::parse(document, text)
    }
}

/// The article's format; everything else is TOML.
fn is_ini(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("ini"))
}

#[cfg(test)]
mod files_tests;
#[cfg(test)]
mod tests;
