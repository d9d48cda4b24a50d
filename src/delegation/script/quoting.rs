//! How text stands in a script so that it stays text.

use crate::domain::identity::Dn;
use crate::domain::security_descriptor::RightGuid;
use crate::domain::text::{is_hidden, visible};

/// In single quotes for PowerShell, which takes five characters for one and reads each, doubled, as
/// itself.
pub(super) fn powershell(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}

/// A value inside an LDAP filter (RFC 4515 3).
pub(super) fn filter_value(text: &str) -> String {
    let mut value = String::new();
    for c in text.chars() {
        match c {
            '\\' => value.push_str("\\5c"),
            '*' => value.push_str("\\2a"),
            '(' => value.push_str("\\28"),
            ')' => value.push_str("\\29"),
            '\0' => value.push_str("\\00"),
            _ => value.push(c),
        }
    }
    value
}

/// In a comment: nothing ends the line.
pub(super) fn comment(text: &str) -> String {
    visible(text)
}

/// A DN in double quotes for a command prompt. What the prompt, a batch file or the program's own
/// reading of its arguments would take for theirs is written as the hex pairs of RFC 4514 2.4.
pub(super) fn prompt_dn(dn: &Dn) -> String {
    let mut quoted = String::from("\"");
    let mut escaped = false;
    for c in dn.as_str().chars() {
        let is_special = matches!(c, '"' | '\\' | '%' | '!' | '^' | '&' | '|') || c.is_control();
        match (escaped, c) {
            (false, '\\') => escaped = true,
            (_, c) if is_special && u32::from(c) < 0x80 => {
                quoted.extend([format!("\\{:02X}", u32::from(c))]);
                escaped = false;
            }
            (true, c) => {
                quoted.push('\\');
                quoted.push(c);
                escaped = false;
            }
            (false, c) => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A name in double quotes for a command prompt; `None` where it has a character that cannot be
/// written there.
pub(super) fn prompt_name(name: &str) -> Option<String> {
    let is_impossible =
        |c: char| matches!(c, '"' | '%' | '!' | '^' | '&' | '|' | ':' | ';') || is_hidden(c);
    let ends_badly = name.ends_with('\\');
    (!name.contains(is_impossible) && !ends_badly).then(|| format!("\"{name}\""))
}

/// `name: value` of LDIF, in base64 where the value is not plain (RFC 2849).
pub(super) fn ldif(name: &str, value: &str) -> String {
    use base64::Engine as _;
    let is_plain = value.bytes().all(|b| (0x20..0x7f).contains(&b))
        && !value.starts_with([' ', ':', '<'])
        && !value.ends_with(' ');
    if is_plain {
        format!("{name}: {value}\n")
    } else {
        let coded = base64::engine::general_purpose::STANDARD.encode(value);
        format!("{name}:: {coded}\n")
    }
}

/// As people and tools write it: `00299570-246d-11d0-a768-00aa006e0529`.
pub(super) fn guid(guid: RightGuid) -> String {
    let digits = format!("{:032x}", guid.0);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let parts = parts.map(|range| digits.get(range).unwrap_or_default());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delegation::needs::Right;

    fn dn(text: &str) -> Dn {
        text.parse().expect("a DN")
    }

    #[test]
    fn nothing_ends_a_text_in_powershell() {
        assert_eq!(powershell("O'Brien"), "'O''Brien'");
        assert_eq!(
            powershell("a\u{2019}; Remove-Item x #$(y)`"),
            "'a\u{2019}\u{2019}; Remove-Item x #$(y)`'"
        );
    }

    #[test]
    fn a_dn_for_a_command_prompt_has_nothing_that_the_prompt_reads() {
        for (text, quoted) in [
            ("OU=Staff,DC=x", r#""OU=Staff,DC=x""#),
            (r#"OU=\"a\" b,DC=x"#, r#""OU=\22a\22 b,DC=x""#),
            (
                r"OU=100%PATH% & co!,DC=x",
                r#""OU=100\25PATH\25 \26 co\21,DC=x""#,
            ),
            (r"OU=a\, b\\,DC=x", r#""OU=a\, b\5C,DC=x""#),
            (r"OU=a\0Ab^|c,DC=x", r#""OU=a\0Ab\5E\7Cc,DC=x""#),
            (r"OU=Ärzte\&,DC=x", r#""OU=Ärzte\26,DC=x""#),
        ] {
            let written = prompt_dn(&dn(text));
            assert_eq!(written, quoted);
            assert_eq!(dn(written.trim_matches('"')), dn(text), "it means the same");
        }
    }

    #[test]
    fn a_name_that_a_command_prompt_cannot_be_given_is_not_written() {
        assert_eq!(
            prompt_name("EX\\svc-1 a").as_deref(),
            Some("\"EX\\svc-1 a\"")
        );
        for name in ["a\"b", "a%b%", "a\nb", "a;b", "a:b", "a\\"] {
            assert_eq!(prompt_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn what_is_not_plain_is_coded_in_ldif() {
        assert_eq!(ldif("cn", "a b"), "cn: a b\n");
        assert_eq!(ldif("cn", " a"), "cn:: IGE=\n");
        assert_eq!(ldif("ou", "Ärzte"), "ou:: w4RyenRl\n");
        assert_eq!(ldif("cn", "a\nadmin: b"), "cn:: YQphZG1pbjogYg==\n");
    }

    #[test]
    fn filters_and_guids_are_written_as_their_readers_want_them() {
        assert_eq!(filter_value("a*(b)\\"), "a\\2a\\28b\\29\\5c");
        assert_eq!(
            guid(Right::ResetPassword.guid()),
            "00299570-246d-11d0-a768-00aa006e0529"
        );
    }
}
