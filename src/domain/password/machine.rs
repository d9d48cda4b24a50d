//! Makes passwords that only programs read: characters without any order.

use zeroize::Zeroizing;

use super::policy::AccountNames;

/// Six bits each, so that every choice is uniform. Letters and digits that look alike are left out,
/// and every sign that a shell, an INI file or a URL takes for its own.
const ALPHABET: &[u8; 64] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789-_.,:+~@";
/// 288 bits.
const LENGTH: usize = 48;

/// A password of 48 ASCII characters with all four kinds of them and none of `names`.
pub(super) fn password<E>(
    names: &AccountNames<'_>,
    random: &mut dyn FnMut(&mut [u8]) -> Result<(), E>,
) -> Result<Zeroizing<String>, E> {
    loop {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        random(bytes.as_mut_slice())?;
        // Filled in place: a growing string would leave copies of itself behind.
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        for byte in bytes.iter() {
            let place = usize::from(byte & 0x3f);
            text.extend(ALPHABET.get(place).copied().map(char::from));
        }
        if has_all_kinds(&text) && !names.occur_in(&text) {
            return Ok(text);
        }
    }
}

fn has_all_kinds(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_uppercase())
        && text.contains(|c: char| c.is_ascii_lowercase())
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_punctuation())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const NAMES: AccountNames<'static> = AccountNames {
        sam: "svc",
        display: "",
    };

    /// Different bytes at each call, the same ones at each run.
    fn counting() -> impl FnMut(&mut [u8]) -> Result<(), ()> {
        let mut state = 1_u64;
        move |buffer| {
            for byte in buffer {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                *byte = state.to_be_bytes()[0];
            }
            Ok(())
        }
    }

    #[test]
    fn every_password_has_all_kinds_of_characters_and_no_name() {
        let mut random = counting();
        let mut seen = HashSet::new();
        for _ in 0..2_000 {
            let text = password(&NAMES, &mut random).expect("random");
            assert_eq!(text.len(), LENGTH);
            assert!(has_all_kinds(&text), "{}", *text);
            assert!(!text.to_lowercase().contains("svc"));
            assert!(seen.insert(text.to_string()), "twice the same");
        }
    }

    #[test]
    fn the_alphabet_has_each_character_once() {
        assert_eq!(ALPHABET.iter().collect::<HashSet<_>>().len(), 64);
    }

    #[test]
    fn bytes_without_a_digit_are_thrown_away() {
        let mut calls = 0;
        let mut good = counting();
        let text = password(&NAMES, &mut |buffer: &mut [u8]| {
            calls += 1;
            if calls == 1 {
                buffer.fill(0);
                return Ok(());
            }
            good(buffer)
        });
        assert!(has_all_kinds(&text.expect("random")));
        assert!(calls > 1);
    }

    #[test]
    fn without_random_bytes_there_is_no_password() {
        assert_eq!(password(&NAMES, &mut |_| Err("none")).err(), Some("none"));
    }
}
