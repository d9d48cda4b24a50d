//! Sessions: whose request is it, what may they still do, and the end of it.

use super::case::Case;
use super::codes;
use super::ground::Ground;
use super::{ActionError, App, Client};
use crate::domain::audit::AuditAction;
use crate::domain::authorize::Refusal;
use crate::domain::operator::{Operator, OutOfAction};
use crate::domain::roles::Roles;
use crate::store::{Session, SessionToken};
use std::time::Duration;

/// After this long the operator is read again, so that a session ends within a minute.
pub(super) const CHECK_AFTER: Duration = Duration::from_secs(45);

/// Why a session is over before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The operator's account is not there any more.
    Gone,
    /// In no rule's group and in no auditors' group any more.
    NotAnOperator,
    /// Disabled, locked, expired or due for a new password.
    OutOfAction(OutOfAction),
    /// The password is another than at the sign-in.
    PasswordChanged,
}

impl Unfit {
    /// The record's word for it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Gone => "operator_gone",
            Self::NotAnOperator => codes::of_refusal(Refusal::NotAnOperator),
            Self::OutOfAction(why) => codes::of_out_of_action(why),
            Self::PasswordChanged => "operator_password_changed",
        }
    }
}

impl App {
    /// The session of a cookie, with what the person may do by now. Ends it when that is nothing any
    /// more, when they are out of action, or have a new password.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn session(&self, token: &SessionToken) -> Result<Option<Session>, ActionError> {
        let limits = self.settings().session;
        let Some(session) = self.store.session(token, limits).await? else {
            return Ok(None);
        };
        if session.checked_ago < CHECK_AFTER {
            return Ok(Some(session));
        }
        match self.read_operator(&session).await {
            Ok(Ok((_, roles))) => {
                self.store.session_checked(session.id, roles);
                Ok(Some(Session {
                    roles,
                    checked_ago: Duration::ZERO,
                    ..session
                }))
            }
            Ok(Err(why)) => {
                self.end_sessions(&session, why, None).await?;
                Ok(None)
            }
            // Without a directory nothing can be seen or done either; whatever can is read afresh.
            Err(ActionError::Directory(_)) => Ok(Some(session)),
            Err(error) => Err(error),
        }
    }

    /// Ends the session, records it.
    ///
    /// # Errors
    /// It may not have ended, or was not recorded.
    pub async fn sign_out(&self, session: &Session, client: Client) -> Result<(), ActionError> {
        self.store.end_session(session.id).await?;
        let case = Case::of(AuditAction::SignOut, session, Some(client));
        self.store.event(case.event()).await?;
        Ok(())
    }

    async fn read_operator(
        &self,
        session: &Session,
    ) -> Result<Result<(Operator, Roles), Unfit>, ActionError> {
        let read = async { Ok(self.directory.operator(&session.operator).await?) };
        let (ground, operator) = tokio::try_join!(self.ground(), read)?;
        Ok(fit(operator, session, &ground, self.clock.now()))
    }

    /// Whether the person reads the log, as the directory says now or said within the last minute. Without a
    /// directory nobody is let in on the strength of an older answer.
    pub(super) async fn is_auditor(
        &self,
        session: &Session,
        client: Client,
    ) -> Result<bool, ActionError> {
        if session.checked_ago < CHECK_AFTER {
            return Ok(session.roles.is_auditor());
        }
        match self.read_operator(session).await? {
            Ok((_, roles)) => Ok(roles.is_auditor()),
            Err(why) => {
                self.end_sessions(session, why, Some(client)).await?;
                Err(ActionError::SessionEnded(why))
            }
        }
    }

    /// Whether a session is there still, and an auditor's, as the directory says now: for what goes on for long.
    pub(super) async fn stays_auditor(
        &self,
        session: &Session,
        client: Client,
    ) -> Result<bool, ActionError> {
        let limits = self.settings().session;
        if !self.store.session_goes_on(session.id, limits).await? {
            return Ok(false);
        }
        let asked_long_ago = Session {
            checked_ago: Duration::MAX,
            ..session.clone()
        };
        self.is_auditor(&asked_long_ago, client).await
    }

    /// Ends all sessions of this operator and records why.
    pub(super) async fn end_sessions(
        &self,
        session: &Session,
        why: Unfit,
        client: Option<Client>,
    ) -> Result<(), ActionError> {
        self.store.end_sessions_of(&session.operator).await?;
        let case = Case::of(AuditAction::SignOut, session, client);
        let mut entry = case.event();
        entry.code = Some(why.code().to_owned());
        self.store.event_seldom(entry).await?;
        Ok(())
    }
}

/// Whether this person may still act in this session, and as what.
pub(super) fn fit(
    operator: Option<Operator>,
    session: &Session,
    ground: &Ground,
    now: jiff::Timestamp,
) -> Result<(Operator, Roles), Unfit> {
    let operator = operator.ok_or(Unfit::Gone)?;
    let roles = ground.roles(&operator).ok_or(Unfit::NotAnOperator)?;
    if let Some(why) = operator.out_of_action(now) {
        return Err(Unfit::OutOfAction(why));
    }
    if operator.password_last_set != session.password_last_set {
        return Err(Unfit::PasswordChanged);
    }
    Ok((operator, roles))
}
