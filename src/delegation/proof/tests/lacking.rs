//! Needed rights that are missing, and why.

use super::*;
use crate::delegation::needs::Right;

const ALL: [Right; 3] = [Right::ResetPassword, Right::PwdLastSet, Right::LockoutTime];

#[test]
fn a_target_without_rules_is_one_finding_with_all_its_people() {
    let mut world = World::new();
    world.strip(STAFF);
    let missing = world.one_missing();
    assert_eq!(
        (missing.cause, missing.at, missing.accounts),
        (Cause::NotDelegated, dn(STAFF), 2)
    );
    assert_eq!(missing.rights, ALL);
    world.is_mended();
}

#[test]
fn exactly_the_missing_right_is_named_and_given() {
    for right in ALL {
        let mut world = World::new();
        let rule = right.rule(&sid_of(SVC)).to_string();
        let made = world.object(STAFF);
        made.explicit = made.explicit.replace(&rule, "");
        assert_eq!(world.one_missing().rights, [right]);
        let finding = world.is_mended();
        assert!(
            matches!(&finding.mend[..], [Change::AddRules { rules, .. }] if *rules == [right.rule(&sid_of(SVC))])
        );
    }
}

#[test]
fn reading_alone_is_not_reading_and_writing() {
    let mut world = World::new();
    let rule = Right::PwdLastSet.rule(&sid_of(SVC)).to_string();
    let made = world.object(STAFF);
    made.explicit = made.explicit.replace(&rule, &rule.replace("RPWP", "RP"));
    assert_eq!(world.one_missing().rights, [Right::PwdLastSet]);
    world.is_mended();
}

#[test]
fn rules_that_reach_nobody_further_down_are_missing() {
    let mut world = World::new();
    let made = world.object(STAFF);
    made.explicit = made.explicit.replace("(OA;CIIO;", "(OA;CINPIO;");
    assert_eq!(world.one_missing().cause, Cause::NotDelegated);
    world.is_mended();
}

#[test]
fn the_unit_that_takes_nothing_over_is_named_and_not_its_people() {
    let mut world = World::new();
    world.object(BERLIN).blocks = true;
    let missing = world.one_missing();
    assert_eq!(
        (missing.cause, missing.at),
        (Cause::BlockedInheritance, dn(BERLIN))
    );
    assert_eq!(
        (missing.rights.as_slice(), missing.examples),
        (&ALL[..], vec![BOB.to_owned()])
    );
    world.is_mended();
}

#[test]
fn an_account_that_takes_nothing_over_is_named() {
    let mut world = World::new();
    world.object(BOB).blocks = true;
    let missing = world.one_missing();
    assert_eq!(
        (missing.cause, missing.at),
        (Cause::BlockedInheritance, dn(BOB))
    );
    world.is_mended();
}

#[test]
fn a_denial_is_named_where_it_stands_and_taken_away_there() {
    let reset_denied = format!("(OD;CI;CR;{RESET};;WD)");
    for (at, rule, accounts) in [
        (ALICE, format!("(OD;;CR;{RESET};;SVC)"), 1),
        (BERLIN, reset_denied.clone(), 1),
        // The rule that denies comes from further up than those that give, and comes first nevertheless.
        (STAFF, format!("(OD;CIIO;CR;{RESET};{USER};SVC)"), 2),
    ] {
        let mut world = World::new();
        world.rule(at, &rule);
        // A domain controller puts what is inherited from nearer first: a denial further down wins.
        let missing = world.one_missing();
        assert!(matches!(missing.cause, Cause::Denied(_)), "{rule}");
        assert_eq!((missing.at, missing.accounts), (dn(at), accounts), "{rule}");
        assert_eq!(missing.rights, [Right::ResetPassword]);
        world.is_mended();
    }
}

#[test]
fn a_denial_for_a_group_counts_and_one_for_somebody_else_does_not() {
    let mut world = World::new();
    world.in_groups().rule(STAFF, "(D;CIIO;WP;;;INNER)");
    let missing = world.one_missing();
    assert_eq!(missing.rights, [Right::PwdLastSet, Right::LockoutTime]);
    world.is_mended();
    let mut world = World::new();
    world.rule(STAFF, "(D;CIIO;WP;;;DA)");
    assert_eq!(world.prove().findings, []);
}

