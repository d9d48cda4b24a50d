//! `GET /`, `GET /?q=…`: whose password? And `GET /search?q=…`, the results alone, for typing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{context, page};
use crate::actions::SearchText;
use crate::web::address::Query;
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::page_error::{PageError, see_other};
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{Results, ResultsFragment, SearchPage};

/// The box; `None` before anything was typed.
#[derive(Debug)]
pub struct Asked {
    q: Option<String>,
}

impl Form for Asked {
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
        let q = fields.take("q").filter(|text| !text.trim().is_empty());
        Ok(Self { q })
    }
}

/// The page; a single hit opens at once. Auditors who help nobody have another start page.
pub async fn show(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    Query(Asked { q }): Query<Asked>,
) -> Result<Response, PageError> {
    if !signed_in.session.roles.is_operator() {
        return Ok(see_other("/audit"));
    }
    let context = context(&site, &signed_in)?;
    let Some(q) = q else {
        let recent = site
            .app
            .recent(&signed_in.session, signed_in.client)
            .await?;
        return page(StatusCode::OK, &SearchPage::recent(&context, &recent));
    };
    let text: SearchText = match q.parse() {
        Ok(text) => text,
        Err(problem) => {
            let view = SearchPage::not_searchable(&context, &q, problem);
            return page(StatusCode::OK, &view);
        }
    };
    let found = site
        .app
        .find(&signed_in.session, &text, signed_in.client)
        .await?;
    match found.hits.as_slice() {
        [only] if !found.more => Ok(see_other(&format!("/accounts/{}", only.guid))),
        _ => page(StatusCode::OK, &SearchPage::found(&context, &q, &found)),
    }
}

/// The results alone.
pub async fn results(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    Query(Asked { q }): Query<Asked>,
) -> Result<Response, PageError> {
    let results = match q.as_deref().map(str::parse::<SearchText>) {
        None => Results::recent(
            &site
                .app
                .recent(&signed_in.session, signed_in.client)
                .await?,
        ),
        Some(Err(problem)) => Results::not_searchable(problem),
        Some(Ok(text)) => Results::found(
            &site
                .app
                .find(&signed_in.session, &text, signed_in.client)
                .await?,
        ),
    };
    page(StatusCode::OK, &ResultsFragment { results })
}
