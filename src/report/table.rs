//! The report as one table (RFC 4180), safe to open in a spreadsheet.

use super::document::{AccessReport, Operator};
use crate::domain::text::visible;
use std::collections::HashMap;

const HEAD: [&str; 10] = [
    "operator",
    "operator_name",
    "operator_id",
    "account",
    "name",
    "id",
    "dn",
    "rule",
    "allowed",
    "reason",
];

/// The table in pieces: its head, then one for each operator, who can reset most people first, with a line for each of
/// those people; who can reset nobody has one line. The last piece has a line for each account that nobody can reset.
pub fn csv(report: &AccessReport) -> impl Iterator<Item = String> {
    let mut reached = reached(report);
    let operators = report.operators.iter().map(move |operator| {
        let people = reached.remove(operator.account.as_str());
        of_operator(report, operator, &people.unwrap_or_default())
    });
    let nobody = std::iter::once_with(|| {
        let lines = report.nobody().map(|one| {
            line(&[
                "",
                "",
                "",
                &one.account,
                &one.name,
                &one.guid,
                &one.dn,
                "",
                "no",
                &one.reason,
            ])
        });
        lines.collect()
    });
    std::iter::once(line(&HEAD)).chain(operators).chain(nobody)
}

/// For each operator the places of the people whom they can reset, each with the rule.
fn reached(report: &AccessReport) -> HashMap<&str, Vec<(usize, &str)>> {
    let mut reached: HashMap<&str, Vec<(usize, &str)>> = HashMap::new();
    for (at, person) in report.targets.iter().enumerate() {
        for by in person.by.iter() {
            for operator in &by.operators {
                let people = reached.entry(operator).or_default();
                people.push((at, &by.rule));
            }
        }
    }
    reached
}

fn of_operator(report: &AccessReport, operator: &Operator, people: &[(usize, &str)]) -> String {
    let Operator {
        account, name, sid, ..
    } = operator;
    if people.is_empty() {
        let reason = operator.reason.as_deref().unwrap_or_default();
        return line(&[account, name, sid, "", "", "", "", "", "no", reason]);
    }
    let lines = people.iter().filter_map(|(at, rule)| {
        let person = report.targets.get(*at)?;
        Some(line(&[
            account,
            name,
            sid,
            &person.account,
            &person.name,
            &person.guid,
            &person.dn,
            rule,
            "yes",
            "",
        ]))
    });
    lines.collect()
}

fn line(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    fields.join(",") + "\r\n"
}

/// A field that a spreadsheet would take for a formula begins with an apostrophe: names in the
/// directory are chosen by others.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    // It is printed on terminals, too.
    let field = &visible(field);
    let field = if is_formula {
        format!("'{field}")
    } else {
        field.clone()
    };
    if field.contains([',', '"', '\r', '\n', ';']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::samples::{operator, report};
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_pair_and_for_each_account_that_nobody_can_reset() {
        let mut report = report();
        let mut away = operator(3);
        away.reason = Some("operator_locked".to_owned());
        report.operators.push(away);
        let table: String = csv(&report).collect();
        let lines: Vec<&str> = table.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 1 + 2 * 3 + 1 + 1);
        assert_eq!(
            lines[0],
            "operator,operator_name,operator_id,account,name,id,dn,rule,allowed,reason"
        );
        assert_eq!(
            lines[1],
            "lead1,Lead 1,S-1-5-21-1,person1,Person 1,guid-1,\"CN=Person 1,OU=Staff\",leads,yes,"
        );
        assert!(lines[4].starts_with("lead2,Lead 2,"), "{}", lines[4]);
        assert_eq!(lines[7], "lead3,Lead 3,S-1-5-21-3,,,,,,no,operator_locked");
        assert_eq!(
            lines[8],
            ",,,person9,Person 9,guid-9,\"CN=Person 9,OU=Staff\",,no,admin_count"
        );
    }

    #[test]
    fn no_name_from_the_directory_becomes_a_formula() {
        for name in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(
                quoted(name).trim_start_matches('"').starts_with('\''),
                "{name:?}"
            );
        }
        assert_eq!(
            quoted("=HYPERLINK(\"x\",\"y\")"),
            "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""
        );
        assert_eq!(quoted("O'Brien-Smith"), "O'Brien-Smith");
    }
}
