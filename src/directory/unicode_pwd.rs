//! The only place that writes a new password out: as `unicodePwd` wants it.

use crate::domain::password::NewPassword;
use zeroize::Zeroizing;

/// `"` + password + `"` as UTF-16LE (MS-ADTS 3.1.1.3.1.5.1). Quotes inside are plain data.
///
/// The buffer is sized first and never grows, so that no copy is left behind.
pub(super) fn encode(password: &NewPassword) -> Zeroizing<Vec<u8>> {
    let text = password.expose();
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
