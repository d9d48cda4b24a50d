//! Who can reset whom as the rules and the directory stand: the operators, the people that the
//! decision of `domain::authorize` would really allow, and those that it would not, with the reason.
//! A report is kept as JSON, and compared with an earlier one.

mod compare;
mod document;
mod gather;
mod table;
mod text;

pub use compare::{Differences, compare};
pub use document::{AccessReport, Denied, InvalidReport, Operator, Person};
pub use gather::{Asked, ReportError, gather};
pub use table::csv;
pub use text::{of_differences, text};

use crate::domain::account::Protection;
use crate::domain::operator::OutOfAction;
use crate::domain::preflight::Obstacle;

/// Why somebody cannot be reset, or cannot act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The account is protected.
    Protected(Protection),
    /// It would not help.
    WouldNotHelp(Obstacle),
    /// The operator's own account.
    OutOfAction(OutOfAction),
}

/// A reason in a word that stays, and in a sentence. The words are those of the pages.
pub type Words = fn(Why) -> (&'static str, &'static str);
