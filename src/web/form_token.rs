//! The token in each form's hidden `csrf` field: proof that this server made this form, for this
//! session, this purpose and this account as it was shown.
//!
//! Nothing is stored when a page is shown. What makes a form work only once is its nonce, which the
//! store marks as used together with the attempt. `SameSite` and `Sec-Fetch-Site` stand before it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::identity::ObjectGuid;

/// What a form is for: a token for one purpose opens no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `POST /sign-in`
    SignIn,
    /// `POST /sign-out`
    SignOut,
    /// `POST /accounts/{guid}/reset`
    Reset(ObjectGuid),
    /// `POST /accounts/{guid}/unlock`
    Unlock(ObjectGuid),
}

/// What a genuine token carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genuine {
    /// Random; the store lets it be used once.
    pub nonce: [u8; 16],
    /// Of the account as it was shown; empty for forms about no account.
    pub fingerprint: String,
}

/// Makes the token of one form. `key` is the secret cookie's value, `nonce` must be random.
pub fn issue(key: &str, purpose: Purpose, fingerprint: &str, nonce: [u8; 16]) -> String {
    let seal = seal(key, purpose, fingerprint, nonce)
        .map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
        .unwrap_or_default();
    format!("{}.{fingerprint}.{seal}", URL_SAFE_NO_PAD.encode(nonce))
}

/// Checks a token in constant time; `None` for anything but a genuine one.
pub fn verify(key: &str, purpose: Purpose, token: &str) -> Option<Genuine> {
    let mut parts = token.split('.');
    let (nonce, fingerprint, mac) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || fingerprint.len() > 64 {
        return None;
    }
    let nonce: [u8; 16] = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    seal(key, purpose, fingerprint, nonce)?
        .verify_slice(&mac)
        .ok()?;
    Some(Genuine {
        nonce,
        fingerprint: fingerprint.to_owned(),
    })
}

/// HMAC-SHA256 over "purpose|guid|fingerprint|nonce". Purpose and GUID are ours and the nonce has a
/// fixed length, so a strange fingerprint cannot shift one part into another.
fn seal(key: &str, purpose: Purpose, fingerprint: &str, nonce: [u8; 16]) -> Option<Hmac<Sha256>> {
    let (word, guid) = match purpose {
        Purpose::SignIn => ("sign_in", None),
        Purpose::SignOut => ("sign_out", None),
        Purpose::Reset(guid) => ("reset", Some(guid)),
        Purpose::Unlock(guid) => ("unlock", Some(guid)),
    };
    let guid = guid.map(|guid| guid.to_string()).unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(format!("{word}|{guid}|{fingerprint}|").as_bytes());
    mac.update(&nonce);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

    fn alice() -> ObjectGuid {
        ObjectGuid::from([1; 16])
    }
    fn bob() -> ObjectGuid {
        ObjectGuid::from([2; 16])
    }

    #[test]
    fn a_genuine_token_gives_back_what_it_carries() {
        let token = issue(KEY, Purpose::Reset(alice()), "finger-print_1", [7; 16]);
        let genuine = verify(KEY, Purpose::Reset(alice()), &token).unwrap();
        assert_eq!(genuine.nonce, [7; 16]);
        assert_eq!(genuine.fingerprint, "finger-print_1");
    }

    #[test]
    fn a_token_opens_nothing_but_its_own_form() {
        let token = issue(KEY, Purpose::Reset(alice()), "f", [7; 16]);
        assert!(verify("another session", Purpose::Reset(alice()), &token).is_none());
        assert!(verify(KEY, Purpose::Reset(bob()), &token).is_none());
        assert!(verify(KEY, Purpose::Unlock(alice()), &token).is_none());
        assert!(verify(KEY, Purpose::SignOut, &token).is_none());
    }

    #[test]
    fn a_changed_token_is_worth_nothing() {
        let token = issue(KEY, Purpose::SignOut, "", [7; 16]);
        assert!(verify(KEY, Purpose::SignOut, &token).is_some());
        for changed in [
            String::new(),
            "..".to_owned(),
            format!("{token}."),
            format!("{token}A"),
            token.replace("..", ".x."),
            token.to_lowercase(),
            token.split('.').next().unwrap().to_owned(),
        ] {
            assert!(
                verify(KEY, Purpose::SignOut, &changed).is_none(),
                "{changed}"
            );
        }
    }
}
