//! The access rules that were set on one object: kept as the bytes that were written, with what they
//! mean beside them, so that a rule of a kind that is not understood is handed out as it came in.

use crate::domain::identity::Sid;
use crate::domain::security_descriptor::{Ace, AceFlags, Rights, SecurityDescriptor};
use std::sync::Arc;

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    bytes: Vec<u8>,
    /// `None` for kinds that take no part in the decision.
    meaning: Option<Ace>,
}

/// The rules of an object in their order. Objects with the same ones share them.
pub(super) type RuleList = Arc<Vec<Rule>>;

/// The generic rights of an access mask.
const GENERIC: Rights = Rights(0xF000_0000);
/// Inherited by objects that are no containers, of which the directory has none.
const OBJECT_INHERIT: u8 = 0x01;

impl Rule {
    /// A rule from its meaning.
    pub(super) fn of(ace: Ace) -> Self {
        Self {
            bytes: ace.to_bytes(),
            meaning: Some(ace),
        }
    }

    /// A rule from its bytes, header and all; `None` where they make no sense.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let size = u16::try_from(bytes.len().checked_add(8)?).ok()?;
        // The domain's reader takes whole descriptors: one with this rule alone.
        let mut alone = vec![1, 0, 0x04, 0x80];
        alone.extend([0; 12]);
        alone.extend(20_u32.to_le_bytes());
        alone.extend([4, 0]);
        alone.extend(size.to_le_bytes());
        alone.extend([1, 0, 0, 0]);
        alone.extend(bytes);
        let read = SecurityDescriptor::try_from(alone.as_slice()).ok()?;
        Some(Self {
            bytes: bytes.to_vec(),
            meaning: read.rules().first().cloned(),
        })
    }

    /// As it goes on the wire.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says.
    pub(super) fn meaning(&self) -> Option<&Ace> {
        self.meaning.as_ref()
    }

    /// The flags (MS-DTYP 2.4.4.1).
    pub(super) fn flags(&self) -> AceFlags {
        AceFlags(self.bytes.get(1).copied().unwrap_or_default())
    }

    /// The same rule with other flags.
    pub(super) fn with_flags(mut self, flags: AceFlags) -> Self {
        if let Some(byte) = self.bytes.get_mut(1) {
            *byte = flags.0;
        }
        if let Some(meaning) = &mut self.meaning {
            meaning.flags = flags;
        }
        self
    }

    fn denies(&self) -> bool {
        matches!(self.bytes.first(), Some(1 | 6 | 10 | 12))
    }
}

/// A rule as an object of `owner` keeps it: generic rights are mapped and `CREATOR OWNER` becomes
/// the owner; where it is passed on, the original stays for the objects below (MS-DTYP 2.5.3.4.1).
pub(super) fn settled(ace: Ace, owner: &Sid) -> Vec<Ace> {
    let for_creator = ace.trustee.to_string() == "S-1-3-0";
    if ace.flags.inherit_only() || !(for_creator || ace.rights.intersects(GENERIC)) {
        return vec![ace];
    }
    let passing = AceFlags::CONTAINER_INHERIT
        | AceFlags::NO_PROPAGATE
        | AceFlags::INHERIT_ONLY
        | OBJECT_INHERIT;
    let here = Ace {
        flags: AceFlags(ace.flags.0 & !passing),
        rights: ace.rights.mapped(),
        trustee: if for_creator {
            owner.clone()
        } else {
            ace.trustee.clone()
        },
        ..ace.clone()
    };
    if !ace.flags.inherits_to_containers() {
        return vec![here];
    }
    let flags = AceFlags(ace.flags.0 | AceFlags::INHERIT_ONLY);
    vec![here, Ace { flags, ..ace }]
}

/// Puts rules where they belong in the canonical order: denials first, each behind its like.
pub(super) fn insert(list: &mut RuleList, aces: Vec<Ace>, owner: &Sid) {
    let list = Arc::make_mut(list);
    for ace in aces.into_iter().flat_map(|ace| settled(ace, owner)) {
        let rule = Rule::of(ace);
        let at = if rule.denies() {
            list.iter().position(|known| !known.denies())
        } else {
            None
        };
        list.insert(at.unwrap_or(list.len()), rule);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::security_descriptor::sddl;

    fn sid(text: &str) -> Sid {
        text.parse().unwrap()
    }

    fn rules(text: &str) -> Vec<Ace> {
        sddl::rules(text, &sid("S-1-5-21-1-2-3")).unwrap()
    }

    #[test]
    fn a_rule_that_is_not_understood_keeps_its_bytes() {
        let mut bytes = rules("(A;CI;RP;;;AU)")[0].to_bytes();
        bytes[0] = 0x13;
        let rule = Rule::from_bytes(&bytes).unwrap();
        assert_eq!((rule.bytes(), rule.meaning()), (bytes.as_slice(), None));
        assert!(Rule::from_bytes(&bytes[..6]).is_none());
    }

    #[test]
    fn generic_rights_and_the_creator_are_settled_here_and_passed_on_as_they_are() {
        let owner = sid("S-1-5-32-544");
        let settled = |text: &str| {
            let made = settled(rules(text).remove(0), &owner);
            made.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(settled("(A;CI;RP;;;AU)"), ["(A;CI;RP;;;S-1-5-11)"]);
        assert_eq!(
            settled("(A;CI;GX;;;CO)"),
            ["(A;;LCRC;;;S-1-5-32-544)", "(A;CIIO;GX;;;S-1-3-0)"]
        );
        assert_eq!(settled("(A;CIIO;GA;;;CO)"), ["(A;CIIO;GA;;;S-1-3-0)"]);
        assert_eq!(settled("(A;;GX;;;AU)"), ["(A;;LCRC;;;S-1-5-11)"]);
    }

    #[test]
    fn denials_are_put_before_grants() {
        let mut list = RuleList::default();
        for text in [
            "(A;;RP;;;AU)",
            "(D;;WP;;;WD)",
            "(D;;CR;;;WD)",
            "(A;;CR;;;AU)",
        ] {
            insert(&mut list, rules(text), &sid("S-1-5-18"));
        }
        let order: Vec<_> = list
            .iter()
            .map(|rule| rule.meaning().unwrap().rights.0)
            .collect();
        assert_eq!(order, [0x20, 0x100, 0x10, 0x100]);
        assert!(list[0].denies() && list[1].denies() && !list[2].denies());
    }
}
