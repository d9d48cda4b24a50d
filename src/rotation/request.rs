//! A command asks the running service to rotate: the service holds the store and the directory's
//! client, so that it has to do it itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Rotation, Why};
use crate::store::{Answer, Errand, Unanswered};

const ERRAND: Errand = Errand {
    question: ".rotate",
    answer: ".rotated",
    answered_within: Duration::from_mins(3),
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Request {
    /// Where the password is to be moved to; absolute.
    to_file: Option<PathBuf>,
}

/// Asks the service that holds `database`, and waits for its answer. Whatever comes of it, the service
/// signs in with whichever password is right.
///
/// # Errors
/// [`Unanswered`].
pub async fn ask(database: &Path, to_file: Option<PathBuf>) -> Result<Answer, Unanswered> {
    ERRAND.ask(database, Request { to_file }).await
}

/// Does what a command asks for, if one does.
pub(super) async fn serve(rotation: &Rotation, database: &Path, now: Timestamp) {
    let work = async |request: Request| {
        tracing::info!("a command asks for a new password of the service account");
        let rotated = rotation.rotate(Why::Command, request.to_file).await;
        rotated
            .map(|rotated| rotated.to_string())
            .map_err(|error| error.to_string())
    };
    ERRAND.attend(database, now, work).await;
}
