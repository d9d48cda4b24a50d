//! Whether a sink could be reached now, without sending it anything: for `keyward doctor`.

use super::problem::SinkProblem;
use super::syslog::Transport;
use super::{SinkKind, SinkSettings};
use rustix::fs::{Access, access};
use std::path::Path;

impl SinkSettings {
    /// Connects, or looks whether the file could be written. Of UDP nothing can be said.
    ///
    /// # Errors
    /// Why not, in a sentence about "it".
    pub async fn reach(&self) -> Result<(), SinkProblem> {
        match &self.kind {
            SinkKind::File(path) => writable(path),
            SinkKind::Syslog(syslog) => match syslog.transport {
                Transport::Udp => Ok(()),
                Transport::Tcp => syslog.server.tcp().await.map(drop),
                Transport::Tls => syslog.server.tls().await.map(drop),
            },
            SinkKind::Webhook(webhook) => webhook.server.tls().await.map(drop),
        }
    }
}

fn writable(path: &Path) -> Result<(), SinkProblem> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let place = if path.exists() {
        path
    } else {
        folder.unwrap_or(Path::new("."))
    };
    let looked = access(place, Access::WRITE_OK).map_err(std::io::Error::from);
    looked.map_err(|error| SinkProblem::File(error.kind()))
}
