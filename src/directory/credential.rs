//! The service account's name and password, and the rule that keeps Keyward from locking it:
//! after one refusal nothing is tried before the password changes or a long pause is over. While
//! a change of the password is under way there are two, and both may be tried once.

use super::connection::Connection;
use super::diagnostics::{self, BindResult};
use super::error::BindRefusal;
use super::opener::OpenFailure;
use crate::domain::secret::SecretSource;
use ldap3_proto::proto::{LdapBindCred, LdapBindRequest, LdapOp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
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
    source: std::sync::Mutex<SecretSource>,
    history: Mutex<History>,
}

/// What the directory said so far.
#[derive(Default)]
struct History {
    accepted: Option<Print>,
    refused: Option<Refused>,
}

/// One password, or two of which it is not known which one the directory has.
struct Refused {
    prints: Vec<Print>,
    why: BindRefusal,
    times: u32,
    until: Instant,
}

/// Tells one password from another without keeping it.
type Print = [u8; 32];

/// A password that may be the right one.
struct Candidate {
    secret: SecretString,
    print: Print,
}

impl Credential {
    /// `name` as in the settings; a bare account name is qualified with the NetBIOS domain, which
    /// is the form that AD accepts (MS-ADTS 5.1.1.1.1).
    pub(super) fn new(name: &str, domain: &str, source: SecretSource) -> Self {
        Self {
            name: qualified(name, domain),
            source: std::sync::Mutex::new(source),
            history: Mutex::new(History::default()),
        }
    }

    /// The name as it is sent in a bind.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Goes on with another password, or another place where it is kept.
    pub(super) fn adopt(&self, source: SecretSource) {
        *self.source() = source;
    }

    /// Whether there is a password that was not refused a while ago. Asked before a connection is
    /// made at all.
    pub(super) async fn may_try(&self, deadline: Instant) -> Result<(), OpenFailure> {
        let candidates = self.candidates(deadline).await?;
        self.history(deadline).await?.in_turn(candidates).map(drop)
    }

    /// Signs in on a new connection. Until a password was accepted once, one bind at a time: two
    /// wrong ones at once would count twice.
    ///
    /// While a change of the password is not known to be done everywhere there are two. The second
    /// is tried only where the first is wrong, and there is no third.
    pub(super) async fn bind(
        &self,
        connection: &Connection,
        deadline: Instant,
    ) -> Result<(), OpenFailure> {
        let candidates = self.candidates(deadline).await?;
        let present: Vec<Print> = candidates.iter().map(|known| known.print).collect();
        let mut history = self.history(deadline).await?;
        let mut left = history.in_turn(candidates)?.into_iter();
        let mut tried = Vec::new();
        while let Some(Candidate { secret, print }) = left.next() {
            // Somebody else may have been refused while this one waited.
            history.allows(&print)?;
            let result = if history.accepted == Some(print) {
                drop(history);
                let result = self.request(connection, &secret, deadline).await?;
                history = self.history(deadline).await?;
                result
            } else {
                self.request(connection, &secret, deadline).await?
            };
            tried.push(print);
            match result {
                BindResult::Refused(BindRefusal::WrongNameOrPassword) if left.len() > 0 => {
                    tracing::warn!(
                        "the service account has another password; trying the one of the change that is not finished"
                    );
                }
                BindResult::Accepted => {
                    history.note_success(print);
                    return Ok(());
                }
                BindResult::Refused(why) => {
                    history.note_refusal(tried, &present, why);
                    return Err(OpenFailure::Refused(why));
                }
                BindResult::Busy => return Err(OpenFailure::Busy),
                BindResult::Failed(error) => return Err(OpenFailure::Result(error)),
            }
        }
        Err(OpenFailure::Password(None))
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

    fn source(&self) -> std::sync::MutexGuard<'_, SecretSource> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The password as it is now, and the one that waits to follow it. An empty one would bind as
    /// nobody (RFC 4513 5.1.2).
    async fn candidates(&self, deadline: Instant) -> Result<Vec<Candidate>, OpenFailure> {
        let source = self.source().clone();
        let read = timeout_at(deadline, read(&source)).await;
        let mut candidates: Vec<Candidate> = read.unwrap_or_default();
        candidates.dedup_by(|next, current| next.print == current.print);
        if candidates.is_empty() {
            let file = match source {
                SecretSource::File(file) => Some(file),
                SecretSource::Value(_) | SecretSource::InSettings { .. } => None,
            };
            return Err(OpenFailure::Password(file));
        }
        Ok(candidates)
    }
}

/// A bare account name with the NetBIOS domain before it; all other forms as they are.
pub(super) fn qualified(name: &str, domain: &str) -> String {
    if name.contains(['=', '@', '\\']) {
        name.to_owned()
    } else {
        format!("{domain}\\{name}")
    }
}

impl History {
    fn allows(&self, print: &Print) -> Result<(), OpenFailure> {
        match &self.refused {
            Some(refused) if refused.prints.contains(print) && Instant::now() < refused.until => {
                Err(OpenFailure::Refused(refused.why))
            }
            _ => Ok(()),
        }
    }

