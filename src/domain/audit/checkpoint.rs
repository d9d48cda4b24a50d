//! Checkpoints of the log: C2SP tlog-checkpoint, a signed note with an Ed25519 key.
//!
//! Made here; checked by `verify`, which uses nothing of this.

use super::tree::Hash;
use secrecy::{ExposeSecret, SecretString};
use signed_note::{Note, Signer as _, StandardSigner, StandardVerifier, Verifier as _};
use tlog_tiles::Checkpoint;
use zeroize::Zeroizing;

/// The name of a log, and of its key (C2SP signed-note: no spaces, no `+`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogName(String);

/// Not the name of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a log has at most 100 characters, none of them a space, a + or a control character"
)]
pub struct InvalidLogName;

impl LogName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for LogName {
    type Err = InvalidLogName;
    fn from_str(text: &str) -> Result<Self, InvalidLogName> {
        let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
        if (1..=100).contains(&text.chars().count()) && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLogName)
        }
    }
}

/// The key that signs checkpoints.
pub struct CheckpointKey {
    signer: StandardSigner,
    verifier: String,
}

/// The text is no signing key, or the key does not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signing key")]
pub struct InvalidKey;

impl CheckpointKey {
    /// A new key as the text of its file: the signer's line, the verifier's line. `random` gives the
    /// randomness.
    pub fn generate(
        name: &LogName,
        random: &mut (impl rand_core::CryptoRng + rand_core::RngCore),
    ) -> SecretString {
        let (signer, verifier) = signed_note::generate_key(random, name.as_str());
        let signer = Zeroizing::new(signer);
        SecretString::from(format!("{}\n{verifier}\n", *signer))
    }

    /// From the text of the file.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn parse(text: &SecretString) -> Result<Self, InvalidKey> {
        let (signer, verifier) = text.expose_secret().split_once('\n').ok_or(InvalidKey)?;
        let verifier = verifier.trim_end();
        let signer = StandardSigner::new(signer).map_err(|_| InvalidKey)?;
        let key = StandardVerifier::new(verifier).map_err(|_| InvalidKey)?;
        // The id is a hash of name and public key, and the signer's was made from its secret key.
        let same = key.name() == signer.name() && key.key_id() == signer.key_id();
        let verifier = same.then(|| verifier.to_owned()).ok_or(InvalidKey)?;
        Ok(Self { signer, verifier })
    }

    /// The key for checking: `name+id+key` (C2SP signed-note).
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// A signed checkpoint of the tree of `size` records with this root.
    ///
    /// # Errors
    /// [`InvalidKey`]: the key does not sign.
    pub fn sign(&self, size: u64, root: Hash) -> Result<String, InvalidKey> {
        let name = self.signer.name();
        let checkpoint = Checkpoint::new(name, size, root, "").map_err(|_| InvalidKey)?;
        let mut note = Note::new(&checkpoint.to_bytes(), &[]).map_err(|_| InvalidKey)?;
        note.add_sigs(&[&self.signer]).map_err(|_| InvalidKey)?;
        String::from_utf8(note.to_bytes()).map_err(|_| InvalidKey)
    }
}
