//! One view struct for each page (askama, checked at compile time): strings and booleans only.
//!
//! Handlers make a view from an action's answer and a [`PageContext`], and render it. What a
//! sentence says is in `words`, how it looks in `templates/`. Text from the directory goes through
//! `words::shown` on its way into a view; the templates escape it and wrap it in `<bdi>`.

mod access;
mod account;
mod audit;
mod audit_record;
mod audit_summary;
mod chart;
mod done;
mod frame;
mod message;
mod search;
mod sign_in;

pub use access::{AccessAsked, AccessPage, AccessShown, Decided, RuleShown};
pub use account::{AccountForms, AccountPage, Asked, Fact, StandingLine};
pub use audit::{AuditComplaints, AuditFilters, AuditLogPage, AuditRow, Choice, Complaint, Wrong};
pub use audit_record::{AuditRecordPage, RecordFact};
pub use audit_summary::{AuditSummaryPage, Section, Span};
pub use chart::{BarRow, Bars, Column, Columns, Mark};
pub use done::{DonePage, Group, SpelledGroup, SpelledLine};
pub use frame::{Frame, House, PageContext, Said, SignedIn};
pub use message::{Kept, MessagePage, Way};
pub use search::{Chip, Person, Results, ResultsFragment, SearchPage};
pub use sign_in::SignInPage;

#[cfg(test)]
mod access_samples;
#[cfg(test)]
mod audit_samples;
#[cfg(test)]
mod rule_samples;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod summary_samples;
#[cfg(test)]
mod tests;
