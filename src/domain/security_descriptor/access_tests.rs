//! Rules in SDDL and who holds what by them.

use super::*;
use crate::domain::security_descriptor::sddl;

const DOMAIN: &str = "S-1-5-21-1-2-3";
const ME: &str = "S-1-5-21-1-2-3-1105";
const TEAM: &str = "S-1-5-21-1-2-3-1200";
const OTHER: &str = "S-1-5-21-1-2-3-1999";
const ATTRIBUTE: RightGuid = RightGuid(0xa);
const SET: RightGuid = RightGuid(0x5);
const A: &str = "00000000-0000-0000-0000-00000000000a";
const S: &str = "00000000-0000-0000-0000-000000000005";

fn me() -> Token {
    Token([ME, TEAM, "S-1-1-0"].map(|sid| sid.parse().unwrap()).into())
}

fn descriptor(owner: &str, rules: &str) -> SecurityDescriptor {
    let rules = rules
        .replace("ME", ME)
        .replace("TEAM", TEAM)
        .replace("{a}", A)
        .replace("{s}", S);
    SecurityDescriptor {
        owner: Some(owner.parse().unwrap()),
        dacl: Dacl::Rules(sddl::rules(&format!("D:{rules}"), &DOMAIN.parse().unwrap()).unwrap()),
    }
}

fn held(rules: &str, path: &[RightGuid]) -> u32 {
    descriptor("S-1-5-32-544", rules)
        .granted(&me(), None, path)
        .0
}

#[test]
fn the_first_rule_that_speaks_of_a_right_decides() {
    assert_eq!(held("(D;;WP;;;TEAM)(A;;RPWP;;;ME)", &[]), 0x10);
    assert_eq!(held("(A;;WP;;;ME)(D;;RPWP;;;TEAM)(A;;RP;;;ME)", &[]), 0x20);
    assert_eq!(held("(D;;GA;;;WD)(A;;GA;;;ME)", &[]), 0);
    assert_eq!(held("(A;;RP;;;DA)", &[]), 0, "somebody else's");
}

#[test]
fn a_type_limits_a_rule_to_what_it_names_and_what_is_below() {
    let path = [ATTRIBUTE, SET];
    for (rule, whole, leaf) in [
        ("(A;;WP;;;ME)", 0x20, 0x20),
        ("(OA;;WP;{a};;ME)", 0, 0x20),
        ("(OA;;WP;{s};;ME)", 0, 0x20),
        ("(OA;;WP;ab721a53-1e2f-11d0-9819-00aa0040529b;;ME)", 0, 0),
        ("(OD;;WP;{s};;TEAM)(A;;WP;;;ME)", 0x20, 0),
        ("(OA;;WP;{a};;ME)(OD;;WP;{s};;ME)", 0, 0x20),
    ] {
        assert_eq!(
            (held(rule, &[]), held(rule, &path)),
            (whole, leaf),
            "{rule}"
        );
    }
    // A class of inheritors on a rule that is here already changes nothing.
    let inherited = "(OA;CIID;WP;;bf967aba-0de6-11d0-a285-00aa003049e2;ME)";
    assert_eq!(held(inherited, &path), 0x20);
}

#[test]
fn inherit_only_is_not_for_this_object() {
    assert_eq!(
        held("(A;CIIO;GA;;;ME)(D;CIIO;RP;;;ME)(A;;RP;;;ME)", &[]),
        0x10
    );
}

#[test]
fn generic_rights_are_the_directorys() {
    assert_eq!(held("(A;;GA;;;ME)", &[]), 0xf_01ff);
    assert_eq!(held("(D;;GW;;;ME)(A;;GR;;;ME)", &[]), 0x94);
}

#[test]
fn no_list_grants_everything_and_an_empty_one_nothing() {
    let none = SecurityDescriptor {
        owner: None,
        dacl: Dacl::Everything,
    };
    assert_eq!(none.granted(&me(), None, &[ATTRIBUTE]), Rights::EVERYTHING);
    assert_eq!(held("", &[]), 0);
}

#[test]
fn an_owner_may_change_the_rules_whatever_they_say() {
    let owned = |owner, rules| descriptor(owner, rules).granted(&me(), None, &[]).0;
    assert_eq!(owned(ME, ""), 0x6_0000);
    assert_eq!(owned(TEAM, "(D;;GA;;;ME)"), 0x6_0000);
    assert_eq!(owned(OTHER, ""), 0);
}

#[test]
fn a_rule_for_owner_rights_takes_the_place_of_the_implicit_ones() {
    let owned = |owner, rules| descriptor(owner, rules).granted(&me(), None, &[]).0;
    assert_eq!(owned(ME, "(A;;RP;;;OW)"), 0x10);
    assert_eq!(owned(ME, "(D;;WD;;;OW)(A;;GA;;;ME)"), 0xb_01ff);
    assert_eq!(owned(OTHER, "(A;;GA;;;OW)"), 0);
    assert_eq!(owned(ME, "(A;CIIO;RP;;;OW)"), 0x6_0000, "for those below");
}

#[test]
fn self_is_the_object_itself_or_a_group_that_one_is_in() {
    let found = descriptor(OTHER, "(A;;RP;;;PS)");
    for (object, held) in [
        (Some(ME), 0x10),
        (Some(TEAM), 0x10),
        (Some(OTHER), 0),
        (None, 0),
    ] {
        let object = object.map(|sid| sid.parse().unwrap());
        assert_eq!(found.granted(&me(), object.as_ref(), &[]).0, held);
    }
}

#[test]
fn creator_owner_is_nobody_until_it_is_inherited() {
    let rules = "(A;;GA;;;CO)(A;;GA;;;CG)";
    let mut odd = me();
    odd.0.insert("S-1-3-0".parse().unwrap());
    assert_eq!(descriptor(ME, rules).granted(&odd, None, &[]).0, 0x6_0000);
}

#[test]
fn the_deciding_rule_is_named() {
    let found = descriptor(OTHER, "(D;;WP;;;TEAM)(A;;RPWP;;;ME)");
    let who = me();
    let held = found.held_by(&who, None);
    assert_eq!(
        held.deciding(&[], Rights::WRITE_PROPERTY).unwrap().kind,
        AceKind::Deny
    );
    assert_eq!(
        held.deciding(&[], Rights::READ_PROPERTY).unwrap().kind,
        AceKind::Allow
    );
    assert_eq!(held.deciding(&[], Rights::DELETE), None);
    let own = descriptor(ME, "(A;;GA;;;ME)");
    assert_eq!(
        own.held_by(&who, None).deciding(&[], Rights::WRITE_DACL),
        None
    );
}
