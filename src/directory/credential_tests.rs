//! How the service account signs in, against a server of a few lines.

use super::*;
use crate::directory::frame::{Frames, Outgoing};
use futures_util::StreamExt;
use ldap3_proto::proto::{LdapBindResponse, LdapMsg, LdapResult, LdapResultCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::AsyncWriteExt;
use tokio_util::codec::FramedRead;

const WRONG: &str = "80090308: LdapErr: DSID-0C0903A9, comment: x, data 52e, v1";
const LOCKED: &str = "80090308: LdapErr: DSID-0C0903A9, comment: x, data 775, v1";

/// A server that accepts one password, refuses others with `message`, and counts.
struct Peer {
    right: &'static str,
    message: &'static str,
    binds: Arc<AtomicU32>,
}

impl Peer {
    fn new(right: &'static str, message: &'static str) -> Self {
        Self {
            right,
            message,
            binds: Arc::default(),
        }
    }

    fn binds(&self) -> u32 {
        self.binds.load(Ordering::Relaxed)
    }

    fn connection(&self) -> Connection {
        let (ours, theirs) = tokio::io::duplex(4096);
        let (read, mut write) = tokio::io::split(theirs);
        let (right, message) = (self.right, self.message);
        let binds = Arc::clone(&self.binds);
        tokio::spawn(async move {
            let mut messages = FramedRead::new(read, Frames::new());
            while let Some(Ok(asked)) = messages.next().await {
                let LdapOp::BindRequest(bind) = asked.op else {
                    return;
                };
                binds.fetch_add(1, Ordering::Relaxed);
                let accepted = bind.cred == LdapBindCred::Simple(right.to_owned());
                let code = if accepted {
                    LdapResultCode::Success
                } else {
                    LdapResultCode::InvalidCredentials
                };
                let res = LdapResult {
                    code,
                    matcheddn: String::new(),
                    message: message.to_owned(),
                    referral: Vec::new(),
                };
                let answer = LdapOp::BindResponse(LdapBindResponse {
                    res,
                    saslcreds: None,
                });
                let answer = Outgoing::encode(LdapMsg::new(asked.msgid, answer)).unwrap();
                write.write_all(answer.bytes()).await.unwrap();
            }
        });
        Connection::start(ours)
    }

    /// As a new service connection does it.
    async fn open(&self, credential: &Credential) -> Result<(), OpenFailure> {
        let deadline = Instant::now() + Duration::from_secs(4);
        credential.may_try(deadline).await?;
        credential.bind(&self.connection(), deadline).await
    }
}

fn credential(password: &str) -> Credential {
    let source = SecretSource::Value(SecretString::from(password));
    Credential::new("svc", "EXAMPLE", source)
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_tried_once_then_after_five_minutes_then_once_an_hour() {
    let (peer, credential) = (Peer::new("right", WRONG), credential("wrong"));
    let refused = Err(OpenFailure::Refused(BindRefusal::WrongNameOrPassword));
    for (wait, binds) in [
        (Duration::ZERO, 1),
        (Duration::from_mins(4), 1),
        (Duration::from_mins(2), 2),
        (Duration::from_mins(59), 2),
        (Duration::from_mins(2), 3),
    ] {
        tokio::time::advance(wait).await;
        assert_eq!(peer.open(&credential).await, refused);
        assert_eq!(peer.binds(), binds, "after {wait:?} more");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crowd_of_new_connections_sends_one_wrong_bind() {
    let (peer, credential) = (Peer::new("right", WRONG), credential("wrong"));
    let crowd = (0..20).map(|_| peer.open(&credential));
    for result in futures_util::future::join_all(crowd).await {
        assert!(matches!(result, Err(OpenFailure::Refused(_))));
    }
    assert_eq!(peer.binds(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_locked_service_account_is_tried_every_five_minutes() {
    let (peer, credential) = (Peer::new("right", LOCKED), credential("wrong"));
    for binds in 1..=3 {
        let refused = Err(OpenFailure::Refused(BindRefusal::Locked));
        assert_eq!(peer.open(&credential).await, refused);
        assert_eq!(peer.open(&credential).await, refused);
        assert_eq!(peer.binds(), binds);
        tokio::time::advance(Duration::from_mins(5)).await;
    }
}

#[tokio::test]
async fn another_password_in_the_file_is_tried_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let peer = Peer::new("right", WRONG);
    let credential = Credential::new("svc", "EXAMPLE", SecretSource::File(file.clone()));
    let unreadable = Err(OpenFailure::Password(Some(file.clone())));
    assert_eq!(peer.open(&credential).await, unreadable);
    for (content, accepted) in [("wrong\n", false), ("right\r\n", true), ("right", true)] {
        std::fs::write(&file, content).unwrap();
        assert_eq!(
            peer.open(&credential).await.is_ok(),
            accepted,
            "{content:?}"
        );
    }
    std::fs::write(&file, "x".repeat(5000)).unwrap();
    assert_eq!(peer.open(&credential).await, unreadable);
    std::fs::write(&file, "\n").unwrap();
    assert_eq!(peer.open(&credential).await, unreadable);
    assert_eq!(peer.binds(), 3);
}

#[test]
fn a_bare_account_name_is_qualified_and_other_forms_stay() {
    let name = |name| Credential::new(name, "EXAMPLE", SecretSource::Value("x".into())).name;
    assert_eq!(name("svc"), "EXAMPLE\\svc");
    for qualified in [
        "svc@example.test",
        "OTHER\\svc",
        "CN=svc,DC=example,DC=test",
    ] {
        assert_eq!(name(qualified), qualified);
    }
}

/// A change under way: one password in the file, another beside it.
struct Change {
    folder: tempfile::TempDir,
    credential: Credential,
}

impl Change {
    fn new(current: &str, next: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let credential = Credential::new(
            "svc",
            "EXAMPLE",
            SecretSource::File(folder.path().join("secret")),
        );
        let change = Self { folder, credential };
        change.write("secret", current);
        change.write("secret.next", next);
        change
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }
}

const WRONG_PASSWORD: Result<(), OpenFailure> =
    Err(OpenFailure::Refused(BindRefusal::WrongNameOrPassword));

#[tokio::test]
async fn during_a_change_the_password_that_the_directory_has_is_found() {
    for (current, next, binds) in [("right", "wrong", [1, 1]), ("wrong", "right", [2, 1])] {
        let (peer, change) = (Peer::new("right", WRONG), Change::new(current, next));
        for binds in binds {
            let before = peer.binds();
            assert_eq!(peer.open(&change.credential).await, Ok(()));
            assert_eq!(peer.binds() - before, binds, "{current} {next}");
        }
    }
}

#[tokio::test]
async fn two_controllers_that_do_not_agree_yet_are_both_signed_in_to() {
    let change = Change::new("old", "new");
    let changed = Peer::new("new", WRONG);
    let behind = Peer::new("old", WRONG);
    for _ in 0..3 {
        assert_eq!(changed.open(&change.credential).await, Ok(()));
        assert_eq!(behind.open(&change.credential).await, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_wrong_passwords_each_is_tried_once_an_hour() {
    let (peer, change) = (Peer::new("right", WRONG), Change::new("one", "two"));
    for (wait, binds) in [
        (Duration::ZERO, 2),
        (Duration::from_mins(59), 2),
        (Duration::from_mins(2), 4),
        (Duration::from_mins(59), 4),
    ] {
        tokio::time::advance(wait).await;
        assert_eq!(peer.open(&change.credential).await, WRONG_PASSWORD);
        assert_eq!(peer.binds(), binds, "after {wait:?} more");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crowd_sends_each_of_two_wrong_passwords_once() {
    let (peer, change) = (Peer::new("right", WRONG), Change::new("one", "two"));
    let crowd = (0..20).map(|_| peer.open(&change.credential));
    for result in futures_util::future::join_all(crowd).await {
        assert_eq!(result, WRONG_PASSWORD);
    }
    assert_eq!(peer.binds(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_two_refusals_only_a_password_that_is_new_is_tried() {
    let (peer, change) = (Peer::new("right", WRONG), Change::new("one", "two"));
    assert_eq!(peer.open(&change.credential).await, WRONG_PASSWORD);
    for (content, binds) in [("three", 3), ("two", 3), ("right", 4)] {
        change.write("secret", content);
        let right = content == "right";
        assert_eq!(peer.open(&change.credential).await.is_ok(), right);
        assert_eq!(peer.binds(), binds, "{content}");
    }
}

#[tokio::test]
async fn a_second_password_does_not_help_a_locked_account() {
    let (peer, change) = (Peer::new("right", LOCKED), Change::new("one", "right"));
    let refused = Err(OpenFailure::Refused(BindRefusal::Locked));
    assert_eq!(peer.open(&change.credential).await, refused);
    assert_eq!(peer.binds(), 1);
}

#[tokio::test]
async fn the_same_password_twice_is_one_password() {
    let (peer, change) = (Peer::new("right", WRONG), Change::new("one", "one\n"));
    assert_eq!(peer.open(&change.credential).await, WRONG_PASSWORD);
    assert_eq!(peer.binds(), 1);
}

#[tokio::test]
async fn a_password_in_the_settings_file_is_followed_by_one_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.ini");
    std::fs::write(&file, "").unwrap();
    std::fs::write(folder.path().join("config.ini.next-password"), "right").unwrap();
    let source = |value: &str| SecretSource::InSettings {
        value: value.into(),
        file: file.clone(),
    };
    let (peer, credential) = (
        Peer::new("right", WRONG),
        Credential::new("svc", "EXAMPLE", source("wrong")),
    );
    assert_eq!(peer.open(&credential).await, Ok(()));
    credential.adopt(source("right"));
    std::fs::remove_file(folder.path().join("config.ini.next-password")).unwrap();
    assert_eq!(peer.open(&credential).await, Ok(()));
    assert_eq!(peer.binds(), 3);
}

#[tokio::test]
async fn a_link_to_the_file_leads_to_the_password_beside_the_file() {
    let change = Change::new("wrong", "right");
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    std::os::unix::fs::symlink(change.folder.path().join("secret"), &link).unwrap();
    let credential = Credential::new("svc", "EXAMPLE", SecretSource::File(link));
    let peer = Peer::new("right", WRONG);
    assert_eq!(peer.open(&credential).await, Ok(()));
}
