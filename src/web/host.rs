//! Which names this service answers to: `public_url`, and the address that the connection came in on.
//!
//! Any other `Host` is 421: a name that an attacker points here (DNS rebinding) gets no page. The
//! name is compared and never written into an answer.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

/// Scheme and authority of `public_url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicOrigin {
    tls: bool,
    host: String,
    port: u16,
}

/// `public_url` is not `https://name[:port]` or `http://name[:port]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("public_url is not an address such as https://keyward.example.com")]
pub struct InvalidPublicUrl;

impl std::str::FromStr for PublicOrigin {
    type Err = InvalidPublicUrl;
    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidPublicUrl)?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(InvalidPublicUrl),
        };
        let bare = uri.query().is_none() && matches!(uri.path(), "" | "/");
        let (host, port) = uri
            .authority()
            .and_then(|authority| split(authority, tls))
            .filter(|_| bare)
            .ok_or(InvalidPublicUrl)?;
        Ok(Self { tls, host, port })
    }
}

impl PublicOrigin {
    /// Whether people reach the service over TLS.
    pub fn is_tls(&self) -> bool {
        self.tls
    }
}

/// What a request says about where it believes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidHost {
    /// No Host, two, or one that is not a name: 400.
    Unreadable,
    /// A name that is not ours: 421.
    NotOurs,
}

/// Checks the `Host` of a request (RFC 9112 3.2). `local` is the address that the connection came in
/// on, `tls` whether it is encrypted up to here.
///
/// # Errors
/// [`InvalidHost`].
pub fn check(
    headers: &HeaderMap,
    target: &Uri,
    public: Option<&PublicOrigin>,
    local: SocketAddr,
    tls: bool,
) -> Result<(), InvalidHost> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(InvalidHost::Unreadable);
    };
    let host = Authority::try_from(host.as_bytes()).map_err(|_| InvalidHost::Unreadable)?;
    if target.authority().is_some_and(|named| *named != host) {
        return Err(InvalidHost::Unreadable);
    }
    let (name, port) = split(&host, tls).ok_or(InvalidHost::Unreadable)?;
    let public_port = split(&host, public.is_some_and(|public| public.tls)).map(|(_, port)| port);
    let is_public =
        public.is_some_and(|public| public.host == name && Some(public.port) == public_port);
    if is_public || is_local(&name, port, local) {
        Ok(())
    } else {
        Err(InvalidHost::NotOurs)
    }
}

/// Whether a request's `Origin`, if it has one, is this service itself; `null` is not. `Host` must
/// have been checked.
pub fn origin_is_ours(headers: &HeaderMap, public: Option<&PublicOrigin>, tls: bool) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return true;
    };
    let origin = origin
        .to_str()
        .ok()
        .and_then(|text| text.parse::<PublicOrigin>().ok());
    let (Some(origin), None) = (origin, origins.next()) else {
        return false;
    };
    let here = headers
        .get(HOST)
        .and_then(|host| Authority::try_from(host.as_bytes()).ok())
        .and_then(|host| split(&host, tls))
        .is_some_and(|(host, port)| origin == PublicOrigin { tls, host, port });
    here || public == Some(&origin)
}

fn is_local(name: &str, port: u16, local: SocketAddr) -> bool {
    let address = local.ip().to_canonical();
    let named = name.parse::<IpAddr>().ok();
    let matches = named.is_some_and(|named| named.to_canonical() == address)
        || address.is_loopback()
            && (name == "localhost" || named.is_some_and(|named| named.is_loopback()));
    matches && port == local.port()
}

