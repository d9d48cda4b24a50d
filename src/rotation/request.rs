//! A command asks the running service to rotate: the service holds the store and the directory's
//! client, so that it has to do it itself.
//!
//! One file beside the store asks, another one answers. Whoever may make files there could replace
//! the store as well. No secret is in either.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::durable;

/// A service that runs takes a request within a second or two.
const TAKEN_WITHIN: Duration = Duration::from_secs(15);
/// How long a rotation may take altogether.
const ANSWERED_WITHIN: Duration = Duration::from_mins(3);
/// Between two looks at the files.
const PAUSE: Duration = Duration::from_millis(200);
/// Whoever asked has given up by then.
const STALE: SignedDuration = SignedDuration::from_secs(60);
/// Both files are a line.
const LONGEST: u64 = 64 * 1024;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    id: String,
    /// Where the password is to be moved to; absolute.
    pub to_file: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    id: String,
    /// The account has a new password.
    pub done: bool,
    /// For people.
    pub text: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The request could not be left.
    #[error(
        "the running service cannot be asked: a file beside the store cannot be written ({0}). Run this as the account that runs \
         Keyward. Nothing was changed"
    )]
    NotLeft(io::ErrorKind),
    /// Nobody took it.
    #[error(
        "another Keyward holds the store, but it did not take the request: is it a service of this version that has started \
         completely? Nothing was changed"
    )]
    NotTaken,
    /// It was taken, and then nothing more was heard.
    #[error(
        "the running service took the request and did not answer in time. Its log and keyward audit list say what became \
         of it; it signs in with whichever password is right"
    )]
    NotAnswered,
}

/// Asks the service that holds `database`, and waits for its answer.
///
/// # Errors
/// [`Unanswered`].
pub async fn ask(database: &Path, to_file: Option<PathBuf>) -> Result<Answer, Unanswered> {
    let (question, answer) = (question(database), answer(database));
    let request = Request {
        id: random_id().ok_or(Unanswered::NotLeft(io::ErrorKind::Other))?,
        to_file,
    };
    write(database, &question, &request).map_err(|error| Unanswered::NotLeft(error.kind()))?;
    let asked = Instant::now();
    let mut taken = false;
    loop {
        sleep(PAUSE).await;
        if let Some(answer) = read::<Answer>(&answer).filter(|answer| answer.id == request.id) {
            return Ok(answer);
        }
        taken = taken || !question.exists();
        if !taken && asked.elapsed() > TAKEN_WITHIN {
            // If it goes just now, it was taken just now.
            return match fs::remove_file(&question) {
                Ok(()) => Err(Unanswered::NotTaken),
                Err(_) => Err(Unanswered::NotAnswered),
            };
        }
        if asked.elapsed() > ANSWERED_WITHIN {
            return Err(Unanswered::NotAnswered);
        }
    }
}

/// Takes what somebody asks for, if anybody does.
pub(super) fn take(database: &Path, now: Timestamp) -> Option<Request> {
    let question = question(database);
    let left = fs::metadata(&question).ok()?.modified().ok()?;
    let request = read::<Request>(&question);
    fs::remove_file(&question).ok()?;
    let age = now.duration_since(Timestamp::try_from(left).ok()?);
    request.filter(|_| age.abs() < STALE)
}

/// Answers.
pub(super) fn reply(database: &Path, request: &Request, done: bool, text: String) {
    let reply = Answer {
        id: request.id.clone(),
        done,
        text,
    };
    if let Err(error) = write(database, &answer(database), &reply) {
        tracing::warn!(error = %error, "the command that asked for a rotation cannot be answered");
    }
}

fn question(database: &Path) -> PathBuf {
    durable::beside(database, ".rotate")
}

fn answer(database: &Path) -> PathBuf {
    durable::beside(database, ".rotated")
}

fn write<T: Serialize>(database: &Path, path: &Path, what: &T) -> io::Result<()> {
    let like = fs::metadata(database)?;
    durable::replace(path, &serde_json::to_vec(what)?, &like, 0o600)
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Option<T> {
    let size = fs::metadata(path).ok()?.len();
    let text = (size <= LONGEST).then(|| fs::read(path))?.ok()?;
    serde_json::from_slice(&text).ok()
}

fn random_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_taken_once_and_its_answer_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        fs::write(&database, "").unwrap();
        fs::write(
            answer(&database),
            r#"{"id":"of another","done":true,"text":""}"#,
        )
        .unwrap();
        let service = {
            let database = database.clone();
            tokio::spawn(async move {
                loop {
                    let now = crate::domain::time::Clock::system().now();
                    if let Some(request) = take(&database, now) {
                        assert_eq!(request.to_file, Some("/etc/x".into()));
                        assert_eq!(take(&database, now), None);
                        return reply(&database, &request, true, "done".to_owned());
                    }
                    sleep(Duration::from_millis(10)).await;
                }
            })
        };
        let answer = ask(&database, Some("/etc/x".into())).await.unwrap();
        assert!(answer.done && answer.text == "done");
        service.await.unwrap();
    }

    #[tokio::test]
    async fn an_old_request_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        fs::write(&database, "").unwrap();
        let request = Request {
            id: "1".to_owned(),
            to_file: None,
        };
        write(&database, &question(&database), &request).unwrap();
        let later = crate::domain::time::Clock::system().now() + STALE;
        assert_eq!(take(&database, later), None);
        assert!(!question(&database).exists());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_nobody_takes_is_withdrawn() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        assert!(matches!(
            ask(&database, None).await,
            Err(Unanswered::NotLeft(_))
        ));
        fs::write(&database, "").unwrap();
        assert_eq!(ask(&database, None).await, Err(Unanswered::NotTaken));
        assert!(!question(&database).exists());
    }
}
