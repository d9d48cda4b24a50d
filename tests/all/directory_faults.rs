//! The directory client when a domain controller is down, hangs, breaks off, is busy, answers
//! rubbish or shows a wrong certificate. What a read survives, and what a write must never do.

use crate::support::directory::{Scene, new_password, secret};
use crate::support::embedded::start_with;
use crate::support::forwarder::Forwarder;
use keyward::directory::{
    BindVerdict, CertificateProblem, Directory, DirectoryError, DirectorySettings, ResetOptions,
    ServerAddress, WriteError,
};
use keyward::domain::account::Account;
use keyward::domain::rules::Action;
use keyward::domain::secret::SecretSource;
use keyward::domain::time::Clock;
use keyward::embedded::{CertificateOptions, Doing, EmbeddedOptions, Fault, LdapCode, On};
use std::future::Future;
use std::time::{Duration, Instant};

const OPTIONS: ResetOptions = ResetOptions {
    must_change: true,
    unlock: false,
};
/// What a page may take with no DC at all.
const HONEST: Duration = Duration::from_secs(5);

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (work.await, start.elapsed())
}

/// A client that reaches the scene's directory through a forwarder.
async fn through(scene: &Scene) -> (Forwarder, Directory) {
    let forwarder = Forwarder::start(scene.server().address).await;
    let directory = scene.directory_with(|settings| {
        settings.servers[0].port = forwarder.address.port();
        settings.operation_timeout = Duration::from_millis(1500);
    });
    (forwarder, directory)
}

