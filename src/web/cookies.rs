//! The cookies: the session's, the one that the sign-in form is bound to, and for a moment the news
//! that an account was unlocked.
//!
//! Over TLS both carry the `__Host-` prefix, which a neighbouring host or an attacker on plain HTTP
//! cannot set. Plain HTTP (loopback) cannot have it, and its names are then different ones, so that
//! a cookie set over plain HTTP is never believed over TLS.

use axum::http::header::{COOKIE, HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::identity::ObjectGuid;
use crate::store::SessionToken;

/// How cookies are named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jar {
    /// Over TLS: `__Host-keyward`.
    Secure,
    /// Over plain HTTP: `keyward`.
    Plain,
    /// The demo, over plain HTTP: `keyward-demo`.
    Demo,
}

impl Jar {
    /// The session cookie's name.
    pub fn session(self) -> &'static str {
        match self {
            Self::Secure => "__Host-keyward",
            Self::Plain => "keyward",
            Self::Demo => "keyward-demo",
        }
    }
    /// The name of the cookie that the sign-in form is bound to.
    pub fn form(self) -> &'static str {
        match self {
            Self::Secure => "__Host-keyward-form",
            Self::Plain => "keyward-form",
            Self::Demo => "keyward-demo-form",
        }
    }
    /// The name of the cookie that says which account was just unlocked.
    pub fn unlocked(self) -> &'static str {
        match self {
            Self::Secure => "__Host-keyward-unlocked",
            Self::Plain => "keyward-unlocked",
            Self::Demo => "keyward-demo-unlocked",
        }
    }
    fn attributes(self) -> &'static str {
        match self {
            Self::Secure => "; Path=/; Secure; HttpOnly; SameSite=Strict",
            Self::Plain | Self::Demo => "; Path=/; HttpOnly; SameSite=Strict",
        }
    }

    /// The session token that a request brings.
    pub fn session_token(self, headers: &HeaderMap) -> Option<SessionToken> {
        SessionToken::parse(only(headers, self.session())?)
    }
    /// The sign-in form's key that a request brings: 256 bits in base64url.
    pub fn form_key(self, headers: &HeaderMap) -> Option<&str> {
        only(headers, self.form()).filter(|value| {
            URL_SAFE_NO_PAD
                .decode(value)
                .is_ok_and(|bytes| bytes.len() == 32)
        })
    }
    /// Whether this account was just unlocked. Whoever plants that only misleads themselves.
    pub fn says_unlocked(self, headers: &HeaderMap, guid: ObjectGuid) -> bool {
        only(headers, self.unlocked()).is_some_and(|value| value.parse() == Ok(guid))
    }
    /// Sets the news of an unlock for the next page.
    pub fn set_unlocked(self, guid: ObjectGuid) -> Option<HeaderValue> {
        let (name, attributes) = (self.unlocked(), self.attributes());
        secret_header(&format!("{name}={guid}{attributes}; Max-Age=30"))
    }
    /// Sets the session cookie; it ends with the browser, the session itself ends at the server.
    pub fn set_session(self, token: &SessionToken) -> Option<HeaderValue> {
        secret_header(&format!(
            "{}={}{}",
            self.session(),
            token.expose(),
            self.attributes()
        ))
    }
    /// Sets the key of the sign-in form.
    pub fn set_form_key(self, key: &str) -> Option<HeaderValue> {
        secret_header(&format!("{}={key}{}", self.form(), self.attributes()))
    }
    /// Takes a cookie away.
    pub fn clear(self, name: &'static str) -> Option<HeaderValue> {
        secret_header(&format!("{name}={}; Max-Age=0", self.attributes()))
    }
}

/// The value of the cookie `name`; `None` too where it comes twice, since one of them is planted.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value);
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bring(cookies: &[&str]) -> HeaderMap {
        cookies
            .iter()
            .map(|line| (COOKIE, HeaderValue::from_str(line).unwrap()))
            .collect()
    }
    fn key() -> String {
        URL_SAFE_NO_PAD.encode([5_u8; 32])
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = bring(&["a=b", &format!("c=d; keyward-form={}; e", key())]);
        assert_eq!(Jar::Plain.form_key(&headers), Some(key().as_str()));
    }

    #[test]
    fn a_doubled_cookie_is_not_believed() {
        let line = format!("keyward-form={0}; keyward-form={0}", key());
        assert_eq!(Jar::Plain.form_key(&bring(&[&line])), None);
    }

    #[test]
    fn a_key_of_another_shape_is_not_believed() {
        assert_eq!(Jar::Plain.form_key(&bring(&["keyward-form=short"])), None);
    }

    #[test]
    fn a_cookie_of_plain_http_is_not_believed_over_tls() {
        let headers = bring(&[&format!("keyward-form={}", key())]);
        assert_eq!(Jar::Secure.form_key(&headers), None);
    }

    #[test]
    fn cookies_have_every_attribute() {
        let set = Jar::Secure.set_form_key(&key()).unwrap();
        let text = set.to_str().unwrap();
        assert!(text.starts_with("__Host-keyward-form="));
        for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
            assert!(text.contains(part), "{part}");
        }
        assert!(set.is_sensitive());
    }
}
