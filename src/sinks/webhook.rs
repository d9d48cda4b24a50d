//! Batches over HTTPS, signed as Standard Webhooks has it. A batch is taken once the server says 2xx.

use super::batch::Batch;
use super::connection::Server;
use super::problem::SinkProblem;
use crate::domain::secret::SecretSource;
use crate::domain::webhook_key::WebhookKey;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use zeroize::Zeroizing;

/// Sending a batch and its answer.
const ANSWERING: Duration = Duration::from_secs(20);
/// What is read of an answer's body, so that the connection can be used again.
const LONGEST_BODY: usize = 64 * 1024;
/// It says nothing, so it is waited for no longer.
const BODY: Duration = Duration::from_millis(200);
/// A secret has some dozen bytes.
const LONGEST_SECRET: u64 = 4096;

/// Where batches are posted to.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// The server; always over TLS.
    pub server: Server,
    /// Path and query.
    pub path: String,
    /// What each post is signed with.
    pub secret: SecretSource,
    /// The time, for the signature.
    pub clock: crate::domain::time::Clock,
}

/// An HTTPS server.
pub(super) struct WebhookOutlet {
    settings: WebhookSettings,
    open: Option<Open>,
    /// It was there once; from then on connections are opened when there is something to send.
    was_open: bool,
}

/// A connection that is kept between batches.
struct Open {
    sender: SendRequest<Full<Bytes>>,
    _driver: AbortOnDropHandle<()>,
}

impl WebhookOutlet {
    pub(super) fn new(settings: WebhookSettings) -> Self {
        Self {
            settings,
            open: None,
            was_open: false,
        }
    }

    /// So that one that is away is known before the first batch.
    pub(super) fn is_closed(&self) -> bool {
        !self.was_open
    }

    pub(super) async fn take(&mut self, batch: &Batch) -> Result<(), SinkProblem> {
        if batch.is_empty() {
            if self.open.is_none() {
                self.open = Some(self.connect().await?);
            }
            return Ok(());
        }
        // A kept connection may have been ended by the server meanwhile: that is no failure yet.
        if let Some(open) = self.open.take().filter(|open| !open.sender.is_closed()) {
            match self.post(open, batch).await {
                Err(SinkProblem::Closed) => {}
                told => return told,
            }
        }
        let open = self.connect().await?;
        self.post(open, batch).await
    }

    async fn connect(&mut self) -> Result<Open, SinkProblem> {
        let stream = self.settings.server.tls().await?;
        let opened = timeout(ANSWERING, handshake(TokioIo::new(stream))).await;
        let opened = opened.map_err(|_| SinkProblem::TimedOut)?;
        let (sender, connection) = opened.map_err(|_| SinkProblem::Closed)?;
        let driver = tokio::spawn(async move {
            if connection.await.is_err() {
                tracing::debug!("a connection to a webhook ended");
            }
        });
        self.was_open = true;
        Ok(Open {
            sender,
            _driver: AbortOnDropHandle::new(driver),
        })
    }

    async fn post(&mut self, mut open: Open, batch: &Batch) -> Result<(), SinkProblem> {
        let request = self.request(batch).await?;
        let exchange = async {
            let ready = open.sender.ready().await;
            ready.map_err(|_| SinkProblem::Closed)?;
            let answer = open.sender.send_request(request).await;
            answer.map_err(|_| SinkProblem::Closed)
        };
        let answer = timeout(ANSWERING, exchange).await;
        let answer = answer.unwrap_or(Err(SinkProblem::TimedOut))?;
        let verdict = verdict(&answer);
        // Whatever becomes of the body, a batch that was accepted is not sent again.
        let body = Limited::new(answer.into_body(), LONGEST_BODY).collect();
        let read = timeout(BODY, body).await;
        if read.is_ok_and(|body| body.is_ok()) {
            self.open = Some(open);
        }
        verdict
    }

    async fn request(&self, batch: &Batch) -> Result<Request<Full<Bytes>>, SinkProblem> {
        let body = batch.text();
        let secret = secret(&self.settings.secret).await;
        let secret = secret.ok_or(SinkProblem::Secret)?;
        let id = id(&body);
        let time = self.settings.clock.now().as_second();
        let signature = signature(&secret, &id, time, &body).ok_or(SinkProblem::Secret)?;
        let Server { host, port, .. } = &self.settings.server;
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.clone()
        };
        Request::post(&self.settings.path)
            .header(HOST, format!("{host}:{port}"))
            .header(USER_AGENT, concat!("keyward/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/x-ndjson")
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", signature)
            .body(Full::from(body))
            .map_err(|_| SinkProblem::Unreachable)
    }
}

fn verdict<T>(answer: &Response<T>) -> Result<(), SinkProblem> {
    if answer.status().is_success() {
        return Ok(());
    }
    let seconds = answer.headers().get(RETRY_AFTER);
    let seconds = seconds.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Err(SinkProblem::Refused {
        status: answer.status().as_u16(),
        retry_after: seconds.map(Duration::from_secs),
    })
}

/// The same for the same content, so that a server can tell that it has a batch already.
fn id(body: &str) -> String {
    let digest = Sha256::digest(body);
    let start = digest.get(..16).unwrap_or_default();
    format!("kw_{}", URL_SAFE_NO_PAD.encode(start))
}

/// Standard Webhooks: HMAC-SHA-256 over id, time and body. `None`: the secret is too short, or no secret.
fn signature(secret: &SecretString, id: &str, time: i64, body: &str) -> Option<String> {
    let key = WebhookKey::parse(secret.expose_secret())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(format!("{id}.{time}.").as_bytes());
    mac.update(body.as_bytes());
    Some(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

/// Read at each use, so that a new one needs no restart.
async fn secret(source: &SecretSource) -> Option<SecretString> {
    let path = match source {
        SecretSource::Value(value) | SecretSource::InSettings { value, .. } => {
            return Some(value.clone());
        }
        SecretSource::File(path) => path,
    };
    let mut text = Zeroizing::new(String::new());
    let file = tokio::fs::File::open(path).await.ok()?;
    let mut file = file.take(LONGEST_SECRET);
    let read = timeout(ANSWERING, file.read_to_string(&mut text)).await;
    read.ok()?.ok()?;
    let line = text.trim_end_matches(['\r', '\n']);
    (!line.is_empty()).then(|| SecretString::from(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_signed_as_standard_webhooks_has_it() {
        // The example of the specification's reference implementations.
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let told = signature(&secret, id, 1_614_265_330, "{\"test\": 2432232314}");
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(told.as_deref(), Some(expected));
        assert!(signature(&"whsec_%".into(), id, 1, "").is_none());
    }

    #[test]
    fn the_id_is_that_of_the_content() {
        assert_eq!(id("a\n"), id("a\n"));
        assert_ne!(id("a\n"), id("b\n"));
        assert_eq!(id("").len(), 25);
    }

    #[test]
    fn a_refusal_may_ask_for_patience() {
        let answer = Response::builder().status(429).header("retry-after", "7");
        let refused = verdict(&answer.body(()).unwrap()).unwrap_err();
        assert_eq!(refused.asked_to_wait(), Some(Duration::from_secs(7)));
        let moved = Response::builder().status(307).body(()).unwrap();
        assert!(verdict(&moved).is_err(), "nothing is followed");
        assert!(verdict(&Response::builder().status(204).body(()).unwrap()).is_ok());
    }
}
