//! `GET /sign-in`, `POST /sign-in`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;

use super::{anonymous, page};
use crate::actions::{ActionError, Client, SignInAnswer};
use crate::store::SessionToken;
use crate::web::address::{Query, Target};
use crate::web::checked_form::{Addressed, CheckedForm};
use crate::web::form::{Fields, Form, InvalidForm, NoFields};
use crate::web::form_token::Purpose;
use crate::web::gate::Visit;
use crate::web::page_error::{PageError, SOON, directory_status, say_when, see_other};
use crate::web::signed_in::fresh_form_token;
use crate::web::site::Site;
use crate::web::views::SignInPage;
use crate::web::words;

/// What is typed.
pub struct SignInForm {
    username: String,
    password: SecretString,
}

impl Form for SignInForm {
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
        Ok(Self {
            username: fields.required("username")?,
            password: fields.required("password")?.into(),
        })
    }
}

impl Addressed for SignInForm {
    fn purpose(_: Option<Target>) -> Option<Purpose> {
        Some(Purpose::SignIn)
    }
}

/// The empty form, and the cookie that it is bound to.
pub async fn show(
    State(site): State<Arc<Site>>,
    visit: Visit,
    Query(NoFields): Query<NoFields>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    form(&site, visit, &headers, StatusCode::OK, |view| view)
}

/// Signs in.
pub async fn submit(
    State(site): State<Arc<Site>>,
    visit: Visit,
    headers: HeaderMap,
    CheckedForm { fields, .. }: CheckedForm<SignInForm>,
) -> Result<Response, PageError> {
    let client = Client {
        address: visit.client,
    };
    let SignInForm { username, password } = fields;
    let answer = site.app.sign_in(&username, password, client).await;
    let help = site.settings.house.help_contact.as_deref();
    let (status, notice, wait) = match answer {
        Ok(SignInAnswer::SignedIn { token, .. }) => return Ok(signed_in(visit, &token)),
        Ok(SignInAnswer::Refused) => (StatusCode::UNAUTHORIZED, words::sign_in_refused(help), None),
        Ok(SignInAnswer::OwnSentence(why)) => (
            StatusCode::FORBIDDEN,
            words::sign_in_own_sentence(why, help),
            None,
        ),
        Ok(SignInAnswer::TooMany { retry_after }) => {
            let notice = words::sign_in_too_many(retry_after);
            (StatusCode::TOO_MANY_REQUESTS, notice, Some(retry_after))
        }
        Err(ActionError::Directory(error)) => {
            tracing::error!(%error, "a sign-in could not be checked");
            (
                directory_status(&error),
                words::directory(&error, help),
                Some(SOON),
            )
        }
        Err(other) => return Err(other.into()),
    };
    let mut answer = form(&site, visit, &headers, status, |view| {
        let view = view.with_notice(&notice, &username);
        match wait {
            Some(wait) if status == StatusCode::TOO_MANY_REQUESTS => view.with_wait(wait),
            _ => view,
        }
    })?;
    if let Some(wait) = wait {
        say_when(&mut answer, wait);
    }
    Ok(answer)
}

fn signed_in(visit: Visit, token: &SessionToken) -> Response {
    let mut answer = see_other("/");
    let cookies = [
        visit.jar.set_session(token),
        visit.jar.clear(visit.jar.form()),
    ];
    for cookie in cookies.into_iter().flatten() {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}

/// The form; bound to the cookie that the browser has, or to a new one.
fn form(
    site: &Site,
    visit: Visit,
    headers: &HeaderMap,
    status: StatusCode,
    fill: impl FnOnce(SignInPage) -> SignInPage,
) -> Result<Response, PageError> {
    let known = visit.jar.form_key(headers).map(str::to_owned);
    let key = match &known {
        Some(key) => key.clone(),
        None => new_key()?,
    };
    let csrf = fresh_form_token(&key, Purpose::SignIn, "")?;
    let mut answer = page(status, &fill(SignInPage::new(&anonymous(site), csrf)))?;
    if known.is_none()
        && let Some(cookie) = visit.jar.set_form_key(&key)
    {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(answer)
}

fn new_key() -> Result<String, PageError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| PageError::unexpected(&error))?;
    Ok(URL_SAFE_NO_PAD.encode(key))
}
