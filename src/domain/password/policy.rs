//! The domain's rules for passwords, and which of them a given password breaks.
//!
//! Keyward checks them itself because the DC names none of them in its refusal (`0000052D`) and
//! skips length and complexity for accounts with `PASSWD_NOTREQD` (MS-SAMR 3.1.1.7.2).

/// Longest password that a DC takes, in UTF-16 units.
pub const LONGEST_PASSWORD: usize = 256;
/// Names shorter than this may occur in a password.
const SHORTEST_NAME: usize = 3;
/// What the display name is split at.
const DELIMITERS: [char; 7] = [',', '.', '-', '_', ' ', '#', '\t'];
/// The fourth category of characters; signs beyond these count for nothing.
const SPECIAL: &str = "-!\"#$%&()*,./:;?@[]^_`{|}~+<=>'\\";

/// The rules that apply to one account, as far as they can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Fewest characters (`minPwdLength`).
    pub min_length: u32,
    /// Three kinds of characters and no names (`DOMAIN_PASSWORD_COMPLEX`).
    pub complexity: bool,
    /// How many old passwords must not come again (`pwdHistoryLength`). The DC checks this.
    pub history: u32,
    /// `false` where a fine-grained policy applies that the service account cannot read.
    pub known: bool,
}

/// A rule that a password breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyBreach {
    /// Shorter than the policy asks for.
    TooShort {
        /// Characters needed.
        needed: u32,
    },
    /// Longer than [`LONGEST_PASSWORD`].
    TooLong,
    /// Fewer than three kinds of characters.
    NotComplex,
    /// Contains the account's name or a part of the display name.
    ContainsName,
    /// Contains control characters, which nobody can type.
    Unspeakable,
}

/// The names that must not occur in somebody's password.
#[derive(Debug, Clone, Copy)]
pub struct AccountNames<'a> {
    /// `sAMAccountName`: not as a whole.
    pub sam: &'a str,
    /// `displayName`: none of its parts.
    pub display: &'a str,
}

impl AccountNames<'_> {
    /// The forbidden texts in lower case: three characters and more.
    pub(super) fn avoided(&self) -> Vec<String> {
        std::iter::once(self.sam)
            .chain(self.display.split(DELIMITERS))
            .filter(|name| name.chars().count() >= SHORTEST_NAME)
            .map(str::to_lowercase)
            .collect()
    }

    pub(super) fn occur_in(&self, password: &str) -> bool {
        let password = zeroize::Zeroizing::new(password.to_lowercase());
        self.avoided()
            .iter()
            .any(|name| password.contains(name.as_str()))
    }
}

impl PasswordPolicy {
    /// The rules that `password` breaks, in the order of [`PolicyBreach`]; none: it is accepted,
    /// as far as can be known without the history.
    pub fn breaches(&self, password: &str, names: &AccountNames<'_>) -> Vec<PolicyBreach> {
        let length = password.chars().count();
        let broken = [
            (
                length < needed(self.min_length),
                PolicyBreach::TooShort {
                    needed: self.min_length,
                },
            ),
            (
                password.encode_utf16().count() > LONGEST_PASSWORD,
                PolicyBreach::TooLong,
            ),
            (
                self.complexity && kinds(password) < 3,
                PolicyBreach::NotComplex,
            ),
            (
                self.complexity && names.occur_in(password),
                PolicyBreach::ContainsName,
            ),
            (
                password.chars().any(char::is_control),
                PolicyBreach::Unspeakable,
            ),
        ];
        broken
            .into_iter()
            .filter_map(|(is_broken, rule)| is_broken.then_some(rule))
            .collect()
    }
}

/// An empty password is never accepted, whatever the policy.
fn needed(min_length: u32) -> usize {
    usize::try_from(min_length).unwrap_or(usize::MAX).max(1)
}

