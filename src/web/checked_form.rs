//! Extractor for every POST: same site, form type, token, and only then the fields.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use super::address::Target;
use super::form::{Fields, Form};
use super::form_token::{self, Genuine, Purpose};
use super::gate::Visit;
use super::host;
use super::page_error::PageError;
use super::problem::Problem;
use super::site::Site;

/// A form whose page this server made for this browser.
pub struct CheckedForm<F> {
    /// Its fields.
    pub fields: F,
    /// What its token carried.
    pub token: Genuine,
}

/// A form that is sent to one address.
pub trait Addressed: Form {
    /// What its token must be for. `target`: the account in the address; `None`: the address has none.
    fn purpose(target: Option<Target>) -> Option<Purpose>;
}

impl<F: Addressed> FromRequest<Arc<Site>> for CheckedForm<F> {
    type Rejection = PageError;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, site).await?;
        let target = Target::from_request_parts(&mut parts, site).await.ok();
        let purpose = F::purpose(target).ok_or(Problem::NotFound)?;
        let headers = &parts.headers;
        if !same_site(headers)
            || !host::origin_is_ours(headers, site.settings.public.as_ref(), visit.tls)
        {
            return Err(Problem::FormNotGenuine.into());
        }
        if !is_form(headers) {
            return Err(Problem::NotAForm.into());
        }
        // The gate has read it, within its bounds.
        let whole = to_bytes(body, site.limits.body_bytes).await;
        let text = whole.map_err(|_| Problem::BadRequest)?;
        let mut fields = Fields::parse(&text)?;
        let token = fields
            .take("csrf")
            .and_then(|token| verify(&visit, headers, purpose, &token))
            .ok_or(Problem::FormNotGenuine)?;
        Ok(Self {
            fields: fields.into_form()?,
            token,
        })
    }
}

/// The key of a form is the secret cookie that its page belongs to.
fn verify(visit: &Visit, headers: &HeaderMap, purpose: Purpose, token: &str) -> Option<Genuine> {
    if purpose == Purpose::SignIn {
        form_token::verify(visit.jar.form_key(headers)?, purpose, token)
    } else {
        let session = visit.jar.session_token(headers)?;
        form_token::verify(session.expose(), purpose, token)
    }
}

/// What a browser says of where a request comes from (Fetch metadata); absent: it is none, or too old
/// to say, and the token decides.
fn same_site(headers: &HeaderMap) -> bool {
    headers
        .get_all("sec-fetch-site")
        .iter()
        .all(|site| site == "same-origin")
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let essence = only.as_bytes().split(|byte| *byte == b';').next();
    essence.is_some_and(|essence| {
        essence
            .trim_ascii()
            .eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
    })
}
