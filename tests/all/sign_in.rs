//! Sign-in with any directory: who gets in, what everybody else is told, and what the directory
//! gets to see of it.

use crate::support::directory::Scene;
use crate::support::office::{CLIENT, Office};
use keyward::actions::{BindRefusal, SignInAnswer};
use keyward::domain::audit::{AuditAction, AuditResult, Phase, Record};
use std::time::{Duration, Instant};

/// Makes a module with one test for each case, over `$scene`.
macro_rules! sign_in_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::sign_in::$case($scene).await;
        })+
    };
    ($scene:expr) => {
        crate::sign_in::sign_in_cases! { $scene =>
            an_operator_gets_in_however_the_name_is_written,
            a_right_password_that_does_not_do_gets_its_own_sentence,
            everybody_else_is_told_the_same_and_not_before_the_floor,
            wrong_passwords_stop_before_the_account_locks,
            a_stranger_meets_the_same_limit,
            a_limit_does_not_tell_whose_name_it_is,
            a_session_knows_its_operator_and_ends,
        }
    };
}
pub(crate) use sign_in_cases;

pub async fn an_operator_gets_in_however_the_name_is_written(scene: Scene) {
    let office = Office::over(scene).await;
    let password = office.scene.person("lead.upn")["password"]
        .as_str()
        .unwrap();
    for name in [
        "lead.upn",
        " LEAD.upn ",
        "EXAMPLE\\lead.upn",
        "lead.upn@example.test",
        "another.name@example.test",
    ] {
        let answer = office.try_sign_in(name, password).await;
        let SignInAnswer::SignedIn { session, .. } = answer else {
            panic!("{name}: {answer:?}")
        };
        assert_eq!(session.operator, office.scene.sid("lead.upn"));
        assert_eq!(session.sam, "lead.upn");
    }
    let nested = office.signed_in("lead.lena").await;
    assert_eq!(nested.operator, office.scene.sid("lead.lena"));
    let tries = sign_ins(&office).await;
    assert_eq!(tries.len(), 12);
    for pair in tries.chunks(2) {
        assert_eq!(pair[0].entry.phase, Phase::Attempt);
        assert_eq!(pair[1].entry.attempt, Some(pair[0].seq));
        assert_eq!(pair[1].entry.result, Some(AuditResult::Ok));
        assert!(pair[1].entry.dc.is_some());
    }
}

pub async fn a_right_password_that_does_not_do_gets_its_own_sentence(scene: Scene) {
    let office = Office::over(scene).await;
    for (sam, refusal, code) in [
        (
            "lead.mustchange",
            BindRefusal::MustChangePassword,
            "must_change_password",
        ),
        (
            "lead.pwdexpired",
            BindRefusal::PasswordExpired,
            "password_expired",
        ),
        ("lead.disabled", BindRefusal::Disabled, "disabled"),
        (
            "lead.expired",
            BindRefusal::AccountExpired,
            "account_expired",
        ),
        ("lead.hours", BindRefusal::LogonHours, "logon_hours"),
    ] {
        let password = office.scene.person(sam)["password"].as_str().unwrap();
        let answer = office.try_sign_in(sam, password).await;
        assert!(
            matches!(answer, SignInAnswer::OwnSentence(why) if why == refusal),
            "{sam}: {answer:?}"
        );
        let outcome = sign_ins(&office).await.pop().unwrap();
        assert_eq!(outcome.entry.code.as_deref(), Some(code));
        assert_eq!(outcome.entry.result, Some(AuditResult::Refused));
    }
}

pub async fn everybody_else_is_told_the_same_and_not_before_the_floor(scene: Scene) {
    let office = Office::over(scene).await;
    let right = office.scene.person("norma.nobody")["password"]
        .as_str()
        .unwrap()
        .to_owned();
    office.bind("lead.spare3", &right).await;
    // A lockout ends by itself; this one begins again.
    for _ in 0..5 {
        office.bind("lead.locked", "Wrong-Pass-1!").await;
    }
    let long = "x".repeat(300);
    for (name, password, code) in [
        ("norma.nobody", right.as_str(), "not_operator"),
        ("no.such.person", right.as_str(), "unknown_name"),
        ("lead.spare3", "Wrong-Pass-1!", "wrong_password"),
        ("lead.locked", right.as_str(), "locked"),
        ("lead.direct", "", "malformed"),
        ("lead.direct\0x", right.as_str(), "malformed"),
        (long.as_str(), right.as_str(), "malformed"),
    ] {
        let began = Instant::now();
        let answer = office.try_sign_in(name, password).await;
        assert!(
            matches!(answer, SignInAnswer::Refused),
            "{name:?}: {answer:?}"
        );
        assert!(began.elapsed() >= Duration::from_millis(250), "{name:?}");
        let codes: Vec<Option<String>> = sign_ins(&office)
            .await
            .into_iter()
            .map(|record| record.entry.code)
            .collect();
        assert!(codes.iter().flatten().any(|c| c == code), "{codes:?}");
    }
    // What was typed for a name is not recorded: it may be a password in the wrong box.
    let unknown = sign_ins(&office)
        .await
        .into_iter()
        .find(|record| record.entry.code.as_deref() == Some("unknown_name"));
    assert_eq!(unknown.unwrap().entry.operator.unwrap().name, "?");
}

