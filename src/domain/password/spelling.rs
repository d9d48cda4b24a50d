//! How a password is read out: the ITU/NATO alphabet for letters, words for digits and signs.

/// One character and how it is said. Redacted `Debug`: together these are a password.
#[derive(PartialEq, Eq)]
pub struct Spelled {
    /// The character.
    pub character: char,
    /// How it is said: "capital Tango", "tango", "digit seven", "hyphen".
    pub said: String,
}

impl std::fmt::Debug for Spelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spelled(…)")
    }
}

/// The spelling of a password, character by character.
pub fn spell(password: &str) -> Vec<Spelled> {
    password
        .chars()
        .map(|character| Spelled {
            character,
            said: said(character),
        })
        .collect()
}

fn said(character: char) -> String {
    if let Some(word) = alphabet(character.to_ascii_lowercase()) {
        return if character.is_ascii_uppercase() {
            format!("capital {}", capitalised(word))
        } else {
            word.to_owned()
        };
    }
    if let Some(name) = sign(character) {
        return name.to_owned();
    }
    let small: String = character.to_lowercase().collect();
    let name = small.chars().next().and_then(accented);
    match name {
        Some(name) if character.is_uppercase() => format!("capital {name}"),
        Some(name) => name.to_owned(),
        None if character.is_uppercase() => format!("the capital letter {character}"),
        None if character.is_alphabetic() => format!("the letter {character}"),
        None => format!("the sign {character}"),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}

fn alphabet(small: char) -> Option<&'static str> {
    Some(match small {
        'a' => "alfa",
        'b' => "bravo",
        'c' => "charlie",
        'd' => "delta",
        'e' => "echo",
        'f' => "foxtrot",
        'g' => "golf",
        'h' => "hotel",
        'i' => "india",
        'j' => "juliett",
        'k' => "kilo",
        'l' => "lima",
        'm' => "mike",
        'n' => "november",
        'o' => "oscar",
        'p' => "papa",
        'q' => "quebec",
        'r' => "romeo",
        's' => "sierra",
        't' => "tango",
        'u' => "uniform",
        'v' => "victor",
        'w' => "whiskey",
        'x' => "x-ray",
        'y' => "yankee",
        'z' => "zulu",
        _ => return None,
    })
}

fn sign(character: char) -> Option<&'static str> {
    Some(match character {
        '0' => "digit zero",
        '1' => "digit one",
        '2' => "digit two",
        '3' => "digit three",
        '4' => "digit four",
        '5' => "digit five",
        '6' => "digit six",
        '7' => "digit seven",
        '8' => "digit eight",
        '9' => "digit nine",
        ' ' => "space",
        '!' => "exclamation mark",
        '"' => "double quote",
        '#' => "hash",
        '$' => "dollar sign",
        '%' => "per cent sign",
        '&' => "ampersand",
        '\'' => "apostrophe",
        '(' => "opening bracket",
        ')' => "closing bracket",
        '*' => "asterisk",
        '+' => "plus",
        ',' => "comma",
        '-' => "hyphen",
        '.' => "full stop",
        '/' => "slash",
        ':' => "colon",
        ';' => "semicolon",
        '<' => "less-than sign",
        '=' => "equals sign",
        '>' => "greater-than sign",
        '?' => "question mark",
        '@' => "at sign",
        '[' => "opening square bracket",
        '\\' => "backslash",
        ']' => "closing square bracket",
        '^' => "caret",
        '_' => "underscore",
        '`' => "backtick",
        '{' => "opening curly bracket",
        '|' => "vertical bar",
        '}' => "closing curly bracket",
        '~' => "tilde",
        '£' => "pound sign",
        '€' => "euro sign",
        '§' => "section sign",
        '°' => "degree sign",
        _ => return None,
    })
}

/// Letters with marks that are common in European languages.
fn accented(small: char) -> Option<&'static str> {
    Some(match small {
        'ä' => "a umlaut",
        'ö' => "o umlaut",
        'ü' => "u umlaut",
        'ß' => "sharp s",
        'é' => "e acute",
        'è' => "e grave",
        'à' => "a grave",
        'ç' => "c cedilla",
        'ñ' => "n tilde",
        'å' => "a ring",
        'ø' => "o with stroke",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn words(password: &str) -> Vec<String> {
        spell(password).into_iter().map(|s| s.said).collect()
    }

    #[test]
    fn letters_digits_and_hyphens_have_their_words() {
        assert_eq!(
            words("Tu-47"),
            [
                "capital Tango",
                "uniform",
                "hyphen",
                "digit four",
                "digit seven"
            ]
        );
        assert_eq!(words("Xx"), ["capital X-ray", "x-ray"]);
    }

    #[test]
    fn every_printable_ascii_character_has_a_name_of_its_own() {
        let printable: String = (' '..='~').collect();
        let said = words(&printable);
        assert!(said.iter().all(|name| name.is_ascii()), "{said:?}");
        assert_eq!(said.iter().collect::<HashSet<_>>().len(), 95);
    }

    #[test]
    fn each_word_of_the_alphabet_begins_with_its_letter() {
        for letter in 'a'..='z' {
            assert!(words(&letter.to_string())[0].starts_with(letter));
        }
    }

    #[test]
    fn other_letters_and_signs_are_named_or_shown() {
        assert_eq!(words("Äß€"), ["capital a umlaut", "sharp s", "euro sign"]);
        assert_eq!(
            words("Жж漢→"),
            [
                "the capital letter Ж",
                "the letter ж",
                "the letter 漢",
                "the sign →"
            ]
        );
    }

    #[test]
    fn debug_shows_nothing_of_the_password() {
        assert_eq!(format!("{:?}", spell("ab")), "[Spelled(…), Spelled(…)]");
    }
}
