//! `GET /attempts/{seq}`: what became of an own attempt whose answer was lost.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{context, page};
use crate::web::address::{Attempt, Query};
use crate::web::form::NoFields;
use crate::web::page_error::PageError;
use crate::web::problem::Problem;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::MessagePage;
use crate::web::words;

/// As it is known now; somebody else's attempt is not there.
pub async fn show(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    Attempt(seq): Attempt,
    Query(NoFields): Query<NoFields>,
) -> Result<Response, PageError> {
    let context = context(&site, &signed_in)?;
    let state = site.app.attempt_state(&signed_in.session, seq).await?;
    let notice = words::attempt(&state, context.help_contact()).ok_or(Problem::NotFound)?;
    let view = MessagePage::new(&context, &notice).about_attempt(seq);
    page(StatusCode::OK, &view)
}