/// How many of the five categories of "password must meet complexity requirements" occur: capital
/// letters, small letters, digits, special characters, letters of scripts without capitals.
fn kinds(password: &str) -> usize {
    let is_kind: [fn(char) -> bool; 5] = [
        char::is_uppercase,
        char::is_lowercase,
        |c| c.is_ascii_digit(),
        |c| SPECIAL.contains(c),
        |c| c.is_alphabetic() && !c.is_uppercase() && !c.is_lowercase(),
    ];
    is_kind
        .into_iter()
        .filter(|kind| password.chars().any(kind))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: PasswordPolicy = PasswordPolicy {
        min_length: 7,
        complexity: false,
        history: 0,
        known: true,
    };
    const STRICT: PasswordPolicy = PasswordPolicy {
        complexity: true,
        ..PLAIN
    };
    const ALICE: AccountNames<'static> = AccountNames {
        sam: "a.able",
        display: "Able-Moore, Alice\tJo #O'Neil",
    };

    fn strict(password: &str) -> Vec<PolicyBreach> {
        STRICT.breaches(password, &ALICE)
    }

    #[test]
    fn length_counts_characters_and_the_limit_counts_utf16_units() {
        assert_eq!(
            PLAIN.breaches("äöüäöü", &ALICE),
            [PolicyBreach::TooShort { needed: 7 }]
        );
        assert_eq!(PLAIN.breaches("äöüäöüä", &ALICE), []);
        assert_eq!(PLAIN.breaches(&"x".repeat(256), &ALICE), []);
        assert_eq!(
            PLAIN.breaches(&"x".repeat(257), &ALICE),
            [PolicyBreach::TooLong]
        );
        assert_eq!(
            PLAIN.breaches(&"😀".repeat(129), &ALICE),
            [PolicyBreach::TooLong]
        );
    }

    #[test]
    fn an_empty_password_breaks_even_an_empty_policy() {
        let none = PasswordPolicy {
            min_length: 0,
            ..PLAIN
        };
        assert_eq!(
            none.breaches("", &ALICE),
            [PolicyBreach::TooShort { needed: 0 }]
        );
    }

    #[test]
    fn three_of_five_kinds_are_complex() {
        for accepted in [
            "Xenonlamp7",
            "xenon-lamp7",
            "Xenon-lamp",
            "XENON-LAMP7",
            "xenon7漢字",
            "Öl9999999",
        ] {
            assert_eq!(strict(accepted), [], "{accepted}");
        }
        for refused in [
            "Xenonlamps",
            "xenonlamp7",
            "xenon-lamp",
            "12345-678",
            "xenon漢字xx",
        ] {
            assert_eq!(strict(refused), [PolicyBreach::NotComplex], "{refused}");
        }
    }

    #[test]
    fn signs_that_active_directory_does_not_count_are_not_special() {
        assert_eq!(strict("xenonlamp€£"), [PolicyBreach::NotComplex]);
        assert_eq!(strict("Xenonlamp€"), [PolicyBreach::NotComplex]);
    }

    #[test]
    fn the_account_name_is_looked_for_as_a_whole_and_the_display_name_in_parts() {
        for refused in [
            "1-A.ABLE-x",
            "My-aBLe-77",
            "77-Moore-x",
            "alice-IN-77",
            "x-o'neil-X7",
        ] {
            assert_eq!(strict(refused), [PolicyBreach::ContainsName], "{refused}");
        }
        let short = AccountNames {
            sam: "jo",
            display: "Jo Li",
        };
        assert_eq!(STRICT.breaches("Jo-Li-jo-77", &short), []);
    }

    #[test]
    fn names_matter_only_where_complexity_is_asked_for() {
        assert_eq!(PLAIN.breaches("alice-alice", &ALICE), []);
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(
            PLAIN.breaches("lamp\0lamp", &ALICE),
            [PolicyBreach::Unspeakable]
        );
        assert_eq!(
            PLAIN.breaches("lamp\nlamp", &ALICE),
            [PolicyBreach::Unspeakable]
        );
    }
}
