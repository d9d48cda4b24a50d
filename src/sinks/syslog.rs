//! Syslog (RFC 5424) over UDP, TCP or TLS.
//!
//! A syslog server acknowledges nothing. What was sent within the last minute before a connection broke
//! or Keyward stopped is sent again, so a server that was killed with unwritten lines loses none.

use super::batch::{Batch, Item, ItemKind};
use super::connection::{Server, Stream};
use super::problem::SinkProblem;
use crate::store::SinkPosition;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, timeout};

/// What is older has been written by the server, or never will be.
const MEMORY: Duration = Duration::from_mins(1);
/// Places to go back to are no closer to each other.
const STEP: Duration = Duration::from_millis(500);
/// Handing a batch over to the connection.
const SENDING: Duration = Duration::from_secs(20);
/// What a server says is read no faster: so much, and then nothing for so long.
const SAID: usize = 16 * 1024;
const SILENCE: Duration = Duration::from_millis(100);
/// What fits into a datagram over IPv4.
const LONGEST_DATAGRAM: usize = 65_507;

/// Where syslog goes.
#[derive(Debug, Clone)]
pub struct SyslogSettings {
    /// The server.
    pub server: Server,
    /// Over what.
    pub transport: Transport,
    /// 0 to 23.
    pub facility: u8,
}

/// How syslog is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A datagram each (RFC 5426).
    Udp,
    /// Octet counting (RFC 6587).
    Tcp,
    /// The same over TLS (RFC 5425).
    Tls,
}

/// A syslog server.
pub(super) struct SyslogOutlet {
    settings: SyslogSettings,
    host: String,
    open: Option<Open>,
    /// When sending from these places on began, oldest first.
    sent: VecDeque<(Instant, SinkPosition)>,
    /// How long what was sent is remembered.
    memory: Duration,
}

enum Open {
    Datagrams(UdpSocket),
    Stream(Box<dyn Stream>),
}

impl SyslogOutlet {
    pub(super) fn new(settings: SyslogSettings) -> Self {
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        let is_of_a_name = |c: &char| c.is_ascii_graphic();
        let host: String = host.chars().filter(is_of_a_name).take(255).collect();
        Self {
            settings,
            host: if host.is_empty() {
                "-".to_owned()
            } else {
                host
            },
            open: None,
            sent: VecDeque::new(),
            memory: MEMORY,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.is_none()
    }

    /// Hands a batch that follows `before` over to the connection.
    pub(super) async fn take(
        &mut self,
        batch: &Batch,
        before: SinkPosition,
    ) -> Result<(), SinkProblem> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.connect().await?,
        };
        if !batch.is_empty() {
            self.remember(before);
            let sending = timeout(SENDING, self.send(&mut open, batch)).await;
            sending.unwrap_or(Err(SinkProblem::TimedOut))?;
        }
        self.open = Some(open);
        Ok(())
    }

    /// Returns when the server has ended the connection.
    pub(super) async fn lost(&mut self) -> SinkProblem {
        let Some(Open::Stream(stream)) = &mut self.open else {
            return std::future::pending().await;
        };
        // A syslog server says nothing. What comes all the same is thrown away, so slowly that it costs nothing: the rest
        // waits on the other side.
        let mut nothing = vec![0; SAID];
        while let Ok(1..) = stream.read(&mut nothing).await {
            sleep(SILENCE).await;
        }
        self.open = None;
        SinkProblem::Closed
    }

    /// Where to go on after a failure.
    pub(super) fn rewind(&mut self, sent: SinkPosition) -> SinkPosition {
        let resume = self.settled(sent);
        // Sending begins again there: whatever follows is younger than it.
        self.sent.clear();
        resume
    }

    /// What need not be sent again.
    pub(super) fn settled(&mut self, sent: SinkPosition) -> SinkPosition {
        while let [(_, _), (next, _), ..] = self.sent.make_contiguous()
            && next.elapsed() >= self.memory
        {
            self.sent.pop_front();
        }
        if self.sent.len() == 1
            && self
                .sent
                .front()
                .is_some_and(|(at, _)| at.elapsed() >= self.memory)
        {
            self.sent.clear();
        }
        self.sent.front().map_or(sent, |(_, place)| *place)
    }

    /// When the oldest of these places is given up.
    pub(super) fn settles_at(&self) -> Option<Instant> {
        let (at, _) = self.sent.get(1).or_else(|| self.sent.front())?;
        Some(*at + self.memory)
    }

    fn remember(&mut self, before: SinkPosition) {
        if self.settings.transport == Transport::Udp {
            return;
        }
        let is_close = self.sent.back().is_some_and(|(at, _)| at.elapsed() < STEP);
        if !is_close {
            self.sent.push_back((Instant::now(), before));
        }
    }

    async fn connect(&self) -> Result<Open, SinkProblem> {
        let server = &self.settings.server;
        Ok(match self.settings.transport {
            Transport::Tcp => Open::Stream(server.tcp().await?),
            Transport::Tls => Open::Stream(server.tls().await?),
            Transport::Udp => Open::Datagrams(datagrams(server).await?),
        })
    }

    async fn send(&self, open: &mut Open, batch: &Batch) -> Result<(), SinkProblem> {
        let messages = batch.items.iter().map(|item| (item, self.message(item)));
        match open {
            Open::Stream(stream) => {
                let frames = messages.fold(Vec::new(), |mut frames, (_, message)| {
                    frames.extend_from_slice(format!("{} {message}", message.len()).as_bytes());
                    frames
                });
                let written = stream.write_all(&frames).await;
                written.map_err(|_| SinkProblem::Closed)?;
                stream.flush().await.map_err(|_| SinkProblem::Closed)?;
                is_alive(stream).await
            }
            Open::Datagrams(socket) => {
                for (item, message) in messages {
                    if message.len() > LONGEST_DATAGRAM {
                        tracing::warn!(item = ?item.kind, "too long for a datagram; a sink over UDP does not get it");
                        continue;
                    }
                    let sent = socket.send(message.as_bytes()).await;
                    sent.map_err(|_| SinkProblem::Unreachable)?;
                }
                Ok(())
            }
        }
    }

    /// RFC 5424, 6: severity 5 (notice) for a record, 6 for a checkpoint; no structured data. The text
    /// has no byte order mark, so that what arrives is the line itself.
    fn message(&self, item: &Item) -> String {
        let (severity, kind) = match item.kind {
            ItemKind::Record(_) => (5, "record"),
            ItemKind::Checkpoint(_) => (6, "checkpoint"),
        };
        let priority = u16::from(self.settings.facility) * 8 + severity;
        let time = time_of(&item.line).unwrap_or("-");
        let (host, process) = (&self.host, std::process::id());
        format!(
            "<{priority}>1 {time} {host} keyward {process} {kind} - {}",
            item.line
        )
    }
}

