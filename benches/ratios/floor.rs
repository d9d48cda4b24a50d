//! The floor: the same LDAP operations by a client that does nothing else. It shares no code
//! with `directory/`, so that a slow client there cannot hide behind itself.

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapDerefAliases, LdapFilter, LdapModify, LdapModifyRequest,
    LdapModifyType, LdapMsg, LdapOp, LdapPartialAttribute, LdapResultCode, LdapSearchRequest,
    LdapSearchResultEntry, LdapSearchScope,
};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::codec::Framed;

/// Objects in one page, as `directory/paging.rs` asks for them.
const PAGE: i64 = 500;
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// One open LDAPS connection.
pub struct Floor {
    stream: Framed<TlsStream<TcpStream>, LdapCodec>,
    last_id: i32,
}

/// Trust in the CA of `file` alone.
pub fn trust(file: &Path) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

impl Floor {
    /// Connects to the domain controller on this machine.
    pub async fn connect(tls: &TlsConnector, port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let stream = tls
            .connect(ServerName::try_from("localhost")?, stream)
            .await?;
        let codec = LdapCodec::new(Some(LARGEST_ANSWER), None);
        Ok(Self {
            stream: Framed::new(stream, codec),
            last_id: 0,
        })
    }

    /// Simple bind.
    pub async fn bind(&mut self, name: &str, password: &str) -> Result<()> {
        let cred = LdapBindCred::Simple(password.to_owned());
        let request = LdapBindRequest {
            version: 3,
            dn: name.to_owned(),
            cred,
        };
        self.send(LdapOp::BindRequest(request), Vec::new()).await?;
        match self.receive().await? {
            LdapOp::BindResponse(answer) if answer.res.code == LdapResultCode::Success => Ok(()),
            _ => bail!("the bind was refused"),
        }
    }

    /// Reads one object by its DN (or `<GUID=…>`, `<SID=…>`).
    pub async fn read(&mut self, dn: &str, attributes: &[&str]) -> Result<LdapSearchResultEntry> {
        let any = LdapFilter::Present("objectClass".to_owned());
        let request = request(dn, LdapSearchScope::Base, any, attributes);
        self.send(request, Vec::new()).await?;
        let found = self.entries().await?;
        found.into_iter().next().context("nothing there")
    }

    /// Searches below `base` and collects the entries; `controls` as Keyward sends them.
    pub async fn search(
        &mut self,
        base: &str,
        filter: LdapFilter,
        attributes: &[&str],
        controls: Vec<LdapControl>,
    ) -> Result<Vec<LdapSearchResultEntry>> {
        let request = request(base, LdapSearchScope::Subtree, filter, attributes);
        self.send(request, controls).await?;
        self.entries().await
    }

    /// Fetches everything below `base` with its access rules, page after page, and counts it.
    pub async fn count(&mut self, base: &str, attributes: &[&str]) -> Result<u64> {
        let (mut count, mut cookie) = (0, Vec::new());
        loop {
            let any = LdapFilter::Present("objectClass".to_owned());
            let LdapOp::SearchRequest(mut request) =
                request(base, LdapSearchScope::Subtree, any, attributes)
            else {
                bail!("not a search");
            };
            (request.sizelimit, request.timelimit) = (0, 0);
            let flags = LdapControl::SdFlags {
                criticality: true,
                flags: 7,
            };
            let page = LdapControl::SimplePagedResults {
                size: PAGE,
                cookie: std::mem::take(&mut cookie),
            };
            self.send(LdapOp::SearchRequest(request), vec![flags, page])
                .await?;
            loop {
                let message = self.stream.next().await.context("the connection ended")??;
                match message.op {
                    LdapOp::SearchResultEntry(_) => count += 1,
                    LdapOp::SearchResultDone(done) => {
                        anyhow::ensure!(done.code == LdapResultCode::Success, "{}", done.message);
                        let next = message.ctrl.into_iter().find_map(|control| match control {
                            LdapControl::SimplePagedResults { cookie, .. } => Some(cookie),
                            _ => None,
                        });
                        cookie = next.unwrap_or_default();
                        break;
                    }
                    _ => {}
                }
            }
            if cookie.is_empty() {
                return Ok(count);
            }
        }
    }

    async fn entries(&mut self) -> Result<Vec<LdapSearchResultEntry>> {
        let mut found = Vec::new();
        loop {
            match self.receive().await? {
                LdapOp::SearchResultEntry(entry) => found.push(entry),
                LdapOp::SearchResultDone(_) => return Ok(found),
                _ => {}
            }
        }
    }

    /// Sets a password with "must change" in one modify.
    pub async fn reset(&mut self, dn: &str, password: &str) -> Result<()> {
        let quoted = format!("\"{password}\"");
        let utf16 = quoted.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let changes = vec![
            replace("unicodePwd", utf16),
            replace("pwdLastSet", b"0".to_vec()),
        ];
        let request = LdapModifyRequest {
            dn: dn.to_owned(),
            changes,
        };
        self.send(LdapOp::ModifyRequest(request), Vec::new())
            .await?;
        match self.receive().await? {
            LdapOp::ModifyResponse(answer) if answer.code == LdapResultCode::Success => Ok(()),
            LdapOp::ModifyResponse(answer) => bail!("modify: {}", answer.message),
            _ => bail!("not the answer to a modify"),
        }
    }

    async fn send(&mut self, op: LdapOp, controls: Vec<LdapControl>) -> Result<()> {
        self.last_id += 1;
        let message = LdapMsg::new_with_ctrls(self.last_id, op, controls);
        self.stream.send(message).await?;
        Ok(())
    }

    async fn receive(&mut self) -> Result<LdapOp> {
        Ok(self
            .stream
            .next()
            .await
            .context("the connection ended")??
            .op)
    }
}

fn request(base: &str, scope: LdapSearchScope, filter: LdapFilter, attributes: &[&str]) -> LdapOp {
    LdapOp::SearchRequest(LdapSearchRequest {
        base: base.to_owned(),
        scope,
        aliases: LdapDerefAliases::Never,
        sizelimit: 51,
        timelimit: 10,
        typesonly: false,
        filter,
        attrs: attributes.iter().map(|name| (*name).to_owned()).collect(),
    })
}

fn replace(attribute: &str, value: Vec<u8>) -> LdapModify {
    LdapModify {
        operation: LdapModifyType::Replace,
        modification: LdapPartialAttribute {
            atype: attribute.to_owned(),
            vals: vec![value],
        },
    }
}
