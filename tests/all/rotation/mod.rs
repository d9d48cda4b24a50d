//! The service account's password changes while things go wrong: whatever happens, one of the
//! passwords that were kept binds, and the next run brings the change to its end.

mod house;

use crate::support::browser::Browser;
use crate::support::directory::Scene;
use crate::support::forwarder::Forwarder;
use crate::support::program::Program;
use crate::support::secrets;
use keyward::directory::{DirectoryError, ServerAddress};
use keyward::domain::audit::{AuditResult, Phase, Record};
use keyward::domain::secret::SecretSource;
use keyward::domain::time::Clock;
use keyward::embedded::test_domain::{BASE, SERVICE_NAME, SERVICE_PASSWORD};
use keyward::embedded::{Doing, Fault, LdapCode, On};
use keyward::rotation::{
    Fixed, PlaceError, Rotated, Rotation, RotationError, RotationSettings, Why, ask,
};
use keyward::store::Store;
use std::time::Duration;
use tokio::sync::watch;

use house::{FAST, House, INI};

#[tokio::test(flavor = "multi_thread")]
async fn the_password_changes_and_everything_goes_on() {
    for house in [House::with_file().await, House::with_settings().await] {
        let process = house.process().await;
        assert!(process.directory.ping().await.is_ok());
        for _ in 0..3 {
            let before = house.current();
            let rotated = process.rotate().await.unwrap();
            assert!(!rotated.completed && rotated.waiting.is_empty());
            let after = house.current();
            assert!(after != before && after.len() >= 32);
            house.is_tidy().await;
            // New connections of the same process.
            process.directory.close().await;
            assert!(process.directory.ping().await.is_ok());
        }
        assert_eq!(house.wrong_binds(), "0");
        let log = process.log().await;
        let phases: Vec<Phase> = log.iter().map(|record| record.entry.phase).collect();
        assert_eq!(phases, [Phase::Attempt, Phase::Outcome].repeat(3));
        let text: String = log.iter().map(Record::to_line).collect();
        assert!(!text.contains(&house.current()) && !text.contains(SERVICE_PASSWORD));
        let name = log[0].entry.target.as_ref().unwrap().name.as_deref();
        assert_eq!(name, Some(SERVICE_NAME));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_file_keeps_every_other_byte() {
    let house = House::with_settings().await;
    house.process().await.rotate().await.unwrap();
    let text = std::fs::read_to_string(house.path("config.ini")).unwrap();
    assert_eq!(text, INI.replace(SERVICE_PASSWORD, &house.current()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_leaves_the_settings_file_when_it_is_told_to() {
    let house = House::with_settings().await;
    let process = house.process().await;
    let target = house.path("secret");
    let moved = process
        .rotation
        .rotate(Why::Command, Some(target.clone()))
        .await;
    assert_eq!(moved.unwrap().file, target);
    let secret = house.read("secret").unwrap();
    assert!(house.is_now(&secret));
    let line = format!("password_file = {}", target.display());
    let old = format!("password = {SERVICE_PASSWORD}");
    let text = std::fs::read_to_string(house.path("config.ini")).unwrap();
    assert_eq!(text, INI.replace(&old, &line));
    // The same process goes on from the file.
    process.directory.close().await;
    assert!(process.directory.ping().await.is_ok());
    assert_eq!(process.rotate().await.unwrap().file, target);
    assert_ne!(house.read("secret").unwrap(), secret);
    let again = process.rotation.rotate(Why::Command, Some(target)).await;
    let refused = matches!(
        again,
        Err(RotationError::Place(PlaceError::NotInSettings(_)))
    );
    assert!(refused, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_directory_refuses_changes_nothing_and_says_why() {
    let house = House::with_file().await;
    let admin = house.scene.server().admin();
    let day = (-10_000_000_i64 * 86_400).to_string();
    admin.put(BASE, "minPwdAge", Some(&day)).unwrap();
    admin.set_password(SERVICE_NAME, SERVICE_PASSWORD).unwrap();
    let process = house.process().await;
    let refused = process.rotate().await.unwrap_err();
    assert_eq!(
        refused,
        RotationError::NotChanged(DirectoryError::PasswordPolicy)
    );
    let text = refused.to_string();
    assert!(text.contains("minimum password age") && text.contains("Nothing was changed"));
    let policy = (AuditResult::Refused, Some("password_policy".to_owned()));
    assert_eq!(process.outcomes().await, [policy]);
    assert_eq!(house.current(), SERVICE_PASSWORD);
    house.is_tidy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_the_directory_never_saw_changes_nothing() {
    for doing in [
        Doing::Answer(LdapCode::Busy, 0),
        Doing::Answer(LdapCode::UnwillingToPerform, 0x1f),
    ] {
        let house = House::with_file().await;
        let process = house.process().await;
        let faults = house.scene.server().faults();
        faults.arm(Fault::new(On::Modify, doing));
        let refused = process.rotate().await;
        assert!(
            matches!(refused, Err(RotationError::NotChanged(_))),
            "{refused:?}"
        );
        assert_eq!(house.current(), SERVICE_PASSWORD);
        assert_eq!(process.outcomes().await[0].0, AuditResult::Failed);
        house.is_tidy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_found_out() {
    for doing in [
        Doing::DropAfter,
        Doing::Swallow,
        Doing::Rubbish,
        Doing::WrongMessageId,
    ] {
        let house = House::with_file().await;
        let process = house.process().await;
        let is_done = !matches!(doing, Doing::Rubbish);
        house
            .scene
            .server()
            .faults()
            .arm(Fault::new(On::Modify, doing));
        let rotated = process.rotate().await;
        house.binds().await;
        if is_done {
            assert_eq!(rotated.map(|rotated| rotated.waiting), Ok(Vec::new()));
            let ok = (AuditResult::Ok, None);
            assert_eq!(process.outcomes().await, [ok]);
        } else {
            assert_eq!(rotated, Err(RotationError::Unknown));
            assert!(process.outcomes().await.is_empty(), "not known yet");
            assert!(house.read("secret.next").is_some(), "both are kept");
            assert!(process.rotate().await.unwrap().completed);
            let failed = (AuditResult::Failed, Some("interrupted".to_owned()));
            assert_eq!(process.outcomes().await, [failed, (AuditResult::Ok, None)]);
        }
        house.is_tidy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_falls_silent_after_the_change_leaves_a_service_that_binds() {
    let house = House::with_file().await;
    let process = house.process().await;
    let faults = house.scene.server().faults().clone();
    let frozen = faults.clone();
    faults.arm(Fault::new(
        On::Modify,
        Doing::first(move |_| frozen.freeze()),
    ));
    let rotated = process.rotate().await;
    assert!(
        matches!(rotated, Ok(Rotated { ref waiting, .. }) if waiting.len() == 1)
            || rotated == Err(RotationError::Unknown),
        "{rotated:?}"
    );
    assert!(house.read("secret.next").is_some());
    faults.clear();
    house.binds().await;
    assert!(
        house
            .process_again(process)
            .await
            .rotate()
            .await
            .unwrap()
            .completed
    );
    house.is_tidy().await;
}

/// What a crash leaves at each step, and what the next run makes of it.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_between_any_two_steps_the_service_binds_and_the_next_run_completes() {
    for in_settings in [false, true] {
        for step in ["kept", "changed", "committed"] {
            let house = if in_settings {
                House::with_settings().await
            } else {
                House::with_file().await
            };
            let process = house.process().await;
            // Lets a real attempt stay open, as after a crash.
            let faults = house.scene.server().faults();
            faults.arm(Fault::new(On::Modify, Doing::Rubbish));
            assert_eq!(process.rotate().await, Err(RotationError::Unknown));
            process.end().await;
            let next = house.read(house.next_name()).unwrap();
            if step != "kept" {
                let admin = house.scene.server().admin();
                admin.set_password(SERVICE_NAME, &next).unwrap();
            }
            if step == "committed" {
                if in_settings {
                    let text = INI.replace(SERVICE_PASSWORD, &next);
                    std::fs::write(house.path("config.ini"), text).unwrap();
                } else {
                    std::fs::rename(house.path("secret.next"), house.path("secret")).unwrap();
                }
            }
            house.binds().await;
            let process = house.process().await;
            let recovered = process.rotation.recover().await.unwrap();
            let expected = in_settings || step != "committed";
            assert_eq!(recovered.is_some_and(|it| it.completed), expected, "{step}");
            assert_eq!(house.current(), next, "{step}: it is the one that was kept");
            let first = process.outcomes().await[0].0;
            let made = if step == "kept" {
                AuditResult::Failed
            } else {
                AuditResult::Ok
            };
            assert_eq!(first, made, "{step}");
            assert!(process.store.open_attempts().await.unwrap().is_empty());
            assert_eq!(process.rotation.recover().await, Ok(None));
            house.is_tidy().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_password_is_kept_until_the_new_one_binds_on_every_controller() {
    let mut house = House::with_file().await;
    let target = house.scene.server().address;
    let (one, two) = (
        Forwarder::start(target).await,
        Forwarder::start(target).await,
    );
    let server = |forwarder: &Forwarder| ServerAddress {
        host: "localhost".to_owned(),
        port: forwarder.address.port(),
    };
    house.servers = Some(vec![server(&one), server(&two)]);
    two.refuse(true);
    let process = house.process().await;
    let rotated = process.rotate().await.unwrap();
    assert_eq!(rotated.waiting.len(), 1);
    assert!(
        rotated.waiting[0]
            .0
            .ends_with(&two.address.port().to_string())
    );
    assert!(rotated.to_string().contains("do not know it yet"));
    assert_eq!(house.current(), SERVICE_PASSWORD);
    let new = house.read("secret.next").unwrap();
    assert!(house.is_now(&new));
    // In this process and in the next one, whichever password is first.
    process.directory.close().await;
    assert!(process.directory.ping().await.is_ok());
    house.binds().await;
    // Another run does not change it again before the first change is known everywhere.
    let still = process.rotate().await.unwrap();
    assert!(still.completed && still.waiting.len() == 1);
    assert_eq!(house.read("secret.next").unwrap(), new);
    two.refuse(false);
    let done = process.rotation.recover().await.unwrap().unwrap();
    assert!(done.waiting.is_empty());
    assert_eq!(house.current(), new);
    house.is_tidy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_neither_password_is_right_no_more_than_two_binds_are_sent() {
    let house = House::with_file().await;
    std::fs::write(house.path("secret.next"), "Some-other-secret-1\n").unwrap();
    let admin = house.scene.server().admin();
    admin
        .set_password(SERVICE_NAME, "Set-by-somebody-else-1")
        .unwrap();
    // The previous password would not be counted.
    admin
        .set_password(SERVICE_NAME, "Set-by-somebody-else-2")
        .unwrap();
    admin
        .set_password(SERVICE_NAME, "Set-by-somebody-else-3")
        .unwrap();
    let process = house.process().await;
    for _ in 0..5 {
        let refused = process.rotate().await;
        let told = matches!(
            refused,
            Err(RotationError::NotChanged(DirectoryError::ServiceBind(_)))
        );
        assert!(told, "{refused:?}");
    }
    assert_eq!(house.wrong_binds(), "2");
    assert_eq!(house.current(), SERVICE_PASSWORD);
    std::fs::write(house.path("secret"), "Set-by-somebody-else-3\n").unwrap();
    assert!(process.rotate().await.unwrap().completed);
    house.is_tidy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_cannot_be_written_is_refused_before_anything_happens() {
    let house = House::with_file().await;
    let from_environment = RotationSettings {
        source: SecretSource::Value(SERVICE_PASSWORD.into()),
        every_days: None,
        database: house.path("keyward.db"),
        pace: FAST,
    };
    let process = house.process().await;
    let rotation = Rotation::new(
        from_environment,
        process.directory.clone(),
        process.store.clone(),
        Clock::system(),
    );
    let refused = rotation.rotate(Why::Command, None).await;
    assert_eq!(refused, Err(RotationError::Fixed(Fixed::Environment)));
    // A folder where nothing can be made: its name is taken by a folder.
    std::fs::create_dir(house.path("secret.next.part")).unwrap();
    let refused = process.rotate().await.unwrap_err();
    assert!(matches!(
        refused,
        RotationError::Place(PlaceError::NotWritable(..))
    ));
    assert!(refused.to_string().ends_with("Nothing was changed"));
    assert!(process.log().await.is_empty());
    assert!(house.is_now(SERVICE_PASSWORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_put_in_order_keeps_both_until_it_can() {
    let house = House::with_settings().await;
    let process = house.process().await;
    // Between the change and the rewriting somebody makes the rewriting impossible.
    let part = house.path("config.ini.part");
    let faults = house.scene.server().faults();
    let made = part.clone();
    faults.arm(Fault::new(
        On::Modify,
        Doing::first(move |_| std::fs::create_dir(&made).unwrap()),
    ));
    let refused = process.rotate().await;
    assert!(
        matches!(refused, Err(RotationError::NotCommitted(_))),
        "{refused:?}"
    );
    assert_eq!(
        std::fs::read_to_string(house.path("config.ini")).unwrap(),
        INI
    );
    house.binds().await;
    process.directory.close().await;
    assert!(process.directory.ping().await.is_ok());
    std::fs::remove_dir(part).unwrap();
    assert!(process.rotate().await.unwrap().completed);
    house.is_tidy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_instances_one_rotates() {
    let house = House::with_file().await;
    let process = house.process().await;
    let other = RotationSettings {
        source: house.source(),
        every_days: None,
        database: house.path("other.db"),
        pace: FAST,
    };
    let store = Store::open(&house.path("other.db"), Clock::system())
        .await
        .unwrap();
    let other = Rotation::new(other, house.client(), store, Clock::system());
    let (first, second) = tokio::join!(process.rotate(), other.rotate(Why::Command, None));
    let in_use = RotationError::Place(PlaceError::InUse);
    let refused = [&first, &second]
        .iter()
        .filter(|it| it.as_ref().err() == Some(&in_use))
        .count();
    assert_eq!(refused, 1, "{first:?} {second:?}");
    house.is_tidy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_password_is_changed_by_itself_and_a_young_one_is_not() {
    let mut house = House::with_file().await;
    house.every_days = Some(30);
    let admin = house.scene.server().admin();
    let days = |days: i64| jiff::SignedDuration::from_hours(24 * days);
    admin.age_password(SERVICE_NAME, days(29)).unwrap();
    let process = house.process().await;
    let (stop, stopped) = watch::channel(false);
    let rotation = process.rotation.clone();
    let running = tokio::spawn(async move { rotation.keep_rotating(stopped).await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(house.current(), SERVICE_PASSWORD);
    admin.age_password(SERVICE_NAME, days(30)).unwrap();
    let changed = async {
        while house.current() == SERVICE_PASSWORD {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), changed)
        .await
        .unwrap();
    // It is young again, so that it stays.
    let new = house.current();
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(house.current(), new);
    stop.send(true).unwrap();
    running.await.unwrap();
    house.is_tidy().await;
    assert_eq!(process.log().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_running_service_completes_what_a_crash_left_and_answers_a_command() {
    let house = House::with_file().await;
    let process = house.process().await;
    let faults = house.scene.server().faults();
    faults.arm(Fault::new(On::Modify, Doing::Rubbish));
    assert_eq!(process.rotate().await, Err(RotationError::Unknown));
    let process = house.process_again(process).await;
    let (stop, stopped) = watch::channel(false);
    let rotation = process.rotation.clone();
    let running = tokio::spawn(async move { rotation.keep_rotating(stopped).await });
    let completed = async {
        while house.current() == SERVICE_PASSWORD {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), completed)
        .await
        .unwrap();
    let before = house.current();
    let answer = ask(&house.path("keyward.db"), None).await.unwrap();
    assert!(answer.done, "{}", answer.text);
    assert_ne!(house.current(), before);
    let refused = ask(&house.path("keyward.db"), Some(house.path("x")))
        .await
        .unwrap();
    assert!(
        !refused.done && refused.text.contains("already"),
        "{}",
        refused.text
    );
    stop.send(true).unwrap();
    running.await.unwrap();
    house.is_tidy().await;
}

/// Runs the real command in the folder of a service.
fn command(folder: &std::path::Path, arguments: &[&str]) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_keyward"))
        .args(["service-account", "rotate"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_has_the_running_service_change_it_and_the_service_goes_on() {
    let scene = Scene::embedded().await;
    let directory = scene.server();
    let program = Program::start(directory.address.port(), &directory.ca_pem);
    let folder = program.folder.path();
    let rotated = command(folder, &[]);
    assert!(rotated.status.success(), "{rotated:?}");
    let said = String::from_utf8(rotated.stdout).unwrap();
    assert!(said.contains("has a new password"), "{said}");
    let text = std::fs::read_to_string(folder.join("config.ini")).unwrap();
    assert!(!text.contains(SERVICE_PASSWORD));
    secrets::may_be_in(folder.join("secret"));
    let moved = command(folder, &["--to-file", "secret"]);
    assert!(moved.status.success(), "{moved:?}");
    let secret = std::fs::read_to_string(folder.join("secret")).unwrap();
    let admin = directory.admin();
    assert!(admin.password_is(SERVICE_NAME, secret.trim_end()).unwrap());
    // Again with nothing left to move, and then new connections of the same service.
    let refused = command(folder, &["--to-file", "another"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let faults = directory.faults();
    // One after the other: a read is tried once more, and by now a sign-in is one read.
    for _ in 0..2 {
        faults.arm(Fault::new(On::Search, Doing::DropBefore));
        let mut browser = Browser::new(program.address);
        let answer = browser.sign_in("lead.direct", "Start-Pass-123!").await;
        assert_eq!(answer.location(), "/");
        assert_eq!(faults.pending(), 0, "the connection was lost");
    }
    // And the next start reads what was written.
    let again = Program::start_in(program.kill_nine());
    let mut browser = Browser::new(again.address);
    let answer = browser.sign_in("lead.direct", "Start-Pass-123!").await;
    assert_eq!(answer.location(), "/");
}
