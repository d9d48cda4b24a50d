//! The generator under a repeatable stream of bytes: form, entropy, evenness, policies, names.

use super::*;
use sha2::{Digest, Sha256};
use std::convert::Infallible;

const POLICY: PasswordPolicy = PasswordPolicy {
    min_length: 7,
    complexity: true,
    history: 24,
    known: true,
};
const NOBODY: AccountNames<'static> = AccountNames {
    sam: "",
    display: "",
};

/// Repeatable random bytes: SHA-256 of a seed and a counter.
struct Stream {
    seed: u64,
    counter: u64,
    rest: Vec<u8>,
}

impl Stream {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: 0,
            rest: Vec::new(),
        }
    }

    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            if self.rest.is_empty() {
                let input = [self.seed.to_le_bytes(), self.counter.to_le_bytes()].concat();
                self.rest = Sha256::digest(input).to_vec();
                self.counter += 1;
            }
            *byte = self.rest.pop().expect("just filled");
        }
    }

    fn passphrase(
        &mut self,
        policy: &PasswordPolicy,
        bits: i64,
        names: &AccountNames<'_>,
    ) -> String {
        let bits = EntropyBits::try_from(bits).expect("bits");
        let mut random = |buffer: &mut [u8]| -> Result<(), Infallible> {
            self.fill(buffer);
            Ok(())
        };
        passphrase(policy, bits, names, &mut random)
            .expect("infallible")
            .to_string()
    }

    fn below(&mut self, n: u16) -> u16 {
        let mut random = |buffer: &mut [u8]| -> Result<(), Infallible> {
            self.fill(buffer);
            Ok(())
        };
        below(n, &mut random).expect("infallible")
    }
}

/// Pearson's statistic of the counts against equal shares, in standard deviations from its mean.
fn unevenness(counts: &[u32]) -> f64 {
    let total: u32 = counts.iter().sum();
    let freedom = f64::from(u32::try_from(counts.len() - 1).expect("few"));
    let share = f64::from(total) / (freedom + 1.0);
    let statistic: f64 = counts
        .iter()
        .map(|&n| (f64::from(n) - share).powi(2) / share)
        .sum();
    (statistic - freedom) / (2.0 * freedom).sqrt()
}

/// Counts of `draws` numbers below 40,000 in ten equal intervals.
fn tenths(mut draw: impl FnMut() -> u16, draws: u32) -> Vec<u32> {
    let mut counts = vec![0; 10];
    for _ in 0..draws {
        counts[usize::from(draw() / 4_000)] += 1;
    }
    counts
}

#[test]
fn drawn_numbers_are_even_where_a_plain_remainder_is_not() {
    let mut stream = Stream::new(1);
    let ours = unevenness(&tenths(|| stream.below(40_000), 40_000));
    assert!(ours.abs() < 5.0, "{ours}");
    let biased = unevenness(&tenths(
        || {
            let mut bytes = [0; 2];
            stream.fill(&mut bytes);
            u16::from_le_bytes(bytes) % 40_000
        },
        40_000,
    ));
    assert!(
        biased > 100.0,
        "this test would not notice a bias: {biased}"
    );
}

#[test]
fn every_word_digit_and_place_comes_equally_often() {
    let mut stream = Stream::new(2);
    let all: Vec<&str> = words::all().collect();
    let mut word_counts = vec![0; all.len()];
    let mut digit_counts = vec![0; DIGITS.len()];
    let mut place_counts = vec![0; 3];
    for _ in 0..20_000 {
        let text = stream.passphrase(&POLICY, 50, &NOBODY).to_ascii_lowercase();
        for (place, part) in text.split('-').enumerate() {
            if let Ok(word) = all.binary_search(&part) {
                word_counts[word] += 1;
            } else {
                place_counts[place - 1] += 1;
                for digit in part.chars() {
                    digit_counts[DIGITS.find(digit).expect("one of ours")] += 1;
                }
            }
        }
    }
    for counts in [word_counts, digit_counts, place_counts] {
        assert!(unevenness(&counts).abs() < 5.0, "{}", unevenness(&counts));
    }
}

