//! The main job with any directory: an operator resets a person's password, or is refused.

use crate::support::directory::Scene;
use crate::support::office::{CLIENT, Office, bytes_beside, nobody, nonce};
use keyward::actions::{ResetAnswer, UnlockAnswer};
use keyward::directory::{BindRefusal, BindVerdict};
use keyward::domain::account::Protection;
use keyward::domain::audit::{AuditAction, AuditResult, Phase};
use keyward::domain::authorize::Refusal;
use keyward::domain::password::PolicyBreach;
use keyward::domain::preflight::Obstacle;
use keyward::domain::reason::UnfitReason;
use keyward::domain::rules::PasswordKind;

/// Makes a module with one test for each case, over `$scene`.
macro_rules! main_job_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::main_job::$case($scene).await;
        })+
    };
    ($scene:expr) => {
        crate::main_job::main_job_cases! { $scene =>
            a_reset_is_on_record_before_and_after,
            a_member_of_a_nested_group_may_reset,
            an_account_outside_the_base_is_not_there,
            a_protected_account_is_refused_even_inside_the_scope,
            a_form_works_once_however_often_it_is_sent,
            a_form_for_a_renamed_account_works_no_more,
            a_reason_can_be_required,
            a_fresh_password_satisfies_a_fine_grained_policy,
            the_password_of_the_settings_is_held_to_the_policy,
            who_cannot_change_the_password_is_not_left_stuck,
            an_account_that_is_not_locked_is_not_unlocked,
            people_helped_are_remembered,
        }
    };
}
pub(crate) use main_job_cases;

pub async fn a_reset_is_on_record_before_and_after(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("lead.direct").await;
    let ResetAnswer::Done(receipt) = office.reset(&session, "target.11").await else {
        panic!("not done")
    };
    assert!(receipt.read_back && receipt.must_change && !receipt.still_locked);
    let new = receipt.password.expose().to_owned();
    assert!(office.is_temporary_password("target.11", &new).await);
    let old = office.scene.person("target.11")["password"]
        .as_str()
        .unwrap();
    let wrong = BindVerdict::Refused(BindRefusal::WrongNameOrPassword);
    assert_eq!(office.bind("target.11", old).await, wrong);

    let writes = office.writes_on("target.11").await;
    let [attempt, outcome] = &writes[..] else {
        panic!("{writes:?}")
    };
    assert_eq!(attempt.seq, receipt.attempt);
    assert_eq!(attempt.entry.phase, Phase::Attempt);
    assert_eq!(outcome.entry.attempt, Some(attempt.seq));
    assert_eq!(outcome.entry.result, Some(AuditResult::Ok));
    for record in &writes {
        let entry = &record.entry;
        let operator = entry.operator.as_ref().unwrap();
        assert_eq!(operator.sid, Some(office.scene.sid("lead.direct")));
        assert_eq!(entry.client, Some(CLIENT.address));
        assert_eq!(entry.rule.as_deref(), Some("reset_group"));
        assert_eq!(entry.reason.as_deref(), Some("forgot it over the weekend"));
        assert_eq!(entry.dc.as_ref(), Some(&receipt.account.dc.0));
        let target = entry.target.as_ref().unwrap();
        assert_eq!(target.guid, office.scene.guid("target.11"));
        assert_eq!(target.sid, Some(office.scene.sid("target.11")));
    }
    let bytes = bytes_beside(&office.database());
    for secret in [new.as_bytes(), utf16(&new).as_slice()] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

pub async fn a_member_of_a_nested_group_may_reset(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("lead.lena").await;
    let answer = office.reset(&session, "target.12").await;
    assert!(matches!(answer, ResetAnswer::Done(_)), "{answer:?}");
}

pub async fn an_account_outside_the_base_is_not_there(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("lead.direct").await;
    let mut form = office.form(&session, "target.13").await;
    let outside = ["otto.outside", "xaver.xstaff", "fake.inside"].map(|sam| office.scene.guid(sam));
    for guid in outside.into_iter().chain([nobody()]) {
        let view = office.app.view(&session, guid, CLIENT).await.unwrap();
        assert!(view.is_none());
        form.target = guid;
        form.form_nonce = nonce();
        let form = again(&form);
        let answer = office.app.reset_password(&session, form, CLIENT).await;
        assert!(matches!(answer, Ok(ResetAnswer::NotThere)), "{answer:?}");
    }
    let refused = office.writes_on("otto.outside").await;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].entry.code.as_deref(), Some("not_in_scope"));
}

