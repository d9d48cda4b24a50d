//! What a person types as their name at sign-in, before anything is asked of the directory.
//!
//! Strict, because a domain controller takes one account by many spellings (blanks around `@`, the DN,
//! `<GUID=…>`), and what is counted, recorded and looked up must be one name. Counting itself is by SID.

use crate::domain::text::is_hidden;
use std::str::FromStr;

/// Characters, before trimming.
const MAX_CHARACTERS: usize = 256;
/// What a sAMAccountName never has (MS-SAMR 3.1.1.6).
const FORBIDDEN_IN_SAM: &str = "\"/\\[]:;|=,+*?<>";

/// What a person typed as their name at sign-in: `sam`, `DOM\sam` or a UPN; at most 256 characters, trimmed,
/// without characters that do not show. The directory decides whether it is anybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInName {
    /// sAMAccountName alone.
    Sam(String),
    /// NetBIOS domain and sAMAccountName.
    DownLevel {
        /// NetBIOS name as typed.
        domain: String,
        /// sAMAccountName.
        sam: String,
    },
    /// userPrincipalName, or `sam@dns-domain`.
    Upn(String),
}

/// Not a name that anybody signs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sign-in name")]
pub struct InvalidSignInName;

impl FromStr for SignInName {
    type Err = InvalidSignInName;

    fn from_str(typed: &str) -> Result<Self, InvalidSignInName> {
        if typed.chars().count() > MAX_CHARACTERS || typed.contains(is_hidden) {
            return Err(InvalidSignInName);
        }
        let name = typed.trim();
        if let Some((domain, sam)) = name.split_once('\\') {
            return Ok(SignInName::DownLevel {
                domain: sam_part(domain)?,
                sam: sam_part(sam)?,
            });
        }
        match name.split_once('@') {
            Some((prefix, suffix)) if is_upn_prefix(prefix) && is_upn_suffix(suffix) => {
                Ok(SignInName::Upn(name.to_owned()))
            }
            Some(_) => Err(InvalidSignInName),
            None => sam_part(name).map(SignInName::Sam),
        }
    }
}

/// A sAMAccountName, or a NetBIOS name: neither has an `@` here, because that makes a UPN.
fn sam_part(text: &str) -> Result<String, InvalidSignInName> {
    let forbidden = |c: char| FORBIDDEN_IN_SAM.contains(c) || c == '@';
    if is_tidy(text) && !text.contains(forbidden) {
        Ok(text.to_owned())
    } else {
        Err(InvalidSignInName)
    }
}

/// A UPN may have a `+` where a sAMAccountName may not.
fn is_upn_prefix(text: &str) -> bool {
    is_tidy(text) && !text.contains(|c: char| c != '+' && FORBIDDEN_IN_SAM.contains(c))
}

/// A suffix looks like a DNS name; this refuses a second `@` as well.
fn is_upn_suffix(text: &str) -> bool {
    is_tidy(text)
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

/// Something, without white space at its ends, and inside it plain spaces only.
fn is_tidy(text: &str) -> bool {
    !text.is_empty()
        && text.trim().len() == text.len()
        && !text.contains(|c: char| c.is_whitespace() && c != ' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<SignInName, InvalidSignInName> {
        text.parse()
    }

    #[test]
    fn the_three_forms_are_told_apart() {
        assert_eq!(parse("carol"), Ok(SignInName::Sam("carol".into())));
        assert_eq!(
            parse(r"EXAMPLE\carol"),
            Ok(SignInName::DownLevel {
                domain: "EXAMPLE".into(),
                sam: "carol".into()
            })
        );
        assert_eq!(
            parse("Carol.O'Brien+it@example.com"),
            Ok(SignInName::Upn("Carol.O'Brien+it@example.com".into()))
        );
        assert_eq!(parse("Zoë Å"), Ok(SignInName::Sam("Zoë Å".into())));
    }

    #[test]
    fn blanks_around_the_name_are_cut_and_blanks_beside_a_separator_are_refused() {
        assert_eq!(parse("  carol "), parse("carol"));
        for text in [
            "carol @example.com",
            "carol@ example.com",
            r"EXAMPLE \carol",
            r"EXAMPLE\ carol",
            "carol\u{a0}able",
            "carol\u{3000}@example.com",
        ] {
            assert_eq!(parse(text), Err(InvalidSignInName), "{text:?}");
        }
    }

    #[test]
    fn characters_that_do_not_show_are_refused() {
        for c in [
            '\0', '\t', '\n', '\r', '\u{7f}', '\u{85}', '\u{202e}', '\u{200b}', '\u{feff}',
        ] {
            for text in [
                format!("ca{c}rol"),
                format!("carol{c}"),
                format!("{c}carol"),
            ] {
                assert_eq!(parse(&text), Err(InvalidSignInName), "{text:?}");
            }
        }
    }

    #[test]
    fn other_ways_to_name_an_object_are_refused() {
        for text in [
            "CN=Carol,OU=Staff,DC=example,DC=com",
            "CN=Carol@x,DC=example",
            "<GUID=00299570-246d-11d0-a768-00aa006e0529>",
            "<SID=S-1-5-21-1-2-3-1105>",
            "example.com/Staff/Carol",
            "*",
            "car*",
            "a@b@example.com",
            r"A\B\carol",
            r"EXAMPLE\carol@example.com",
            "host/dc1",
            "",
            " ",
            "@example.com",
            "carol@",
            r"\carol",
            r"EXAMPLE\",
        ] {
            assert_eq!(parse(text), Err(InvalidSignInName), "{text:?}");
        }
    }

    #[test]
    fn no_forbidden_character_gets_into_an_account_name() {
        for c in FORBIDDEN_IN_SAM.chars() {
            let text = format!("ca{c}rol{c}");
            assert_eq!(parse(&text), Err(InvalidSignInName), "{text:?}");
        }
    }

    #[test]
    fn a_name_has_at_most_256_characters() {
        assert!(parse(&"ü".repeat(256)).is_ok());
        assert_eq!(parse(&"ü".repeat(257)), Err(InvalidSignInName));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn what_is_accepted_has_no_edge_and_nothing_hidden(text in "\\PC{0,12}[@\\\\ ]?\\PC{0,12}") {
            let parts = match parse(&text) {
                Err(InvalidSignInName) => vec![],
                Ok(SignInName::Sam(sam)) => vec![sam],
                Ok(SignInName::DownLevel { domain, sam }) => vec![domain, sam],
                Ok(SignInName::Upn(upn)) => upn.split('@').map(str::to_owned).collect(),
            };
            for part in parts {
                prop_assert!(!part.is_empty() && part.trim() == part);
                prop_assert!(!part.contains(is_hidden));
            }
        }
    }
}
