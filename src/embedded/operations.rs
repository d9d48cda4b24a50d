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
use super::witness::{SeenBind, SeenModify};
use super::{rootdse, search};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapBindResponse, LdapExtendedRequest, LdapExtendedResponse,
    LdapModifyRequest, LdapMsg, LdapOp, LdapResult, LdapSearchRequest, LdapSearchResultEntry,
    LdapSearchResultReference, LdapSearchScope,
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
                reply(LdapOp::ModifyResponse(
                    result.map_or_else(Refusal::result, |()| success()),
                ))
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
        let hints = Asked::read(controls, self.shared.policy_hints)?.policy_hints;
        let now = self.shared.clock.now();
        let mut tree = self.shared.tree_mut();
        let result = modify::modify(&mut tree, request, &Writer { token, now, hints });
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

    fn search(
        &mut self,
        msgid: i32,
        request: &LdapSearchRequest,
        controls: &[LdapControl],
    ) -> Vec<LdapMsg> {
        self.shared.witness.saw_search();
        let mut answers = Vec::new();
        let message = |op, ctrl| LdapMsg { msgid, op, ctrl };
        let done = match self.found(request, controls) {
            Ok(found) => {
                let entries = found.entries.into_iter().map(LdapOp::SearchResultEntry);
                let references = found.references.into_iter().map(|uri| {
                    LdapOp::SearchResultReference(LdapSearchResultReference { uris: vec![uri] })
                });
                answers.extend(entries.chain(references).map(|op| message(op, Vec::new())));
                message(LdapOp::SearchResultDone(found.result), found.controls)
            }
            Err(refusal) => message(LdapOp::SearchResultDone(refusal.result()), Vec::new()),
        };
        answers.push(done);
        answers
    }

    fn found(
        &mut self,
        request: &LdapSearchRequest,
        controls: &[LdapControl],
    ) -> Result<Found, Refusal> {
        let asked = Asked::read(controls, self.shared.policy_hints)?;
        let (tree, now) = (self.shared.tree(), self.shared.clock.now());
        if request.base.is_empty() && request.scope == LdapSearchScope::Base {
            let hints = self.shared.policy_hints;
            let attributes = rootdse::read(&tree, self.token.as_ref(), &request.attrs, hints, now);
            let entry = LdapSearchResultEntry {
                dn: String::new(),
                attributes,
            };
            return Ok(Found::whole(vec![entry]));
        }
        let token = self.token.as_ref().ok_or_else(Refusal::not_bound)?;
        let paged = asked.page.is_some();
        let first_page = asked
            .page
            .as_ref()
            .is_none_or(|(_, cookie)| cookie.is_empty());
        let (mut guids, more) = match asked.page {
            Some((size, cookie)) if !cookie.is_empty() => self.pages.next(size, &cookie)?,
            Some((size, _)) => self
                .pages
                .first(size, search::find(&tree, token, request, now)?),
            None => (search::find(&tree, token, request, now)?, Vec::new()),
        };
        let token_groups = |name: &String| name.eq_ignore_ascii_case("tokenGroups");
        if request.scope != LdapSearchScope::Base
            && !guids.is_empty()
            && request.attrs.iter().any(token_groups)
        {
            return Err(Refusal::base_scope_only());
        }
        let limit = usize::try_from(request.sizelimit)
            .ok()
            .filter(|limit| *limit > 0);
        let limit = limit.unwrap_or(search::MOST).min(search::MOST);
        let cut = guids.len() > limit;
        guids.truncate(limit);
        let reader = Reader {
            tree: &tree,
            token,
            now,
            base_scope: request.scope == LdapSearchScope::Base,
            sd_flags: asked.sd_flags,
        };
        let entries = guids.into_iter().filter_map(|guid| tree.entry(guid));
        Ok(Found {
            entries: entries
                .map(|entry| search::answer(&reader, entry, request))
                .collect(),
            references: if first_page {
                search::references(&tree, request)
            } else {
                Vec::new()
            },
            result: if cut {
                search::too_many().result()
            } else {
                success()
            },
            controls: paged
                .then_some(LdapControl::SimplePagedResults {
                    size: 0,
                    cookie: more,
                })
                .into_iter()
                .collect(),
        })
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

/// What a search comes to.
struct Found {
    entries: Vec<LdapSearchResultEntry>,
    references: Vec<String>,
    result: LdapResult,
    controls: Vec<LdapControl>,
}

impl Found {
    fn whole(entries: Vec<LdapSearchResultEntry>) -> Self {
        Self {
            entries,
            references: Vec::new(),
            result: success(),
            controls: Vec::new(),
        }
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
