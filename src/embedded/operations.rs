//! The operations of one connection: who is signed in on it, its open pages, and the answer to each
//! request. Every answer is what Active Directory would say; misbehaviour is added in `session.rs`.

use super::access::Token;
use super::answer::{LdapCode, Refusal, success};
use super::attributes::{self, Reader};
use super::bind;
use super::controls::Asked;
use super::modify::{self, Writer};
use super::pages::Pages;
use super::server::Shared;
use super::tree::Tree;
use super::witness::{ObjectChange, SeenBind, SeenModify, SeenObject};
use super::{add, move_delete, rootdse, search};
use crate::domain::identity::ObjectGuid;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapBindResponse, LdapExtendedRequest, LdapExtendedResponse,
    LdapModifyRequest, LdapMsg, LdapOp, LdapPartialAttribute, LdapResult, LdapSearchRequest,
    LdapSearchResultEntry, LdapSearchResultReference, LdapSearchScope,
};
use std::sync::Arc;

/// What a connection knows between two requests.
pub(super) struct Operations {
    pub shared: Arc<Shared>,
    token: Option<Token>,
    pages: Pages,
}

impl Operations {
    /// Nobody is signed in.
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            token: None,
            pages: Pages::default(),
        }
    }

    /// The messages that answer a request, in order.
    pub(super) fn answer(&mut self, message: LdapMsg) -> Vec<LdapMsg> {
        let LdapMsg { msgid, op, ctrl } = message;
        let reply = |op| {
            vec![LdapMsg {
                msgid,
                op,
                ctrl: Vec::new(),
            }]
        };
        match op {
            LdapOp::BindRequest(request) => reply(LdapOp::BindResponse(self.bind(&request))),
            LdapOp::SearchRequest(request) => self.search(msgid, &request, &ctrl),
            LdapOp::ModifyRequest(request) => {
                let result = self.modify(&request, &ctrl);
                reply(LdapOp::ModifyResponse(result_of(result)))
            }
            LdapOp::AddRequest(request) => {
                let made = self.change(&ctrl, &request.dn, ObjectChange::Add, |tree, writer| {
                    add::add(tree, &request, writer)
                });
                reply(LdapOp::AddResponse(result_of(made)))
            }
            LdapOp::DelRequest(dn) => {
                let gone = self.change(&ctrl, &dn, ObjectChange::Delete, |tree, writer| {
                    move_delete::delete(tree, &dn, writer)
                });
                reply(LdapOp::DelResponse(result_of(gone)))
            }
            LdapOp::ModifyDNRequest(request) => {
                let dn = &request.dn;
                let moved = self.change(&ctrl, dn, ObjectChange::Rename, |tree, writer| {
                    move_delete::rename(tree, &request, writer)
                });
                reply(LdapOp::ModifyDNResponse(result_of(moved)))
            }
            LdapOp::ExtendedRequest(request) => {
                reply(LdapOp::ExtendedResponse(self.extended(&request)))
            }
            op => {
                let message = LdapMsg { msgid, op, ctrl };
                refuse(&message, Refusal::unwilling())
            }
        }
    }

    fn bind(&mut self, request: &LdapBindRequest) -> LdapBindResponse {
        self.token = None;
        let LdapBindCred::Simple(password) = &request.cred else {
            let text = "00002027: LdapErr: DSID-0C0905F4, comment: Invalid Authentication method\0";
            let refusal = Refusal::new(LdapCode::AuthMethodNotSupported, text);
            return LdapBindResponse {
                res: refusal.result(),
                saslcreds: None,
            };
        };
        let now = self.shared.clock.now();
        let mut tree = self.shared.tree_mut();
        let account = bind::account(&tree, request.dn.trim()).map(|entry| entry.guid);
        let (outcome, token) = bind::bind(&mut tree, &request.dn, password, now);
        drop(tree);
        self.token = token;
        let name = request.dn.clone();
        self.shared.witness.saw_bind(SeenBind {
            time: now,
            name,
            account,
            outcome,
        });
        let res = outcome
            .data()
            .map_or_else(success, |data| Refusal::bind(data).result());
        LdapBindResponse {
            res,
            saslcreds: None,
        }
    }

    fn modify(&self, request: &LdapModifyRequest, controls: &[LdapControl]) -> Result<(), Refusal> {
        let token = self.token.as_ref().ok_or_else(Refusal::not_bound)?;
        let writer = self.writer(token, controls)?;
        let now = writer.now;
        let mut tree = self.shared.tree_mut();
        let result = modify::modify(&mut tree, request, &writer);
        let modified = result.as_ref().ok();
        let target = attributes::named(&tree, &request.dn).map(|entry| entry.guid);
        drop(tree);
        self.shared.witness.saw_modify(SeenModify {
            time: now,
            by: token.sid.clone(),
            target,
            dn: request.dn.clone(),
            attributes: request
                .changes
                .iter()
                .map(|c| c.modification.atype.clone())
                .collect(),
            refused: result.as_ref().err().map(|refusal| refusal.code),
            password: modified.and_then(|modified| modified.password),
            must_change: modified.is_some_and(|modified| modified.must_change),
            unlock: modified.is_some_and(|modified| modified.unlock),
        });
        result.map(|_| ())
    }

    /// Who writes, when and how.
    fn writer<'t>(
        &self,
        token: &'t Token,
        controls: &[LdapControl],
    ) -> Result<Writer<'t>, Refusal> {
        let asked = Asked::read(controls, self.shared.policy_hints)?;
        Ok(Writer {
            token,
            now: self.shared.clock.now(),
            hints: asked.policy_hints,
            sd_flags: asked.sd_flags,
        })
    }

    /// Makes, deletes or renames an object, seen by the witness.
    fn change(
        &self,
        controls: &[LdapControl],
        dn: &str,
        change: ObjectChange,
        carry_out: impl FnOnce(&mut Tree, &Writer<'_>) -> Result<ObjectGuid, Refusal>,
    ) -> Result<(), Refusal> {
        let token = self.token.as_ref().ok_or_else(Refusal::not_bound)?;
        let writer = self.writer(token, controls)?;
        let mut tree = self.shared.tree_mut();
        let result = carry_out(&mut tree, &writer);
        drop(tree);
        self.shared.witness.saw_object(SeenObject {
            time: writer.now,
            by: token.sid.clone(),
            change,
            dn: dn.to_owned(),
            object: result.as_ref().ok().copied(),
            refused: result.as_ref().err().map(|refusal| refusal.code),
        });
        result.map(|_| ())
    }

    fn search(
        &mut self,
        msgid: i32,
        request: &LdapSearchRequest,
        controls: &[LdapControl],
    ) -> Vec<LdapMsg> {
        self.shared.witness.saw_search();
        match self.found(request, controls) {
            Ok(found) => found.messages(msgid),
            Err(refusal) => {
                let op = LdapOp::SearchResultDone(refusal.result());
                vec![LdapMsg {
                    msgid,
                    op,
                    ctrl: Vec::new(),
                }]
            }
        }
    }

    fn found(
        &mut self,
        request: &LdapSearchRequest,
        controls: &[LdapControl],
    ) -> Result<Found, Refusal> {
        let asked = Asked::read(controls, self.shared.policy_hints)?;
        let (tree, now) = (self.shared.tree(), self.shared.clock.now());
        let base_scope = request.scope == LdapSearchScope::Base;
        if request.base.is_empty() && base_scope {
            let hints = self.shared.policy_hints;
            let attributes = rootdse::read(&tree, self.token.as_ref(), &request.attrs, hints, now);
            return Ok(Found::root(attributes));
        }
        let token = self.token.as_ref().ok_or_else(Refusal::not_bound)?;
        let mut found = Found::default();
        let mut guids = if let Some((size, cookie)) = asked.page {
            let (guids, more) = if cookie.is_empty() {
                found.references = search::references(&tree, request);
                let all = search::find(&tree, token, request, now)?;
                self.pages.first(size, all)
            } else {
                self.pages.next(size, &cookie)?
            };
            found.next_page = Some(more);
            guids
        } else {
            found.references = search::references(&tree, request);
            search::find(&tree, token, request, now)?
        };
        if !base_scope && !guids.is_empty() && search::asks_for(request, "tokenGroups") {
            return Err(Refusal::base_scope_only());
        }
        let limit = search::limit(request);
        found.cut = guids.len() > limit;
        guids.truncate(limit);
        let mut reader = Reader::new(&tree, token, now);
        reader.base_scope = base_scope;
        reader.sd_flags = asked.sd_flags;
        let entries = guids.into_iter().filter_map(|guid| tree.entry(guid));
        found.entries = entries
            .map(|entry| search::answer(&reader, entry, request))
            .collect();
        Ok(found)
    }

    fn extended(&self, request: &LdapExtendedRequest) -> LdapExtendedResponse {
        if request.name != rootdse::WHO_AM_I {
            let text = "0000203D: LdapErr: DSID-0C0912EB, comment: Unknown extended request OID, data 0, v4563\0";
            let res = Refusal::new(LdapCode::ProtocolError, text).result();
            return LdapExtendedResponse {
                res,
                name: None,
                value: None,
            };
        }
        let tree = self.shared.tree();
        let account = self.token.as_ref().and_then(|token| tree.entry(token.guid));
        let name = account.map(|entry| ["u:", &tree.names.netbios, "\\", entry.sam()].concat());
        let value = Some(name.unwrap_or_default().into_bytes());
        LdapExtendedResponse {
            res: success(),
            name: None,
            value,
        }
    }
}

