//! `nTSecurityDescriptor` in its binary, self-relative form (MS-DTYP 2.4.6), and what a write of it
//! does: the given rules stay as they were given, inherited ones are computed anew (MS-DTYP 2.5.3.4).

use super::access::{self, Token};
use super::answer::{LdapCode, Refusal};
use super::entry::Entry;
use super::rule_list::{Rule, RuleList, settled};
use super::tree::Tree;
use crate::domain::identity::Sid;
use crate::domain::security_descriptor::{AceFlags, Rights, SecurityDescriptor};
use std::sync::Arc;

/// Parts that `SD_FLAGS` names (MS-ADTS 3.1.1.3.4.1.11).
pub(super) const OWNER: u32 = 1;
pub(super) const GROUP: u32 = 2;
pub(super) const DACL: u32 = 4;

const SELF_RELATIVE: u16 = 0x8000;
const DACL_PROTECTED: u16 = 0x1000;
const DACL_AUTO_INHERITED: u16 = 0x0400;
const DACL_PRESENT: u16 = 0x0004;
const HEADER: usize = 20;

/// The descriptor of an object with the parts that were asked for.
pub(super) fn encode(tree: &Tree, entry: &Entry, parts: u32) -> Vec<u8> {
    let mut control = SELF_RELATIVE | DACL_AUTO_INHERITED;
    let mut offsets = [0_u32; 4];
    let mut body = Vec::new();
    let mut place = |bytes: Vec<u8>| {
        let at = u32::try_from(HEADER + body.len()).unwrap_or(0);
        body.extend(bytes);
        at
    };
    let [owner_at, group_at, _, dacl_at] = &mut offsets;
    if parts & OWNER != 0 {
        *owner_at = place(entry.owner.to_bytes());
    }
    if parts & GROUP != 0 {
        *group_at = place(entry.group.to_bytes());
    }
    if parts & DACL != 0 {
        let protected = entry.blocks_inheritance;
        control |= DACL_PRESENT | if protected { DACL_PROTECTED } else { 0 };
        *dacl_at = place(acl(&access::rules(tree, entry)));
    }
    let mut descriptor = vec![1, 0];
    descriptor.extend(control.to_le_bytes());
    descriptor.extend(offsets.into_iter().flat_map(u32::to_le_bytes));
    descriptor.extend(body);
    descriptor
}

/// An ACL of revision 4, which may hold rules about single properties (MS-DTYP 2.4.5).
fn acl(rules: &[Rule]) -> Vec<u8> {
    let length = |bytes: usize| u16::try_from(bytes).unwrap_or(u16::MAX).to_le_bytes();
    let body: Vec<u8> = rules.iter().flat_map(Rule::bytes).copied().collect();
    let mut bytes = vec![4, 0];
    bytes.extend(length(body.len() + 8));
    bytes.extend(length(rules.len()));
    bytes.extend([0, 0]);
    bytes.extend(body);
    bytes
}

/// A descriptor that somebody sent.
#[derive(Debug)]
pub(super) struct Written {
    owner: Option<Sid>,
    group: Option<Sid>,
    /// The rules as they came, inherited ones too; `None`: no list.
    rules: Option<Vec<Rule>>,
    protected: bool,
}

