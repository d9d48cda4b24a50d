//! The report for reading.

use super::compare::{Differences, Pair};
use super::document::{About, AccessReport, Denied, Operator, Person, RuleRow};
use crate::domain::text::{counted, visible};

/// So many of those who can reset the most.
const MOST: usize = 10;
/// So many operators are named for one person; scripts take JSON.
const NAMED: usize = 5;

/// The whole report.
pub fn text(report: &AccessReport) -> String {
    let mut lines = vec![
        format!(
            "Who can reset whom, as the rules and the directory stood at {}",
            report.at
        ),
        String::new(),
        format!(
            "Rules: {}, all of them below {}",
            report.rules.len(),
            report.user_ou
        ),
    ];
    lines.extend(report.rules.iter().map(rule));
    lines.push(String::new());
    lines.push(format!(
        "Operators: {}, of whom {} can act",
        report.operators.len(),
        report.active()
    ));
    lines.extend(report.operators.iter().map(operator));
    most(&mut lines, report);
    lines.push(String::new());
    lines.push(format!(
        "People whom somebody can reset: {}",
        report.targets.len()
    ));
    lines.extend(report.targets.iter().map(person));
    lines.push(String::new());
    lines.push(format!(
        "Accounts that nobody can reset: {}",
        report.nobody().count()
    ));
    section(&mut lines, "Protected", &report.protected);
    section(
        &mut lines,
        "Not helped by a reset as they stand now",
        &report.not_now,
    );
    section(
        &mut lines,
        "Not allowed to anybody by the rules",
        &report.not_allowed,
    );
    if !report.notes.is_empty() {
        lines.push(String::new());
        lines.extend(report.notes.iter().map(|note| format!("Note: {note}.")));
    }
    shown(&lines)
}

/// What is different.
pub fn of_differences(found: &Differences) -> String {
    let mut lines = vec![format!("Between {} and {}:", found.since, found.until)];
    if found.is_empty() {
        lines.push("nothing is different".to_owned());
    }
    lines.extend(found.rules.iter().map(|rule| format!("! {rule}")));
    let mut add = |mark: &str, what: &str, rows: Vec<String>| {
        lines.extend(rows.iter().map(|row| format!("{mark} {what}{row}")));
    };
    let operators = |all: &[Operator]| all.iter().map(operator).collect();
    let people = |all: &[Person]| all.iter().map(person).collect();
    let pairs = |all: &[Pair]| all.iter().map(pair).collect();
    add("+", "operator", operators(&found.operators_added));
    add("-", "operator", operators(&found.operators_removed));
    add("!", "operator", operators(&found.operators_changed));
    add("+", "target  ", people(&found.targets_added));
    add("-", "target  ", people(&found.targets_removed));
    add("+", "pair    ", pairs(&found.pairs_added));
    add("-", "pair    ", pairs(&found.pairs_removed));
    add("!", "pair    ", pairs(&found.pairs_changed));
    shown(&lines)
}

fn most(lines: &mut Vec<String>, report: &AccessReport) {
    let can = report.operators.iter().filter(|one| one.people > 0);
    let first: Vec<String> = can
        .take(MOST)
        .map(|one| format!("  {:>6}  {:<22} {}", one.people, one.account, one.name))
        .collect();
    if !first.is_empty() {
        lines.push(String::new());
        lines.push("Who can reset the most people".to_owned());
        lines.extend(first);
    }
}

fn section(lines: &mut Vec<String>, title: &str, all: &[Denied]) {
    if all.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!("{title}: {}", all.len()));
    lines.extend(all.iter().map(|one| {
        format!(
            "  {:<22} {}: {} ({})",
            one.account, one.name, one.because, one.reason
        )
    }));
}

fn rule(one: &RuleRow) -> String {
    let except = if one.except.is_empty() {
        String::new()
    } else {
        format!(", except {}", one.except.join("; "))
    };
    format!(
        "  {:<22} {} {}: {} → {}{except}",
        one.name,
        one.effect,
        one.actions.join(", "),
        one.operators.join("; "),
        one.targets.join("; ")
    )
}

