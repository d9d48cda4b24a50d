//! `[[audit.sink]]`: where each record goes besides the database.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use super::ad::host_and_port;
use super::document::{Document, Raw};
use super::error::Problem;
use super::section::{Reader, read_list, section};
use super::value::Value;
use crate::domain::secret::SecretSource;
use crate::domain::webhook_key::WebhookKey;

section! {
    /// A place where each record and each checkpoint goes besides the database, in order and at least
    /// once. There can be several. A new one gets everything that is in the database, from the first
    /// record on; `docs/audit-log.md` says what arrives and how.
    SinkTable = list "audit.sink" {
        /// Its name, in the log, in `keyward doctor`, and in the database, which keeps under it how far
        /// it is. With another name it gets everything again.
        name: SinkName,
        /// `file`: a file with a line each. `syslog`: RFC 5424. `webhook`: batches of lines over HTTPS.
        kind: Kind,
        /// Nothing is done that this sink has not taken a record of: while it is away nobody can sign in
        /// and nothing is changed.
        required: bool = "false",
        /// Of a file: where it is. It is made for its owner only, and opened anew when it was moved away
        /// and on SIGHUP. It is a file of its own: neither the database, a key or any other file of these
        /// settings, nor one beside them that Keyward makes, nor in `archive_dir`.
        path: Option<PathBuf>,
        /// Of syslog: the server and its port.
        address: Option<HostPort>,
        /// Of syslog: `udp`, `tcp` or `tls`. Left out: `tls`.
        transport: Option<Transport>,
        /// Of syslog: the facility's number. Left out: 13, "log audit".
        facility: Option<Facility>,
        /// Of a webhook: the address that batches are posted to.
        url: Option<WebhookUrl>,
        /// Of a webhook: what each post is signed with (Standard Webhooks). After `whsec_` it is base64,
        /// of 24 bytes at least; other text has 32 characters at least. `openssl rand -hex 32` makes a good one.
        secret: Option<SecretSource>,
        /// Of a webhook and of syslog over TLS: a PEM file with certificates to trust besides those of
        /// the system.
        ca_file: Option<PathBuf>,
    }
}

/// A sink, with what its kind needs.
#[derive(Debug, Clone)]
pub struct Sink {
    /// Unique among the sinks.
    pub name: String,
    /// Whether nothing happens without it.
    pub required: bool,
    /// What it is.
    pub kind: SinkKind,
}

/// What a sink is.
#[derive(Debug, Clone)]
pub enum SinkKind {
    /// A file.
    File(PathBuf),
    /// A syslog server.
    Syslog {
        /// Where it listens.
        address: HostPort,
        /// Over what.
        transport: Transport,
        /// Trusted besides the system's roots.
        ca_file: Option<PathBuf>,
        /// 0 to 23.
        facility: u8,
    },
    /// An HTTPS server.
    Webhook {
        /// Where batches are posted to.
        url: WebhookUrl,
        /// What they are signed with.
        secret: SecretSource,
        /// Trusted besides the system's roots.
        ca_file: Option<PathBuf>,
    },
}

/// Every sink, with the errors of all of them.
pub(super) fn read(document: &mut Document) -> Option<Vec<Sink>> {
    let mut names: Vec<String> = Vec::new();
    read_list(document, &SinkTable::TABLE, |reader| {
        let written = SinkTable::read(reader)?;
        if names.contains(&written.name.0) {
            reader.object("name", Problem::NameTaken);
            return None;
        }
        names.push(written.name.0.clone());
        written.put_together(reader)
    })
}

const OF_FILE: &str = "kind = \"file\"";
const OF_SYSLOG: &str = "kind = \"syslog\"";
const OF_WEBHOOK: &str = "kind = \"webhook\"";
const OF_TLS: &str = "a webhook or syslog over tls";

impl SinkTable {
    /// The settings that are given and are of another kind, with what they are for.
    fn strange(&self, transport: Transport) -> Vec<(&'static str, &'static str)> {
        let kind = self.kind;
        let is_plain = kind == Kind::Syslog && transport != Transport::Tls;
        let (file, syslog, hook) = (
            kind != Kind::File,
            kind != Kind::Syslog,
            kind != Kind::Webhook,
        );
        [
            ("path", self.path.is_some() && file, OF_FILE),
            ("address", self.address.is_some() && syslog, OF_SYSLOG),
            ("transport", self.transport.is_some() && syslog, OF_SYSLOG),
            ("facility", self.facility.is_some() && syslog, OF_SYSLOG),
            ("url", self.url.is_some() && hook, OF_WEBHOOK),
            ("secret", self.secret.is_some() && hook, OF_WEBHOOK),
            (
                "ca_file",
                self.ca_file.is_some() && (!file || is_plain),
                OF_TLS,
            ),
        ]
        .into_iter()
        .filter_map(|(key, is_strange, home)| is_strange.then_some((key, home)))
        .collect()
    }

