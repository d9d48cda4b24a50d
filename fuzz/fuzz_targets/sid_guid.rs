//! SIDs and GUIDs: the binary and the text form lead back to the same value, and each has one spelling.
#![no_main]

use keyward::domain::identity::{ObjectGuid, Sid};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(sid) = Sid::try_from(bytes) {
        assert_eq!(sid.to_bytes(), bytes);
        assert_eq!(sid.to_string().parse().as_ref(), Ok(&sid));
        if let (Some(domain), Some(rid)) = (sid.domain(), sid.rid()) {
            assert_eq!(domain.with_rid(rid), Some(sid));
        }
    }
    if let Ok(guid) = ObjectGuid::try_from(bytes) {
        assert_eq!(guid.to_string().parse(), Ok(guid));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(sid) = text.parse::<Sid>() {
        assert_eq!(sid.to_string(), text);
        assert_eq!(Sid::try_from(&sid.to_bytes()[..]), Ok(sid));
    }
    if let Ok(guid) = text.parse::<ObjectGuid>() {
        assert_eq!(guid.to_string(), text.to_ascii_lowercase());
    }
});
