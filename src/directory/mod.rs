//! The only folder that speaks LDAP, with `embedded/`: one client for searches, sign-in binds, the
//! writes to an account, the service account's own password and an administrator's changes. It knows nothing of sessions, rules or the audit log.

mod account;
pub mod admin;
mod administrators;
mod connection;
mod credential;
mod dc_status;
mod decode;
pub mod diagnostics;
mod domain_facts;
mod driver;
mod error;
mod facts_cache;
pub mod frame;
mod ground;
mod ground_stands;
mod groups;
mod groups_below;
mod lines;
mod lookup;
pub mod metadata;
mod named;
mod opener;
mod own_password;
mod paging;
pub mod password_changes;
mod pinned;
mod policy;
mod ranges;
mod read_back;
mod reading;
mod roster;
mod schema;
mod search;
mod search_rows;
mod search_scope;
mod server;
mod servers;
mod settings;
mod sign_in;
pub mod survey;
mod tls;
mod token;
mod unicode_pwd;
mod writes;

/// Where the codec's log lines come from: at `trace` it prints whole messages, passwords among them.
pub const CODEC: &str = "ldap3_proto";

pub use dc_status::DcStatus;
pub use domain_facts::DomainFacts;
pub use error::{BindRefusal, CertificateProblem, DirectoryError, WriteError};
pub use policy::LockoutRules;
pub use read_back::ReadBack;
pub use roster::{Member, People};
pub use search::{Hit, Hits, InvalidSearch, SearchText};
pub use search_scope::{Among, Scope, Wanted};
pub use settings::{DirectorySettings, ServerAddress};
pub use sign_in::{BindVerdict, PreparedSignIn};
pub use token::{ServiceAccount, ServiceToken, TokenGroup};
pub use writes::ResetOptions;

use crate::domain::account::{Account, DcName};
use crate::domain::authorize::Permit;
use crate::domain::identity::{Dn, ObjectGuid, Sid, SignInName};
use crate::domain::operator::Operator;
use crate::domain::password::{NewPassword, PasswordPolicy};
use crate::domain::secret::SecretSource;
use crate::domain::time::Clock;
use credential::Credential;
use facts_cache::{FactsCache, Kept};
use opener::Opener;
use secrecy::SecretString;
use server::Server;
use servers::Servers;
use sign_in::SignIn;
use std::sync::Arc;
use tls::Trust;

/// A client of the domain. Cheap to clone; connections are made when first needed and re-made by themselves.
#[derive(Clone)]
pub struct Directory(Arc<Parts>);

struct Parts {
    service_account: String,
    domain: String,
    clock: Clock,
    servers: Arc<Servers>,
    sign_in: Arc<SignIn>,
    facts: FactsCache,
}

impl Directory {
    /// Makes the client; connects lazily (a DC that is down does not stop the start).
    pub fn new(settings: DirectorySettings, clock: Clock) -> Self {
        let trust = Arc::new(Trust::new(settings.ca_file));
        let opener = Opener {
            trust: Arc::clone(&trust),
            credential: Credential::new(
                &settings.service_account,
                &settings.domain,
                settings.service_password,
            ),
            connect_timeout: settings.connect_timeout,
        };
        let server = |address| Server::new(address, settings.connections);
        let servers = Arc::new(Servers::new(
            settings.servers.iter().map(server).collect(),
            opener,
            settings.operation_timeout,
        ));
        Self(Arc::new(Parts {
            service_account: settings.service_account,
            domain: settings.domain,
            clock,
            sign_in: Arc::new(SignIn::new(Arc::clone(&servers), trust)),
            servers,
            facts: FactsCache::default(),
        }))
    }

    /// rootDSE on a service connection: is a DC there, does the service account sign in?
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn ping(&self) -> Result<DcName, DirectoryError> {
        let attributes = &["defaultNamingContext"];
        self.0
            .servers
            .read(async |reading| {
                reading
                    .object(String::new(), attributes, Vec::new())
                    .await?;
                Ok(reading.dc().clone())
            })
            .await
    }

    /// The domain's facts; cached for five minutes, and longer while no DC answers.
    ///
    /// # Errors
    /// [`DirectoryError`] where they were never read yet.
    pub async fn domain_facts(&self) -> Result<Arc<DomainFacts>, DirectoryError> {
        match self.0.facts.kept() {
            Kept::Fresh(facts) => Ok(facts),
            Kept::Ageing(facts) => {
                if !self.0.facts.is_being_renewed() {
                    let this = self.clone();
                    tokio::spawn(async move { this.renew_facts().await });
                }
                Ok(facts)
            }
            Kept::Nothing => self.renew_facts().await,
        }
    }

