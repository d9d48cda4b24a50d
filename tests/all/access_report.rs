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

pub async fn the_report_lists_whom_the_decision_allows(scene: &Scene) {
    let installed = Installed::over(scene, "");
    let (_, report) = report(&installed).await;
    assert_eq!(report["version"], 1);
    let lena = row(&report, "operators", "lead.lena").expect("an operator");
    assert_eq!(lena["through"][0], "Team Leads");
    assert_eq!(lena["through"][1], scene.reset_group());
    assert_eq!(lena["active"], true);
    let primary = row(&report, "operators", "lead.primary").expect("by the primary group");
    assert_eq!(primary["active"], true);
    let disabled = row(&report, "operators", "lead.disabled").expect("an operator");
    assert_eq!(disabled["active"], false);
    assert_eq!(disabled["reason"], "operator_disabled");
    assert!(row(&report, "targets", "alice.able").is_some());
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
    let count = report["targets"].as_array().unwrap().len();
    assert!(text.contains(&format!("can reset: {count}\n")), "{text}");
    let table = installed
        .run(&["access", "report", "--format", "csv"])
        .await;
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        table.contains("\r\ntarget,alice.able,Alice Able,"),
        "{table}"
    );
    assert!(
        !table.contains("\r\ntarget,=") && !table.contains(",=HYPERLINK"),
        "{table}"
    );
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
    targets.push(gone);
    fs::write(&file, earlier.to_string()).unwrap();
    let other = installed.run(&compare).await;
    let out = String::from_utf8_lossy(&other.stdout).into_owned();
    assert_eq!(other.status.code(), Some(1), "{out}");
    assert!(out.contains("+ target    alice.able"), "{out}");
    assert!(out.contains("- target    gone.since"), "{out}");
    assert!(!out.contains("lead.lena"), "{out}");

    fs::write(&file, "{}").unwrap();
    assert_eq!(installed.run(&compare).await.status.code(), Some(2));
}
