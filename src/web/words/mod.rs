//! Every sentence that people read, and nothing else: no decisions, no markup.
//!
//! One file per subject, an exhaustive `match` over the domain's enums in each, so that a new
//! variant does not compile before it has its sentence. A notice says what happened, whether
//! anything was changed, what to do now, and a code for `docs/codes.md`. A translation replaces
//! this folder's texts and nothing more. Sentences for logs and commands live where they are used.

mod account;
mod audit;
mod cause;
mod code;
mod directory;
pub mod label;
mod name;
mod number;
mod obstacle;
mod protection;
mod request;
mod reset;
mod rules;
mod sign_in;
mod standing;
mod summary;
mod time;

pub use account::{
    Change, back_to, consequences, new_password_of, reset_button, still_locked, unlock_button,
    unlocked,
};
pub use audit::{
    DAYS_BACKWARDS, NOT_A_DATE, Part, archived, audit_action, audit_actions, audit_count,
    audit_phase, audit_result, audit_sentence, audit_standing, audit_state, earlier, how_to_prove,
    in_archive, looked_down_to, record_flaw, repeated,
};
pub use cause::{Cause, cause};
pub use code::Code;
pub use directory::{directory, log};
pub use name::{initials, isolated, shown};
pub use number::{count, digits, people};
pub use obstacle::{
    EXCESS_RIGHTS, RIGHTS_NOT_PROVEN, TRY_SOON, asleep, cannot_help, obstacle, refusal, unfit,
};
pub use protection::protection_reason;
pub use request::{problem, search};
pub use reset::{
    again, attempt, breach, changed, confirmed, form_used, next_lines, policy, reason,
};
pub use rules::{
    NOBODYS_NAME, NOT_AN_ADDRESS, action, allowed, as_of, frozen, how_to_thaw, judged, not_allowed,
    of_a_rule, refused, used, who_may_help,
};
pub use sign_in::{session_ended, sign_in_own_sentence, sign_in_refused, sign_in_too_many};
pub use standing::{Tone, standing};
pub use summary::{
    Range, busiest, done, most_often, others, range, span, top, with_result, wrong_days,
};
pub use time::{When, day, short_day, wait, weekday};

/// Three parts and a code: what a page says when something did not go as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The page's heading: a few words.
    pub title: String,
    /// What happened.
    pub happened: String,
    /// "Nothing was changed", or what was; empty only where nothing could have been.
    pub changed: String,
    /// What to do now.
    pub next: String,
    /// For searching in `docs/codes.md`.
    pub code: Code,
}

impl Notice {
    fn new(
        code: Code,
        title: impl Into<String>,
        happened: impl Into<String>,
        changed: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            happened: happened.into(),
            changed: changed.into(),
            next: next.into(),
            code,
        }
    }
}

/// The sentence for everything that ended before a write.
pub const NOTHING_CHANGED: &str = "Nothing was changed.";

/// Whom to ask, as the end of a sentence: the settings' `help_contact`, or the IT department.
pub fn whom(help_contact: Option<&str>) -> String {
    match help_contact {
        Some(contact) => isolated(contact),
        None => "your IT department".to_owned(),
    }
}

#[cfg(test)]
mod tests;