fn operator(one: &Operator) -> String {
    let state = match &one.reason {
        Some(reason) if !one.active => format!("; cannot act ({reason})"),
        _ => String::new(),
    };
    let rules: Vec<String> = one.rules.iter().map(about).collect();
    format!(
        "  {:<22} {}, {}; {}{state}",
        one.account,
        one.name,
        counted(one.people, "person", "people"),
        rules.join("; ")
    )
}

fn about(one: &About) -> String {
    // Of a rule that denies no way is told.
    if one.through.is_empty() {
        format!("held back by {}", one.rule)
    } else {
        format!("by {} through {}", one.rule, one.through.join(" > "))
    }
}

fn person(one: &Person) -> String {
    let by = one.by.iter().map(|by| {
        let named: Vec<&str> = by
            .operators
            .iter()
            .take(NAMED)
            .map(String::as_str)
            .collect();
        let more = by.operators.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}: {}{more}", by.rule, named.join(", "))
    });
    let by: Vec<String> = by.collect();
    format!("  {:<22} {}; {}", one.account, one.name, by.join("; "))
}

fn pair(one: &Pair) -> String {
    format!(
        "  {:<22} {} (rule {})",
        one.operator_account, one.account, one.rule
    )
}

/// A name from the directory must not move the terminal's cursor or turn the line around.
fn shown(lines: &[String]) -> String {
    lines.iter().map(|line| visible(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::super::compare::compare;
    use super::super::document::samples::{by, operator as lead, person as someone, report};
    use super::*;
    use std::sync::Arc;

    #[test]
    fn operators_targets_and_protected_people_are_counted_and_listed() {
        let text = text(&report());
        for line in [
            "Operators: 2, of whom 2 can act",
            "People whom somebody can reset: 3",
            "Accounts that nobody can reset: 1",
            "Protected: 1",
            "Who can reset the most people",
            "       3  lead1                  Lead 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        assert!(text.contains("Lead 1, 3 people; by leads through Desk > Resetters"));
        assert!(text.contains("Person 1; leads: lead1, lead2"), "{text}");
        assert!(text.contains("(admin_count)"));
        let denied = About {
            rule: "no-north".to_owned(),
            through: Vec::new(),
        };
        assert_eq!(about(&denied), "held back by no-north");
        assert!(
            text.contains("allow view, reset, unlock: Resetters → OU=Staff"),
            "{text}"
        );
    }

    #[test]
    fn ten_of_those_who_can_reset_the_most_are_named_and_of_many_operators_some() {
        let mut report = report();
        report.operators = (1..=12).map(lead).collect();
        let names: Vec<String> = (1..=12).map(|it| format!("lead{it}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        report.targets[0].by = Arc::from([by("leads", &names)]);
        let text = text(&report);
        let most = text
            .lines()
            .filter(|line| line.starts_with("       3  lead"));
        assert_eq!(most.count(), MOST);
        assert!(
            text.contains("leads: lead1, lead2, lead3, lead4, lead5 and 7 more"),
            "{text}"
        );
    }

    #[test]
    fn a_name_that_turns_the_line_around_is_not_printed() {
        let mut report = report();
        report.targets[0].name = "Ali\u{202e}ce\u{1b}[2J".to_owned();
        assert!(text(&report).contains("Ali\u{fffd}ce\u{fffd}[2J"));
    }

    #[test]
    fn differences_are_marked() {
        let mut later = report();
        later.targets.remove(0);
        later.targets.push(someone(7));
        let text = of_differences(&compare(&report(), &later));
        assert!(text.contains("+ target    person7"), "{text}");
        assert!(text.contains("- target    person1"), "{text}");
        assert!(
            text.contains("- pair      lead1                  person1 (rule leads)"),
            "{text}"
        );
        assert!(of_differences(&compare(&later, &later)).contains("nothing is different"));
    }
}
