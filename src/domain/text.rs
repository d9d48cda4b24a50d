//! Characters that a person cannot see, or that change what a person sees; numbers with their nouns.
//!
//! Names that hold them are refused at sign-in, and the audit record writes them as escapes.
//! How a page isolates them is the business of its template.

use std::fmt;

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digits = |text, byte: &u8| format!("{text}{byte:02x}");
    bytes.iter().fold(String::new(), digits)
}

/// Whether `c` changes the direction of the text around it (UAX #9: marks, embeddings, overrides, isolates).
pub fn is_bidi_control(c: char) -> bool {
    matches!(
        c,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether `c` ends a line for some reader: the C0 and C1 controls are [`char::is_control`], these two are not.
pub fn is_line_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether `c` shows nothing, or moves what is around it: controls, format characters, fillers, tags and selectors.
///
/// Two names that differ only in such characters look the same to whoever reads them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || is_bidi_control(c)
        || is_line_separator(c)
        || matches!(
            c,
            '\u{AD}'
                | '\u{34F}'
                | '\u{600}'..='\u{605}'
                | '\u{6DD}'
                | '\u{70F}'
                | '\u{115F}'
                | '\u{1160}'
                | '\u{17B4}'
                | '\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200D}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// `text` with a mark in the place of everything hidden, line feeds too: what a terminal may be given of a
/// name from the directory, which must not move its cursor or turn the line around.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if is_hidden(c) { '\u{fffd}' } else { c })
        .collect()
}

/// A number with its noun: "1 change", "2 changes".
pub fn counted<N: fmt::Display + PartialEq + From<u8> + Copy>(
    number: N,
    one: &str,
    many: &str,
) -> String {
    let noun = if number == N::from(1) { one } else { many };
    format!("{number} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_spaces_are_seen() {
        for c in "Zoë Ångström-O'Brien 7 你好 שלום".chars() {
            assert!(!is_hidden(c), "{c:?}");
        }
    }

    #[test]
    fn overrides_joiners_and_separators_are_not() {
        for c in "\0\r\n\u{7f}\u{85}\u{202e}\u{200b}\u{2028}\u{feff}\u{e0041}".chars() {
            assert!(is_hidden(c), "{c:?}");
        }
    }

    #[test]
    fn a_name_cannot_write_to_the_terminal() {
        assert_eq!(
            visible("OU=a\u{1b}[2J\n\u{202e}b"),
            "OU=a\u{fffd}[2J\u{fffd}\u{fffd}b"
        );
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1_u64, "change", "changes"), "1 change");
        assert_eq!(counted(0_usize, "change", "changes"), "0 changes");
    }
}
