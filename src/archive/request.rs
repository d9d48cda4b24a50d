//! A command asks the running service to archive, which holds the store.

use super::{Archiving, Order};
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
    let work = async |request: Request| {
        let before = request.before.map(Timestamp::from_microsecond);
        let order = Order {
            before: before.map(|before| before.unwrap_or(Timestamp::MIN)),
            clock_is_right: request.clock_is_right,
        };
        let done = archiving.run(store, clock, order).await;
        done.map(|report| report.to_string())
            .map_err(|error| error.to_string())
    };
    ERRAND.attend(&archiving.database, clock.now(), work).await;
}
