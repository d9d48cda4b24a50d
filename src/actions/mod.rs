//! One file per thing an operator does; with `cli` and `doctor` the only place that uses both
//! `directory` and `store`.
//!
//! Each write goes the same way: read afresh (`approach`), record the attempt, write, read back,
//! record the outcome; what stays open is settled later (`settling`).

mod answers;
mod approach;
mod attempt;
mod audit_log;
mod audit_summary;
mod case;
mod choose_password;
pub mod codes;
mod explain_access;
mod find_account;
mod floor;
mod ground;
mod lockout;
mod outside_resets;
mod ready;
mod reset_password;
mod rights;
mod running;
mod session;
mod settings;
mod settle;
mod settling;
mod sign_in;
mod turns;
mod unlock_account;
mod view_account;

pub use crate::directory::{
    BindRefusal, CertificateProblem, DirectoryError, Hit, InvalidSearch, SearchText,
};
pub use answers::{
    AccountView, ActionError, AttemptState, Client, Found, NotReady, Receipt, ResetAnswer,
    ResetRequest, SignInAnswer, UnlockAnswer, UnlockRequest,
};
pub use audit_log::AuditExport;
pub use audit_summary::AuditSummary;
pub use explain_access::{Access, AccessAnswer, AccessQuestion, AccessView};
pub use session::Unfit;
pub use settings::ActionSettings;

use crate::directory::Directory;
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::least_privilege::LeastPrivilege;
use crate::domain::time::Clock;
use crate::store::Store;
use ground::Ground;
use lockout::Strangers;
use running::Running;
use std::future::Future;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio_util::task::TaskTracker;
use turns::Turns;

/// Writes to the directory at once; more are turned away.
const WRITES: usize = 16;
/// Sign-ins at once; more wait a little, then are turned away.
const SIGN_INS: usize = 64;
/// Exports of the audit log at once; more are turned away.
const EXPORTS: usize = 2;

/// What the actions need; made once by `cli/serve`. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The way to the domain.
    pub directory: Directory,
    /// The way to the disk.
    pub store: Store,
    /// The wall clock.
    pub clock: Clock,
    shared: Arc<Shared>,
}

struct Shared {
    settings: RwLock<Arc<ActionSettings>>,
    ground: Mutex<Option<Arc<Ground>>>,
    /// One reads the ground anew; others wait for what it read.
    ground_turn: tokio::sync::Mutex<()>,
    tasks: TaskTracker,
    writes: Semaphore,
    sign_ins: Semaphore,
    exports: Arc<Semaphore>,
    name_turns: Turns<String>,
    sign_in_turns: Turns<Sid>,
    write_turns: Turns<ObjectGuid>,
    strangers: Strangers,
    running: Running,
    rights: watch::Sender<LeastPrivilege>,
}

impl App {
    /// Puts the parts together; asks nobody anything yet.
    pub fn new(directory: Directory, store: Store, clock: Clock, settings: ActionSettings) -> Self {
        let shared = Arc::new(Shared {
            settings: RwLock::new(Arc::new(settings)),
            ground: Mutex::default(),
            ground_turn: tokio::sync::Mutex::default(),
            tasks: TaskTracker::new(),
            writes: Semaphore::new(WRITES),
            sign_ins: Semaphore::new(SIGN_INS),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            name_turns: Turns::new(),
            sign_in_turns: Turns::new(),
            write_turns: Turns::new(),
            strangers: Strangers::default(),
            running: Running::default(),
            rights: watch::Sender::default(),
        });
        Self {
            directory,
            store,
            clock,
            shared,
        }
    }

    /// Takes no more work, lets what runs come to its end, then closes store and directory.
    /// An attempt that is still open after `deadline` is settled at the next start. `deliver` comes after
    /// the last record and before the store is closed.
    pub async fn shut_down(&self, deadline: Duration, deliver: impl Future<Output = ()>) {
        self.shared.tasks.close();
        if tokio::time::timeout(deadline, self.shared.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("an action did not end in time; it is settled at the next start");
        }
        self.save_outcomes().await;
        if let Err(error) = self.store.flush_counts().await {
            tracing::warn!(%error, "how often some things happened in the last minute is not in the audit log");
        }
        self.note_stop().await;
        self.directory.close().await;
        deliver.await;
        self.store.close().await;
    }

    /// Runs `work` in a task of its own, so that a client that goes away in the middle cannot
    /// stop it between attempt and outcome.
    async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    ) -> Result<T, ActionError> {
        if self.shared.tasks.is_closed() {
            return Err(ActionError::Busy);
        }
        let ended = self.shared.tasks.spawn(work).await;
        ended.unwrap_or(Err(ActionError::Broken))
    }
}
