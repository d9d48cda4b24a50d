//! The account's own object: what every new user has on itself is no excess.

use super::*;

#[test]
fn more_on_itself_than_a_new_user_has_is_found() {
    for rule in [
        "(A;;GA;;;PS)",
        "(A;;WD;;;SVC)",
        "(OA;;WP;bf967950-0de6-11d0-a285-00aa003049e2;;PS)",
    ] {
        let mut world = World::new();
        world.rule(ACCOUNT, rule);
        assert_eq!(world.one_rule().0, ACCOUNT, "{rule}");
        world.is_mended();
    }
}

#[test]
fn what_the_head_of_the_domain_gives_every_user_on_itself_is_usual() {
    let mut world = World::new();
    world.rule(HEAD, &format!("(OA;CI;WP;{DESCRIPTION};;PS)"));
    assert_eq!(world.prove().findings, []);
}

#[test]
fn what_its_own_unit_gives_it_on_itself_is_found_at_the_unit() {
    let mut world = World::new();
    world.rule(
        "OU=Keyward,DC=example,DC=com",
        &format!("(OA;CI;WP;{DESCRIPTION};;PS)"),
    );
    let (object, _, reaches) = world.one_rule();
    assert_eq!(
        (object.as_str(), reaches),
        ("OU=Keyward,DC=example,DC=com", 1)
    );
    world.is_mended();
}

#[test]
fn each_dangerous_setting_of_the_account_is_a_finding_with_its_mend() {
    type Plant = fn(&mut ServiceAccount);
    let cases: [(Plant, &str); 10] = [
        (|a| a.flags |= 0x8_0000, "TRUSTED_FOR_DELEGATION"),
        (|a| a.flags |= 0x100_0000, "TRUSTED_TO_AUTH_FOR_DELEGATION"),
        (|a| a.flags |= 0x80, "ENCRYPTED_TEXT_PASSWORD_ALLOWED"),
        (|a| a.flags |= 0x20_0000, "USE_DES_KEY_ONLY"),
        (|a| a.flags |= 0x40_0000, "DONT_REQ_PREAUTH"),
        (|a| a.flags |= 0x20, "PASSWD_NOTREQD"),
        (
            |a| a.spns = vec!["HTTP/web".to_owned()],
            "servicePrincipalName",
        ),
        (
            |a| a.delegates_to = vec!["cifs/dc1".to_owned()],
            "msDS-AllowedToDelegateTo",
        ),
        (
            |a| a.acted_for = true,
            "msDS-AllowedToActOnBehalfOfOtherIdentity",
        ),
        (|a| a.sid_history = vec![sid_of(4000)], "sIDHistory"),
    ];
    for (plant, name) in cases {
        let mut world = World::new();
        plant(&mut world.account);
        let finding = world.is_mended();
        assert_eq!(
            finding.what,
            What::Excess(Excess::Account { attribute: name })
        );
    }
}

#[test]
fn rules_for_an_old_sid_belong_to_the_finding_of_the_old_sid() {
    let mut world = World::new();
    world.account.sid_history = vec![sid_of(4000)];
    world.rule(CAROL, &format!("(A;;GA;;;{})", sid_of(4000)));
    world.is_mended();
}
