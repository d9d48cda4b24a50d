//! Where one LDAP message ends and the next begins, with a bound on size and nesting.
//!
//! The length is judged before anything is collected or parsed, so a peer cannot make Keyward
//! wait for, or hold, more than one message of the permitted size.

use bytes::BytesMut;
use ldap3_proto::LdapCodec;
use ldap3_proto::proto::LdapMsg;
use std::io;
use tokio_util::codec::{Decoder, Encoder};
use zeroize::Zeroize;

/// Longest message that is accepted, in bytes. The largest answers that Keyward asks for
/// (a security descriptor, `tokenGroups` of a person in a thousand groups) stay below 100 KiB.
pub(super) const MESSAGE_LIMIT: usize = 1024 * 1024;
/// Deepest nesting; a search entry needs six levels.
const DEPTH_LIMIT: usize = 16;

/// Splits a byte stream into messages.
pub struct Frames(LdapCodec);

impl Frames {
    /// At the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self(LdapCodec::new(Some(MESSAGE_LIMIT), Some(DEPTH_LIMIT)))
    }
}

impl Default for Frames {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder for Frames {
    type Item = LdapMsg;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<LdapMsg>> {
        let Some(length) = message_length(buffer)? else {
            return Ok(None);
        };
        if buffer.len() < length {
            buffer.reserve(length.saturating_sub(buffer.len()));
            return Ok(None);
        }
        let mut message = buffer.split_to(length);
        match self.0.decode(&mut message)? {
            Some(decoded) if message.is_empty() => Ok(Some(decoded)),
            _ => Err(malformed()),
        }
    }

    /// Half a message at the end is an end, not a mistake of the server.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<LdapMsg>> {
        let message = self.decode(buffer)?;
        if message.is_none() {
            buffer.clear();
        }
        Ok(message)
    }
}

/// Length of the message at the start of `buffer`, header included; `None` until enough of the
/// header is there (X.690 8.1.3; AD writes four-byte lengths).
fn message_length(buffer: &[u8]) -> io::Result<Option<usize>> {
    let mut bytes = buffer.iter().copied();
    let (Some(tag), Some(first)) = (bytes.next(), bytes.next()) else {
        return Ok(None);
    };
    if tag != 0x30 {
        return Err(malformed());
    }
    if first < 0x80 {
        return Ok(Some(2 + usize::from(first)));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return Err(malformed());
    }
    let mut length = 0_usize;
    for _ in 0..count {
        let Some(byte) = bytes.next() else {
            return Ok(None);
        };
        length = (length << 8) | usize::from(byte);
    }
    let whole = 2 + count + length;
    if whole > MESSAGE_LIMIT {
        return Err(malformed());
    }
    Ok(Some(whole))
}

fn malformed() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidData)
}

/// The bytes of one outgoing message, in a buffer that is wiped afterwards: a bind or a modify
/// holds a password, and a long-lived connection would keep it in a buffer of its own.
pub(super) struct Outgoing(BytesMut);

impl Outgoing {
    pub(super) fn encode(message: LdapMsg) -> io::Result<Self> {
        let mut bytes = BytesMut::with_capacity(1024);
        LdapCodec::default().encode(message, &mut bytes)?;
        Ok(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.0.as_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3_proto::proto::{LdapOp, LdapResult, LdapResultCode};
    use proptest::prelude::*;

    fn done(message_id: i32) -> LdapMsg {
        let result = LdapResult {
            code: LdapResultCode::Success,
            matcheddn: String::new(),
            message: "x".repeat(300),
            referral: Vec::new(),
        };
        LdapMsg::new(message_id, LdapOp::SearchResultDone(result))
    }

    #[test]
    fn messages_come_out_whole_however_the_bytes_arrive() {
        let mut stream = Vec::new();
        for id in 1..=3 {
            stream.extend_from_slice(Outgoing::encode(done(id)).unwrap().bytes());
        }
        for step in [1, 2, 7, 300, stream.len()] {
            let (mut frames, mut buffer, mut seen) = (Frames::new(), BytesMut::new(), Vec::new());
            for piece in stream.chunks(step) {
                buffer.extend_from_slice(piece);
                while let Some(message) = frames.decode(&mut buffer).unwrap() {
                    seen.push(message.msgid);
                }
            }
            assert_eq!(seen, [1, 2, 3], "in steps of {step}");
        }
    }

    #[test]
    fn a_four_byte_length_as_ad_writes_it_is_accepted() {
        let mut buffer = BytesMut::from(
            &[
                0x30, 0x84, 0, 0, 0, 0x10, 2, 1, 7, 0x65, 0x84, 0, 0, 0, 7, 0x0a, 1, 0, 4, 0, 4, 0,
            ][..],
        );
        let message = Frames::new().decode(&mut buffer).unwrap().unwrap();
        assert_eq!(message.msgid, 7);
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_huge_length_is_refused_before_it_is_waited_for() {
        for header in [
            &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff][..],
            &[0x30, 0x83, 0x10, 0x00, 0x01][..],
            &[0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 1][..],
            &[0x30, 0x80][..],
            &[0x31, 0x05][..],
            b"HTTP/1.1 400 Bad Request\r\n",
        ] {
            let mut buffer = BytesMut::from(header);
            assert!(
                Frames::new().decode(&mut buffer).is_err(),
                "accepted {header:02x?}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_a_deep_stack() {
        let mut nested = Vec::new();
        for _ in 0..20_000 {
            let mut outer = vec![0x30, 0x83];
            outer.extend_from_slice(&u32::try_from(nested.len()).unwrap().to_be_bytes()[1..]);
            outer.append(&mut nested);
            nested = outer;
        }
        let mut buffer = BytesMut::from(&nested[..]);
        assert!(Frames::new().decode(&mut buffer).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            let mut frames = Frames::new();
            while let Ok(Some(_)) = frames.decode(&mut buffer) {}
        }

        #[test]
        fn no_damaged_message_makes_it_panic(at in 0_usize..320, byte in any::<u8>()) {
            let message = Outgoing::encode(done(9)).unwrap();
            let mut bytes = message.bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            let mut buffer = BytesMut::from(&bytes[..]);
            let mut frames = Frames::new();
            while let Ok(Some(_)) = frames.decode(&mut buffer) {}
        }
    }
}
