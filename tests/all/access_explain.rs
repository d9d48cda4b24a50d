//! `keyward access explain` as people and scripts run it, and held against `keyward access report`; against both
//! directories.

use keyward::domain::audit::{AuditAction, AuditOperator, AuditTarget, Entry, Phase};
use keyward::domain::limits::FrozenBy;
use serde_json::Value;

use crate::doctor::Installed;
use crate::support::directory::Scene;

/// Makes a module with one test for each case, over `$scene`.
macro_rules! access_explain_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::access_explain::$case(&$scene).await;
        })+
    };
    ($scene:expr) => {
        crate::access_explain::access_explain_cases! { $scene =>
            each_rule_says_whether_it_matches_and_the_decision_is_told,
            a_network_counts_where_an_address_is_given,
            who_is_no_operator_or_cannot_act_or_is_outside_is_told,
            a_name_that_nobody_has_is_an_error_that_says_which_of_the_two,
            what_the_operator_did_already_is_read_beside_a_running_service,
            the_report_and_the_explanation_say_the_same_of_each_pair,
        }
    };
}
pub(crate) use access_explain_cases;

#[cfg(feature = "demo")]
mod embedded {
    use crate::support::directory::Scene;
    super::access_explain_cases! { Scene::embedded().await }
}

/// An hour of work, and one of a Sunday.
const WORKING: &str = "2026-03-02T09:00:00Z";
const SUNDAY: &str = "2026-03-01T09:00:00Z";

/// Team leads help their line; resetters help in Sales at some hours, and never in Production.
fn rules(scene: &Scene) -> String {
    let (staff, group) = (scene.staff(), scene.reset_group());
    format!(
        r#"
        [[rule]]
        name = "leads"
        operators = ["Team Leads"]
        targets = ["reports"]
        [[rule]]
        name = "resetters"
        operators = ["{group}"]
        targets = ["OU=Sales,{staff}"]
        hours = ["Mon-Fri 08:00-18:00 UTC"]
        require_reason = true
        reason_pattern = "INC[0-9]+"
        must_change = "always"
        resets_per_hour = 3
        [[rule]]
        name = "no-production"
        effect = "deny"
        operators = ["{group}"]
        targets = ["OU=Production,{staff}"]
        "#
    )
}

async fn explained(installed: &Installed, arguments: &[&str]) -> Value {
    let mut all = vec!["access", "explain", "--json"];
    all.extend(arguments);
    let output = installed.run(&all).await;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    serde_json::from_slice(&output.stdout).expect("one document")
}

/// Text as it was before its lines were broken.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of<'a>(explained: &'a Value, action: &str) -> &'a Value {
    let mut all = explained["actions"].as_array().unwrap().iter();
    all.find(|one| one["action"] == action).unwrap()
}

/// What a rule says of an action: `None`, it matches.
fn why_not<'a>(explained: &'a Value, rule: &str, action: &str) -> Option<&'a str> {
    let mut rules = explained["rules"].as_array().unwrap().iter();
    let rule = rules.find(|one| one["rule"] == rule).unwrap();
    let judged = of(rule, action);
    assert_eq!(
        judged["matches"].as_bool().unwrap(),
        judged["why_not"].is_null()
    );
    judged["why_not"].as_str()
}

