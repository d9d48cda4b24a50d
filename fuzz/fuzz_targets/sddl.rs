//! Rules as text: whole or refused; what is accepted reads the same once it is written out.
#![no_main]

use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::sddl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
    let Ok(rules) = sddl::rules(text, &domain) else {
        return;
    };
    assert!(rules.len() <= text.matches('(').count());
    let written: String = rules.iter().map(ToString::to_string).collect();
    assert_eq!(sddl::rules(&format!("D:{written}"), &domain), Ok(rules));
});
