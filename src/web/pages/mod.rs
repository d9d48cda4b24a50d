//! One file per page: its form and its handler. What it looks like is in `views`.
//!
//! Handlers translate between a request, an action and a view; they decide nothing.

pub mod access;
pub mod account;
pub mod asset;
pub mod attempt;
pub mod audit;
mod audit_csv;
pub mod audit_summary;
pub mod health;
mod not_done;
pub mod reset;
pub mod search;
pub mod sign_in;
pub mod sign_out;
pub mod unlock;

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::page_error::PageError;
use super::signed_in::SignedIn;
use super::site::Site;
use super::views::{self, PageContext};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// Renders a view.
///
/// # Errors
/// A template that fails; none here does.
pub fn page(status: StatusCode, view: &impl Template) -> Result<Response, PageError> {
    let html = view
        .render()
        .map_err(|error| PageError::unexpected(&error))?;
    Ok((status, [(CONTENT_TYPE, HTML)], html).into_response())
}

/// What each view of a signed-in operator needs.
///
/// # Errors
/// Where the system has no randomness for the sign-out form's token.
pub fn context<'a>(site: &'a Site, signed_in: &SignedIn) -> Result<PageContext<'a>, PageError> {
    Ok(PageContext {
        house: &site.settings.house,
        operator: Some(views::SignedIn {
            name: signed_in.session.name.clone(),
            sign_out_csrf: signed_in.sign_out_token()?,
            roles: signed_in.session.roles,
        }),
        now: site.app.clock.now(),
        rights: site.app.rights(),
    })
}

/// What each view needs before the sign-in.
pub fn anonymous(site: &Site) -> PageContext<'_> {
    PageContext {
        house: &site.settings.house,
        operator: None,
        now: site.app.clock.now(),
        rights: site.app.rights(),
    }
}
