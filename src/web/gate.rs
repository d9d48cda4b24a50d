//! What every request passes before a page sees it, and every answer on its way out.
//!
//! In: framing, who calls, allowed networks, Host, the whole body, flood. Out: the page of a problem, the headers.
//! A panic in a handler ends here as a 500 with a number.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header;
use axum::http::{Method, Request};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tower::ServiceExt as _;

use super::client_address;
use super::cookies::Jar;
use super::headers;
use super::host::{self, InvalidHost};
use super::page_error::{self, PageError};
use super::problem::Problem;
use super::router;
use super::site::Site;

/// Facts of the connection that a request came on.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    /// The other end.
    pub peer: IpAddr,
    /// This end.
    pub local: SocketAddr,
    /// Whether it is encrypted.
    pub tls: bool,
}

/// Facts of a request that handlers use; in its extensions.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    /// The client's address, for the record.
    pub client: IpAddr,
    /// Whether the client came over TLS, here or at a trusted proxy.
    pub tls: bool,
    /// How cookies are named.
    pub jar: Jar,
}

/// The way to the pages.
#[derive(Clone)]
pub struct Gate {
    site: Arc<Site>,
    router: Router,
}

impl Gate {
    /// Over one site.
    pub fn new(site: Arc<Site>) -> Self {
        Self {
            router: router::router(Arc::clone(&site)),
            site,
        }
    }
    /// The site behind it.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Answers one request.
    pub async fn answer(&self, connection: Connection, mut request: Request<Body>) -> Response {
        let admitted = self.admit(connection, &request);
        let tls = admitted.as_ref().map_or(connection.tls, |visit| visit.tls);
        let answer = match admitted {
            Err(problem) => PageError::from(problem).into_response(),
            Ok(visit) => {
                request.extensions_mut().insert(visit);
                match self.with_whole_body(visit, request).await {
                    Ok(request) => self.pass(request).await,
                    Err(problem) => PageError::from(problem).into_response(),
                }
            }
        };
        let mut answer = page_error::show(&self.site, answer);
        headers::add(answer.headers_mut(), tls);
        answer
    }

    fn admit(&self, connection: Connection, request: &Request<Body>) -> Result<Visit, Problem> {
        let settings = &self.site.settings;
        let fields = request.headers();
        // Browsers send forms with a length. Without chunks there is one framing only, and no
        // request that a proxy and this server could cut apart differently.
        if fields.contains_key(header::TRANSFER_ENCODING) {
            return Err(Problem::BadRequest);
        }
        let caller = client_address::caller(connection.peer, &settings.trusted_proxies, fields)
            .map_err(|_| Problem::BadRequest)?;
        let allowed = &settings.allowed_networks;
        if !allowed.is_empty() && !client_address::contains(allowed, caller.address) {
            return Err(Problem::NetworkNotAllowed);
        }
        let public = settings.public.as_ref();
        host::check(
            fields,
            request.uri(),
            public,
            connection.local,
            connection.tls,
        )
        .map_err(|invalid| match invalid {
            InvalidHost::Unreadable => Problem::BadRequest,
            InvalidHost::NotOurs => Problem::WrongHost,
        })?;
        let proxy_is_tls = caller.by_proxy && public.is_some_and(host::PublicOrigin::is_tls);
        let tls = connection.tls || caller.proxy_says_tls.unwrap_or(proxy_is_tls);
        Ok(Visit {
            client: caller.address,
            tls,
            jar: self.site.jar(tls),
        })
    }

    /// A form is here as a whole before it takes a turn, so that slow senders hold up one another
    /// only.
    async fn with_whole_body(
        &self,
        visit: Visit,
        request: Request<Body>,
    ) -> Result<Request<Body>, Problem> {
        if request.method() != Method::POST {
            return Ok(request);
        }
        let (parts, body) = request.into_parts();
        let Site { bodies, limits, .. } = &*self.site;
        let whole = bodies
            .read(visit.client, &parts.headers, body, limits)
            .await?;
        Ok(Request::from_parts(parts, Body::from(whole)))
    }

    async fn pass(&self, request: Request<Body>) -> Response {
        // "Is the process alive" is answered however much is going on.
        let turn = match self.site.request_turn() {
            Ok(turn) => Some(turn),
            Err(_) if request.uri().path() == "/healthz" => None,
            Err(busy) => return PageError::from(busy).into_response(),
        };
        let answer = AssertUnwindSafe(self.router.clone().oneshot(request))
            .catch_unwind()
            .await;
        drop(turn);
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(never)) => match never {},
            Err(_) => page_error::panicked().into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::site::tests::site;
    use axum::routing::get;

    async fn ask(gate: &Gate, target: &str) -> (u16, axum::http::HeaderMap, String) {
        let local = SocketAddr::from(([127, 0, 0, 1], 8080));
        let connection = Connection {
            peer: local.ip(),
            local,
            tls: false,
        };
        let request = Request::get(target).header(header::HOST, "127.0.0.1:8080");
        let answer = gate
            .answer(connection, request.body(Body::empty()).unwrap())
            .await;
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (
            parts.status.as_u16(),
            parts.headers,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    }

    #[tokio::test]
    async fn a_request_that_runs_keeps_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let site = site(folder.path()).await;
        let others: Vec<_> = (1..site.limits.requests)
            .map(|_| site.request_turn().unwrap())
            .collect();
        let waits = get(std::future::pending::<&'static str>);
        let router = Router::new().route("/waits", waits);
        let gate = Gate { site, router };
        let mut running = std::pin::pin!(ask(&gate, "/waits"));
        assert!(running.as_mut().now_or_never().is_none());
        let (status, headers, _) = ask(&gate, "/waits").await;
        assert_eq!(status, 503);
        assert!(headers.contains_key(header::RETRY_AFTER));
        drop(others);
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_is_a_500_with_a_number_and_ends_nothing() {
        async fn fails() -> &'static str {
            panic!("on purpose")
        }
        let folder = tempfile::tempdir().unwrap();
        let gate = Gate {
            site: site(folder.path()).await,
            router: Router::new()
                .route("/fails", get(fails))
                .route("/works", get("fine")),
        };
        let (status, headers, body) = ask(&gate, "/fails").await;
        assert_eq!(status, 500);
        assert!(body.contains("incident"), "{body}");
        assert!(!body.contains("on purpose"), "{body}");
        assert!(headers.contains_key(header::CONTENT_SECURITY_POLICY));
        assert_eq!(ask(&gate, "/works").await.0, 200);
    }
}
