//! The report for reading.

use super::compare::Differences;
use super::document::{AccessReport, Denied, Operator, Person};
use crate::domain::text::visible;

/// The whole report.
pub fn text(report: &AccessReport) -> String {
    let mut lines = vec![
        format!(
            "Who can reset whom, as the rules and the directory stood at {}",
            report.at
        ),
        String::new(),
        format!(
            "Rule {}: whoever is in {} may reset people below {}",
            report.rule, report.group, report.user_ou
        ),
        String::new(),
        format!(
            "Operators: {}, of whom {} can act",
            report.operators.len(),
            report.active()
        ),
    ];
    lines.extend(report.operators.iter().map(operator));
    lines.push(String::new());
    lines.push(format!(
        "People that each of them can reset: {}",
        report.targets.len()
    ));
    lines.extend(report.targets.iter().map(person));
    section(
        &mut lines,
        "Protected, so that nobody resets them here",
        &report.protected,
    );
    section(
        &mut lines,
        "Not helped by a reset as they stand now",
        &report.not_now,
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
    add("+", "operator", operators(&found.operators_added));
    add("-", "operator", operators(&found.operators_removed));
    add("!", "operator", operators(&found.operators_changed));
    add("+", "target  ", people(&found.targets_added));
    add("-", "target  ", people(&found.targets_removed));
    shown(&lines)
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

fn operator(one: &Operator) -> String {
    let state = match &one.reason {
        Some(reason) if !one.active => format!("; cannot act ({reason})"),
        _ => String::new(),
    };
    format!(
        "  {:<22} {}, through {}{state}",
        one.account,
        one.name,
        one.through.join(" > ")
    )
}

fn person(one: &Person) -> String {
    format!("  {:<22} {}", one.account, one.name)
}

/// A name from the directory must not move the terminal's cursor or turn the line around.
fn shown(lines: &[String]) -> String {
    lines.iter().map(|line| visible(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::super::compare::compare;
    use super::super::document::samples::{person as someone, report};
    use super::*;

    #[test]
    fn operators_targets_and_protected_people_are_counted_and_listed() {
        let text = text(&report());
        for line in [
            "Operators: 2, of whom 2 can act",
            "People that each of them can reset: 3",
            "Protected, so that nobody resets them here: 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        assert!(text.contains("Lead 1, through Desk > Resetters"));
        assert!(text.contains("(admin_count)"));
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
        assert!(of_differences(&compare(&later, &later)).contains("nothing is different"));
    }
}
