//! `GET /assets/{name}`: style sheet, script and mark, kept by browsers for ever under their name.

use axum::http::Uri;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::web::assets;
use crate::web::page_error::PageError;
use crate::web::problem::Problem;

/// One file.
pub async fn show(address: Uri) -> Result<Response, PageError> {
    let asset = assets::find(address.path()).ok_or(Problem::NotFound)?;
    let headers = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, assets::CACHE_CONTROL),
    ];
    Ok((headers, asset.body.as_ref()).into_response())
}
