//! One connection: messages in, faults, messages out. What a request means is in `operations.rs`.

use super::admin::Admin;
use super::answer::{LdapCode, Refusal};
use super::faults::{Doing, On};
use super::operations::{Operations, refuse};
use super::server::Shared;
use futures_util::{SinkExt, StreamExt};
use ldap3_proto::LdapCodec;
use ldap3_proto::proto::{LdapMsg, LdapOp};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::codec::Framed;

/// `MaxConnIdleTime` of AD's default query policy.
const IDLE: Duration = Duration::from_mins(15);
/// A client that does not take its answer for this long is let go.
const WRITE: Duration = Duration::from_secs(30);
/// The largest message that is read.
const LARGEST: usize = 1 << 20;
/// Answers that may be kept back at once by a fault.
const LATE: usize = 1_000;

/// Serves a connection until either side closes it.
pub(super) async fn serve(stream: TlsStream<TcpStream>, shared: Arc<Shared>) {
    let mut framed = Framed::new(stream, LdapCodec::new(Some(LARGEST), None));
    let mut operations = Operations::new(shared);
    let mut late = JoinSet::new();
    loop {
        let step = tokio::select! {
            Some(answers) = late.join_next() => answers.map_or(Step::Nothing, Step::Answer),
            message = timeout(IDLE, framed.next()) => match message {
                Ok(Some(Ok(message))) => step(&mut operations, message),
                _ => Step::Close,
            },
        };
        match step {
            Step::Nothing => {}
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
            Step::Close | Step::Late(..) => break,
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

/// What happens to one message: a fault, or the usual.
fn step(operations: &mut Operations, message: LdapMsg) -> Step {
    let kind = match &message.op {
        LdapOp::BindRequest(_) => On::Bind,
        LdapOp::SearchRequest(_) => On::Search,
        LdapOp::ModifyRequest(_) => On::Modify,
        LdapOp::UnbindRequest => return Step::Close,
        _ => On::Message,
    };
    let fault = operations.shared.faults.next(kind);
    match fault {
        Some(Doing::Hang) => Step::Nothing,
        Some(Doing::DropBefore) => Step::Close,
        Some(Doing::DropAfter) => {
            operations.answer(message);
            Step::Close
        }
        Some(Doing::Swallow) => {
            operations.answer(message);
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
            let mut answers = operations.answer(message);
            for answer in &mut answers {
                answer.msgid = answer.msgid.saturating_add(100_000);
            }
            Step::Answer(answers)
        }
        Some(Doing::Delay(wait)) => Step::Late(wait, operations.answer(message)),
        Some(Doing::First(change)) => {
            change(&Admin::new(Arc::clone(&operations.shared)));
            Step::Answer(operations.answer(message))
        }
        None => Step::Answer(operations.answer(message)),
    }
}
