//! A command asks the running service to rotate: the service holds the store and the directory's
//! client, so that it has to do it itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::{Answer, Asked, Errand, Unanswered};

const ERRAND: Errand = Errand {
    question: ".rotate",
    answer: ".rotated",
    answered_within: Duration::from_mins(3),
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Where the password is to be moved to; absolute.
    pub to_file: Option<PathBuf>,
}

/// Asks the service that holds `database`, and waits for its answer. Whatever comes of it, the service
/// signs in with whichever password is right.
///
/// # Errors
/// [`Unanswered`].
pub async fn ask(database: &Path, to_file: Option<PathBuf>) -> Result<Answer, Unanswered> {
    ERRAND.ask(database, Request { to_file }).await
}

/// Takes what somebody asks for, if anybody does.
pub(super) fn take(database: &Path, now: Timestamp) -> Option<Asked<Request>> {
    ERRAND.take(database, now)
}

/// Answers.
pub(super) fn reply(database: &Path, asked: &Asked<Request>, done: bool, text: String) {
    ERRAND.reply(database, asked, done, text);
}
