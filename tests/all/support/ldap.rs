//! A client of the raw protocol, for tests that ask the embedded directory itself.

use super::directory::Scene;
use futures_util::{SinkExt, StreamExt};
use keyward::domain::identity::Sid;
#[cfg(feature = "demo")]
use keyward::embedded::Embedded;
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapAddRequest, LdapBindCred, LdapBindRequest, LdapDerefAliases, LdapFilter,
    LdapMatchingRuleAssertion, LdapModify, LdapModifyDNRequest, LdapModifyRequest, LdapModifyType,
    LdapMsg, LdapOp, LdapPartialAttribute, LdapResult, LdapResultCode, LdapSearchRequest,
    LdapSearchResultEntry, LdapSearchScope, LdapSubstringFilter,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::sync::Arc;
use std::time::Duration;
#[cfg(feature = "demo")]
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::codec::Framed;

/// How long a test waits for an answer that should come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection.
pub struct Ldap {
    framed: Framed<TlsStream<TcpStream>, LdapCodec>,
    last: i32,
}

/// What a search brought.
#[derive(Debug)]
pub struct Found {
    /// The entries.
    pub entries: Vec<LdapSearchResultEntry>,
    /// Continuation references.
    pub references: Vec<String>,
    /// The result.
    pub result: LdapResult,
    /// Controls of the result.
    pub controls: Vec<LdapControl>,
}

impl Found {
    /// The values of an attribute of the only entry, as text.
    pub fn texts(&self, attribute: &str) -> Vec<String> {
        let values = self.bytes(attribute).into_iter();
        values
            .map(|value| String::from_utf8(value).unwrap())
            .collect()
    }

    /// The values of an attribute of the only entry.
    pub fn bytes(&self, attribute: &str) -> Vec<Vec<u8>> {
        assert_eq!(self.entries.len(), 1, "one entry: {:?}", self.dns());
        let mut found = self.entries[0]
            .attributes
            .iter()
            .filter(|a| a.atype == attribute);
        found.next().map(|a| a.vals.clone()).unwrap_or_default()
    }

    /// The values of an attribute of the only entry, as SIDs.
    pub fn sids(&self, attribute: &str) -> Vec<Sid> {
        let values = self.bytes(attribute).into_iter();
        values
            .map(|value| Sid::try_from(value.as_slice()).unwrap())
            .collect()
    }

    /// The DNs of the entries.
    pub fn dns(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| entry.dn.as_str()).collect()
    }
}

impl Ldap {
    #[cfg(feature = "demo")]
    /// Connects, trusting the directory's own authority only.
    pub async fn connect(embedded: &Embedded) -> Self {
        Self::try_connect(embedded).await.unwrap()
    }

    #[cfg(feature = "demo")]
    /// Connects, or says why not.
    pub async fn try_connect(embedded: &Embedded) -> std::io::Result<Self> {
        Self::dial(("localhost", embedded.address.port()), &embedded.ca_pem).await
    }

    /// Connects to the directory of a scene.
    pub async fn to(scene: &Scene) -> Self {
        let server = &scene.settings.servers[0];
        let ca_file = scene.settings.ca_file.as_ref().expect("a CA file");
        let ca_pem = std::fs::read_to_string(ca_file).expect("a readable CA file");
        Self::dial((&server.host, server.port), &ca_pem)
            .await
            .unwrap()
    }

    /// Connects to the directory of a scene as its service account.
    pub async fn service(scene: &Scene) -> Self {
        let account = &scene.people["service_account"];
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let name = format!(
            "{}@{}",
            text(&account["username"]),
            text(&scene.people["dns_domain"])
        );
        Self::signed_in(scene, &name, &text(&account["password"])).await
    }

    /// Connects to the directory of a scene as its administrator.
    pub async fn administrator(scene: &Scene) -> Self {
        let account = &scene.people["administrator"];
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let name = format!(
            "{}@{}",
            text(&account["username"]),
            text(&scene.people["dns_domain"])
        );
        Self::signed_in(scene, &name, &text(&account["password"])).await
    }

    /// Connects to the directory of a scene and signs in.
    pub async fn signed_in(scene: &Scene, name: &str, password: &str) -> Self {
        let mut ldap = Self::to(scene).await;
        let result = ldap.bind(name, password).await;
        assert_eq!(
            result.code,
            LdapResultCode::Success,
            "{name}: {}",
            result.message
        );
        ldap
    }

    async fn dial(server: (&str, u16), ca_pem: &str) -> std::io::Result<Self> {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(server).await?;
        let name = ServerName::try_from(server.0.to_owned()).unwrap();
        let tls = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let stream = timeout(PATIENCE, tls).await.unwrap()?;
        let codec = LdapCodec::new(Some(1 << 20), None);
        Ok(Self {
            framed: Framed::new(stream, codec),
            last: 0,
        })
    }

    #[cfg(feature = "demo")]
    /// Connects and signs in.
    pub async fn bound(embedded: &Embedded, name: &str, password: &str) -> Self {
        let mut ldap = Self::connect(embedded).await;
        let result = ldap.bind(name, password).await;
        assert_eq!(
            result.code,
            LdapResultCode::Success,
            "{name}: {}",
            result.message
        );
        ldap
    }

