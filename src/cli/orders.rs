//! What commands ask of the running service, which holds the store and the settings in force: to stop an operator, to
//! let one go on, to read the settings again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::reload::Reload;
use crate::domain::audit::AuditOperator;
use crate::domain::identity::Sid;
use crate::domain::limits::FrozenBy;
use crate::domain::time::Clock;
use crate::store::{Answer, Errand, Frozen, Store, StoreError, Unanswered};

const ERRAND: Errand = Errand {
    question: ".order",
    answer: ".ordered",
    answered_within: Duration::from_mins(1),
};
/// Between two looks whether a command asks for something.
const LISTEN: Duration = Duration::from_secs(1);

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// An operator is to help nobody any more.
    Freeze {
        sid: String,
        name: String,
        reason: Option<String>,
    },
    /// A frozen operator is to go on.
    Thaw { sid: String, name: String },
    /// The settings are to be read again.
    Reload,
}

/// Asks the service that holds `database`, and waits for its answer.
///
/// # Errors
/// [`Unanswered`].
pub(super) async fn ask(database: &Path, order: Order) -> Result<Answer, Unanswered> {
    ERRAND.ask(database, order).await
}

/// Heeds what commands ask for.
pub struct Orders {
    database: PathBuf,
    /// Reads the settings again; `None`: they stand in no file.
    pub(super) reload: Option<Arc<Reload>>,
}

impl Orders {
    /// Commands leave their orders beside this database.
    pub fn at(database: &Path) -> Self {
        Self {
            database: database.to_owned(),
            reload: None,
        }
    }

    /// Heeds one order after the other, until it is dropped.
    pub(super) async fn keep(&self, store: &Store, clock: &Clock) {
        loop {
            sleep(LISTEN).await;
            let work = async |order| self.carry_out(order, store).await;
            ERRAND.attend(&self.database, clock.now(), work).await;
        }
    }

    async fn carry_out(&self, order: Order, store: &Store) -> Result<String, String> {
        if order != Order::Reload {
            return stop_or_go(order, store).await;
        }
        match &self.reload {
            Some(reload) => reload.now().await.map_err(|lines| lines.join("\n")),
            None => Err("this service has its settings from no file".to_owned()),
        }
    }
}

/// Freezes or thaws; says what it came to.
///
/// # Errors
/// Why nothing was changed, for people.
pub(super) async fn stop_or_go(order: Order, store: &Store) -> Result<String, String> {
    let failed = |error: StoreError| format!("{error}. Nothing was changed");
    let parsed = |sid: String| sid.parse::<Sid>().map_err(|error| error.to_string());
    match order {
        Order::Freeze { sid, name, reason } => {
            let operator = AuditOperator {
                sid: Some(parsed(sid)?),
                name: name.clone(),
            };
            let by = FrozenBy::Command { reason };
            let already = store.freeze(operator, by).await.map_err(failed)?;
            Ok(match already {
                None => {
                    format!("{name} is frozen: they help nobody until keyward access thaw lifts it")
                }
                Some(frozen) => format!("{} already; nothing was changed", described(&frozen)),
            })
        }
        Order::Thaw { sid, name } => {
            let before = store.thaw(&parsed(sid)?).await.map_err(failed)?;
            Ok(match before {
                Some(frozen) => {
                    format!("{} may go on; their limits count from nought", frozen.name)
                }
                None => format!("{name} was not frozen; nothing was changed"),
            })
        }
        Order::Reload => Err("only a running service reads its settings again".to_owned()),
    }
}

/// Who is frozen, since when and by what, in a line.
pub(super) fn described(frozen: &Frozen) -> String {
    let Frozen { name, operator, .. } = frozen;
    let since = frozen.since.strftime("%Y-%m-%d %H:%M");
    let by = match &frozen.by {
        FrozenBy::Command { reason: None } => "by a command".to_owned(),
        FrozenBy::Command {
            reason: Some(reason),
        } => format!("by a command: {reason}"),
        FrozenBy::Limit { reached, rule } => {
            format!("by {} of the rule {rule}", reached.word())
        }
    };
    format!("{name} ({operator}) is frozen since {since} UTC, {by}")
}
