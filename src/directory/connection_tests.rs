//! The connection over a pipe in memory: what is written, what is lost, what is too late.

use super::*;
use crate::directory::frame::Outgoing;
use bytes::BytesMut;
use ldap3_proto::LdapCodec;
use ldap3_proto::proto::{
    LdapDerefAliases, LdapExtendedResponse, LdapFilter, LdapModifyRequest, LdapMsg,
    LdapPartialAttribute, LdapResultCode, LdapSearchRequest, LdapSearchScope,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_util::codec::Decoder;

/// The other end of a connection.
struct Peer {
    stream: DuplexStream,
    buffer: BytesMut,
}

fn pair() -> (Connection, Peer) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let peer = Peer {
        stream: theirs,
        buffer: BytesMut::new(),
    };
    (Connection::start(ours), peer)
}

impl Peer {
    async fn next(&mut self) -> Option<LdapMsg> {
        loop {
            if let Some(message) = LdapCodec::default().decode(&mut self.buffer).unwrap() {
                return Some(message);
            }
            if self.stream.read_buf(&mut self.buffer).await.unwrap() == 0 {
                return None;
            }
        }
    }

    async fn answer(&mut self, id: i32, op: LdapOp) {
        let message = Outgoing::encode(LdapMsg::new(id, op)).unwrap();
        self.stream.write_all(message.bytes()).await.unwrap();
    }
}

fn search() -> LdapOp {
    LdapOp::SearchRequest(LdapSearchRequest {
        base: String::new(),
        scope: LdapSearchScope::Base,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter: LdapFilter::Present("objectClass".to_owned()),
        attrs: Vec::new(),
    })
}

fn modify() -> LdapOp {
    LdapOp::ModifyRequest(LdapModifyRequest {
        dn: "CN=x".to_owned(),
        changes: Vec::new(),
    })
}

fn result() -> LdapResult {
    LdapResult {
        code: LdapResultCode::Success,
        matcheddn: String::new(),
        message: String::new(),
        referral: Vec::new(),
    }
}

fn entry(name: &str, size: usize) -> LdapOp {
    LdapOp::SearchResultEntry(LdapSearchResultEntry {
        dn: name.to_owned(),
        attributes: vec![LdapPartialAttribute {
            atype: "cn".to_owned(),
            vals: vec![vec![b'x'; size]],
        }],
    })
}

async fn run(connection: &Connection, op: LdapOp, millis: u64) -> Result<Answer, Lost> {
    let deadline = Instant::now() + Duration::from_millis(millis);
    connection.run(op, Vec::new(), 2, deadline).await
}

const PATIENT: u64 = 20_000;

#[tokio::test(start_paused = true)]
async fn each_answer_goes_to_whoever_asked_in_whatever_order_they_come() {
    let (connection, mut peer) = pair();
    let answers = async {
        tokio::join!(
            run(&connection, search(), PATIENT),
            run(&connection, modify(), PATIENT),
            run(&connection, search(), PATIENT),
        )
    };
    let serve = async {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(peer.next().await.unwrap().msgid);
        }
        peer.answer(ids[2], entry("third", 1)).await;
        peer.answer(ids[0], entry("first", 1)).await;
        peer.answer(ids[2], LdapOp::SearchResultDone(result()))
            .await;
        peer.answer(ids[1], LdapOp::ModifyResponse(result())).await;
        peer.answer(ids[0], LdapOp::SearchResultDone(result()))
            .await;
    };
    let ((first, second, third), ()) = tokio::join!(answers, serve);
    assert_eq!(first.unwrap().entries[0].dn, "first");
    assert!(second.unwrap().entries.is_empty());
    assert_eq!(third.unwrap().entries[0].dn, "third");
    assert!(connection.is_usable());
}