    fn put_together(self, reader: &mut Reader<'_>) -> Option<Sink> {
        let transport = self.transport.unwrap_or(Transport::Tls);
        let strange = self.strange(transport);
        for (key, home) in &strange {
            reader.object(key, Problem::ForAnother(home));
        }
        let is_blind = self.kind == Kind::Syslog && transport == Transport::Udp;
        if self.required && is_blind {
            reader.object("required", Problem::RequiredUdp);
        }
        if !strange.is_empty() || self.required && is_blind {
            return None;
        }
        Some(Sink {
            name: self.name.0,
            required: self.required,
            kind: match self.kind {
                Kind::File => SinkKind::File(given(reader, "path", self.path)?),
                Kind::Syslog => SinkKind::Syslog {
                    address: given(reader, "address", self.address)?,
                    transport,
                    ca_file: self.ca_file,
                    facility: self.facility.map_or(13, |facility| facility.0),
                },
                Kind::Webhook => {
                    match &self.secret {
                        None => reader.object("secret", Problem::MissingSecret("secret")),
                        Some(secret) if is_weak(secret) => {
                            reader.object("secret", Problem::WeakSecret);
                        }
                        Some(_) => {}
                    }
                    SinkKind::Webhook {
                        url: given(reader, "url", self.url)?,
                        secret: self.secret?,
                        ca_file: self.ca_file,
                    }
                }
            },
        })
    }
}

/// Whether a secret that is at hand is too short; files are looked at later.
fn is_weak(secret: &SecretSource) -> bool {
    match secret {
        SecretSource::Value(value) | SecretSource::InSettings { value, .. } => {
            WebhookKey::parse(value.expose_secret()).is_none()
        }
        SecretSource::File(_) => false,
    }
}

fn given<T: Value>(reader: &mut Reader<'_>, key: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        reader.object(key, Problem::Missing(T::EXPECTED));
    }
    value
}

/// 1 to 40 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkName(String);

impl Value for SinkName {
    const EXPECTED: &'static str = "a name of at most 40 letters, digits, - and _";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let is_of_a_name = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        raw.text()
            .filter(|text| (1..=40).contains(&text.len()) && text.bytes().all(is_of_a_name))
            .map(|text| Self(text.to_owned()))
            .ok_or(Self::EXPECTED)
    }
}

/// What a sink can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A syslog server.
    Syslog,
    /// An HTTPS server.
    Webhook,
}

impl Value for Kind {
    const EXPECTED: &'static str = "file, syslog or webhook";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        match raw.text() {
            Some("file") => Ok(Self::File),
            Some("syslog") => Ok(Self::Syslog),
            Some("webhook") => Ok(Self::Webhook),
            _ => Err(Self::EXPECTED),
        }
    }
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

impl Value for Transport {
    const EXPECTED: &'static str = "udp, tcp or tls";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        match raw.text() {
            Some("udp") => Ok(Self::Udp),
            Some("tcp") => Ok(Self::Tcp),
            Some("tls") => Ok(Self::Tls),
            _ => Err(Self::EXPECTED),
        }
    }
}

/// A syslog facility (RFC 5424, table 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facility(u8);

impl Value for Facility {
    const EXPECTED: &'static str = "the number of a facility from 0 to 23";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        match raw.number().and_then(|number| u8::try_from(number).ok()) {
            Some(number @ 0..=23) => Ok(Self(number)),
            _ => Err(Self::EXPECTED),
        }
    }
}

/// A host and its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// A name or an address, without brackets.
    pub host: String,
    /// Not 0.
    pub port: u16,
}

impl Value for HostPort {
    const EXPECTED: &'static str = "a host and a port, such as siem.example.com:6514";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        match raw.text().and_then(|text| host_and_port(text.trim())) {
            Some((host, Some(port))) => Ok(Self { host, port }),
            _ => Err(Self::EXPECTED),
        }
    }
}

/// An address that begins with `https://`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    /// The server; port 443 where none was given.
    pub server: HostPort,
    /// Path and query, from the first `/` on.
    pub path: String,
}

impl Value for WebhookUrl {
    const EXPECTED: &'static str =
        "an address that begins with https://, such as https://siem.example.com/keyward";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let parse = |text: &str| {
            let rest = text.trim().strip_prefix("https://")?;
            let (server, path) = match rest.split_once(['/', '?']) {
                Some((server, _)) => (server, rest.strip_prefix(server)?),
                None => (rest, "/"),
            };
            let (host, port) = host_and_port(server)?;
            let path = if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("/{path}")
            };
            let is_plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
            is_plain.then_some(Self {
                server: HostPort {
                    host,
                    port: port.unwrap_or(443),
                },
                path,
            })
        };
        raw.text().and_then(parse).ok_or(Self::EXPECTED)
    }
}
