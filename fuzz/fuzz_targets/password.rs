//! Passphrases: whatever the policy, the names and the random bytes, what is made is accepted and can be spelt.
#![no_main]

use keyward::domain::password::{AccountNames, EntropyBits, NewPassword, PasswordPolicy, spell};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, bool, bool, u8, &str, &str, &[u8])| {
    let (length, complexity, known, bits, sam, display, bytes) = input;
    let policy = PasswordPolicy {
        min_length: u32::from(length),
        complexity,
        history: 24,
        known,
    };
    let names = AccountNames { sam, display };
    let bits = EntropyBits::try_from(50 + i64::from(bits % 79)).unwrap();
    let mut left = bytes.iter();
    let mut random = |buffer: &mut [u8]| {
        buffer
            .iter_mut()
            .try_for_each(|byte| left.next().map(|next| *byte = *next).ok_or(()))
    };
    if let Ok(password) = NewPassword::generate(&policy, bits, &names, &mut random) {
        let text = password.expose();
        assert!(policy.breaches(text, &names).is_empty());
        assert!(text.is_ascii());
        assert_eq!(spell(text).len(), text.len());
    }
    let spelled: String = spell(sam).iter().map(|part| part.character).collect();
    assert_eq!(spelled, sam);
    assert!(spell(sam).iter().all(|part| !part.said.is_empty()));
});
