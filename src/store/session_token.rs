//! The secret of a session. The cookie holds 256 random bits, the database a code over them: who steals the
//! database cannot sign in with it.

use super::{StoreError, WriteProblem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use zeroize::Zeroizing;

/// 256-bit token of a session cookie; the store keeps a code over it only.
pub struct SessionToken(SecretString);

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

impl SessionToken {
    /// From the cookie's value: 43 characters of base64url; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        (bytes.len() == 32).then(|| Self(SecretString::from(text)))
    }

    /// For the cookie, and as the key of form tokens.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(super) fn random() -> Result<Self, StoreError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice())
            .map_err(|_| StoreError::NotWritable(WriteProblem::Random))?;
        Ok(Self(SecretString::from(
            URL_SAFE_NO_PAD.encode(bytes.as_slice()),
        )))
    }
}