/// Sets a new password for target.01, as read a moment ago.
async fn reset(scene: &Scene, directory: &Directory, account: &Account) -> Result<(), WriteError> {
    let calm = scene.directory();
    let permit = scene.permit(&calm, Action::ResetPassword, account).await;
    let new = new_password("harbour-Lantern-61");
    directory.set_password(permit, account, &new, OPTIONS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_connection_never_surfaces_as_an_error_for_a_read() {
    let scene = Scene::embedded().await;
    let (forwarder, directory) = through(&scene).await;
    for _ in 0..3 {
        directory.ping().await.unwrap();
        scene.account(&directory, "alice.able").await;
        forwarder.cut();
    }
    for _ in 0..2 {
        directory.ping().await.unwrap();
    }
    for doing in [
        Doing::DropBefore,
        Doing::DropAfter,
        Doing::Rubbish,
        Doing::WrongMessageId,
    ] {
        scene.server().faults().arm(Fault::new(On::Search, doing));
        scene.account(&directory, "alice.able").await;
    }
    assert_eq!(scene.server().faults().pending(), 0, "each fault happened");
    assert!(forwarder.connections() > 4, "they were re-made");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_after_any_number_of_bytes_does_no_harm() {
    let scene = Scene::embedded().await;
    let (forwarder, directory) = through(&scene).await;
    for bytes in [0, 1, 30, 200, 700, 1500, 2500] {
        directory.ping().await.unwrap();
        forwarder.cut_answers_after(Some(bytes));
        let staff = [scene.staff()];
        let alice = directory.account(&staff, scene.guid("alice.able"));
        let (alice, took) = timed(alice).await;
        assert!(took < HONEST);
        if let Ok(alice) = alice {
            assert_eq!(alice.unwrap().sam, "alice.able");
        }
        forwarder.cut_answers_after(None);
        let back = eventually(|| directory.ping()).await;
        assert!(back < Duration::from_secs(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modify_whose_answer_is_lost_is_unknown_and_never_repeated() {
    let scene = Scene::embedded().await;
    let (forwarder, directory) = through(&scene).await;
    let server = scene.server();
    for (doing, done) in [
        (Doing::DropAfter, 1),
        (Doing::Swallow, 1),
        (Doing::Rubbish, 0),
        (Doing::DropBefore, 0),
        (Doing::Hang, 0),
    ] {
        let account = scene.account(&directory, "target.01").await;
        server.witness().clear();
        server.faults().arm(Fault::new(On::Modify, doing));
        let (result, took) = timed(reset(&scene, &directory, &account)).await;
        assert_eq!(result, Err(WriteError::AnswerLost));
        assert!(took < HONEST);
        assert_eq!(server.witness().resets().len(), done, "sent once at most");
        let seen = eventually_ok(|| directory.read_back(&account.dc, account.guid)).await;
        let version = seen.unwrap().seen.unwrap().version.version;
        let before = account.password_version.unwrap().version;
        let rise = u32::try_from(done).unwrap();
        assert_eq!(version, before + rise, "the version tells what happened");
    }
    drop(forwarder);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_held_back_makes_the_write_unknown_and_it_was_done_once() {
    let scene = Scene::embedded().await;
    let (forwarder, directory) = through(&scene).await;
    let account = scene.account(&directory, "target.01").await;
    directory.domain_facts().await.unwrap();
    forwarder.hold_answers(true);
    let (result, took) = timed(reset(&scene, &directory, &account)).await;
    assert_eq!(result, Err(WriteError::AnswerLost));
    assert!(took < HONEST);
    forwarder.hold_answers(false);
    assert_eq!(scene.server().witness().resets_of(account.guid).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modify_that_could_not_be_sent_changed_nothing() {
    let scene = Scene::embedded().await;
    let (forwarder, directory) = through(&scene).await;
    let account = scene.account(&directory, "target.01").await;
    directory.domain_facts().await.unwrap();
    forwarder.refuse(true);
    forwarder.cut();
    eventually_err(|| directory.ping()).await;
    let result = reset(&scene, &directory, &account).await;
    let unreachable = DirectoryError::Unreachable { tried: 1 };
    assert_eq!(result, Err(WriteError::NotChanged(unreachable)));
    assert_eq!(scene.server().witness().resets().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_twice_more_and_a_modify_is_not() {
    let scene = Scene::embedded().await;
    let directory = scene.directory();
    directory.domain_facts().await.unwrap();
    let account = scene.account(&directory, "target.01").await;
    let server = scene.server();
    for code in [LdapCode::Busy, LdapCode::Unavailable] {
        let busy = |times| Fault::new(On::Search, Doing::Answer(code, 0)).times(times);
        server.faults().arm(busy(2));
        assert!(directory.ping().await.is_ok());
        server.faults().arm(busy(3));
        assert_eq!(directory.ping().await, Err(DirectoryError::Busy));
        assert_eq!(server.faults().pending(), 0);

        let busy = Fault::new(On::Modify, Doing::Answer(code, 0));
        server.faults().arm(busy);
        let result = reset(&scene, &directory, &account).await;
        assert_eq!(result, Err(WriteError::NotChanged(DirectoryError::Busy)));
    }
    let after = scene.account(&directory, "target.01").await;
    assert_eq!(after.password_version, account.password_version);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_down_is_said_at_once_and_found_again() {
    let mut scene = Scene::embedded().await;
    let directory = scene.directory();
    let facts = directory.domain_facts().await.unwrap();
    scene.server_mut().stop().await;
    for _ in 0..2 {
        let (result, took) = timed(directory.ping()).await;
        assert_eq!(result, Err(DirectoryError::Unreachable { tried: 1 }));
        assert!(took < HONEST);
    }
    assert_eq!(
        directory.domain_facts().await,
        Ok(facts),
        "what is known stays"
    );
    scene.server_mut().start_again().await.unwrap();
    let back = eventually(|| directory.ping()).await;
    assert!(back < Duration::from_secs(10), "back after {back:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_hangs_is_given_up_in_time_and_found_again() {
    let scene = Scene::embedded().await;
    let directory = scene.directory();
    directory.ping().await.unwrap();
    scene.server().faults().freeze();
    let crowd = (0..20).map(|_| timed(directory.ping()));
    for (result, took) in futures_util::future::join_all(crowd).await {
        assert_eq!(result, Err(DirectoryError::Unreachable { tried: 1 }));
        assert!(took < HONEST, "took {took:?}");
    }
    scene.server().faults().clear();
    let back = eventually(|| directory.ping()).await;
    assert!(back < Duration::from_secs(10), "back after {back:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_avoided_while_another_answers() {
    let first = Scene::embedded().await;
    let second = Scene::embedded().await;
    let (directory, _folder) = both(&first, &second);
    let name = |scene: &Scene| format!("localhost:{}", scene.server().address.port());
    assert_eq!(directory.ping().await.unwrap().0, name(&first));
    first.server().faults().freeze();
    let (answer, took) = timed(directory.ping()).await;
    assert_eq!(answer.unwrap().0, name(&second));
    assert!(took < HONEST, "took {took:?}");
    for _ in 0..4 {
        let (answer, took) = timed(directory.ping()).await;
        assert_eq!(answer.unwrap().0, name(&second));
        assert!(took < Duration::from_secs(1), "avoided, but took {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_at_start_is_passed_over() {
    let mut first = Scene::embedded().await;
    let second = Scene::embedded().await;
    first.server_mut().stop().await;
    let (directory, _folder) = both(&first, &second);
    let alice = second.account(&directory, "alice.able").await;
    assert!(
        alice
            .dc
            .0
            .ends_with(&second.server().address.port().to_string())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_back_asks_the_server_that_was_written_to_and_no_other() {
    let mut first = Scene::embedded().await;
    let second = Scene::embedded().await;
    let (directory, _folder) = both(&first, &second);
    let target = directory
        .account(&[first.staff()], first.guid("target.01"))
        .await
        .unwrap()
        .unwrap();
    first.server_mut().stop().await;
    assert!(directory.ping().await.is_ok(), "the other one answers");
    let back = directory.read_back(&target.dc, target.guid).await;
    assert_eq!(back, Err(DirectoryError::Unreachable { tried: 1 }));
    let searches = second.server().witness().search_count();
    let again = directory.read_back(&target.dc, target.guid).await;
    assert!(again.is_err());
    assert_eq!(second.server().witness().search_count(), searches);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_service_bind_stops_the_trying_until_the_password_changes() {
    let scene = Scene::embedded().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "Not-the-secret\n").unwrap();
    let directory = scene.directory_with(|settings| {
        settings.service_password = SecretSource::File(file.clone());
    });
    let crowd = (0..10).map(|_| directory.ping());
    for result in futures_util::future::join_all(crowd).await {
        assert!(
            matches!(result, Err(DirectoryError::ServiceBind(_))),
            "{result:?}"
        );
    }
    let service = scene.guid("svc_passwordreset");
    assert_eq!(scene.server().witness().binds_of(service).len(), 1);
    std::fs::write(&file, "Svc-Secret-For-Tests-0001!\n").unwrap();
    assert!(directory.ping().await.is_ok());
    std::fs::remove_file(&file).unwrap();
    let fresh = scene.directory_with(|settings| {
        settings.service_password = SecretSource::File(file.clone());
    });
    let unreadable = DirectoryError::ServicePassword(Some(file));
    assert_eq!(fresh.ping().await, Err(unreadable));
    let empty = scene.directory_with(|settings| settings.service_password = secret(""));
    assert_eq!(
        empty.ping().await,
        Err(DirectoryError::ServicePassword(None))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_certificate_is_named_and_no_bind_is_sent() {
    let hour = jiff::SignedDuration::from_hours(1);
    let usual = CertificateOptions::default;
    for (problem, certificate) in [
        (
            CertificateProblem::WrongName,
            CertificateOptions {
                names: vec!["dc9.example.test".to_owned()],
                ..usual()
            },
        ),
        (
            CertificateProblem::Expired,
            CertificateOptions {
                valid_for: -hour,
                ..usual()
            },
        ),
        (
            CertificateProblem::NotYetValid,
            CertificateOptions {
                valid_since: -hour,
                ..usual()
            },
        ),
        (
            CertificateProblem::Untrusted,
            CertificateOptions {
                trusted: false,
                ..usual()
            },
        ),
    ] {
        let options = EmbeddedOptions {
            certificate,
            ..EmbeddedOptions::default()
        };
        let (settings, _, held) = start_with(options).await;
        let server = settings.servers[0].to_string();
        let directory = Directory::new(settings, Clock::system());
        let expected = DirectoryError::Certificate { server, problem };
        assert_eq!(directory.ping().await, Err(expected));
        assert_eq!(held.embedded.witness().binds().len(), 0, "{problem:?}");
        held.embedded.renew_certificate(&usual()).unwrap();
        let back = eventually(|| directory.ping()).await;
        assert!(back < Duration::from_secs(10), "{problem:?} renewed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_trusted_certificates_is_read_again_when_it_changes() {
    let (settings, _, held) = start_with(EmbeddedOptions::default()).await;
    let stranger = start_with(EmbeddedOptions::default()).await.2;
    held.rewrite_ca("no certificate here");
    let directory = Directory::new(settings.clone(), Clock::system());
    let error = directory.ping().await.unwrap_err();
    let problem = |error: &DirectoryError| match error {
        DirectoryError::Certificate { problem, .. } => *problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(problem(&error), CertificateProblem::CaFile);
    held.rewrite_ca(&stranger.embedded.ca_pem);
    let error = eventually_other(&directory, &error).await;
    assert_eq!(problem(&error), CertificateProblem::Untrusted);
    let both = format!("{}{}", stranger.embedded.ca_pem, held.embedded.ca_pem);
    held.rewrite_ca(&both);
    let back = eventually(|| directory.ping()).await;
    assert!(back < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_moved_meanwhile_is_not_changed() {
    let scene = Scene::embedded().await;
    let directory = scene.directory();
    let account = scene.account(&directory, "target.01").await;
    let admin = scene.server().admin();
    let sales = "OU=Sales,OU=Staff,DC=example,DC=test";
    admin.move_to("target.01", sales).unwrap();
    let result = reset(&scene, &directory, &account).await;
    assert_eq!(result, Err(WriteError::NotChanged(DirectoryError::Moved)));
    let version = admin.password_version("target.01").unwrap();
    assert_eq!(version, account.password_version.unwrap().version);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bind_that_succeeds_as_somebody_else_is_not_believed() {
    let scene = Scene::embedded().await;
    let directory = scene.directory();
    let who = scene.operator(&directory, "lead.direct").await;
    let admin = scene.server().admin();
    admin.rename("lead.direct", "Dirk Elsewhere").unwrap();
    admin.rename("lead.spare1", "Dirk Direct").unwrap();
    let prepared = directory.prepare_sign_in();
    let password = scene.password("lead.spare1");
    let verdict = directory.verify_password(prepared, &who, &password).await;
    assert_eq!(verdict, Ok(BindVerdict::SomebodyElse));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_gets_no_answer_is_no_verdict_and_is_sent_once() {
    let scene = Scene::embedded().await;
    let directory = scene.directory_with(|settings| {
        settings.operation_timeout = Duration::from_millis(1500);
    });
    let who = scene.operator(&directory, "lead.direct").await;
    for doing in [Doing::DropAfter, Doing::Swallow] {
        scene.server().witness().clear();
        scene.server().faults().arm(Fault::new(On::Bind, doing));
        let prepared = directory.prepare_sign_in();
        let password = scene.password("lead.direct");
        let verdict = directory.verify_password(prepared, &who, &password);
        let (verdict, took) = timed(verdict).await;
        let unreachable = DirectoryError::Unreachable { tried: 1 };
        assert_eq!(verdict, Ok(BindVerdict::Undecided(unreachable)));
        assert!(took < HONEST);
        assert_eq!(scene.server().witness().binds_of(who.guid).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepared_connection_that_did_not_last_is_made_again() {
    let scene = Scene::embedded().await;
    let (forwarder, directory) = through(&scene).await;
    let who = scene.operator(&directory, "lead.direct").await;
    let before = forwarder.connections();
    let prepared = directory.prepare_sign_in();
    while forwarder.connections() == before {
        tokio::task::yield_now().await;
    }
    forwarder.cut();
    // Nothing tells from outside that the end of the connection was noticed.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let password = scene.password("lead.direct");
    let verdict = directory.verify_password(prepared, &who, &password).await;
    assert!(
        matches!(verdict, Ok(BindVerdict::Confirmed { .. })),
        "{verdict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn preparing_a_sign_in_sends_nothing() {
    let scene = Scene::embedded().await;
    let directory = scene.directory();
    let who = scene.operator(&directory, "lead.direct").await;
    let binds = scene.server().witness().binds().len();
    let connections = scene.server().witness().connection_count();
    let prepared: Vec<_> = (0..50).map(|_| directory.prepare_sign_in()).collect();
    // More than may be open at once: the rest wait, and none sends a bind by itself.
    while scene.server().witness().connection_count() < connections + 32 {
        tokio::task::yield_now().await;
    }
    assert!(directory.ping().await.is_ok());
    drop(prepared);
    assert_eq!(scene.server().witness().binds().len(), binds);
    assert_eq!(scene.server().witness().binds_of(who.guid).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_server_offers_it_a_reset_minds_the_history() {
    let options = EmbeddedOptions {
        policy_hints: true,
        ..EmbeddedOptions::default()
    };
    let scene = Scene::embedded_with(options).await;
    let directory = scene.directory();
    assert!(directory.domain_facts().await.unwrap().policy_hints);
    let account = scene.account(&directory, "target.01").await;
    assert_eq!(reset(&scene, &directory, &account).await, Ok(()));
    let again = reset(&scene, &directory, &account).await;
    let refused = WriteError::NotChanged(DirectoryError::PasswordPolicy);
    assert_eq!(again, Err(refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_reads_is_answered_over_two_connections() {
    let scene = Scene::embedded().await;
    let (forwarder, directory) = through(&scene).await;
    let sid = scene.sid("lead.direct");
    let crowd = (0..200).map(|_| directory.operator(&sid));
    for found in futures_util::future::join_all(crowd).await {
        assert_eq!(found.unwrap().unwrap().sam, "lead.direct");
    }
    assert_eq!(forwarder.connections(), 2);
}

/// A client that knows two directories, `first` first.
fn both(first: &Scene, second: &Scene) -> (Directory, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("both.pem");
    let ca = format!("{}{}", first.server().ca_pem, second.server().ca_pem);
    std::fs::write(&ca_file, ca).unwrap();
    let address = |scene: &Scene| ServerAddress {
        host: "localhost".to_owned(),
        port: scene.server().address.port(),
    };
    let settings = DirectorySettings {
        servers: vec![address(first), address(second)],
        ca_file: Some(ca_file),
        ..first.settings.clone()
    };
    (Directory::new(settings, Clock::system()), folder)
}

/// How long it takes until a read works.
async fn eventually<T, F>(read: impl Fn() -> F) -> Duration
where
    F: Future<Output = Result<T, DirectoryError>>,
{
    timed(eventually_ok(read)).await.1
}

async fn eventually_ok<T, F>(read: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, DirectoryError>>,
{
    let start = Instant::now();
    loop {
        match read().await {
            Ok(value) => return value,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(20), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn eventually_err<T, F>(read: impl Fn() -> F) -> DirectoryError
where
    F: Future<Output = Result<T, DirectoryError>>,
{
    let start = Instant::now();
    loop {
        if let Err(error) = read().await {
            return error;
        }
        assert!(start.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn eventually_other(directory: &Directory, than: &DirectoryError) -> DirectoryError {
    loop {
        let error = eventually_err(|| directory.ping()).await;
        if error != *than {
            return error;
        }
    }
}