/// Name in lower case without brackets, and port, by default the scheme's.
fn split(authority: &Authority, tls: bool) -> Option<(String, u16)> {
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host();
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let name = bare.unwrap_or(host).to_ascii_lowercase();
    let port = match authority.port() {
        Some(port) => port.as_u16(),
        None if authority.as_str().len() > host.len() => return None,
        None if tls => 443,
        None => 80,
    };
    (!name.is_empty()).then_some((name, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(names: &[&str]) -> HeaderMap {
        names
            .iter()
            .map(|name| (HOST, name.parse().unwrap()))
            .collect()
    }
    fn ask(
        names: &[&str],
        public: Option<&str>,
        local: &str,
        tls: bool,
    ) -> Result<(), InvalidHost> {
        let public = public.map(|url| url.parse().unwrap());
        check(
            &host(names),
            &Uri::from_static("/"),
            public.as_ref(),
            local.parse().unwrap(),
            tls,
        )
    }

    #[test]
    fn the_public_name_and_the_listening_address_are_ours() {
        let url = Some("https://Keyward.example.com");
        for (name, local, tls) in [
            ("keyward.example.com", "192.0.2.1:8443", true),
            ("KEYWARD.example.com:443", "192.0.2.1:8443", true),
            ("192.0.2.1:8443", "192.0.2.1:8443", true),
            ("[2001:db8::1]:8443", "[2001:db8::1]:8443", true),
            ("keyward.example.com", "127.0.0.1:8080", false),
            ("localhost:8080", "127.0.0.1:8080", false),
            ("[::1]:8080", "[::1]:8080", false),
            ("127.0.0.1:8080", "127.0.0.1:8080", false),
            ("127.0.0.1", "127.0.0.1:80", false),
        ] {
            assert_eq!(ask(&[name], url, local, tls), Ok(()), "{name}");
        }
    }

    #[test]
    fn any_other_name_is_not_ours() {
        for (name, local) in [
            ("evil.example", "127.0.0.1:8080"),
            ("localhost", "127.0.0.1:8080"),
            ("localhost:8080", "192.0.2.1:8080"),
            ("127.0.0.1:8080", "192.0.2.1:8080"),
            ("keyward.example.com:8080", "127.0.0.1:8080"),
            ("keyward.example.com.evil.example", "127.0.0.1:8080"),
        ] {
            let answer = ask(&[name], Some("https://keyward.example.com"), local, false);
            assert_eq!(answer, Err(InvalidHost::NotOurs), "{name}");
        }
    }

    #[test]
    fn no_host_two_hosts_and_rubbish_are_unreadable() {
        for names in [
            &[][..],
            &["127.0.0.1:8080", "127.0.0.1:8080"],
            &["a b"],
            &["user@127.0.0.1:8080"],
            &["127.0.0.1:"],
            &["127.0.0.1:99999"],
            &[""],
        ] {
            let answer = ask(names, None, "127.0.0.1:8080", false);
            assert_eq!(answer, Err(InvalidHost::Unreadable), "{names:?}");
        }
    }

    #[test]
    fn an_absolute_target_must_name_the_same_host() {
        let local = "127.0.0.1:8080".parse().unwrap();
        let headers = host(&["127.0.0.1:8080"]);
        let asked =
            |target: &'static str| check(&headers, &Uri::from_static(target), None, local, false);
        assert_eq!(asked("http://127.0.0.1:8080/"), Ok(()));
        assert_eq!(asked("http://evil.example/"), Err(InvalidHost::Unreadable));
    }

    #[test]
    fn an_origin_is_ours_or_absent() {
        let public: PublicOrigin = "https://keyward.example.com".parse().unwrap();
        let ours = |origins: &[&str]| {
            let mut headers = host(&["127.0.0.1:8080"]);
            for origin in origins {
                headers.append(ORIGIN, origin.parse().unwrap());
            }
            origin_is_ours(&headers, Some(&public), false)
        };
        assert!(ours(&[]));
        assert!(ours(&["http://127.0.0.1:8080"]));
        assert!(ours(&["https://keyward.example.com"]));
        for foreign in [
            "null",
            "",
            "https://evil.example",
            "https://127.0.0.1:8080",
            "http://127.0.0.1",
        ] {
            assert!(!ours(&[foreign]), "{foreign}");
        }
        assert!(!ours(&["http://127.0.0.1:8080", "http://127.0.0.1:8080"]));
    }

    #[test]
    fn a_public_url_is_an_origin() {
        for wrong in [
            "keyward",
            "ftp://a",
            "https://",
            "https://a/path",
            "https://a?q",
            "https://u@a",
        ] {
            assert!(wrong.parse::<PublicOrigin>().is_err(), "{wrong}");
        }
        assert!(
            "https://a.example/"
                .parse::<PublicOrigin>()
                .unwrap()
                .is_tls()
        );
    }
}
