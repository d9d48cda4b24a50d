//! A directory in an administrator's hands: a connection that is bound as them, for `delegation
//! apply`, `revoke` and `mend`. Their password is used for the bind and dropped.

mod reading;
mod writing;

use super::connection::Connection;
use super::decode::Always;
use super::diagnostics::{self, BindResult};
use super::lookup;
use super::opener::OpenFailure;
use super::own_password::is_signed_in;
use super::paging;
use super::reading::{ReadFailure, Reading};
use super::server::Server;
use super::sign_in::{self, Unanswered};
use super::{BindRefusal, Directory, DirectoryError};
use crate::domain::account::DcName;
use crate::domain::identity::{Dn, Sid};
use crate::domain::security_descriptor::NotEditable;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A connection bound as an administrator, to one domain controller.
pub struct Admin {
    server: Arc<Server>,
    connection: Connection,
    head: Dn,
    patience: Duration,
}

/// What can go wrong in an administrator's hands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// Name or password were refused, or the account cannot sign in.
    #[error("the administrator cannot sign in: {0}")]
    Refused(BindRefusal),
    /// The administrator's account lacks a right for this (50).
    #[error("the administrator's account may not do this")]
    NotAllowed,
    /// There is an object of that name, or that value, already (68, 20).
    #[error("an object of this name is there already")]
    AlreadyThere,
    /// The object, or the value to be deleted, is not there (32, 16).
    #[error("the object is not there")]
    NotThere,
    /// The directory answered that it was done, and shows afterwards that it is not so.
    #[error("the directory said that it was done, and shows that it is not so")]
    NotSo,
    /// The object's rules cannot be changed.
    #[error(transparent)]
    NotEditable(#[from] NotEditable),
    /// The answer to a write was lost: it may or may not have been done; the same command again finds out and completes it.
    #[error("the answer was lost: it may or may not have been done")]
    AnswerLost,
    /// Anything else.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// One change to an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeChange {
    /// These values and no others; none: the attribute goes.
    Replace(&'static str, Vec<Vec<u8>>),
    /// These values more.
    Add(&'static str, Vec<Vec<u8>>),
    /// These values less.
    Delete(&'static str, Vec<Vec<u8>>),
}

/// What an administrator's read of an object shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminObject {
    /// distinguishedName.
    pub dn: Dn,
    /// sAMAccountName; empty where there is none.
    pub sam: String,
    /// objectClass, lower case.
    pub classes: Vec<String>,
    /// objectSid.
    pub sid: Option<Sid>,
    /// nTSecurityDescriptor: owner, group and DACL.
    pub descriptor: Vec<u8>,
    /// userAccountControl, 0 where there is none.
    pub flags: u32,
    /// primaryGroupID, 0 where there is none.
    pub primary_group: u32,
    /// member, as DNs.
    pub members: Vec<Dn>,
    /// servicePrincipalName.
    pub spns: Vec<String>,
}

impl Directory {
    /// Binds as `name` (as in the settings: sAMAccountName, `DOMAIN\name`, UPN or DN), on a connection of its own, to the first DC that answers.
    /// The bind is sent once: a wrong password counts once.
    ///
    /// # Errors
    /// [`AdminError`]; `Refused` where the administrator cannot sign in.
    pub async fn as_admin(&self, name: &str, password: SecretString) -> Result<Admin, AdminError> {
        if !sign_in::is_possible(password.expose_secret()) {
            return Err(AdminError::Refused(BindRefusal::WrongNameOrPassword));
        }
        let servers = &self.0.servers;
        let sent_as = super::credential::qualified(name, &self.0.domain);
        let deadline = Instant::now() + servers.budget();
        let mut queue = servers.in_order();
        let mut tried = 0;
        let mut last = DirectoryError::Unreachable { tried };
        while let Some(server) = queue.pop_front() {
            tried += 1;
            let until = super::servers::share(deadline, queue.len() + 1);
            let stream = match servers.opener().trust.connect(&server.address, until).await {
                Ok(stream) => stream,
                Err(why) => {
                    last = OpenFailure::from(why).into_error(&server.address, tried);
                    continue;
                }
            };
            let connection = Connection::start(stream);
            let until = Instant::now() + servers.operation_timeout();
            match sign_in::bind(&connection, &sent_as, &password, until).await {
                Ok(result) => match diagnostics::bind_result(&result) {
                    BindResult::Accepted => {
                        return self.admitted(server, connection, name).await;
                    }
                    BindResult::Refused(why) => return Err(AdminError::Refused(why)),
                    BindResult::Failed(error) => return Err(error.into()),
                    BindResult::Busy => last = DirectoryError::Busy,
                },
                Err(Unanswered { sent: true, error }) => return Err(error.into()),
                Err(Unanswered { sent: false, error }) => last = error,
            }
        }
        Err(last.into())
    }

    /// Asks the DC whom it takes the connection for. A name of this domain must be them; of other
    /// forms it is only known that somebody is signed in.
    async fn admitted(
        &self,
        server: Arc<Server>,
        connection: Connection,
        name: &str,
    ) -> Result<Admin, AdminError> {
        let patience = paging::patience(&self.0.servers);
        let deadline = Instant::now() + patience;
        let reading = Reading::new(Arc::clone(&server), connection.clone(), deadline);
        let (head, oneself) = who(&reading, name, &self.0.domain)
            .await
            .map_err(ReadFailure::into_error)?;
        if !oneself {
            tracing::error!("a bind succeeded, but not as the administrator who was named");
            return Err(AdminError::Refused(BindRefusal::Other));
        }
        Ok(Admin {
            server,
            connection,
            head,
            patience,
        })
    }
}

async fn who(reading: &Reading, name: &str, domain: &str) -> Result<(Dn, bool), ReadFailure> {
    let root = reading
        .object(String::new(), &["defaultNamingContext"], Vec::new())
        .await?
        .ok_or(DirectoryError::Protocol)?;
    let head: Dn = root
        .dn("defaultNamingContext")?
        .always("defaultNamingContext")?;
    let of_this_domain = match name.split_once('\\') {
        Some((before, _)) => before.eq_ignore_ascii_case(domain),
        None => !name.contains('@') || name.contains('='),
    };
    let expected = if of_this_domain {
        lookup::account_sid(reading, &head, name).await?
    } else {
        None
    };
    let oneself = is_signed_in(reading, expected.as_ref()).await?;
    Ok((head, oneself))
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Admin({})", self.server.name.0)
    }
}

impl Admin {
    /// The domain controller that is used.
    pub fn dc(&self) -> &DcName {
        &self.server.name
    }

    /// The head of the domain (`defaultNamingContext`).
    pub fn head(&self) -> &Dn {
        &self.head
    }

    fn reading(&self) -> Reading {
        let deadline = Instant::now() + self.patience;
        Reading::new(Arc::clone(&self.server), self.connection.clone(), deadline)
    }
}

impl From<ReadFailure> for AdminError {
    fn from(failure: ReadFailure) -> Self {
        Self::Directory(failure.into_error())
    }
}
