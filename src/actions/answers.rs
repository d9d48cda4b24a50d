//! What the actions are asked and what they answer; sentences for people are in `web/words`.

use super::session::Unfit;
use crate::directory::{BindRefusal, DirectoryError, Hit};
use crate::domain::account::Account;
use crate::domain::audit::Seq;
use crate::domain::authorize::Refusal;
use crate::domain::identity::ObjectGuid;
use crate::domain::least_privilege::LeastPrivilege;
use crate::domain::password::{NewPassword, PolicyBreach};
use crate::domain::preflight::Preflight;
use crate::domain::reason::UnfitReason;
use crate::domain::rules::{ByRules, Rule};
use crate::store::{Session, SessionToken, StoreError};
use secrecy::SecretString;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Client facts for the record.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    /// Where the request came from, proxies that are trusted taken off.
    pub address: IpAddr,
}

/// Sign-in: what happened.
#[derive(Debug)]
pub enum SignInAnswer {
    /// 303, with a new cookie.
    SignedIn {
        /// For the cookie.
        token: SessionToken,
        /// Whose it is.
        session: Session,
    },
    /// Unknown, wrong, locked, not an operator: one sentence (401), answered after the floor.
    Refused,
    /// Right password, but … (403).
    OwnSentence(BindRefusal),
    /// 429.
    TooMany {
        /// When the next try is free.
        retry_after: Duration,
    },
}

/// Anything that ends an action. Nothing was changed in the directory, except perhaps with
/// [`ActionError::Broken`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum ActionError {
    /// 503.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// 503.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// 403: the operator may not act any more, and the session is ended.
    #[error("the operator may not act any more")]
    SessionEnded(Unfit),
    /// 403: the operator may look at nothing, or at nothing now.
    #[error("the operator may not do this now")]
    Refused(Refusal),
    /// 404, as for an address that nobody has: not something that this person's role has.
    #[error("not for this person")]
    NotForThisPerson,
    /// 503: as many are at work as may be, or the service is stopping.
    #[error("too many at once")]
    Busy,
    /// 500: the settings name a password for everybody that cannot be read.
    #[error("the password in the settings cannot be read")]
    PasswordSetting,
    /// 500: the system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// 500: a task ended in the middle. An attempt that it had recorded is settled later.
    #[error("the action ended unexpectedly")]
    Broken,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// At most 50, by name.
    pub hits: Vec<Hit>,
    /// There are more: "narrow it down".
    pub more: bool,
    /// None of the operator's rules holds now, or from here.
    pub sleeping: Option<ByRules>,
}

/// The account page's content.
#[derive(Debug)]
pub struct AccountView {
    /// As just read.
    pub account: Account,
    /// The rule by which the operator may reset the password, or why they may not.
    pub reset: Result<Arc<Rule>, Refusal>,
    /// The same for an unlock.
    pub unlock: Result<Arc<Rule>, Refusal>,
    /// Will a reset help?
    pub preflight: Preflight,
    /// Somebody reset the account a short while ago: once more needs a reason.
    pub again: bool,
    /// Of SID and DN; goes into the form token.
    pub fingerprint: String,
    /// What the last proof said of the service account.
    pub rights: LeastPrivilege,
}

/// What the reset form asks, parsed.
#[derive(Debug)]
pub struct ResetRequest {
    /// Whose password.
    pub target: ObjectGuid,
    /// For the record.
    pub reason: Option<String>,
    /// Must change at next logon.
    pub must_change: bool,
    /// Unlock too, where the account is locked.
    pub unlock: bool,
    /// What the operator typed, where the rule lets them; `None`: a fresh one.
    pub password: Option<SecretString>,
    /// Of the form's token.
    pub form_nonce: [u8; 16],
    /// Of the account as it was shown.
    pub fingerprint: String,
}

/// A done reset.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a sentence of its own on the page"
)]
pub struct Receipt {
    /// Number of its record.
    pub attempt: Seq,
    /// As it was before the reset.
    pub account: Account,
    /// To be shown once.
    pub password: NewPassword,
    /// As read back.
    pub must_change: bool,
    /// Unlocked in the same step.
    pub unlocked: bool,
    /// Still locked, as read back.
    pub still_locked: bool,
    /// `false`: the reading back itself failed; the reset is done all the same.
    pub read_back: bool,
}

/// The reset's answer.
#[derive(Debug)]
pub enum ResetAnswer {
    /// 200.
    Done(Box<Receipt>),
    /// 404.
    NotThere,
    /// 403 and why.
    Refused(Refusal, Box<Account>),
    /// 409.
    FormUsed,
    /// 409: the account was renamed, moved or replaced since the page was shown.
    Changed,
    /// 400: a password was typed where the rule does not let the operator do that.
    NotTyped,
    /// 422; empty where the DC refused without saying which rule.
    Policy(Vec<PolicyBreach>),
    /// 422.
    Reason(UnfitReason),
    /// 502.
    DirectoryRefused(DirectoryError),
    /// 504, with a link to the attempt's page.
    NotKnownYet(Seq),
}

/// Unlock form.
#[derive(Debug)]
pub struct UnlockRequest {
    /// Which account.
    pub target: ObjectGuid,
    /// For the record.
    pub reason: Option<String>,
    /// Of the form's token.
    pub form_nonce: [u8; 16],
    /// Of the account as it was shown.
    pub fingerprint: String,
}

/// Unlock's answer; statuses as in [`ResetAnswer`].
#[derive(Debug)]
pub enum UnlockAnswer {
    /// 303 to the account.
    Done,
    /// 404.
    NotThere,
    /// 403 and why.
    Refused(Refusal, Box<Account>),
    /// 409.
    FormUsed,
    /// 409.
    Changed,
    /// 422.
    Reason(UnfitReason),
    /// 502.
    DirectoryRefused(DirectoryError),
    /// 504.
    NotKnownYet(Seq),
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptState {
    /// Still open.
    NotKnownYet,
    /// It took effect.
    Applied,
    /// It did not.
    NotApplied,
    /// Nobody can tell any more.
    CannotBeKnown,
    /// Somebody else's, or no attempt at all.
    NotYours,
}

/// Why not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReady {
    /// No DC, or the service account does not get in.
    Directory,
    /// Nothing can be recorded.
    Store,
}
