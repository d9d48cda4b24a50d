//! Who can reset whom as the rules and the directory stand: for each account the operators whom the
//! decision of `domain::authorize` would really allow it, and where it allows nobody, why.
//! A report is kept as JSON, and compared with an earlier one.

mod compare;
mod decide;
mod document;
mod gather;
mod table;
mod text;

pub use compare::{Differences, Pair, compare};
pub use document::{About, AccessReport, By, Denied, InvalidReport, Operator, Person, RuleRow};
pub use gather::{ReportError, gather};
pub use table::csv;
pub use text::{of_differences, text};

use crate::domain::account::Protection;
use crate::domain::operator::OutOfAction;
use crate::domain::preflight::Obstacle;
use crate::domain::rules::ByRules;

/// Why somebody cannot be reset, or cannot act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The account is protected.
    Protected(Protection),
    /// It would not help.
    WouldNotHelp(Obstacle),
    /// A rule denies it to all whom another one shows the account, or none allows more than to look.
    ByRules(ByRules),
    /// No rule shows it to any operator.
    NotReached,
    /// Those who could are out of action.
    NobodyActive,
    /// Different reasons for different operators.
    Several,
    /// The operator's own account.
    OutOfAction(OutOfAction),
}

/// A reason in a word that stays, and in a sentence. The words are those of the pages.
pub type Words = fn(Why) -> (&'static str, &'static str);
