//! One change to the directory that an administrator is to make: planned by `apply`, `revoke` and
//! the proof's mends; carried out over LDAPS, or printed as a script.

use super::needs::Right;
use crate::domain::identity::{Dn, Sid};
use crate::domain::security_descriptor::Ace;
use std::fmt;

/// A change. Each is idempotent: what is already so stays so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Make an organisational unit.
    CreateOu {
        /// Where.
        dn: Dn,
    },
    /// Make a global security group.
    CreateGroup {
        /// Where.
        dn: Dn,
        /// sAMAccountName.
        sam: String,
    },
    /// Set and clear bits of userAccountControl.
    SetFlags {
        /// The account.
        account: Dn,
        /// Bits to set.
        set: u32,
        /// Bits to clear.
        clear: u32,
    },
    /// Add access rules to an object.
    AddRules {
        /// The object.
        object: Dn,
        /// Whom the rules are for, for people and for commands that take no SID: sAMAccountName, or the SID where
        /// there is no name.
        whom: String,
        /// The rules.
        rules: Vec<Ace>,
    },
    /// Take exactly these access rules off an object.
    RemoveRules {
        /// The object.
        object: Dn,
        /// Whom the rules are for, for people and for commands that take no SID: sAMAccountName, or the SID where
        /// there is no name.
        whom: String,
        /// The rules.
        rules: Vec<Ace>,
    },
    /// Let an object take over the rules from above again.
    AllowInheritance {
        /// The object.
        object: Dn,
    },
    /// Give an object another owner.
    SetOwner {
        /// The object.
        object: Dn,
        /// The new owner.
        owner: Sid,
    },
    /// Take an account out of a group.
    RemoveMember {
        /// The group.
        group: Dn,
        /// The member.
        member: Dn,
    },
    /// Make another group the primary one, and leave the old one.
    SetPrimaryGroup {
        /// The account.
        account: Dn,
        /// The RID of the new primary group.
        rid: u32,
        /// The group that is primary now, to be left.
        leave: Option<Dn>,
    },
    /// Remove values of an attribute (all where none is named).
    RemoveValues {
        /// The object.
        object: Dn,
        /// lDAPDisplayName.
        attribute: &'static str,
        /// The values.
        values: Vec<String>,
    },
}

impl Right {
    /// What Windows' own tools call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ResetPassword => "Reset Password",
            Self::PwdLastSet => "Read and write pwdLastSet",
            Self::LockoutTime => "Read and write lockoutTime",
        }
    }

    /// All that there are.
    pub const ALL: [Self; 3] = [Self::ResetPassword, Self::PwdLastSet, Self::LockoutTime];

    /// The right that `rule` gives exactly as Keyward would.
    pub fn of_rule(rule: &Ace) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|right| right.rule(&rule.trustee) == *rule)
    }
}

impl fmt::Display for Change {
    /// What is to be done, for people: "give `svc_passwordreset` Reset Password on people below OU=Staff,…".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateOu { dn } => write!(f, "make the organisational unit {dn}"),
            Self::CreateGroup { dn, sam } => write!(f, "make the security group {sam}: {dn}"),
            Self::SetFlags {
                account,
                set,
                clear,
            } => flags_changed(f, account, *set, *clear),
            Self::AddRules {
                object,
                whom,
                rules,
            } => match own(rules) {
                Some(rights) => {
                    write!(f, "give {whom} {} on people below {object}", list(&rights))
                }
                None => write!(f, "add to {object} for {whom}: {}", list(&texts(rules))),
            },
            Self::RemoveRules {
                object,
                whom,
                rules,
            } => match own(rules) {
                Some(rights) => write!(
                    f,
                    "take {} on people below {object} away from {whom}",
                    list(&rights)
                ),
                None => write!(f, "take off {object} for {whom}: {}", list(&texts(rules))),
            },
            Self::AllowInheritance { object } => {
                write!(f, "let {object} take over the rules from above again")
            }
            Self::SetOwner { object, owner } => write!(f, "make {owner} the owner of {object}"),
            Self::RemoveMember { group, member } => write!(f, "take {member} out of {group}"),
            Self::SetPrimaryGroup {
                account,
                rid,
                leave,
            } => {
                write!(f, "make group {rid} the primary one of {account}")?;
                match leave {
                    Some(group) => write!(f, ", and take it out of {group}"),
                    None => Ok(()),
                }
            }
            Self::RemoveValues {
                object,
                attribute,
                values,
            } if values.is_empty() => write!(f, "remove {attribute} from {object}"),
            Self::RemoveValues {
                object,
                attribute,
                values,
            } => write!(f, "remove {} from {attribute} of {object}", list(values)),
        }
    }
}

