//! Several domain controllers: which one to use, when to go on to the next, when to come back.
//!
//! A read is made again where that can help: once on a new connection, then on the next server,
//! at most twice after "busy". A write goes to one server, once.

use super::connection::{Cause, Connection};
use super::error::{DirectoryError, WriteError};
use super::opener::Opener;
use super::reading::{ReadFailure, Reading};
use super::server::{Server, Standing};
use crate::domain::account::DcName;
use crate::domain::secret::SecretSource;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapOp, LdapResult};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};

/// Operations at once, over all servers.
const AT_ONCE: usize = 32;
/// What a whole read may take beyond its operation's own deadline: time for another server.
const GRACE: Duration = Duration::from_millis(400);
/// Kept back of that time for each further server, up to half of it.
const RESERVE: Duration = Duration::from_secs(1);
/// Further tries after "busy".
const BUSY_TRIES: u64 = 2;

/// The domain controllers of the settings.
pub(super) struct Servers {
    known: Vec<Arc<Server>>,
    opener: Arc<Opener>,
    operation_timeout: Duration,
    operations: Semaphore,
}

impl Servers {
    pub(super) fn new(servers: Vec<Server>, opener: Opener, operation_timeout: Duration) -> Self {
        Self {
            known: servers.into_iter().map(Arc::new).collect(),
            opener: Arc::new(opener),
            operation_timeout,
            operations: Semaphore::new(AT_ONCE),
        }
    }

    /// Reads from whichever server answers. `work` may run more than once.
    pub(super) async fn read<T, F>(&self, work: impl Fn(Reading) -> F) -> Result<T, DirectoryError>
    where
        F: Future<Output = Result<T, ReadFailure>>,
    {
        self.try_each(self.in_order(), work).await
    }

    /// Reads from exactly this server.
    pub(super) async fn read_on<T, F>(
        &self,
        dc: &DcName,
        work: impl Fn(Reading) -> F,
    ) -> Result<T, DirectoryError>
    where
        F: Future<Output = Result<T, ReadFailure>>,
    {
        self.try_each(self.named(dc).into_iter().collect(), work)
            .await
    }

    /// Sends one modify to exactly this server, once.
    ///
    /// # Errors
    /// `NotChanged` where nothing was sent; `AnswerLost` where it was, and the connection is cut.
    pub(super) async fn modify(
        &self,
        dc: &DcName,
        op: LdapOp,
        controls: Vec<LdapControl>,
    ) -> Result<LdapResult, WriteError> {
        let deadline = Instant::now() + self.operation_timeout;
        let server = self.exactly(dc)?;
        let _turn = self.turn(deadline).await?;
        let connection = server
            .connection(server.turn(), &self.opener, deadline)
            .await
            .map_err(|why| why.into_error(&server.address, 1))?;
        let answer = connection.run(op, controls, 0, deadline).await;
        match answer {
            Ok(answer) => answer.result.ok_or(WriteError::AnswerLost),
            Err(lost) => {
                if lost.cause == Cause::Silent {
                    server.avoid();
                }
                if lost.sent {
                    connection.cut();
                    return Err(WriteError::AnswerLost);
                }
                Err(DirectoryError::Unreachable { tried: 1 }.into())
            }
        }
    }

    /// The servers in the order in which to try them: those that failed a while ago come last.
    pub(super) fn in_order(&self) -> VecDeque<Arc<Server>> {
        let mut queue = VecDeque::with_capacity(self.known.len());
        let mut later = Vec::new();
        for server in &self.known {
            match server.standing() {
                Standing::Good => queue.push_back(Arc::clone(server)),
                Standing::Avoided | Standing::Due => later.push(Arc::clone(server)),
            }
        }
        if !queue.is_empty() {
            let due = later.iter().filter(|s| s.standing() == Standing::Due);
            due.cloned().for_each(|server| self.look_again(server));
        }
        queue.extend(later);
        queue
    }

