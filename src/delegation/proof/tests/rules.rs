//! Rules for the account itself.

use super::*;

#[test]
fn full_control_of_one_account_elsewhere_is_found_and_mended() {
    let mut world = World::new();
    world.rule(CAROL, "(A;;GA;;;SVC)");
    let (object, rule, reaches) = world.one_rule();
    assert_eq!((object.as_str(), reaches), (CAROL, 0));
    assert!(rule.starts_with("(A;;"), "{rule}");
    let finding = world.is_mended();
    assert!(
        finding.sentence.contains("do everything"),
        "{}",
        finding.sentence
    );
}

#[test]
fn each_kind_of_right_is_found_at_its_object_and_mended() {
    let cases = [
        (CAROL, "(A;;WD;;;SVC)"),
        (CAROL, "(A;;WO;;;SVC)"),
        (GROUP, &*format!("(OA;;WP;{MEMBER};;SVC)")),
        (CAROL, "(A;;CR;;;SVC)"),
        (CAROL, &*format!("(OA;;CR;{RESET};;SVC)")),
        (HEAD, "(OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;SVC)"),
        (CAROL, &*format!("(OA;;WP;{RESTRICTIONS};;SVC)")),
        (OTHER, &*format!("(OA;;CC;{USER};;SVC)")),
        (OTHER, "(A;;DC;;;SVC)"),
        (CAROL, "(A;;SD;;;SVC)"),
        (ALICE, "(A;;GW;;;SVC)"),
        // Reset Password for a computer below the target.
        (MACHINE, &*format!("(OA;;CR;{RESET};;SVC)")),
        // On the target itself, but for everything below and not for users alone.
        (STAFF, &*format!("(OA;CI;CR;{RESET};;SVC)")),
        (
            STAFF,
            "(A;CIIO;CR;;bf967aba-0de6-11d0-a285-00aa003049e2;SVC)",
        ),
        // For users below, but one floor too high.
        (HEAD, &*format!("(OA;CIIO;CR;{RESET};{USER};SVC)")),
        // For a class of which there is nobody yet.
        (
            OTHER,
            &*format!("(OA;CIIO;WP;{MEMBER};bf967a9c-0de6-11d0-a285-00aa003049e2;SVC)"),
        ),
    ];
    for (object, rule) in cases {
        let mut world = World::new();
        world.rule(object, rule);
        let (at, ..) = world.one_rule();
        assert_eq!(at, object, "{rule}");
        world.is_mended();
    }
}

#[test]
fn a_rule_that_is_handed_down_is_one_finding_where_it_stands() {
    let mut world = World::new();
    world.rule(OTHER, "(A;CI;GA;;;SVC)");
    let (object, _, reaches) = world.one_rule();
    assert_eq!((object.as_str(), reaches), (OTHER, 3));
    world.is_mended();
}

#[test]
fn what_is_given_too_widely_on_the_target_is_given_exactly_before_it_is_taken_away() {
    let mut world = World::new();
    world.strip(STAFF).rule(STAFF, "(A;CI;GA;;;SVC)");
    let finding = world.is_mended();
    assert!(
        matches!(finding.mend.as_slice(), [Change::AddRules { rules, .. }, Change::RemoveRules { .. }] if rules.len() == 3)
    );
}

#[test]
fn the_needed_rights_on_one_person_or_one_part_of_the_target_are_no_excess() {
    let mut world = World::new();
    world.rule(ALICE, &format!("(OA;;CR;{RESET};;SVC)"));
    world.rule(ALICE, &format!("(OA;;RPWP;{PWD};;SVC)"));
    world.rule(BERLIN, &format!("(OA;CIIO;CR;{RESET};{USER};SVC)"));
    assert_eq!(world.prove().findings, []);
}

#[test]
fn unlocking_is_too_much_where_the_settings_do_not_call_for_it() {
    let mut world = World::new();
    world.needs.unlock = false;
    let (object, rule, _) = world.one_rule();
    assert_eq!(object, STAFF);
    assert!(rule.contains(LOCK), "{rule}");
    world.is_mended();
}

