//! What the last proof said about the service account's rights, for whoever decides whether to act
//! and for the pages. Making the proof is `delegation`'s business.

use jiff::Timestamp;

/// How the service account stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LeastPrivilege {
    /// No proof has been made since the start: nobody can say, so nothing is done yet.
    #[default]
    NotProvenYet,
    /// The last proof found no right too many.
    Proven {
        /// When.
        at: Timestamp,
    },
    /// Rights too many: Keyward refuses to reset.
    Excess(Excess),
    /// Rights too many, and `danger_allow_excess_rights` is set: it works, with a banner.
    ExcessAllowed(Excess),
}

/// What was too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// When it was found.
    pub at: Timestamp,
    /// How many findings.
    pub findings: usize,
    /// The first one in a sentence, without names that only an administrator may see.
    pub first: String,
}

impl LeastPrivilege {
    /// What was too much, where anything was.
    pub fn excess(&self) -> Option<&Excess> {
        match self {
            Self::Excess(excess) | Self::ExcessAllowed(excess) => Some(excess),
            Self::NotProvenYet | Self::Proven { .. } => None,
        }
    }
}
