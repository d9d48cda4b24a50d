//! Faults in the middle of a reset: what is answered, what becomes of the attempt, and the
//! invariants of `design/security.md` after each. A directory in this process fails on demand.

use crate::main_job::again;
use crate::support::directory::Scene;
use crate::support::office::{CLIENT, Office, nonce};
use keyward::actions::{
    ActionError, AttemptState, DirectoryError, ResetAnswer, ResetRequest, UnlockAnswer,
};
use keyward::domain::audit::{AuditResult, Seq};
use keyward::embedded::{Doing, Fault, LdapCode, On};
use keyward::store::{Session, StoreError, WriteProblem};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::time::{Duration, Instant};

/// The page answers within this time, whatever happens.
const PAGE: Duration = Duration::from_secs(8);
const TARGET: &str = "target.11";

/// An operator with a form in hand.
struct Scenario {
    office: Office,
    session: Session,
    form: ResetRequest,
}

impl Scenario {
    async fn new() -> Self {
        let office = Office::over(Scene::embedded().await).await;
        let session = office.signed_in("lead.direct").await;
        let form = office.form(&session, TARGET).await;
        Self {
            office,
            session,
            form,
        }
    }

    fn arm(&self, on: On, doing: Doing) {
        let faults = self.office.scene.server().faults();
        faults.arm(Fault::new(on, doing));
    }

    fn hang_searches(&self) {
        let faults = self.office.scene.server().faults();
        faults.arm(Fault::new(On::Search, Doing::Hang).forever());
    }

    /// Sends the form; the answer must come in time.
    async fn send(&self) -> Result<ResetAnswer, ActionError> {
        let began = Instant::now();
        let form = again(&self.form);
        let answer = self
            .office
            .app
            .reset_password(&self.session, form, CLIENT)
            .await;
        assert!(began.elapsed() < PAGE, "{:?}", began.elapsed());
        answer
    }

    /// Sends the form, and stops every search as soon as the attempt is on record.
    async fn send_and_lose_sight(&self) -> Seq {
        let watch = async {
            while self.office.writes_on(TARGET).await.is_empty() {
                tokio::task::yield_now().await;
            }
            self.hang_searches();
        };
        match tokio::join!(self.send(), watch).0 {
            Ok(ResetAnswer::NotKnownYet(attempt)) => attempt,
            other => panic!("{other:?}"),
        }
    }

    async fn state(&self, attempt: Seq) -> AttemptState {
        let state = self.office.app.attempt_state(&self.session, attempt);
        state.await.unwrap()
    }

    /// The result and code of the only outcome.
    async fn outcome(&self) -> (Option<AuditResult>, Option<String>) {
        self.office.settled().await;
        let mut writes = self.office.writes_on(TARGET).await;
        assert_eq!(writes.len(), 2, "{writes:?}");
        let outcome = writes.pop().unwrap().entry;
        (outcome.result, outcome.code)
    }

    fn resets(&self) -> usize {
        let guid = self.office.scene.guid(TARGET);
        self.office.scene.server().witness().resets_of(guid).len()
    }

    /// Keeps everybody else from writing the database.
    async fn lock_the_store(&self) -> SqliteConnection {
        lock(&self.office.database()).await
    }
}

async fn lock(database: &std::path::Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(database);
    let mut holder = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut holder)
        .await
        .unwrap();
    holder
}

/// Holds the lock until it is told to let go.
fn hold(
    database: &std::path::Path,
    held: &std::sync::mpsc::Sender<()>,
    until: &std::sync::mpsc::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let holder = lock(database).await;
        held.send(()).unwrap();
        until.recv().unwrap();
        holder.close().await.unwrap();
    });
}

