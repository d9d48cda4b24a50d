//! What attributes of other objects give the account.

use super::*;

const ACT: &str = "msDS-AllowedToActOnBehalfOfOtherIdentity";
const READ: &str = "msDS-GroupMSAMembership";

fn object_that_names(attribute: &'static str, rules: &str) -> World {
    let mut world = World::new();
    world.object(MACHINE).lists = vec![(attribute, rules.to_owned())];
    world
}

#[test]
fn who_may_act_as_anybody_at_a_computer_or_read_a_managed_password_is_found_and_mended() {
    for attribute in [ACT, READ] {
        let mut world = object_that_names(attribute, "(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SVC)");
        let object = dn(MACHINE);
        assert_eq!(
            world.one().what,
            What::Excess(Excess::Named { object, attribute })
        );
        world.is_mended();
    }
}

#[test]
fn others_who_are_named_there_are_not_taken_out_with_it() {
    let mut world = object_that_names(ACT, "(A;;GA;;;SVC)(A;;GA;;;S-1-5-21-1-2-3-1200)");
    let finding = world.one();
    assert_eq!(finding.mend, []);
    assert!(finding.origin.contains("by hand"), "{}", finding.origin);
    world.in_groups();
    world.object(MACHINE).lists[0].1 = "(A;;GA;;;INNER)(A;;GA;;;S-1-5-21-1-2-3-1200)".to_owned();
    let finding = world.is_mended();
    assert!(matches!(
        &finding.mend[..],
        [Change::RemoveMember { group, .. }] if group.common_name() == "Inner"
    ));
}

#[test]
fn what_names_others_or_everybody_is_no_excess() {
    for rules in [
        "(A;;GA;;;S-1-5-21-1-2-3-1200)",
        "(A;;GA;;;AU)",
        "(D;;GA;;;WD)(A;;GA;;;SVC)",
    ] {
        let world = object_that_names(ACT, rules);
        assert_eq!(world.prove().findings, [], "{rules}");
    }
}
