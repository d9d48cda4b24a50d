//! Makes passphrases: words with capital letters, two digits between them, hyphens.
//!
//! Every choice is uniform. The number of words follows from the entropy that is asked for and
//! from the words that are left after those with the person's names; more words follow for a long
//! minimum length. Those only add to the entropy.

use std::num::NonZeroU16;

use zeroize::Zeroizing;

use super::policy::{AccountNames, LONGEST_PASSWORD, PasswordPolicy};
use super::words;

/// Without 0 and 1, which look like O and l.
const DIGITS: &str = "23456789";
/// Two digits, as one number between two words.
const DIGIT_COUNT: u16 = 2;
/// Where the effective policy cannot be read: longer than what policies usually ask for.
const GENEROUS_LENGTH: u32 = 24;
/// No passphrase needs more words than this for its entropy.
const MOST_WORDS: u16 = 40;

/// How hard a passphrase is to guess: the binary logarithm of the number of equally likely ones.
/// From 50 to 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntropyBits(u8);

/// Not a number of bits from 50 to 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number from 50 to 128")]
pub struct InvalidEntropyBits;

impl EntropyBits {
    /// The number of bits.
    pub fn bits(self) -> u8 {
        self.0
    }
}

impl TryFrom<i64> for EntropyBits {
    type Error = InvalidEntropyBits;
    fn try_from(bits: i64) -> Result<Self, InvalidEntropyBits> {
        match u8::try_from(bits) {
            Ok(bits @ 50..=128) => Ok(Self(bits)),
            _ => Err(InvalidEntropyBits),
        }
    }
}

impl Default for EntropyBits {
    /// 50: offline guessing is not what a password with a forced change has to withstand.
    fn default() -> Self {
        Self(50)
    }
}

/// Makes a passphrase of 12 to 256 ASCII characters; see [`super::NewPassword::generate`].
pub(super) fn passphrase<E>(
    policy: &PasswordPolicy,
    bits: EntropyBits,
    names: &AccountNames<'_>,
    random: &mut dyn FnMut(&mut [u8]) -> Result<(), E>,
) -> Result<Zeroizing<String>, E> {
    let choice = Choice::without(names);
    let count = choice.words_for(bits);
    let length = shortest(policy);
    // Filled in place: a growing string would leave copies of itself behind.
    let mut text = Zeroizing::new(String::with_capacity(LONGEST_PASSWORD + 32));
    let number_after = 1 + below(count.saturating_sub(1), random)?;
    let mut placed = 0;
    while placed < count || text.len() < length {
        push_word(&mut text, pick(&choice.words, random)?);
        placed += 1;
        if placed == number_after {
            text.push('-');
            for _ in 0..DIGIT_COUNT {
                text.push(pick(&choice.digits, random)?);
            }
        }
    }
    text.truncate(LONGEST_PASSWORD);
    Ok(text)
}

/// What the passphrases for one person are chosen from.
struct Choice {
    words: Vec<&'static str>,
    digits: Vec<char>,
}

impl Choice {
    /// Everything that cannot help to spell one of the names.
    fn without(names: &AccountNames<'_>) -> Self {
        let mut choice = Self {
            words: words::all().collect(),
            digits: DIGITS.chars().collect(),
        };
        for name in names.avoided() {
            choice.leave_out(&name);
        }
        choice
    }

    /// A name with hyphens could only occur across words and the number, so it is enough to make
    /// its longest part impossible.
    fn leave_out(&mut self, name: &str) {
        let Some(part) = name.split('-').max_by_key(|part| part.len()) else {
            return;
        };
        if part.is_empty() {
            return;
        }
        self.words.retain(|word| !word.contains(part));
        if part.len() <= usize::from(DIGIT_COUNT) && part.bytes().all(|b| b.is_ascii_digit()) {
            self.digits.retain(|digit| !part.starts_with(*digit));
        }
    }

    /// The smallest number of words with which there are at least 2^bits passphrases.
    fn words_for(&self, bits: EntropyBits) -> u16 {
        (2..MOST_WORDS)
            .find(|n| self.entropy(*n) >= f64::from(bits.0))
            .unwrap_or(MOST_WORDS)
    }

    /// log2 of the number of passphrases of `count` words: each word, each digit, and the place of
    /// the number between two of the words. Different choices give different texts.
    fn entropy(&self, count: u16) -> f64 {
        let log2 = |n: usize| f64::from(counted(n)).log2();
        f64::from(count) * log2(self.words.len())
            + f64::from(DIGIT_COUNT) * log2(self.digits.len())
            + f64::from(count.saturating_sub(1)).log2()
    }
}

/// Characters that the passphrase must have.
fn shortest(policy: &PasswordPolicy) -> usize {
    let asked = if policy.known {
        policy.min_length
    } else {
        policy.min_length.max(GENEROUS_LENGTH)
    };
    usize::try_from(asked)
        .unwrap_or(LONGEST_PASSWORD)
        .min(LONGEST_PASSWORD)
}

fn push_word(text: &mut String, word: &str) {
    if !text.is_empty() {
        text.push('-');
    }
    let mut letters = word.chars();
    text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
    text.push_str(letters.as_str());
}

fn pick<T: Copy + Default, E>(
    items: &[T],
    random: &mut dyn FnMut(&mut [u8]) -> Result<(), E>,
) -> Result<T, E> {
    let index = below(counted(items.len()), random)?;
    Ok(items.get(usize::from(index)).copied().unwrap_or_default())
}

/// A number below `n`, each equally likely: what would make the small ones likelier is drawn
/// again. 0 for `n` = 0.
fn below<E>(n: u16, random: &mut dyn FnMut(&mut [u8]) -> Result<(), E>) -> Result<u16, E> {
    let Some(n) = NonZeroU16::new(n) else {
        return Ok(0);
    };
    let whole_rounds = u16::MAX - u16::MAX % n;
    loop {
        let mut bytes = [0; 2];
        random(&mut bytes)?;
        let drawn = u16::from_le_bytes(bytes);
        if drawn < whole_rounds {
            return Ok(drawn % n);
        }
    }
}

/// Lengths here are below 2,000; a longer one would count as less, never as more.
fn counted(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
