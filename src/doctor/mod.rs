//! The doctor: looks at settings, store, domain controllers, scope, rights and the service account, and
//! says of each in one sentence how it stands and what mends it. One file for each check; the words
//! are in `words`. It changes nothing but what it remembers of its last look.

mod account;
mod archives;
mod audit_log;
pub mod check;
mod controller;
mod danger;
mod examination;
mod in_the_directory;
mod lockout;
mod logons;
mod memory;
pub mod outside_confirm;
pub mod outside_use;
pub mod outside_watch;
mod password_age;
pub mod report;
mod rights;
mod rules;
mod scope;
mod settings;
mod sinks;
mod store;
mod web_tls;
mod words;

pub use check::{Advice, Check, Level};
pub use examination::{Event, Installation, examine};
pub use report::Report;
