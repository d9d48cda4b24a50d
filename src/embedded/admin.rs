//! A hand on the directory's content behind everybody's back, as an administrator at the console
//! has it: for tests, and for faults that change something between two messages.

#![allow(
    clippy::missing_errors_doc,
    reason = "all of them fail alike: nobody has that name, or a new one is taken"
)]

use super::bind;
use super::entry::Entry;
use super::schema::{self, Class, UNICODE_PWD};
use super::server::Shared;
use super::tree::{NewEntry, Tree};
use super::{attributes, policy};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Nobody has this name, or the new name is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the embedded directory has no {name}, or a name is taken")]
pub struct Unknown {
    /// The name.
    pub name: String,
}

/// The administrator of an embedded directory. Accounts and groups go by sAMAccountName, other
/// objects by DN.
#[derive(Clone)]
pub struct Admin {
    shared: Arc<Shared>,
}

impl Admin {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// objectGUID.
    pub fn guid(&self, name: &str) -> Result<ObjectGuid, Unknown> {
        self.read(name, |_, entry, _| entry.guid)
    }

    /// objectSid.
    pub fn sid(&self, name: &str) -> Result<Sid, Unknown> {
        self.read(name, |_, entry, _| entry.sid.clone())?
            .ok_or_else(|| unknown(name))
    }

    /// distinguishedName as it is now.
    pub fn dn(&self, name: &str) -> Result<Dn, Unknown> {
        self.read(name, |_, entry, _| entry.dn.clone())
    }

    /// The values of an attribute as text.
    pub fn values(&self, name: &str, attribute: &str) -> Result<Vec<String>, Unknown> {
        self.read(name, |tree, entry, now| {
            let attribute = schema::attribute(attribute);
            attribute
                .map(|a| attributes::texts(tree, entry, a, now))
                .unwrap_or_default()
        })
    }

    /// The version of `unicodePwd` in the replication metadata.
    pub fn password_version(&self, name: &str) -> Result<u32, Unknown> {
        self.read(name, |_, entry, _| {
            entry.versions.get(&UNICODE_PWD).map_or(0, |v| v.version)
        })
    }

    /// Whether this is the password now; counts no attempt.
    pub fn password_is(&self, name: &str, password: &str) -> Result<bool, Unknown> {
        self.read(name, |tree, entry, _| {
            bind::password_is(tree, entry.guid, password)
        })
    }

    /// Whether the account is locked now.
    pub fn is_locked(&self, name: &str) -> Result<bool, Unknown> {
        self.read(name, |tree, entry, now| {
            policy::is_locked(entry, &policy::of(tree, entry), now)
        })
    }

