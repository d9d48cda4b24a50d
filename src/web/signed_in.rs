//! Extractor: session cookie → who is signed in.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;

use super::form_token::{self, Purpose};
use super::gate::Visit;
use super::page_error::PageError;
use super::site::Site;
use crate::actions::Client;
use crate::store::{Session, SessionToken};

/// A request of somebody who is signed in. Whether they may do what they ask is decided in `actions`.
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Where the request came from, for the record.
    pub client: Client,
    token: SessionToken,
}

impl SignedIn {
    /// The token of a form on a page for this session; `fingerprint` as of the account shown.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub fn form_token(&self, purpose: Purpose, fingerprint: &str) -> Result<String, PageError> {
        fresh_form_token(self.token.expose(), purpose, fingerprint)
    }
    /// The token of the sign-out form, which every page has.
    ///
    /// # Errors
    /// As [`SignedIn::form_token`].
    pub fn sign_out_token(&self) -> Result<String, PageError> {
        self.form_token(Purpose::SignOut, "")
    }
}

/// A form token with a new nonce.
///
/// # Errors
/// Where the system has no randomness.
pub fn fresh_form_token(
    key: &str,
    purpose: Purpose,
    fingerprint: &str,
) -> Result<String, PageError> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|error| PageError::unexpected(&error))?;
    Ok(form_token::issue(key, purpose, fingerprint, nonce))
}

impl FromRequestParts<Arc<Site>> for SignedIn {
    type Rejection = PageError;

    async fn from_request_parts(
        parts: &mut Parts,
        site: &Arc<Site>,
    ) -> Result<Self, Self::Rejection> {
        let visit = Visit::from_request_parts(parts, site).await?;
        let Some(token) = visit.jar.session_token(&parts.headers) else {
            return Err(PageError::SignInFirst(None));
        };
        match site.app.session(&token).await? {
            Some(session) => Ok(Self {
                session,
                client: Client {
                    address: visit.client,
                },
                token,
            }),
            // Whoever signs out a second time has what they wanted; any other form was not done.
            None if parts.method == Method::POST && parts.uri.path() != "/sign-out" => {
                Err(PageError::SessionOver)
            }
            None => Err(PageError::SignInFirst(Some(visit))),
        }
    }
}

impl FromRequestParts<Arc<Site>> for Visit {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Self::Rejection> {
        let visit = parts.extensions.get::<Self>().copied();
        visit.ok_or_else(super::page_error::panicked)
    }
}
