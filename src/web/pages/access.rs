//! `GET /accounts/{guid}/access`: who may do what to this account, and why, for auditors.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::audit::of_an_auditor;
use super::{context, page};
use crate::actions::AccessQuestion;
use crate::web::address::{Query, Target};
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::page_error::PageError;
use crate::web::problem::Problem;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{AccessAsked, AccessPage};

/// Of whom, and from where; fields that were left empty are as good as absent.
#[derive(Debug)]
pub struct Asked {
    operator: String,
    from: String,
}

impl Form for Asked {
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
        let mut text = |name| fields.take(name).unwrap_or_default().trim().to_owned();
        Ok(Self {
            operator: text("operator"),
            from: text("from"),
        })
    }
}

/// The account, the field, and what the person named in it may do.
pub async fn show(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    target: Result<Target, PageError>,
    asked: Result<Query<Asked>, PageError>,
) -> Result<Response, PageError> {
    let Target(guid) = of_an_auditor(&site, &signed_in, target).await?;
    let Query(Asked { operator, from }) = of_an_auditor(&site, &signed_in, asked).await?;
    let address: Option<IpAddr> = from.parse().ok();
    let unfit = address.is_none() && !from.is_empty();
    let named = !operator.is_empty() && !unfit;
    let question = AccessQuestion {
        operator: named.then(|| operator.clone()),
        from: address,
    };
    let (session, client) = (&signed_in.session, signed_in.client);
    let found = site.app.explain_access(session, guid, question, client);
    let view = found.await?.ok_or(Problem::NotFound)?;
    let prefilled = operator.is_empty() && session.roles.is_operator();
    let asked = AccessAsked {
        operator: if prefilled {
            session.sam.clone()
        } else {
            operator
        },
        from,
        address,
        unfit,
    };
    let status = if unfit {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    page(
        status,
        &AccessPage::new(&context(&site, &signed_in)?, &view, asked),
    )
}
