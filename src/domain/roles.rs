//! What a person may do in Keyward: help others, read the audit log, or both. Who may do neither has no
//! value here, and gets no session.

use super::authorize::is_operator;
use super::identity::Sid;
use super::operator::Operator;
use super::rules::Rule;
use std::collections::HashSet;
use std::sync::Arc;

/// At least one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roles {
    /// Helps people, by a rule.
    Operator,
    /// Reads the audit log, and does nothing else.
    Auditor,
    /// Both.
    OperatorAndAuditor,
}

impl Roles {
    /// Of a person as the directory has them now; `None`: nobody here.
    pub fn of(person: &Operator, rules: &[Arc<Rule>], auditors: &HashSet<Sid>) -> Option<Self> {
        Self::from_flags(
            is_operator(person, rules),
            auditors.iter().any(|group| person.is_in(group)),
        )
    }

    /// From the two answers.
    pub fn from_flags(operator: bool, auditor: bool) -> Option<Self> {
        match (operator, auditor) {
            (true, true) => Some(Self::OperatorAndAuditor),
            (true, false) => Some(Self::Operator),
            (false, true) => Some(Self::Auditor),
            (false, false) => None,
        }
    }

    /// Whether they help people.
    pub fn is_operator(self) -> bool {
        matches!(self, Self::Operator | Self::OperatorAndAuditor)
    }

    /// Whether they read the log.
    pub fn is_auditor(self) -> bool {
        matches!(self, Self::Auditor | Self::OperatorAndAuditor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{olga, rule, sid_of};

    #[test]
    fn the_two_roles_are_apart_and_who_has_neither_is_nobody() {
        let auditors = HashSet::from([sid_of(2002)]);
        let of = |groups: &[u32]| {
            let mut person = olga();
            person.groups.0 = groups.iter().map(|rid| sid_of(*rid)).collect();
            Roles::of(&person, &[Arc::new(rule())], &auditors)
        };
        assert_eq!(of(&[513, 2001]), Some(Roles::Operator));
        assert_eq!(of(&[513, 2002]), Some(Roles::Auditor));
        assert_eq!(of(&[2001, 2002]), Some(Roles::OperatorAndAuditor));
        assert_eq!(of(&[513]), None);
    }

    #[test]
    fn the_flags_lead_back_to_the_roles() {
        for roles in [Roles::Operator, Roles::Auditor, Roles::OperatorAndAuditor] {
            let again = Roles::from_flags(roles.is_operator(), roles.is_auditor());
            assert_eq!(again, Some(roles));
        }
    }
}
