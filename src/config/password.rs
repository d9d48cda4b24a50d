//! `[password]`: the passwords that Keyward sets.

use std::path::Path;

use super::document::Raw;
use super::section::section;
use super::value::Value;
use crate::domain::password::EntropyBits;

section! {
    /// The passwords that Keyward sets.
    Password = "password" {
        /// How hard a fresh passphrase is to guess, in bits. 50 are four words and a number, each
        /// further 11 bits a word more.
        bits: EntropyBits = "50",
        /// Whether the person must change the new password at the next logon, unless the operator
        /// decides otherwise.
        must_change: bool = "true",
    }
}

impl Value for EntropyBits {
    const EXPECTED: &'static str = "a whole number of bits from 50 to 128";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        raw.number()
            .and_then(|number| number.try_into().ok())
            .ok_or(Self::EXPECTED)
    }
}
