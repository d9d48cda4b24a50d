//! Writes to `unicodePwd`: a reset replaces it, a person's own change deletes the old one and
//! adds the new one in the same modify (MS-ADTS 3.1.1.3.1.5.1).

use super::access::{self, RESET_PASSWORD, Token};
use super::answer::Refusal;
use super::bind;
use super::entry::{Entry, PasswordHash};
use super::policy::Policy;
use crate::domain::security_descriptor::{RightGuid, Rights, SecurityDescriptor};
use jiff::Timestamp;
use ldap3_proto::proto::{LdapModify, LdapModifyType};

/// The most characters of a password.
const LONGEST: usize = 256;

/// What the changes to `unicodePwd` of one modify amount to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PasswordWrite {
    /// By somebody with the right to do so; the old one is not asked for.
    Reset { new: String },
    /// By somebody who knows the old one.
    Change { old: String, new: String },
}

impl PasswordWrite {
    /// The password of an account that is being made.
    ///
    /// # Errors
    /// 53 where it is not one quoted text in UTF-16LE.
    pub(super) fn of_new_account(values: &[Vec<u8>]) -> Result<Self, Refusal> {
        match values {
            [value] => unquote(value)
                .map(|new| Self::Reset { new })
                .ok_or_else(Refusal::unwilling),
            _ => Err(Refusal::unwilling()),
        }
    }

    /// Reads them; `None` where the modify does not touch the password.
    ///
    /// # Errors
    /// 53 for any other combination, and for values that are not a quoted text in UTF-16LE.
    pub(super) fn read(changes: &[&LdapModify]) -> Result<Option<Self>, Refusal> {
        let one = |change: &LdapModify| match change.modification.vals.as_slice() {
            [value] => unquote(value).ok_or_else(Refusal::unwilling),
            _ => Err(Refusal::unwilling()),
        };
        match changes {
            [] => Ok(None),
            [only] if only.operation == LdapModifyType::Replace => {
                Ok(Some(Self::Reset { new: one(only)? }))
            }
            [old, new]
                if old.operation == LdapModifyType::Delete
                    && new.operation == LdapModifyType::Add =>
            {
                Ok(Some(Self::Change {
                    old: one(old)?,
                    new: one(new)?,
                }))
            }
            _ => Err(Refusal::unwilling()),
        }
    }

    /// Whether `token` may do it.
    ///
    /// # Errors
    /// 50 where the control right is missing.
    pub(super) fn permitted(
        &self,
        descriptor: &SecurityDescriptor,
        entry: &Entry,
        token: &Token,
    ) -> Result<(), Refusal> {
        let needed = match self {
            Self::Reset { .. } => RESET_PASSWORD,
            Self::Change { .. } => RightGuid::CHANGE_PASSWORD,
        };
        if access::may(descriptor, entry, token, Rights::CONTROL_ACCESS, &[needed]) {
            Ok(())
        } else {
            Err(Refusal::password_access_denied())
        }
    }

    /// Does it to a copy of the account.
    ///
    /// # Errors
    /// 19 where the old password is wrong or the policy refuses the new one.
    pub(super) fn apply(
        &self,
        entry: &mut Entry,
        policy: &Policy,
        hints: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let new = match self {
            Self::Reset { new } => new,
            Self::Change { old, new } => {
                if entry.password != Some(PasswordHash::of(entry.guid, old)) {
                    return Err(Refusal::wrong_old_password());
                }
                let set = entry.filetime("pwdLastSet");
                if set.is_some_and(|set| set.duration_until(now) < policy.min_age) {
                    return Err(Refusal::password_policy());
                }
                new
            }
        };
        let check_history = hints || matches!(self, Self::Change { .. });
        if new.chars().count() > LONGEST || !policy.accepts(entry, new, check_history) {
            return Err(Refusal::password_policy());
        }
        entry.put_password(PasswordHash::of(entry.guid, new));
        entry.put_filetime("pwdLastSet", Some(now));
        Ok(())
    }

    /// A change with a wrong old password counts like a wrong password at a bind.
    pub(super) fn count_failure(&self, entry: &mut Entry, policy: &Policy, now: Timestamp) {
        if let Self::Change { old, .. } = self
            && entry.password != Some(PasswordHash::of(entry.guid, old))
        {
            bind::count_wrong_password(entry, policy, now);
        }
    }
}

/// The text between quotation marks, in UTF-16LE.
fn unquote(value: &[u8]) -> Option<String> {
    let (pairs, []) = value.as_chunks::<2>() else {
        return None;
    };
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    let text = String::from_utf16(&units).ok()?;
    text.strip_prefix('"')?.strip_suffix('"').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3_proto::proto::LdapPartialAttribute;

    fn change(operation: LdapModifyType, values: &[&str]) -> LdapModify {
        let encode = |text: &&str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let vals = values.iter().map(encode).collect();
        let modification = LdapPartialAttribute {
            atype: "unicodePwd".to_owned(),
            vals,
        };
        LdapModify {
            operation,
            modification,
        }
    }

    #[test]
    fn a_password_stands_in_quotation_marks_of_which_only_the_outer_ones_count() {
        let utf16 = |text: &str| {
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>()
        };
        assert_eq!(unquote(&utf16("\"a\"b😀\"")).as_deref(), Some("a\"b😀"));
        for wrong in ["", "\"", "a", "\"a", "a\""] {
            assert_eq!(unquote(&utf16(wrong)), None, "{wrong}");
        }
        assert_eq!(unquote(b"\"odd"), None);
        assert_eq!(
            unquote(&[0x22, 0, 0, 0xD8, 0x22, 0]),
            None,
            "half a surrogate pair"
        );
    }

    #[test]
    fn one_replace_is_a_reset_and_delete_with_add_is_a_change() {
        let replace = change(LdapModifyType::Replace, &["\"new\""]);
        let (delete, add) = (
            change(LdapModifyType::Delete, &["\"old\""]),
            change(LdapModifyType::Add, &["\"new\""]),
        );
        let (old, new) = ("old".to_owned(), "new".to_owned());
        assert_eq!(PasswordWrite::read(&[]), Ok(None));
        let reset = PasswordWrite::Reset { new: new.clone() };
        assert_eq!(PasswordWrite::read(&[&replace]), Ok(Some(reset)));
        let changed = PasswordWrite::Change { old, new };
        assert_eq!(PasswordWrite::read(&[&delete, &add]), Ok(Some(changed)));
        let twice = change(LdapModifyType::Replace, &["\"new\"", "\"newer\""]);
        for wrong in [
            vec![&delete],
            vec![&add],
            vec![&add, &delete],
            vec![&replace, &replace],
            vec![&twice],
        ] {
            assert_eq!(PasswordWrite::read(&wrong), Err(Refusal::unwilling()));
        }
    }
}
