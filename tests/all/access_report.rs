//! `keyward access report` as people and scripts run it, against both directories.

use std::fs;

use serde_json::Value;

use crate::doctor::Installed;
use crate::support::directory::Scene;

/// Makes a module with one test for each case, over `$scene`.
macro_rules! access_report_cases {
    ($scene:expr) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn the_report_lists_whom_the_decision_allows_and_why_not_the_others() {
            crate::access_report::the_report_lists_whom_the_decision_allows(&$scene).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn an_earlier_report_shows_what_came_and_what_went() {
            crate::access_report::an_earlier_report_shows_what_came_and_what_went(&$scene).await;
        }
    };
}
pub(crate) use access_report_cases;

#[cfg(feature = "demo")]
mod embedded {
    use crate::support::directory::Scene;
    super::access_report_cases! { Scene::embedded().await }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_group_of_the_settings_that_is_not_in_the_directory_is_named() {
        let scene = Scene::embedded().await;
        let more = "[audit]\nauditors = [\"Nobody Has This\"]\n";
        let installed = crate::doctor::Installed::over(&scene, more);
        let output = installed.run(&["access", "report"]).await;
        let said = String::from_utf8_lossy(&output.stderr);
        let names = said
            .contains("the group Nobody Has This of audit.auditors was not found in the directory");
        assert!(names, "{said}");
    }
}

fn row<'a>(report: &'a Value, list: &str, account: &str) -> Option<&'a Value> {
    let all = report[list].as_array().unwrap();
    all.iter().find(|one| one["account"] == account)
}

async fn report(installed: &Installed) -> (String, Value) {
    let output = installed
        .run(&["access", "report", "--format", "json"])
        .await;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let json = serde_json::from_str(&text).unwrap();
    (text, json)
}

/// Who can reset an account, and by which rule.
fn by<'a>(report: &'a Value, account: &str) -> Vec<(&'a str, &'a str)> {
    let person = row(report, "targets", account);
    let lists = person.and_then(|one| one["by"].as_array());
    let mut all = Vec::new();
    for list in lists.into_iter().flatten() {
        let rule = list["rule"].as_str().unwrap();
        for operator in list["operators"].as_array().unwrap() {
            all.push((operator.as_str().unwrap(), rule));
        }
    }
    all
}

pub async fn the_report_lists_whom_the_decision_allows(scene: &Scene) {
    let installed = Installed::over(scene, "");
    let (_, report) = report(&installed).await;
    assert_eq!(report["version"], 2);
    let lena = row(&report, "operators", "lead.lena").expect("an operator");
    let rule = &lena["rules"][0];
    assert_eq!(rule["rule"], "reset_group");
    assert_eq!(rule["through"][0], "Team Leads");
    assert_eq!(rule["through"][1], scene.reset_group());
    assert_eq!(lena["active"], true);
    let targets = report["targets"].as_array().unwrap();
    assert_eq!(lena["people"], targets.len());
    let primary = row(&report, "operators", "lead.primary").expect("by the primary group");
    assert_eq!(primary["active"], true);
    let disabled = row(&report, "operators", "lead.disabled").expect("an operator");
    assert_eq!(disabled["active"], false);
    assert_eq!(disabled["reason"], "operator_disabled");
    assert_eq!(disabled["people"], 0);
    let of_alice = by(&report, "alice.able");
    assert!(
        of_alice.contains(&("lead.lena", "reset_group")),
        "{of_alice:?}"
    );
    assert!(!of_alice.iter().any(|(name, _)| *name == "lead.disabled"));
    assert!(row(&report, "operators", "alice.able").is_none());
    for (account, reason) in [("lead.lena", "fellow_operator"), ("WS01$", "computer")] {
        if let Some(one) = row(&report, "protected", account) {
            assert_eq!(one["reason"], reason);
        }
        assert!(row(&report, "targets", account).is_none());
    }
    assert!(report["protected"].as_array().unwrap().len() > 3);
    let helpless = row(&report, "not_now", "dora.disabled").expect("nothing would help");
    assert_eq!(helpless["reason"], "target_disabled");

    let text = installed.run(&["access", "report"]).await;
    let text = String::from_utf8(text.stdout).unwrap();
    let count = targets.len();
    assert!(
        text.contains(&format!("somebody can reset: {count}\n")),
        "{text}"
    );
    let lists = ["protected", "not_now", "not_allowed"];
    let nobody: usize = lists
        .iter()
        .map(|list| report[list].as_array().unwrap().len())
        .sum();
    assert!(
        text.contains(&format!("nobody can reset: {nobody}\n")),
        "{text}"
    );
    assert!(text.contains("Who can reset the most people\n"), "{text}");
    let table = installed
        .run(&["access", "report", "--format", "csv"])
        .await;
    let table = String::from_utf8(table.stdout).unwrap();
    let rows = |end: &str| table.lines().filter(|line| line.ends_with(end)).count();
    let pairs: usize = targets
        .iter()
        .map(|one| by(&report, one["account"].as_str().unwrap()).len())
        .sum();
    assert_eq!(rows(",reset_group,yes,"), pairs);
    assert!(table.contains(",alice.able,Alice Able,"), "{table}");
    assert!(!table.contains(",=HYPERLINK"), "{table}");
}