    /// Those that may be tried: first the one that was accepted last, otherwise the one that is not
    /// yet to be replaced. AD does not count a bind with the previous password as a wrong one
    /// (MS-SAMR 3.1.1.7.1), so that this order is harmless when the change has been done.
    fn in_turn(&self, candidates: Vec<Candidate>) -> Result<Vec<Candidate>, OpenFailure> {
        let mut refusal = Ok(());
        let mut turn = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            match self.allows(&candidate.print) {
                Ok(()) => turn.push(candidate),
                Err(failure) => refusal = Err(failure),
            }
        }
        turn.sort_by_key(|candidate| self.accepted != Some(candidate.print));
        if turn.is_empty() {
            refusal.map(|()| turn)
        } else {
            Ok(turn)
        }
    }

    fn note_success(&mut self, print: Print) {
        self.accepted = Some(print);
        self.refused = None;
    }

    /// Nothing of `tried` was right. Of those refused before, what is still `present` stays so.
    fn note_refusal(&mut self, tried: Vec<Print>, present: &[Print], why: BindRefusal) {
        self.accepted = None;
        let before = self.refused.take();
        let before = before.filter(|before| before.prints.iter().any(|old| present.contains(old)));
        let again = before
            .as_ref()
            .filter(|before| before.prints.iter().any(|old| tried.contains(old)));
        let times = again.map_or(1, |before| before.times.saturating_add(1));
        let wrong = matches!(why, BindRefusal::WrongNameOrPassword | BindRefusal::Other);
        let pause = if wrong && (times > 1 || tried.len() > 1) {
            LONG_PAUSE
        } else {
            PAUSE
        };
        tracing::error!(
            reason = ?why,
            pause_seconds = pause.as_secs(),
            "the service account was refused; no further try before its password changes or the pause is over"
        );
        let mut prints = tried;
        let kept = before.map(|before| before.prints).unwrap_or_default();
        prints.extend(kept.into_iter().filter(|old| present.contains(old)));
        self.refused = Some(Refused {
            prints,
            why,
            times,
            until: Instant::now() + pause,
        });
    }
}

impl Candidate {
    fn new(secret: SecretString) -> Option<Self> {
        let print = print(&secret);
        let is_empty = secret.expose_secret().is_empty();
        (!is_empty).then_some(Self { secret, print })
    }
}

/// The password, and the one that follows it if a change is under way. Neither: it cannot be read.
async fn read(source: &SecretSource) -> Vec<Candidate> {
    let current = match source {
        SecretSource::Value(value) | SecretSource::InSettings { value, .. } => Some(value.clone()),
        SecretSource::File(file) => read_line(file).await,
    };
    let next = match source.file() {
        Some(file) => match tokio::fs::canonicalize(file).await {
            Ok(real) => read_next(source.next_beside(&real)).await,
            Err(_) => read_next(source.next_beside(file)).await,
        },
        None => None,
    };
    let both = [current, next].into_iter().flatten();
    both.filter_map(Candidate::new).collect()
}

async fn read_next(file: Option<PathBuf>) -> Option<SecretString> {
    read_line(&file?).await
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