impl Written {
    /// Reads it.
    ///
    /// # Errors
    /// 19 (0000053A, an invalid security descriptor) where it makes no sense.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let read = SecurityDescriptor::try_from(bytes).map_err(|_| invalid())?;
        let half = |at: usize| bytes.get(at..at + 2).and_then(|two| two.try_into().ok());
        let control = half(2).map_or(0, u16::from_le_bytes);
        let group = offset(bytes, 8).map(|at| sid_at(bytes, at).ok_or_else(invalid));
        let list = offset(bytes, 16).filter(|_| control & DACL_PRESENT != 0);
        Ok(Self {
            owner: read.owner,
            group: group.transpose()?,
            rules: list
                .map(|at| rules_at(bytes, at).ok_or_else(invalid))
                .transpose()?,
            protected: control & DACL_PROTECTED != 0,
        })
    }

    /// The parts that it has.
    pub(super) fn parts(&self) -> u32 {
        let owner = if self.owner.is_some() { OWNER } else { 0 };
        let group = if self.group.is_some() { GROUP } else { 0 };
        let dacl = if self.rules.is_some() { DACL } else { 0 };
        owner | group | dacl
    }

    /// Whether `token` may write these parts of an object.
    ///
    /// # Errors
    /// 50 without the right, 19 (0000051B) for an owner that the writer may not name.
    pub(super) fn permitted(
        &self,
        tree: &Tree,
        entry: &Entry,
        token: &Token,
        parts: u32,
    ) -> Result<(), Refusal> {
        let found = access::descriptor(tree, entry);
        let holds = |right| access::may(&found, entry, token, right, &[]);
        let needed = [
            (OWNER | GROUP, Rights::WRITE_OWNER),
            (DACL, Rights::WRITE_DACL),
        ];
        for (part, right) in needed {
            if parts & part != 0 && !holds(right) {
                return Err(Refusal::access_denied());
            }
        }
        let owner = self.owner.as_ref().filter(|_| parts & OWNER != 0);
        let theirs = |sid: &Sid| token.holds(sid) || token.is_administrator(tree);
        if owner.is_some_and(|owner| !theirs(owner)) {
            let text =
                "0000051B: AtrErr: DSID-03191083, problem 1005 (CONSTRAINT_ATT_TYPE), data 0\0";
            return Err(Refusal::new(LdapCode::ConstraintViolation, text));
        }
        Ok(())
    }

    /// Writes these parts.
    ///
    /// # Errors
    /// 53 where a part that was named is not in the descriptor.
    pub(super) fn apply(self, entry: &mut Entry, parts: u32) -> Result<(), Refusal> {
        if parts & OWNER != 0 {
            entry.owner = self.owner.ok_or_else(Refusal::unwilling)?;
        }
        if parts & GROUP != 0 {
            entry.group = self.group.ok_or_else(Refusal::unwilling)?;
        }
        if parts & DACL != 0 {
            let given = self.rules.ok_or_else(Refusal::unwilling)?;
            entry.rules = kept(given, self.protected, &entry.owner);
            entry.blocks_inheritance = self.protected;
        }
        Ok(())
    }
}

/// What stays of the rules that were written: inherited ones are left out, or become the object's
/// own where it takes over nothing any more.
fn kept(given: Vec<Rule>, protected: bool, owner: &Sid) -> RuleList {
    let mut rules = Vec::new();
    for rule in given {
        let flags = rule.flags();
        if flags.inherited() && !protected {
            continue;
        }
        let rule = rule.with_flags(AceFlags(flags.0 & !AceFlags::INHERITED));
        let Some(meaning) = rule.meaning().cloned() else {
            rules.push(rule);
            continue;
        };
        match settled(meaning.clone(), owner).as_slice() {
            [same] if *same == meaning => rules.push(rule),
            settled => rules.extend(settled.iter().cloned().map(Rule::of)),
        }
    }
    Arc::new(rules)
}

fn invalid() -> Refusal {
    let text = "0000053A: AtrErr: DSID-031519F7, problem 1005 (CONSTRAINT_ATT_TYPE), data 0\0";
    Refusal::new(LdapCode::ConstraintViolation, text)
}

/// The offset that stands at this place of the header; `None` for 0.
fn offset(bytes: &[u8], place: usize) -> Option<usize> {
    let four = bytes.get(place..place + 4)?.try_into().ok()?;
    let offset = usize::try_from(u32::from_le_bytes(four)).ok()?;
    (offset != 0).then_some(offset)
}

fn sid_at(bytes: &[u8], at: usize) -> Option<Sid> {
    let from = bytes.get(at..)?;
    let length = 8 + 4 * usize::from(*from.get(1)?);
    Sid::try_from(from.get(..length)?).ok()
}