pub async fn each_rule_says_whether_it_matches_and_the_decision_is_told(scene: &Scene) {
    let installed = Installed::over(scene, &rules(scene));
    let alice = scene.guid("alice.able").to_string();
    for target in ["alice.able", &alice] {
        let of_alice = explained(&installed, &["lead.lena", target]).await;
        assert_eq!(of_alice["version"], 1);
        assert_eq!(of_alice["target"]["account"], "alice.able");
        assert_eq!(of(&of_alice, "reset")["rule"], "leads");
        assert_eq!(of(&of_alice, "reset")["asks"]["reason_required"], false);
        assert_eq!(of(&of_alice, "unlock")["reason"], "not_locked");
        assert_eq!(why_not(&of_alice, "leads", "reset"), None);
        assert_eq!(why_not(&of_alice, "no-production", "view"), Some("targets"));
    }
    let domain = &scene.settings.domain;
    let lena = format!("{domain}\\lead.lena");
    let working = explained(&installed, &[&lena, "bob.baker", "--at", WORKING]).await;
    let reset = of(&working, "reset");
    assert_eq!(reset["rule"], "resetters");
    let asks = &reset["asks"];
    assert_eq!(asks["reason_required"], true);
    assert_eq!(asks["reason_pattern"], "INC[0-9]+");
    assert_eq!(asks["must_change"], "always");
    assert_eq!(asks["password"], "generated");
    assert_eq!(asks["limits"]["resets_per_hour"], 3);
    assert_eq!(asks["limits"]["resets_last_hour"], 0);
    let sunday = explained(&installed, &[&lena, "bob.baker", "--at", SUNDAY]).await;
    let reset = of(&sunday, "reset");
    assert_eq!(reset["allowed"], false);
    assert_eq!(reset["reason"], "outside_hours");
    assert_eq!(reset["code"], "KW-309");
    assert_eq!(why_not(&sunday, "resetters", "reset"), Some("hours"));
    let denied = explained(&installed, &[&lena, "chris.production"]).await;
    // The operator is told of nobody; whoever asks about them, why.
    assert_eq!(of(&denied, "view")["reason"], "denied_by_rule");
    assert_eq!(why_not(&denied, "no-production", "reset"), None);

    let output = installed
        .run(&[
            "access",
            "explain",
            "lead.lena",
            "bob.baker",
            "--at",
            WORKING,
        ])
        .await;
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "Lena Lead (lead.lena)",
        "Bob Baker (bob.baker)",
        "Mon 2026-03-02 09:00",
        "Reset the password yes by rule resetters; asks for a reason like INC[0-9]+;",
        "used: 0 of 3 resets in 60 minutes",
        "Unlock the account no",
        "(not_locked, KW-336)",
        "resetters allow view, reset, unlock matches",
    ] {
        assert!(flowing(&text).contains(part), "{part}\n{text}");
    }
    let longest = text
        .lines()
        .max_by_key(|line| line.chars().count())
        .unwrap();
    assert!(longest.chars().count() <= 100, "{longest}");
}

pub async fn a_network_counts_where_an_address_is_given(scene: &Scene) {
    let rule = format!(
        "[[rule]]\nname = \"desk\"\noperators = [\"{}\"]\ntargets = [\"{}\"]\nnetworks = [\"10.0.0.0/8\"]\n",
        scene.reset_group(),
        scene.staff()
    );
    let installed = Installed::over(scene, &rule);
    let pair = ["lead.direct", "alice.able"];
    for (from, reason) in [
        (&[][..], None),
        (&["--from", "10.1.2.3"], None),
        (&["--from", "::ffff:10.1.2.3"], None),
        (&["--from", "192.0.2.7"], Some("other_network")),
    ] {
        let told = explained(&installed, &[&pair, from].concat()).await;
        assert_eq!(of(&told, "reset")["reason"].as_str(), reason, "{from:?}");
        let expected = reason.map(|_| "networks");
        assert_eq!(why_not(&told, "desk", "reset"), expected, "{from:?}");
    }
}

pub async fn who_is_no_operator_or_cannot_act_or_is_outside_is_told(scene: &Scene) {
    let installed = Installed::over(scene, &rules(scene));
    let norma = explained(&installed, &["norma.nobody", "alice.able"]).await;
    assert_eq!(norma["operator"]["is_operator"], false);
    assert_eq!(of(&norma, "view")["reason"], "not_operator");
    assert_eq!(why_not(&norma, "leads", "view"), Some("operators"));
    let disabled = explained(&installed, &["lead.disabled", "bob.baker"]).await;
    assert_eq!(disabled["operator"]["is_operator"], true);
    assert_eq!(disabled["operator"]["out_of_action"], "operator_disabled");
    assert_eq!(of(&disabled, "reset")["reason"], "operator_disabled");
    let outside = explained(&installed, &["lead.lena", "otto.outside"]).await;
    assert_eq!(outside["target"]["below_user_ou"], false);
    assert_eq!(of(&outside, "view")["reason"], "not_in_scope");
    let within = explained(&installed, &["lead.lena", "olga.operator"]).await;
    assert_eq!(within["target"]["below_user_ou"], true);
    assert_eq!(within["target"]["operator_by"][0], "resetters");
    let output = installed
        .run(&["access", "explain", "norma.nobody", "otto.outside"])
        .await;
    let text = String::from_utf8(output.stdout).unwrap();
    let text = flowing(&text);
    assert!(text.contains("no operator: in no group"), "{text}");
    assert!(text.contains("outside user_ou"), "{text}");
}

