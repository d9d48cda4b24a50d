//! Descriptors built byte by byte: what is read, and what is refused.

use crate::domain::identity::Sid;
use crate::domain::security_descriptor::{Dacl, RightGuid, Rights, SecurityDescriptor, Token};
use proptest::prelude::*;
use std::collections::HashSet;

const DOMAIN: &str = "S-1-5-21-1-2-3";
const SOMEBODY: &str = "S-1-5-21-1-2-3-1105";
const SELF: &str = "S-1-5-10";
const EVERYONE: &str = "S-1-1-0";

/// One rule's bytes: type, flags, mask, object GUID as its text reads, trustee.
fn ace(kind: u8, flags: u8, mask: u32, object: Option<RightGuid>, trustee: &str) -> Vec<u8> {
    let mut body = mask.to_le_bytes().to_vec();
    if matches!(kind, 5 | 6 | 11) {
        body.extend_from_slice(&u32::from(object.is_some()).to_le_bytes());
        if let Some(RightGuid(number)) = object {
            let mut bytes = number.to_be_bytes();
            bytes[0..4].reverse();
            bytes[4..6].reverse();
            bytes[6..8].reverse();
            body.extend_from_slice(&bytes);
        }
    }
    body.extend_from_slice(&trustee.parse::<Sid>().unwrap().to_bytes());
    let size = u16::try_from(body.len() + 4).unwrap();
    [&[kind, flags][..], &size.to_le_bytes(), &body].concat()
}

/// A self-relative descriptor: header, owner, DACL.
fn descriptor(owner: &str, aces: &[Vec<u8>]) -> Vec<u8> {
    let owner = owner.parse::<Sid>().unwrap().to_bytes();
    let body = aces.concat();
    let dacl_at = u32::try_from(20 + owner.len()).unwrap();
    let size = u16::try_from(8 + body.len()).unwrap();
    let count = u16::try_from(aces.len()).unwrap();
    let mut bytes = vec![1, 0, 0x04, 0x80];
    for offset in [20, 0, 0, dacl_at] {
        bytes.extend_from_slice(&offset.to_le_bytes());
    }
    bytes.extend_from_slice(&owner);
    bytes.extend_from_slice(&[4, 0]);
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(&body);
    bytes
}

fn parsed(aces: &[Vec<u8>]) -> SecurityDescriptor {
    let bytes = descriptor("S-1-5-32-544", aces);
    SecurityDescriptor::try_from(&bytes[..]).unwrap()
}

fn dangerous(aces: &[Vec<u8>]) -> HashSet<Sid> {
    parsed(aces).dangerous_trustees(&DOMAIN.parse().unwrap())
}

#[test]
fn rules_are_read_in_their_order_with_all_their_parts() {
    let change = Some(RightGuid::CHANGE_PASSWORD);
    let found = parsed(&[
        ace(6, 0x12, 0x100, change, SELF),
        ace(0, 0, 0x2_0094, None, EVERYONE),
        // An audit rule takes no part.
        ace(2, 0, 0x2_0094, None, EVERYONE),
    ]);
    let Dacl::Rules(rules) = found.dacl else {
        panic!("no rules");
    };
    assert_eq!(found.owner, Some("S-1-5-32-544".parse().unwrap()));
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].object, change);
    assert!(rules[0].flags.inherited() && !rules[0].flags.inherit_only());
    assert_eq!(rules[1].trustee, EVERYONE.parse().unwrap());
    assert_eq!(rules[1].object, None);
}

#[test]
fn cannot_change_password_is_a_denial_to_oneself_or_everyone() {
    let change = Some(RightGuid::CHANGE_PASSWORD);
    for trustee in [SELF, EVERYONE] {
        assert!(parsed(&[ace(6, 0, 0x100, change, trustee)]).denies_change_password());
    }
    for other in [
        ace(5, 0, 0x100, change, SELF),
        ace(6, 0, 0x100, change, SOMEBODY),
        ace(6, 0x08, 0x100, change, SELF),
        ace(6, 0, 0x100, Some(RightGuid::GET_CHANGES), SELF),
        ace(6, 0, 0x20, change, SELF),
    ] {
        assert!(!parsed(&[other]).denies_change_password());
    }
}

#[test]
fn whoever_could_take_the_domain_over_is_dangerous() {
    for rule in [
        ace(5, 0, 0x100, Some(RightGuid::GET_CHANGES_ALL), SOMEBODY),
        ace(5, 0, 0x100, Some(RightGuid::GET_CHANGES), SOMEBODY),
        ace(5, 0, 0x100, None, SOMEBODY),
        ace(0, 0, 0x100, None, SOMEBODY),
        ace(0, 0, 0x4_0000, None, SOMEBODY),
        ace(0, 0, 0x8_0000, None, SOMEBODY),
        ace(0, 0, 0x1000_0000, None, SOMEBODY),
        ace(0, 0, 0xf_01ff, None, SOMEBODY),
        // For the objects below alone.
        ace(0, 0x0a, 0x4_0000, None, SOMEBODY),
        ace(0, 0x0a, 0x8_0000, None, SOMEBODY),
        ace(0, 0x0a, 0x1000_0000, None, SOMEBODY),
        // Every property, or the policies.
        ace(0, 0, 0x20, None, SOMEBODY),
        ace(0, 0, 0x4000_0000, None, SOMEBODY),
        ace(5, 0, 0x20, Some(RightGuid::GP_LINK), SOMEBODY),
        // Under a condition.
        ace(9, 0, 0x4_0000, None, SOMEBODY),
        ace(11, 0, 0x100, Some(RightGuid::GET_CHANGES_ALL), SOMEBODY),
    ] {
        let expected = HashSet::from([SOMEBODY.parse().unwrap()]);
        assert_eq!(
            dangerous(std::slice::from_ref(&rule)),
            expected,
            "{rule:02x?}"
        );
    }
}