pub async fn an_earlier_report_shows_what_came_and_what_went(scene: &Scene) {
    let installed = Installed::over(scene, "");
    let (text, mut earlier) = report(&installed).await;
    let file = installed.folder().join("earlier.json");
    fs::write(&file, &text).unwrap();
    let compare = ["access", "report", "--compare", "earlier.json"];
    let same = installed.run(&compare).await;
    let out = String::from_utf8_lossy(&same.stdout).into_owned();
    assert_eq!(same.status.code(), Some(0), "{out}");
    assert!(out.contains("nothing is different"), "{out}");

    let mut gone = earlier["targets"][0].clone();
    gone["guid"] = "ffffffff-0000-0000-0000-000000000000".into();
    gone["account"] = "gone.since".into();
    let targets = earlier["targets"].as_array_mut().unwrap();
    targets.retain(|one| one["account"] != "alice.able");
    let other = targets.iter_mut().find(|one| one["account"] == "bob.baker");
    other.expect("somebody who can be reset")["by"] = Value::Array(Vec::new());
    targets.push(gone);
    fs::write(&file, earlier.to_string()).unwrap();
    let other = installed.run(&compare).await;
    let out = String::from_utf8_lossy(&other.stdout).into_owned();
    assert_eq!(other.status.code(), Some(1), "{out}");
    assert!(out.contains("+ target    alice.able"), "{out}");
    assert!(out.contains("- target    gone.since"), "{out}");
    let pair = |mark: &str, account: &str| {
        let row = format!(
            "{mark} pair      {:<22} {account} (rule reset_group)",
            "lead.lena"
        );
        out.lines().any(|line| line == row)
    };
    assert!(pair("+", "alice.able"), "{out}");
    assert!(pair("+", "bob.baker"), "{out}");
    assert!(pair("-", "gone.since"), "{out}");
    let of_operators = |line: &str| {
        line.get(1..)
            .is_some_and(|rest| rest.starts_with(" operator"))
    };
    assert!(!out.lines().any(of_operators), "{out}");
    fs::write(&file, text.replacen("\"version\": 2", "\"version\": 1", 1)).unwrap();
    let old = installed.run(&compare).await;
    assert_eq!(old.status.code(), Some(2));
    let said = String::from_utf8_lossy(&old.stderr);
    assert!(said.contains("has version 1 of the format"), "{said}");

    fs::write(&file, "{}").unwrap();
    assert_eq!(installed.run(&compare).await.status.code(), Some(2));
}
