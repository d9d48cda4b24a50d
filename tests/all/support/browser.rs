//! A browser for tests: one connection per request, cookies, forms; and raw bytes where a test needs
//! to send what no browser would.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::secrets;

/// Longer than anything in the product may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// Reads the bytes of one answer.
    pub fn parse(bytes: &[u8]) -> Self {
        let end = find(bytes, b"\r\n\r\n").unwrap_or_else(|| {
            panic!("no answer in {:?}", String::from_utf8_lossy(bytes));
        });
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let answer = Self {
            status: status.parse().unwrap(),
            headers,
            body: String::from_utf8(bytes[end + 4..].to_vec()).unwrap(),
        };
        if let Some(password) = answer.shown_password() {
            secrets::know("a password that a page showed", &password);
        }
        answer
    }

    /// The password on the page that shows it once.
    pub fn shown_password(&self) -> Option<String> {
        let (_, rest) = self
            .body
            .split_once("<p class=\"password\" id=\"password\"")?;
        let (markup, _) = rest.split_once('>')?.1.split_once("</p>")?;
        let pieces = markup
            .split('<')
            .map(|piece| piece.split_once('>').map_or(piece, |p| p.1));
        Some(pieces.collect::<String>().trim().to_owned())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(found, _)| found == name);
        values.next().map(|(_, value)| value.as_str())
    }

    /// The hidden `csrf` field of the form that goes to `action`.
    pub fn csrf(&self, action: &str) -> String {
        let form = format!("action=\"{action}\"");
        let after = self.body.split_once(&form);
        let (_, rest) = after.unwrap_or_else(|| panic!("no form to {action} in {}", self.body));
        let (_, value) = rest.split_once("name=\"csrf\" value=\"").unwrap();
        value.split('"').next().unwrap().to_owned()
    }

    /// The page without its markup, for messages.
    pub fn text(&self) -> String {
        let main = self
            .body
            .split_once("<main")
            .map_or(&*self.body, |halves| halves.1);
        let pieces = main
            .split('<')
            .map(|piece| piece.split_once('>').map_or("", |p| p.1).trim());
        pieces
            .filter(|piece| !piece.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Where a 303 leads.
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location").unwrap()
    }

    fn set_cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .filter_map(|(_, value)| value.split(';').next()?.split_once('='))
    }
}

/// Somebody at a browser.
#[derive(Debug, Clone)]
pub struct Browser {
    pub address: SocketAddr,
    pub cookies: BTreeMap<String, String>,
    /// Sent with each request beside `Host` and cookies.
    pub headers: Vec<(String, String)>,
}

impl Browser {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            cookies: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// The same browser with a further header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    pub async fn get(&mut self, target: &str) -> Answer {
        self.send("GET", target, None).await
    }

    /// Sends a form, without looking whether a page has it.
    pub async fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Answer {
        for (_, password) in fields.iter().filter(|(name, _)| *name == "password") {
            secrets::know("a password that was typed", password);
        }
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send("POST", target, Some(&body)).await
    }

    /// Fetches `page`, takes the token of its form to `action`, and sends it with `fields`.
    pub async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.get(page).await.csrf(action);
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post(action, &all).await
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        let fields = [("username", name), ("password", password)];
        self.submit("/sign-in", "/sign-in", &fields).await
    }

    /// Sends one request and keeps the cookies of its answer.
    pub async fn send(&mut self, method: &str, target: &str, body: Option<&str>) -> Answer {
        let request = self.request(method, target, body);
        let answer = Answer::parse(&exchange(self.address, request.as_bytes()).await);
        for (name, value) in answer.set_cookies() {
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// The bytes of a request as this browser would send it.
    pub fn request(&self, method: &str, target: &str, body: Option<&str>) -> String {
        let mut lines = vec![
            format!("{method} {target} HTTP/1.1"),
            format!("Host: {}", self.address),
            "Connection: close".to_owned(),
        ];
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            lines.push(format!("Cookie: {}", pairs.collect::<Vec<_>>().join("; ")));
        }
        lines.extend(
            self.headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}")),
        );
        if let Some(body) = body {
            lines.push("Content-Type: application/x-www-form-urlencoded".to_owned());
            lines.push(format!("Content-Length: {}", body.len()));
        }
        lines.join("\r\n") + "\r\n\r\n" + body.unwrap_or_default()
    }
}

/// Sends bytes and reads until the server closes.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let stream = TcpStream::connect(address).await.unwrap();
    exchange_over(stream, bytes).await
}

/// The same over TLS; the certificate must be the one given.
pub async fn exchange_tls(
    address: SocketAddr,
    config: Arc<rustls::ClientConfig>,
    bytes: &[u8],
) -> Vec<u8> {
    let stream = TcpStream::connect(address).await.unwrap();
    let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
    let connector = tokio_rustls::TlsConnector::from(config);
    exchange_over(connector.connect(name, stream).await.unwrap(), bytes).await
}

async fn exchange_over(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> Vec<u8> {
    stream.write_all(bytes).await.unwrap();
    read_to_end(&mut stream).await
}

/// Everything until the other side closes or cuts the connection.
pub async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = [0; 8192];
    let reading = async {
        while let Ok(length @ 1..) = stream.read(&mut piece).await {
            all.extend_from_slice(&piece[..length]);
        }
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .expect("the server closes in time");
    all
}

/// Where `needle` begins.
pub fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|window| window == needle)
}
