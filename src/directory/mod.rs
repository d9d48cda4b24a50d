//! The only folder that speaks LDAP, with `embedded/`: one client for searches, sign-in binds and the two writes.

mod error;
mod settings;

pub use error::{BindRefusal, CertificateProblem, DirectoryError, WriteError};
pub use settings::{DirectorySettings, ServerAddress};

use crate::domain::account::{Account, AccountFlags, DcName};
use crate::domain::authorize::Permit;
use crate::domain::identity::{Dn, ObjectGuid, Sid, SignInName};
use crate::domain::operator::Operator;
use crate::domain::password::{NewPassword, PasswordPolicy};
use crate::domain::settling::Seen;
use crate::domain::time::Clock;
use secrecy::SecretString;
use std::collections::HashSet;
use std::time::Duration;

/// The directory's verdict on a person's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindVerdict {
    /// Right; identity confirmed by SID after the bind (rootDSE tokenGroups, or a base read of the own object as oneself).
    Confirmed {
        /// Which DC said so.
        dc: DcName,
    },
    /// Refused.
    Refused(BindRefusal),
    /// The bind succeeded, but as somebody else (anonymous, other SID): treat as wrong, log loudly.
    SomebodyElse,
}

/// What the domain says of itself; read at start, refreshed every few minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainFacts {
    /// DNS of default naming context.
    pub head: Dn,
    /// Domain SID.
    pub sid: Sid,
    /// userPrincipalName suffixes: the DNS domain plus those of the forest.
    pub upn_suffixes: Vec<String>,
    /// lockoutThreshold; 0 = never locks.
    pub lockout_threshold: u32,
    /// lockOutObservationWindow.
    pub lockout_window: Duration,
    /// lockoutDuration; None = until unlocked by hand.
    pub lockout_duration: Option<jiff::SignedDuration>,
    /// The domain's password policy.
    pub policy: PasswordPolicy,
    /// SIDs with dangerous rights at the domain head (empty where the DACL is not readable).
    pub domain_rights: HashSet<Sid>,
    /// The service account's own SID.
    pub service_account: Sid,
    /// POLICY_HINTS is in supportedControl.
    pub policy_hints: bool,
}

/// When the domain locks an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutRules {
    /// Wrong passwords that lock; 0 = never. `None`: a fine-grained policy holds that cannot be read, so expect the worst.
    pub threshold: Option<u32>,
    /// The time after which the count begins again.
    pub window: Duration,
}

/// The text of the search box, parsed: at least 2 characters, no control characters, at most 64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);
/// Not something to search for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain words")]
pub enum InvalidSearch {
    TooShort,
    TooLong,
    Control,
}
impl std::str::FromStr for SearchText {
    type Err = InvalidSearch;
    fn from_str(s: &str) -> Result<Self, InvalidSearch> {
        todo!()
    }
}

/// A line of a search result.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "as in Account")]
pub struct Hit {
    pub guid: ObjectGuid,
    pub name: String,
    pub sam: String,
    pub department: Option<String>,
    pub office: Option<String>,
    pub flags: AccountFlags,
    pub must_change: bool,
    pub expired: bool,
    pub admin_count: bool,
    pub kind_is_person: bool,
}
/// At most 50 hits, sorted by name, and whether there are more.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "plain words")]
pub struct Hits {
    pub hits: Vec<Hit>,
    pub more: bool,
}

/// What is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetOptions {
    /// pwdLastSet = 0 in the same modify.
    pub must_change: bool,
    /// lockoutTime = 0 in the same modify.
    pub unlock: bool,
}

/// A client of the domain. Cheap to clone; connections are made when first needed and re-made by themselves.
#[derive(Clone)]
pub struct Directory {/* Arc<…> */}

impl Directory {
    /// Makes the client; connects lazily (a DC that is down does not stop the start).
    pub fn new(settings: DirectorySettings, clock: Clock) -> Self {
        todo!()
    }
    /// rootDSE on a service connection: is a DC there, does the service account sign in?
    pub async fn ping(&self) -> Result<DcName, DirectoryError> {
        todo!()
    }
    /// The domain's facts; cached for five minutes.
    pub async fn domain_facts(&self) -> Result<std::sync::Arc<DomainFacts>, DirectoryError> {
        todo!()
    }
    /// A group named in the settings (sAMAccountName, CN or DN) → its SID. Ambiguous CN: sAMAccountName wins.
    pub async fn group_sid(&self, name: &str) -> Result<Option<Sid>, DirectoryError> {
        todo!()
    }
    /// Who signs in: exactly one user object with that name, with tokenGroups. `None`: nobody (or ambiguous, or another domain).
    pub async fn resolve_sign_in(
        &self,
        name: &SignInName,
    ) -> Result<Option<Operator>, DirectoryError> {
        todo!()
    }
    /// The lockout rules that hold for this person: the domain's, or those of their fine-grained policy where it can be read.
    pub async fn lockout(&self, who: &Operator) -> Result<LockoutRules, DirectoryError> {
        todo!()
    }
    /// Opens the TLS connection for a sign-in bind ahead of the look-up, so that the two overlap. Never sends anything by itself.
    pub fn prepare_sign_in(&self) -> PreparedSignIn {
        todo!()
    }
    /// Binds as `who` (by its DN, on the prepared connection of its own, never a service connection) and confirms the SID.
    pub async fn verify_password(
        &self,
        prepared: PreparedSignIn,
        who: &Operator,
        password: &SecretString,
    ) -> Result<BindVerdict, DirectoryError> {
        todo!()
    }
    /// The operator as they are now, by SID.
    pub async fn operator(&self, sid: &Sid) -> Result<Option<Operator>, DirectoryError> {
        todo!()
    }
    /// ANR and mail search below `bases`; persons only; at most 50, the reading stops there.
    pub async fn search(&self, bases: &[Dn], text: &SearchText) -> Result<Hits, DirectoryError> {
        todo!()
    }
    /// Reads an account afresh, by GUID, *under* one of `bases` (the directory decides the scope). `None`: not there, for whatever reason.
    pub async fn account(
        &self,
        bases: &[Dn],
        guid: ObjectGuid,
    ) -> Result<Option<Account>, DirectoryError> {
        todo!()
    }
    /// The effective policy for this account (domain, or fine-grained where readable).
    pub async fn password_policy(
        &self,
        account: &Account,
    ) -> Result<PasswordPolicy, DirectoryError> {
        todo!()
    }
    /// One modify at `account.dn` on `account.dc`: unicodePwd, and what `options` say. Never repeated.
    pub async fn set_password(
        &self,
        permit: Permit,
        account: &Account,
        new: &NewPassword,
        options: ResetOptions,
    ) -> Result<(), WriteError> {
        todo!()
    }
    /// lockoutTime = 0, on the same DC. Never repeated.
    pub async fn unlock(&self, permit: Permit, account: &Account) -> Result<(), WriteError> {
        todo!()
    }
    /// Reads back version, must-change and lock state of one account on one DC (and no other), by GUID.
    pub async fn read_back(
        &self,
        dc: &DcName,
        guid: ObjectGuid,
    ) -> Result<Option<ReadBack>, DirectoryError> {
        todo!()
    }
    /// Closes connections politely.
    pub async fn close(&self) {
        todo!()
    }
}
/// A TLS connection without a bind, for one sign-in.
pub struct PreparedSignIn {/* … */}
/// What was read back.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "plain words")]
pub struct ReadBack {
    pub seen: Option<Seen>,
    pub must_change: bool,
    pub locked: bool,
    pub disabled: bool,
}
