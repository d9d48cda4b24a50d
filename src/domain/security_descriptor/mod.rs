//! Security descriptors as the directory hands them out (MS-DTYP 2.4.6): parsed, and asked the two
//! questions that Keyward has today: may a person change the own password, and who holds dangerous
//! rights at the domain head? Weighing all rights of one account against another belongs elsewhere.

mod access;
mod ace;
mod editing;
mod parse;
mod questions;
pub mod sddl;

pub use access::Token;
pub use ace::{Ace, AceFlags, AceKind, RightGuid, Rights};
pub use editing::Descriptor;
pub use parse::InvalidDescriptor;

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
