//! `POST /sign-out`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use crate::web::address::Target;
use crate::web::checked_form::{Addressed, CheckedForm};
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::form_token::Purpose;
use crate::web::gate::Visit;
use crate::web::headers::CLEAR_SITE_DATA;
use crate::web::page_error::{PageError, see_other};
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;

/// Nothing but the button.
pub struct SignOutForm;

impl Form for SignOutForm {
    fn from_fields(_: &mut Fields) -> Result<Self, InvalidForm> {
        Ok(Self)
    }
}

impl Addressed for SignOutForm {
    fn purpose(_: Option<Target>) -> Option<Purpose> {
        Some(Purpose::SignOut)
    }
}

/// Ends the session here and what the browser kept of it.
pub async fn submit(
    State(site): State<Arc<Site>>,
    visit: Visit,
    signed_in: SignedIn,
    _: CheckedForm<SignOutForm>,
) -> Result<Response, PageError> {
    site.app
        .sign_out(&signed_in.session, signed_in.client)
        .await?;
    let mut answer = see_other("/sign-in");
    let (name, value) = CLEAR_SITE_DATA;
    answer.headers_mut().insert(name, value);
    if let Some(gone) = visit.jar.clear(visit.jar.session()) {
        answer.headers_mut().append(SET_COOKIE, gone);
    }
    Ok(answer)
}