fn flags_changed(f: &mut fmt::Formatter<'_>, account: &Dn, set: u32, clear: u32) -> fmt::Result {
    let parts = [("set", set), ("clear", clear)]
        .into_iter()
        .filter(|(_, bits)| *bits != 0)
        .map(|(verb, bits)| format!("{verb} {}", list(&flag_names(bits))));
    write!(
        f,
        "{} on {account}",
        parts.collect::<Vec<_>>().join(" and ")
    )
}

/// The names of the bits of `userAccountControl` (MS-ADTS 2.2.16); a number for what has none here.
pub fn flag_names(bits: u32) -> Vec<String> {
    const NAMES: [(u32, &str); 14] = [
        (0x2, "ACCOUNTDISABLE"),
        (0x10, "LOCKOUT"),
        (0x20, "PASSWD_NOTREQD"),
        (0x80, "ENCRYPTED_TEXT_PASSWORD_ALLOWED"),
        (0x200, "NORMAL_ACCOUNT"),
        (0x1000, "WORKSTATION_TRUST_ACCOUNT"),
        (0x2000, "SERVER_TRUST_ACCOUNT"),
        (0x1_0000, "DONT_EXPIRE_PASSWORD"),
        (0x4_0000, "SMARTCARD_REQUIRED"),
        (0x8_0000, "TRUSTED_FOR_DELEGATION"),
        (0x10_0000, "NOT_DELEGATED"),
        (0x20_0000, "USE_DES_KEY_ONLY"),
        (0x40_0000, "DONT_REQ_PREAUTH"),
        (0x100_0000, "TRUSTED_TO_AUTH_FOR_DELEGATION"),
    ];
    (0..u32::BITS)
        .map(|place| 1_u32 << place)
        .filter(|bit| bits & bit != 0)
        .map(|bit| {
            let known = NAMES.iter().find(|(named, _)| *named == bit);
            known.map_or_else(|| format!("{bit:#x}"), |(_, name)| (*name).to_owned())
        })
        .collect()
}

/// The names of the rights, where all rules are Keyward's own.
fn own(rules: &[Ace]) -> Option<Vec<&'static str>> {
    rules
        .iter()
        .map(|rule| Right::of_rule(rule).map(Right::name))
        .collect()
}

fn texts(rules: &[Ace]) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}

fn list<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    items.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::security_descriptor::{AceFlags, AceKind, Rights};

    fn dn(text: &str) -> Dn {
        text.parse().expect("a DN")
    }

    fn svc() -> Sid {
        "S-1-5-21-1-2-3-1105".parse().expect("a SID")
    }

    #[test]
    fn a_change_is_a_sentence_in_the_words_of_the_directory() {
        let object = dn("OU=Staff,DC=example,DC=test");
        let whom = "svc".to_owned();
        let own = vec![
            Right::ResetPassword.rule(&svc()),
            Right::PwdLastSet.rule(&svc()),
        ];
        let foreign = vec![Ace {
            kind: AceKind::Allow,
            flags: AceFlags(0),
            rights: Rights::GENERIC_ALL,
            object: None,
            inherited_by: None,
            trustee: svc(),
        }];
        let said = [
            (
                Change::AddRules {
                    object: object.clone(),
                    whom: whom.clone(),
                    rules: own.clone(),
                },
                "give svc Reset Password, Read and write pwdLastSet on people below OU=Staff,DC=example,DC=test",
            ),
            (
                Change::RemoveRules {
                    object: object.clone(),
                    whom: whom.clone(),
                    rules: own,
                },
                "take Reset Password, Read and write pwdLastSet on people below OU=Staff,DC=example,DC=test away from svc",
            ),
            (
                Change::RemoveRules {
                    object: object.clone(),
                    whom,
                    rules: foreign,
                },
                "take off OU=Staff,DC=example,DC=test for svc: (A;;GA;;;S-1-5-21-1-2-3-1105)",
            ),
            (
                Change::SetFlags {
                    account: dn("CN=svc,DC=x"),
                    set: 0x11_0000,
                    clear: 0x8_0002,
                },
                "set DONT_EXPIRE_PASSWORD, NOT_DELEGATED and clear ACCOUNTDISABLE, TRUSTED_FOR_DELEGATION on CN=svc,DC=x",
            ),
            (
                Change::RemoveValues {
                    object: dn("CN=svc,DC=x"),
                    attribute: "servicePrincipalName",
                    values: vec![],
                },
                "remove servicePrincipalName from CN=svc,DC=x",
            ),
        ];
        for (change, sentence) in said {
            assert_eq!(change.to_string(), sentence);
        }
    }

    #[test]
    fn a_rule_that_differs_in_anything_is_not_keywards_own() {
        let rule = Right::LockoutTime.rule(&svc());
        assert_eq!(Right::of_rule(&rule), Some(Right::LockoutTime));
        let here_too = Ace {
            flags: AceFlags(0x02),
            ..rule.clone()
        };
        let for_all = Ace {
            inherited_by: None,
            ..rule
        };
        assert_eq!(Right::of_rule(&here_too), None);
        assert_eq!(Right::of_rule(&for_all), None);
    }
}
