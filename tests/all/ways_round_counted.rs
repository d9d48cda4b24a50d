//! Ways round limits, hours and networks: what needs a clock of its own, a restart, many requests at once, or the pages.

use super::{LEADS, Ways};
use crate::support::directory::Scene;
use crate::support::office::{CLIENT, Office};
use crate::support::service::Service;
use jiff::{SignedDuration, Timestamp};
use keyward::actions::{ActionError, ResetAnswer, UnlockAnswer};
use keyward::domain::audit::{AuditAction, AuditResult};
use keyward::domain::authorize::Refusal;
use keyward::domain::time::Clock;
use keyward::store::Session;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that a test sets.
#[derive(Clone, Default)]
struct Set(Arc<AtomicI64>);

impl Set {
    fn clock(&self) -> Clock {
        let ahead = Arc::clone(&self.0);
        let add = move || SignedDuration::from_secs(ahead.load(Ordering::SeqCst));
        Clock::from_fn(move || Clock::system().now().checked_add(add()).unwrap())
    }

    /// By so many seconds, from the machine's own time.
    fn ahead(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

/// With ten people more in the team, and limits for the leads.
async fn team(limits: &str, clock: Clock) -> Ways {
    let rules = format!("{LEADS}{limits}\n");
    let mut ways = Ways::at(Scene::embedded().await, clock, &rules).await;
    for number in 0..10 {
        ways.person(&format!("t{number}"), "Team").await;
    }
    ways
}

async fn three_of_ten_at_once(ways: &Ways, sessions: &[Session]) -> usize {
    let app = &ways.office.app;
    let tries = (0..10).map(|number| {
        let form = ways.forged(&format!("t{number}"));
        app.reset_password(&sessions[number % sessions.len()], form, CLIENT)
    });
    let answers = futures_util::future::join_all(tries).await;
    let done =
        |answer: &&Result<ResetAnswer, ActionError>| matches!(answer, Ok(ResetAnswer::Done(_)));
    answers.iter().filter(done).count()
}

async fn refusals(office: &Office, code: &str) -> usize {
    let log = office.log().await;
    let is = |record: &&keyward::domain::audit::Record| {
        record.entry.action == AuditAction::ResetPassword
            && record.entry.result == Some(AuditResult::Refused)
            && record.entry.code.as_deref() == Some(code)
    };
    log.iter().filter(is).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_and_from_two_sessions_do_not_pass_a_limit_together() {
    let ways = team("resets_per_hour = 3", Clock::system()).await;
    let sessions = [ways.signed_in("lena").await, ways.signed_in("lena").await];
    assert_eq!(three_of_ten_at_once(&ways, &sessions).await, 3);
    assert_eq!(ways.office.scene.server().witness().reset_count(), 3);
    assert_eq!(refusals(&ways.office, "resets_per_hour").await, 7);
    // Somebody else has a limit of their own.
    let lars = ways.signed_in("lars").await;
    assert_eq!(ways.tried(&lars, "alice").await, "leads");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_makes_no_room_in_a_limit() {
    let ways = team("people_per_day = 2", Clock::system()).await;
    let lena = ways.signed_in("lena").await;
    for sam in ["t0", "t1", "t1"] {
        assert_eq!(ways.tried(&lena, sam).await, "leads");
    }
    let Ways { office, estate } = ways;
    let ways = Ways {
        office: office.restart().await,
        estate,
    };
    let lena = ways.signed_in("lena").await;
    assert_eq!(ways.tried(&lena, "t2").await, "people_per_day");
    // Whoever was helped is nobody new.
    assert_eq!(ways.tried(&lena, "t0").await, "leads");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_makes_no_room_in_a_limit() {
    let set = Set::default();
    let ways = team("resets_per_hour = 2", set.clock()).await;
    let lena = ways.signed_in("lena").await;
    for sam in ["t0", "t1"] {
        assert_eq!(ways.tried(&lena, sam).await, "leads");
    }
    for (hours, sam) in [(-30, "t2"), (5, "t3"), (0, "t4")] {
        set.ahead(hours * 3600);
        assert_eq!(
            ways.tried(&lena, sam).await,
            "resets_per_hour",
            "{hours} hours"
        );
    }
    assert_eq!(ways.office.scene.server().witness().reset_count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_of_the_operator_makes_no_room_in_a_limit() {
    let ways = team("resets_per_hour = 1", Clock::system()).await;
    let lena = ways.signed_in("lena").await;
    assert_eq!(ways.tried(&lena, "t0").await, "leads");
    let admin = ways.office.scene.server().admin();
    admin.rename("ways.lena", "Somebody Else").unwrap();
    admin
        .put("ways.lena", "sAMAccountName", Some("ways.other"))
        .unwrap();
    assert_eq!(ways.tried(&lena, "t1").await, "resets_per_hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn unlocking_in_between_makes_no_room_in_a_limit() {
    let mut ways = team("resets_per_hour = 1", Clock::system()).await;
    let lena = ways.signed_in("lena").await;
    assert_eq!(ways.tried(&lena, "t0").await, "leads");
    ways.office.scene.server().admin().lock("ways.t1").unwrap();
    let form = ways.office.unlock_form(&lena, "ways.t1").await;
    let answer = ways.office.app.unlock_account(&lena, form, CLIENT).await;
    assert!(matches!(answer, Ok(UnlockAnswer::Done)), "{answer:?}");
    ways.refuses(&lena, &[("t1", "resets_per_hour")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_frozen_does_nothing_with_an_old_session_or_an_old_form() {
    let mut ways = team(
        "resets_per_hour = 1\nwhen_reached = \"freeze\"",
        Clock::system(),
    )
    .await;
    let lena = ways.signed_in("lena").await;
    let other = ways.signed_in("lena").await;
    let old = ways.form(&other, "t1").await;
    assert_eq!(ways.tried(&lena, "t0").await, "leads");
    assert_eq!(ways.tried(&lena, "t2").await, "resets_per_hour");
    ways.refuses_form(&other, old, ("t1", "frozen")).await;
    let look = ways
        .office
        .app
        .view(&other, ways.office.scene.guid("ways.t3"), CLIENT)
        .await;
    assert!(
        matches!(look, Err(ActionError::Refused(Refusal::Frozen))),
        "{look:?}"
    );
    let find = ways
        .office
        .app
        .find(&lena, &"ways.".parse().unwrap(), CLIENT)
        .await;
    assert!(
        matches!(find, Err(ActionError::Refused(Refusal::Frozen))),
        "{find:?}"
    );
    ways.office.scene.server().admin().lock("ways.t4").unwrap();
    let forged = ways.forged("t4");
    let unlock = keyward::actions::UnlockRequest {
        target: forged.target,
        reason: None,
        form_nonce: forged.form_nonce,
        fingerprint: forged.fingerprint,
    };
    let answer = ways.office.app.unlock_account(&lena, unlock, CLIENT).await;
    assert!(
        matches!(answer, Ok(UnlockAnswer::Refused(Refusal::Frozen, _))),
        "{answer:?}"
    );
    assert!(
        ways.office
            .scene
            .server()
            .admin()
            .is_locked("ways.t4")
            .unwrap()
    );
}

/// Whether it is allowed at a time in Vienna, on a Wednesday in winter.
async fn at(time: &str) -> String {
    let then: Timestamp = format!("2026-12-02T{time}+01:00").parse().unwrap();
    let ahead = then.duration_since(Clock::system().now());
    let set = Set::default();
    set.ahead(ahead.as_secs());
    let rules = format!("{LEADS}hours = [\"Mon-Fri 07:00-18:00 Europe/Vienna\"]\n");
    let ways = Ways::at(Scene::embedded().await, set.clock(), &rules).await;
    let lena = ways.signed_in("lena").await;
    ways.tried(&lena, "alice").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_is_over_when_it_is_over() {
    let found =
        futures_util::future::join_all(["06:59:40", "07:00:01", "17:59:30", "18:00:01"].map(at));
    assert_eq!(
        found.await,
        ["outside_hours", "leads", "leads", "outside_hours"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_names_another_address_opens_no_network() {
    let scene = Scene::embedded().await;
    let service = Service::over_ruled(&scene, |actions| {
        actions.rules.rules[0].networks = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut lena = service.sign_in(&scene, "lead.lena").await;
    let alice = crate::web_cases::address(&scene, "alice.able");
    for (header, value) in [
        ("X-Forwarded-For", "10.0.0.1"),
        ("X-Forwarded-For", "10.0.0.1, 127.0.0.1"),
        ("Forwarded", "for=10.0.0.1"),
        ("X-Real-IP", "10.0.0.1"),
    ] {
        let answer = lena.with(header, value).get(&alice).await;
        assert_ne!(answer.status, 200, "{header}: {value}");
        assert!(!answer.body.contains("/reset\""), "{header}: {value}");
    }
    let answer = lena.get(&alice).await;
    assert!(answer.body.contains("KW-310"), "{}", answer.text());
}
