//! `[sign_in]`: wrong passwords.

use std::num::NonZeroU32;
use std::path::Path;

use super::document::Raw;
use super::section::section;
use super::value::Value;

section! {
    /// The sign-in of operators.
    SignIn = "sign_in" {
        /// How many wrong passwords one person may enter here before they have to wait. Keyward
        /// stays below the domain's lockout threshold by itself; this can only lower the number.
        max_wrong: Option<WrongPasswords>,
    }
}

/// 1 to 100 wrong passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongPasswords(NonZeroU32);

impl WrongPasswords {
    /// How many.
    pub fn count(self) -> NonZeroU32 {
        self.0
    }
}

impl Value for WrongPasswords {
    const EXPECTED: &'static str = "a whole number from 1 to 100";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        raw.number()
            .filter(|number| *number <= 100)
            .and_then(|number| NonZeroU32::try_from(u32::try_from(number).ok()?).ok())
            .map(Self)
            .ok_or(Self::EXPECTED)
    }
}
