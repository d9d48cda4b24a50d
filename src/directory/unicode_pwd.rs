//! The only place that writes a new password out: as `unicodePwd` wants it.

use crate::domain::password::NewPassword;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// `"` + password + `"` as UTF-16LE (MS-ADTS 3.1.1.3.1.5.1). Quotes inside are plain data.
///
/// The buffer is sized first and never grows, so that no copy is left behind.
pub(super) fn encode(password: &NewPassword) -> Zeroizing<Vec<u8>> {
    quoted(password.expose())
}

/// As [`encode`], for the service account's own password, which no policy was asked about.
pub(super) fn encode_secret(password: &SecretString) -> Zeroizing<Vec<u8>> {
    quoted(password.expose_secret())
}

fn quoted(text: &str) -> Zeroizing<Vec<u8>> {
    let units = || {
        let quote = std::iter::once(u16::from(b'"'));
        quote.clone().chain(text.encode_utf16()).chain(quote)
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * units().count()));
    for unit in units() {
        bytes.extend_from_slice(&unit.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::password::{AccountNames, PasswordPolicy};

    fn encoded(text: &str) -> Vec<u8> {
        let policy = PasswordPolicy {
            min_length: 1,
            complexity: false,
            history: 0,
            known: true,
        };
        let names = AccountNames {
            sam: "",
            display: "",
        };
        let password = NewPassword::checked(text.into(), &policy, &names).unwrap();
        encode(&password).to_vec()
    }

    #[test]
    fn a_password_is_quoted_and_written_as_utf_16_little_endian() {
        assert_eq!(encoded("aß"), [0x22, 0, 0x61, 0, 0xdf, 0, 0x22, 0]);
        assert_eq!(encoded("\""), [0x22, 0, 0x22, 0, 0x22, 0]);
        assert_eq!(encoded("🔑"), [0x22, 0, 0x3d, 0xd8, 0x11, 0xdd, 0x22, 0]);
    }
}