#[test]
fn what_a_new_user_may_do_too_is_no_excess() {
    let mut world = World::new();
    world.rule(CAROL, "(A;;LCRPLORC;;;SVC)");
    world.rule(CAROL, &format!("(OA;;RP;{DESCRIPTION};;SVC)"));
    world.rule(OTHER, &format!("(OA;CIIO;RP;{PWD};{USER};SVC)"));
    world.rule(DAVE, "(A;;GA;;;WD)").rule(DAVE, "(A;;GA;;;SVC)");
    assert_eq!(world.prove().findings, []);
}

#[test]
fn a_right_that_is_denied_again_is_no_excess() {
    let mut world = World::new();
    world
        .rule(CAROL, "(A;;WD;;;SVC)")
        .rule(CAROL, "(D;;WD;;;WD)");
    assert_eq!(world.prove().findings, []);
}

#[test]
fn reading_more_than_others_is_said_in_a_sentence_of_its_own() {
    let mut world = World::new();
    let made = world.object(CAROL);
    made.explicit = made.explicit.replace("(A;;LCRPLORC;;;AU)", "");
    world.rule(CAROL, "(A;;RP;;;SVC)");
    let finding = world.is_mended();
    assert!(
        finding.consequence.contains("changes nothing"),
        "{}",
        finding.consequence
    );
}

#[test]
fn an_inherited_rule_without_an_origin_is_reported_at_the_topmost_object() {
    let mut world = World::new();
    let left_over = "(A;CIID;GA;;;SVC)";
    world.object(OTHER).left_over = left_over.to_owned();
    let (object, _, reaches) = world.one_rule();
    assert_eq!((object.as_str(), reaches), (OTHER, 4));
    world.is_mended();
}

#[test]
fn a_rule_of_adminsdholder_and_its_copies_are_one_finding() {
    let mut world = World::new();
    world.rule(HOLDER, "(A;;GA;;;SVC)");
    world.rule(CAROL, "(A;;GA;;;SVC)").object(CAROL).admin_count = true;
    let (object, _, reaches) = world.one_rule();
    assert_eq!((object.as_str(), reaches), (HOLDER, 1));
    let finding = world.is_mended();
    assert!(
        finding.consequence.contains("administrator"),
        "{}",
        finding.consequence
    );
}

#[test]
fn an_owner_may_change_the_rules() {
    let mut world = World::new();
    world.object(CAROL).owner = sid_of(SVC);
    assert!(
        matches!(world.one().what, What::Excess(Excess::Owner { object }) if object == dn(CAROL))
    );
    world.is_mended();
}

#[test]
fn no_list_of_rules_at_all_is_open_to_everybody_and_no_excess() {
    let world = World::new();
    let mut comparison = world.comparison();
    for mut object in world.surveyed() {
        if object.dn == CAROL {
            let mut bytes = object.descriptor.unwrap();
            bytes[2] &= !4;
            object.descriptor = Some(bytes);
        }
        comparison.look_at(object);
    }
    assert_eq!(conclude(comparison, &world.protected, now()).findings, []);
}

#[test]
fn rules_that_may_not_be_read_are_said_to_be_unseen() {
    let mut world = World::new();
    world.object(CAROL).readable = false;
    let proof = world.prove();
    assert_eq!(proof.findings, []);
    assert!(proof.notes[0].sentence.contains(CAROL), "{:?}", proof.notes);
}

#[test]
fn a_directory_full_of_excess_gives_a_bounded_list_and_a_count() {
    let world = World::new();
    let mut comparison = world.comparison();
    let mut carol = world
        .surveyed()
        .into_iter()
        .find(|object| object.dn == CAROL)
        .unwrap();
    let rules = sddl::rules(&named("(A;;GA;;;SVC)"), &sid_of(1).domain().unwrap()).unwrap();
    carol.descriptor = Some(bytes(&sid_of(512), &rules, false));
    for number in 0..5_000 {
        comparison.look_at(Surveyed {
            dn: format!("CN=User {number},{OTHER}"),
            ..carol.clone()
        });
    }
    for object in world.surveyed() {
        comparison.look_at(object);
    }
    let proof = conclude(comparison, &world.protected, now());
    assert_eq!(proof.findings.len(), 1_000);
    assert_eq!(proof.more, 4_000);
}