    /// Sets a password, whatever the policy says.
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), Unknown> {
        self.change(name, |tree, guid, now| {
            tree.set_password(guid, password, now);
        })
    }

    /// Makes the person change the password at the next logon.
    pub fn must_change(&self, name: &str) -> Result<(), Unknown> {
        self.put(name, "pwdLastSet", Some("0"))
    }

    /// Makes the password older.
    pub fn age_password(&self, name: &str, age: SignedDuration) -> Result<(), Unknown> {
        self.change(name, |tree, guid, now| tree.age_password(guid, age, now))
    }

    /// Locks the account, as wrong passwords do.
    pub fn lock(&self, name: &str) -> Result<(), Unknown> {
        self.change(name, Tree::lock)
    }

    /// Ends a lockout.
    pub fn unlock(&self, name: &str) -> Result<(), Unknown> {
        self.change(name, Tree::unlock)
    }

    /// Disables the account, or enables it again.
    pub fn disable(&self, name: &str, disabled: bool) -> Result<(), Unknown> {
        self.change(name, |tree, guid, now| {
            tree.put_disabled(guid, disabled, now);
        })
    }

    /// Sets or clears bits of userAccountControl.
    pub fn put_flag(&self, name: &str, bits: u32, on: bool) -> Result<(), Unknown> {
        self.change(name, |tree, guid, now| tree.put_flag(guid, bits, on, now))
    }

    /// Lets the account expire that long from now; negative: it has.
    pub fn expire_in(&self, name: &str, span: SignedDuration) -> Result<(), Unknown> {
        self.change(name, |tree, guid, now| {
            if let Some(entry) = tree.entry_mut(guid) {
                entry.put_filetime("accountExpires", Some(now + span));
            }
        })
    }

    /// Replaces an attribute by one text, `None` removes it. Works for the domain's head too.
    pub fn put(&self, name: &str, attribute: &str, text: Option<&str>) -> Result<(), Unknown> {
        self.change(name, |tree, guid, now| {
            tree.put_text(guid, attribute, text, now);
        })
    }

    /// Puts an account or group into a group.
    pub fn join(&self, member: &str, group: &str) -> Result<(), Unknown> {
        let group = self.guid(group)?;
        self.change(member, |tree, guid, now| tree.join(guid, group, now))
    }

    /// Takes an account or group out of a group.
    pub fn leave(&self, member: &str, group: &str) -> Result<(), Unknown> {
        let group = self.guid(group)?;
        self.change(member, |tree, guid, now| tree.leave(guid, group, now))
    }

    /// Makes a group the primary one.
    pub fn put_primary_group(&self, name: &str, group: &str) -> Result<(), Unknown> {
        let group = self.guid(group)?;
        self.change(name, |tree, guid, now| {
            tree.put_primary_group(guid, group, now);
        })
    }

    /// Moves an object below another one, named by DN.
    pub fn move_to(&self, name: &str, parent: &str) -> Result<(), Unknown> {
        let above = self.guid(parent)?;
        let cn = self.read(name, |_, entry, _| entry.name.clone())?;
        self.rename_to(name, &cn, above)
    }

    /// Gives an object another CN.
    pub fn rename(&self, name: &str, cn: &str) -> Result<(), Unknown> {
        let above = self
            .read(name, |_, entry, _| entry.parent)?
            .ok_or_else(|| unknown(name))?;
        self.rename_to(name, cn, above)
    }

    /// Deletes an object.
    pub fn delete(&self, name: &str) -> Result<(), Unknown> {
        self.change(name, |tree, guid, _| tree.delete(guid))
    }

    /// Makes an account below `parent`, named by DN; its display name is its CN.
    pub fn add_account(
        &self,
        parent: &str,
        sam: &str,
        cn: &str,
        password: &str,
    ) -> Result<ObjectGuid, Unknown> {
        let parent = self.guid(parent)?;
        let now = self.shared.clock.now();
        let mut tree = self.shared.tree_mut();
        let new = NewEntry {
            class: Class::User,
            parent,
            name: cn,
            sam,
            sid: None,
            owner: None,
        };
        let guid = tree.add(&new, now).ok_or_else(|| unknown(cn))?;
        super::founding::fill_account(&mut tree, guid, policy::flag::NORMAL, now);
        tree.put_text(guid, "displayName", Some(cn), now);
        tree.set_password(guid, password, now);
        Ok(guid)
    }

    /// Adds access entries in SDDL to an object; `SID` in them stands for `trustee`.
    pub fn add_access(&self, object: &str, sddl: &str, trustee: &str) -> Result<(), Unknown> {
        let sid = self.sid(trustee)?;
        self.change(object, |tree, guid, _| {
            tree.add_access(guid, sddl, Some(&sid));
        })
    }

    /// Takes all own access entries of `trustee` off an object.
    pub fn remove_access(&self, object: &str, trustee: &str) -> Result<(), Unknown> {
        let sid = self.sid(trustee)?;
        self.change(object, |tree, guid, _| tree.remove_access(guid, &sid))
    }

    /// Runs `SDProp`, which takes inherited rights off members of protected groups.
    pub fn protect_administrators(&self) {
        let now = self.shared.clock.now();
        self.shared.tree_mut().protect_administrators(now);
    }

    pub(super) fn read<T>(
        &self,
        name: &str,
        look: impl FnOnce(&Tree, &Entry, Timestamp) -> T,
    ) -> Result<T, Unknown> {
        let tree = self.shared.tree();
        let entry = find(&tree, name).ok_or_else(|| unknown(name))?;
        Ok(look(&tree, entry, self.shared.clock.now()))
    }

    pub(super) fn change(
        &self,
        name: &str,
        change: impl FnOnce(&mut Tree, ObjectGuid, Timestamp),
    ) -> Result<(), Unknown> {
        let mut tree = self.shared.tree_mut();
        let guid = find(&tree, name).ok_or_else(|| unknown(name))?.guid;
        change(&mut tree, guid, self.shared.clock.now());
        Ok(())
    }

    fn rename_to(&self, name: &str, cn: &str, parent: ObjectGuid) -> Result<(), Unknown> {
        let mut tree = self.shared.tree_mut();
        let guid = find(&tree, name).ok_or_else(|| unknown(name))?.guid;
        if tree.rename(guid, cn, parent) {
            Ok(())
        } else {
            Err(unknown(cn))
        }
    }
}

fn find<'t>(tree: &'t Tree, name: &str) -> Option<&'t Entry> {
    tree.by_sam(name).or_else(|| attributes::named(tree, name))
}

fn unknown(name: &str) -> Unknown {
    Unknown {
        name: name.to_owned(),
    }
}
