//! What somebody asks of the log, on a page or on the command line.

use super::{AuditAction, AuditResult, Record};
use crate::domain::identity::{ObjectGuid, Sid};
use jiff::Timestamp;

/// What is asked of the log; everything that is there must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditSearch {
    /// Part of an operator's or a target's account name; or the number of a record.
    pub text: Option<String>,
    /// What was done.
    pub action: Option<Actions>,
    /// How it ended.
    pub result: Option<AuditResult>,
    /// Why, as the record's word.
    pub code: Option<String>,
    /// The rule that decided.
    pub rule: Option<String>,
    /// Who did it.
    pub operator: Option<Who>,
    /// To whom.
    pub target: Option<ObjectGuid>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// Which actions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actions {
    /// This one.
    Only(AuditAction),
    /// All but sign-ins, which are many and hide the rest.
    NoSignIn,
}

/// An operator, as somebody may write one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By objectSid.
    Sid(Sid),
    /// By account name, as in the newest record.
    Name(String),
}

impl AuditSearch {
    /// Whether a record is one that is asked for, `text` aside: what a name leads to is known to the store, and so
    /// is whose SID an operator's name stands for.
    pub fn fits(&self, record: &Record) -> bool {
        let entry = &record.entry;
        let operator = entry.operator.as_ref();
        let by = |who: &Who| match who {
            Who::Sid(sid) => operator.and_then(|it| it.sid.as_ref()) == Some(sid),
            Who::Name(name) => operator.is_some_and(|it| it.name.eq_ignore_ascii_case(name)),
        };
        self.action.is_none_or(|asked| asked.has(entry.action))
            && self.result.is_none_or(|asked| entry.result == Some(asked))
            && (self.code.is_none() || self.code == entry.code)
            && (self.rule.is_none() || self.rule == entry.rule)
            && self.operator.as_ref().is_none_or(by)
            && (self.target.is_none() || self.target == entry.target.as_ref().map(|it| it.guid))
            && self.from.is_none_or(|from| record.time >= from)
            && self.to.is_none_or(|to| record.time < to)
    }
}

impl Actions {
    const NO_SIGN_IN: &str = "not_sign_in";

    /// All of them, in the order of the contract.
    pub fn all() -> impl Iterator<Item = Self> {
        let each = AuditAction::ALL.iter().copied().map(Self::Only);
        each.chain([Self::NoSignIn])
    }

    /// As it is written in an address and on the command line: the action's word, or `not_sign_in`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Only(action) => action.word(),
            Self::NoSignIn => Self::NO_SIGN_IN,
        }
    }

    /// The one that is written so.
    pub fn from_word(word: &str) -> Option<Self> {
        if word == Self::NO_SIGN_IN {
            return Some(Self::NoSignIn);
        }
        AuditAction::from_word(word).map(Self::Only)
    }

    fn has(self, action: AuditAction) -> bool {
        match self {
            Self::Only(asked) => asked == action,
            Self::NoSignIn => action != AuditAction::SignIn,
        }
    }
}

impl Who {
    /// A SID where it is one, else a name.
    pub fn of(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Sid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_is_a_sid_and_anything_else_a_name() {
        let sid = "S-1-5-21-1-2-3-1100";
        assert_eq!(Who::of(sid), Who::Sid(sid.parse().unwrap()));
        assert_eq!(Who::of("olga"), Who::Name("olga".to_owned()));
    }

    #[test]
    fn each_choice_of_actions_is_found_by_its_word() {
        for asked in Actions::all() {
            assert_eq!(Actions::from_word(asked.word()), Some(asked));
        }
        assert_eq!(Actions::from_word("fly"), None);
    }
}
