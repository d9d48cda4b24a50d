//! The access check (MS-DTYP 2.5.3.2, MS-ADTS 5.1.3.3): which rights a token holds on one object.
//!
//! Not weighed: privileges of an account on a domain controller (taking ownership, restoring), which
//! no descriptor shows; and conditions, which count as met where they grant and as not met where they deny.

use super::{Ace, AceKind, Dacl, RightGuid, Rights, SecurityDescriptor};
use crate::domain::identity::Sid;
use std::collections::HashSet;

/// The SIDs of somebody who is signed in: the own one, all groups, the well-known ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Token(pub HashSet<Sid>);

/// What one token has of a descriptor: the rules that concern it, looked up once and asked often.
#[derive(Debug, Clone)]
pub struct Held<'a> {
    /// `None`: there is no list, so everything is granted.
    rules: Option<Vec<&'a Ace>>,
    /// What an owner has without any rule.
    implicit: Rights,
}

impl SecurityDescriptor {
    /// Every right that `who` holds for one leaf of the object's tree of types. `path` is, in any
    /// order, the attribute, its property set and the object's own class, which is the root of the
    /// tree (MS-ADTS 5.1.3.3.3); or the control right or validated write (5.1.3.3.4, 5.1.3.3.5); or
    /// the class of a child; empty for rights on the object as a whole, such as deleting it. `object`
    /// is the object's own objectSid, for `SELF`. Generic rights are mapped (5.1.3.2), the owner's
    /// implicit ones are in it.
    pub fn granted(&self, who: &Token, object: Option<&Sid>, path: &[RightGuid]) -> Rights {
        self.held_by(who, object).granted(path)
    }

    /// The rules that concern `who`, to be asked for several paths. `object` is the object's own
    /// objectSid, for `SELF`.
    pub fn held_by(&self, who: &Token, object: Option<&Sid>) -> Held<'_> {
        let owns = self
            .owner
            .as_ref()
            .is_some_and(|owner| who.0.contains(owner));
        let is_itself = object.is_some_and(|sid| who.0.contains(sid));
        let Dacl::Rules(rules) = &self.dacl else {
            return Held {
                rules: None,
                implicit: Rights::EVERYTHING,
            };
        };
        let mut implicit = if owns { IMPLICIT } else { Rights::NONE };
        let mut mine = Vec::new();
        for rule in rules.iter().filter(|rule| !rule.flags.inherit_only()) {
            let concerned = if is_owner_rights(&rule.trustee) {
                // Such a rule takes the place of what an owner has anyway (MS-DTYP 2.5.3.2).
                implicit = Rights::NONE;
                owns
            } else if is_creator(&rule.trustee) {
                false
            } else {
                (is_itself && is_self(&rule.trustee)) || who.0.contains(&rule.trustee)
            };
            if concerned {
                mine.push(rule);
            }
        }
        Held {
            rules: Some(mine),
            implicit,
        }
    }
}

impl<'a> Held<'a> {
    /// Every right for `path`, as [`SecurityDescriptor::granted`] describes it: the first rule that
    /// speaks of a right decides on it.
    pub fn granted(&self, path: &[RightGuid]) -> Rights {
        let mut granted = self.implicit;
        let mut denied = Rights::NONE;
        for rule in self.rules().iter().filter(|rule| covers(rule, path)) {
            let rights = rule.rights.mapped();
            match rule.kind {
                AceKind::Allow => granted = granted.union(rights.without(denied)),
                AceKind::Deny => denied = denied.union(rights.without(granted)),
            }
        }
        granted
    }

    /// The rule that decides on one right for `path`; `None` where none speaks of it, or where
    /// an owner has it anyway.
    pub fn deciding(&self, path: &[RightGuid], right: Rights) -> Option<&'a Ace> {
        if self.implicit.contains(right) {
            return None;
        }
        let mut rules = self.rules().iter().copied();
        rules.find(|rule| covers(rule, path) && rule.rights.mapped().intersects(right))
    }

    /// What is held without any rule: an owner's implicit rights, or everything where there is no list.
    pub fn implicit(&self) -> Rights {
        self.implicit
    }

    /// The rules that concern the token on this very object, in their order.
    pub fn rules(&self) -> &[&'a Ace] {
        self.rules.as_deref().unwrap_or_default()
    }
}

/// What an owner may do without any rule: read and change the rules (MS-DTYP 2.5.3.2).
const IMPLICIT: Rights = Rights(0x0006_0000);

/// A rule without a type is for everything; one with a type for that and what is below it.
fn covers(rule: &Ace, path: &[RightGuid]) -> bool {
    rule.object.is_none_or(|object| path.contains(&object))
}

/// `PRINCIPAL SELF`.
fn is_self(sid: &Sid) -> bool {
    sid.is(5, &[10])
}

/// `OWNER RIGHTS`.
fn is_owner_rights(sid: &Sid) -> bool {
    sid.is(3, &[4])
}

/// `CREATOR OWNER`, `CREATOR GROUP` and their server forms: replaced when inherited, nobody until then.
fn is_creator(sid: &Sid) -> bool {
    (0..=3).any(|rid| sid.is(3, &[rid]))
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
