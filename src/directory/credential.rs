//! The service account's name and password, and the rule that keeps Keyward from locking it:
//! after one refusal nothing is tried before the password changes or a long pause is over.

use super::connection::Connection;
use super::diagnostics::{self, BindResult};
use super::error::BindRefusal;
use super::opener::OpenFailure;
use crate::domain::secret::SecretSource;
use ldap3_proto::proto::{LdapBindCred, LdapBindRequest, LdapOp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// Pause after the first refusal.
const PAUSE: Duration = Duration::from_mins(5);
/// Pause after each further refusal of the same wrong password: longer than the usual
/// observation window, so that the domain's count starts again in between.
const LONG_PAUSE: Duration = Duration::from_hours(1);
/// A password file is a line.
const FILE_LIMIT: u64 = 4096;

/// Who the service connections sign in as.
pub(super) struct Credential {
    name: String,
    source: SecretSource,
    history: Mutex<History>,
}

/// What the directory said so far.
#[derive(Default)]
struct History {
    accepted: Option<Print>,
    refused: Option<Refused>,
}

struct Refused {
    print: Print,
    why: BindRefusal,
    times: u32,
    until: Instant,
}

/// Tells one password from another without keeping it.
type Print = [u8; 32];

impl Credential {
    /// `name` as in the settings; a bare account name is qualified with the NetBIOS domain, which
    /// is the form that AD accepts (MS-ADTS 5.1.1.1.1).
    pub(super) fn new(name: &str, domain: &str, source: SecretSource) -> Self {
        let qualified = name.contains(['=', '@', '\\']);
        Self {
            name: if qualified {
                name.to_owned()
            } else {
                format!("{domain}\\{name}")
            },
            source,
            history: Mutex::new(History::default()),
        }
    }

    /// Whether there is a password, and it was not refused a while ago. Asked before a connection
    /// is made at all.
    pub(super) async fn may_try(&self, deadline: Instant) -> Result<(), OpenFailure> {
        let secret = self.secret(deadline).await?;
        self.history(deadline).await?.allows(&print(&secret))
    }

    /// Signs in on a new connection. Until a password was accepted once, one bind at a time: two
    /// wrong ones at once would count twice.
    pub(super) async fn bind(
        &self,
        connection: &Connection,
        deadline: Instant,
    ) -> Result<(), OpenFailure> {
        let secret = self.secret(deadline).await?;
        let print = print(&secret);
        let mut history = self.history(deadline).await?;
        history.allows(&print)?;
        if history.accepted == Some(print) {
            drop(history);
            let result = self.request(connection, &secret, deadline).await?;
            self.history(deadline).await?.note(print, result)
        } else {
            let result = self.request(connection, &secret, deadline).await?;
            history.note(print, result)
        }
    }

    async fn request(
        &self,
        connection: &Connection,
        secret: &SecretString,
        deadline: Instant,
    ) -> Result<BindResult, OpenFailure> {
        let request = LdapOp::BindRequest(LdapBindRequest {
            version: 3,
            dn: self.name.clone(),
            cred: LdapBindCred::Simple(secret.expose_secret().to_owned()),
        });
        let answer = connection.run(request, Vec::new(), 0, deadline).await?;
        let result = answer.result.ok_or(OpenFailure::Malformed)?;
        Ok(diagnostics::bind_result(&result))
    }

    async fn history(&self, deadline: Instant) -> Result<MutexGuard<'_, History>, OpenFailure> {
        timeout_at(deadline, self.history.lock())
            .await
            .map_err(|_| OpenFailure::Unreachable)
    }

    /// The password as it is now. An empty one would bind as nobody (RFC 4513 5.1.2).
    async fn secret(&self, deadline: Instant) -> Result<SecretString, OpenFailure> {
        let (secret, file): (_, Option<PathBuf>) = match &self.source {
            SecretSource::Value(secret) => (Some(secret.clone()), None),
            SecretSource::File(path) => {
                let read = timeout_at(deadline, read_line(path)).await;
                (read.ok().flatten(), Some(path.clone()))
            }
        };
        secret
            .filter(|secret| !secret.expose_secret().is_empty())
            .ok_or(OpenFailure::Password(file))
    }
}

impl History {
    fn allows(&self, print: &Print) -> Result<(), OpenFailure> {
        match &self.refused {
            Some(refused) if refused.print == *print && Instant::now() < refused.until => {
                Err(OpenFailure::Refused(refused.why))
            }
            _ => Ok(()),
        }
    }

    fn note(&mut self, print: Print, result: BindResult) -> Result<(), OpenFailure> {
        match result {
            BindResult::Accepted => {
                self.accepted = Some(print);
                self.refused = None;
                Ok(())
            }
            BindResult::Refused(why) => {
                self.accepted = None;
                self.note_refusal(print, why);
                Err(OpenFailure::Refused(why))
            }
            BindResult::Busy => Err(OpenFailure::Busy),
            BindResult::Failed(error) => Err(OpenFailure::Result(error)),
        }
    }

    fn note_refusal(&mut self, print: Print, why: BindRefusal) {
        let before = self.refused.take().filter(|before| before.print == print);
        let times = before.map_or(1, |before| before.times.saturating_add(1));
        let wrong = matches!(why, BindRefusal::WrongNameOrPassword | BindRefusal::Other);
        let pause = if wrong && times > 1 {
            LONG_PAUSE
        } else {
            PAUSE
        };
        tracing::error!(
            reason = ?why,
            pause_seconds = pause.as_secs(),
            "the service account was refused; no further try before its password changes or the pause is over"
        );
        self.refused = Some(Refused {
            print,
            why,
            times,
            until: Instant::now() + pause,
        });
    }
}

fn print(secret: &SecretString) -> Print {
    Sha256::digest(secret.expose_secret()).into()
}

/// The file's content without the line feed at its end.
async fn read_line(path: &Path) -> Option<SecretString> {
    let file = tokio::fs::File::open(path).await.ok()?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(512));
    file.take(FILE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .await
        .ok()?;
    if u64::try_from(bytes.len()).ok()? > FILE_LIMIT {
        return None;
    }
    let text = std::str::from_utf8(&bytes).ok()?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Some(SecretString::from(line))
}

#[cfg(test)]
#[path = "credential_tests.rs"]
mod tests;
