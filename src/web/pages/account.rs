//! `GET /accounts/{guid}`: a person, how things stand, and what would help.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::{context, page};
use crate::actions::AccountView;
use crate::domain::identity::ObjectGuid;
use crate::web::address::Target;
use crate::web::form_token::Purpose;
use crate::web::gate::Visit;
use crate::web::page_error::PageError;
use crate::web::problem::Problem;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{AccountForms, AccountPage, Asked};
use crate::web::words::Notice;

/// The account as it is now; with the news of an unlock once.
pub async fn show(
    State(site): State<Arc<Site>>,
    visit: Visit,
    headers: HeaderMap,
    signed_in: SignedIn,
    Target(guid): Target,
) -> Result<Response, PageError> {
    let view = site
        .app
        .view(&signed_in.session, guid, signed_in.client)
        .await?
        .ok_or(Problem::NotFound)?;
    // After the look, so that the banner says the same as the page.
    let context = context(&site, &signed_in)?;
    let forms = forms(&site, &signed_in, guid, &view)?;
    let account = AccountPage::new(&context, &view, forms);
    if !visit.jar.says_unlocked(&headers, guid) {
        return page(StatusCode::OK, &account);
    }
    let mut answer = page(StatusCode::OK, &account.just_unlocked(&view))?;
    if let Some(said) = visit.jar.clear(visit.jar.unlocked()) {
        answer.headers_mut().append(SET_COOKIE, said);
    }
    Ok(answer)
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
    let view = site
        .app
        .view(&signed_in.session, guid, signed_in.client)
        .await?
        .ok_or(Problem::NotFound)?;
    let context = context(site, signed_in)?;
    let forms = forms(site, signed_in, guid, &view)?;
    let account = AccountPage::new(&context, &view, forms).with_notice(notice, asked);
    page(StatusCode::UNPROCESSABLE_ENTITY, &account)
}

/// Both forms' tokens, bound to the account as it is shown.
fn forms(
    site: &Site,
    signed_in: &SignedIn,
    guid: ObjectGuid,
    view: &AccountView,
) -> Result<AccountForms, PageError> {
    let fingerprint = &view.fingerprint;
    Ok(AccountForms {
        reset_csrf: signed_in.form_token(Purpose::Reset(guid), fingerprint)?,
        unlock_csrf: signed_in.form_token(Purpose::Unlock(guid), fingerprint)?,
        reason_hint: site.settings.reason_hint.clone(),
        must_change: site.app.settings().must_change,
    })
}
