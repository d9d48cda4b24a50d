//! `POST /accounts/{guid}/unlock`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::reset::reason;
use super::{account, context, page};
use crate::actions::{AttemptState, UnlockAnswer, UnlockRequest};
use crate::domain::authorize::Refusal;
use crate::web::address::Target;
use crate::web::checked_form::{Addressed, CheckedForm};
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::form_token::Purpose;
use crate::web::page_error::{PageError, directory_status, see_other};
use crate::web::problem::Problem;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{Asked, MessagePage};
use crate::web::words;

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
    signed_in: SignedIn,
    Target(guid): Target,
    CheckedForm { fields, token }: CheckedForm<UnlockForm>,
) -> Result<Response, PageError> {
    let typed = fields.reason.clone().unwrap_or_default();
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
    show(&site, &signed_in, Target(guid), answer, typed).await
}

async fn show(
    site: &Site,
    signed_in: &SignedIn,
    Target(guid): Target,
    answer: UnlockAnswer,
    typed: String,
) -> Result<Response, PageError> {
    let context = context(site, signed_in)?;
    let help = context.help_contact();
    let (status, notice) = match answer {
        UnlockAnswer::Done => return Ok(see_other(&format!("/accounts/{guid}?done=unlocked"))),
        UnlockAnswer::NotThere | UnlockAnswer::Refused(Refusal::OutOfScope, _) => {
            return Err(Problem::NotFound.into());
        }
        UnlockAnswer::Reason(unfit) => {
            let notice = words::reason(unfit, site.settings.reason_hint.as_deref());
            let asked = Asked {
                reason: typed,
                only_unlock: true,
                ..Asked::default()
            };
            return account::again(site, signed_in, guid, &notice, asked).await;
        }
        UnlockAnswer::NotKnownYet(attempt) => {
            let notice = words::attempt(&AttemptState::NotKnownYet, help);
            let notice = notice.ok_or(Problem::NotFound)?;
            let view = MessagePage::new(&context, &notice).about_attempt(attempt);
            return page(StatusCode::GATEWAY_TIMEOUT, &view);
        }
        UnlockAnswer::Refused(why, account) => (
            StatusCode::FORBIDDEN,
            words::refusal(why, &account.name, help),
        ),
        UnlockAnswer::FormUsed => (StatusCode::CONFLICT, words::form_used("this person")),
        UnlockAnswer::Changed => (StatusCode::CONFLICT, words::changed()),
        UnlockAnswer::DirectoryRefused(error) => {
            tracing::error!(%error, target.guid = %guid, "the directory refused an unlock");
            (directory_status(&error), words::directory(&error, help))
        }
    };
    let view = MessagePage::new(&context, &notice)
        .about(guid)
        .keeping_reason(Some(&typed));
    page(status, &view)
}
