//! Keyward's actions over a directory, with a store of their own, and the invariants that must
//! hold after whatever happened (design/security.md "Faults").

use super::directory::Scene;
use super::secrets::{self, Searched};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyward::actions::{
    ActionSettings, App, Client, ResetAnswer, ResetRequest, SignInAnswer, UnlockRequest,
};
use keyward::directory::{BindRefusal, BindVerdict, SearchText};
use keyward::domain::audit::AuditResult;
use keyward::domain::audit::{AuditAction, Phase, Record, Seq};
use keyward::domain::identity::ObjectGuid;
#[cfg(feature = "demo")]
use keyward::domain::least_privilege::LeastPrivilege;
use keyward::domain::password::EntropyBits;
use keyward::domain::rules::Written;
use keyward::domain::time::Clock;
use keyward::store::{Session, SessionLimits, Store};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

/// Where every request of the tests comes from.
pub const CLIENT: Client = Client {
    address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
};

/// The actions, their store and their directory.
pub struct Office {
    pub scene: Scene,
    pub app: App,
    clock: Clock,
    /// The settling stops with it.
    stop: watch::Sender<bool>,
    folder: Searched,
}

impl Office {
    pub async fn over(scene: Scene) -> Self {
        Self::with(scene, |_| ()).await
    }

    pub async fn with(scene: Scene, change: impl FnOnce(&mut ActionSettings)) -> Self {
        Self::on_clock(scene, Clock::system(), change).await
    }

    /// The same at another time of day.
    pub async fn on_clock(
        scene: Scene,
        clock: Clock,
        change: impl FnOnce(&mut ActionSettings),
    ) -> Self {
        let folder = Searched::new();
        let mut settings = ActionSettings {
            rules: Written::of_article(scene.reset_group(), scene.staff()),
            bits: EntropyBits::default(),
            must_change: true,
            new_password: None,
            session: SessionLimits {
                idle: Duration::from_mins(10),
                absolute: Duration::from_hours(8),
            },
            max_wrong: None,
            again_after: None,
            burst: None,
        };
        change(&mut settings);
        let app = app(&scene, &database(folder.path()), settings, clock.clone()).await;
        let (stop, stopped) = watch::channel(false);
        let settling = app.clone();
        tokio::spawn(async move { settling.keep_settling(stopped).await });
        Self {
            scene,
            app,
            clock,
            stop,
            folder,
        }
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        database(self.folder.path())
    }

    /// Ends this process's hold on the store and begins again, as a restart does.
    pub async fn restart(mut self) -> Self {
        let settings = ActionSettings::clone(&self.app.settings());
        self.stop.send(true).unwrap();
        self.app.shut_down(Duration::from_secs(30), async {}).await;
        let clock = self.clock.clone();
        let app = app(&self.scene, &self.database(), settings, clock).await;
        let (stop, stopped) = watch::channel(false);
        let settling = app.clone();
        tokio::spawn(async move { settling.keep_settling(stopped).await });
        self.app = app;
        self.stop = stop;
        self
    }

    /// Signs in with a password.
    pub async fn try_sign_in(&self, name: &str, password: &str) -> SignInAnswer {
        let password = SecretString::from(password);
        self.app.sign_in(name, password, CLIENT).await.unwrap()
    }

    /// The session of an operator who signs in as they should.
    pub async fn signed_in(&self, sam: &str) -> Session {
        let password = self.scene.password(sam);
        match self.app.sign_in(sam, password, CLIENT).await.unwrap() {
            SignInAnswer::SignedIn { session, .. } => session,
            other => panic!("{sam}: {other:?}"),
        }
    }

    /// A form for a person, as the account page makes it.
    pub async fn form(&self, session: &Session, sam: &str) -> ResetRequest {
        let guid = self.scene.guid(sam);
        let view = self.app.view(session, guid, CLIENT).await.unwrap();
        let view = view.unwrap_or_else(|| panic!("{sam} is not there"));
        ResetRequest {
            target: guid,
            reason: Some("forgot it over the weekend".to_owned()),
            must_change: true,
            unlock: true,
            password: None,
            form_nonce: nonce(),
            fingerprint: view.fingerprint,
        }
    }

    /// The same for an unlock.
    pub async fn unlock_form(&self, session: &Session, sam: &str) -> UnlockRequest {
        let form = self.form(session, sam).await;
        UnlockRequest {
            target: form.target,
            reason: form.reason,
            form_nonce: form.form_nonce,
            fingerprint: form.fingerprint,
        }
    }

