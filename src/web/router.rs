//! Every address, on one screen.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::page_error::PageError;
use super::pages::{
    access, account, asset, attempt, audit, audit_summary, health, reset, search, sign_in,
    sign_out, unlock,
};
use super::problem::Problem;
use super::site::Site;

/// The addresses of contract.md and what answers them.
pub fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(search::show))
        .route("/search", get(search::results))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_out::submit))
        .route("/accounts/{guid}", get(account::show))
        .route("/accounts/{guid}/reset", post(reset::submit))
        .route("/accounts/{guid}/unlock", post(unlock::submit))
        .route(
            "/accounts/{guid}/access",
            get(access::show).fallback(audit::other_method),
        )
        .route("/attempts/{seq}", get(attempt::show))
        .route("/audit", get(audit::show).fallback(audit::other_method))
        .route("/audit.csv", get(audit::csv).fallback(audit::other_method))
        .route(
            "/audit/summary",
            get(audit_summary::show).fallback(audit::other_method),
        )
        .route(
            "/audit/{seq}",
            get(audit::record).fallback(audit::other_method),
        )
        .route("/assets/{name}", get(asset::show))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(async || PageError::from(Problem::NotFound))
        .method_not_allowed_fallback(async || PageError::from(Problem::MethodNotAllowed))
        .with_state(site)
}
