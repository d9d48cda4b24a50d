//! The running service: parts and a listener, until the order to stop. `serve`, `demo` and the tests
//! use the same one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::background::{Background, Work};
use super::parts::Parts;
use crate::sinks::Delivering;
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
        orders,
    } = parts;
    if let Ok(listening) = listener.local_addr() {
        say_started(listening, tls.is_some(), site.house.plain_http);
    }
    let work = Work {
        watch,
        outside,
        rotation,
        sinks,
        archiving,
        orders,
        tls: tls.clone(),
    };
    let background = Background::start(&app, work);
    let gate = Gate::new(Arc::new(Site::new(app.clone(), site, limits)));
    if !Server::new(gate, tls).run(listener, stop).await {
        tracing::warn!("requests were still running after the longest time that stopping may take");
    }
    let delivering = background.stop(LAST_WORK).await;
    app.shut_down(LAST_WORK, last_deliveries(delivering)).await;
    tracing::info!("stopped");
}

async fn last_deliveries(delivering: Delivering) {
    for sink in delivering.stop().await {
        tracing::warn!(
            sink,
            "an audit sink did not take everything in time; the rest follows at the next start"
        );
    }
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