pub async fn wrong_passwords_stop_before_the_account_locks(scene: Scene) {
    let office = Office::over(scene).await;
    let right = office.scene.person("lead.spare4")["password"]
        .as_str()
        .unwrap()
        .to_owned();
    // A right password forgets the wrong ones of an earlier run.
    office.bind("lead.spare4", &right).await;
    // The threshold is 5, so two may be wrong, whatever the spelling.
    for name in ["lead.spare4", "EXAMPLE\\LEAD.SPARE4"] {
        let answer = office.try_sign_in(name, "Wrong-Pass-1!").await;
        assert!(matches!(answer, SignInAnswer::Refused), "{answer:?}");
    }
    for name in ["lead.spare4@example.test", "lead.spare4"] {
        let answer = office.try_sign_in(name, &right).await;
        let SignInAnswer::TooMany { retry_after } = answer else {
            panic!("{answer:?}")
        };
        assert!(retry_after > Duration::from_mins(1));
    }
    let who = office
        .scene
        .operator(&office.app.directory, "lead.spare4")
        .await;
    assert!(!who.flags.locked());
    assert_eq!(who.bad_password_count, 2);
}

pub async fn a_stranger_meets_the_same_limit(scene: Scene) {
    let office = Office::over(scene).await;
    for name in ["no.such.person", "norma.nobody"] {
        for _ in 0..2 {
            let answer = office.try_sign_in(name, "Wrong-Pass-1!").await;
            assert!(matches!(answer, SignInAnswer::Refused), "{answer:?}");
        }
        let answer = office.try_sign_in(name, "Wrong-Pass-1!").await;
        assert!(matches!(answer, SignInAnswer::TooMany { .. }), "{answer:?}");
    }
    let norma = office
        .scene
        .operator(&office.app.directory, "norma.nobody")
        .await;
    assert_eq!(norma.bad_password_count, 0, "her password was never tried");
}

pub async fn a_limit_does_not_tell_whose_name_it_is(scene: Scene) {
    let office = Office::over(scene).await;
    for name in ["lead.upn", "norma.nobody", "no.such.person"] {
        for _ in 0..2 {
            let elsewhere = format!("BOGUS\\{name}");
            let answer = office.try_sign_in(&elsewhere, "Wrong-Pass-1!").await;
            assert!(matches!(answer, SignInAnswer::Refused), "{answer:?}");
        }
        let answer = office.try_sign_in(name, "Wrong-Pass-1!").await;
        assert!(
            matches!(answer, SignInAnswer::TooMany { .. }),
            "{name}: {answer:?}"
        );
    }
    // Right passwords count for nothing, and forget the wrong ones.
    for _ in 0..2 {
        let answer = office.try_sign_in("lead.direct", "Wrong-Pass-1!").await;
        assert!(matches!(answer, SignInAnswer::Refused), "{answer:?}");
        let crowd = (0..4).map(|_| office.signed_in("lead.direct"));
        futures_util::future::join_all(crowd).await;
    }
}

pub async fn a_session_knows_its_operator_and_ends(scene: Scene) {
    let office = Office::over(scene).await;
    let password = office.scene.password("lead.direct");
    let answer = office.app.sign_in("lead.direct", password, CLIENT).await;
    let Ok(SignInAnswer::SignedIn { token, session }) = answer else {
        panic!("{answer:?}")
    };
    let found = office.app.session(&token).await.unwrap().unwrap();
    assert_eq!(found.operator, session.operator);
    office.app.sign_out(&session, CLIENT).await.unwrap();
    assert!(office.app.session(&token).await.unwrap().is_none());
    let last = office.log().await.pop().unwrap();
    assert_eq!(last.entry.action, AuditAction::SignOut);
    assert_eq!(
        last.entry.operator.unwrap().sid,
        Some(office.scene.sid("lead.direct"))
    );
}

