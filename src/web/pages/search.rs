//! `GET /`, `GET /?q=…`: whose password? And `GET /search?q=…`, the results alone, for typing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{context, page};
use crate::actions::{ActionError, SearchText};
use crate::domain::authorize::Refusal;
use crate::web::address::Query;
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::page_error::{PageError, see_other};
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{PageContext, Results, ResultsFragment, SearchPage};

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
    let (session, client) = (&signed_in.session, signed_in.client);
    let Some(q) = q else {
        return match unless_refused(site.app.recent(session, client).await)? {
            Ok(recent) => page(StatusCode::OK, &SearchPage::recent(&context, &recent)),
            Err(why) => refused(&context, "", why),
        };
    };
    let text: SearchText = match q.parse() {
        Ok(text) => text,
        Err(problem) => {
            let view = SearchPage::not_searchable(&context, &q, problem);
            return page(StatusCode::OK, &view);
        }
    };
    match unless_refused(site.app.find(session, &text, client).await)? {
        Ok(found) => match found.hits.as_slice() {
            [only] if !found.more => Ok(see_other(&format!("/accounts/{}", only.guid))),
            _ => page(StatusCode::OK, &SearchPage::found(&context, &q, &found)),
        },
        Err(why) => refused(&context, &q, why),
    }
}

/// The results alone.
pub async fn results(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    Query(Asked { q }): Query<Asked>,
) -> Result<Response, PageError> {
    let (session, client) = (&signed_in.session, signed_in.client);
    let help = site.settings.house.help_contact.as_deref();
    let results = match q.as_deref().map(str::parse::<SearchText>) {
        None => {
            let recent = unless_refused(site.app.recent(session, client).await)?;
            recent.map(|recent| Results::recent(&recent))
        }
        Some(Err(problem)) => Ok(Results::not_searchable(problem)),
        Some(Ok(text)) => {
            let found = unless_refused(site.app.find(session, &text, client).await)?;
            found.map(|found| Results::found(&found, help))
        }
    };
    let (status, results) = match results {
        Ok(results) => (StatusCode::OK, results),
        Err(why) => (StatusCode::FORBIDDEN, Results::refused(why, help)),
    };
    page(status, &ResultsFragment { results })
}

/// What was found, or why the operator may look at nobody: that is said where the people would be.
fn unless_refused<T>(answer: Result<T, ActionError>) -> Result<Result<T, Refusal>, PageError> {
    match answer {
        Ok(found) => Ok(Ok(found)),
        Err(ActionError::Refused(why)) => Ok(Err(why)),
        Err(error) => Err(error.into()),
    }
}

fn refused(context: &PageContext<'_>, q: &str, why: Refusal) -> Result<Response, PageError> {
    let view = SearchPage::refused(context, q, why);
    page(StatusCode::FORBIDDEN, &view)
}
