//! Rules as text: the security descriptor definition language (MS-DTYP 2.5.1).

use super::Ace;
use crate::domain::identity::Sid;

/// Reads the DACL of a descriptor in SDDL, such as a class's `defaultSecurityDescriptor`. `domain`
/// is for aliases such as `DA`.
///
/// # Errors
/// [`InvalidSddl`] where a part makes no sense.
pub fn rules(text: &str, domain: &Sid) -> Result<Vec<Ace>, InvalidSddl> {
    let _ = (text, domain);
    todo!()
}

/// Not a DACL in SDDL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a list of access rules in SDDL")]
pub struct InvalidSddl;

impl std::fmt::Display for Ace {
    /// As SDDL, with SIDs and GUIDs written out: `(OA;CIIO;CR;guid;guid;S-1-…)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let _ = f;
        todo!()
    }
}
