//! A command asks the process that holds the store to do something: only one may write, and that one has
//! to do it itself. One file beside the store asks, another one answers; no secret is in either.
//!
//! Whoever may make files there could replace the store as well.

use crate::durable::{self, beside};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

/// A service that runs takes a request within a second or two.
const TAKEN_WITHIN: Duration = Duration::from_secs(15);
/// Between two looks at the files.
const PAUSE: Duration = Duration::from_millis(200);
/// Whoever asked has given up by then.
const STALE: SignedDuration = SignedDuration::from_mins(1);
/// Both files are a line.
const LONGEST: u64 = 64 * 1024;

/// A kind of request: the ends of the two files' names.
#[derive(Debug, Clone, Copy)]
pub struct Errand {
    /// Of the one that asks.
    pub question: &'static str,
    /// Of the one that answers.
    pub answer: &'static str,
    /// How long it may take altogether.
    pub answered_within: Duration,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Asked<Q> {
    id: String,
    what: Q,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    id: String,
    /// It was done.
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
         completely, or is it at work on what another command asked for? Nothing was changed"
    )]
    NotTaken,
    /// It was taken, and then nothing more was heard.
    #[error(
        "the running service took the request and did not answer in time; it may be at it still. Its log and keyward audit list \
         say what became of it"
    )]
    NotAnswered,
}

impl Errand {
    /// Asks whoever holds `database`, and waits for the answer.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn ask<Q: Serialize>(self, database: &Path, what: Q) -> Result<Answer, Unanswered> {
        let (question, answer) = (
            beside(database, self.question),
            beside(database, self.answer),
        );
        let id = random_id().ok_or(Unanswered::NotLeft(io::ErrorKind::Other))?;
        let asked = Asked {
            id: id.clone(),
            what,
        };
        let begun = Instant::now();
        while !leave(database, &question, &asked)
            .map_err(|error| Unanswered::NotLeft(error.kind()))?
        {
            if begun.elapsed() > TAKEN_WITHIN {
                return Err(Unanswered::NotTaken);
            }
            sleep(PAUSE).await;
        }
        let begun = Instant::now();
        let mut taken = false;
        loop {
            sleep(PAUSE).await;
            if let Some(answer) = read::<Answer>(&answer).filter(|answer| answer.id == id) {
                return Ok(answer);
            }
            taken = taken || !is_left(&question, &id);
            if !taken && begun.elapsed() > TAKEN_WITHIN {
                // If it goes just now, it was taken just now.
                return match fs::remove_file(&question) {
                    Ok(()) => Err(Unanswered::NotTaken),
                    Err(_) => Err(Unanswered::NotAnswered),
                };
            }
            if begun.elapsed() > self.answered_within {
                return Err(Unanswered::NotAnswered);
            }
        }
    }

    /// Does what somebody asks for, if anybody does, and answers: `Ok` that it was done, `Err` that it was not.
    pub async fn attend<Q, W>(self, database: &Path, now: Timestamp, work: impl FnOnce(Q) -> W)
    where
        Q: DeserializeOwned + Send + 'static,
        W: Future<Output = Result<String, String>>,
    {
        let place = database.to_owned();
        let Ok(Some(asked)) = spawn_blocking(move || self.take::<Q>(&place, now)).await else {
            return;
        };
        let (done, text) = match work(asked.what).await {
            Ok(text) => (true, text),
            Err(text) => (false, text),
        };
        let (place, id) = (database.to_owned(), asked.id);
        let answer = Answer { id, done, text };
        if spawn_blocking(move || self.reply(&place, &answer))
            .await
            .is_err()
        {
            tracing::debug!("the program ends before a command was answered");
        }
    }

    /// Takes what somebody asks for, if anybody does. One that was left long before `now` is thrown away.
    fn take<Q: DeserializeOwned>(self, database: &Path, now: Timestamp) -> Option<Asked<Q>> {
        let question = beside(database, self.question);
        let left = fs::metadata(&question).ok()?.modified().ok()?;
        let asked = read::<Asked<Q>>(&question);
        fs::remove_file(&question).ok()?;
        let age = now.duration_since(Timestamp::try_from(left).ok()?);
        asked.filter(|_| age.abs() < STALE)
    }

    fn reply(self, database: &Path, answer: &Answer) {
        if let Err(error) = write(database, &beside(database, self.answer), answer) {
            tracing::warn!(%error, "a command that asked for something cannot be answered");
        }
    }
}

