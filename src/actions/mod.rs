//! One file per thing an operator does; the only place (with cli) that uses both `directory` and `store`.
// (owner: sign_in.rs sign_out.rs find_account.rs view_account.rs reset_password.rs unlock_account.rs settle.rs operator.rs)

pub use crate::directory::{
    BindRefusal, CertificateProblem, DirectoryError, Hit, InvalidSearch, SearchText,
};

use crate::directory::Directory;
use crate::domain::account::{Account, Protection};
use crate::domain::audit::Seq;
use crate::domain::authorize::Refusal;
use crate::domain::identity::ObjectGuid;
use crate::domain::password::{NewPassword, PolicyBreach};
use crate::domain::preflight::Preflight;
use crate::domain::time::Clock;
use crate::store::{Session, SessionToken, Store, StoreError};
use secrecy::SecretString;
use std::net::IpAddr;

/// What the actions need; made once by `cli/serve`.
#[derive(Clone)]
#[allow(missing_docs, reason = "parts")]
pub struct App {
    pub directory: Directory,
    pub store: Store,
    pub clock: Clock, /* + Arc<ActionSettings>, rule set, settling queue, per-SID sign-in locks */
}

/// Sign-in: what happened.
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub enum SignInAnswer {
    SignedIn {
        token: SessionToken,
        session: Session,
    },
    /// Unknown, wrong, locked, not an operator: one sentence (401); answered after the floor.
    Refused,
    /// Right password, but … (403).
    OwnSentence(crate::directory::BindRefusal),
    /// 429
    TooMany { retry_after: std::time::Duration },
}
/// Anything that ends an action.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// 503, nothing was changed.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// 503, nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The session's operator is not one any more: the session is ended.
    #[error("not an operator any more")]
    SessionEnded,
}
/// A search result row with what the row's chips say.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Found {
    pub hits: Vec<Hit>,
    pub more: bool,
}
/// The account page's content.
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub struct AccountView {
    pub account: Account,
    pub protection: Option<Protection>,
    pub preflight: Preflight,
    pub fingerprint: String, /* of SID and DN, goes into the form token */
}

/// What the reset form asks, parsed.
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub struct ResetRequest {
    pub target: ObjectGuid,
    pub reason: Option<String>,
    pub must_change: bool,
    pub unlock: bool,
    pub form_nonce: [u8; 16],
    pub fingerprint: String,
}
/// A done reset.
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub struct Receipt {
    pub attempt: Seq,
    pub account: Account,
    pub password: NewPassword,
    pub must_change: bool, /* as read back */
    pub unlocked: bool,
    pub still_locked: bool,
    pub read_back: bool, /* false: the read-back itself failed; the reset is done */
}
/// The reset's answer.
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub enum ResetAnswer {
    Done(Box<Receipt>),
    /// 404
    NotThere,
    /// 403 and why
    Refused(Refusal, Box<Account>),
    /// 409
    FormUsed,
    /// 409: the account was renamed, moved or replaced since the page was shown
    Changed,
    /// 422
    Policy(Vec<PolicyBreach>),
    /// 422
    ReasonMissing,
    /// 502
    DirectoryRefused(DirectoryError),
    /// 504, link to /attempts/{seq}
    NotKnownYet(Seq),
}
/// What became of an attempt (GET /attempts/{seq}, own attempts only).
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub enum AttemptState {
    NotKnownYet,
    Applied,
    NotApplied,
    CannotBeKnown,
    NotYours,
}

/// Client facts for the record.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "plain words")]
pub struct Client {
    pub address: IpAddr,
}

impl App {
    /// Decision 4 of security.md.
    pub async fn sign_in(
        &self,
        name: &str,
        password: SecretString,
        client: Client,
    ) -> Result<SignInAnswer, ActionError> {
        todo!()
    }
    /// Ends the session, records it.
    pub async fn sign_out(&self, session: &Session, client: Client) -> Result<(), ActionError> {
        todo!()
    }
    /// Session by token; reads the operator again if the last look is older than 45 s; ends the session when they are no operator any more.
    pub async fn session(&self, token: &SessionToken) -> Result<Option<Session>, ActionError> {
        todo!()
    }
    /// Search.
    pub async fn find(&self, session: &Session, text: &SearchText) -> Result<Found, ActionError> {
        todo!()
    }
    /// The five people helped last.
    pub async fn recent(&self, session: &Session) -> Result<Vec<Hit>, ActionError> {
        todo!()
    }
    /// One account; None = 404. Records view_account.
    pub async fn view(
        &self,
        session: &Session,
        guid: ObjectGuid,
        client: Client,
    ) -> Result<Option<AccountView>, ActionError> {
        todo!()
    }
    /// The main job.
    pub async fn reset_password(
        &self,
        session: &Session,
        request: ResetRequest,
        client: Client,
    ) -> Result<ResetAnswer, ActionError> {
        todo!()
    }
    /// Unlock alone. Same answers; `Done` has no password.
    pub async fn unlock_account(
        &self,
        session: &Session,
        request: UnlockRequest,
        client: Client,
    ) -> Result<UnlockAnswer, ActionError> {
        todo!()
    }
    /// What became of an own attempt.
    pub async fn attempt_state(
        &self,
        session: &Session,
        attempt: Seq,
    ) -> Result<AttemptState, ActionError> {
        todo!()
    }
    /// Background: settles open attempts at start and whenever the directory is back; sweeps the store. Runs until cancelled.
    pub async fn keep_settling(&self, stop: tokio::sync::watch::Receiver<bool>) {
        todo!()
    }
    /// For /readyz.
    pub async fn ready(&self) -> Result<(), NotReady> {
        todo!()
    }
}
/// Unlock form.
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub struct UnlockRequest {
    pub target: ObjectGuid,
    pub reason: Option<String>,
    pub form_nonce: [u8; 16],
    pub fingerprint: String,
}
/// Unlock's answer.
#[derive(Debug)]
#[allow(missing_docs, reason = "plain words")]
pub enum UnlockAnswer {
    Done,
    NotThere,
    Refused(Refusal, Box<Account>),
    FormUsed,
    Changed,
    ReasonMissing,
    DirectoryRefused(DirectoryError),
    NotKnownYet(Seq),
}
/// Why not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain words")]
pub enum NotReady {
    Directory,
    Store,
}
