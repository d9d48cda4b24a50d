//! The way out of a handler that has no page of its own to show: a problem, or "sign in first".
//!
//! The page itself is rendered at the gate, where the site's settings are. Unexpected errors enter
//! through [`PageError::unexpected`] only; people see a number, the log has the rest.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONNECTION, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::response::{IntoResponse, Response};

use super::form::InvalidForm;
use super::gate::Visit;
use super::pages::{anonymous, page};
use super::problem::{Incident, Problem};
use super::site::Site;
use super::views::MessagePage;
use super::words::{self, Notice};
use crate::actions::{ActionError, DirectoryError, Unfit};
use crate::domain::authorize::Refusal;
use crate::domain::rules::Action;
use crate::store::StoreError;

/// Why a handler did not come to its page.
#[derive(Debug, Clone)]
pub enum PageError {
    /// The request, or Keyward itself.
    Problem(Problem),
    /// The directory did not do what was asked; nothing was changed.
    Directory(DirectoryError),
    /// The operator may look at nothing, or at nothing now.
    Refused(Refusal),
    /// There is no record without the store, and nothing is done without a record.
    Store(StoreError),
    /// Signed in until now: the operator may not act any more (403).
    SignedOut(Unfit),
    /// A form came after its session had ended: it was not done, and the page says so (403).
    SessionOver,
    /// Nobody is signed in, or not any more: 303 to the sign-in page; a cookie that is worth nothing
    /// any more is taken away.
    SignInFirst(Option<Visit>),
}

impl PageError {
    /// The one door for errors that nobody expected.
    pub fn unexpected(error: &(dyn std::error::Error + 'static)) -> Self {
        let incident = incident();
        tracing::error!(%incident, error, "something unexpected happened");
        Self::Problem(Problem::Unexpected(incident))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Problem(problem) => problem.status(),
            Self::Directory(error) => directory_status(error),
            Self::Store(_) | Self::Refused(Refusal::RightsNotProven) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Refused(_) | Self::SignedOut(_) | Self::SessionOver => StatusCode::FORBIDDEN,
            Self::SignInFirst(_) => StatusCode::SEE_OTHER,
        }
    }

    fn notice(&self, help_contact: Option<&str>) -> Notice {
        match self {
            Self::Problem(problem) => words::problem(*problem, help_contact),
            Self::Directory(error) => words::directory(error, help_contact),
            Self::Refused(why) => words::refusal(*why, Action::View, "", help_contact),
            Self::Store(error) => words::log(error, help_contact),
            Self::SignedOut(why) => words::unfit(*why, help_contact),
            Self::SessionOver | Self::SignInFirst(_) => words::session_ended(),
        }
    }
}

/// A handler panicked; the panic itself is in the log already.
pub fn panicked() -> PageError {
    let incident = incident();
    tracing::error!(%incident, "a request ended in a panic");
    PageError::Problem(Problem::Unexpected(incident))
}

fn incident() -> Incident {
    Incident(getrandom::u32().unwrap_or_default())
}

/// 503 where no domain controller can be used, 502 where one refused.
pub fn directory_status(error: &DirectoryError) -> StatusCode {
    match error {
        DirectoryError::Unreachable { .. }
        | DirectoryError::Certificate { .. }
        | DirectoryError::ServiceBind(_)
        | DirectoryError::ServicePassword(_)
        | DirectoryError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        DirectoryError::NotDelegated { .. }
        | DirectoryError::PasswordPolicy
        | DirectoryError::Moved
        | DirectoryError::Referral
        | DirectoryError::NotFound { .. }
        | DirectoryError::NoGroup { .. }
        | DirectoryError::NoSuchName { .. }
        | DirectoryError::Unwilling { .. }
        | DirectoryError::Protocol
        | DirectoryError::Other { .. } => StatusCode::BAD_GATEWAY,
    }
}

impl From<Problem> for PageError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<InvalidForm> for PageError {
    fn from(invalid: InvalidForm) -> Self {
        tracing::debug!(%invalid, "a form was not read");
        Self::Problem(Problem::BadRequest)
    }
}

impl From<ActionError> for PageError {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::SessionEnded(why) => Self::SignedOut(why),
            ActionError::Store(error) => {
                // Which sink it was is logged already; the store is well.
                if error != StoreError::NotWitnessed {
                    tracing::error!(%error, "the store cannot be used");
                }
                Self::Store(error)
            }
            ActionError::Directory(error) => {
                tracing::error!(%error, "the directory cannot be used");
                Self::Directory(error)
            }
            ActionError::Refused(why) => Self::Refused(why),
            ActionError::NotForThisPerson => Self::Problem(Problem::NotFound),
            ActionError::Busy => Self::Problem(Problem::Busy),
            error @ (ActionError::PasswordSetting | ActionError::Random | ActionError::Broken) => {
                Self::unexpected(&error)
            }
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut answer = self.status().into_response();
        match self {
            Self::SignInFirst(visit) => {
                let headers = answer.headers_mut();
                headers.insert(LOCATION, HeaderValue::from_static("/sign-in"));
                if let Some(gone) = visit.and_then(|visit| visit.jar.clear(visit.jar.session())) {
                    headers.append(SET_COOKIE, gone);
                }
            }
            shown => {
                answer.extensions_mut().insert(shown);
            }
        }
        answer
    }
}

/// When it is worth trying again after a 503.
pub const SOON: Duration = Duration::from_secs(5);

/// Adds `Retry-After`.
pub fn say_when(answer: &mut Response, wait: Duration) {
    let seconds = HeaderValue::from(wait.as_secs().max(1));
    answer.headers_mut().insert(RETRY_AFTER, seconds);
}

/// A redirect after a form, to one of our own pages. The address is never taken from a request.
pub fn see_other(own_address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, own_address)]).into_response()
}

/// Puts the page of a problem into its answer. It belongs to no session, since a problem may come
/// before one is known.
pub fn show(site: &Site, answer: Response) -> Response {
    let Some(error) = answer.extensions().get::<PageError>() else {
        return answer;
    };
    let context = anonymous(site);
    let mut view = MessagePage::new(&context, &error.notice(context.help_contact()));
    if matches!(error, PageError::Problem(Problem::Busy)) {
        view = view.with_wait(SOON);
    }
    let shown = page(error.status(), &view);
    let mut shown = shown.unwrap_or_else(|_| error.status().into_response());
    if error.status() == StatusCode::SERVICE_UNAVAILABLE {
        say_when(&mut shown, SOON);
    }
    if matches!(error, PageError::Problem(problem) if problem.ends_connection()) {
        let close = HeaderValue::from_static("close");
        shown.headers_mut().insert(CONNECTION, close);
    }
    // The router knows which methods a 405 may name. It names them with a 404 too, which would say that there is
    // a page.
    let is_method = error.status() == StatusCode::METHOD_NOT_ALLOWED;
    if let Some(allowed) = answer.headers().get(ALLOW).filter(|_| is_method) {
        shown.headers_mut().insert(ALLOW, allowed.clone());
    }
    shown
}