async fn sign_ins(office: &Office) -> Vec<Record> {
    let mut log = office.log().await;
    log.retain(|record| record.entry.action == AuditAction::SignIn);
    log
}

/// What only the witness of a directory in this process can tell, and faults.
#[cfg(feature = "demo")]
mod embedded {
    use super::*;
    use keyward::actions::ActionError;
    use keyward::embedded::{Doing, Fault, On};
    use secrecy::SecretString;

    async fn office() -> Office {
        Office::over(Scene::embedded().await).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_but_an_operator_is_ever_bound() {
        let office = office().await;
        for (name, password) in [
            ("norma.nobody", "Start-Pass-123!"),
            ("adam.admin", "Wrong-Pass-1!"),
            ("no.such.person", "Wrong-Pass-1!"),
            ("lead.direct", ""),
            ("lead.direct", "a\0b"),
        ] {
            let answer = office.try_sign_in(name, password).await;
            assert!(matches!(answer, SignInAnswer::Refused), "{answer:?}");
        }
        let witness = office.scene.server().witness();
        for sam in ["norma.nobody", "adam.admin", "lead.direct"] {
            let binds = witness.binds_of(office.scene.guid(sam));
            assert!(binds.is_empty(), "{sam}: {binds:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_crowd_of_wrong_passwords_at_once_cannot_lock_an_account() {
        let office = office().await;
        let tries = (0..30).map(|_| office.try_sign_in("lead.spare5", "Wrong-Pass-1!"));
        let answers = futures_util::future::join_all(tries).await;
        let refused = answers
            .iter()
            .filter(|answer| matches!(answer, SignInAnswer::Refused));
        assert_eq!(refused.count(), 2);
        let server = office.scene.server();
        assert!(!server.admin().is_locked("lead.spare5").unwrap());
        let binds = server.witness().binds_of(office.scene.guid("lead.spare5"));
        assert_eq!(binds.len(), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_account_that_others_brought_close_to_its_lockout_gets_no_try() {
        let office = office().await;
        for _ in 0..3 {
            office.bind("lead.spare6", "Wrong-Pass-1!").await;
        }
        let answer = office.try_sign_in("lead.spare6", "Start-Pass-123!").await;
        assert!(matches!(answer, SignInAnswer::TooMany { .. }), "{answer:?}");
        let binds = office.scene.server().witness();
        assert_eq!(binds.binds_of(office.scene.guid("lead.spare6")).len(), 3);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_fine_grained_lockout_policy_counts() {
        let office = office().await;
        let answer = office.try_sign_in("lead.touchy", "Wrong-Pass-1!").await;
        assert!(matches!(answer, SignInAnswer::Refused), "{answer:?}");
        let answer = office.try_sign_in("lead.touchy", "Wrong-Pass-1!").await;
        assert!(matches!(answer, SignInAnswer::TooMany { .. }), "{answer:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_try_that_was_not_sent_is_an_honest_error_and_is_taken_back() {
        let office = office().await;
        // The facts are known and the service's connections are open; what fails is the new one.
        for _ in 0..4 {
            office.signed_in("lead.direct").await;
        }
        let faults = office.scene.server().faults();
        faults.arm(Fault::new(On::Connect, Doing::DropBefore).forever());
        for _ in 0..3 {
            let before = sign_ins(&office).await.len();
            fails_honestly(&office, "lead.spare7", "Start-Pass-123!").await;
            assert_eq!(sign_ins(&office).await.len(), before + 2, "it was counted");
        }
        faults.clear();
        office.signed_in("lead.spare7").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_wrong_try_whose_answer_is_lost_is_an_honest_error_and_stays_counted() {
        for doing in [Doing::DropAfter, Doing::DropBefore, Doing::Rubbish] {
            let office = office().await;
            office.signed_in("lead.direct").await;
            let server = office.scene.server();
            for _ in 0..2 {
                server.faults().arm(Fault::new(On::Bind, doing.clone()));
                fails_honestly(&office, "lead.spare7", "Wrong-Pass-1!").await;
            }
            let answer = office.try_sign_in("lead.spare7", "Wrong-Pass-1!").await;
            assert!(matches!(answer, SignInAnswer::TooMany { .. }), "{answer:?}");
            let binds = server.witness().binds_of(office.scene.guid("lead.spare7"));
            assert!(binds.len() <= 2, "{binds:?}");
            assert!(!server.admin().is_locked("lead.spare7").unwrap());
        }
    }

    async fn fails_honestly(office: &Office, name: &str, password: &str) {
        let password = SecretString::from(password);
        let answer = office.app.sign_in(name, password, CLIENT).await;
        assert!(
            matches!(answer, Err(ActionError::Directory(_))),
            "{answer:?}"
        );
        let outcome = sign_ins(office).await.pop().unwrap();
        assert_eq!(outcome.entry.result, Some(AuditResult::Failed));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_waited_for_a_turn_is_judged_by_the_count_of_that_moment() {
        let office = office().await;
        office.signed_in("lead.direct").await;
        let server = office.scene.server();
        let slow = Doing::Delay(Duration::from_secs(2));
        server.faults().arm(Fault::new(On::Bind, slow));
        let first = office.try_sign_in("lead.spare7", "Wrong-Pass-1!");
        let second = async {
            while server.faults().pending() > 0 {
                tokio::task::yield_now().await;
            }
            office.try_sign_in("lead.spare7", "Wrong-Pass-1!").await
        };
        let others = async {
            while server.faults().pending() > 0 {
                tokio::task::yield_now().await;
            }
            // Nothing tells from outside that the second one waits.
            tokio::time::sleep(Duration::from_millis(700)).await;
            for _ in 0..2 {
                office.bind("lead.spare7", "Wrong-Pass-1!").await;
            }
        };
        let (first, second, ()) = tokio::join!(first, second, others);
        assert!(matches!(first, SignInAnswer::Refused), "{first:?}");
        assert!(matches!(second, SignInAnswer::TooMany { .. }), "{second:?}");
        let binds = server.witness().binds_of(office.scene.guid("lead.spare7"));
        assert_eq!(binds.len(), 3);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn without_a_directory_the_answer_comes_in_time() {
        let office = office().await;
        office.scene.server().faults().freeze();
        let began = Instant::now();
        let password = SecretString::from("Start-Pass-123!");
        let answer = office.app.sign_in("lead.direct", password, CLIENT).await;
        assert!(
            matches!(answer, Err(ActionError::Directory(_))),
            "{answer:?}"
        );
        assert!(
            began.elapsed() <= Duration::from_secs(5),
            "{:?}",
            began.elapsed()
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_session_of_somebody_who_is_no_operator_any_more_ends_within_a_minute() {
        let office = office().await;
        let password = office.scene.password("lead.direct");
        let answer = office.app.sign_in("lead.direct", password, CLIENT).await;
        let Ok(SignInAnswer::SignedIn { token, .. }) = answer else {
            panic!("{answer:?}")
        };
        let admin = office.scene.server().admin();
        admin.leave("lead.direct", "Password Resetters").unwrap();
        // The look at the start page finds out at the latest when the session was not checked
        // for 45 seconds; a look at an account finds out at once.
        let session = office.app.session(&token).await.unwrap().unwrap();
        let guid = office.scene.guid("target.11");
        let view = office.app.view(&session, guid, CLIENT).await;
        assert!(
            matches!(view, Err(ActionError::SessionEnded(_))),
            "{view:?}"
        );
        assert!(office.app.session(&token).await.unwrap().is_none());
    }
}

/// These take their time.
#[cfg(feature = "demo")]
mod minutes {
    use super::*;
    use keyward::actions::ActionError;
    use secrecy::SecretString;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_thousand_sign_ins_at_once_are_each_answered_and_the_rest_stays_usable() {
        let office = Office::over(Scene::embedded().await).await;
        let session = office.signed_in("lead.direct").await;
        let began = Instant::now();
        let crowd = (0..1000).map(|number| {
            let app = office.app.clone();
            tokio::spawn(async move {
                let name = format!("no.such.{number}");
                let password = SecretString::from("Wrong-Pass-1!");
                app.sign_in(&name, password, CLIENT).await
            })
        });
        let crowd: Vec<_> = crowd.collect();
        let form = office.form(&session, "target.11").await;
        let reset = office.app.reset_password(&session, form, CLIENT).await;
        assert!(reset.is_ok(), "{reset:?}");
        let mut refused = 0;
        for answer in crowd {
            match answer.await.unwrap() {
                Ok(SignInAnswer::Refused) => refused += 1,
                Err(ActionError::Busy | ActionError::Directory(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(refused > 0);
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{:?}",
            began.elapsed()
        );
        let records = sign_ins(&office).await.len();
        assert!(records <= 65, "{records} records");
    }
}