pub async fn a_name_that_nobody_has_is_an_error_that_says_which_of_the_two(scene: &Scene) {
    let installed = Installed::over(scene, &rules(scene));
    for (operator, target, which) in [
        ("nobody.at.all", "alice.able", "OPERATOR"),
        ("a*b", "alice.able", "OPERATOR"),
        ("lead.lena", "nobody.at.all", "TARGET"),
        (
            "lead.lena",
            "ffffffff-0000-0000-0000-000000000000",
            "TARGET",
        ),
        ("lead.lena", "Team Leads", "TARGET"),
    ] {
        let output = installed
            .run(&["access", "explain", operator, target])
            .await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{operator} {target} {said}");
        assert!(said.contains(which), "{said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    }
}

pub async fn what_the_operator_did_already_is_read_beside_a_running_service(scene: &Scene) {
    let installed = Installed::over(scene, &rules(scene));
    let service = installed.serving().await;
    let lena = AuditOperator {
        sid: Some(scene.sid("lead.lena")),
        name: "lead.lena".to_owned(),
    };
    for sam in ["bob.baker", "chris.sales", "bob.baker"] {
        let mut entry = Entry::new(AuditAction::ResetPassword);
        entry.phase = Phase::Attempt;
        entry.operator = Some(lena.clone());
        entry.rule = Some("resetters".to_owned());
        entry.target = Some(AuditTarget {
            guid: scene.guid(sam),
            sid: None,
            name: None,
            dn: None,
        });
        service.attempt(entry, None, None).await.unwrap();
    }
    let asked = ["lead.lena", "chris.sales", "--at", WORKING];
    let full = explained(&installed, &asked).await;
    assert_eq!(full["limits_known"], true);
    assert_eq!(of(&full, "reset")["reason"], "resets_per_hour");
    assert_eq!(
        of(&full, "unlock")["reason"],
        "not_locked",
        "nothing counts it"
    );
    assert_eq!(
        why_not(&full, "resetters", "reset"),
        Some("resets_per_hour")
    );
    let other = explained(&installed, &["lead.direct", "chris.sales", "--at", WORKING]).await;
    assert_eq!(of(&other, "reset")["allowed"], true);

    let by = FrozenBy::Command {
        reason: Some("left us".to_owned()),
    };
    service.freeze(lena, by).await.unwrap();
    let frozen = explained(&installed, &asked).await;
    assert_eq!(frozen["operator"]["frozen"]["reason"], "left us");
    assert_eq!(of(&frozen, "view")["reason"], "frozen");
    let output = installed
        .run(&["access", "explain", asked[0], asked[1]])
        .await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(flowing(&text).contains("frozen since"), "{text}");
    service.close().await;

    let database = installed.folder().join("keyward.db");
    std::fs::write(&database, "no database").unwrap();
    let unknown = explained(&installed, &asked).await;
    assert_eq!(unknown["limits_known"], false);
    assert_eq!(of(&unknown, "reset")["allowed"], true);
    let notes = unknown["notes"].to_string();
    assert!(notes.contains("were not looked at"), "{notes}");
}

/// By the report, the rule by which an operator can reset an account.
fn by_the_report<'a>(report: &'a Value, operator: &str, account: &str) -> Option<&'a str> {
    let mut targets = report["targets"].as_array().unwrap().iter();
    let lists = targets.find(|one| one["account"] == account)?["by"].as_array();
    let mut lists = lists.unwrap().iter();
    let names = |list: &&Value| {
        let mut operators = list["operators"].as_array().unwrap().iter();
        operators.any(|name| name == operator)
    };
    lists.find(names)?["rule"].as_str()
}

pub async fn the_report_and_the_explanation_say_the_same_of_each_pair(scene: &Scene) {
    let installed = Installed::over(scene, &rules(scene));
    let output = installed
        .run(&["access", "report", "--format", "json"])
        .await;
    let report: Value = serde_json::from_slice(&output.stdout).expect("one document");
    let (mut allowed, mut refused) = (0, 0);
    for operator in ["lead.lena", "olga.operator", "lead.locked", "lead.direct"] {
        for account in [
            "alice.able",
            "bob.baker",
            "chris.sales",
            "chris.production",
            "adam.admin",
            "olga.operator",
            "dora.disabled",
        ] {
            let told = explained(&installed, &[operator, account, "--at", WORKING]).await;
            let reset = of(&told, "reset");
            let rule = by_the_report(&report, operator, account);
            assert_eq!(rule, reset["rule"].as_str(), "{operator} {account} {reset}");
            if rule.is_some() {
                allowed += 1;
            } else {
                refused += 1;
            }
        }
    }
    assert!(allowed >= 5 && refused >= 15, "{allowed} {refused}");
    let of_nobody = report["not_allowed"].as_array().unwrap();
    let production = of_nobody
        .iter()
        .find(|one| one["account"] == "chris.production");
    assert_eq!(production.unwrap()["reason"], "denied_by_rule");
}