    /// A group named in the settings (sAMAccountName, CN or DN) → its SID. Ambiguous CN: sAMAccountName wins.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn group_sid(&self, name: &str) -> Result<Option<Sid>, DirectoryError> {
        let facts = self.domain_facts().await?;
        let work = |reading| lookup::group(reading, &facts.head, name);
        self.0.servers.read(work).await
    }

    /// Who signs in: exactly one user object with that name, with tokenGroups. `None`: nobody (or ambiguous, or another domain).
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn resolve_sign_in(
        &self,
        name: &SignInName,
    ) -> Result<Option<Operator>, DirectoryError> {
        let facts = self.domain_facts().await?;
        let work = |reading| lookup::sign_in_name(reading, &facts, name);
        self.0.servers.read(work).await
    }

    /// The lockout rules that hold for this person: the domain's, or those of their fine-grained policy where it can be read.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn lockout(&self, who: &Operator) -> Result<LockoutRules, DirectoryError> {
        let facts = self.domain_facts().await?;
        let Some(pso) = &who.resultant_pso else {
            return Ok(LockoutRules {
                threshold: Some(facts.lockout_threshold),
                window: facts.lockout_window,
            });
        };
        let work = |reading| policy::lockout(reading, &facts, pso);
        self.0.servers.read(work).await
    }

    /// Opens the TLS connection for a sign-in bind ahead of the look-up, so that the two overlap. Never sends anything by itself.
    pub fn prepare_sign_in(&self) -> PreparedSignIn {
        self.0.sign_in.prepare()
    }

    /// Binds as `who` (by its DN, on the prepared connection of its own, never a service connection) and confirms the SID.
    ///
    /// # Errors
    /// [`DirectoryError`] where no wrong password can have been counted: the bind was not sent, the
    /// DC was too busy, or it was right and only the confirmation failed.
    pub async fn verify_password(
        &self,
        prepared: PreparedSignIn,
        who: &Operator,
        password: &SecretString,
    ) -> Result<BindVerdict, DirectoryError> {
        self.0.sign_in.verify(prepared, who, password).await
    }

    /// The operator as they are now, by SID.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn operator(&self, sid: &Sid) -> Result<Option<Operator>, DirectoryError> {
        let work = |reading| lookup::operator(reading, sid);
        self.0.servers.read(work).await
    }

    /// Reads an account afresh, by GUID, *under* one of `bases` (the directory decides the scope). `None`: not there, for whatever reason.
    ///
    /// # Errors
    /// [`DirectoryError`]; `NotFound` where a base does not exist.
    pub async fn account(
        &self,
        bases: &[Dn],
        guid: ObjectGuid,
    ) -> Result<Option<Account>, DirectoryError> {
        let facts = self.domain_facts().await?;
        let work = |reading| account::account(reading, bases, guid, &facts.service_token);
        self.0.servers.read(work).await
    }

    /// The effective policy for this account (domain, or fine-grained where readable).
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn password_policy(
        &self,
        account: &Account,
    ) -> Result<PasswordPolicy, DirectoryError> {
        let facts = self.domain_facts().await?;
        let Some(pso) = &account.resultant_pso else {
            return Ok(facts.policy.clone());
        };
        let work = |reading| policy::password(reading, &facts, pso);
        self.0.servers.read(work).await
    }

    /// One modify at `account.dn` on `account.dc`: unicodePwd, and what `options` say. Never repeated.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn set_password(
        &self,
        permit: Permit,
        account: &Account,
        new: &NewPassword,
        options: ResetOptions,
    ) -> Result<(), WriteError> {
        let hints = self.domain_facts().await?.policy_hints;
        let servers = &self.0.servers;
        writes::set_password(servers, permit, account, new, options, hints).await
    }

    /// lockoutTime = 0, on the same DC. Never repeated.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn unlock(&self, permit: Permit, account: &Account) -> Result<(), WriteError> {
        writes::unlock(&self.0.servers, permit, account).await
    }

    /// Reads back version, must-change and lock state of one account on one DC (and no other), by GUID.
    ///
    /// # Errors
    /// [`DirectoryError`]; `Unreachable` too where the settings do not name that DC any more.
    pub async fn read_back(
        &self,
        dc: &DcName,
        guid: ObjectGuid,
    ) -> Result<Option<ReadBack>, DirectoryError> {
        let work = |reading| read_back::read_back(reading, guid, &self.0.clock);
        self.0.servers.read_on(dc, work).await
    }

    /// Signs in with another secret from now on: after the service account's password changed where
    /// it stands in the settings, or was moved. Open connections stay.
    pub fn adopt_service_password(&self, secret: SecretSource) {
        self.0.servers.adopt(secret);
    }

    /// Closes connections politely, each when its last operation is over.
    pub async fn close(&self) {
        self.0.servers.close();
        tokio::task::yield_now().await;
    }

    async fn renew_facts(&self) -> Result<Arc<DomainFacts>, DirectoryError> {
        let (name, servers) = (&self.0.service_account, &self.0.servers);
        let read = async {
            let mut facts = servers
                .read(|reading| domain_facts::read(reading, name))
                .await?;
            // A read of its own, with the time of its own.
            let found = servers
                .read(|reading| administrators::rights_over(reading, &facts))
                .await?;
            facts.domain_rights.extend(found.holders);
            facts.rights_unread = found.unread;
            Ok(facts)
        };
        // On the heap: every request holds the future of this, and few need it.
        self.0.facts.renew(Box::pin(read), servers.budget()).await
    }
}
