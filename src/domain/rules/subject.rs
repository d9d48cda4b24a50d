//! What rules look at of an account: where it is, its groups, its line of managers.

use crate::domain::account::GroupSids;
use crate::domain::identity::{Dn, Sid};

/// The managers of an account, as far as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Nearest first; each is the `manager` of the one before.
    pub managers: Vec<Dn>,
    /// Whether it was read to its end. Where it was not, a rule that denies takes everybody for a part of it.
    pub is_whole: bool,
}

impl Line {
    /// As many steps up are read at most.
    pub const LONGEST: usize = 30;

    /// Of an account as it stands: its manager, and nothing above.
    pub fn of_manager(manager: Option<Dn>) -> Self {
        Self {
            is_whole: manager.is_none(),
            managers: manager.into_iter().collect(),
        }
    }
}

/// An account, or a row of a search, as rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// distinguishedName as just read.
    pub dn: &'a Dn,
    /// All groups; of a row of a search those that some rule names, and those that lead to them.
    pub groups: &'a GroupSids,
    /// The primary group, which is one of them even where `groups` should lack it.
    pub primary: Option<&'a Sid>,
    /// Managers.
    pub line: &'a Line,
}

impl Subject<'_> {
    /// Whether it is in `group`, directly or not.
    pub fn is_in(&self, group: &Sid) -> bool {
        self.groups.0.contains(group) || self.primary == Some(group)
    }
}
