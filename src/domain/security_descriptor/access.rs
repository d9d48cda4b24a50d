//! The access check (MS-DTYP 2.5.3.2, MS-ADTS 5.1.3.3): which rights a token holds on one object.

use super::{RightGuid, Rights, SecurityDescriptor};
use crate::domain::identity::Sid;
use std::collections::HashSet;

/// The SIDs of somebody who is signed in: the own one, all groups, the well-known ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Token(pub HashSet<Sid>);

impl SecurityDescriptor {
    /// Every right that `who` holds for one leaf of the object's tree of types: `path` is the
    /// attribute and its property set, or the control right, or the class of a child, most special
    /// first; empty for the object as a whole. `object` is the object's own objectSid, for
    /// `SELF`. Generic rights are mapped (MS-ADTS 5.1.3.2), the owner's implicit ones are in it.
    pub fn granted(&self, who: &Token, object: Option<&Sid>, path: &[RightGuid]) -> Rights {
        let _ = (who, object, path);
        todo!()
    }
}
