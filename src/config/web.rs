//! `[web]`: where the pages are served, and what they say of this installation.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use jiff::tz::TimeZone;

use super::ad::host_and_port;
use super::document::Raw;
use super::error::Problem;
use super::section::{Reader, Table, section};
use super::value::{Text, Value};

section! {
    /// Where the pages are served, and what they say of this installation.
    WebTable = "web" {
        /// The address and port on which the pages are served.
        listen: SocketAddr = "127.0.0.1:8080",
        /// A PEM file with the certificate of this service and the intermediate ones. Read again
        /// when it changes, and on SIGHUP.
        tls_cert: Option<PathBuf>,
        /// A PEM file with the private key of `tls_cert`. Only its owner may be able to read it.
        tls_key: Option<PathBuf>,
        /// The address under which people open the pages, such as `https://keyward.example.com`;
        /// needed behind a proxy. Requests for other hosts are refused.
        public_url: Option<PublicUrl>,
        /// The networks from which the pages can be opened, such as `["10.0.0.0/8"]`; in INI
        /// separated by spaces. Empty: from everywhere.
        allowed_networks: Networks = "",
        /// The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. Empty:
        /// nobody's.
        trusted_proxies: Networks = "",
        /// Your organisation's name, for the sign-in page.
        organisation: Option<Text>,
        /// Whom to ask where Keyward cannot help, such as "the service desk, extension 4711".
        help_contact: Option<Text>,
        /// The time zone of the times on the pages, such as `Europe/Berlin`. Left out: the
        /// machine's.
        time_zone: Option<TimeZone>,
        /// Serves plain HTTP on an address that others can reach. Passwords can then be read on
        /// the network, and every page says so. For tests only.
        danger_allow_plain_http: bool = "false",
    }
}

/// The settings of `[web]`, with those that depend on each other put together.
#[derive(Debug, Clone)]
pub struct Web {
    /// Where the pages are served.
    pub listen: SocketAddr,
    /// Over what.
    pub channel: Channel,
    /// Where people open them.
    pub public_url: Option<PublicUrl>,
    /// From where; empty: from everywhere.
    pub allowed_networks: Networks,
    /// Whose forwarded headers are believed.
    pub trusted_proxies: Networks,
    /// For the sign-in page.
    pub organisation: Option<Text>,
    /// Whom to ask.
    pub help_contact: Option<Text>,
    /// The machine's where it was left out.
    pub time_zone: TimeZone,
}

/// What the pages are served over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// TLS with these PEM files.
    Tls {
        /// `tls_cert`
        certificate: PathBuf,
        /// `tls_key`
        key: PathBuf,
    },
    /// Plain HTTP, on a loopback address.
    Loopback,
    /// Plain HTTP where others can listen: every page has a banner.
    DangerPlain,
}

impl Web {
    pub(super) const TABLE: Table = WebTable::TABLE;

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let table = WebTable::read(reader)?;
        Some(Self {
            channel: channel(&table, reader)?,
            listen: table.listen,
            public_url: table.public_url,
            allowed_networks: table.allowed_networks,
            trusted_proxies: table.trusted_proxies,
            organisation: table.organisation,
            help_contact: table.help_contact,
            time_zone: table.time_zone.unwrap_or_else(TimeZone::system),
        })
    }
}

fn channel(table: &WebTable, reader: &mut Reader<'_>) -> Option<Channel> {
    match (&table.tls_cert, &table.tls_key) {
        (Some(certificate), Some(key)) => {
            reader.is_secret_file("tls_key", key);
            Some(Channel::Tls {
                certificate: certificate.clone(),
                key: key.clone(),
            })
        }
        (Some(_), None) => refuse(reader, "tls_cert", Problem::HalfTls("tls_key")),
        (None, Some(_)) => refuse(reader, "tls_key", Problem::HalfTls("tls_cert")),
        (None, None) if table.listen.ip().to_canonical().is_loopback() => Some(Channel::Loopback),
        (None, None) if table.danger_allow_plain_http => Some(Channel::DangerPlain),
        (None, None) => refuse(reader, "listen", Problem::PlainHttp),
    }
}

fn refuse(reader: &mut Reader<'_>, key: &str, problem: Problem) -> Option<Channel> {
    reader.object(key, problem);
    None
}

/// `https://host[:port]` or `http://host[:port]`, in lower case and without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for PublicUrl {
    const EXPECTED: &'static str = "an address without a path, such as https://keyward.example.com";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let text = raw
            .text()
            .ok_or(Self::EXPECTED)?
            .trim()
            .to_ascii_lowercase();
        let url = text.strip_suffix('/').unwrap_or(&text);
        let authority = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        match authority.and_then(host_and_port) {
            Some(_) => Ok(Self(url.to_owned())),
            None => Err(Self::EXPECTED),
        }
    }
}

/// Networks, as in `10.0.0.0/8`; a single address is a network of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// In the order in which they were written.
    pub fn as_slice(&self) -> &[IpNet] {
        &self.0
    }
}

impl Value for Networks {
    const EXPECTED: &'static str = r#"a list of networks, such as ["10.0.0.0/8", "fd00::/8"]"#;
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let network = |text: &str| {
            text.parse()
                .ok()
                .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
        };
        let items = raw.list(&[' ', ',', ';']).ok_or(Self::EXPECTED)?;
        items
            .into_iter()
            .map(network)
            .collect::<Option<_>>()
            .map(Self)
            .ok_or(Self::EXPECTED)
    }
}

impl Value for TimeZone {
    const EXPECTED: &'static str = "the name of a time zone, such as Europe/Berlin";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        raw.text()
            .and_then(|text| TimeZone::get(text.trim()).ok())
            .ok_or(Self::EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_a_list_and_a_single_address_is_one() {
        let networks =
            |text: &str| Networks::parse(&Raw::untyped(text), Path::new("")).map(|n| n.0);
        assert_eq!(
            networks("10.0.0.0/8, fd00::1 192.0.2.7").expect("networks"),
            ["10.0.0.0/8", "fd00::1/128", "192.0.2.7/32"].map(|n| n.parse::<IpNet>().expect("net"))
        );
        assert_eq!(networks("").expect("none"), []);
        assert!(networks("10.0.0.0/33").is_err() && networks("example.com").is_err());
    }

    #[test]
    fn a_public_url_is_scheme_host_and_port() {
        let url =
            |text: &str| PublicUrl::parse(&Raw::untyped(text), Path::new("")).map(|url| url.0);
        assert_eq!(
            url("HTTPS://Keyward.Example.com/"),
            Ok("https://keyward.example.com".into())
        );
        assert_eq!(url("http://[::1]:8080"), Ok("http://[::1]:8080".into()));
        for wrong in [
            "",
            "keyward",
            "ftp://x",
            "https://",
            "https://x/y",
            "https://u@x",
            "https://x?q",
        ] {
            assert_eq!(url(wrong), Err(PublicUrl::EXPECTED), "{wrong}");
        }
    }

    #[test]
    fn time_zones_have_names() {
        let zone = |text: &str| TimeZone::parse(&Raw::untyped(text), Path::new(""));
        assert_eq!(
            zone("Europe/Berlin").expect("a zone").iana_name(),
            Some("Europe/Berlin")
        );
        assert!(zone("Europe/Nowhere").is_err());
    }
}
