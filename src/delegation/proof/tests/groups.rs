//! Rights that come with a membership.

use super::*;

fn membership(finding: &Finding) -> (&str, Vec<&str>) {
    match &finding.what {
        What::Excess(Excess::Membership { group, rights, .. }) => {
            let ways = rights.iter().map(|right| right.through.as_str());
            (group, ways.collect())
        }
        other => panic!("no membership: {other:#?}"),
    }
}

#[test]
fn membership_in_a_harmless_group_is_nothing() {
    assert_eq!(World::new().in_groups().prove().findings, []);
}

#[test]
fn a_rule_for_a_group_that_holds_the_group_is_told_with_the_way_there() {
    let mut world = World::new();
    world.in_groups().rule(CAROL, "(A;;GA;;;OUTER)");
    let finding = world.is_mended();
    assert_eq!(membership(&finding), ("Inner", vec!["svc → Inner → Outer"]));
    assert!(
        matches!(&finding.mend[..], [Change::RemoveMember { group, .. }] if group.common_name() == "Inner")
    );
}

#[test]
fn all_rules_of_one_membership_are_one_finding() {
    let mut world = World::new();
    world.in_groups().rule(CAROL, "(A;;GA;;;OUTER)");
    world
        .rule(DAVE, "(A;;WD;;;INNER)")
        .rule(OTHER, "(A;CI;WP;;;INNER)");
    world.object(GROUP).owner = sid_of(OUTER);
    let finding = world.is_mended();
    assert_eq!(membership(&finding).1.len(), 4);
}

#[test]
fn a_powerful_group_is_found_without_any_rule_and_nested_too() {
    for direct in [true, false] {
        let mut world = World::new();
        world.in_groups();
        let operators = TokenGroup {
            sid: Sid::builtin(548),
            dn: Some(dn("CN=Account Operators,CN=Builtin,DC=example,DC=com")),
            name: "Account Operators".to_owned(),
            member_of: Vec::new(),
        };
        if direct {
            world.direct = vec![operators.sid.clone()];
            world.groups = vec![operators];
        } else {
            world.groups[1].member_of.push(operators.sid.clone());
            world.groups.push(operators);
        }
        let finding = world.is_mended();
        let expected = if direct { "Account Operators" } else { "Inner" };
        assert_eq!(membership(&finding).0, expected);
        assert!(
            finding.consequence.contains("Account Operators"),
            "{}",
            finding.consequence
        );
    }
}

#[test]
fn the_primary_group_is_left_by_another_one_becoming_primary() {
    let mut world = World::new();
    world.in_groups();
    world.groups[0].sid = sid_of(512);
    world.groups[0].name = "Domain Admins".to_owned();
    world.direct = vec![sid_of(512)];
    world.account.primary_group = 512;
    let finding = world.is_mended();
    assert!(matches!(
        &finding.mend[..],
        [Change::SetPrimaryGroup {
            rid: 513,
            leave: Some(_),
            ..
        }]
    ));
}

#[test]
fn needed_rights_by_way_of_a_group_are_needed_and_given_directly_before_it_is_left() {
    let mut world = World::new();
    world.in_groups().strip(STAFF);
    for rule in world.needs.rules(&sid_of(INNER)) {
        world.rule(STAFF, &rule.to_string());
    }
    assert_eq!(world.prove().findings, []);
    world.rule(CAROL, "(A;;GA;;;INNER)");
    world.is_mended();
}

#[test]
fn a_group_whose_way_is_not_to_be_seen_is_told_without_a_command() {
    let mut world = World::new();
    world.in_groups().rule(CAROL, "(A;;GA;;;OUTER)");
    world.groups[0].member_of.clear();
    let finding = world.one();
    assert_eq!(membership(&finding).0, "Outer");
    assert_eq!(finding.mend, []);
}
