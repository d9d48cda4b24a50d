//! Signed checkpoints (C2SP tlog-checkpoint) and the keys that they are checked with.

use super::Hash;
use signed_note::{Note, NoteError, Signature, StandardVerifier, Verifier as _, VerifierList};
use std::num::NonZeroU32;
use tlog_tiles::Checkpoint;

/// The keys that are trusted.
pub struct Keys {
    texts: Vec<String>,
    names: Vec<String>,
    verifiers: VerifierList,
}

/// The text is no verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key: {0}")]
pub struct InvalidKey(pub String);

/// Why a checkpoint proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum NoteFlaw {
    /// No signed note, or no checkpoint in it.
    #[error("it is no signed checkpoint")]
    NotACheckpoint,
    /// None of its signatures is by a key that is trusted.
    #[error("nobody whom you trust has signed it")]
    NotTrusted,
    /// It says that a trusted key signed it, and the signature is another's or of another text.
    #[error("its signature is not right")]
    BadSignature,
    /// Signed by a trusted key, for a log of another name.
    #[error("it is of another log")]
    OtherLog,
    /// Signed only by a key that the log had given up before.
    #[error("its key had been given up before")]
    GivenUp,
    /// Kept as the one of another size.
    #[error("it stands in the place of another one")]
    OtherSize,
}

/// A checkpoint that proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadNote {
    /// The size that it claims, as far as that can be read.
    pub size: Option<u64>,
    /// Why.
    pub flaw: NoteFlaw,
    /// The id of the key that it says it is signed with.
    pub signer: Option<u32>,
}

/// A checkpoint whose signature is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// Number of records.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
    /// It did not lie beside the log.
    pub elsewhere: bool,
    /// The id of the one trusted key that signed it; `None`: there are several.
    pub signer: Option<NonZeroU32>,
}

impl Keys {
    /// From verifier keys: `name+id+key` (C2SP signed-note), one each.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidKey> {
        let mut texts = Vec::new();
        let mut names = Vec::new();
        let mut verifiers: Vec<Box<dyn signed_note::Verifier>> = Vec::new();
        for key in keys.into_iter().map(str::trim) {
            if texts.iter().any(|known| known == key) {
                continue;
            }
            let verifier = StandardVerifier::new(key).map_err(|_| InvalidKey(key.to_owned()))?;
            texts.push(key.to_owned());
            names.push(verifier.name().to_owned());
            verifiers.push(Box::new(verifier));
        }
        let verifiers = VerifierList::new(verifiers);
        Ok(Self {
            texts,
            names,
            verifiers,
        })
    }

    /// The keys as texts.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Checks a note's signature and reads it.
    ///
    /// # Errors
    /// [`BadNote`].
    pub fn open(&self, bytes: &[u8], elsewhere: bool) -> Result<Signed, BadNote> {
        let wrong = |flaw| BadNote {
            size: claimed_size(bytes),
            flaw,
            signer: claimed_signer(bytes),
        };
        let note = Note::from_bytes(bytes).map_err(|_| wrong(NoteFlaw::NotACheckpoint))?;
        if note.to_bytes() != bytes {
            return Err(wrong(NoteFlaw::NotACheckpoint));
        }
        let (signatures, _) = note.verify(&self.verifiers).map_err(|error| {
            wrong(match error {
                NoteError::UnverifiedNote => NoteFlaw::NotTrusted,
                _ => NoteFlaw::BadSignature,
            })
        })?;
        let checkpoint = Checkpoint::from_bytes(note.text());
        let checkpoint = checkpoint.map_err(|_| wrong(NoteFlaw::NotACheckpoint))?;
        let origin = checkpoint.origin();
        let of_this_log = self.names.iter().any(|name| name == origin)
            && signatures
                .iter()
                .any(|signature| signature.name() == origin);
        if !of_this_log {
            return Err(wrong(NoteFlaw::OtherLog));
        }
        let signer = match signatures.as_slice() {
            [one] => NonZeroU32::new(one.id()),
            _ => None,
        };
        Ok(Signed {
            size: checkpoint.size(),
            root: checkpoint.hash().0,
            elsewhere,
            signer,
        })
    }
}

/// The second line of a note, whoever signed it.
fn claimed_size(bytes: &[u8]) -> Option<u64> {
    let line = bytes.split(|byte| *byte == b'\n').nth(1)?;
    std::str::from_utf8(line).ok()?.parse().ok()
}

/// The id in the first line of its signatures.
fn claimed_signer(bytes: &[u8]) -> Option<u32> {
    let (_, signatures) = std::str::from_utf8(bytes).ok()?.rsplit_once("\n\n")?;
    let line = signatures.lines().next()?;
    Some(Signature::from_bytes(line.as_bytes()).ok()?.id())
}

/// The notes of a text that consists of one or several, one after the other.
pub fn notes_in(text: &str) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    let mut is_signed = true;
    for line in text.lines().map(|line| line.trim_end_matches('\r')) {
        let is_signature = line.starts_with('\u{2014}');
        if is_signed && !is_signature {
            if line.is_empty() {
                continue;
            }
            notes.push(String::new());
            is_signed = false;
        }
        if let Some(note) = notes.last_mut() {
            note.push_str(line);
            note.push('\n');
        }
        is_signed |= is_signature;
    }
    notes
}
