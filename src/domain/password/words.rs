//! The words of the passphrases: short, common, easy to say and to spell. The list is this
//! project's own. The tests below are the rules that a word must keep to be in it.

/// The words, one a line, sorted.
const LIST: &str = include_str!("words.txt");

/// Every word of the list.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    LIST.lines()
}

#[cfg(test)]
#[allow(clippy::string_slice, reason = "the words are ASCII")]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    /// Said in reading a password out, or taken for something else to type.
    const CONFUSING: [&str; 36] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "double", "triple", "hyphen", "dash", "capital", "digit", "letter", "space", "yes", "alfa",
        "alpha", "bravo", "delta", "echo", "golf", "hotel", "india", "kilo", "lima", "papa",
        "sierra", "tango", "victor", "oscar", "romeo",
    ];

    /// How a word roughly sounds: spellings of one consonant become one sign, runs of vowels
    /// another. Two words with the same key could be misheard for each other.
    fn sound(word: &str) -> String {
        let mut text = word.to_owned();
        for (spelt, said) in [
            ("tch", "C"),
            ("sch", "sk"),
            ("ch", "C"),
            ("sh", "C"),
            ("ph", "f"),
            ("ck", "k"),
            ("qu", "kw"),
            ("wh", "w"),
            ("th", "0"),
            ("dge", "j"),
            ("igh", "i"),
            ("gh", ""),
            ("ce", "se"),
            ("ci", "si"),
            ("cy", "sy"),
            ("ge", "je"),
            ("gi", "ji"),
            ("gy", "jy"),
            ("c", "k"),
            ("q", "k"),
            ("x", "ks"),
            ("z", "s"),
        ] {
            text = text.replace(spelt, said);
        }
        for (silent, said) in [("kn", "n"), ("wr", "r"), ("gn", "n")] {
            if let Some(rest) = text.strip_prefix(silent) {
                text = format!("{said}{rest}");
            }
        }
        let text = text.strip_suffix('e').unwrap_or(&text);
        let mut key = String::new();
        for letter in text.chars() {
            let sign = if "aeiouy".contains(letter) {
                'a'
            } else {
                letter
            };
            if !key.ends_with(sign) {
                key.push(sign);
            }
        }
        key
    }

    /// The word with each single letter left out, for finding neighbours at edit distance one.
    fn shortened(word: &str) -> impl Iterator<Item = String> {
        (0..word.len()).map(|i| format!("{}{}", &word[..i], &word[i + 1..]))
    }

    fn at_distance_one(a: &str, b: &str) -> bool {
        let same = a.chars().zip(b.chars()).filter(|(x, y)| x == y).count();
        if a.len() == b.len() {
            same + 1 == a.len()
        } else {
            shortened(a).any(|s| s == b) || shortened(b).any(|s| s == a)
        }
    }

    #[test]
    fn there_are_enough_words_for_four_of_them_and_two_digits() {
        assert!(all().count() >= 1_700, "{}", all().count());
    }

    #[test]
    fn words_are_short_lower_case_sorted_and_unique() {
        let words: Vec<_> = all().collect();
        assert!(words.is_sorted_by(|a, b| a < b));
        for word in words {
            assert!((3..=6).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
        }
    }

    #[test]
    fn no_word_begins_with_another() {
        let words: HashSet<_> = all().collect();
        for word in all() {
            for end in 3..word.len() {
                assert!(
                    !words.contains(&word[..end]),
                    "{word} begins with {}",
                    &word[..end]
                );
            }
        }
    }

    #[test]
    fn no_two_words_differ_by_one_letter() {
        let words: Vec<_> = all().collect();
        for (i, a) in words.iter().enumerate() {
            for b in &words[i + 1..] {
                assert!(!at_distance_one(a, b), "{a} and {b}");
            }
        }
    }

    #[test]
    fn no_two_words_sound_alike() {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for word in all() {
            if let Some(other) = seen.insert(sound(word), word) {
                panic!("{word} sounds like {other}");
            }
        }
    }

    #[test]
    fn the_checks_find_what_they_look_for() {
        assert!(at_distance_one("tulip", "tulips") && at_distance_one("radar", "rader"));
        assert!(!at_distance_one("tulip", "tunic"));
        for (a, b) in [
            ("plain", "plane"),
            ("knight", "night"),
            ("fazed", "phased"),
            ("bear", "bare"),
        ] {
            assert_eq!(sound(a), sound(b));
        }
        assert_ne!(sound("tulip"), sound("tunic"));
    }

    #[test]
    fn no_word_means_something_in_reading_a_password_out() {
        for word in all() {
            assert!(!CONFUSING.contains(&word), "{word}");
        }
    }
}
