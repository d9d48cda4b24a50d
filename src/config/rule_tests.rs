//! Rules as they are written: what they come to, and each slip with its line.

use std::path::Path;

use super::super::Settings;
use crate::domain::rules::{MustChange, PasswordKind, TargetName};

const HEAD: &str = "[ad]\nserver = \"ldaps://dc1.example.com\"\ndomain = \"EXAMPLE\"\n\
                    user_ou = \"OU=Staff,DC=example,DC=com\"\nreset_group = \"Resetters\"\n\
                    [service_account]\nusername = \"svc\"\npassword = \"secret\"\n[[rule]]\n";
/// The line of the first setting after [`HEAD`].
const FIRST: usize = 10;

fn load(rules: &str) -> Result<Settings, Vec<String>> {
    let file = Path::new("k.toml");
    let settings = Settings::parse(file, &format!("{HEAD}{rules}"), &[]);
    settings.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

#[test]
fn without_rules_there_is_the_articles_one_and_with_the_first_it_is_gone() {
    let text = HEAD.replace("[[rule]]\n", "");
    let alone = Settings::parse(Path::new("k.toml"), &text, &[]).unwrap();
    let [rule] = alone.rules.as_slice() else {
        panic!("{:?}", alone.rules)
    };
    assert_eq!(rule.name, "reset_group");
    assert_eq!(rule.operators, ["Resetters"]);
    let written =
        load("name = \"desk\"\noperators = [\"Desk\"]\ntargets = [\"own-ou\", \"Class 5a\"]\n");
    let [rule] = &written.unwrap().rules[..] else {
        panic!("one rule")
    };
    assert_eq!(rule.name, "desk");
    let class = TargetName::Group("Class 5a".to_owned());
    assert_eq!(rule.targets, [TargetName::OwnOu, class]);
    assert_eq!(rule.terms.must_change, MustChange::Default);
    assert_eq!(rule.terms.password, PasswordKind::Generated);
    assert_eq!(rule.actions.len(), 3);
    assert!(rule.limits.is_none() && rule.hours.is_empty() && rule.networks.is_empty());
}

#[test]
fn a_rule_takes_its_limits_from_limits_and_nought_is_none() {
    let rules = "name = \"desk\"\noperators = [\"Desk\"]\ntargets = [\"own-ou\"]\nresets_per_hour = 0\n\
                 [limits]\nresets_per_hour = 5\npeople_per_day = 9\n";
    let limits = load(rules).unwrap().rules[0].limits;
    assert_eq!(limits.resets_per_hour, None);
    assert_eq!(
        limits.people_per_day.map(std::num::NonZeroU32::get),
        Some(9)
    );
}

#[test]
fn each_slip_is_an_error_with_its_line_and_opens_nothing() {
    const GOOD: &str = "name = \"desk\"\noperators = [\"Desk\"]\ntargets = [\"own-ou\"]\n";
    assert!(load(GOOD).is_ok());
    for (slip, line, said) in [
        (
            "effect = \"alow\"",
            FIRST + 3,
            "must be \"allow\" or \"deny\"",
        ),
        ("exept = [\"Board\"]", FIRST + 3, "did you mean except?"),
        ("except = [\"own-ou\"]", FIRST + 3, "is for targets only"),
        (
            "except = [\"OU=Other,DC=example,DC=com\"]",
            FIRST + 3,
            "no rule goes beyond user_ou",
        ),
        (
            "actions = [\"view\", \"rest\"]",
            FIRST + 3,
            "must be a list of",
        ),
        ("actions = []", FIRST + 3, "must be a list of"),
        (
            "hours = [\"Mon-Fri 8-18\"]",
            FIRST + 3,
            "must be a list of days",
        ),
        (
            "hours = [\"Mon 08:00-09:00 Europe/Wien\"]",
            FIRST + 3,
            "must be a list of days",
        ),
        (
            "networks = [\"10.0.0.0/33\"]",
            FIRST + 3,
            "must be a list of networks",
        ),
        ("password = \"fixed\"", FIRST + 3, "needs [ad] new_password"),
        (
            "resets_per_hour = \"5\"",
            FIRST + 3,
            "must be a whole number",
        ),
        (
            "also_operators_of = [\"nobody\"]",
            FIRST + 3,
            "rules that allow",
        ),
        (
            "effect = \"deny\"\nmust_change = \"always\"",
            FIRST + 4,
            "is for effect = \"allow\" only",
        ),
    ] {
        let errors = load(&format!("{GOOD}{slip}\n")).unwrap_err();
        assert_eq!(errors.len(), 1, "{slip}: {errors:?}");
        assert!(
            errors[0].starts_with(&format!("k.toml:{line}: ")),
            "{slip}: {errors:?}"
        );
        assert!(errors[0].contains(said), "{slip}: {errors:?}");
    }
    for targets in [
        "[]",
        "[\"\"]",
        "[\"own_ou\"]",
        "[\"Direct Reports\"]",
        "\"own-ou\"",
    ] {
        let rules = format!("name = \"desk\"\noperators = [\"Desk\"]\ntargets = {targets}\n");
        assert!(load(&rules).is_err(), "{targets}");
    }
    for name in ["two words", "", "auditors", "reset_group"] {
        let rules = GOOD.replace("desk", name);
        assert!(load(&rules).is_err(), "{name}");
    }
    let twice = format!("{GOOD}[[rule]]\n{GOOD}");
    assert!(load(&twice).unwrap_err()[0].contains("has this name already"));
}
