//! What a reset or an unlock that was not done is answered with: status, words, and the next step.

use axum::http::StatusCode;
use axum::response::Response;

use super::{account, context, page};
use crate::actions::{AttemptState, DirectoryError, Receipt, ResetAnswer, UnlockAnswer};
use crate::domain::account::Account;
use crate::domain::audit::Seq;
use crate::domain::authorize::Refusal;
use crate::domain::identity::ObjectGuid;
use crate::domain::password::PolicyBreach;
use crate::domain::reason::UnfitReason;
use crate::domain::rules::Action;
use crate::web::page_error::{PageError, directory_status};
use crate::web::problem::Problem;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{Asked, MessagePage};
use crate::web::words;

/// Why it was not done, or not known to be done.
pub enum NotDone {
    NotThere,
    Refused(Refusal, Box<Account>),
    FormUsed,
    Changed,
    NotTyped,
    Policy(Vec<PolicyBreach>),
    Reason(UnfitReason),
    DirectoryRefused(DirectoryError),
    NotKnownYet(Seq),
}

impl NotDone {
    /// The receipt of a reset, or why there is none.
    pub fn unless_reset(answer: ResetAnswer) -> Result<Box<Receipt>, Self> {
        Err(match answer {
            ResetAnswer::Done(receipt) => return Ok(receipt),
            ResetAnswer::NotThere => Self::NotThere,
            ResetAnswer::Refused(why, account) => Self::Refused(why, account),
            ResetAnswer::FormUsed => Self::FormUsed,
            ResetAnswer::Changed => Self::Changed,
            ResetAnswer::NotTyped => Self::NotTyped,
            ResetAnswer::Policy(breaches) => Self::Policy(breaches),
            ResetAnswer::Reason(unfit) => Self::Reason(unfit),
            ResetAnswer::DirectoryRefused(error) => Self::DirectoryRefused(error),
            ResetAnswer::NotKnownYet(attempt) => Self::NotKnownYet(attempt),
        })
    }

    /// The same for an unlock.
    pub fn unless_unlocked(answer: UnlockAnswer) -> Result<(), Self> {
        Err(match answer {
            UnlockAnswer::Done => return Ok(()),
            UnlockAnswer::NotThere => Self::NotThere,
            UnlockAnswer::Refused(why, account) => Self::Refused(why, account),
            UnlockAnswer::FormUsed => Self::FormUsed,
            UnlockAnswer::Changed => Self::Changed,
            UnlockAnswer::Reason(unfit) => Self::Reason(unfit),
            UnlockAnswer::DirectoryRefused(error) => Self::DirectoryRefused(error),
            UnlockAnswer::NotKnownYet(attempt) => Self::NotKnownYet(attempt),
        })
    }

    /// The page for it: the account's own with the form again, or one that says what happened.
    pub async fn show(
        self,
        site: &Site,
        signed_in: &SignedIn,
        guid: ObjectGuid,
        asked: Asked,
    ) -> Result<Response, PageError> {
        let help = site.settings.house.help_contact.as_deref();
        let (status, notice) = match self {
            Self::NotThere | Self::Refused(Refusal::OutOfScope, _) => {
                return Err(Problem::NotFound.into());
            }
            Self::NotTyped => return Err(Problem::BadRequest.into()),
            Self::Reason(unfit) => {
                let notice = words::reason(unfit, site.settings.reason_hint.as_deref());
                return account::again(site, signed_in, guid, &notice, asked).await;
            }
            Self::Policy(breaches) => {
                let notice = words::policy(&breaches, asked.typed, help);
                return account::again(site, signed_in, guid, &notice, asked).await;
            }
            Self::NotKnownYet(attempt) => return not_known_yet(site, signed_in, attempt),
            Self::Refused(why, account) => {
                let action = if asked.only_unlock {
                    Action::UnlockAccount
                } else {
                    Action::ResetPassword
                };
                let notice = words::refusal(why, action, &account.name, help);
                let status = match why {
                    Refusal::RightsNotProven => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::FORBIDDEN,
                };
                (status, notice)
            }
            Self::FormUsed => (StatusCode::CONFLICT, words::form_used("this person")),
            Self::Changed => (StatusCode::CONFLICT, words::changed()),
            Self::DirectoryRefused(error) => {
                tracing::error!(%error, target.guid = %guid, "the directory refused a write");
                (directory_status(&error), words::directory(&error, help))
            }
        };
        let view = MessagePage::new(&context(site, signed_in)?, &notice)
            .keeping_reason(Some(&asked.reason));
        // Whoever is stopped would hear the same on the person's page.
        let leads_back = notice.code != words::Code::Frozen;
        page(status, &if leads_back { view.about(guid) } else { view })
    }
}

/// 504, with the link that says it when it is known.
fn not_known_yet(site: &Site, signed_in: &SignedIn, attempt: Seq) -> Result<Response, PageError> {
    let context = context(site, signed_in)?;
    let notice = words::attempt(&AttemptState::NotKnownYet, context.help_contact());
    let notice = notice.ok_or(Problem::NotFound)?;
    let view = MessagePage::new(&context, &notice).about_attempt(attempt);
    page(StatusCode::GATEWAY_TIMEOUT, &view)
}
