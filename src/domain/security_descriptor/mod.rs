//! Security descriptors as the directory hands them out (MS-DTYP 2.4.6): parsed, changed, read from
//! text, and asked who may do what. Weighing the rights of one account against another belongs elsewhere.

mod access;
mod ace;
mod control;
mod editing;
mod parse;
mod questions;
mod rights;
pub mod sddl;
mod sddl_names;

pub use access::{Held, Token};
pub use ace::{Ace, AceFlags, AceKind};
pub use control::Controlled;
pub use editing::{Descriptor, NotEditable};
pub use parse::InvalidDescriptor;
pub use rights::{InvalidRightGuid, RightGuid, Rights};

use super::identity::Sid;

/// Who owns an object and who may do what to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityDescriptor {
    /// The owner, who may always change the rules.
    pub owner: Option<Sid>,
    /// The discretionary access control list.
    pub dacl: Dacl,
}

/// The list of rules; no list at all is the opposite of an empty one (MS-DTYP 2.4.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dacl {
    /// No list: everybody may do everything.
    Everything,
    /// The rules, in the order in which they are evaluated.
    Rules(Vec<Ace>),
}

impl SecurityDescriptor {
    /// All rules of the list, in their order; none where there is no list.
    pub fn rules(&self) -> &[Ace] {
        match &self.dacl {
            Dacl::Everything => &[],
            Dacl::Rules(rules) => rules,
        }
    }

    /// The rules that were set on this object itself and not taken over from above.
    pub fn explicit_rules(&self) -> impl Iterator<Item = &Ace> {
        self.rules().iter().filter(|rule| !rule.flags.inherited())
    }
}
