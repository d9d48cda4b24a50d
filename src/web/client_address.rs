//! Who is at the other end: the peer of the connection, or what a trusted proxy says about it.
//!
//! `X-Forwarded-For` and `X-Forwarded-Proto` are believed from `trusted_proxies` only; anybody can
//! send them. `Forwarded` and `X-Forwarded-Host` are never read.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The client of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Its address; an IPv4 address mapped into IPv6 is the IPv4 address.
    pub address: IpAddr,
    /// Whether the request came through a trusted proxy.
    pub by_proxy: bool,
    /// Whether a trusted proxy says that the client came over TLS; `None`: nobody said.
    pub proxy_says_tls: Option<bool>,
}

/// A trusted proxy sent something that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// Finds the client: from the right, the first address that is not a trusted proxy's.
///
/// # Errors
/// [`Unreadable`], so that a request whose origin is in doubt is not answered as if it came from
/// the proxy itself.
pub fn caller(peer: IpAddr, trusted: &[IpNet], headers: &HeaderMap) -> Result<Caller, Unreadable> {
    let peer = peer.to_canonical();
    if !contains(trusted, peer) {
        return Ok(Caller {
            address: peer,
            by_proxy: false,
            proxy_says_tls: None,
        });
    }
    Ok(Caller {
        address: forwarded_for(peer, trusted, headers)?,
        by_proxy: true,
        proxy_says_tls: forwarded_proto(headers)?,
    })
}

/// Whether one of `networks` contains `address`.
pub fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// What counts as one client: an IPv6 client has a whole /64 to itself.
pub fn network_of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(prefix.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn forwarded_for(
    peer: IpAddr,
    trusted: &[IpNet],
    headers: &HeaderMap,
) -> Result<IpAddr, Unreadable> {
    let mut address = peer;
    for line in headers.get_all("x-forwarded-for").iter().rev() {
        for hop in line.to_str().map_err(|_| Unreadable)?.rsplit(',') {
            address = hop_address(hop.trim()).ok_or(Unreadable)?;
            if !contains(trusted, address) {
                return Ok(address);
            }
        }
    }
    Ok(address)
}

/// An address, with a port where the proxy writes one.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse()
        .ok()
        .or_else(|| {
            text.parse::<SocketAddr>()
                .ok()
                .map(|with_port| with_port.ip())
        })
        .map(|address: IpAddr| address.to_canonical())
}

fn forwarded_proto(headers: &HeaderMap) -> Result<Option<bool>, Unreadable> {
    let mut lines = headers.get_all("x-forwarded-proto").iter();
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    match (line.as_bytes(), lines.next()) {
        (b"https", None) => Ok(Some(true)),
        (b"http", None) => Ok(Some(false)),
        _ => Err(Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks() -> Vec<IpNet> {
        vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]
    }
    fn find(peer: &str, lines: &[(&'static str, &str)]) -> Result<Caller, Unreadable> {
        let headers = lines
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<Vec<(axum::http::HeaderName, axum::http::HeaderValue)>>();
        caller(
            peer.parse().unwrap(),
            &networks(),
            &headers.into_iter().collect(),
        )
    }
    fn address(peer: &str, lines: &[(&'static str, &str)]) -> String {
        find(peer, lines).unwrap().address.to_string()
    }

    #[test]
    fn a_stranger_cannot_say_who_they_are() {
        let lie = [
            ("x-forwarded-for", "10.1.1.1"),
            ("x-forwarded-proto", "https"),
        ];
        let caller = find("192.0.2.7", &lie).unwrap();
        assert_eq!(caller.address.to_string(), "192.0.2.7");
        assert_eq!(caller.proxy_says_tls, None);
    }

    #[test]
    fn the_rightmost_untrusted_hop_is_the_client() {
        let chain = [("x-forwarded-for", "203.0.113.9, 198.51.100.4, 10.0.0.2")];
        assert_eq!(address("10.0.0.1", &chain), "198.51.100.4");
    }

    #[test]
    fn several_lines_are_one_list() {
        let chain = [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-for", "198.51.100.4"),
        ];
        assert_eq!(address("10.0.0.1", &chain), "198.51.100.4");
    }

    #[test]
    fn what_a_proxy_sends_and_nobody_can_read_is_refused() {
        for odd in [
            "unknown",
            "",
            "198.51.100.4,",
            "198.51.100.4, evil",
            "1.2.3",
        ] {
            assert_eq!(
                find("10.0.0.1", &[("x-forwarded-for", odd)]),
                Err(Unreadable),
                "{odd}"
            );
        }
        let twice = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-proto", "http"),
        ];
        assert_eq!(find("10.0.0.1", &twice), Err(Unreadable));
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_read() {
        for (written, meant) in [
            ("198.51.100.4:5555", "198.51.100.4"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("::ffff:198.51.100.4", "198.51.100.4"),
        ] {
            assert_eq!(address("::1", &[("x-forwarded-for", written)]), meant);
        }
        assert_eq!(
            address("::ffff:10.0.0.1", &[("x-forwarded-for", "198.51.100.4")]),
            "198.51.100.4"
        );
    }
}
