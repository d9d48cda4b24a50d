//! nTSecurityDescriptor: whole or refused; the questions asked of it always have an answer.
#![no_main]

use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::{Dacl, SecurityDescriptor};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(descriptor) = SecurityDescriptor::try_from(bytes) else {
        return;
    };
    let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
    let trustees = descriptor.dangerous_trustees(&domain);
    let denied = descriptor.denies_change_password();
    if let Dacl::Rules(rules) = &descriptor.dacl {
        assert!(rules.len() <= bytes.len() / 8);
        assert!(trustees.len() <= rules.len() + 1);
        assert!(!denied || !rules.is_empty());
    }
    assert_eq!(SecurityDescriptor::try_from(bytes), Ok(descriptor));
});
