//! A new password: its type, how a fresh one is made, the domain's rules for it, and how it is
//! read out. Nothing here talks to a directory or draws random bytes by itself.

mod generator;
mod machine;
mod policy;
mod spelling;
mod words;

use secrecy::{ExposeSecret, SecretString};

pub use generator::{EntropyBits, InvalidEntropyBits};
pub use policy::{AccountNames, LONGEST_PASSWORD, PasswordPolicy, PolicyBreach};
pub use spelling::{Spelled, spell};

/// A password about to be set. Redacted `Debug`, no `Clone`, no `Serialize`, zeroized on drop.
pub struct NewPassword(SecretString);

impl NewPassword {
    /// Wraps a password that `policy` accepts for the account with these `names`.
    ///
    /// # Errors
    /// Each rule that it breaks, in the order of [`PolicyBreach`].
    pub fn checked(
        text: SecretString,
        policy: &PasswordPolicy,
        names: &AccountNames<'_>,
    ) -> Result<Self, Vec<PolicyBreach>> {
        let breaches = policy.breaches(text.expose_secret(), names);
        if breaches.is_empty() {
            Ok(Self(text))
        } else {
            Err(breaches)
        }
    }

    /// A fresh passphrase such as `Tulip-Radar-47-Onion-Maple`, with at least `bits` of entropy,
    /// which satisfies `policy` whatever it is and contains none of `names`.
    ///
    /// `random` fills a buffer with random bytes.
    ///
    /// # Errors
    /// That of `random`; there is no passphrase then.
    pub fn generate<E>(
        policy: &PasswordPolicy,
        bits: EntropyBits,
        names: &AccountNames<'_>,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let text = generator::passphrase(policy, bits, names, random)?;
        Ok(Self(SecretString::from(text.as_str())))
    }

    /// A fresh password for the service account, which nobody has to read: 48 ASCII characters with
    /// all four kinds of them, 288 bits, and none of `names`. No sign in it means anything to a
    /// shell or to a settings file.
    ///
    /// # Errors
    /// That of `random`; there is no password then.
    pub fn for_service<E>(
        names: &AccountNames<'_>,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let text = machine::password(names, random)?;
        Ok(Self(SecretString::from(text.as_str())))
    }

    /// The text, for `directory/unicode_pwd` and for the page that shows it once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: PasswordPolicy = PasswordPolicy {
        min_length: 12,
        complexity: true,
        history: 24,
        known: true,
    };
    const NOBODY: AccountNames<'static> = AccountNames {
        sam: "",
        display: "",
    };

    #[test]
    fn debug_shows_nothing_of_the_password() {
        let password =
            NewPassword::checked("Tulip-Radar-47".into(), &STRICT, &NOBODY).expect("accepted");
        assert_eq!(
            format!("{password:?} {password:#?}"),
            "NewPassword(…) NewPassword(…)"
        );
        assert_eq!(password.expose(), "Tulip-Radar-47");
    }

    #[test]
    fn a_password_that_breaks_a_rule_does_not_become_a_value() {
        let refused = NewPassword::checked("tulip".into(), &STRICT, &NOBODY);
        assert_eq!(
            refused.expect_err("refused"),
            [
                PolicyBreach::TooShort { needed: 12 },
                PolicyBreach::NotComplex
            ]
        );
    }

    #[test]
    fn without_random_bytes_there_is_no_passphrase() {
        let answer = NewPassword::generate(&STRICT, EntropyBits::default(), &NOBODY, &mut |_| {
            Err("no entropy")
        });
        assert_eq!(answer.expect_err("refused"), "no entropy");
    }
}
