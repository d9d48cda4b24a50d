//! What is said of the rules.

use super::super::check::{Advice, Told};
use super::super::rules::Standing;
use crate::domain::text::counted;

const READ: &str = "docs/doctor.md#rules";

/// Names that the directory does not have.
pub(in crate::doctor) fn missing(missing: &[String]) -> Told {
    Told::fail(
        format!(
            "the rules or the protection name {} that the directory does not have, so nobody can sign in and nobody can \
             be helped",
            counted(missing.len(), "thing", "things")
        ),
        Advice::new(
            "a group, an OU or an account was renamed, moved or deleted, an OU is not below [ad] user_ou, or there is a \
             slip in the settings. A rule that denies would deny nobody, so as long as it is not known whom it means, \
             nothing is done",
            ["put the names right, or take them out, then: keyward config reload"],
            READ,
        ),
    )
    .listing(missing.to_vec())
}

/// How each rule stands.
pub(in crate::doctor) fn rules(rules: &[Standing]) -> Told {
    let list = rules.iter().map(line).collect();
    let idle: Vec<&str> = rules
        .iter()
        .filter(|rule| rule.operators == 0)
        .map(|rule| rule.name.as_str())
        .collect();
    let aimless: Vec<&str> = rules
        .iter()
        .filter(|rule| rule.operators > 0 && !rule.reaches)
        .map(|rule| rule.name.as_str())
        .collect();
    let sentences = [
        ("nobody is in the groups of", idle),
        ("nobody is reached by", aimless),
    ];
    let sentences: Vec<String> = sentences
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} {}", names.join(", ")))
        .collect();
    if sentences.is_empty() {
        return Told::ok(format!(
            "everything that {} names is there",
            counted(rules.len(), "rule", "rules")
        ))
        .listing(list);
    }
    Told::warn(
        sentences.join("; "),
        Advice::new(
            "a group is empty, or an OU has no people; or nobody of those reached is below [ad] user_ou",
            [
                "put the people into the group: Add-ADGroupMember",
                "or put operators and targets of the rule right; keyward access explain OPERATOR TARGET says what it says",
            ],
            READ,
        ),
    )
    .listing(list)
}

fn line(rule: &Standing) -> String {
    let reaches = match (rule.operators, rule.reaches) {
        (0, _) => "",
        (_, true) => ", reaches people",
        (_, false) => ", reaches nobody",
    };
    format!(
        "{}: {}, of whom {} can act{reaches}",
        rule.name,
        counted(rule.operators, "operator", "operators"),
        rule.active
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::check::Level;
    use super::*;

    fn rule(name: &str, operators: usize, reaches: bool) -> Standing {
        Standing {
            name: name.to_owned(),
            operators,
            active: operators,
            reaches,
        }
    }

    #[test]
    fn a_rule_without_operators_or_without_anybody_to_reach_is_a_warning() {
        let well = rules(&[rule("leads", 3, true)]);
        assert_eq!(well.level, Level::Ok);
        assert_eq!(
            well.list,
            ["leads: 3 operators, of whom 3 can act, reaches people"]
        );
        let both = rules(&[
            rule("leads", 3, true),
            rule("desk", 0, false),
            rule("north", 1, false),
        ]);
        assert_eq!(both.level, Level::Warn);
        assert_eq!(
            both.sentence,
            "nobody is in the groups of desk; nobody is reached by north"
        );
    }

    #[test]
    fn what_is_not_there_fails_and_is_listed() {
        let told = missing(&["the group X of operators of rule leads".to_owned()]);
        assert_eq!(told.level, Level::Fail);
        assert_eq!(told.list, ["the group X of operators of rule leads"]);
    }
}
