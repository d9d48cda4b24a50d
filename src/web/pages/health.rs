//! `GET /healthz` and `GET /readyz`: for machines; no host names, no version.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::actions::NotReady;
use crate::web::site::Site;

/// The process is alive.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// A domain controller answers and the store can be written; else which of them is away.
pub async fn ready(State(site): State<Arc<Site>>) -> (StatusCode, &'static str) {
    match site.app.ready().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(NotReady::Directory) => (StatusCode::SERVICE_UNAVAILABLE, "directory\n"),
        Err(NotReady::Store) => (StatusCode::SERVICE_UNAVAILABLE, "store\n"),
    }
}
