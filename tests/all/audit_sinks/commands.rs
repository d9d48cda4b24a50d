//! Commands that write into the log while no service runs: the sinks are at work for them too.

use super::installed::Installed;
use crate::support::browser::Browser;
use crate::support::log::lines_in;
use keyward::embedded::test_domain::SERVICE_PASSWORD;
use std::fs;
use std::process::Output;

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_service_too_nothing_is_changed_that_a_required_sink_has_not_taken() {
    let house = Installed::with("required = true\n").await;
    let settings = fs::read(house.path("keyward.toml")).unwrap();
    house.is_away(true);
    let refused = house.run("service-account rotate");
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let why = said(&refused);
    for part in ["witness", "Nothing was changed", "keyward doctor"] {
        assert!(why.contains(part), "{why}");
    }
    assert!(house.password_is(SERVICE_PASSWORD));
    assert_eq!(fs::read(house.path("keyward.toml")).unwrap(), settings);
    assert!(
        lines_in(&house.path("keyward.db")).await.is_empty(),
        "nothing was even tried"
    );
    house.is_away(false);
    house.ok("service-account rotate");
    assert!(!house.password_is(SERVICE_PASSWORD));
    let (records, _) = house.taken();
    let of_rotation =
        |phase: &str| format!("\"action\":\"rotate_service_account\",\"phase\":\"{phase}\"");
    assert!(records[0].contains(&of_rotation("attempt")), "{records:?}");
    assert!(records[1].contains(&of_rotation("outcome")), "{records:?}");
    house.has_everything().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_not_required_keeps_no_command_and_gets_the_rest_at_the_next_start() {
    let house = Installed::with("").await;
    house.is_away(true);
    let rotated = house.ok("service-account rotate");
    assert!(
        said(&rotated).contains("the audit sink witness has not got every record yet"),
        "{rotated:?}"
    );
    assert!(!house.password_is(SERVICE_PASSWORD));
    house.is_away(false);
    let program = house.start();
    let mut browser = Browser::new(program.address);
    browser.sign_in("lead.direct", "Start-Pass-123!").await;
    house.ends_well(program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_the_log_alone_is_not_kept_by_a_sink_and_is_delivered_by_the_command() {
    let house = Installed::with("required = true\n").await;
    house.ok("service-account rotate");
    for command in ["audit key --new", "audit archive --before 9000-01-01"] {
        house.ok(command);
        let (records, _) = house.taken();
        let last = records.last().unwrap();
        let action = if command.contains("key") {
            "audit_key_changed"
        } else {
            "archive_audit"
        };
        assert!(last.contains(action), "{command}: {last}");
    }
    house.is_away(true);
    let changed = house.ok("audit key --new");
    assert!(said(&changed).contains("has not got every record yet"));
}
