//! A person's password, judged by the directory: a TLS connection of its own, one bind, and the
//! proof that the bind made them who they say they are. Never on a service connection.

use super::account::by_sid;
use super::connection::{Cause, Connection};
use super::diagnostics::{self, BindResult};
use super::error::{BindRefusal, DirectoryError};
use super::opener::OpenFailure;
use super::reading::{ReadFailure, Reading};
use super::server::Server;
use super::servers::Servers;
use super::tls::Trust;
use crate::domain::account::DcName;
use crate::domain::operator::Operator;
use ldap3_proto::proto::{LdapBindCred, LdapBindRequest, LdapOp, LdapResult};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;

/// Sign-in connections at once.
const AT_ONCE: usize = 32;
/// AD's limit for a password, in characters.
const LONGEST: usize = 256;

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
    /// Sent, and nothing came back that says yes or no: the directory may have counted it as wrong.
    Undecided(DirectoryError),
}

/// A TLS connection without a bind, for one sign-in; closed when dropped.
pub struct PreparedSignIn(Option<Opening>);

struct Opening {
    task: AbortOnDropHandle<Result<Open, DirectoryError>>,
    turn: OwnedSemaphorePermit,
}

/// An open connection on which nothing was sent yet.
struct Open {
    server: Arc<Server>,
    connection: Connection,
}

/// Makes sign-in connections.
pub(super) struct SignIn {
    servers: Arc<Servers>,
    trust: Arc<Trust>,
    turns: Arc<Semaphore>,
}

