//! AD's messages: a code is found, or none; the text around it never matters.
#![no_main]

use keyward::directory::diagnostics::{bind_refusal, extended_code};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &str| {
    let code = extended_code(message);
    if code != 0 {
        assert_eq!(extended_code(&format!("{code:08X}: anything")), code);
    }
    let refusal = bind_refusal(message);
    assert_eq!(bind_refusal(&format!("{message}, v1db1")), refusal);
});
