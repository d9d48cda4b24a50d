//! `[ad]`: the domain, and how to reach it.

use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

use super::document::Raw;
use super::section::section;
use super::value::{Seconds, Text, Value};
use crate::domain::identity::Dn;
use crate::domain::secret::SecretSource;

section! {
    /// The Active Directory domain, and how to reach it.
    Ad = "ad" {
        /// The domain controllers, as `ldaps://` addresses with the host names of their
        /// certificates; several are separated by spaces and tried in this order. The port is 636
        /// unless another one is given.
        server: Servers,
        /// The domain's NetBIOS name: what stands before the backslash in `EXAMPLE\alice`.
        domain: NetbiosName,
        /// The organisational unit whose people may be helped. Accounts outside of it do not exist
        /// for Keyward.
        user_ou: Dn,
        /// The group whose members may help: its `sAMAccountName`, CN or DN. Members of nested
        /// groups are members.
        reset_group: Text,
        /// One password for everybody, as in the article. Whoever knows it can sign in as anybody
        /// whose password has just been reset. Left out: a fresh passphrase each time.
        new_password: Option<SecretSource>,
        /// A PEM file with the certificates of your own certificate authority (or a domain
        /// controller's self-signed one), trusted in addition to the system's. Read again when it
        /// changes.
        ca_file: Option<PathBuf>,
        /// Seconds until a domain controller that does not take a connection is given up, and the
        /// next one tried.
        connect_timeout_seconds: Seconds = "5",
        /// Seconds until an answer that does not come is given up.
        operation_timeout_seconds: Seconds = "4",
        /// Connections of the service account that are kept open. Each carries many operations at
        /// once.
        connections: Connections = "2",
    }
}

/// At least one domain controller, in the order in which to try them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servers(Vec<LdapUrl>);

impl Servers {
    /// In order; never empty.
    pub fn as_slice(&self) -> &[LdapUrl] {
        &self.0
    }
}

impl Value for Servers {
    const EXPECTED: &'static str =
        "one or more addresses such as ldaps://dc1.example.com, separated by spaces";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let text = raw.text().ok_or(Self::EXPECTED)?;
        let servers: Vec<_> = text
            .split_whitespace()
            .map(LdapUrl::parse)
            .collect::<Result<_, _>>()?;
        if servers.is_empty() {
            Err(Self::EXPECTED)
        } else {
            Ok(Self(servers))
        }
    }
}

/// `ldaps://host[:port]`; nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdapUrl {
    /// A DNS name or an IP address (IPv6 without brackets), for the connection and for the check
    /// of the certificate.
    pub host: String,
    /// 636 unless given.
    pub port: u16,
}

impl LdapUrl {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("ldap://") {
            return Err(
                "an ldaps:// address: ldap:// sends passwords unencrypted, and no domain controller takes a \
                 new password over it",
            );
        }
        let rest = lower.strip_prefix("ldaps://").ok_or(Servers::EXPECTED)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = host_and_port(rest).ok_or(Servers::EXPECTED)?;
        match port {
            Some(3268 | 3269) => Err(
                "an address without the port of the global catalogue (3268, 3269), which takes no changes",
            ),
            Some(389) => Err("an address without port 389, which is the one for unencrypted LDAP"),
            port => Ok(Self {
                host,
                port: port.unwrap_or(636),
            }),
        }
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`, in lower case.
pub(super) fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => (address, None),
        Some((address, rest)) => (address, Some(rest.strip_prefix(':')?)),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let is_name = !host.is_empty()
        && host.len() <= 253
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let is_v6 = text.starts_with('[') && host.parse::<Ipv6Addr>().is_ok();
    if !(is_name && !text.starts_with('[') || is_v6) {
        return None;
    }
    let port = match port {
        Some(port) => Some(port.parse().ok().filter(|port| *port != 0)?),
        None => None,
    };
    Some((host.to_owned(), port))
}

/// The NetBIOS name of a domain (MS-ADTS 3.1.1.1.3, `nETBIOSName`): 1 to 15 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetbiosName(String);

impl NetbiosName {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for NetbiosName {
    const EXPECTED: &'static str =
        "the domain's NetBIOS name of at most 15 characters, such as EXAMPLE (not example.com)";

    fn parse(raw: &Raw, base: &Path) -> Result<Self, &'static str> {
        let text = Text::parse(raw, base).map_err(|_| Self::EXPECTED)?;
        let name = text.as_str();
        let is_name = name.chars().count() <= 15
            && !name.contains(r#"\/:*?"<>|.,@ "#.chars().collect::<Vec<_>>().as_slice());
        if is_name {
            Ok(Self(name.to_owned()))
        } else {
            Err(Self::EXPECTED)
        }
    }
}

impl Value for Dn {
    const EXPECTED: &'static str = "a distinguished name, such as OU=Users,DC=example,DC=com";

    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        raw.text()
            .and_then(|text| text.trim().parse().ok())
            .ok_or(Self::EXPECTED)
    }
}

/// 1 to 16 connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections(u8);

impl Connections {
    /// How many.
    pub fn count(self) -> usize {
        usize::from(self.0)
    }
}

impl Value for Connections {
    const EXPECTED: &'static str = "a whole number of connections from 1 to 16";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        match raw.number().and_then(|number| u8::try_from(number).ok()) {
            Some(count @ 1..=16) => Ok(Self(count)),
            _ => Err(Self::EXPECTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(text: &str) -> Result<Vec<(String, u16)>, &'static str> {
        Servers::parse(&Raw::untyped(text), Path::new("")).map(|servers| {
            servers
                .0
                .into_iter()
                .map(|url| (url.host, url.port))
                .collect()
        })
    }

    #[test]
    fn servers_are_ldaps_addresses_in_order() {
        assert_eq!(
            servers(
                "ldaps://DC1.example.com  ldaps://10.0.0.1:1636/ ldaps://[fd00::1]:6360 ldaps://[::1]"
            ),
            Ok(vec![
                ("dc1.example.com".to_owned(), 636),
                ("10.0.0.1".to_owned(), 1636),
                ("fd00::1".to_owned(), 6360),
                ("::1".to_owned(), 636),
            ])
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            "",
            " ",
            "dc1",
            "https://dc1",
            "ldaps://",
            "ldaps://dc1/dc=x",
            "ldaps://user@dc1",
            "ldaps://dc1:0",
            "ldaps://dc1:99999",
            "ldaps://dc1:",
            "ldaps://[dc1]",
            "ldaps://fd00::1",
            "ldaps://dc1,ldaps://dc2",
            "\"ldaps://dc1\"",
        ] {
            assert_eq!(servers(wrong), Err(Servers::EXPECTED), "{wrong}");
        }
    }

    #[test]
    fn unencrypted_addresses_and_the_global_catalogue_get_sentences_of_their_own() {
        for (wrong, word) in [
            ("LDAP://dc1.example.com", "unencrypted"),
            ("ldaps://dc1 ldap://dc2", "unencrypted"),
            ("ldaps://dc1:389", "389"),
            ("ldaps://dc1:3269", "global catalogue"),
        ] {
            let sentence = servers(wrong).expect_err("refused");
            assert!(sentence.contains(word), "{wrong}: {sentence}");
        }
    }

    #[test]
    fn a_dns_name_is_not_a_netbios_name() {
        let name = |text: &str| NetbiosName::parse(&Raw::untyped(text), Path::new(""));
        assert_eq!(name("EXAMPLE").expect("a name").as_str(), "EXAMPLE");
        for wrong in ["example.com", "", "EXAMPLE\\", "ABCDEFGHIJKLMNOP", "A B"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }
}