#[test]
fn the_usual_passphrase_is_four_words_with_a_number_among_them() {
    let mut stream = Stream::new(3);
    for _ in 0..500 {
        let text = stream.passphrase(&POLICY, 50, &NOBODY);
        let parts: Vec<&str> = text.split('-').collect();
        assert_eq!(parts.len(), 5, "{text}");
        let (numbers, names): (Vec<&str>, Vec<&str>) = parts[..]
            .iter()
            .partition(|part| part.bytes().all(|b| b.is_ascii_digit()));
        assert_eq!(
            (numbers.len(), names.len(), numbers[0].len()),
            (1, 4, 2),
            "{text}"
        );
        assert!(!parts[0].starts_with(char::is_numeric) && !parts[4].starts_with(char::is_numeric));
        assert!(
            names
                .iter()
                .all(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        );
        assert!(!text.contains(['0', '1']), "{text}");
        assert_eq!(POLICY.breaches(&text, &NOBODY), []);
    }
}

#[test]
fn the_entropy_is_at_least_what_was_asked_for_and_one_word_less_would_not_do() {
    for names in [
        NOBODY,
        AccountNames {
            sam: "e-a",
            display: "Ann Ing Ter Able",
        },
    ] {
        let choice = Choice::without(&names);
        for bits in [50, 64, 90, 128] {
            let bits = EntropyBits::try_from(bits).expect("bits");
            let count = choice.words_for(bits);
            // Counted by hand here: every choice is a factor.
            let mut passphrases = f64::from(count - 1);
            for _ in 0..count {
                passphrases *= f64::from(u32::try_from(choice.words.len()).expect("few"));
            }
            for _ in 0..2 {
                passphrases *= f64::from(u32::try_from(choice.digits.len()).expect("few"));
            }
            assert!(passphrases.log2() >= f64::from(bits.bits()));
            assert!(choice.entropy(count - 1) < f64::from(bits.bits()));
        }
    }
}

#[test]
fn ordinary_names_do_not_make_the_passphrase_longer() {
    let names = AccountNames {
        sam: "ann.tenor",
        display: "Ann-Marie Tenor, Per Ing Ter",
    };
    assert_eq!(Choice::without(&names).words_for(EntropyBits::default()), 4);
}

#[test]
fn every_minimum_length_up_to_the_longest_is_met() {
    let mut stream = Stream::new(4);
    for min_length in 0..=300 {
        let policy = PasswordPolicy {
            min_length,
            ..POLICY
        };
        let text = stream.passphrase(&policy, 50, &NOBODY);
        let reachable = PasswordPolicy {
            min_length: min_length.min(256),
            ..POLICY
        };
        assert_eq!(
            reachable.breaches(&text, &NOBODY),
            [],
            "{min_length}: {text}"
        );
        assert!(text.len() <= 256);
    }
}

#[test]
fn an_unreadable_policy_is_met_generously() {
    let mut stream = Stream::new(5);
    let unknown = PasswordPolicy {
        min_length: 0,
        complexity: false,
        history: 0,
        known: false,
    };
    for _ in 0..500 {
        assert!(stream.passphrase(&unknown, 50, &NOBODY).len() >= 24);
    }
}

#[test]
fn the_persons_names_do_not_occur() {
    let mut stream = Stream::new(6);
    for (sam, display) in [
        ("tulip", "Tulip Radar"),
        ("47-", "Onion"),
        ("e-a", "Ing, Ter"),
        ("r-4", ""),
        ("-22-", "Mr. Able_Art#Ent"),
        ("---", "- - -"),
    ] {
        let names = AccountNames { sam, display };
        for _ in 0..500 {
            let text = stream.passphrase(&POLICY, 50, &names);
            assert_eq!(
                POLICY.breaches(&text, &names),
                [],
                "{text} for {sam} {display}"
            );
        }
    }
}

#[test]
fn bits_outside_of_fifty_to_128_are_refused() {
    for refused in [i64::MIN, -1, 0, 49, 129, 256 + 50, i64::MAX] {
        assert_eq!(EntropyBits::try_from(refused), Err(InvalidEntropyBits));
    }
    assert_eq!(EntropyBits::try_from(50), Ok(EntropyBits::default()));
    assert_eq!(EntropyBits::try_from(128).map(EntropyBits::bits), Ok(128));
}
