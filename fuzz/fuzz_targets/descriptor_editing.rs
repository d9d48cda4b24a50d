//! Descriptors changed: what is added and taken away again leaves the same bytes; nothing grows beyond
//! what the directory takes.
#![no_main]

use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::{
    Ace, Descriptor, NotEditable, SecurityDescriptor, sddl,
};
use libfuzzer_sys::fuzz_target;

const NEW: &str = "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;DU)\
    (D;;WP;;;AO)(A;CI;RP;;;WD)";

/// What was read from these bytes says the same as what would be written for it.
fn reread(descriptor: &Descriptor) -> SecurityDescriptor {
    let bytes = descriptor.to_bytes();
    let again = Descriptor::try_from(&bytes[..]).unwrap();
    assert_eq!(again.to_bytes(), bytes);
    SecurityDescriptor::try_from(&bytes[..]).unwrap()
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut descriptor) = Descriptor::try_from(bytes) else {
        return;
    };
    let read = SecurityDescriptor::try_from(bytes).unwrap();
    assert_eq!(reread(&descriptor), read);

    let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
    let new: Vec<Ace> = sddl::rules(NEW, &domain).unwrap();
    let before = descriptor.to_bytes();
    let there_before = new.iter().any(|rule| descriptor.contains(rule));
    match descriptor.add(&new) {
        Err(NotEditable::NoList | NotEditable::TooLong) => {
            assert_eq!(descriptor.to_bytes(), before)
        }
        Ok(changed) => {
            assert_eq!(changed, descriptor.to_bytes() != before);
            assert!(new.iter().all(|rule| descriptor.contains(rule)));
            assert_eq!(descriptor.add(&new), Ok(false));
            reread(&descriptor);
        }
    }
    descriptor.remove(&new);
    assert!(!new.iter().any(|rule| descriptor.contains(rule)));
    if !there_before {
        assert_eq!(descriptor.to_bytes(), before);
    }

    // Its own explicit rules can be taken away, and then only those are gone.
    let own: Vec<Ace> = read.explicit_rules().cloned().collect();
    descriptor.remove(&own);
    let left = reread(&descriptor);
    assert!(left.rules().len() <= read.rules().len());
    assert_eq!(
        left.rules()
            .iter()
            .filter(|rule| rule.flags.inherited())
            .count(),
        read.rules()
            .iter()
            .filter(|rule| rule.flags.inherited())
            .count()
    );
    descriptor.allow_inheritance();
    assert!(!descriptor.blocks_inheritance());
    descriptor.set_owner(&domain);
    assert_eq!(reread(&descriptor).owner, Some(domain));
});