#[tokio::test(start_paused = true)]
async fn reading_stops_at_the_limit_and_the_rest_is_abandoned() {
    let (connection, mut peer) = pair();
    let serve = async {
        let id = peer.next().await.unwrap().msgid;
        for name in ["a", "b", "c"] {
            peer.answer(id, entry(name, 1)).await;
        }
        let LdapOp::AbandonRequest(abandoned) = peer.next().await.unwrap().op else {
            panic!("not abandoned");
        };
        assert_eq!(abandoned, id);
        // What is still on its way for it harms nobody.
        peer.answer(id, entry("d", 1)).await;
        peer.answer(id, LdapOp::SearchResultDone(result())).await;
        let next = peer.next().await.unwrap().msgid;
        peer.answer(next, LdapOp::SearchResultDone(result())).await;
    };
    let ask = async {
        let answer = run(&connection, search(), PATIENT).await.unwrap();
        let again = run(&connection, search(), PATIENT).await.unwrap();
        (answer, again)
    };
    let ((answer, again), ()) = tokio::join!(ask, serve);
    assert_eq!(answer.entries.len(), 2);
    assert!(answer.more && answer.result.is_none());
    assert!(!again.more && again.entries.is_empty());
}

#[tokio::test(start_paused = true)]
async fn silence_past_the_deadline_retires_the_connection() {
    let (connection, mut peer) = pair();
    let lost = run(&connection, modify(), 50).await.err().unwrap();
    assert_eq!(lost.cause, Cause::Silent);
    assert!(lost.sent);
    assert!(!connection.is_usable());
    assert!(peer.next().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_on_a_lively_connection_costs_only_that_operation() {
    let (connection, mut peer) = pair();
    let ask = async {
        let slow = run(&connection, search(), 300);
        let quick = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            run(&connection, search(), PATIENT).await
        };
        tokio::join!(slow, quick)
    };
    let serve = async {
        let _slow = peer.next().await.unwrap();
        let quick = peer.next().await.unwrap().msgid;
        peer.answer(quick, LdapOp::SearchResultDone(result())).await;
    };
    let ((slow, quick), ()) = tokio::join!(ask, serve);
    assert_eq!(slow.err().unwrap().cause, Cause::Slow);
    assert!(quick.is_ok());
    assert!(connection.is_usable());
}

#[tokio::test(start_paused = true)]
async fn what_was_never_written_is_known_not_to_be_sent() {
    // The peer reads nothing, so the first message fills the pipe and the second waits behind it.
    let (ours, theirs) = tokio::io::duplex(8);
    let connection = Connection::start(ours);
    let (first, second) = tokio::join!(
        run(&connection, modify(), 150),
        run(&connection, modify(), 100),
    );
    assert!(first.err().unwrap().sent, "a part of it was written");
    let second = second.err().unwrap();
    assert!(!second.sent);
    drop(theirs);
    assert!(!run(&connection, modify(), 1000).await.err().unwrap().sent);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_takes_back_what_was_not_written() {
    let (ours, mut theirs) = tokio::io::duplex(8);
    let connection = Connection::start(ours);
    let first = run(&connection, modify(), PATIENT);
    let second = async {
        let waiting = run(&connection, search(), PATIENT);
        let gone = tokio::time::timeout(Duration::from_millis(50), waiting).await;
        assert!(gone.is_err());
        let mut buffer = BytesMut::new();
        let message = loop {
            theirs.read_buf(&mut buffer).await.unwrap();
            if let Some(message) = LdapCodec::default().decode(&mut buffer).unwrap() {
                break message;
            }
        };
        let answer = LdapMsg::new(message.msgid, LdapOp::ModifyResponse(result()));
        let answer = Outgoing::encode(answer).unwrap();
        theirs.write_all(answer.bytes()).await.unwrap();
        buffer
    };
    let (first, rest) = tokio::join!(first, second);
    assert!(first.is_ok());
    drop(connection);
    let mut rest = rest.to_vec();
    theirs.read_to_end(&mut rest).await.unwrap();
    let mut rest = BytesMut::from(&rest[..]);
    let next = LdapCodec::default().decode(&mut rest).unwrap().unwrap();
    assert!(
        matches!(next.op, LdapOp::UnbindRequest),
        "the search was sent"
    );
}

#[tokio::test(start_paused = true)]
async fn malformed_answers_end_the_connection_and_every_waiter_learns_why() {
    let wrong_kind = LdapMsg::new(1, LdapOp::ModifyResponse(result()));
    let never_asked = LdapMsg::new(77, LdapOp::SearchResultDone(result()));
    let a_request = LdapMsg::new(0, LdapOp::UnbindRequest);
    let mut answers = vec![
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff],
        vec![0x30, 0x05, 0x02, 0x01, 0x01, 0x65, 0x7f],
        vec![0x30, 0x00],
    ];
    for message in [wrong_kind, never_asked, a_request] {
        answers.push(Outgoing::encode(message).unwrap().bytes().to_vec());
    }
    for answer in answers {
        let (connection, mut peer) = pair();
        let serve = async {
            peer.next().await.unwrap();
            peer.next().await.unwrap();
            peer.stream.write_all(&answer).await.unwrap();
        };
        let (first, second, ()) = tokio::join!(
            run(&connection, search(), PATIENT),
            run(&connection, search(), PATIENT),
            serve,
        );
        for lost in [first, second] {
            assert_eq!(lost.err().unwrap().cause, Cause::Malformed, "{answer:02x?}");
        }
        assert!(!connection.is_usable());
    }
}

#[tokio::test(start_paused = true)]
async fn one_search_cannot_fill_the_memory() {
    let (connection, mut peer) = pair();
    let serve = async {
        let id = peer.next().await.unwrap().msgid;
        let bytes = Outgoing::encode(LdapMsg::new(id, entry("big", 900_000))).unwrap();
        while peer.stream.write_all(bytes.bytes()).await.is_ok() {}
    };
    let deadline = Instant::now() + Duration::from_millis(PATIENT);
    let ask = connection.run(search(), Vec::new(), 1000, deadline);
    let (lost, ()) = tokio::join!(ask, serve);
    assert_eq!(lost.err().unwrap().cause, Cause::Malformed);
}

#[tokio::test(start_paused = true)]
async fn a_notice_of_disconnection_ends_the_connection_and_other_notices_do_not() {
    let (connection, mut peer) = pair();
    let notice = |name: &str| {
        LdapOp::ExtendedResponse(LdapExtendedResponse {
            res: result(),
            name: Some(name.to_owned()),
            value: None,
        })
    };
    let serve = async {
        let id = peer.next().await.unwrap().msgid;
        peer.answer(0, notice("1.2.3.4")).await;
        peer.answer(id, LdapOp::SearchResultDone(result())).await;
        peer.next().await.unwrap();
        peer.answer(0, notice("1.3.6.1.4.1.1466.20036")).await;
    };
    let ask = async {
        assert!(run(&connection, search(), PATIENT).await.is_ok());
        run(&connection, search(), PATIENT).await
    };
    let (lost, ()) = tokio::join!(ask, serve);
    assert_eq!(lost.err().unwrap().cause, Cause::Ended);
    assert!(!connection.is_usable());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_inside_an_answer_has_ended() {
    let (connection, mut peer) = pair();
    let serve = async {
        let id = peer.next().await.unwrap().msgid;
        let message = Outgoing::encode(LdapMsg::new(id, entry("half", 50))).unwrap();
        peer.stream.write_all(&message.bytes()[..20]).await.unwrap();
        drop(peer);
    };
    let (lost, ()) = tokio::join!(run(&connection, search(), PATIENT), serve);
    let lost = lost.err().unwrap();
    assert_eq!((lost.cause, lost.sent), (Cause::Ended, true));
}

#[tokio::test(start_paused = true)]
async fn the_last_one_out_says_goodbye() {
    let (connection, mut peer) = pair();
    drop(connection);
    assert!(matches!(
        peer.next().await.unwrap().op,
        LdapOp::UnbindRequest
    ));
    assert!(peer.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_cut_connection_loses_what_is_in_flight_at_once() {
    let (connection, mut peer) = pair();
    let cut = async {
        peer.next().await.unwrap();
        connection.cut();
    };
    let (lost, ()) = tokio::join!(run(&connection, modify(), PATIENT), cut);
    let lost = lost.err().unwrap();
    assert_eq!((lost.cause, lost.sent), (Cause::Ended, true));
    assert!(!connection.is_usable());
}