/// Whether the other side has ended the connection already. Does not wait.
async fn is_alive(stream: &mut Box<dyn Stream>) -> Result<(), SinkProblem> {
    let mut nothing = [0; 256];
    let read = timeout(Duration::ZERO, stream.read(&mut nothing)).await;
    match read {
        Err(_) | Ok(Ok(1..)) => Ok(()),
        Ok(Err(error)) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Ok(_) => Err(SinkProblem::Closed),
    }
}

async fn datagrams(server: &Server) -> Result<UdpSocket, SinkProblem> {
    let open = async {
        let mut found = tokio::net::lookup_host((server.host.as_str(), server.port)).await?;
        let address = found.next().ok_or(ErrorKind::NotFound)?;
        let any = if address.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(address).await?;
        Ok::<_, std::io::Error>(socket)
    };
    let opened = timeout(SENDING, open).await;
    opened
        .map_err(|_| SinkProblem::TimedOut)?
        .map_err(|_| SinkProblem::Unreachable)
}

/// A record's own time, as it stands in its line.
fn time_of(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("\"time\":\"")?;
    let (time, _) = rest.split_once('"')?;
    Some(time).filter(|_| line.starts_with("{\"seq\":"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    const LINE: &str = r#"{"seq":7,"time":"2026-03-01T08:15:30.123456Z","action":"sign_in"}"#;

    impl SyslogOutlet {
        pub(in crate::sinks) fn over_tcp(port: u16) -> Self {
            outlet(port, Transport::Tcp)
        }

        pub(in crate::sinks) fn remembering(self, memory: Duration) -> Self {
            Self { memory, ..self }
        }
    }

    fn outlet(port: u16, transport: Transport) -> SyslogOutlet {
        let server = Server {
            host: "127.0.0.1".to_owned(),
            port,
            ca_file: None,
        };
        let mut outlet = SyslogOutlet::new(SyslogSettings {
            server,
            transport,
            facility: 13,
        });
        outlet.host = "host".to_owned();
        outlet
    }

    fn batch(next: u64) -> Batch {
        let item = |kind, line: &str| Item {
            kind,
            line: line.to_owned(),
        };
        Batch {
            items: vec![
                item(ItemKind::Record(7), LINE),
                item(ItemKind::Checkpoint(8), "{\"checkpoint\":\"x\"}"),
            ],
            after: at(next),
        }
    }

    fn at(next: u64) -> SinkPosition {
        SinkPosition {
            next,
            checkpoint: 0,
        }
    }

    fn messages() -> [String; 2] {
        let process = std::process::id();
        [
            format!("<109>1 2026-03-01T08:15:30.123456Z host keyward {process} record - {LINE}"),
            format!("<110>1 - host keyward {process} checkpoint - {{\"checkpoint\":\"x\"}}"),
        ]
    }

    #[tokio::test]
    async fn over_tcp_each_message_has_its_length_before_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut syslog = outlet(listener.local_addr().unwrap().port(), Transport::Tcp);
        syslog.take(&batch(8), at(7)).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let expected = messages().map(|m| format!("{} {m}", m.len())).concat();
        let mut got = vec![0; expected.len()];
        stream.read_exact(&mut got).await.unwrap();
        assert_eq!(String::from_utf8(got).unwrap(), expected);
    }

    #[tokio::test]
    async fn over_udp_each_message_is_a_datagram() {
        let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut syslog = outlet(receiver.local_addr().unwrap().port(), Transport::Udp);
        syslog.take(&batch(8), at(7)).await.unwrap();
        for expected in messages() {
            let mut got = vec![0; 4096];
            let length = receiver.recv(&mut got).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&got[..length]), expected);
        }
        assert_eq!(syslog.rewind(at(8)), at(8), "nobody would notice the loss");
    }

    #[tokio::test]
    async fn what_was_sent_in_the_last_minute_is_sent_again_after_a_loss() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut syslog = outlet(listener.local_addr().unwrap().port(), Transport::Tcp);
        syslog.take(&batch(8), at(7)).await.unwrap();
        syslog.take(&batch(9), at(8)).await.unwrap();
        assert_eq!(syslog.settled(at(9)), at(7));
        drop(listener.accept().await.unwrap());
        assert_eq!(syslog.lost().await, SinkProblem::Closed);
        assert!(syslog.is_closed());
        assert_eq!(syslog.rewind(at(9)), at(7));
        tokio::time::pause();
        syslog.take(&batch(8), at(7)).await.unwrap();
        tokio::time::advance(MEMORY + STEP).await;
        assert_eq!(syslog.settled(at(8)), at(8), "after a minute it is written");
    }
}
