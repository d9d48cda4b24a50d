//! `POST /accounts/{guid}/reset`: the main job.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::not_done::NotDone;
use super::{context, page};
use crate::actions::ResetRequest;
use crate::web::address::Target;
use crate::web::checked_form::{Addressed, CheckedForm};
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::form_token::Purpose;
use crate::web::page_error::PageError;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{Asked, DonePage};

/// What is ticked and typed.
pub struct ResetForm {
    reason: Option<String>,
    must_change: bool,
    unlock: bool,
}

impl Form for ResetForm {
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
        Ok(Self {
            reason: reason(fields)?,
            must_change: fields.check_box("must_change")?,
            unlock: fields.check_box("unlock")?,
        })
    }
}

impl Addressed for ResetForm {
    fn purpose(target: Option<Target>) -> Option<Purpose> {
        target.map(|Target(guid)| Purpose::Reset(guid))
    }
}

/// The reason: one line of at most 200 characters; blank is none.
///
/// # Errors
/// Longer, or with control characters: no form of ours sends that.
pub fn reason(fields: &mut Fields) -> Result<Option<String>, InvalidForm> {
    let reason = fields.take("reason").unwrap_or_default();
    let reason = reason.trim();
    if reason.chars().count() > 200 || reason.chars().any(char::is_control) {
        return Err(InvalidForm::Value("reason"));
    }
    Ok((!reason.is_empty()).then(|| reason.to_owned()))
}

/// Resets, and shows the new password once.
pub async fn submit(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    Target(guid): Target,
    CheckedForm { fields, token }: CheckedForm<ResetForm>,
) -> Result<Response, PageError> {
    let asked = Asked {
        reason: fields.reason.clone().unwrap_or_default(),
        must_change: fields.must_change,
        unlock: fields.unlock,
        only_unlock: false,
    };
    let request = ResetRequest {
        target: guid,
        reason: fields.reason,
        must_change: fields.must_change,
        unlock: fields.unlock,
        password: None,
        form_nonce: token.nonce,
        fingerprint: token.fingerprint,
    };
    let answer = site
        .app
        .reset_password(&signed_in.session, request, signed_in.client)
        .await?;
    match NotDone::unless_reset(answer) {
        Ok(receipt) => {
            let view = DonePage::new(&context(&site, &signed_in)?, &receipt);
            page(StatusCode::OK, &view)
        }
        Err(why) => why.show(&site, &signed_in, guid, asked).await,
    }
}
