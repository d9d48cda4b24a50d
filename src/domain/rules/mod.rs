//! Which group may do what to whom. Today one rule: the reset group may reset and unlock below the user OU.

mod subject;

pub use subject::{Line, Subject};

use super::identity::{Dn, Sid};
use super::operator::Operator;

/// One thing an operator does to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Set a new password.
    ResetPassword,
    /// Clear lockoutTime only.
    UnlockAccount,
}

/// `group` may do the actions to accounts below `base`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Name for the record, e.g. `reset_group`.
    pub name: String,
    /// The group's SID.
    pub group: Sid,
    /// The OU (`user_ou`).
    pub base: Dn,
}

impl Rule {
    /// Whether the rule is about this person.
    pub fn applies_to(&self, operator: &Operator) -> bool {
        operator.is_in(&self.group)
    }

    /// Whether an object lies in the rule's reach: strictly below its base.
    pub fn reaches(&self, object: &Dn) -> bool {
        object.is_below(&self.base)
    }
}
