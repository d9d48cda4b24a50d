//! The one decision: may this operator do this to that account now? A [`Permit`] or a [`Refusal`].

use super::account::{Account, Protection, ProtectionContext};
use super::identity::{ObjectGuid, Sid};
use super::operator::{Operator, OutOfAction};
use super::rules::{Action, Rule};

/// Proof that `action` on `target` was allowed to `operator`. Only [`authorize`] makes one; every write takes one, by value: one use.
#[derive(Debug)]
pub struct Permit {
    target: ObjectGuid,
    action: Action,
    operator: Sid,
    rule: String,
}
impl Permit {
    /// The account that may be written.
    pub fn target(&self) -> ObjectGuid {
        self.target
    }
    /// What may be done.
    pub fn action(&self) -> Action {
        self.action
    }
    /// Who asked.
    pub fn operator(&self) -> &Sid {
        &self.operator
    }
    /// The rule that decided.
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No longer (or never) member of a rule's group.
    NotAnOperator,
    /// The operator's own account is out of action.
    OperatorOutOfAction(OutOfAction),
    /// The target is outside every rule's base: treated as not there.
    OutOfScope,
    /// The target is protected.
    Protected(Protection),
    /// The action would not help: unlock of an account that is not locked, reset of a disabled one …
    WouldNotHelp(super::preflight::Obstacle),
}

/// Decides. `rules` are tried in order.
///
/// # Errors
/// The first [`Refusal`] that applies, in the order of its variants.
pub fn authorize(
    action: Action,
    operator: &Operator,
    account: &Account,
    rules: &[Rule],
    context: &ProtectionContext,
    now: jiff::Timestamp,
) -> Result<Permit, Refusal> {
    todo!()
}

/// Whether this person is an operator at all (member of any rule's group).
pub fn is_operator(operator: &Operator, rules: &[Rule]) -> bool {
    todo!()
}
