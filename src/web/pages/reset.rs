//! `POST /accounts/{guid}/reset`: the main job.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::{ExposeSecret as _, SecretString};

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
    password: Option<SecretString>,
}

impl Form for ResetForm {
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
        Ok(Self {
            reason: reason(fields)?,
            must_change: fields.check_box("must_change")?,
            unlock: fields.check_box("unlock")?,
            password: password(fields),
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

/// What was typed as the new password; empty is none. What cannot be one, by the domain's rules, its length or its
/// characters, is told at the form, as the next one may be better.
fn password(fields: &mut Fields) -> Option<SecretString> {
    let typed = fields.take("password").map(SecretString::from);
    typed.filter(|typed| !typed.expose_secret().is_empty())
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
        typed: fields.password.is_some(),
    };
    let typed = asked.typed;
    let request = ResetRequest {
        target: guid,
        reason: fields.reason,
        must_change: fields.must_change,
        unlock: fields.unlock,
        password: fields.password,
        form_nonce: token.nonce,
        fingerprint: token.fingerprint,
    };
    let answer = site
        .app
        .reset_password(&signed_in.session, request, signed_in.client)
        .await?;
    match NotDone::unless_reset(answer) {
        Ok(receipt) => {
            let context = context(&site, &signed_in)?;
            let view = if typed {
                DonePage::as_typed(&context, &receipt)
            } else {
                DonePage::new(&context, &receipt)
            };
            page(StatusCode::OK, &view)
        }
        Err(why) => why.show(&site, &signed_in, guid, asked).await,
    }
}