    /// A new service connection to the first server that answers, for one user alone: a long read
    /// holds nobody up, and what the server keeps for it ends with it.
    pub(super) async fn alone(&self) -> Result<(Arc<Server>, Connection), DirectoryError> {
        let deadline = Instant::now() + self.budget();
        let mut queue = self.in_order();
        let mut tries = Tries::default();
        while let Some(server) = queue.pop_front() {
            let until = share(deadline, queue.len() + 1);
            match self.opener.open(&server.address, until).await {
                Ok(connection) => return Ok((server, connection)),
                Err(why) => {
                    let next = why.is_the_servers();
                    let error = why.into_error(&server.address, tries.servers + 1);
                    if !next {
                        return Err(error);
                    }
                    tries.failed(error);
                }
            }
        }
        Err(tries.error())
    }

    /// The server of this name.
    ///
    /// # Errors
    /// `Unreachable` where the settings do not name it (any more).
    pub(super) fn exactly(&self, dc: &DcName) -> Result<Arc<Server>, DirectoryError> {
        let unreachable = DirectoryError::Unreachable { tried: 1 };
        self.named(dc).ok_or(unreachable)
    }

    /// What it takes to open a connection.
    pub(super) fn opener(&self) -> &Opener {
        &self.opener
    }

    /// The names of all servers, in the order of the settings.
    pub(super) fn names(&self) -> Vec<DcName> {
        self.known.iter().map(|s| s.name.clone()).collect()
    }

    /// Deadline of one operation.
    pub(super) fn operation_timeout(&self) -> Duration {
        self.operation_timeout
    }

    /// How long a read as a whole may take.
    pub(super) fn budget(&self) -> Duration {
        self.operation_timeout + GRACE
    }

    /// Signs in with another secret from now on.
    pub(super) fn adopt(&self, secret: SecretSource) {
        self.opener.credential.adopt(secret);
    }

    /// Lets go of all connections.
    pub(super) fn close(&self) {
        for server in &self.known {
            server.close();
        }
    }

    async fn try_each<T, F>(
        &self,
        mut queue: VecDeque<Arc<Server>>,
        work: impl Fn(Reading) -> F,
    ) -> Result<T, DirectoryError>
    where
        F: Future<Output = Result<T, ReadFailure>>,
    {
        let deadline = Instant::now() + self.budget();
        let _turn = self.turn(deadline).await?;
        let mut tries = Tries::default();
        while let Some(server) = queue.front().cloned() {
            let until = share(deadline, queue.len());
            let place = *tries.place.get_or_insert_with(|| server.turn());
            let connection = match server.connection(place, &self.opener, until).await {
                Ok(connection) => connection,
                Err(why) if why.is_the_servers() => {
                    tries.failed(why.into_error(&server.address, tries.servers + 1));
                    queue.pop_front();
                    continue;
                }
                Err(why) => return Err(why.into_error(&server.address, tries.servers + 1)),
            };
            let until = until.min(Instant::now() + self.operation_timeout);
            let reading = Reading::new(Arc::clone(&server), connection.clone(), until);
            let failure = match work(reading).await {
                Ok(value) => {
                    server.answered();
                    return Ok(value);
                }
                Err(failure) => failure,
            };
            let again = tries.go_on(failure, &server, &connection, &mut queue)?;
            sleep(tries.pause).await;
            if !again || Instant::now() >= deadline {
                break;
            }
        }
        Err(tries.error())
    }

    async fn turn(&self, deadline: Instant) -> Result<SemaphorePermit<'_>, DirectoryError> {
        match timeout_at(deadline, self.operations.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(DirectoryError::Busy),
        }
    }

    fn named(&self, dc: &DcName) -> Option<Arc<Server>> {
        self.known.iter().find(|s| s.name == *dc).cloned()
    }

    /// Tries an avoided server in the background, so that no request waits for one that may still
    /// hang.
    fn look_again(&self, server: Arc<Server>) {
        if server.probing.swap(true, Ordering::AcqRel) {
            return;
        }
        let opener = Arc::clone(&self.opener);
        tokio::spawn(async move {
            let deadline = Instant::now() + opener.connect_timeout;
            let place = server.turn();
            if server.connection(place, &opener, deadline).await.is_ok() {
                tracing::info!(dc = %server.name.0, "a domain controller is back");
            }
            server.probing.store(false, Ordering::Release);
        });
    }
}

/// The part of the time until `deadline` that the first of `left` servers may use.
pub(super) fn share(deadline: Instant, left: usize) -> Instant {
    let now = Instant::now();
    let remaining = deadline.saturating_duration_since(now);
    let others = u32::try_from(left.saturating_sub(1)).unwrap_or(u32::MAX);
    let kept = RESERVE.saturating_mul(others).min(remaining / 2);
    now + remaining.saturating_sub(kept)
}