    /// Sends a request; returns its id.
    pub async fn send(&mut self, op: LdapOp, ctrl: Vec<LdapControl>) -> i32 {
        self.last += 1;
        self.framed
            .send(LdapMsg {
                msgid: self.last,
                op,
                ctrl,
            })
            .await
            .unwrap();
        self.last
    }

    /// Sends bytes that may be no message.
    #[cfg(feature = "demo")]
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let stream = self.framed.get_mut();
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
    }

    /// The next message; `None` once the connection is closed or broken.
    pub async fn next(&mut self) -> Option<LdapMsg> {
        let next = timeout(PATIENCE, self.framed.next()).await;
        next.expect("an answer, or the end").and_then(Result::ok)
    }

    #[cfg(feature = "demo")]
    /// Whether nothing comes for a while, and the connection stays open.
    pub async fn is_silent(&mut self, span: Duration) -> bool {
        timeout(span, self.framed.next()).await.is_err()
    }

    /// A simple bind.
    pub async fn bind(&mut self, name: &str, password: &str) -> LdapResult {
        let request = LdapBindRequest {
            version: 3,
            dn: name.to_owned(),
            cred: LdapBindCred::Simple(password.to_owned()),
        };
        self.send(LdapOp::BindRequest(request), Vec::new()).await;
        match self.next().await.map(|message| message.op) {
            Some(LdapOp::BindResponse(response)) => response.res,
            other => panic!("not a bind response: {other:?}"),
        }
    }

    /// A search with everything that can be said about it.
    pub async fn ask(&mut self, request: LdapSearchRequest, ctrl: Vec<LdapControl>) -> Found {
        let id = self.send(LdapOp::SearchRequest(request), ctrl).await;
        let (mut entries, mut references) = (Vec::new(), Vec::new());
        loop {
            let message = self.next().await.expect("a search result");
            assert_eq!(message.msgid, id);
            match message.op {
                LdapOp::SearchResultEntry(entry) => entries.push(entry),
                LdapOp::SearchResultReference(reference) => references.extend(reference.uris),
                LdapOp::SearchResultDone(result) => {
                    let controls = message.ctrl;
                    return Found {
                        entries,
                        references,
                        result,
                        controls,
                    };
                }
                other => panic!("not a search result: {other:?}"),
            }
        }
    }

    /// A subtree search with a filter in text.
    pub async fn find(&mut self, base: &str, filter: &str, attrs: &[&str]) -> Found {
        self.ask(
            search(base, LdapSearchScope::Subtree, self::filter(filter), attrs),
            Vec::new(),
        )
        .await
    }

    /// A base-scope read.
    pub async fn read(&mut self, base: &str, attrs: &[&str]) -> Found {
        let everything = LdapFilter::Present("objectClass".to_owned());
        self.ask(
            search(base, LdapSearchScope::Base, everything, attrs),
            Vec::new(),
        )
        .await
    }

    /// An add.
    pub async fn add(&mut self, dn: &str, attributes: Vec<(&str, Vec<Vec<u8>>)>) -> LdapResult {
        let attribute = |(name, vals): (&str, Vec<Vec<u8>>)| LdapPartialAttribute {
            atype: name.to_owned(),
            vals,
        };
        let request = LdapAddRequest {
            dn: dn.to_owned(),
            attributes: attributes.into_iter().map(attribute).collect(),
        };
        self.send(LdapOp::AddRequest(request), Vec::new()).await;
        match self.next().await.map(|message| message.op) {
            Some(LdapOp::AddResponse(result)) => result,
            other => panic!("not an add response: {other:?}"),
        }
    }

    /// A delete.
    pub async fn delete(&mut self, dn: &str) -> LdapResult {
        self.send(LdapOp::DelRequest(dn.to_owned()), Vec::new())
            .await;
        match self.next().await.map(|message| message.op) {
            Some(LdapOp::DelResponse(result)) => result,
            other => panic!("not a delete response: {other:?}"),
        }
    }

    /// A rename, or a move where `above` names another object.
    pub async fn rename(&mut self, dn: &str, rdn: &str, above: Option<&str>) -> LdapResult {
        let request = LdapModifyDNRequest {
            dn: dn.to_owned(),
            newrdn: rdn.to_owned(),
            deleteoldrdn: true,
            new_superior: above.map(str::to_owned),
        };
        self.send(LdapOp::ModifyDNRequest(request), Vec::new())
            .await;
        match self.next().await.map(|message| message.op) {
            Some(LdapOp::ModifyDNResponse(result)) => result,
            other => panic!("not a rename response: {other:?}"),
        }
    }

    /// The descriptor of an object: owner, group and rules.
    pub async fn descriptor(&mut self, dn: &str) -> Vec<u8> {
        const NAME: &str = "nTSecurityDescriptor";
        let everything = LdapFilter::Present("objectClass".to_owned());
        let request = search(dn, LdapSearchScope::Base, everything, &[NAME]);
        let found = self.ask(request, vec![sd_flags(7)]).await;
        found.bytes(NAME).remove(0)
    }

    /// Writes parts of the descriptor of an object.
    pub async fn write_descriptor(&mut self, dn: &str, bytes: Vec<u8>, parts: i32) -> LdapResult {
        let change = replace("nTSecurityDescriptor", bytes);
        self.modify_with(dn, vec![change], vec![sd_flags(parts)])
            .await
    }

    /// A modify.
    pub async fn modify(&mut self, dn: &str, changes: Vec<LdapModify>) -> LdapResult {
        self.modify_with(dn, changes, Vec::new()).await
    }

    /// A modify with controls.
    pub async fn modify_with(
        &mut self,
        dn: &str,
        changes: Vec<LdapModify>,
        ctrl: Vec<LdapControl>,
    ) -> LdapResult {
        let request = LdapModifyRequest {
            dn: dn.to_owned(),
            changes,
        };
        self.send(LdapOp::ModifyRequest(request), ctrl).await;
        match self.next().await.map(|message| message.op) {
            Some(LdapOp::ModifyResponse(result)) => result,
            other => panic!("not a modify response: {other:?}"),
        }
    }
}

