//! What a running service does besides answering: proving, settling, rotating, delivering, archiving, heeding commands.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::orders::Orders;
use crate::actions::App;
use crate::archive::Archiving;
use crate::delegation::watch::Watch;
use crate::doctor::outside_confirm::BorneOut;
use crate::doctor::outside_watch::OutsideWatch;
use crate::rotation::Rotation;
use crate::sinks::{Delivering, Sinks};
use crate::web::server::tls::Tls;

/// The tasks beside the server.
pub(super) struct Background {
    /// May end at any moment; what they do is whole at each await.
    any_time: JoinSet<()>,
    /// Told to stop, and waited for.
    careful: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    delivering: Delivering,
}

/// What they work with.
pub(super) struct Work {
    pub(super) watch: Watch,
    pub(super) outside: OutsideWatch,
    pub(super) rotation: Option<Rotation>,
    pub(super) sinks: Arc<Sinks>,
    pub(super) archiving: Option<Archiving>,
    pub(super) orders: Option<Orders>,
    pub(super) tls: Option<Arc<Tls>>,
}

impl Background {
    /// Starts them.
    pub(super) fn start(app: &App, work: Work) -> Self {
        let (stop, stopped) = watch::channel(false);
        let delivering = work.sinks.start(&app.store);
        let settling = tokio::spawn({
            let (app, stopped) = (app.clone(), stopped.clone());
            async move { app.keep_settling(stopped).await }
        });
        let rotating = work
            .rotation
            .map(|rotation| tokio::spawn(async move { rotation.keep_rotating(stopped).await }));
        let careful = std::iter::once(settling).chain(rotating).collect();
        Self {
            any_time: any_time(
                app,
                (work.watch, work.outside),
                (work.archiving, work.orders),
                work.tls,
            ),
            careful,
            stop,
            delivering,
        }
    }

    /// Ends them within `patience`, but the sinks: they have to deliver what is recorded at the very end.
    pub(super) async fn stop(mut self, patience: Duration) -> Delivering {
        self.any_time.abort_all();
        self.stop.send_replace(true);
        let ended = timeout(patience, futures_util::future::try_join_all(self.careful)).await;
        if !matches!(ended, Ok(Ok(_))) {
            tracing::warn!("the background work did not stop in time");
        }
        self.delivering
    }
}

fn any_time(
    app: &App,
    (watch, outside): (Watch, OutsideWatch),
    (archiving, orders): (Option<Archiving>, Option<Orders>),
    tls: Option<Arc<Tls>>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let prover = app.clone();
    tasks.spawn(async move {
        let say = |rights| prover.rights_were_proven(rights);
        watch.keep(&prover.directory, &prover.clock, say).await;
    });
    let outsider = app.clone();
    tasks.spawn(async move {
        let record = async |change, borne_out| match borne_out {
            BorneOut::Yes => outsider.note_outside_reset(&change).await,
            BorneOut::NotAnyMore => outsider.note_unconfirmed_reset(&change).await,
        };
        outside
            .keep(&outsider.directory, &outsider.clock, record)
            .await;
    });
    let signer = app.clone();
    tasks.spawn(async move { signer.store.keep_checkpoints().await });
    if let Some(archiving) = archiving {
        let archivist = app.clone();
        tasks.spawn(async move { archiving.keep(&archivist.store, &archivist.clock).await });
    }
    if let Some(orders) = orders {
        let told = app.clone();
        tasks.spawn(async move { orders.keep(&told.store, &told.clock).await });
    }
    if let Some(tls) = tls {
        tasks.spawn(async move { tls.keep_fresh().await });
    }
    tasks
}
