//! `POST /accounts/{guid}/reset`: the main job.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{account, context, page};
use crate::actions::{AttemptState, ResetAnswer, ResetRequest};
use crate::domain::authorize::Refusal;
use crate::web::address::Target;
use crate::web::checked_form::{Addressed, CheckedForm};
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::form_token::Purpose;
use crate::web::page_error::{PageError, directory_status};
use crate::web::problem::Problem;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{Asked, DonePage, MessagePage};
use crate::web::words;

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
        form_nonce: token.nonce,
        fingerprint: token.fingerprint,
    };
    let answer = site
        .app
        .reset_password(&signed_in.session, request, signed_in.client)
        .await?;
    show(&site, &signed_in, Target(guid), answer, asked).await
}

async fn show(
    site: &Site,
    signed_in: &SignedIn,
    Target(guid): Target,
    answer: ResetAnswer,
    asked: Asked,
) -> Result<Response, PageError> {
    let context = context(site, signed_in)?;
    let help = context.help_contact();
    let (status, notice) = match answer {
        ResetAnswer::Done(receipt) => {
            return page(StatusCode::OK, &DonePage::new(&context, &receipt));
        }
        ResetAnswer::NotThere | ResetAnswer::Refused(Refusal::OutOfScope, _) => {
            return Err(Problem::NotFound.into());
        }
        ResetAnswer::Reason(unfit) => {
            let notice = words::reason(unfit, site.settings.reason_hint.as_deref());
            return account::again(site, signed_in, guid, &notice, asked).await;
        }
        ResetAnswer::Policy(breaches) => {
            let notice = words::policy(&breaches, help);
            return account::again(site, signed_in, guid, &notice, asked).await;
        }
        ResetAnswer::NotKnownYet(attempt) => {
            let notice = words::attempt(&AttemptState::NotKnownYet, help);
            let notice = notice.ok_or(Problem::NotFound)?;
            let view = MessagePage::new(&context, &notice).about_attempt(attempt);
            return page(StatusCode::GATEWAY_TIMEOUT, &view);
        }
        ResetAnswer::Refused(why, account) => (
            StatusCode::FORBIDDEN,
            words::refusal(why, &account.name, help),
        ),
        ResetAnswer::FormUsed => (StatusCode::CONFLICT, words::form_used("this person")),
        ResetAnswer::Changed => (StatusCode::CONFLICT, words::changed()),
        ResetAnswer::DirectoryRefused(error) => {
            tracing::error!(%error, target.guid = %guid, "the directory refused a reset");
            (directory_status(&error), words::directory(&error, help))
        }
    };
    let view = MessagePage::new(&context, &notice)
        .about(guid)
        .keeping_reason(Some(&asked.reason));
    page(status, &view)
}
