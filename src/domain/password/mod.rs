//! A new password: its type, its generator, the domain's policy, its spelling.
// (owner: generator.rs, policy.rs, words.rs + words.txt, spelling.rs)

use secrecy::SecretString;

/// A password about to be set. Redacted `Debug`, no `Clone`, zeroized on drop.
pub struct NewPassword(SecretString);
impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPassword(…)")
    }
}
impl NewPassword {
    /// Wraps a password that `policy` accepts for this account.
    ///
    /// # Errors
    /// Each rule that it breaks.
    pub fn checked(
        text: SecretString,
        policy: &PasswordPolicy,
        names: &[&str],
    ) -> Result<Self, Vec<PolicyBreach>> {
        todo!()
    }
    /// A fresh passphrase: short common words, digits, no look-alikes; at least `bits` of entropy; satisfies `policy` whatever it is.
    /// `random` fills a buffer.
    pub fn generate(
        policy: &PasswordPolicy,
        bits: u32,
        names: &[&str],
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Self {
        todo!()
    }
    /// The text, for `directory/unicode_pwd` and the page that shows it once.
    pub fn expose(&self) -> &str {
        use secrecy::ExposeSecret;
        self.0.expose_secret()
    }
}
/// The domain's rules for passwords as far as they can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// minPwdLength.
    pub min_length: u32,
    /// DOMAIN_PASSWORD_COMPLEX.
    pub complexity: bool,
    /// pwdHistoryLength.
    pub history: u32,
    /// false where a fine-grained policy applies that cannot be read: generate generously (≥ 20 characters).
    pub known: bool,
}
/// A rule that a password breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyBreach {
    /// Shorter than.
    TooShort {
        /// Characters needed.
        needed: u32,
    },
    /// More than 256 characters (AD's limit) .
    TooLong,
    /// Fewer than three kinds of characters.
    NotComplex,
    /// Contains the account's name or a part of the display name.
    ContainsName,
    /// Control characters.
    Unspeakable,
}
/// One line of the spelling table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelled {
    /// The character.
    pub character: char,
    /// How it is said: "capital Tango", "digit seven", "hyphen".
    pub said: String,
}
/// The spelling of a password, character by character, for reading out (ITU/NATO alphabet for English).
pub fn spell(password: &str) -> Vec<Spelled> {
    todo!()
}