/// The control that names the parts of a descriptor.
fn sd_flags(flags: i32) -> LdapControl {
    LdapControl::SdFlags {
        criticality: true,
        flags,
    }
}

/// A search request.
pub fn search(
    base: &str,
    scope: LdapSearchScope,
    filter: LdapFilter,
    attrs: &[&str],
) -> LdapSearchRequest {
    LdapSearchRequest {
        base: base.to_owned(),
        scope,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter,
        attrs: attrs.iter().map(|&name| name.to_owned()).collect(),
    }
}

/// One change of a modify.
pub fn change(operation: LdapModifyType, attribute: &str, value: impl Into<Vec<u8>>) -> LdapModify {
    let modification = LdapPartialAttribute {
        atype: attribute.to_owned(),
        vals: vec![value.into()],
    };
    LdapModify {
        operation,
        modification,
    }
}

/// Replaces an attribute by one value.
pub fn replace(attribute: &str, value: impl Into<Vec<u8>>) -> LdapModify {
    change(LdapModifyType::Replace, attribute, value)
}

/// A password as `unicodePwd` takes it.
pub fn quoted(password: &str) -> Vec<u8> {
    format!("\"{password}\"")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect()
}

/// A filter from its text (RFC 4515). The codec's own parser takes neither spaces nor escapes.
pub fn filter(text: &str) -> LdapFilter {
    let inner = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    let inner = inner.unwrap_or_else(|| panic!("no filter: {text}"));
    match inner.split_at(1) {
        ("&", parts) => LdapFilter::And(parts_of(parts)),
        ("|", parts) => LdapFilter::Or(parts_of(parts)),
        ("!", part) => LdapFilter::Not(Box::new(filter(part))),
        _ => comparison(inner),
    }
}

/// The filters that stand one after the other in `text`.
fn parts_of(text: &str) -> Vec<LdapFilter> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            parts.push(filter(&text[start..=at]));
            start = at + 1;
        }
    }
    parts
}

fn comparison(text: &str) -> LdapFilter {
    let (name, value) = text.split_once('=').expect("a comparison");
    if let Some(name) = name.strip_suffix('>') {
        return LdapFilter::GreaterOrEqual(name.to_owned(), unescape(value));
    }
    if let Some(name) = name.strip_suffix('<') {
        return LdapFilter::LessOrEqual(name.to_owned(), unescape(value));
    }
    if let Some((attribute, rule)) = name.split_once(':') {
        return LdapFilter::Extensible(LdapMatchingRuleAssertion {
            matching_rule: Some(rule.trim_end_matches(':').to_owned()),
            type_: Some(attribute.to_owned()),
            match_value: unescape(value),
            dn_attributes: false,
        });
    }
    let name = name.to_owned();
    let pieces: Vec<String> = value.split('*').map(unescape).collect();
    match pieces.as_slice() {
        [whole] => LdapFilter::Equality(name, whole.clone()),
        [first, last] if first.is_empty() && last.is_empty() => LdapFilter::Present(name),
        [first, any @ .., last] => {
            let some = |piece: &String| Some(piece.clone()).filter(|piece| !piece.is_empty());
            let parts = LdapSubstringFilter {
                initial: some(first),
                any: any.to_vec(),
                final_: some(last),
            };
            LdapFilter::Substring(name, parts)
        }
        [] => unreachable!("split gives at least one piece"),
    }
}

/// Turns `\2a` into the character.
fn unescape(text: &str) -> String {
    let mut pieces = text.split('\\');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        plain.push(char::from(
            u8::from_str_radix(digits, 16).expect("two hex digits"),
        ));
        plain.push_str(rest);
    }
    plain
}

/// The Windows error at the start of a result's text.
pub fn message_code(result: &LdapResult) -> u32 {
    let digits = result.message.split(':').next().unwrap_or_default();
    u32::from_str_radix(digits, 16).unwrap_or(0)
}
