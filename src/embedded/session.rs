//! One connection: who is signed in on it, its open pages, and the way of each message through
//! faults, operation and answer.

use super::access::Token;
use super::answer::{LdapCode, Refusal, success};
use super::attributes::Reader;
use super::bind;
use super::faults::{Doing, On};
use super::modify::{self, Writer};
use super::pages::Pages;
use super::server::Shared;
use super::witness::{SeenBind, SeenModify};
use super::{rootdse, search};
use futures_util::{SinkExt, StreamExt};
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapBindResponse, LdapExtendedRequest, LdapExtendedResponse,
    LdapModifyRequest, LdapMsg, LdapOp, LdapResult, LdapSearchRequest, LdapSearchResultEntry,
    LdapSearchResultReference, LdapSearchScope,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::codec::Framed;

/// MaxConnIdleTime of AD's default query policy.
const IDLE: Duration = Duration::from_secs(900);
/// A client that does not take its answer for this long is let go.
const WRITE: Duration = Duration::from_secs(30);
/// The largest message that is read.
const LARGEST: usize = 1 << 20;
/// Answers that may be kept back at once by a fault.
const LATE: usize = 1_000;

/// Serves a connection until either side closes it.
pub(super) async fn serve(stream: TlsStream<TcpStream>, shared: Arc<Shared>) {
    let mut framed = Framed::new(stream, LdapCodec::new(Some(LARGEST), None));
    let mut session = Session {
        shared,
        token: None,
        pages: Pages::default(),
    };
    let mut late = JoinSet::new();
    loop {
        let step = tokio::select! {
            Some(answers) = late.join_next() => answers.map_or(Step::Nothing, Step::Answer),
            message = timeout(IDLE, framed.next()) => match message {
                Ok(Some(Ok(message))) => session.step(message),
                _ => Step::Close,
            },
        };
        match step {
            Step::Nothing => {}
            Step::Close => break,
            Step::Answer(answers) => {
                let sent = timeout(WRITE, send(&mut framed, answers)).await;
                if !matches!(sent, Ok(Ok(()))) {
                    break;
                }
            }
            Step::Rubbish => {
                let written = timeout(WRITE, framed.get_mut().write_all(RUBBISH)).await;
                if !matches!(written, Ok(Ok(()))) {
                    break;
                }
            }
            Step::Late(wait, answers) if late.len() < LATE => {
                late.spawn(async move {
                    sleep(wait).await;
                    answers
                });
            }
            Step::Late(..) => break,
        }
    }
}

/// Bytes that are a BER sequence and no LDAP message.
const RUBBISH: &[u8] = b"\x30\x0d\x02\x01\x01\x7f\x1f\x06garbage!";

async fn send(
    framed: &mut Framed<TlsStream<TcpStream>, LdapCodec>,
    answers: Vec<LdapMsg>,
) -> std::io::Result<()> {
    for answer in answers {
        framed.feed(answer).await?;
    }
    framed.flush().await
}

enum Step {
    Nothing,
    Close,
    Answer(Vec<LdapMsg>),
    Rubbish,
    Late(Duration, Vec<LdapMsg>),
}

struct Session {
    shared: Arc<Shared>,
    token: Option<Token>,
    pages: Pages,
}

impl Session {
    /// What happens to one message: a fault, or the usual.
    fn step(&mut self, message: LdapMsg) -> Step {
        let kind = match &message.op {
            LdapOp::BindRequest(_) => On::Bind,
            LdapOp::SearchRequest(_) => On::Search,
            LdapOp::ModifyRequest(_) => On::Modify,
            LdapOp::UnbindRequest => return Step::Close,
            _ => On::Message,
        };
        let fault = self.shared.faults.next(kind);
        match fault {
            Some(Doing::Hang) => Step::Nothing,
            Some(Doing::DropBefore) => Step::Close,
            Some(Doing::DropAfter) => {
                self.answer(message);
                Step::Close
            }
            Some(Doing::Swallow) => {
                self.answer(message);
                Step::Nothing
            }
            Some(Doing::Answer(code, windows)) => {
                let text =
                    format!("{windows:08X}: SvcErr: DSID-00000000, problem 0 (FAULT), data 0\n\0");
                let referral = if code == LdapCode::Referral {
                    vec!["ldap://dc2.elsewhere.test/".to_owned()]
                } else {
                    Vec::new()
                };
                let refusal = Refusal {
                    referral,
                    ..Refusal::new(code, text)
                };
                Step::Answer(refuse(&message, refusal))
            }
            Some(Doing::Rubbish) => Step::Rubbish,
            Some(Doing::WrongMessageId) => {
                let mut answers = self.answer(message);
                for answer in &mut answers {
                    answer.msgid = answer.msgid.saturating_add(100_000);
                }
                Step::Answer(answers)
            }
            Some(Doing::Delay(wait)) => Step::Late(wait, self.answer(message)),
            Some(Doing::First(change)) => {
                change(&super::Admin::new(Arc::clone(&self.shared)));
                Step::Answer(self.answer(message))
            }
            None => Step::Answer(self.answer(message)),
        }
    }

    fn answer(&mut self, message: LdapMsg) -> Vec<LdapMsg> {
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
        let mut tree = self.shared.tree();
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
        let mut tree = self.shared.tree();
        let result = modify::modify(&mut tree, request, &Writer { token, now, hints });
        let modified = result.as_ref().ok();
        let target = super::attributes::named(&tree, &request.dn).map(|entry| entry.guid);
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
            controls: asked
                .paged
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

/// What the controls of a request ask for.
struct Asked {
    page: Option<(usize, Vec<u8>)>,
    paged: bool,
    sd_flags: Option<u32>,
    policy_hints: bool,
}

impl Asked {
    /// # Errors
    /// 12 for a critical control that is not offered.
    fn read(controls: &[LdapControl], offers_hints: bool) -> Result<Self, Refusal> {
        let mut asked = Self {
            page: None,
            paged: false,
            sd_flags: None,
            policy_hints: false,
        };
        for control in controls {
            match control {
                LdapControl::SimplePagedResults { size, cookie } => {
                    let size = usize::try_from(*size).unwrap_or(0);
                    asked.page = Some((size, cookie.clone()));
                    asked.paged = true;
                }
                LdapControl::SdFlags { flags, .. } => {
                    asked.sd_flags = u32::try_from(*flags).ok();
                }
                LdapControl::Unknown { oid, .. }
                    if offers_hints
                        && [rootdse::POLICY_HINTS, rootdse::OLD_POLICY_HINTS]
                            .contains(&oid.as_str()) =>
                {
                    asked.policy_hints = true;
                }
                LdapControl::Unknown {
                    criticality: true, ..
                } => {
                    return Err(Refusal::unknown_control());
                }
                _ => {}
            }
        }
        Ok(asked)
    }
}

/// The answer to a request that is refused before it is looked at.
fn refuse(message: &LdapMsg, refusal: Refusal) -> Vec<LdapMsg> {
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