/// What one read has been through.
#[derive(Default)]
struct Tries {
    servers: usize,
    busy: u64,
    remade: bool,
    /// Where the server's connection is taken from: after one died, the same place again.
    place: Option<usize>,
    pause: Duration,
    last: Option<DirectoryError>,
}

impl Tries {
    /// Notes a server that failed. What is wrong with a certificate says more than silence.
    fn failed(&mut self, error: DirectoryError) {
        self.servers += 1;
        self.remade = false;
        self.place = None;
        let keep = matches!(self.last, Some(DirectoryError::Certificate { .. }))
            && matches!(error, DirectoryError::Unreachable { .. });
        if !keep {
            self.last = Some(error);
        }
    }

    /// What to do after a failure; `false`: give up.
    fn go_on(
        &mut self,
        failure: ReadFailure,
        server: &Arc<Server>,
        connection: &Connection,
        queue: &mut VecDeque<Arc<Server>>,
    ) -> Result<bool, DirectoryError> {
        self.pause = Duration::ZERO;
        let cause = match failure {
            ReadFailure::Directory(DirectoryError::Busy) => {
                self.busy += 1;
                let again = self.busy <= BUSY_TRIES;
                if again {
                    self.pause = jitter(self.busy);
                }
                self.last = Some(DirectoryError::Busy);
                self.place = None;
                queue.rotate_left(1);
                return Ok(again);
            }
            ReadFailure::Directory(error) => return Err(error),
            ReadFailure::Lost(lost) => lost.cause,
        };
        match cause {
            Cause::Slow => return Err(DirectoryError::Busy),
            Cause::Silent => server.avoid(),
            Cause::Ended | Cause::Malformed => connection.retire(),
        }
        if self.remade || (cause == Cause::Silent && queue.len() > 1) {
            self.failed(match cause {
                Cause::Malformed => DirectoryError::Protocol,
                _ => DirectoryError::Unreachable {
                    tried: self.servers + 1,
                },
            });
            queue.pop_front();
        } else {
            self.remade = true;
            self.last = Some(DirectoryError::Unreachable {
                tried: self.servers + 1,
            });
        }
        Ok(true)
    }

    fn error(self) -> DirectoryError {
        self.last.unwrap_or(DirectoryError::Unreachable {
            tried: self.servers,
        })
    }
}

/// 50 to 150 ms, then 100 to 300 ms: requests that were refused together do not come back together.
fn jitter(round: u64) -> Duration {
    let mut byte = [0_u8; 1];
    let random =
        getrandom::fill(&mut byte).map_or(0, |()| byte.iter().copied().map(u64::from).sum());
    Duration::from_millis((50 + random * 100 / 255) * round)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_further_server_keeps_a_second_up_to_half_of_the_time() {
        let left = |seconds, servers| {
            let deadline = Instant::now() + Duration::from_secs(seconds);
            share(deadline, servers) - Instant::now()
        };
        assert_eq!(left(4, 1), Duration::from_secs(4));
        assert_eq!(left(4, 2), Duration::from_secs(3));
        assert_eq!(left(4, 3), Duration::from_secs(2));
        assert_eq!(left(4, 50), Duration::from_secs(2));
        assert_eq!(left(0, 2), Duration::ZERO);
    }

    #[test]
    fn those_who_were_refused_together_do_not_come_back_together() {
        for round in 1..=BUSY_TRIES {
            let pauses: Vec<_> = (0..200).map(|_| jitter(round)).collect();
            let (low, high) = (50 * round, 150 * round);
            for pause in &pauses {
                assert!((low..=high).contains(&u64::try_from(pause.as_millis()).unwrap()));
            }
            assert!(pauses.iter().any(|pause| pause != &pauses[0]));
        }
    }

    #[test]
    fn a_bad_certificate_says_more_than_silence() {
        let certificate = DirectoryError::Certificate {
            server: "dc1:636".to_owned(),
            problem: crate::directory::CertificateProblem::Expired,
        };
        let mut tries = Tries::default();
        tries.failed(certificate.clone());
        tries.failed(DirectoryError::Unreachable { tried: 2 });
        assert_eq!(tries.error(), certificate);
    }
}