/// Leaves a request; `false`: that of somebody else waits there. One that nobody took in a minute is in
/// nobody's way.
fn leave<Q: Serialize>(database: &Path, question: &Path, asked: &Asked<Q>) -> io::Result<bool> {
    let part = beside(question, &format!(".{}", asked.id));
    write_to(database, &part, asked)?;
    let left = match fs::hard_link(&part, question) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if is_stale(question) {
                durable::remove(question)?;
            }
            Ok(false)
        }
        linked => linked.map(|()| true),
    };
    durable::remove(&part)?;
    left
}

/// Whether the request with this id waits there.
fn is_left(question: &PathBuf, id: &str) -> bool {
    #[derive(Deserialize)]
    struct Left {
        id: String,
    }
    read::<Left>(question).is_some_and(|left| left.id == id)
}

fn is_stale(question: &Path) -> bool {
    let left = fs::metadata(question).and_then(|found| found.modified());
    let age = left.ok().and_then(|left| left.elapsed().ok());
    age.is_some_and(|age| age > STALE.unsigned_abs())
}

/// Under another name first: whoever reads finds all of it.
fn write<T: Serialize>(database: &Path, path: &Path, what: &T) -> io::Result<()> {
    let part = beside(path, ".part");
    write_to(database, &part, what)?;
    fs::rename(&part, path)
}

/// With the owner of the database.
fn write_to<T: Serialize>(database: &Path, path: &Path, what: &T) -> io::Result<()> {
    let like = fs::metadata(database)?;
    let mut file = durable::make(path, Some(&like))?;
    file.write_all(&serde_json::to_vec(what)?)
}

fn read<T: DeserializeOwned>(path: &PathBuf) -> Option<T> {
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
    use crate::domain::time::Clock;

    const ERRAND: Errand = Errand {
        question: ".ask",
        answer: ".asked",
        answered_within: Duration::from_secs(20),
    };

    fn now() -> Timestamp {
        Clock::system().now()
    }

    fn store() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        fs::write(&database, "").unwrap();
        (folder, database)
    }

    #[tokio::test]
    async fn a_request_is_taken_once_and_its_answer_comes_back() {
        let (_folder, database) = store();
        let of_another = r#"{"id":"of another","done":true,"text":""}"#;
        fs::write(beside(&database, ".asked"), of_another).unwrap();
        let service = {
            let database = database.clone();
            tokio::spawn(async move {
                let mut times = 0;
                while times == 0 {
                    let work = async |asked: u32| {
                        times += 1;
                        assert_eq!(asked, 7);
                        assert_eq!(ERRAND.take::<u32>(&database, now()), None);
                        Ok("done".to_owned())
                    };
                    ERRAND.attend(&database, now(), work).await;
                    sleep(Duration::from_millis(10)).await;
                }
            })
        };
        let answer = ERRAND.ask(&database, 7).await.unwrap();
        assert!(answer.done && answer.text == "done");
        service.await.unwrap();
    }

    /// Two commands at the same time, while the service is busy for a moment.
    #[tokio::test]
    async fn a_second_request_waits_for_the_first_and_both_are_answered() {
        let (_folder, database) = store();
        let service = {
            let database = database.clone();
            tokio::spawn(async move {
                for _ in 0..2 {
                    sleep(Duration::from_millis(500)).await;
                    let work = async |asked: u32| Err(asked.to_string());
                    ERRAND.attend(&database, now(), work).await;
                }
            })
        };
        let both = tokio::join!(ERRAND.ask(&database, 7), ERRAND.ask(&database, 8));
        for (answer, text) in [(both.0, "7"), (both.1, "8")] {
            let answer = answer.unwrap();
            assert!(!answer.done && answer.text == text);
        }
        service.await.unwrap();
        // The database and the last answer.
        let left = fs::read_dir(database.parent().unwrap()).unwrap();
        assert_eq!(left.count(), 2);
    }

    #[tokio::test]
    async fn an_old_request_is_thrown_away() {
        let (_folder, database) = store();
        let question = beside(&database, ".ask");
        fs::write(&question, r#"{"id":"1","what":7}"#).unwrap();
        assert_eq!(ERRAND.take::<u32>(&database, now() + STALE), None);
        assert!(!question.exists());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_nobody_takes_is_withdrawn() {
        let (_folder, database) = store();
        let missing = database.with_file_name("missing.db");
        let not_left = ERRAND.ask(&missing, 7).await;
        assert!(matches!(not_left, Err(Unanswered::NotLeft(_))));
        assert_eq!(ERRAND.ask(&database, 7).await, Err(Unanswered::NotTaken));
        assert!(!beside(&database, ".ask").exists());
    }
}