#[test]
fn many_places_that_wait_for_their_origin_become_one_when_it_is_seen() {
    let world = World::new();
    let mut comparison = world.comparison();
    let carol = world
        .surveyed()
        .into_iter()
        .find(|object| object.dn == CAROL)
        .unwrap();
    let domain = sid_of(1).domain().unwrap();
    let inherited = sddl::rules(&named("(A;CIID;GA;;;SVC)"), &domain).unwrap();
    let explicit = sddl::rules(&named("(A;CI;GA;;;SVC)"), &domain).unwrap();
    for number in 0..3_000 {
        comparison.look_at(Surveyed {
            dn: format!("CN=User {number},OU=Part {},{OTHER}", number % 500),
            descriptor: Some(bytes(&sid_of(512), &inherited, false)),
            ..carol.clone()
        });
    }
    for object in world.surveyed() {
        let descriptor = match object.dn.as_str() {
            OTHER => Some(bytes(&sid_of(512), &explicit, false)),
            _ => object.descriptor,
        };
        comparison.look_at(Surveyed {
            descriptor,
            ..object
        });
    }
    let proof = conclude(comparison, &world.protected, now());
    assert!(matches!(
        &proof.findings[..],
        [Finding { what: What::Excess(Excess::Rule { reaches: 3_000, object, .. }), .. }]
            if *object == dn(OTHER)
    ));
}

#[test]
fn a_rule_that_the_domain_controller_split_in_two_is_one_finding() {
    let mut world = World::new();
    world.rule(OTHER, "(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SVC)");
    world.rule(OTHER, "(A;CIIO;GA;;;SVC)");
    let (object, rule, reaches) = world.one_rule();
    assert_eq!((object.as_str(), reaches), (OTHER, 3));
    assert!(rule.starts_with("(A;CI;GA;"), "{rule}");
    world.is_mended();
}

#[test]
fn a_right_over_the_object_is_found_though_it_is_given_for_its_class_or_a_property() {
    for rule in [
        format!("(OA;;WD;{USER};;SVC)"),
        format!("(OA;;WO;{DESCRIPTION};;SVC)"),
        format!("(OA;;SD;{USER};;SVC)"),
        format!("(OA;;DT;{RESTRICTIONS};;SVC)"),
    ] {
        let mut world = World::new();
        world.rule(CAROL, &rule);
        assert_eq!(world.one_rule().0, CAROL, "{rule}");
        world.is_mended();
    }
}

#[test]
fn rules_that_do_no_harm_take_no_room_from_one_that_does() {
    let world = World::new();
    let mut comparison = world.comparison();
    let domain = sid_of(1).domain().unwrap();
    let objects = world.surveyed();
    let other = objects.iter().find(|object| object.dn == OTHER).unwrap();
    let look = |comparison: &mut Comparison, name: String, rule: &str| {
        let usual = sddl::rules(USUAL, &domain).unwrap();
        let rules = [usual, sddl::rules(&named(rule), &domain).unwrap()].concat();
        comparison.look_at(Surveyed {
            dn: name,
            descriptor: Some(bytes(&sid_of(512), &rules, false)),
            ..other.clone()
        });
    };
    for number in 0..1_100 {
        let name = format!("OU=Part {number},{OTHER}");
        look(
            &mut comparison,
            name,
            &format!("(OA;CIIO;RP;{PWD};{USER};SVC)"),
        );
    }
    look(&mut comparison, format!("OU=Last,{OTHER}"), "(A;;WD;;;SVC)");
    let proof = conclude(comparison, &world.protected, now());
    assert_eq!(proof.excess().count(), 1);
}
