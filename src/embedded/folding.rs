//! Text as Active Directory compares it in searches: without regard to case and accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text as AD compares it: no case, no accents, `ß` like `ss`, runs of spaces like one.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut spaced = false;
    if text.is_ascii() {
        for character in text.chars() {
            push_folded(&mut folded, &mut spaced, character.to_ascii_lowercase());
        }
        return folded;
    }
    for character in text
        .nfkd()
        .filter(|character| !is_combining_mark(*character))
    {
        match character {
            'ß' | 'ẞ' => folded.push_str("ss"),
            other => {
                for lower in other.to_lowercase() {
                    push_folded(&mut folded, &mut spaced, lower);
                }
            }
        }
    }
    folded
}

fn push_folded(folded: &mut String, spaced: &mut bool, character: char) {
    if character != ' ' || !*spaced {
        folded.push(character);
    }
    *spaced = character == ' ';
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_ignores_case_accents_and_doubled_spaces() {
        assert_eq!(fold("Jürgen  MÜSSIG"), fold("jurgen Müßig"));
        assert_eq!(fold("ALICE"), "alice");
        assert_ne!(fold("alice"), fold("alicia"));
    }
}