fn is_done(answer: Result<ResetAnswer, ActionError>) -> String {
    match answer {
        Ok(ResetAnswer::Done(receipt)) => receipt.password.expose().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_before_the_modify_is_not_known_yet_and_never_denied_by_the_page() {
    for doing in [Doing::DropBefore, Doing::Rubbish] {
        let scenario = Scenario::new().await;
        scenario.arm(On::Modify, doing);
        let answer = scenario.send().await;
        let Ok(ResetAnswer::NotKnownYet(attempt)) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(scenario.resets(), 0);
        assert_eq!(scenario.state(attempt).await, AttemptState::NotKnownYet);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_after_the_modify_is_applied_and_the_page_shows_the_password() {
    for doing in [Doing::DropAfter, Doing::WrongMessageId, Doing::Swallow] {
        let scenario = Scenario::new().await;
        scenario.arm(On::Modify, doing);
        let password = is_done(scenario.send().await);
        let office = &scenario.office;
        assert!(office.is_temporary_password(TARGET, &password).await);
        assert_eq!(scenario.resets(), 1);
        assert_eq!(scenario.outcome().await, (Some(AuditResult::Ok), None));
        office.check_invariants().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_answer_to_a_modify_is_never_repeated() {
    for (code, answer) in [
        (LdapCode::Busy, "directory_busy"),
        (LdapCode::Unavailable, "directory_busy"),
    ] {
        let scenario = Scenario::new().await;
        scenario.arm(On::Modify, Doing::Answer(code, 0));
        let busy = scenario.send().await;
        assert!(
            matches!(busy, Err(ActionError::Directory(DirectoryError::Busy))),
            "{busy:?}"
        );
        let failed = (Some(AuditResult::Failed), Some(answer.to_owned()));
        assert_eq!(scenario.outcome().await, failed);
        assert_eq!(scenario.resets(), 0);
        scenario.office.check_invariants().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_hangs_before_anything_was_recorded_is_an_error_in_five_seconds() {
    let scenario = Scenario::new().await;
    scenario.office.scene.server().faults().freeze();
    let began = Instant::now();
    let answer = scenario.send().await;
    assert!(
        matches!(answer, Err(ActionError::Directory(_))),
        "{answer:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(scenario.office.writes_on(TARGET).await.is_empty());
    // Back again: the same form still works, since it was not used.
    scenario.office.scene.server().faults().clear();
    let back = async {
        loop {
            match scenario.send().await {
                Err(ActionError::Directory(_)) => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                answer => break answer,
            }
        }
    };
    let back = tokio::time::timeout(Duration::from_secs(10), back).await;
    is_done(back.expect("back within ten seconds"));
    scenario.office.check_invariants().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_that_cannot_be_read_back_is_done_all_the_same() {
    let scenario = Scenario::new().await;
    let faults = scenario.office.scene.server().faults().clone();
    let blind = faults.clone();
    scenario.arm(
        On::Modify,
        Doing::first(move |_| blind.arm(Fault::new(On::Search, Doing::Hang).forever())),
    );
    let Ok(ResetAnswer::Done(receipt)) = scenario.send().await else {
        panic!("not done")
    };
    assert!(!receipt.read_back);
    faults.clear();
    let password = receipt.password.expose();
    assert!(
        scenario
            .office
            .is_temporary_password(TARGET, password)
            .await
    );
    scenario.office.check_invariants().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_done() {
    let scenario = Scenario::new().await;
    let holder = scenario.lock_the_store().await;
    let answer = scenario.send().await;
    let locked = StoreError::NotWritable(WriteProblem::Locked);
    assert!(
        matches!(&answer, Err(ActionError::Store(error)) if *error == locked),
        "{answer:?}"
    );
    assert_eq!(scenario.resets(), 0);
    holder.close().await.unwrap();
    // Nothing was recorded, so the form was not used either.
    is_done(scenario.send().await);
    scenario.office.check_invariants().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_cannot_be_stored_is_stored_later_and_the_page_says_done() {
    let scenario = Scenario::new().await;
    let database = scenario.office.database();
    let (release, until) = std::sync::mpsc::channel::<()>();
    let until = std::sync::Mutex::new(Some(until));
    // The attempt is on the disk when the modify comes; from then on nobody can write.
    scenario.arm(
        On::Modify,
        Doing::first(move |_| {
            let database = database.clone();
            let until = until.lock().unwrap().take().unwrap();
            let (held, is_held) = std::sync::mpsc::channel();
            std::thread::spawn(move || hold(&database, &held, &until));
            is_held.recv().unwrap();
        }),
    );
    let password = is_done(scenario.send().await);
    assert!(
        scenario
            .office
            .is_temporary_password(TARGET, &password)
            .await
    );
    let attempt = scenario.office.writes_on(TARGET).await[0].seq;
    assert_eq!(scenario.state(attempt).await, AttemptState::Applied);
    release.send(()).unwrap();
    assert_eq!(scenario.outcome().await, (Some(AuditResult::Ok), None));
    scenario.office.check_invariants().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_is_shown_to_its_operator_only() {
    let scenario = Scenario::new().await;
    is_done(scenario.send().await);
    let attempt = scenario.office.writes_on(TARGET).await[0].seq;
    assert_eq!(scenario.state(attempt).await, AttemptState::Applied);
    let other = scenario.office.signed_in("lead.lena").await;
    let state = scenario.office.app.attempt_state(&other, attempt).await;
    assert_eq!(state.unwrap(), AttemptState::NotYours);
    for nothing in [Seq(0), Seq(attempt.0 + 1), Seq(9999)] {
        assert_eq!(scenario.state(nothing).await, AttemptState::NotYours);
    }
}

/// These wait for the settling, which takes its time on purpose.
mod minutes {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn cut_before_the_modify_is_settled_as_not_applied() {
        for doing in [Doing::DropBefore, Doing::Rubbish] {
            let scenario = Scenario::new().await;
            scenario.arm(On::Modify, doing);
            let answer = scenario.send().await;
            assert!(
                matches!(answer, Ok(ResetAnswer::NotKnownYet(_))),
                "{answer:?}"
            );
            let not_applied = (Some(AuditResult::Failed), Some("not_applied".to_owned()));
            assert_eq!(scenario.outcome().await, not_applied);
            assert_eq!(scenario.resets(), 0);
            scenario.office.check_invariants().await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_unlock_whose_answer_is_lost_is_judged_by_lockout_time() {
        let scenario = Scenario::new().await;
        let (office, session) = (&scenario.office, &scenario.session);
        let form = office.unlock_form(session, "lou.locked").await;
        scenario.arm(On::Modify, Doing::DropBefore);
        let answer = office.app.unlock_account(session, form, CLIENT).await;
        let Ok(UnlockAnswer::NotKnownYet(attempt)) = answer else {
            panic!("{answer:?}")
        };
        office.settled().await;
        assert_eq!(scenario.state(attempt).await, AttemptState::NotApplied);
        assert!(
            office
                .scene
                .server()
                .admin()
                .is_locked("lou.locked")
                .unwrap()
        );

        // Somebody else may have unlocked meanwhile: nobody can tell.
        let form = office.unlock_form(session, "lou.locked").await;
        scenario.arm(On::Modify, Doing::DropAfter);
        let answer = office.app.unlock_account(session, form, CLIENT).await;
        let Ok(UnlockAnswer::NotKnownYet(attempt)) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(scenario.state(attempt).await, AttemptState::CannotBeKnown);
        office.check_invariants().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reply_that_never_comes_is_not_known_yet_and_settled_by_the_version() {
        let scenario = Scenario::new().await;
        scenario.arm(On::Modify, Doing::Hang);
        let Ok(ResetAnswer::NotKnownYet(attempt)) = scenario.send().await else {
            panic!("known")
        };
        assert_eq!(scenario.state(attempt).await, AttemptState::NotKnownYet);
        let not_applied = (Some(AuditResult::Failed), Some("not_applied".to_owned()));
        assert_eq!(scenario.outcome().await, not_applied);
        assert_eq!(scenario.state(attempt).await, AttemptState::NotApplied);
        scenario.office.check_invariants().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_done_out_of_sight_is_applied_when_the_directory_is_back() {
        let scenario = Scenario::new().await;
        scenario.arm(On::Modify, Doing::Swallow);
        let attempt = scenario.send_and_lose_sight().await;
        assert_eq!(scenario.state(attempt).await, AttemptState::NotKnownYet);
        scenario.office.scene.server().faults().clear();
        assert_eq!(scenario.outcome().await, (Some(AuditResult::Ok), None));
        assert_eq!(scenario.state(attempt).await, AttemptState::Applied);
        scenario.office.check_invariants().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_restart_settles_what_an_earlier_process_left_open() {
        let mut scenario = Scenario::new().await;
        scenario.arm(On::Modify, Doing::Swallow);
        let attempt = scenario.send_and_lose_sight().await;
        scenario.office = scenario.office.restart().await;
        assert_eq!(scenario.state(attempt).await, AttemptState::NotKnownYet);
        scenario.office.scene.server().faults().clear();
        assert_eq!(scenario.outcome().await, (Some(AuditResult::Ok), None));
        scenario.office.check_invariants().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_attempts_that_crossed_are_not_told_apart() {
        let mut scenario = Scenario::new().await;
        scenario.arm(On::Modify, Doing::Swallow);
        let first = scenario.send_and_lose_sight().await;
        scenario.office.scene.server().faults().clear();
        scenario.form.form_nonce = nonce();
        let second = loop {
            match scenario.send().await {
                Err(ActionError::Directory(_)) => {}
                answer => break is_done(answer),
            }
        };
        assert!(scenario.office.is_temporary_password(TARGET, &second).await);
        scenario.office.check_invariants().await;
        let state = scenario.state(first).await;
        assert!(
            matches!(state, AttemptState::CannotBeKnown | AttemptState::Applied),
            "{state:?}"
        );
    }
}
