//! What makes a row of the table a session: two codes over it with a key that is not in the database, but
//! made from the one that signs checkpoints. Who can only write the database can give nobody a session,
//! nor make more of one.

use super::SessionToken;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::sync::Arc;
use zeroize::Zeroizing;

/// What a code is over, so that none passes for the other kind.
const TOKEN: &[u8] = b"token";
const ROW: &[u8] = b"row";

/// The key of the codes.
#[derive(Clone)]
pub(super) struct SessionKey(Arc<Zeroizing<[u8; 64]>>);

impl SessionKey {
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        // As HMAC does with a key that is shorter than a block.
        let mut key = Zeroizing::new([0; 64]);
        let places = key.iter_mut().zip(secret);
        places.for_each(|(place, byte)| *place = *byte);
        Self(Arc::new(key))
    }

    /// What the database has in place of the token.
    pub(super) fn of_token(&self, token: &SessionToken) -> [u8; 32] {
        let code = self.over(TOKEN, &[token.expose()]);
        code.finalize().into_bytes().into()
    }

    /// The seal of a row with these columns.
    pub(super) fn seal(&self, columns: &[impl AsRef<[u8]>]) -> Vec<u8> {
        self.over(ROW, columns).finalize().into_bytes().to_vec()
    }

    /// Whether a row with these columns has this seal.
    pub(super) fn holds(&self, columns: &[impl AsRef<[u8]>], seal: &[u8]) -> bool {
        self.over(ROW, columns).verify_slice(seal).is_ok()
    }

    fn over(&self, kind: &[u8], parts: &[impl AsRef<[u8]>]) -> Hmac<Sha256> {
        let mut code = Hmac::<Sha256>::new(&(**self.0).into());
        code.update(kind);
        for part in parts.iter().map(AsRef::as_ref) {
            // With its length, so that nothing can move from one column into the next.
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            code.update(&length.to_be_bytes());
            code.update(part);
        }
        code
    }
}
