//! The report as one table (RFC 4180), safe to open in a spreadsheet.

use super::document::AccessReport;

const HEAD: [&str; 8] = [
    "kind", "account", "name", "id", "dn", "active", "reason", "through",
];

/// One line each: operators, targets, protected people, and those whom a reset would not help.
pub fn csv(report: &AccessReport) -> String {
    let mut table = line(&HEAD);
    for one in &report.operators {
        let active = if one.active { "yes" } else { "no" };
        let reason = one.reason.as_deref().unwrap_or_default();
        let through = one.through.join(" > ");
        table += &line(&[
            "operator",
            &one.account,
            &one.name,
            &one.sid,
            "",
            active,
            reason,
            &through,
        ]);
    }
    for one in &report.targets {
        table += &line(&[
            "target",
            &one.account,
            &one.name,
            &one.guid,
            &one.dn,
            "",
            "",
            "",
        ]);
    }
    for (kind, all) in [
        ("protected", &report.protected),
        ("not_now", &report.not_now),
    ] {
        for one in all {
            table += &line(&[
                kind,
                &one.account,
                &one.name,
                &one.guid,
                &one.dn,
                "",
                &one.reason,
                "",
            ]);
        }
    }
    table
}

fn line(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    fields.join(",") + "\r\n"
}

/// A field that a spreadsheet would take for a formula begins with an apostrophe: names in the
/// directory are chosen by others.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let field = if is_formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains([',', '"', '\r', '\n', ';']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::samples::report;
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_and_a_head() {
        let table = csv(&report());
        let lines: Vec<&str> = table.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 1 + 2 + 3 + 1);
        assert_eq!(lines[0], "kind,account,name,id,dn,active,reason,through");
        assert_eq!(
            lines[1],
            "operator,lead1,Lead 1,S-1-5-21-1,,yes,,Desk > Resetters"
        );
        assert_eq!(
            lines[3],
            "target,person1,Person 1,guid-1,\"CN=Person 1,OU=Staff\",,,"
        );
        assert_eq!(
            lines[6],
            "protected,person9,Person 9,guid-9,\"CN=Person 9,OU=Staff\",,admin_count,"
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
