//! A small browser: one keep-alive connection, a cookie jar, and the hidden fields of forms.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use tokio::net::TcpStream;

/// A person's browser on the service at `address`.
pub struct Browser {
    address: String,
    connection: SendRequest<Full<Bytes>>,
    cookies: BTreeMap<String, String>,
}

/// What came back.
pub struct Page {
    /// The status code.
    pub status: StatusCode,
    /// The page.
    pub body: String,
}

impl Browser {
    /// Opens the connection.
    pub async fn open(address: &str) -> Result<Self> {
        Ok(Self {
            address: address.to_owned(),
            connection: connect(address).await?,
            cookies: BTreeMap::new(),
        })
    }

    /// Follows a link.
    pub async fn get(&mut self, path: &str) -> Result<Page> {
        self.send(Method::GET, path, String::new()).await
    }

    /// Sends a form with `fields`.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Page> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send(Method::POST, path, body).await
    }

    /// Signs in; the browser then has the session's cookie.
    pub async fn sign_in(&mut self, name: &str, password: &str) -> Result<()> {
        let csrf = self.get("/sign-in").await?.token("/sign-in")?;
        self.submit_sign_in(&csrf, name, password).await
    }

    /// The sign-in form's second half, for timing it alone.
    pub async fn submit_sign_in(&mut self, csrf: &str, name: &str, password: &str) -> Result<()> {
        let fields = [("csrf", csrf), ("username", name), ("password", password)];
        let page = self.post("/sign-in", &fields).await?;
        if page.status != StatusCode::SEE_OTHER {
            bail!("sign-in answered {}", page.status);
        }
        Ok(())
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> Result<Page> {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.address)
            .header("origin", format!("http://{}", self.address))
            .header("cookie", cookies.join("; "))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(body)))?;
        if self.connection.is_closed() {
            self.connection = connect(&self.address).await?;
        }
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        for value in answer.headers().get_all("set-cookie") {
            let pair = value.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Page {
            status,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

impl Page {
    /// The token of the form that posts to `action`.
    pub fn token(&self, action: &str) -> Result<String> {
        let form = format!("action=\"{action}\"");
        let form = self.body.split_once(&form).context("no such form")?.1;
        let value = form
            .split_once("name=\"csrf\" value=\"")
            .context("no token")?
            .1;
        Ok(value.split('"').next().unwrap_or_default().to_owned())
    }
}

async fn connect(address: &str) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
