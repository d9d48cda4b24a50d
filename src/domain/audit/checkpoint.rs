//! Checkpoints of the log: C2SP tlog-checkpoint, a signed note with an Ed25519 key.
//!
//! Made here, and looked at before it is added to; proven by `verify`, which uses nothing of this.

use super::tree::Hash;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use signed_note::{Note, Signer, StandardSigner, StandardVerifier, Verifier as _, VerifierList};
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

/// What the secret for sessions is made for.
const SESSIONS: &[u8] = b"keyward session rows 1";

/// The key that signs checkpoints.
pub struct CheckpointKey {
    signer: StandardSigner,
    verifier: String,
    derived: Zeroizing<[u8; 32]>,
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
        let (secret, verifier) = text.expose_secret().split_once('\n').ok_or(InvalidKey)?;
        let verifier = verifier.trim_end();
        let signer = StandardSigner::new(secret).map_err(|_| InvalidKey)?;
        let key = StandardVerifier::new(verifier).map_err(|_| InvalidKey)?;
        // The id is a hash of name and public key, and the signer's was made from its secret key.
        let same = key.name() == signer.name() && key.key_id() == signer.key_id();
        let verifier = same.then(|| verifier.to_owned()).ok_or(InvalidKey)?;
        let derived = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
        let derived = derived.map_err(|_| InvalidKey)?.chain_update(SESSIONS);
        Ok(Self {
            signer,
            verifier,
            derived: Zeroizing::new(derived.finalize().into_bytes().into()),
        })
    }

    /// Another secret, made from this one, for sealing sessions: it tells nothing about the key.
    pub fn for_sessions(&self) -> &Zeroizing<[u8; 32]> {
        &self.derived
    }

    /// The key for checking: `name+id+key` (C2SP signed-note).
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// A signed checkpoint of the tree of `size` records with this root. The key `before` this one
    /// signs it as well, where there is one that vouches for this.
    ///
    /// # Errors
    /// [`InvalidKey`]: the key does not sign.
    pub fn sign(&self, size: u64, root: Hash, before: Option<&Self>) -> Result<String, InvalidKey> {
        let name = self.signer.name();
        let checkpoint = Checkpoint::new(name, size, root, "").map_err(|_| InvalidKey)?;
        let mut note = Note::new(&checkpoint.to_bytes(), &[]).map_err(|_| InvalidKey)?;
        let keys = std::iter::once(self).chain(before);
        let signers: Vec<&dyn Signer> = keys.map(|key| -> &dyn Signer { &key.signer }).collect();
        note.add_sigs(&signers).map_err(|_| InvalidKey)?;
        String::from_utf8(note.to_bytes()).map_err(|_| InvalidKey)
    }
}

/// Number of records and root of a checkpoint that the key behind `verifier` has signed; `None`: it
/// has not.
pub fn opened(note: &str, verifier: &str) -> Option<(u64, Hash)> {
    let note = Note::from_bytes(note.as_bytes()).ok()?;
    let key = StandardVerifier::new(verifier).ok()?;
    note.verify(&VerifierList::new(vec![Box::new(key)])).ok()?;
    let checkpoint = Checkpoint::from_bytes(note.text()).ok()?;
    Some((checkpoint.size(), *checkpoint.hash()))
}

/// The name of the log in a verifier key.
///
/// # Errors
/// [`InvalidLogName`]: it has none.
pub fn name_in(verifier: &str) -> Result<LogName, InvalidLogName> {
    let (name, _) = verifier.split_once('+').ok_or(InvalidLogName)?;
    name.parse()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::OsRng;

    fn key(name: &str) -> CheckpointKey {
        CheckpointKey::parse(&CheckpointKey::generate(&name.parse().unwrap(), &mut OsRng)).unwrap()
    }

    #[test]
    fn the_name_of_a_log_has_neither_spaces_nor_plus() {
        let long = "x".repeat(101);
        for wrong in ["", "a b", "a+b", "a\n", "a\u{a0}b", "a\u{7f}", &long] {
            assert_eq!(wrong.parse::<LogName>(), Err(InvalidLogName), "{wrong:?}");
        }
        let name: LogName = "keyward/EXAMPLE".parse().unwrap();
        assert_eq!(name_in(key(name.as_str()).verifier()), Ok(name));
        assert_eq!(name_in("nothing"), Err(InvalidLogName));
    }

    #[test]
    fn a_checkpoint_is_a_signed_note_of_c2sp() {
        let key = key("keyward/EXAMPLE");
        let note = key.sign(7, Hash([1; 32]), None).unwrap();
        let lines: Vec<&str> = note.lines().collect();
        let root = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        assert_eq!(lines[..4], ["keyward/EXAMPLE", "7", root, ""]);
        assert!(lines[4].starts_with("\u{2014} keyward/EXAMPLE "));
        assert_eq!(lines.len(), 5);
        assert_eq!(opened(&note, key.verifier()), Some((7, Hash([1; 32]))));
    }

    #[test]
    fn a_checkpoint_that_is_changed_or_signed_by_somebody_else_opens_for_nobody() {
        let (ours, theirs) = (key("log"), key("log"));
        let note = ours.sign(7, Hash([1; 32]), None).unwrap();
        assert_eq!(opened(&note, theirs.verifier()), None);
        assert_eq!(opened(&note.replacen('7', "8", 1), ours.verifier()), None);
        assert_eq!(opened("", ours.verifier()), None);
        assert_eq!(opened(&note, "log"), None);
        let both = ours.sign(7, Hash([1; 32]), Some(&theirs)).unwrap();
        for key in [ours, theirs] {
            assert_eq!(opened(&both, key.verifier()), Some((7, Hash([1; 32]))));
        }
    }
}