impl SignIn {
    pub(super) fn new(servers: Arc<Servers>, trust: Arc<Trust>) -> Self {
        Self {
            servers,
            trust,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Begins to open a connection. In a crowd it does nothing yet: [`Self::verify`] then waits
    /// its turn.
    pub(super) fn prepare(self: &Arc<Self>) -> PreparedSignIn {
        let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() else {
            return PreparedSignIn(None);
        };
        let this = Arc::clone(self);
        let deadline = Instant::now() + this.servers.budget();
        let task = tokio::spawn(async move { this.open(deadline).await });
        PreparedSignIn(Some(Opening {
            task: AbortOnDropHandle::new(task),
            turn,
        }))
    }

    /// Binds as `who` and confirms the SID. The bind is sent at most once. An error means that it
    /// was not sent, that the DC was too busy to look at it, or that it was right.
    pub(super) async fn verify(
        &self,
        prepared: PreparedSignIn,
        who: &Operator,
        password: &SecretString,
    ) -> Result<BindVerdict, DirectoryError> {
        if !is_possible(password.expose_secret()) {
            return Ok(BindVerdict::Refused(BindRefusal::WrongNameOrPassword));
        }
        let deadline = Instant::now() + self.servers.budget();
        let (open, _turn) = self.opened(prepared, deadline).await?;
        let result = match bind(&open.connection, who.dn.as_str(), password, deadline).await {
            Ok(result) => result,
            Err(Unanswered { sent: true, error }) => return Ok(BindVerdict::Undecided(error)),
            Err(Unanswered { sent: false, error }) => return Err(error),
        };
        match diagnostics::bind_result(&result) {
            BindResult::Accepted => confirm(open, who, deadline).await,
            BindResult::Refused(refusal) => Ok(BindVerdict::Refused(refusal)),
            BindResult::Busy => Err(DirectoryError::Busy),
            BindResult::Failed(error) => Ok(BindVerdict::Undecided(error)),
        }
    }

    /// The prepared connection, or a new one where it did not last.
    async fn opened(
        &self,
        prepared: PreparedSignIn,
        deadline: Instant,
    ) -> Result<(Open, OwnedSemaphorePermit), DirectoryError> {
        let turn = if let Some(Opening { task, turn }) = prepared.0 {
            if let Ok(Ok(Ok(open))) = timeout_at(deadline, task).await
                && open.connection.is_usable()
            {
                return Ok((open, turn));
            }
            turn
        } else {
            let turn = Arc::clone(&self.turns).acquire_owned();
            match timeout_at(deadline, turn).await {
                Ok(Ok(turn)) => turn,
                _ => return Err(DirectoryError::Busy),
            }
        };
        Ok((self.open(deadline).await?, turn))
    }

    /// Opens TLS to the first server that answers.
    async fn open(&self, deadline: Instant) -> Result<Open, DirectoryError> {
        let mut queue = self.servers.in_order();
        let mut tried = 0;
        let mut last = None;
        while let Some(server) = queue.pop_front() {
            tried += 1;
            let until = super::servers::share(deadline, queue.len() + 1);
            match self.trust.connect(&server.address, until).await {
                Ok(stream) => {
                    let connection = Connection::start(stream);
                    return Ok(Open { server, connection });
                }
                Err(failure) => {
                    let failure = OpenFailure::from(failure);
                    last = Some(failure.into_error(&server.address, tried));
                }
            }
        }
        Err(last.unwrap_or(DirectoryError::Unreachable { tried }))
    }
}

/// Whether this can be a password at all. An empty one would bind as nobody, and succeed (RFC 4513
/// 5.1.2); Samba cuts at NUL, so that two texts would be one password.
pub(super) fn is_possible(password: &str) -> bool {
    !password.is_empty()
        && password.chars().count() <= LONGEST
        && !password.chars().any(char::is_control)
}

/// A bind without a result.
pub(super) struct Unanswered {
    pub sent: bool,
    pub error: DirectoryError,
}

/// One simple bind as `name`, sent once.
pub(super) async fn bind(
    connection: &Connection,
    name: &str,
    password: &SecretString,
    deadline: Instant,
) -> Result<LdapResult, Unanswered> {
    let request = LdapOp::BindRequest(LdapBindRequest {
        version: 3,
        dn: name.to_owned(),
        cred: LdapBindCred::Simple(password.expose_secret().to_owned()),
    });
    match connection.run(request, Vec::new(), 0, deadline).await {
        Ok(answer) => answer.result.ok_or(Unanswered {
            sent: true,
            error: DirectoryError::Protocol,
        }),
        Err(lost) => Err(Unanswered {
            sent: lost.sent,
            error: match lost.cause {
                Cause::Malformed => DirectoryError::Protocol,
                _ => DirectoryError::Unreachable { tried: 1 },
            },
        }),
    }
}

/// Asks the DC whom it takes this connection for: the rootDSE's `tokenGroups` hold the own SID
/// (MS-ADTS 3.1.1.3.2). Where it has none, the own object must be readable as oneself, which it
/// is not for an anonymous connection.
async fn confirm(
    open: Open,
    who: &Operator,
    deadline: Instant,
) -> Result<BindVerdict, DirectoryError> {
    let reading = Reading::new(open.server, open.connection, deadline);
    let confirmed = is_oneself(&reading, who)
        .await
        .map_err(ReadFailure::into_error)?;
    if confirmed {
        let dc = reading.dc().clone();
        return Ok(BindVerdict::Confirmed { dc });
    }
    tracing::error!(
        operator.sid = %who.sid,
        "a bind succeeded, but not as the person who signed in"
    );
    Ok(BindVerdict::SomebodyElse)
}

async fn is_oneself(reading: &Reading, who: &Operator) -> Result<bool, ReadFailure> {
    let root = reading
        .object(String::new(), &["tokenGroups"], Vec::new())
        .await?;
    if let Some(root) = root {
        let sids = root.sids("tokenGroups")?;
        if !sids.is_empty() {
            return Ok(sids.contains(&who.sid));
        }
    }
    let own = reading
        .object(by_sid(&who.sid), &["objectSid"], Vec::new())
        .await?;
    match own {
        Some(own) => Ok(own.sid("objectSid")?.as_ref() == Some(&who.sid)),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::is_possible;

    #[test]
    fn what_cannot_be_a_password_is_never_sent() {
        for text in ["", "a\0b", "a\nb", "\u{7f}", &"ä".repeat(257)] {
            assert!(!is_possible(text), "{text:?}");
        }
        for text in [" ", "\"", "pässwörd", &"ä".repeat(256)] {
            assert!(is_possible(text), "{text:?}");
        }
    }
}