#[test]
fn a_stale_admin_count_is_told_from_an_account_that_is_guarded_today() {
    let mut world = World::new();
    let made = world.object(ALICE);
    (made.blocks, made.admin_count) = (true, true);
    let mut guarded = World::new();
    let made = guarded.object(ALICE);
    (made.blocks, made.admin_count) = (true, true);
    guarded.protected.insert(dn(ALICE));
    assert_eq!(world.one_missing().cause, Cause::AdminSdHolder);
    world.is_mended();
    let proof = guarded.prove();
    assert_eq!(proof.findings, []);
    assert!(proof.notes[0].sentence.contains(ALICE), "{:?}", proof.notes);
}

#[test]
fn computers_and_built_in_accounts_are_not_missed() {
    let mut world = World::new();
    world.object(MACHINE).blocks = true;
    world.object(ALICE).blocks = true;
    world.object(ALICE).rid = Some(500);
    assert_eq!(world.prove().findings, []);
}

#[test]
fn a_target_that_is_not_there_is_a_finding_and_an_empty_one_a_note() {
    let mut world = World::new();
    world.needs.targets.push(dn("OU=Gone,DC=example,DC=com"));
    assert_eq!(world.one_missing().cause, Cause::NoSuchTarget);
    let mut world = World::new();
    for person in [ALICE, BOB] {
        world.objects.remove(person);
    }
    let proof = world.prove();
    assert_eq!(proof.findings, []);
    assert_eq!(proof.notes.len(), 1);
}

#[test]
fn a_target_below_another_one_needs_its_own_rules_only_where_it_takes_nothing_over() {
    let mut world = World::new();
    world.needs.targets.push(dn(BERLIN));
    assert_eq!(world.prove().findings, []);
    world.object(BERLIN).blocks = true;
    let missing = world.one_missing();
    assert_eq!(
        (missing.cause, missing.at),
        (Cause::NotDelegated, dn(BERLIN))
    );
    world.is_mended();
}

#[test]
fn an_account_that_has_not_taken_over_what_is_above_is_told() {
    let world = World::new();
    let mut comparison = world.comparison();
    for mut object in world.surveyed() {
        if object.dn == BOB {
            let rules = sddl::rules(USUAL, &sid("S-1-5-21-1-2-3")).unwrap();
            object.descriptor = Some(bytes(&sid_of(512), &rules, false));
        }
        comparison.look_at(object);
    }
    let proof = conclude(comparison, &world.protected, now());
    assert!(matches!(
        &proof.findings[..],
        [Finding { what: What::Missing(missing), .. }]
            if missing.cause == Cause::NotPassedOn && missing.at == dn(BERLIN)
    ));
}

#[test]
fn people_of_another_class_are_a_note_and_rules_for_them_no_excess() {
    let mut world = World::new();
    world.add(
        "CN=Iris,OU=Staff,DC=example,DC=com",
        "inetOrgPerson",
        Some(1109),
    );
    let proof = world.prove();
    assert_eq!(proof.findings, []);
    assert!(
        proof.notes[0].sentence.contains("CN=Iris"),
        "{:?}",
        proof.notes
    );
    for rule in world.needs.rules(&sid_of(SVC)) {
        let class = INET_ORG_PERSON_CLASS.to_string();
        world.rule(STAFF, &rule.to_string().replace(USER, &class));
    }
    let proof = world.prove();
    assert_eq!((proof.findings, proof.notes), (Vec::new(), Vec::new()));
}

#[test]
fn a_target_whose_rules_may_not_be_read_is_there_all_the_same() {
    let mut world = World::new();
    world.object(STAFF).readable = false;
    let proof = world.prove();
    assert_eq!(proof.findings, []);
    assert!(proof.notes[0].sentence.contains(STAFF), "{:?}", proof.notes);
}
