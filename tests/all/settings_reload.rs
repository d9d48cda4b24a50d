//! Rules that change while the service runs: in force at once, or not at all, and on record.

use std::sync::Arc;

use keyward::domain::audit::{AuditAction, Detail};
use rustix::process::Signal;

use crate::support::browser::Browser;
use crate::support::directory::Scene;
use crate::support::log::{lines_in, records};
use crate::support::program::{Program, keyward, write_settings};
use crate::support::secrets::Searched;
use crate::web_cases::address;

/// A rule by which these groups may help these people.
fn rule(name: &str, operators: &str, targets: &str) -> String {
    format!(
        "[[rule]]\nname = \"{name}\"\noperators = [\"{operators}\"]\ntargets = [\"{targets}\"]\n"
    )
}

/// Asks the service to read its settings, with `rules` in them; the exit status, and what was said.
fn reload(folder: &Searched, settings: &str, rules: &str) -> (Option<i32>, String) {
    write_settings(folder, "keyward.toml", &format!("{settings}{rules}"));
    let mut command = keyward(folder);
    let output = command.args(["config", "reload"]).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap())
}

fn start(scene: &Scene) -> (Program, Arc<Searched>, String) {
    let directory = scene.server();
    let port = directory.address.port();
    let folder = Program::prepare_with(port, &directory.ca_pem, "keyward.db", "");
    let settings = std::fs::read_to_string(folder.path().join("keyward.toml")).unwrap();
    (Program::start_in(Arc::clone(&folder)), folder, settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_read_again_are_in_force_at_once_and_each_change_is_on_record() {
    let scene = Scene::embedded().await;
    let (program, folder, settings) = start(&scene);
    let bob = address(&scene, "bob.baker");
    let mut lena = Browser::new(program.address);
    lena.sign_in("lead.lena", "Start-Pass-123!").await;
    assert_eq!(lena.get(&bob).await.status, 200);

    // Only those who report to her from now on.
    let own = rule("own", "Password Resetters", "direct-reports");
    let (status, said) = reload(&folder, &settings, &own);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("in force"), "{said}");
    assert_eq!(lena.get(&bob).await.status, 404);
    let report = address(&scene, "alice.able");
    assert_eq!(lena.get(&report).await.status, 200);

    // The same once more is no change; comments are none either.
    let (status, said) = reload(&folder, &settings, &format!("# by hand\n{own}"));
    assert_eq!(status, Some(0), "{said}");
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
    let lines = lines_in(&folder.path().join("keyward.db")).await;
    let changes: Vec<_> = records(&lines)
        .into_iter()
        .map(|record| record.entry)
        .filter(|entry| entry.action == AuditAction::SettingsChanged)
        .collect();
    assert_eq!(changes.len(), 2, "{changes:?}");
    let digests: Vec<&Detail> = changes
        .iter()
        .map(|entry| &entry.details["sha256"])
        .collect();
    assert_ne!(digests[0], digests[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_name_what_is_not_there_leave_the_old_ones_in_force_and_are_named() {
    let scene = Scene::embedded().await;
    let (program, folder, settings) = start(&scene);
    let bob = address(&scene, "bob.baker");
    let mut lena = Browser::new(program.address);
    lena.sign_in("lead.lena", "Start-Pass-123!").await;
    for (rules, named) in [
        (
            rule("desk", "No Such Group", "own-ou"),
            "No Such Group of operators of rule desk",
        ),
        (
            rule("desk", "Password Resetters", "No Such Class"),
            "No Such Class of targets of rule desk",
        ),
        (
            rule(
                "desk",
                "Password Resetters",
                "OU=Nowhere,OU=Staff,DC=example,DC=test",
            ),
            "OU=Nowhere,OU=Staff,DC=example,DC=test, named in targets of rule desk",
        ),
        (
            rule(
                "desk",
                "Password Resetters",
                "OU=Elsewhere,DC=example,DC=test",
            ),
            "no rule goes beyond user_ou",
        ),
        (
            "[[rule]]\nname = \"desk\"\neffect = \"alow\"\n".to_owned(),
            "[[rule]] effect: must be",
        ),
        (
            "[[rule]]\nname = \"desk\"\noperator = [\"x\"]\n".to_owned(),
            "operators",
        ),
        (
            "[protect]\naccounts = [\"no.body\"]\n".to_owned(),
            "no.body, named in protect.accounts",
        ),
    ] {
        let (status, said) = reload(&folder, &settings, &rules);
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains(named), "{named}: {said}");
        assert!(said.ends_with("the running settings stay\n"), "{said}");
        assert_eq!(lena.get(&bob).await.status, 200, "{named}");
    }
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_taken_away_between_the_look_and_the_reset_allows_no_reset() {
    let scene = Scene::embedded().await;
    let (program, folder, settings) = start(&scene);
    let bob = address(&scene, "bob.baker");
    let mut lena = Browser::new(program.address);
    lena.sign_in("lead.lena", "Start-Pass-123!").await;
    let action = format!("{bob}/reset");
    let csrf = lena.get(&bob).await.csrf(&action);
    let own = rule("own", "Password Resetters", "direct-reports");
    assert_eq!(reload(&folder, &settings, &own).0, Some(0));
    assert_eq!(lena.post(&action, &[("csrf", &csrf)]).await.status, 404);
    // And whoever is in no rule's group any more is signed out.
    let others = rule("others", "Log Readers", "own-ou");
    assert_eq!(reload(&folder, &settings, &others).0, Some(0));
    assert_eq!(lena.post(&action, &[("csrf", &csrf)]).await.status, 403);
    program.signal(Signal::TERM);
    assert!(program.ended().await.success());
    let lines = lines_in(&folder.path().join("keyward.db")).await;
    let codes: Vec<_> = records(&lines)
        .into_iter()
        .map(|record| record.entry)
        .filter(|entry| entry.action == AuditAction::ResetPassword)
        .map(|entry| entry.code.unwrap_or_default())
        .collect();
    assert_eq!(codes, ["not_in_scope", "not_operator"]);
}