    /// The form of somebody who knows everything about a person, the page apart.
    pub fn forged(&self, sam: &str) -> ResetRequest {
        let person = self.scene.person(sam);
        let mut hash = Sha256::new();
        hash.update(person["sid"].as_str().unwrap());
        hash.update([0]);
        hash.update(person["dn"].as_str().unwrap());
        ResetRequest {
            target: self.scene.guid(sam),
            reason: Some("HR-20417 forgot it".to_owned()),
            must_change: true,
            unlock: false,
            password: None,
            form_nonce: nonce(),
            fingerprint: URL_SAFE_NO_PAD.encode(&hash.finalize()[..16]),
        }
    }

    /// Tries to reset, whatever the page would show, and says what became of it: the rule in the record, or the
    /// record's code. What is refused has to be on record, and what is done has to be true.
    pub async fn tried(&self, session: &Session, sam: &str, client: Client) -> String {
        let before = self.log().await.len();
        let form = self.forged(sam);
        let answer = self.app.reset_password(session, form, client).await;
        let records = self.log().await.split_off(before);
        let about = |record: &&Record| {
            let target = record.entry.target.as_ref().map(|target| target.guid);
            record.entry.action == AuditAction::ResetPassword
                && target == Some(self.scene.guid(sam))
        };
        let found: Vec<&Record> = records.iter().filter(about).collect();
        if let Ok(ResetAnswer::Done(receipt)) = answer {
            let password = receipt.password.expose();
            secrets::know("a password that a reset gave", password);
            assert!(self.is_temporary_password(sam, password).await, "{sam}");
            assert_eq!(found.len(), 2, "{found:?}");
            assert_eq!(found[1].entry.result, Some(AuditResult::Ok));
            return found[0].entry.rule.clone().unwrap();
        }
        let refused = |record: &&&Record| record.entry.result == Some(AuditResult::Refused);
        let record = found.iter().rfind(refused);
        let record =
            record.unwrap_or_else(|| panic!("{sam}: {answer:?} is on no record: {records:?}"));
        record.entry.code.clone().unwrap()
    }

    /// The names of those whom a search shows.
    pub async fn found(&self, session: &Session, text: &str, client: Client) -> Vec<String> {
        let text: SearchText = text.parse().unwrap();
        let found = self.app.find(session, &text, client).await.unwrap();
        let mut names: Vec<String> = found.hits.into_iter().map(|hit| hit.sam).collect();
        names.sort();
        names
    }

    /// Opens the page and resets.
    pub async fn reset(&self, session: &Session, sam: &str) -> ResetAnswer {
        let form = self.form(session, sam).await;
        let answer = self.app.reset_password(session, form, CLIENT).await;
        let answer = answer.unwrap();
        if let ResetAnswer::Done(receipt) = &answer {
            secrets::know("a password that a reset gave", receipt.password.expose());
        }
        answer
    }

    /// What the directory says to a bind as this person.
    pub async fn bind(&self, sam: &str, password: &str) -> BindVerdict {
        let directory = &self.app.directory;
        let who = self.scene.operator(directory, sam).await;
        let prepared = directory.prepare_sign_in();
        let password = SecretString::from(password);
        directory
            .verify_password(prepared, &who, &password)
            .await
            .unwrap()
    }

    /// Whether this is the person's password now, and must be changed.
    pub async fn is_temporary_password(&self, sam: &str, password: &str) -> bool {
        self.bind(sam, password).await == BindVerdict::Refused(BindRefusal::MustChangePassword)
    }

    /// Every record so far.
    pub async fn log(&self) -> Vec<Record> {
        log_of(&self.app.store).await
    }

    /// The records about one person, without views and sign-ins.
    pub async fn writes_on(&self, sam: &str) -> Vec<Record> {
        let guid = self.scene.guid(sam);
        let about = |record: &Record| record.entry.target.as_ref().map(|t| t.guid) == Some(guid);
        let mut log = self.log().await;
        log.retain(|r| about(r) && r.entry.action != AuditAction::ViewAccount);
        log
    }

