//! One rule of an access control list (MS-DTYP 2.4.4), and what objects below get from it.

use super::{RightGuid, Rights};
use crate::domain::identity::Sid;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ace {
    /// Allow or deny.
    pub kind: AceKind,
    /// Inheritance.
    pub flags: AceFlags,
    /// The rights.
    pub rights: Rights,
    /// The property, property set, class or control right it is limited to.
    pub object: Option<RightGuid>,
    /// The class of objects that inherit it; `None`: all.
    pub inherited_by: Option<RightGuid>,
    /// Whom it concerns.
    pub trustee: Sid,
}

/// What a rule does. Kinds that take no part in the decision are left out when parsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AceKind {
    /// Grants.
    Allow,
    /// Denies.
    Deny,
}

/// The flags of a rule (MS-DTYP 2.4.4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct AceFlags(pub u8);

impl AceFlags {
    /// `CONTAINER_INHERIT_ACE`: objects below have it too. Every object of the directory is a container.
    pub const CONTAINER_INHERIT: u8 = 0x02;
    /// `NO_PROPAGATE_INHERIT_ACE`: only those directly below.
    pub const NO_PROPAGATE: u8 = 0x04;
    /// `INHERIT_ONLY_ACE`: not for this object itself.
    pub const INHERIT_ONLY: u8 = 0x08;
    /// `INHERITED_ACE`: came from above.
    pub const INHERITED: u8 = 0x10;

    /// Objects below inherit the rule (`CONTAINER_INHERIT_ACE`).
    pub fn inherits_to_containers(self) -> bool {
        self.0 & Self::CONTAINER_INHERIT != 0
    }

    /// Only the objects directly below inherit it (`NO_PROPAGATE_INHERIT_ACE`).
    pub fn no_propagate(self) -> bool {
        self.0 & Self::NO_PROPAGATE != 0
    }

    /// The rule is for the objects below only, not for this one (`INHERIT_ONLY_ACE`).
    pub fn inherit_only(self) -> bool {
        self.0 & Self::INHERIT_ONLY != 0
    }

    /// The rule came from above (`INHERITED_ACE`).
    pub fn inherited(self) -> bool {
        self.0 & Self::INHERITED != 0
    }
}

impl Ace {
    /// The rule as an object of this class directly below has it (MS-DTYP 2.5.3.4.3); `None`: not at
    /// all. A rule for another class is passed on (`INHERIT_ONLY`) for objects further below; apply
    /// the function again to see what they get. `class` is the most special one: a computer does
    /// not inherit what is for users. `CREATOR OWNER` stays as it is and means whoever owns the child.
    pub fn on_child(&self, class: RightGuid) -> Option<Self> {
        let fits = self.inherited_by.is_none_or(|wanted| wanted == class);
        let goes_on = !self.flags.no_propagate();
        if !self.flags.inherits_to_containers() || !(fits || goes_on) {
            return None;
        }
        let inheritance = AceFlags::CONTAINER_INHERIT | AceFlags::INHERIT_ONLY | 0x01;
        let other = self.flags.0 & !(inheritance | AceFlags::NO_PROPAGATE);
        let mut flags = other | AceFlags::INHERITED;
        if goes_on {
            flags |= self.flags.0 & (AceFlags::CONTAINER_INHERIT | 0x01);
        }
        if !fits {
            flags |= AceFlags::INHERIT_ONLY;
        }
        Some(Self {
            flags: AceFlags(flags),
            ..self.clone()
        })
    }

    /// Whether some object of this class below may have the rule in force: directly below, or anywhere
    /// where it is passed on.
    pub fn reaches(&self, class: RightGuid) -> bool {
        self.on_child(class)
            .is_some_and(|rule| !rule.flags.inherit_only())
    }

    /// The bytes (MS-DTYP 2.4.4.2 to 2.4.4.5): an object rule where it has a type, a plain one otherwise.
    pub fn to_bytes(&self) -> Vec<u8> {
        let types = [self.object, self.inherited_by];
        let for_objects = types.iter().any(Option::is_some);
        let mut body = self.rights.0.to_le_bytes().to_vec();
        if for_objects {
            let present =
                u32::from(self.object.is_some()) | u32::from(self.inherited_by.is_some()) << 1;
            body.extend(present.to_le_bytes());
            body.extend(types.iter().flatten().flat_map(|guid| guid.to_wire()));
        }
        body.extend(self.trustee.to_bytes());
        let kind = match (self.kind, for_objects) {
            (AceKind::Allow, false) => 0,
            (AceKind::Deny, false) => 1,
            (AceKind::Allow, true) => 5,
            (AceKind::Deny, true) => 6,
        };
        // At most 4 + 4 + 4 + 32 + 68 bytes.
        let size = u16::try_from(body.len() + 4).unwrap_or(u16::MAX);
        let mut bytes = vec![kind, self.flags.0];
        bytes.extend(size.to_le_bytes());
        bytes.extend(body);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: RightGuid = RightGuid(0xbf96_7aba_0de6_11d0_a285_00aa_0030_49e2);
    const COMPUTER: RightGuid = RightGuid(0xbf96_7a86_0de6_11d0_a285_00aa_0030_49e2);

    fn rule(flags: u8, inherited_by: Option<RightGuid>) -> Ace {
        Ace {
            kind: AceKind::Allow,
            flags: AceFlags(flags),
            rights: Rights::CONTROL_ACCESS,
            object: None,
            inherited_by,
            trustee: "S-1-5-21-1-2-3-1105".parse().unwrap(),
        }
    }

    fn flags_on(rule: &Ace, class: RightGuid) -> Option<u8> {
        rule.on_child(class).map(|rule| rule.flags.0)
    }

    #[test]
    fn a_rule_for_users_is_in_force_on_users_and_passed_on_by_others() {
        let rule = rule(0x0a, Some(USER));
        assert_eq!(flags_on(&rule, USER), Some(0x12));
        assert_eq!(flags_on(&rule, COMPUTER), Some(0x1a));
        assert!(rule.reaches(USER) && !rule.reaches(COMPUTER));
    }

    #[test]
    fn without_propagation_it_ends_at_the_first_step() {
        let once = rule(0x06, None).on_child(COMPUTER).unwrap();
        assert_eq!(once.flags, AceFlags(0x10));
        assert_eq!(once.on_child(USER), None);
        assert_eq!(rule(0x06, Some(USER)).on_child(COMPUTER), None);
    }

    #[test]
    fn what_is_not_for_containers_is_inherited_by_nobody() {
        assert_eq!(rule(0, None).on_child(USER), None);
        assert_eq!(rule(0x09, None).on_child(USER), None);
    }
}
