//! `GET /accounts/{guid}`: a person, how things stand, and what would help.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{context, page};
use crate::domain::identity::ObjectGuid;
use crate::web::address::{Query, Target};
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::form_token::Purpose;
use crate::web::page_error::PageError;
use crate::web::problem::Problem;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{AccountForms, AccountPage, Asked};
use crate::web::words::Notice;

/// Where the page is come to from.
#[derive(Debug)]
pub struct Came {
    unlocked: bool,
}

impl Form for Came {
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
        match fields.take("done").as_deref() {
            None => Ok(Self { unlocked: false }),
            Some("unlocked") => Ok(Self { unlocked: true }),
            Some(_) => Err(InvalidForm::Value("done")),
        }
    }
}

/// The account as it is now.
pub async fn show(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    Target(guid): Target,
    Query(Came { unlocked }): Query<Came>,
) -> Result<Response, PageError> {
    let context = context(&site, &signed_in)?;
    let view = site
        .app
        .view(&signed_in.session, guid, signed_in.client)
        .await?
        .ok_or(Problem::NotFound)?;
    let forms = forms(&site, &signed_in, guid, &view.fingerprint)?;
    let mut account = AccountPage::new(&context, &view, forms);
    if unlocked {
        account = account.just_unlocked(&view);
    }
    page(StatusCode::OK, &account)
}

/// The page again after a form that could not be used (422): fresh, with what was filled in.
///
/// # Errors
/// As for the page itself.
pub async fn again(
    site: &Site,
    signed_in: &SignedIn,
    guid: ObjectGuid,
    notice: &Notice,
    asked: Asked,
) -> Result<Response, PageError> {
    let context = context(site, signed_in)?;
    let view = site
        .app
        .view(&signed_in.session, guid, signed_in.client)
        .await?
        .ok_or(Problem::NotFound)?;
    let forms = forms(site, signed_in, guid, &view.fingerprint)?;
    let account = AccountPage::new(&context, &view, forms).with_notice(notice, asked);
    page(StatusCode::UNPROCESSABLE_ENTITY, &account)
}

/// Both forms' tokens, bound to the account as it is shown.
fn forms(
    site: &Site,
    signed_in: &SignedIn,
    guid: ObjectGuid,
    fingerprint: &str,
) -> Result<AccountForms, PageError> {
    let reason = &site.app.settings().reason;
    Ok(AccountForms {
        reset_csrf: signed_in.form_token(Purpose::Reset(guid), fingerprint)?,
        unlock_csrf: signed_in.form_token(Purpose::Unlock(guid), fingerprint)?,
        reason_wanted: reason.is_asked_for(),
        reason_required: reason.required,
        reason_hint: site.settings.reason_hint.clone(),
        must_change: site.app.settings().must_change,
    })
}
