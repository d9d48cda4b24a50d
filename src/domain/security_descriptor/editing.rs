//! Changing a descriptor without touching what is not meant: the rules are kept byte for byte.

use super::{Ace, InvalidDescriptor};
use crate::domain::identity::Sid;

/// A self-relative descriptor whose rules can be added to and taken from. Rules of kinds that
/// Keyward does not know are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    // The owner of this file chooses the representation.
    bytes: Vec<u8>,
}

impl TryFrom<&[u8]> for Descriptor {
    type Error = InvalidDescriptor;
    fn try_from(bytes: &[u8]) -> Result<Self, InvalidDescriptor> {
        Ok(Self {
            bytes: bytes.to_vec(),
        })
    }
}

impl Descriptor {
    /// Whether an explicit rule says exactly this (flags, rights, types, trustee).
    pub fn contains(&self, rule: &Ace) -> bool {
        let _ = rule;
        todo!()
    }

    /// Adds rules that are not there yet, in canonical order (explicit denials, explicit
    /// grants, inherited ones; MS-ADTS 5.1.3.1, [MS-DTYP] 2.4.5). Whether anything changed.
    pub fn add(&mut self, rules: &[Ace]) -> bool {
        let _ = rules;
        todo!()
    }

    /// Takes away explicit rules that say exactly this; all others stay in their order, byte for byte. Whether anything changed.
    pub fn remove(&mut self, rules: &[Ace]) -> bool {
        let _ = rules;
        todo!()
    }

    /// Takes rules over from above again (clears `SE_DACL_PROTECTED`). Whether anything changed.
    pub fn allow_inheritance(&mut self) -> bool {
        todo!()
    }

    /// Whether it takes nothing over from above (`SE_DACL_PROTECTED`).
    pub fn blocks_inheritance(&self) -> bool {
        todo!()
    }

    /// Replaces the owner.
    pub fn set_owner(&mut self, owner: &Sid) {
        let _ = owner;
        todo!()
    }

    /// The bytes to write: with SD_FLAGS 4 the directory takes the rules only.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }
}
