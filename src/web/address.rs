//! Extractors for what stands in an address: the account, the attempt, the query.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::form::{Fields, Form};
use super::page_error::PageError;
use super::problem::Problem;
use super::site::Site;
use crate::domain::audit::Seq;
use crate::domain::identity::ObjectGuid;

/// `{guid}` in the address. Anything else than a GUID is an account that is not there: 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target(pub ObjectGuid);

/// `{seq}` in the address: an attempt; 404 likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt(pub Seq);

/// The query of an address, read as strictly as a form.
#[derive(Debug)]
pub struct Query<F>(pub F);

impl FromRequestParts<Arc<Site>> for Target {
    type Rejection = PageError;
    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, PageError> {
        let guid = parameter(parts, "guid").await;
        let guid = guid.and_then(|text| text.parse().ok());
        Ok(Self(guid.ok_or(Problem::NotFound)?))
    }
}

impl FromRequestParts<Arc<Site>> for Attempt {
    type Rejection = PageError;
    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, PageError> {
        let seq = parameter(parts, "seq").await;
        let seq = seq.and_then(|text| text.parse().ok());
        Ok(Self(Seq(seq.ok_or(Problem::NotFound)?)))
    }
}

impl<F: Form> FromRequestParts<Arc<Site>> for Query<F> {
    type Rejection = PageError;
    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, PageError> {
        let text = parts.uri.query().unwrap_or_default();
        Ok(Self(Fields::parse(text.as_bytes())?.into_form()?))
    }
}

async fn parameter(parts: &mut Parts, name: &str) -> Option<String> {
    let all = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    all.iter()
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}
