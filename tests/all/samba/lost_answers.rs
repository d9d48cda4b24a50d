//! Resets while the real domain controller is cut off, hangs or is killed: whatever is answered and
//! recorded is held against the controller's own log.

use super::directory_faults::{Undo, dc};
use crate::support::directory::Scene;
use crate::support::forwarder::Forwarder;
use crate::support::office::{CLIENT, Office};
use keyward::actions::{ActionError, ResetAnswer};
use keyward::domain::audit::{AuditAction, AuditResult, Phase, Seq};
use keyward::store::Session;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The page answers within this time, whatever happens.
const PAGE: Duration = Duration::from_secs(8);

/// What the controller's log says, as `dev/witness` counts it.
fn witness(arguments: &[&str]) -> usize {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("dev/witness");
    let output = Command::new(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().parse().unwrap()
}

/// Resets one person and does something once the attempt is on record; the answer comes in time.
async fn reset_and(
    office: &Office,
    session: &Session,
    sam: &str,
    fault: impl Future<Output = ()>,
) -> Result<ResetAnswer, ActionError> {
    let form = office.form(session, sam).await;
    let attempts = async || {
        let writes = office.writes_on(sam).await;
        writes
            .iter()
            .filter(|w| w.entry.phase == Phase::Attempt)
            .count()
    };
    let before = attempts().await;
    let fault = async {
        while attempts().await == before {
            tokio::task::yield_now().await;
        }
        fault.await;
    };
    let reset = async {
        let began = Instant::now();
        let answer = office.app.reset_password(session, form, CLIENT).await;
        assert!(began.elapsed() < PAGE, "{:?}", began.elapsed());
        answer
    };
    tokio::join!(reset, fault).0
}

/// How many passwords the controller has given this person, and how many lines its log has.
struct Before {
    version: u32,
    line: usize,
}

impl Before {
    async fn of(office: &Office, sam: &str) -> Self {
        Self {
            version: version(office, sam).await,
            line: witness(&["lines"]),
        }
    }
}

async fn version(office: &Office, sam: &str) -> u32 {
    let account = office.scene.account(&office.app.directory, sam).await;
    account.password_version.unwrap().version
}

/// I1, I2 and I4 against the controller; the counts of the outcomes.
///
/// What it kept is told by the version. Its log may have one reset more: it is written before the
/// transaction is, so a controller that is killed can log what it then loses.
async fn check(office: &Office, sam: &str, before: &Before) -> HashMap<AuditResult, usize> {
    office.settled().await;
    let mut results = HashMap::new();
    let (mut open, mut attempts): (Vec<Seq>, usize) = (Vec::new(), 0);
    for record in office.writes_on(sam).await {
        assert_eq!(record.entry.action, AuditAction::ResetPassword);
        match record.entry.phase {
            Phase::Attempt => {
                attempts += 1;
                open.push(record.seq);
            }
            Phase::Outcome => {
                let attempt = record.entry.attempt.unwrap();
                let place = open.iter().position(|seq| *seq == attempt);
                open.remove(place.expect("one outcome after its attempt"));
                *results.entry(record.entry.result.unwrap()).or_insert(0) += 1;
            }
            Phase::Event => {}
        }
    }
    assert!(open.is_empty(), "I2: {open:?}");
    let of = |result| results.get(&result).copied().unwrap_or(0);
    let (done, unknown) = (of(AuditResult::Ok), of(AuditResult::Unknown));
    let kept = usize::try_from(version(office, sam).await - before.version).unwrap();
    assert!(
        (done..=done + unknown).contains(&kept),
        "the controller kept {kept} resets, the log says {results:?}"
    );
    let cn = office.scene.person(sam)["cn"].as_str().unwrap();
    let line = before.line.to_string();
    let seen = witness(&["resets", "--account", cn, "--since-line", &line]);
    assert!(
        (done..=attempts).contains(&seen),
        "I1: the controller saw {seen} resets, the log says {results:?}"
    );
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_at_any_moment_of_a_modify_every_page_and_record_is_true() {
    let mut scene = Scene::samba();
    let server = &mut scene.settings.servers[0];
    let ip: IpAddr = server.host.parse().unwrap();
    let forwarder = Forwarder::start(SocketAddr::new(ip, server.port)).await;
    server.host = "localhost".to_owned();
    server.port = forwarder.address.port();
    let office = Office::over(scene).await;
    let before = Before::of(&office, "target.31").await;
    let session = office.signed_in("lead.direct").await;
    let mut done = 0;
    for step in 0..16 {
        let cut = async {
            tokio::time::sleep(Duration::from_millis(step * 4)).await;
            forwarder.cut();
        };
        match reset_and(&office, &session, "target.31", cut).await {
            Ok(ResetAnswer::Done(receipt)) => {
                done += 1;
                let password = receipt.password.expose();
                assert!(office.is_temporary_password("target.31", password).await);
            }
            Ok(ResetAnswer::NotKnownYet(_)) | Err(ActionError::Directory(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    let results = check(&office, "target.31", &before).await;
    assert!(results[&AuditResult::Ok] >= done);
    assert!(done > 0, "some came through");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_hangs_in_a_reset_is_asked_when_it_goes_on() {
    let office = Office::over(Scene::samba()).await;
    let before = Before::of(&office, "target.32").await;
    let session = office.signed_in("lead.direct").await;
    let undo = Undo("cont");
    let answer = reset_and(&office, &session, "target.32", async { dc("stop") }).await;
    let in_time = matches!(
        answer,
        Ok(ResetAnswer::Done(_) | ResetAnswer::NotKnownYet(_))
    );
    assert!(in_time, "{answer:?}");
    drop(undo);
    check(&office, "target.32", &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_is_killed_in_a_reset_is_asked_when_it_is_back() {
    let office = Office::over(Scene::samba()).await;
    let before = Before::of(&office, "target.33").await;
    let session = office.signed_in("lead.direct").await;
    let undo = Undo("start");
    let answer = reset_and(&office, &session, "target.33", async { dc("kill") }).await;
    let in_time = matches!(
        answer,
        Ok(ResetAnswer::Done(_) | ResetAnswer::NotKnownYet(_))
    );
    assert!(in_time, "{answer:?}");
    drop(undo);
    check(&office, "target.33", &before).await;
    let again = office.reset(&session, "target.33").await;
    assert!(matches!(again, ResetAnswer::Done(_)), "{again:?}");
}
