//! TCP to a sink, and TLS over it: opened within a deadline, and given up soon when the other side is
//! gone without a word.

use super::problem::SinkProblem;
use crate::trust::Roots;
use rustix::net::sockopt;
use rustls_pki_types::ServerName;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Name, TCP and TLS together.
const CONNECTING: Duration = Duration::from_secs(10);
/// What was sent and is not acknowledged by then means that the connection is dead.
const UNACKNOWLEDGED_MS: u32 = 20_000;

/// A server and how its certificate is checked.
#[derive(Debug, Clone)]
pub struct Server {
    /// A name or an address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Trusted besides the system's roots.
    pub ca_file: Option<PathBuf>,
}

/// Bytes to and from a sink.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

impl Server {
    /// Without encryption.
    pub(super) async fn tcp(&self) -> Result<Box<dyn Stream>, SinkProblem> {
        let stream = within(self.open()).await?;
        Ok(Box::new(stream))
    }

    /// The certificate is for this host, and of somebody who is trusted.
    pub(super) async fn tls(&self) -> Result<Box<dyn Stream>, SinkProblem> {
        let name = ServerName::try_from(self.host.clone()).map_err(|_| SinkProblem::Unreachable)?;
        let open = async {
            let ca_file = self.ca_file.clone();
            let config = move || Roots::load(ca_file.as_deref())?.client();
            let config = tokio::task::spawn_blocking(config).await.ok().flatten();
            let config = Arc::new(config.ok_or(SinkProblem::CaFile)?);
            let tcp = self.open().await?;
            let tls = TlsConnector::from(config).connect(name, tcp).await;
            tls.map_err(|error| of_tls(&error))
        };
        let stream = within(open).await?;
        Ok(Box::new(stream))
    }

    async fn open(&self) -> Result<TcpStream, SinkProblem> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|_| SinkProblem::Unreachable)?;
        if let Err(error) = prepare(&tcp) {
            tracing::debug!(%error, "socket options could not be set");
        }
        Ok(tcp)
    }
}

async fn within<T>(open: impl Future<Output = Result<T, SinkProblem>>) -> Result<T, SinkProblem> {
    let opened = timeout(CONNECTING, open).await;
    opened.unwrap_or(Err(SinkProblem::TimedOut))
}

fn prepare(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    sockopt::set_socket_keepalive(tcp, true)?;
    sockopt::set_tcp_keepidle(tcp, Duration::from_secs(10))?;
    sockopt::set_tcp_keepintvl(tcp, Duration::from_secs(5))?;
    sockopt::set_tcp_keepcnt(tcp, 2)?;
    sockopt::set_tcp_user_timeout(tcp, UNACKNOWLEDGED_MS)?;
    Ok(())
}

fn of_tls(error: &io::Error) -> SinkProblem {
    let cause = error.get_ref().and_then(|e| e.downcast_ref());
    match cause {
        Some(rustls::Error::InvalidCertificate(_)) => SinkProblem::Certificate,
        _ => SinkProblem::Unreachable,
    }
}