pub async fn a_protected_account_is_refused_even_inside_the_scope(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("olga.operator").await;
    for (sam, why) in [
        ("adam.admin", Protection::ProtectedGroup),
        ("anna.nested", Protection::ProtectedGroup),
        ("pia.primary", Protection::ProtectedGroup),
        ("stale.admincount", Protection::AdminCount),
        ("olga.operator", Protection::Yourself),
        ("dirk.delegation", Protection::Delegation),
        ("dan.dcsync", Protection::DomainRights),
        ("sam.smartcard", Protection::SmartCard),
    ] {
        let answer = office.reset(&session, sam).await;
        let ResetAnswer::Refused(Refusal::Protected(reason), account) = answer else {
            panic!("{sam}: {answer:?}")
        };
        assert_eq!(reason, why, "{sam}");
        assert_eq!(account.guid, office.scene.guid(sam));
        let writes = office.writes_on(sam).await;
        assert_eq!(writes.len(), 1, "{sam}");
        assert_eq!(writes[0].entry.phase, Phase::Event);
        assert_eq!(writes[0].entry.result, Some(AuditResult::Refused));
    }
}

pub async fn a_form_works_once_however_often_it_is_sent(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("lead.direct").await;
    let form = office.form(&session, "target.14").await;
    let sent = (0..10).map(|_| office.app.reset_password(&session, again(&form), CLIENT));
    let answers = futures_util::future::join_all(sent).await;
    let count = |is: fn(&ResetAnswer) -> bool| answers.iter().flatten().filter(|a| is(a)).count();
    assert_eq!(count(|answer| matches!(answer, ResetAnswer::Done(_))), 1);
    assert_eq!(count(|answer| matches!(answer, ResetAnswer::FormUsed)), 9);
    let attempts = office.writes_on("target.14").await;
    let attempts = attempts.iter().filter(|r| r.entry.phase == Phase::Attempt);
    assert_eq!(attempts.count(), 1);
}

pub async fn a_form_for_a_renamed_account_works_no_more(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("lead.direct").await;
    let mut form = office.form(&session, "target.15").await;
    form.fingerprint = office.form(&session, "target.16").await.fingerprint;
    let answer = office.app.reset_password(&session, form, CLIENT).await;
    assert!(matches!(answer, Ok(ResetAnswer::Changed)), "{answer:?}");
    let writes = office.writes_on("target.15").await;
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0].entry.code.as_deref(), Some("changed"));
}

pub async fn a_reason_can_be_required(scene: Scene) {
    let office = Office::with(scene, |settings| {
        settings.rules.rules[0].terms.reason.required = true;
    })
    .await;
    let session = office.signed_in("lead.direct").await;
    let mut form = office.form(&session, "target.17").await;
    form.reason = None;
    let answer = office.app.reset_password(&session, form, CLIENT).await;
    assert!(matches!(
        answer,
        Ok(ResetAnswer::Reason(UnfitReason::Missing))
    ));
    let mut form = office.unlock_form(&session, "target.17").await;
    form.reason = None;
    let answer = office.app.unlock_account(&session, form, CLIENT).await;
    assert!(matches!(
        answer,
        Ok(UnlockAnswer::Reason(UnfitReason::Missing))
    ));
    let log = office.writes_on("target.17").await;
    let told = log
        .iter()
        .map(|record| (record.entry.phase, record.entry.code.as_deref()));
    let missing = (Phase::Event, Some("reason_missing"));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [missing, missing],
        "refused, and nothing attempted"
    );
}

pub async fn a_fresh_password_satisfies_a_fine_grained_policy(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("lead.direct").await;
    let ResetAnswer::Done(receipt) = office.reset(&session, "stan.strict").await else {
        panic!("not done")
    };
    assert!(receipt.password.expose().chars().count() >= 20);
    let new = receipt.password.expose();
    assert!(office.is_temporary_password("stan.strict", new).await);
}