#[test]
fn reading_and_rules_for_objects_below_are_not_dangerous() {
    let rules = [
        ace(0, 0, 0x2_0094, None, SOMEBODY),
        ace(0, 0x0a, 0x130, None, SOMEBODY),
        ace(5, 0, 0x20, Some(RightGuid::CHANGE_PASSWORD), SOMEBODY),
        ace(0, 0, 0x4_0000, None, SELF),
        ace(0, 0x0a, 0x1000_0000, None, "S-1-3-0"),
        ace(0, 0, 0x2_0014, None, "S-1-5-32-554"),
        ace(5, 0, 0x100, Some(RightGuid::CHANGE_PASSWORD), SOMEBODY),
        ace(1, 0, 0xf_01ff, None, SOMEBODY),
    ];
    assert_eq!(dangerous(&rules), HashSet::new());
}

#[test]
fn a_denial_under_a_condition_is_not_counted_on() {
    let somebody = Token(HashSet::from([SOMEBODY.parse().unwrap()]));
    let allowed = || ace(0, 0, 0x4_0000, None, SOMEBODY);
    for conditional in [
        ace(10, 0, 0xf_01ff, None, SOMEBODY),
        ace(12, 0, 0xf_01ff, None, SOMEBODY),
    ] {
        let rules = [conditional, allowed()];
        assert_eq!(dangerous(&rules).len(), 1);
        let held = parsed(&rules).granted(&somebody, None, &[]);
        assert_eq!(held, Rights::WRITE_DACL);
    }
    let plain = [ace(1, 0, 0xf_01ff, None, SOMEBODY), allowed()];
    assert!(parsed(&plain).granted(&somebody, None, &[]).is_none());
}

#[test]
fn the_groups_that_ad_itself_trusts_are_left_out() {
    let trusted = [
        "S-1-5-32-544",
        "S-1-5-18",
        "S-1-5-9",
        "S-1-5-21-1-2-3-512",
        "S-1-5-21-9-9-9-519",
    ];
    let rules = trusted.map(|trustee| ace(0, 0, 0xf_01ff, None, trustee));
    assert_eq!(dangerous(&rules), HashSet::new());
    let elsewhere = [ace(0, 0, 0xf_01ff, None, "S-1-5-21-9-9-9-512")];
    assert_eq!(dangerous(&elsewhere).len(), 1, "another domain's admins");
}

#[test]
fn an_owner_may_change_the_rules() {
    let bytes = descriptor(SOMEBODY, &[]);
    let found = SecurityDescriptor::try_from(&bytes[..]).unwrap();
    let dangerous = found.dangerous_trustees(&DOMAIN.parse().unwrap());
    assert_eq!(dangerous, HashSet::from([SOMEBODY.parse().unwrap()]));
}

#[test]
fn no_list_at_all_is_the_opposite_of_an_empty_one() {
    let mut bytes = descriptor("S-1-5-32-544", &[]);
    bytes[2] = 0;
    let none = SecurityDescriptor::try_from(&bytes[..]).unwrap();
    assert_eq!(none.dacl, Dacl::Everything);
    let dangerous = none.dangerous_trustees(&DOMAIN.parse().unwrap());
    assert_eq!(dangerous, HashSet::from([EVERYONE.parse().unwrap()]));
    assert!(!none.denies_change_password());
    assert_eq!(parsed(&[]).dacl, Dacl::Rules(Vec::new()));
}

#[test]
fn damaged_descriptors_are_refused() {
    let good = descriptor("S-1-5-32-544", &[ace(0, 0, 0x100, None, SOMEBODY)]);
    for length in 0..good.len() {
        assert!(
            SecurityDescriptor::try_from(&good[..length]).is_err(),
            "cut at {length}"
        );
    }
    for (at, value) in [
        (0, 2),
        (3, 0),
        (4, 0xff),
        (16, 0xff),
        (36, 9),
        (38, 7),
        (40, 9),
    ] {
        let mut bad = good.clone();
        bad[at] = value;
        assert!(SecurityDescriptor::try_from(&bad[..]).is_err(), "byte {at}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _found = SecurityDescriptor::try_from(&bytes[..]);
    }

    #[test]
    fn no_damaged_descriptor_makes_it_panic(at in 0_usize..200, byte in any::<u8>()) {
        let rule = ace(5, 0, 0x100, Some(RightGuid::GET_CHANGES), SOMEBODY);
        let mut bytes = descriptor("S-1-5-32-544", &[rule]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _found = SecurityDescriptor::try_from(&bytes[..]);
    }
}
