//! People as rows of a table: a name, an OU, and what is special about them.

use super::entry::Value;
use super::founding::{Founding, NewAccount};
use super::policy::flag;
use super::schema::Class;
use crate::domain::identity::ObjectGuid;
use jiff::SignedDuration;

/// Something special about an account.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trait<'a> {
    /// Member of a group, by name.
    In(&'a str),
    /// More bits of userAccountControl.
    Flags(u32),
    /// Bits of userAccountControl in place of `NORMAL_ACCOUNT`.
    Kind(u32),
    /// An attribute with one text.
    Has(&'a str, &'a str),
    /// An attribute left out.
    Without(&'a str),
    /// An attribute that names another account.
    Names(&'a str, &'a str),
    /// Locked out now.
    Locked,
    /// Must change the password at the next logon.
    MustChange,
    /// The password was set so many days ago.
    PasswordDays(i64),
    /// accountExpires, in days from now.
    ExpiresIn(i64),
    /// Last logged on so many days ago.
    LoggedOnDaysAgo(i64),
    /// The primary group.
    Primary(&'a str),
    /// May not change the own password.
    CannotChange,
    /// Inherits no rights.
    Isolated,
    /// May never log on, by logonHours.
    NoLogonHours,
    /// Another class than user.
    Class(Class),
    /// Another password than everybody; empty: none.
    Password(&'a str),
    /// An access entry at the head of the domain, in SDDL.
    OnDomain(&'a str),
}

/// An account of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person<'a> {
    pub sam: &'a str,
    pub cn: &'a str,
    pub traits: &'a [Trait<'a>],
}

impl Founding {
    /// Makes an account; `password` unless it has one of its own.
    pub(super) fn person(
        &mut self,
        parent: ObjectGuid,
        person: &Person<'_>,
        password: &str,
    ) -> ObjectGuid {
        let mut new = NewAccount {
            class: Class::User,
            parent,
            sam: person.sam,
            cn: person.cn,
            flags: flag::NORMAL,
            password,
        };
        for special in person.traits {
            match special {
                Trait::Flags(bits) => new.flags |= bits,
                Trait::Kind(bits) => new.flags = *bits,
                Trait::Class(class) => new.class = *class,
                Trait::Password(own) => new.password = own,
                _ => {}
            }
        }
        let guid = self.account(&new);
        self.put(guid, "displayName", person.cn.trim());
        if !person.sam.ends_with('$') {
            let upn = [person.sam, "@", &self.tree.names.dns].concat();
            self.put(guid, "userPrincipalName", &upn);
        }
        for special in person.traits {
            self.apply(guid, *special);
        }
        guid
    }

    fn apply(&mut self, guid: ObjectGuid, special: Trait<'_>) {
        let now = self.now;
        let found = |name: &str| self.tree.by_sam(name).map(|entry| entry.guid);
        match special {
            Trait::In(group) => {
                if let Some(group) = found(group) {
                    self.tree.join(guid, group, now);
                }
            }
            Trait::Primary(group) => {
                if let Some(group) = found(group) {
                    self.tree.put_primary_group(guid, group, now);
                }
            }
            Trait::Names(attribute, sam) => {
                if let Some(other) = found(sam) {
                    self.tree.set_links(guid, attribute, &[other]);
                }
            }
            Trait::Has(attribute, text) => self.put(guid, attribute, text),
            Trait::Without(attribute) => self.tree.put_text(guid, attribute, None, now),
            Trait::Locked => self.tree.lock(guid, now),
            Trait::MustChange => self.put(guid, "pwdLastSet", "0"),
            Trait::PasswordDays(days) => {
                self.tree
                    .age_password(guid, SignedDuration::from_hours(24 * days), now);
            }
            Trait::ExpiresIn(days) => self.put_days(guid, "accountExpires", -days),
            Trait::LoggedOnDaysAgo(days) => {
                self.put_days(guid, "lastLogonTimestamp", days);
                self.put_days(guid, "lastLogon", days);
            }
            Trait::CannotChange => self.tree.forbid_change(guid),
            Trait::Isolated => self.tree.isolate(guid),
            Trait::NoLogonHours => {
                if let Some(entry) = self.tree.entry_mut(guid) {
                    entry.put("logonHours", vec![Value::Bytes(vec![0; 21])]);
                }
            }
            Trait::OnDomain(sddl) => {
                let sid = self.tree.entry(guid).and_then(|entry| entry.sid.clone());
                self.tree.add_access(self.tree.head(), sddl, sid.as_ref());
            }
            Trait::Flags(_) | Trait::Kind(_) | Trait::Class(_) | Trait::Password(_) => {}
        }
    }

    fn put_days(&mut self, guid: ObjectGuid, attribute: &str, days_ago: i64) {
        let time = self.days_ago(days_ago);
        if let Some(entry) = self.tree.entry_mut(guid) {
            entry.put_filetime(attribute, Some(time));
        }
    }
}
