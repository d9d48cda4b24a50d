//! `POST /accounts/{guid}/unlock`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use super::not_done::NotDone;
use super::reset::reason;
use crate::actions::UnlockRequest;
use crate::domain::identity::ObjectGuid;
use crate::web::address::Target;
use crate::web::checked_form::{Addressed, CheckedForm};
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::form_token::Purpose;
use crate::web::gate::Visit;
use crate::web::page_error::{PageError, see_other};
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::Asked;

/// Why, where a reason is wanted.
pub struct UnlockForm {
    reason: Option<String>,
}

impl Form for UnlockForm {
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
        Ok(Self {
            reason: reason(fields)?,
        })
    }
}

impl Addressed for UnlockForm {
    fn purpose(target: Option<Target>) -> Option<Purpose> {
        target.map(|Target(guid)| Purpose::Unlock(guid))
    }
}

/// Unlocks; the password stays as it is.
pub async fn submit(
    State(site): State<Arc<Site>>,
    visit: Visit,
    signed_in: SignedIn,
    Target(guid): Target,
    CheckedForm { fields, token }: CheckedForm<UnlockForm>,
) -> Result<Response, PageError> {
    let asked = Asked {
        reason: fields.reason.clone().unwrap_or_default(),
        only_unlock: true,
        ..Asked::default()
    };
    let request = UnlockRequest {
        target: guid,
        reason: fields.reason,
        form_nonce: token.nonce,
        fingerprint: token.fingerprint,
    };
    let answer = site
        .app
        .unlock_account(&signed_in.session, request, signed_in.client)
        .await?;
    match NotDone::unless_unlocked(answer) {
        Ok(()) => Ok(done(visit, guid)),
        Err(why) => why.show(&site, &signed_in, guid, asked).await,
    }
}

/// Back to the account, which is read afresh and says so.
fn done(visit: Visit, guid: ObjectGuid) -> Response {
    let mut answer = see_other(&format!("/accounts/{guid}"));
    if let Some(news) = visit.jar.set_unlocked(guid) {
        answer.headers_mut().append(SET_COOKIE, news);
    }
    answer
}