fn rules_at(bytes: &[u8], at: usize) -> Option<Vec<Rule>> {
    let list = bytes.get(at..)?;
    let half = |from: &[u8], at: usize| {
        let two = from.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(usize::from(u16::from_le_bytes(two)))
    };
    let (size, count) = (half(list, 2)?, half(list, 4)?);
    let mut rest = list.get(8..size)?;
    let mut rules = Vec::new();
    for _ in 0..count {
        let (rule, after) = rest.split_at_checked(half(rest, 2)?)?;
        rules.push(Rule::from_bytes(rule)?);
        rest = after;
    }
    Some(rules)
}

#[cfg(test)]
mod tests {
    use super::super::test_domain;
    use super::*;
    use jiff::Timestamp;

    fn tree() -> Tree {
        test_domain::tree(Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn offsets_and_sizes_are_those_of_the_specification() {
        let tree = tree();
        let entry = tree.by_sam("ines.isolated").unwrap();
        let bytes = encode(&tree, entry, OWNER | GROUP | DACL);
        let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        assert_eq!(bytes[..2], [1, 0]);
        assert_eq!(
            short(2),
            SELF_RELATIVE | DACL_PROTECTED | DACL_AUTO_INHERITED | DACL_PRESENT
        );
        // Two SIDs of 28 bytes, Domain Admins.
        assert_eq!([short(4), short(8), short(12), short(16)], [20, 48, 0, 76]);
        assert_eq!(bytes[76], 4);
        assert_eq!(usize::from(short(78)), bytes.len() - 76);
        assert_eq!(usize::from(short(80)), entry.rules.len());
        let read = SecurityDescriptor::try_from(bytes.as_slice()).unwrap();
        assert_eq!(read, access::descriptor(&tree, entry));
    }

    #[test]
    fn parts_that_are_not_asked_for_are_left_out() {
        let tree = tree();
        let entry = tree.by_sam("alice.able").unwrap();
        let bytes = encode(&tree, entry, OWNER);
        assert_eq!(bytes.len(), 20 + 28);
        assert_eq!(u16::from_le_bytes([bytes[2], bytes[3]]) & DACL_PRESENT, 0);
    }

    #[test]
    fn what_is_written_back_unchanged_changes_nothing() {
        let tree = tree();
        for sam in [
            "alice.able",
            "ines.isolated",
            "carl.cannotchange",
            "Team Leads",
        ] {
            let entry = tree.by_sam(sam).unwrap();
            let bytes = encode(&tree, entry, OWNER | GROUP | DACL);
            let mut draft = entry.clone();
            let written = Written::read(&bytes).unwrap();
            written.apply(&mut draft, OWNER | GROUP | DACL).unwrap();
            assert_eq!(draft.rules, entry.rules, "{sam}");
            assert_eq!(encode(&tree, &draft, OWNER | GROUP | DACL), bytes, "{sam}");
        }
    }

    #[test]
    fn an_object_that_blocks_inheritance_keeps_what_it_had_inherited() {
        let tree = tree();
        let entry = tree.by_sam("alice.able").unwrap();
        let mut bytes = encode(&tree, entry, DACL);
        bytes[3] |= 0x10;
        let mut draft = entry.clone();
        Written::read(&bytes)
            .unwrap()
            .apply(&mut draft, DACL)
            .unwrap();
        assert!(draft.blocks_inheritance);
        assert_eq!(draft.rules.len(), access::rules(&tree, entry).len());
        assert!(draft.rules.iter().all(|rule| !rule.flags().inherited()));
    }

    #[test]
    fn what_is_no_descriptor_is_refused() {
        let tree = tree();
        let good = encode(&tree, tree.by_sam("alice.able").unwrap(), 7);
        for length in [0, 1, 19, 30, good.len() - 1] {
            let refused = Written::read(&good[..length]).unwrap_err();
            assert_eq!(refused.code, LdapCode::ConstraintViolation, "{length}");
        }
        let mut draft = tree.by_sam("alice.able").unwrap().clone();
        let only_owner = encode(&tree, &draft, OWNER);
        let written = Written::read(&only_owner).unwrap();
        assert!(written.apply(&mut draft, DACL).is_err());
    }
}