    /// Waits until no attempt is open: I2 allows a minute after everything is back.
    pub async fn settled(&self) {
        let settled = async {
            while !self.app.store.open_attempts().await.unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let within = tokio::time::timeout(Duration::from_mins(1), settled).await;
        within.expect("each attempt has its outcome within a minute");
    }

    /// Checks I1, I2, I4 and I5 against what the directory itself saw. (I3, that no page said
    /// something untrue, is about the answers: each test checks its own.)
    #[cfg(feature = "demo")]
    pub async fn check_invariants(&self) {
        self.settled().await;
        check_invariants(&self.log().await, &self.scene.server().witness().resets());
    }
}

/// I1, I2, I4 and I5 of a log and of the resets that the directory carried out.
#[cfg(feature = "demo")]
pub fn check_invariants(log: &[Record], resets: &[keyward::embedded::SeenModify]) {
    let outcomes = outcomes(log);
    let mut free: Vec<&Record> = log
        .iter()
        .filter(|r| r.entry.phase == Phase::Attempt && r.entry.action == AuditAction::ResetPassword)
        .collect();
    for attempt in &free {
        assert!(
            outcomes.contains_key(&attempt.seq),
            "I2: {:?} has no outcome",
            attempt.seq
        );
    }
    for reset in resets {
        // The latest attempt before it, of those that say yes or cannot tell.
        let fits = |attempt: &&&Record| {
            let result = outcomes[&attempt.seq].entry.result;
            attempt.entry.target.as_ref().map(|t| t.guid) == reset.target
                && attempt.time <= reset.time
                && matches!(result, Some(AuditResult::Ok | AuditResult::Unknown))
        };
        let attempt = *free
            .iter()
            .rfind(fits)
            .unwrap_or_else(|| panic!("I1: {reset:?} has no attempt before it"));
        free.retain(|other| other.seq != attempt.seq);
        let asked = |what: &str| attempt.entry.details[what].as_bool() == Some(true);
        assert!(
            !asked("must_change") || reset.must_change,
            "I5: {reset:?} lacks the forced change"
        );
        assert!(
            !asked("unlock") || reset.unlock,
            "I5: {reset:?} lacks the unlock"
        );
    }
    for attempt in free {
        let outcome = outcomes[&attempt.seq];
        assert_ne!(
            outcome.entry.result,
            Some(AuditResult::Ok),
            "the log says done, the directory saw nothing: {attempt:?}"
        );
    }
}

/// The outcome of each attempt; I4: at most one, after the attempt, of the same action.
fn outcomes(log: &[Record]) -> HashMap<Seq, &Record> {
    let mut outcomes = HashMap::new();
    for record in log {
        let Some(attempt) = record.entry.attempt else {
            assert_ne!(record.entry.phase, Phase::Outcome);
            continue;
        };
        assert_eq!(record.entry.phase, Phase::Outcome);
        let begun = &log[usize::try_from(attempt.0).unwrap()];
        assert!(begun.seq < record.seq);
        assert_eq!(begun.entry.phase, Phase::Attempt);
        assert_eq!(begun.entry.action, record.entry.action);
        assert!(
            outcomes.insert(attempt, record).is_none(),
            "I2: two outcomes"
        );
    }
    outcomes
}

/// Every record of a store; I4: numbered from nought without gaps, each line as it is written.
pub async fn log_of(store: &Store) -> Vec<Record> {
    let lines = store.lines(Seq(0), 1_000_000).await.unwrap();
    let parse = |(at, (seq, line)): (usize, &(Seq, String))| {
        assert_eq!(usize::try_from(seq.0).unwrap(), at);
        let record = Record::parse(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        assert_eq!(record.seq, *seq);
        record
    };
    lines.iter().enumerate().map(parse).collect()
}

/// Bytes of the files of a database, for tests that look for secrets in them.
pub fn bytes_beside(database: &Path) -> Vec<u8> {
    let folder = std::fs::read_dir(database.parent().unwrap()).unwrap();
    let files: HashSet<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files
        .into_iter()
        .flat_map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// A nonce as a form has it.
pub fn nonce() -> [u8; 16] {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).unwrap();
    nonce
}

/// GUID of nobody.
pub fn nobody() -> ObjectGuid {
    ObjectGuid::from([0x5a; 16])
}

async fn app(scene: &Scene, database: &Path, settings: ActionSettings, clock: Clock) -> App {
    let store = Store::open(database, clock.clone()).await.unwrap();
    let app = App::new(scene.directory(), store, clock.clone(), settings);
    // The proof itself has tests of its own, and those of the whole service make it.
    let at = clock.now();
    app.rights_were_proven(LeastPrivilege::Proven { at }).await;
    app
}

fn database(folder: &Path) -> PathBuf {
    folder.join("keyward.db")
}