pub async fn the_password_of_the_settings_is_held_to_the_policy(scene: Scene) {
    let secret = crate::support::directory::secret;
    let office = Office::with(scene, |settings| {
        settings.new_password = Some(secret("Every-One-1"));
        settings.rules.rules[0].terms.password = PasswordKind::Fixed;
    })
    .await;
    let session = office.signed_in("lead.direct").await;
    let ResetAnswer::Done(receipt) = office.reset(&session, "target.18").await else {
        panic!("not done")
    };
    assert_eq!(receipt.password.expose(), "Every-One-1");
    assert!(
        office
            .is_temporary_password("target.18", "Every-One-1")
            .await
    );

    let short = Office::with(office.scene, |settings| {
        settings.new_password = Some(secret("short"));
        settings.rules.rules[0].terms.password = PasswordKind::Fixed;
    })
    .await;
    let session = short.signed_in("lead.direct").await;
    let answer = short.reset(&session, "target.18").await;
    let ResetAnswer::Policy(breaches) = answer else {
        panic!("{answer:?}")
    };
    assert!(breaches.contains(&PolicyBreach::TooShort { needed: 10 }));
    let writes = short.writes_on("target.18").await;
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0].entry.code.as_deref(), Some("password_policy"));
}

pub async fn who_cannot_change_the_password_is_not_left_stuck(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("lead.direct").await;
    let answer = office.reset(&session, "carl.cannotchange").await;
    let stuck = Refusal::WouldNotHelp(Obstacle::CannotChangePassword);
    assert!(
        matches!(&answer, ResetAnswer::Refused(why, _) if *why == stuck),
        "{answer:?}"
    );
    let mut form = office.form(&session, "carl.cannotchange").await;
    form.must_change = false;
    let answer = office.app.reset_password(&session, form, CLIENT).await;
    let Ok(ResetAnswer::Done(receipt)) = answer else {
        panic!("{answer:?}")
    };
    assert!(!receipt.must_change);
}

pub async fn an_account_that_is_not_locked_is_not_unlocked(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("lead.direct").await;
    let form = office.unlock_form(&session, "target.19").await;
    let answer = office.app.unlock_account(&session, form, CLIENT).await;
    let not_locked = Refusal::WouldNotHelp(Obstacle::NotLocked);
    assert!(
        matches!(&answer, Ok(UnlockAnswer::Refused(why, _)) if *why == not_locked),
        "{answer:?}"
    );
}

pub async fn people_helped_are_remembered(scene: Scene) {
    let office = Office::over(scene).await;
    let session = office.signed_in("lead.direct").await;
    assert!(
        office
            .app
            .recent(&session, CLIENT)
            .await
            .unwrap()
            .is_empty()
    );
    for sam in ["target.20", "target.21"] {
        let answer = office.reset(&session, sam).await;
        assert!(matches!(answer, ResetAnswer::Done(_)), "{answer:?}");
    }
    let recent = office.app.recent(&session, CLIENT).await.unwrap();
    let names: Vec<&str> = recent.iter().map(|hit| hit.sam.as_str()).collect();
    assert_eq!(names, ["target.21", "target.20"]);
    assert!(recent.iter().all(|hit| hit.must_change));
}

