//! Who may do what to whom: a rule, whom it is about and whom it reaches. How several rules come to one
//! decision is in [`authorize`](super::authorize); `docs/rules.md` says it for administrators.

mod choice;
mod cover;
mod hours;
mod judge;
mod subject;
mod target;
mod terms;
mod written;

pub use choice::{ByRules, choose};
pub(in crate::domain) use cover::{Rank, rank};
pub use hours::{Hours, InvalidHours};
pub use judge::{Occasion, Question, WhyNot, holds, judge};
pub use subject::{Line, Subject};
pub use target::{Target, own_ou};
pub use terms::{MustChange, PasswordKind, Terms};
pub use written::{AUDITORS, TargetName, Written, WrittenRule};

use super::identity::Sid;
use super::limits::Limits;
use super::operator::Operator;
use ipnet::IpNet;

/// One thing an operator does to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Find it and look at it.
    View,
    /// Set a new password.
    ResetPassword,
    /// Clear lockoutTime only.
    UnlockAccount,
}

impl Action {
    /// All of them, in the order of the reference.
    pub const ALL: [Self; 3] = [Self::View, Self::ResetPassword, Self::UnlockAccount];

    /// As a rule names it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::ResetPassword => "reset",
            Self::UnlockAccount => "unlock",
        }
    }
}

/// What a rule that matches does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

impl Effect {
    /// As a rule has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// A rule, its names turned into SIDs and DNs as the directory has them.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Unique; stands in the record.
    pub name: String,
    /// What it does.
    pub effect: Effect,
    /// Groups whose members it is about.
    pub operators: Vec<Sid>,
    /// Whom it reaches.
    pub targets: Vec<Target>,
    /// Whom it does not reach all the same: OUs and groups.
    pub except: Vec<Target>,
    /// What it is about, as written: `reset` and `unlock` bring `view` with them.
    pub actions: Vec<Action>,
    /// When it holds; empty: always.
    pub hours: Vec<Hours>,
    /// From where it holds; empty: from everywhere.
    pub networks: Vec<IpNet>,
    /// What it asks for.
    pub terms: Terms,
    /// How much one operator may do by it.
    pub limits: Limits,
    /// Names of rules whose operators it reaches, [`AUDITORS`] for auditors.
    pub also_operators_of: Vec<String>,
}

impl Rule {
    /// Whether the rule is about this person.
    pub fn is_about(&self, operator: &Operator) -> bool {
        self.operators.iter().any(|group| operator.is_in(group))
    }

    /// Whether it makes operators of those it is about.
    pub fn allows(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// Whether it names `action`. Who may help may see: so a rule that allows to reset allows to view. To deny a
    /// reset denies nothing else.
    pub fn names(&self, action: Action) -> bool {
        self.actions.contains(&action) || action == Action::View && self.allows()
    }

    /// Whether some of its targets are a line of managers, which has to be read first.
    pub fn asks_for_lines(&self) -> bool {
        self.targets.contains(&Target::Reports)
    }
}