fn result_of(done: Result<(), Refusal>) -> LdapResult {
    done.map_or_else(Refusal::result, |()| success())
}

/// What a search comes to.
#[derive(Default)]
struct Found {
    entries: Vec<LdapSearchResultEntry>,
    references: Vec<String>,
    /// There was more than may be answered at once.
    cut: bool,
    /// The cookie of the next page, where pages were asked for.
    next_page: Option<Vec<u8>>,
}

impl Found {
    fn root(attributes: Vec<LdapPartialAttribute>) -> Self {
        let dn = String::new();
        let entries = vec![LdapSearchResultEntry { dn, attributes }];
        Self {
            entries,
            ..Self::default()
        }
    }

    /// The messages that tell it, the result last.
    fn messages(self, msgid: i32) -> Vec<LdapMsg> {
        let page = |cookie| LdapControl::SimplePagedResults { size: 0, cookie };
        let result = if self.cut {
            search::too_many().result()
        } else {
            success()
        };
        let entries = self.entries.into_iter().map(LdapOp::SearchResultEntry);
        let references = self.references.into_iter().map(|uri| {
            LdapOp::SearchResultReference(LdapSearchResultReference { uris: vec![uri] })
        });
        let message = |op| LdapMsg {
            msgid,
            op,
            ctrl: Vec::new(),
        };
        let mut messages: Vec<_> = entries.chain(references).map(message).collect();
        messages.push(LdapMsg {
            msgid,
            op: LdapOp::SearchResultDone(result),
            ctrl: self.next_page.map(page).into_iter().collect(),
        });
        messages
    }
}

/// The answer to a request that is refused before it is looked at.
pub(super) fn refuse(message: &LdapMsg, refusal: Refusal) -> Vec<LdapMsg> {
    let res = refusal.result();
    let op = match &message.op {
        LdapOp::BindRequest(_) => LdapOp::BindResponse(LdapBindResponse {
            res,
            saslcreds: None,
        }),
        LdapOp::SearchRequest(_) => LdapOp::SearchResultDone(res),
        LdapOp::ModifyRequest(_) => LdapOp::ModifyResponse(res),
        LdapOp::AddRequest(_) => LdapOp::AddResponse(res),
        LdapOp::DelRequest(_) => LdapOp::DelResponse(res),
        LdapOp::ModifyDNRequest(_) => LdapOp::ModifyDNResponse(res),
        LdapOp::CompareRequest(_) => LdapOp::CompareResult(res),
        LdapOp::ExtendedRequest(_) => LdapOp::ExtendedResponse(LdapExtendedResponse {
            res,
            name: None,
            value: None,
        }),
        // Abandon and what only a server sends have no answer.
        _ => return Vec::new(),
    };
    vec![LdapMsg {
        msgid: message.msgid,
        op,
        ctrl: Vec::new(),
    }]
}
