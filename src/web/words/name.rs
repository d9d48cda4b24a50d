//! Names from the directory as people see them: whose first letters, and nothing hidden in them.

use crate::domain::text;

/// `text` with every character that hides, reorders or breaks lines replaced by a visible mark such
/// as `[U+202E]`. Without it a name could read as another person's (the threat: U+202E in a name).
pub fn shown(text: &str) -> String {
    text.chars()
        .map(|character| {
            if is_hidden(character) {
                format!("[U+{:04X}]", u32::from(character))
            } else {
                character.to_string()
            }
        })
        .collect()
}

/// As [`shown`], for the middle of a sentence: a name written from right to left is wrapped in
/// U+2068 and U+2069, so that it does not turn the words around it.
pub fn isolated(text: &str) -> String {
    let text = shown(text);
    if text.chars().any(is_right_to_left) {
        format!("\u{2068}{text}\u{2069}")
    } else {
        text
    }
}

/// One or two letters for the round mark beside a name: "Alice Able" and "Able, Alice" both give
/// "AA"; a name without letters gives "?".
pub fn initials(name: &str) -> String {
    let (last, first) = match name.split_once(',') {
        Some((last, first)) if first.chars().any(char::is_alphanumeric) => (last, Some(first)),
        _ => (name, None),
    };
    let mut letters = if let Some(first) = first {
        vec![first_letter(first), first_letter(last)]
    } else {
        let mut words = last.split_whitespace().filter_map(first_letter);
        vec![words.next(), words.next_back()]
    };
    letters.retain(Option::is_some);
    let text: String = letters
        .into_iter()
        .flatten()
        .flat_map(char::to_uppercase)
        .collect();
    if text.is_empty() {
        "?".to_owned()
    } else {
        text
    }
}

fn first_letter(word: &str) -> Option<char> {
    word.chars().find(|character| character.is_alphanumeric())
}

/// What shows nothing or moves what is around it, and private use, which each font shows otherwise: nothing
/// that belongs in a name.
fn is_hidden(character: char) -> bool {
    text::is_hidden(character)
        || matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{FFF0}'..='\u{FFF8}' | '\u{E1000}'..='\u{10FFFF}')
}

/// Hebrew, Arabic and the other scripts that are written from right to left.
fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

#[cfg(test)]
mod tests {
    use super::{initials, isolated, shown};

    #[test]
    fn hidden_characters_become_visible_marks() {
        assert_eq!(shown("Al\u{202E}ecilA\u{0}"), "Al[U+202E]ecilA[U+0000]");
        assert_eq!(
            shown("two\r\nlines\u{2028}"),
            "two[U+000D][U+000A]lines[U+2028]"
        );
        assert_eq!(shown("a\u{E0041}"), "a[U+E0041]");
    }

    #[test]
    fn ordinary_names_of_any_script_stay_as_they_are() {
        for name in [
            "Žofie Müller-Lüdenscheidt",
            "O'Neil, \"Bob\" <b@x>",
            "张伟",
            "יעל כהן",
            "Nguyễn Văn A",
        ] {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn only_right_to_left_names_are_isolated() {
        assert_eq!(isolated("Alice Able"), "Alice Able");
        assert_eq!(isolated("יעל כהן"), "\u{2068}יעל כהן\u{2069}");
    }

    #[test]
    fn initials_are_the_first_letters_of_the_first_and_the_last_name() {
        for (name, expected) in [
            ("Alice Able", "AA"),
            ("Able, Alice", "AA"),
            ("anna maria von trapp", "AT"),
            ("Madonna", "M"),
            ("Smith,", "S"),
            ("\"Bob\" (Robert) Brown", "BB"),
            ("张伟", "张"),
            ("", "?"),
            ("…", "?"),
            ("ß", "SS"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
