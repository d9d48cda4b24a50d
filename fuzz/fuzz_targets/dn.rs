//! Distinguished names: what was read reads again as the same, and scope is never fooled.
#![no_main]

use keyward::domain::identity::Dn;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let base: Dn = "OU=Staff,DC=example,DC=com".parse().unwrap();
    if let Ok(child) = base.child("CN", text) {
        assert_eq!(child.common_name(), text);
        assert_eq!(child.parent().as_ref(), Some(&base));
        assert!(child.is_below(&base));
    }
    let Ok(dn) = text.parse::<Dn>() else { return };
    assert_eq!(dn.as_str().parse::<Dn>().as_ref(), Ok(&dn));
    assert!(!dn.is_below(&dn));
    if dn.is_below(&base) {
        // Whatever lies below it has its whole name at the end, as far as spelling goes.
        assert!(dn.as_str().len() > base.as_str().len() - 8);
    }
    let mut above = dn.parent();
    for _ in 0..64 {
        let Some(parent) = above else { return };
        assert!(dn.is_below(&parent));
        assert!(!parent.is_below(&dn));
        assert_ne!(parent, dn);
        above = parent.parent();
    }
    assert_eq!(above, None);
});
