//! The service account changes its own password: delete the old value, add the new one, in one
//! modify (MS-ADTS 3.1.1.3.1.5.1). No right is needed but to know the old one.

use super::account::by_sid;
use super::connection::Connection;
use super::decode::Always;
use super::diagnostics::{self, BindResult};
use super::facts_cache::Kept;
use super::opener::OpenFailure;
use super::reading::{ReadFailure, Reading};
use super::server::Server;
use super::sign_in::{self, Unanswered};
use super::{BindRefusal, BindVerdict, Directory, DirectoryError, WriteError, unicode_pwd};
use crate::domain::account::DcName;
use crate::domain::identity::{Dn, Sid};
use ldap3_proto::proto::{
    LdapModify, LdapModifyRequest, LdapModifyType, LdapOp, LdapPartialAttribute,
};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::time::Instant;

/// Whom an anonymous connection's token names (MS-DTYP 2.4.2.4).
const ANONYMOUS: &str = "S-1-5-7";

impl Directory {
    /// Changes the service account's own password on exactly this DC, over a new connection that is
    /// bound with `old`. Sent once.
    ///
    /// # Errors
    /// [`WriteError`]. `NotChanged(ServiceBind(WrongNameOrPassword))` where `old` is not the password.
    pub async fn change_own_password(
        &self,
        dc: &DcName,
        old: &SecretString,
        new: &SecretString,
    ) -> Result<(), WriteError> {
        let own = self.domain_facts().await?.service_account.clone();
        let (server, connection) = self.untouched(dc).await?;
        let deadline = Instant::now() + self.0.servers.operation_timeout();
        let result = self.bind_as_oneself(&connection, old, deadline).await;
        match result.map_err(|unanswered| unanswered.error)? {
            BindResult::Accepted => {}
            BindResult::Refused(why) => return Err(DirectoryError::ServiceBind(why).into()),
            BindResult::Busy => return Err(DirectoryError::Busy.into()),
            BindResult::Failed(error) => return Err(error.into()),
        }
        let deadline = Instant::now() + self.0.servers.operation_timeout();
        let reading = Reading::new(server, connection.clone(), deadline);
        let dn = own_dn(&reading, &own).await;
        let dn = dn.map_err(ReadFailure::into_error)?;
        let change = LdapOp::ModifyRequest(LdapModifyRequest {
            dn: dn.as_str().to_owned(),
            changes: vec![
                value(LdapModifyType::Delete, old),
                value(LdapModifyType::Add, new),
            ],
        });
        let deadline = Instant::now() + self.0.servers.operation_timeout();
        let answer = connection.run(change, Vec::new(), 0, deadline).await;
        let result = match answer {
            Ok(answer) => answer.result.ok_or(WriteError::AnswerLost)?,
            Err(lost) => {
                connection.cut();
                return Err(if lost.sent {
                    WriteError::AnswerLost
                } else {
                    DirectoryError::Unreachable { tried: 1 }.into()
                });
            }
        };
        Ok(diagnostics::own_password_result(&result)?)
    }

    /// Whether the service account can bind to exactly this DC with `password`, on a new
    /// connection. One try: the caller counts them.
    ///
    /// That the *previous* password is let in says nothing: domain controllers accept it for an hour
    /// after a change (Samba does for simple binds; `OldPasswordAllowedPeriod` on Windows). Only the
    /// new one that is let in proves a change.
    ///
    /// # Errors
    /// [`DirectoryError`] where the DC did not say.
    pub async fn try_own_password(
        &self,
        dc: &DcName,
        password: &SecretString,
    ) -> Result<BindVerdict, DirectoryError> {
        if !sign_in::is_possible(password.expose_secret()) {
            return Ok(BindVerdict::Refused(BindRefusal::WrongNameOrPassword));
        }
        let (server, connection) = self.untouched(dc).await?;
        let deadline = Instant::now() + self.0.servers.operation_timeout();
        match self.bind_as_oneself(&connection, password, deadline).await {
            Ok(BindResult::Accepted) => {}
            Ok(BindResult::Refused(why)) => return Ok(BindVerdict::Refused(why)),
            Ok(BindResult::Busy) => return Err(DirectoryError::Busy),
            Ok(BindResult::Failed(error)) | Err(Unanswered { sent: true, error }) => {
                return Ok(BindVerdict::Undecided(error));
            }
            Err(Unanswered { sent: false, error }) => return Err(error),
        }
        let reading = Reading::new(server, connection, deadline);
        let known = match self.0.facts.kept() {
            Kept::Fresh(facts) | Kept::Ageing(facts) => Some(facts.service_account.clone()),
            Kept::Nothing => None,
        };
        let oneself = is_signed_in(&reading, known.as_ref()).await;
        Ok(if oneself.map_err(ReadFailure::into_error)? {
            BindVerdict::Confirmed { dc: dc.clone() }
        } else {
            tracing::error!("a bind succeeded, but not as the service account");
            BindVerdict::SomebodyElse
        })
    }

    /// A new connection to exactly this DC, on which nothing was sent.
    async fn untouched(&self, dc: &DcName) -> Result<(Arc<Server>, Connection), DirectoryError> {
        let server = self.0.servers.exactly(dc)?;
        let opener = self.0.servers.opener();
        let deadline = Instant::now() + opener.connect_timeout;
        let stream = opener.trust.connect(&server.address, deadline).await;
        let stream = stream.map_err(|why| OpenFailure::from(why).into_error(&server.address, 1))?;
        Ok((server, Connection::start(stream)))
    }

    async fn bind_as_oneself(
        &self,
        connection: &Connection,
        password: &SecretString,
        deadline: Instant,
    ) -> Result<BindResult, Unanswered> {
        if !sign_in::is_possible(password.expose_secret()) {
            return Ok(BindResult::Refused(BindRefusal::WrongNameOrPassword));
        }
        let name = self.0.servers.opener().credential.name();
        let result = sign_in::bind(connection, name, password, deadline).await?;
        Ok(diagnostics::bind_result(&result))
    }
}

/// Whether this connection is signed in at all and, where it is known who that should be, as them.
pub(super) async fn is_signed_in(
    reading: &Reading,
    expected: Option<&Sid>,
) -> Result<bool, ReadFailure> {
    let root = reading
        .object(String::new(), &["tokenGroups"], Vec::new())
        .await?;
    let sids = match root {
        Some(root) => root.sids("tokenGroups")?,
        None => Vec::new(),
    };
    let anonymous = sids.is_empty() || sids.iter().any(|sid| sid.to_string() == ANONYMOUS);
    Ok(!anonymous && expected.is_none_or(|own| sids.contains(own)))
}

async fn own_dn(reading: &Reading, own: &Sid) -> Result<Dn, ReadFailure> {
    let what = "service_account";
    let entry = reading
        .object(by_sid(own), &["distinguishedName"], Vec::new())
        .await?
        .ok_or(DirectoryError::NotFound { what })?;
    Ok(entry.dn("distinguishedName")?.always("distinguishedName")?)
}

fn value(operation: LdapModifyType, password: &SecretString) -> LdapModify {
    LdapModify {
        operation,
        modification: LdapPartialAttribute {
            atype: "unicodePwd".to_owned(),
            vals: vec![std::mem::take(&mut *unicode_pwd::encode_secret(password))],
        },
    }
}
