//! Descriptors changed and changed back.

use super::*;
use crate::domain::security_descriptor::{AceKind, SecurityDescriptor, sddl};
use proptest::prelude::*;

const ME: &str = "S-1-5-21-1-2-3-1105";
const NEW: &str = "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;S-1-5-21-1-2-3-1105)";

fn rules(text: &str) -> Vec<Ace> {
    sddl::rules(text, &"S-1-5-21-1-2-3".parse().unwrap()).unwrap()
}

fn raw(text: &str) -> Vec<Vec<u8>> {
    rules(text).iter().map(Ace::to_bytes).collect()
}

/// A callback rule with a condition: Keyward knows what it grants, not when.
fn conditional() -> Vec<u8> {
    let mut bytes = rules("(A;;WP;;;AU)")[0].to_bytes();
    bytes[0] = 9;
    bytes.extend(*b"artx\0\0\0\0");
    bytes[2] = u8::try_from(bytes.len()).unwrap();
    bytes
}

/// An audit rule within the list: of no kind that is understood there.
fn unknown() -> Vec<u8> {
    vec![0x7e, 0, 8, 0, 1, 2, 3, 4]
}

/// A list as a domain controller writes it.
fn acl(revision: u8, rules: &[Vec<u8>]) -> Vec<u8> {
    let body = rules.concat();
    let mut bytes = vec![revision, 0];
    bytes.extend(u16::try_from(8 + body.len()).unwrap().to_le_bytes());
    bytes.extend(u16::try_from(rules.len()).unwrap().to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(body);
    bytes
}

/// Sacl, dacl, owner, group: the order in which Windows writes them.
fn descriptor(control: u16, dacl: &[u8]) -> Vec<u8> {
    let sid = ME.parse::<Sid>().unwrap().to_bytes();
    let sacl = acl(
        4,
        &[vec![
            2, 0x40, 20, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
        ]],
    );
    let (dacl_at, owner_at) = (20 + sacl.len(), 20 + sacl.len() + dacl.len());
    let mut bytes = vec![1, 0];
    bytes.extend((control | 0x8014).to_le_bytes());
    for offset in [owner_at, owner_at + sid.len(), 20, dacl_at] {
        bytes.extend(u32::try_from(offset).unwrap().to_le_bytes());
    }
    [bytes, sacl, dacl.to_vec(), sid.clone(), sid].concat()
}

fn parsed(rules: &[Vec<u8>]) -> Descriptor {
    Descriptor::try_from(&descriptor(0, &acl(4, rules))[..]).unwrap()
}

/// The bytes of the list in what would be written.
fn dacl_of(descriptor: &Descriptor) -> Vec<u8> {
    let bytes = descriptor.to_bytes();
    let at = u32::from_le_bytes(bytes[16..20].try_into().unwrap());
    bytes[usize::try_from(at).unwrap()..].to_vec()
}

#[test]
fn rules_go_where_the_canonical_order_has_them() {
    let before = raw("(D;;WP;;;AU)(A;;RP;;;AU)(D;ID;WP;;;BA)(A;ID;RP;;;BA)");
    let mut found = parsed(&before);
    let new = rules("(A;;WP;;;SY)(D;;RP;;;SY)(A;;RP;;;AU)");
    assert_eq!(found.add(&new), Ok(true));
    let expected =
        raw("(D;;WP;;;AU)(D;;RP;;;SY)(A;;RP;;;AU)(A;;WP;;;SY)(D;ID;WP;;;BA)(A;ID;RP;;;BA)");
    assert_eq!(dacl_of(&found), acl(4, &expected));
    assert_eq!(found.add(&new), Ok(false), "they are there");
    assert!(new.iter().all(|rule| found.contains(rule)));
}

#[test]
fn what_is_not_understood_stays_byte_for_byte() {
    let kept = [conditional(), unknown()].concat();
    let before = [vec![conditional()], raw(NEW), vec![unknown()]].concat();
    let mut found = parsed(&before);
    assert!(found.remove(&rules(NEW)));
    assert_eq!(dacl_of(&found)[8..], kept);
    assert!(!found.remove(&rules(NEW)));
    assert!(
        !found.remove(&rules("(A;;WP;;;AU)")),
        "that one has a condition"
    );
}

#[test]
fn inherited_rules_are_neither_found_nor_removed() {
    let inherited = rules("(A;CIID;RP;;;AU)");
    let mut found = parsed(&[inherited[0].to_bytes()]);
    assert!(!found.contains(&inherited[0]) && !found.remove(&inherited));
    let explicit = rules("(A;CI;RP;;;AU)");
    assert!(!found.contains(&explicit[0]));
    assert_eq!(found.add(&explicit), Ok(true));
}

#[test]
fn the_rest_of_the_descriptor_is_kept() {
    let list = acl(2, &raw("(A;;RP;;;AU)"));
    let bytes = descriptor(0x1400, &list);
    let mut found = Descriptor::try_from(&bytes[..]).unwrap();
    assert!(found.blocks_inheritance() && found.allow_inheritance());
    assert!(!found.blocks_inheritance() && !found.allow_inheritance());
    found.set_owner(&"S-1-5-32-544".parse().unwrap());
    let written = found.to_bytes();
    assert_eq!(written.len(), bytes.len() - 12, "the owner is shorter");
    assert_eq!(written[2..4], [0x14, 0x84]);
    let again = Descriptor::try_from(&written[..]).unwrap();
    assert_eq!(again, found);
    let read = SecurityDescriptor::try_from(&written[..]).unwrap();
    assert_eq!(read.owner, Some("S-1-5-32-544".parse().unwrap()));
    assert_eq!(read.rules(), rules("(A;;RP;;;AU)"));
    assert_eq!(dacl_of(&found), list, "revision 2 is kept");
}

#[test]
fn a_rule_for_objects_raises_the_revision_and_taking_it_away_lowers_it() {
    let list = acl(2, &raw("(A;;RP;;;AU)"));
    let mut found = Descriptor::try_from(&descriptor(0, &list)[..]).unwrap();
    assert_eq!(found.add(&rules(NEW)), Ok(true));
    assert_eq!(dacl_of(&found)[0], 4);
    assert!(found.remove(&rules(NEW)));
    assert_eq!(dacl_of(&found), list);
}

#[test]
fn it_does_not_grow_beyond_what_the_directory_takes() {
    let many: Vec<Ace> = (0..1000)
        .map(|rid| Ace {
            kind: AceKind::Deny,
            trustee: "S-1-5-21-1-2-3"
                .parse::<Sid>()
                .unwrap()
                .with_rid(rid)
                .unwrap(),
            ..rules(NEW)[0].clone()
        })
        .collect();
    let mut found = parsed(&raw("(A;;RP;;;AU)"));
    let before = found.clone();
    assert_eq!(found.add(&many), Err(NotEditable::TooLong));
    assert_eq!(found, before);
    assert_eq!(found.add(&many[..800]), Ok(true));
    let bytes = found.to_bytes();
    assert_eq!(
        SecurityDescriptor::try_from(&bytes[..])
            .unwrap()
            .rules()
            .len(),
        801
    );
}

#[test]
fn without_a_list_nothing_is_added() {
    let mut bytes = descriptor(0, &acl(2, &[]));
    bytes[16..20].fill(0);
    let mut found = Descriptor::try_from(&bytes[..]).unwrap();
    assert_eq!(found.add(&rules(NEW)), Err(NotEditable::NoList));
    assert!(!found.remove(&rules(NEW)) && !found.contains(&rules(NEW)[0]));
    assert_eq!(found.to_bytes()[16..20], [0; 4]);
}

#[test]
fn damaged_descriptors_are_refused() {
    let good = descriptor(
        0,
        &acl(4, &[raw(NEW), vec![conditional(), unknown()]].concat()),
    );
    assert!(Descriptor::try_from(&good[..]).is_ok());
    for length in 0..good.len() {
        assert_eq!(
            Descriptor::try_from(&good[..length]),
            Err(InvalidDescriptor),
            "{length}"
        );
    }
}

fn any_rule() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::sample::select(vec![
        "(A;;RP;;;AU)",
        "(D;;WP;;;AU)",
        "(A;CIID;RP;;;AU)",
        "(OA;CI;WP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;SY)",
        "(OD;ID;CR;;bf967aba-0de6-11d0-a285-00aa003049e2;WD)",
    ]);
    prop_oneof![
        text.prop_map(|text| raw(text).concat()),
        Just(conditional()),
        Just(unknown()),
    ]
}

proptest! {
    #[test]
    fn what_is_added_and_taken_away_again_leaves_the_list_as_it_was(
        before in proptest::collection::vec(any_rule(), 0..12),
        deny in any::<bool>(),
    ) {
        let list = acl(4, &before);
        let mut found = Descriptor::try_from(&descriptor(0, &list)[..]).unwrap();
        prop_assert_eq!(dacl_of(&found), list.clone());
        let mut new = rules(NEW);
        new.extend(rules("(A;;WO;;;AO)"));
        if deny {
            new[0].kind = AceKind::Deny;
        }
        prop_assert_eq!(found.add(&new), Ok(true));
        prop_assert!(SecurityDescriptor::try_from(&found.to_bytes()[..]).is_ok());
        prop_assert!(found.remove(&new));
        prop_assert_eq!(dacl_of(&found), list);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _found = Descriptor::try_from(&bytes[..]);
    }
}
