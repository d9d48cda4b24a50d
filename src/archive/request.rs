//! A command asks the running service to archive, which holds the store.

use super::{Archiving, Order, blocking};
use crate::domain::time::Clock;
use crate::store::{Answer, Errand, Store, Unanswered};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

const ERRAND: Errand = Errand {
    question: ".archive",
    answer: ".archived",
    answered_within: Duration::from_mins(30),
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Request {
    /// Microseconds since 1970: archive what was written before; `None`: as the settings say.
    before: Option<i64>,
    /// As in [`Order`].
    #[serde(default)]
    clock_is_right: bool,
}

/// Asks the service that holds `database` to archive, and waits for its answer.
///
/// # Errors
/// [`Unanswered`].
pub async fn ask(database: &Path, order: Order) -> Result<Answer, Unanswered> {
    let request = Request {
        before: order.before.map(Timestamp::as_microsecond),
        clock_is_right: order.clock_is_right,
    };
    ERRAND.ask(database, request).await
}

/// Does what a command asks for, if one does.
pub(super) async fn serve(archiving: &Archiving, store: &Store, clock: &Clock) {
    let (database, now) = (archiving.database.clone(), clock.now());
    let taken = blocking(move || ERRAND.take::<Request>(&database, now)).await;
    let Ok(Some(asked)) = taken else {
        return;
    };
    let before = asked.what.before.map(Timestamp::from_microsecond);
    let order = Order {
        before: before.map(|before| before.unwrap_or(Timestamp::MIN)),
        clock_is_right: asked.what.clock_is_right,
    };
    let done = archiving.run(store, clock, order).await;
    let (done, text) = match done {
        Ok(report) => (true, report.to_string()),
        Err(error) => (false, error.to_string()),
    };
    let database = archiving.database.clone();
    let replied = blocking(move || ERRAND.reply(&database, &asked, done, text)).await;
    if replied.is_err() {
        tracing::debug!("the program ends before a command was answered");
    }
}
