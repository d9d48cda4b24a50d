//! LDAP messages on the wire: however the bytes arrive, the same messages come out, in bounded memory.
#![no_main]

use bytes::BytesMut;
use keyward::directory::frame::Frames;
use libfuzzer_sys::fuzz_target;
use tokio_util::codec::Decoder;

/// How many messages are read, and whether an error ended it. Messages are counted and never printed:
/// one may hold a password.
fn read(bytes: &[u8], step: usize) -> (usize, bool) {
    let (mut frames, mut buffer, mut messages) = (Frames::new(), BytesMut::new(), 0);
    for piece in bytes.chunks(step) {
        buffer.extend_from_slice(piece);
        loop {
            match frames.decode(&mut buffer) {
                Ok(Some(_)) => messages += 1,
                Ok(None) => break,
                Err(_) => return (messages, true),
            }
        }
        assert!(buffer.capacity() <= 4 * 1024 * 1024);
    }
    (messages, false)
}

fuzz_target!(|bytes: &[u8]| {
    if bytes.is_empty() {
        return;
    }
    assert_eq!(read(bytes, bytes.len()), read(bytes, 1));
});
