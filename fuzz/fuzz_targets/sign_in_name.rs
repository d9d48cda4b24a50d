//! Sign-in names: whatever is accepted has no blank edges, nothing hidden, and names nothing but a person.
#![no_main]

use keyward::domain::identity::SignInName;
use keyward::domain::text::is_hidden;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    let Ok(name) = typed.parse::<SignInName>() else {
        return;
    };
    assert!(typed.chars().count() <= 256);
    let parts = match &name {
        SignInName::Sam(sam) => vec![sam.as_str()],
        SignInName::DownLevel { domain, sam } => vec![domain.as_str(), sam.as_str()],
        SignInName::Upn(upn) => upn.split('@').collect(),
    };
    for part in parts {
        assert!(!part.is_empty());
        assert_eq!(part.trim(), part);
        assert!(!part.contains(is_hidden));
        assert!(!part.contains([
            '"', '/', '\\', '[', ']', ':', ';', '|', '=', ',', '*', '?', '<', '>'
        ]));
    }
    // The same name, typed as it was understood, is the same name.
    let again = match &name {
        SignInName::Sam(sam) => sam.clone(),
        SignInName::DownLevel { domain, sam } => format!("{domain}\\{sam}"),
        SignInName::Upn(upn) => upn.clone(),
    };
    assert_eq!(again.parse::<SignInName>(), Ok(name));
});