/// The same form, sent again.
pub fn again(form: &keyward::actions::ResetRequest) -> keyward::actions::ResetRequest {
    keyward::actions::ResetRequest {
        password: None,
        target: form.target,
        reason: form.reason.clone(),
        must_change: form.must_change,
        unlock: form.unlock,
        form_nonce: form.form_nonce,
        fingerprint: form.fingerprint.clone(),
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// What only a directory in this process lets a test do: change it at the right moment.
#[cfg(feature = "demo")]
mod embedded {
    use super::*;
    use keyward::actions::ActionError;
    use keyward::domain::limits::WhenReached;
    use keyward::domain::rules::{Effect, TargetName};
    use keyward::embedded::{Doing, Fault, On};
    use std::num::NonZeroU32;

    type Change<'a> = &'a dyn Fn(&str);

    async fn office() -> Office {
        Office::over(Scene::embedded().await).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_looks_for_one_more_than_a_limit_that_freezes_is_frozen() {
        let office = Office::with(Scene::embedded().await, |settings| {
            let limits = &mut settings.rules.rules[0].limits;
            limits.people_per_day = NonZeroU32::new(1);
            limits.when_reached = WhenReached::Freeze;
        })
        .await;
        let session = office.signed_in("lead.direct").await;
        let alice = office.reset(&session, "alice.able").await;
        assert!(matches!(alice, ResetAnswer::Done(_)));
        // The same person takes no further place.
        let look = async |sam| {
            office
                .app
                .view(&session, office.scene.guid(sam), CLIENT)
                .await
        };
        assert!(matches!(look("alice.able").await, Ok(Some(_))));
        for _ in 0..2 {
            let refused = look("bob.baker").await.err().unwrap();
            assert!(
                matches!(refused, ActionError::Refused(Refusal::Frozen)),
                "{refused:?}"
            );
        }
        assert!(look("alice.able").await.is_err());
        let log = office.log().await;
        let frozen = log
            .iter()
            .filter(|r| r.entry.action == AuditAction::OperatorFrozen);
        assert_eq!(frozen.count(), 1);
    }

    /// An office in which nobody may help the people of Sales.
    async fn without_sales() -> Office {
        Office::with(Scene::embedded().await, |settings| {
            let sales = format!("OU=Sales,{}", settings.rules.user_ou);
            let mut deny = settings.rules.rules[0].clone();
            "not-sales".clone_into(&mut deny.name);
            deny.effect = Effect::Deny;
            deny.targets = vec![TargetName::Dn(sales.parse().unwrap())];
            settings.rules.rules.push(deny);
        })
        .await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_ou_that_is_denied_is_not_open_for_a_moment_when_it_is_renamed() {
        let office = without_sales().await;
        let session = office.signed_in("lead.direct").await;
        let bob = office.scene.guid("bob.baker");
        let look = async || office.app.view(&session, bob, CLIENT).await;
        assert!(matches!(look().await, Ok(None)));
        let admin = office.scene.server().admin();
        let sales = admin.dn("bob.baker").unwrap().parent().unwrap();
        admin.rename(sales.as_str(), "Sold").unwrap();
        let missing = look().await.err().unwrap();
        assert!(missing.to_string().contains("OU=Sales"), "{missing}");
        let found = office
            .app
            .find(&session, &"baker".parse().unwrap(), CLIENT)
            .await;
        assert!(found.is_err());
        let sold = admin.dn("bob.baker").unwrap().parent().unwrap();
        admin.rename(sold.as_str(), "Sales").unwrap();
        assert!(
            matches!(look().await, Ok(None)),
            "and with its name it is as before"
        );
        assert!(
            office
                .app
                .view(&session, office.scene.guid("alice.able"), CLIENT)
                .await
                .is_ok()
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_locked_account_is_unlocked_in_the_same_modify() {
        let office = office().await;
        let session = office.signed_in("lead.direct").await;
        let ResetAnswer::Done(receipt) = office.reset(&session, "lou.locked").await else {
            panic!("not done")
        };
        assert!(receipt.unlocked && !receipt.still_locked);
        let server = office.scene.server();
        assert!(!server.admin().is_locked("lou.locked").unwrap());
        let resets = server.witness().resets_of(office.scene.guid("lou.locked"));
        assert!(resets.len() == 1 && resets[0].unlock && resets[0].must_change);
        office.check_invariants().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn unlocking_leaves_the_password_alone_and_is_on_record() {
        let office = office().await;
        let session = office.signed_in("lead.direct").await;
        let form = office.unlock_form(&session, "lou.locked").await;
        let answer = office.app.unlock_account(&session, form, CLIENT).await;
        assert!(matches!(answer, Ok(UnlockAnswer::Done)), "{answer:?}");
        let admin = office.scene.server().admin();
        assert!(!admin.is_locked("lou.locked").unwrap());
        assert_eq!(office.scene.server().witness().reset_count(), 0);
        let results: Vec<_> = office
            .writes_on("lou.locked")
            .await
            .iter()
            .map(|record| record.entry.result)
            .collect();
        assert_eq!(results, [None, Some(AuditResult::Ok)]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_leaves_the_group_can_do_nothing_more() {
        let office = office().await;
        let session = office.signed_in("lead.direct").await;
        let form = office.form(&session, "target.11").await;
        let admin = office.scene.server().admin();
        admin.leave("lead.direct", "Password Resetters").unwrap();
        let answer = office.app.reset_password(&session, form, CLIENT).await;
        assert!(
            matches!(answer, Err(ActionError::SessionEnded(_))),
            "{answer:?}"
        );
        assert_eq!(office.scene.server().witness().reset_count(), 0);
        let writes = office.writes_on("target.11").await;
        assert_eq!(writes[0].entry.code.as_deref(), Some("not_operator"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_operator_out_of_action_can_do_nothing_more() {
        let office = office().await;
        let admin = office.scene.server().admin();
        let change: [(&str, Change<'_>); 4] = [
            ("operator_disabled", &|sam| {
                admin.disable(sam, true).unwrap();
            }),
            ("operator_locked", &|sam| {
                admin.lock(sam).unwrap();
            }),
            ("operator_must_change_password", &|sam| {
                admin.must_change(sam).unwrap();
            }),
            ("operator_password_changed", &|sam| {
                admin.set_password(sam, "Another-Pass-77!").unwrap();
            }),
        ];
        for (number, (code, change)) in change.into_iter().enumerate() {
            let (lead, target) = (
                format!("lead.spare{}", number + 1),
                format!("target.2{number}"),
            );
            let session = office.signed_in(&lead).await;
            let form = office.form(&session, &target).await;
            change(&lead);
            let answer = office.app.reset_password(&session, form, CLIENT).await;
            assert!(
                matches!(answer, Err(ActionError::SessionEnded(_))),
                "{code}"
            );
            let writes = office.writes_on(&target).await;
            assert_eq!(writes[0].entry.code.as_deref(), Some(code));
        }
        assert_eq!(office.scene.server().witness().reset_count(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_account_that_moves_at_the_last_moment_is_not_reset_elsewhere() {
        let office = office().await;
        let session = office.signed_in("lead.direct").await;
        let form = office.form(&session, "target.11").await;
        let move_away = Doing::first(|admin| {
            let elsewhere = "OU=Elsewhere,DC=example,DC=test";
            admin.move_to("target.11", elsewhere).unwrap();
        });
        let faults = office.scene.server().faults();
        faults.arm(Fault::new(On::Modify, move_away));
        let answer = office.app.reset_password(&session, form, CLIENT).await;
        assert!(matches!(answer, Ok(ResetAnswer::Changed)), "{answer:?}");
        let writes = office.writes_on("target.11").await;
        assert_eq!(writes[1].entry.result, Some(AuditResult::Refused));
        assert_eq!(writes[1].entry.code.as_deref(), Some("moved"));
        office.check_invariants().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_client_that_goes_away_stops_nothing_in_the_middle() {
        let office = office().await;
        let session = office.signed_in("lead.direct").await;
        let form = office.form(&session, "target.11").await;
        let app = office.app.clone();
        let request = tokio::spawn(async move { app.reset_password(&session, form, CLIENT).await });
        while office.writes_on("target.11").await.is_empty() {
            tokio::task::yield_now().await;
        }
        request.abort();
        office.settled().await;
        let writes = office.writes_on("target.11").await;
        assert_eq!(writes[1].entry.result, Some(AuditResult::Ok));
        office.check_invariants().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_queue_for_one_account_keeps_nobody_from_another() {
        let office = office().await;
        let session = office.signed_in("lead.direct").await;
        let form = office.form(&session, "target.11").await;
        let other = office.form(&session, "target.12").await;
        let faults = office.scene.server().faults();
        let slow = Doing::Delay(std::time::Duration::from_secs(2));
        faults.arm(Fault::new(On::Modify, slow));
        let queue = (0..30).map(|_| office.app.reset_password(&session, again(&form), CLIENT));
        let queue = futures_util::future::join_all(queue);
        let another = async {
            while faults.pending() > 0 {
                tokio::task::yield_now().await;
            }
            office.app.reset_password(&session, other, CLIENT).await
        };
        let (queue, another) = tokio::join!(queue, another);
        assert!(matches!(another, Ok(ResetAnswer::Done(_))), "{another:?}");
        let done = |answer: &&_| matches!(answer, Ok(ResetAnswer::Done(_)));
        assert_eq!(queue.iter().filter(done).count(), 1);
        let turned_away = |answer: &_| matches!(answer, Err(ActionError::Busy));
        assert!(!queue.iter().any(turned_away), "{queue:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stop_waits_for_a_running_reset_and_takes_no_other() {
        let office = office().await;
        let session = office.signed_in("lead.direct").await;
        let form = office.form(&session, "target.11").await;
        let late = office.form(&session, "target.12").await;
        let slow = Doing::Delay(std::time::Duration::from_secs(1));
        office
            .scene
            .server()
            .faults()
            .arm(Fault::new(On::Modify, slow));
        let (app, running) = (office.app.clone(), session.clone());
        let request = tokio::spawn(async move { app.reset_password(&running, form, CLIENT).await });
        while office.writes_on("target.11").await.is_empty() {
            tokio::task::yield_now().await;
        }
        let stop = office
            .app
            .shut_down(std::time::Duration::from_secs(30), async {});
        let refuse = office.app.reset_password(&session, late, CLIENT);
        let ((), answer) = tokio::join!(stop, refuse);
        assert!(matches!(answer, Err(ActionError::Busy)), "{answer:?}");
        let done = request.await.unwrap();
        assert!(matches!(done, Ok(ResetAnswer::Done(_))), "{done:?}");
    }
}
