//! The running service: parts and a listener, until the order to stop. `serve`, `demo` and the tests
//! use the same one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::parts::Parts;
use crate::web::gate::Gate;
use crate::web::server::Server;
use crate::web::site::Site;

/// How long the background work may take to stop, and then what runs in the actions.
const LAST_WORK: Duration = Duration::from_secs(5);

/// Serves until `stop`; lets what is running finish, then puts the parts away. A domain controller
/// that does not answer stops nothing: the service is live and not ready.
pub async fn serve(parts: Parts, listener: TcpListener, stop: CancellationToken) {
    let Parts {
        app,
        site,
        watch,
        outside,
        limits,
        tls,
        rotation,
        sinks,
        archiving,
    } = parts;
    if let Ok(listening) = listener.local_addr() {
        say_started(listening, tls.is_some(), site.house.plain_http);
    }
    let (stop_settling, settling) = watch::channel(false);
    let settler = tokio::spawn({
        let app = app.clone();
        async move { app.keep_settling(settling).await }
    });
    let prover = tokio::spawn({
        let app = app.clone();
        async move {
            let say = |rights| app.rights_were_proven(rights);
            watch.keep(&app.directory, &app.clock, say).await;
        }
    });
    let outsider = tokio::spawn({
        let app = app.clone();
        async move {
            let record = async |change| app.note_outside_reset(&change).await;
            outside.keep(&app.directory, &app.clock, record).await;
        }
    });
    let checkpoints = tokio::spawn({
        let store = app.store.clone();
        async move { store.keep_checkpoints().await }
    });
    let stop_sinks = CancellationToken::new();
    let delivering = tokio::spawn({
        let (store, stop) = (app.store.clone(), stop_sinks.clone());
        async move { sinks.keep(&store, stop).await }
    });
    let archivist = archiving.map(|archiving| {
        let (store, clock) = (app.store.clone(), app.clock.clone());
        tokio::spawn(async move { archiving.keep(&store, &clock).await })
    });
    let rotating = rotation.map(|rotation| {
        let stop = stop_settling.subscribe();
        tokio::spawn(async move { rotation.keep_rotating(stop).await })
    });
    let freshener = tls
        .clone()
        .map(|tls| tokio::spawn(async move { tls.keep_fresh().await }));
    let gate = Gate::new(Arc::new(Site::new(app.clone(), site, limits)));
    if !Server::new(gate, tls).run(listener, stop).await {
        tracing::warn!("requests were still running after the longest time that stopping may take");
    }
    prover.abort();
    outsider.abort();
    checkpoints.abort();
    if let Some(archivist) = archivist {
        archivist.abort();
    }
    if let Some(freshener) = freshener {
        freshener.abort();
    }
    stop_settling.send_replace(true);
    let background = async {
        let settled = settler.await;
        match rotating {
            Some(rotating) => settled.and(rotating.await),
            None => settled,
        }
    };
    if !matches!(timeout(LAST_WORK, background).await, Ok(Ok(()))) {
        tracing::warn!("the background work did not stop in time");
    }
    stop_sinks.cancel();
    if timeout(LAST_WORK, delivering).await.is_err() {
        tracing::warn!(
            "a sink did not take everything in time; it gets the rest at the next start"
        );
    }
    app.shut_down(LAST_WORK).await;
    tracing::info!("stopped");
}

fn say_started(listening: SocketAddr, tls: bool, plain_http: bool) {
    let scheme = if tls { "https" } else { "http" };
    tracing::info!("serving {scheme}://{listening}");
    if plain_http {
        tracing::warn!(
            "danger_allow_plain_http: passwords cross the network unencrypted; set web.tls_cert and \
             web.tls_key"
        );
    }
}
