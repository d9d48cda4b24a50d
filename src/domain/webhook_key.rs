//! What posts to a webhook are signed with.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What Standard Webhooks asks for at least. RFC 2104, 3 advises against less than the 32 bytes of the hash.
const SHORTEST: usize = 24;
/// Text holds fewer bits in a byte: 32 hexadecimal digits are 16 bytes.
const SHORTEST_TEXT: usize = 32;

/// A key for HMAC-SHA-256 that nobody finds by trying.
pub struct WebhookKey(Zeroizing<Vec<u8>>);

impl WebhookKey {
    /// From a secret as it stands in the settings or in a file. `None`: it is too short, or not base64 where
    /// it has to be.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, shortest) = match text.strip_prefix("whsec_") {
            Some(encoded) => (STANDARD.decode(encoded).ok()?, SHORTEST),
            None => (text.as_bytes().to_vec(), SHORTEST_TEXT),
        };
        let key = Zeroizing::new(key);
        (key.len() >= shortest).then_some(Self(key))
    }

    /// For signing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_could_be_found_by_trying_is_none() {
        let is_key = |text: &str| WebhookKey::parse(text).is_some();
        assert!(!is_key("") && !is_key("whsec_") && !is_key("S3cret"));
        assert!(is_key(&"a".repeat(32)) && !is_key(&"a".repeat(31)));
        let encoded = |length| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        assert!(is_key(&encoded(24)) && !is_key(&encoded(23)));
        assert!(!is_key(&format!("whsec_%{}", "a1".repeat(40))));
        let key = WebhookKey::parse(&encoded(24)).unwrap();
        assert_eq!(key.as_bytes(), [7; 24]);
        assert_eq!(format!("{key:?}"), "WebhookKey([hidden])");
    }
}
