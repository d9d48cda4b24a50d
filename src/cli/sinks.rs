//! The settings of the sinks, in the sinks' own types.

use crate::config::{self, HostPort, Settings};
use crate::domain::time::Clock;
use crate::sinks::{Server, SinkKind, SinkSettings, SyslogSettings, Transport, WebhookSettings};
use std::path::PathBuf;

/// Each `[[audit.sink]]`.
pub(super) fn settings(settings: &Settings, clock: &Clock) -> Vec<SinkSettings> {
    let sink = |sink: &config::Sink| SinkSettings {
        name: sink.name.clone(),
        required: sink.required,
        kind: kind(&sink.kind, clock),
    };
    settings.sinks.iter().map(sink).collect()
}

fn kind(kind: &config::SinkKind, clock: &Clock) -> SinkKind {
    match kind {
        config::SinkKind::File(path) => SinkKind::File(path.clone()),
        config::SinkKind::Syslog {
            address,
            transport,
            ca_file,
            facility,
        } => SinkKind::Syslog(SyslogSettings {
            server: server(address, ca_file.as_ref()),
            transport: match transport {
                config::Transport::Udp => Transport::Udp,
                config::Transport::Tcp => Transport::Tcp,
                config::Transport::Tls => Transport::Tls,
            },
            facility: *facility,
        }),
        config::SinkKind::Webhook {
            url,
            secret,
            ca_file,
        } => SinkKind::Webhook(WebhookSettings {
            server: server(&url.server, ca_file.as_ref()),
            path: url.path.clone(),
            secret: secret.clone(),
            clock: clock.clone(),
        }),
    }
}

fn server(address: &HostPort, ca_file: Option<&PathBuf>) -> Server {
    Server {
        host: address.host.clone(),
        port: address.port,
        ca_file: ca_file.cloned(),
    }
}
