//! What an administrator does to accounts and groups, without a look at rights: used to fill a
//! directory and, through `admin.rs`, by tests.

use super::access;
use super::entry::{Entry, PasswordHash};
use super::policy::flag;
use super::rule_list::{self, Rule, RuleList};
use super::schema;
use super::tree::Tree;
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::security_descriptor::RightGuid;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

impl Tree {
    /// Sets a password, as new as `now`.
    pub(super) fn set_password(&mut self, guid: ObjectGuid, password: &str, now: Timestamp) {
        let usn = self.next_usn();
        if let Some(entry) = self.entry_mut(guid) {
            entry.put_password(PasswordHash::of(guid, password));
            entry.put_filetime("pwdLastSet", Some(now));
            entry.touch(schema::UNICODE_PWD, now, usn);
        }
        self.touch(guid, "pwdLastSet", now);
    }

    /// Replaces an attribute by one text; `None` removes it.
    pub(super) fn put_text(
        &mut self,
        guid: ObjectGuid,
        name: &str,
        text: Option<&str>,
        now: Timestamp,
    ) {
        self.put_value(guid, name, text);
        self.touch(guid, name, now);
    }

    /// Sets or clears bits of userAccountControl.
    pub(super) fn put_flag(&mut self, guid: ObjectGuid, bits: u32, on: bool, now: Timestamp) {
        let known = self
            .entry(guid)
            .map_or(0, |entry| entry.bits("userAccountControl"));
        let changed = if on { known | bits } else { known & !bits };
        self.put_text(guid, "userAccountControl", Some(&changed.to_string()), now);
    }

    /// Locks an account since `now`, as wrong passwords would have done it.
    pub(super) fn lock(&mut self, guid: ObjectGuid, now: Timestamp) {
        let threshold = self
            .entry(guid)
            .map_or(0, |entry| super::policy::of(self, entry).lockout_threshold);
        if let Some(entry) = self.entry_mut(guid) {
            entry.put_filetime("lockoutTime", Some(now));
            entry.put_filetime("badPasswordTime", Some(now));
            entry.put_integer("badPwdCount", threshold);
        }
        self.touch(guid, "lockoutTime", now);
    }

    /// Ends a lockout and starts the count anew.
    pub(super) fn unlock(&mut self, guid: ObjectGuid, now: Timestamp) {
        if let Some(entry) = self.entry_mut(guid) {
            entry.put_integer("lockoutTime", 0);
            entry.put_integer("badPwdCount", 0);
        }
        self.touch(guid, "lockoutTime", now);
    }

    /// Makes the password as old as this.
    pub(super) fn age_password(&mut self, guid: ObjectGuid, age: SignedDuration, now: Timestamp) {
        if let Some(entry) = self.entry_mut(guid) {
            entry.put_filetime("pwdLastSet", Some(now - age));
        }
    }

    /// Puts an object into a group.
    pub(super) fn join(&mut self, member: ObjectGuid, group: ObjectGuid, now: Timestamp) {
        if self.link(group, "member", member) {
            self.touch(group, "member", now);
        }
    }

    /// Takes an object out of a group.
    pub(super) fn leave(&mut self, member: ObjectGuid, group: ObjectGuid, now: Timestamp) {
        if self.unlink(group, "member", member) {
            self.touch(group, "member", now);
        }
    }

    /// Makes a group the primary one of an account.
    pub(super) fn put_primary_group(
        &mut self,
        guid: ObjectGuid,
        group: ObjectGuid,
        now: Timestamp,
    ) {
        let rid = self
            .entry(group)
            .and_then(|group| group.sid.as_ref())
            .and_then(Sid::rid);
        if let Some(rid) = rid {
            self.leave(guid, group, now);
            self.put_text(guid, "primaryGroupID", Some(&rid.to_string()), now);
        }
    }

    /// Makes the old primary group an ordinary one, and the new one no member link any more.
    pub(super) fn swap_primary_group(
        &mut self,
        guid: ObjectGuid,
        old: ObjectGuid,
        new: ObjectGuid,
    ) {
        self.unlink(new, "member", guid);
        self.link(old, "member", guid);
    }

    /// Adds access entries in SDDL, where `SID` stands for `trustee`.
    pub(super) fn add_access(&mut self, guid: ObjectGuid, sddl: &str, trustee: Option<&Sid>) {
        let aces = access::from_sddl(sddl, &self.names.sid, trustee);
        if let Some(entry) = self.entry_mut(guid) {
            rule_list::insert(&mut entry.rules, aces, &entry.owner);
        }
    }

    /// Takes all access entries of one trustee off an object.
    pub(super) fn remove_access(&mut self, guid: ObjectGuid, trustee: &Sid) {
        if let Some(entry) = self.entry_mut(guid) {
            let theirs = |rule: &Rule| rule.meaning().is_some_and(|ace| ace.trustee == *trustee);
            Arc::make_mut(&mut entry.rules).retain(|rule| !theirs(rule));
        }
    }

    /// "User cannot change password": two deny entries, for the person and for everybody.
    pub(super) fn forbid_change(&mut self, guid: ObjectGuid) {
        let change = RightGuid::CHANGE_PASSWORD;
        let sddl = format!("(OD;;CR;{change};;PS)(OD;;CR;{change};;WD)");
        self.add_access(guid, &sddl, None);
    }

    /// Inherits nothing any more, and keeps only what administrators and readers need.
    pub(super) fn isolate(&mut self, guid: ObjectGuid) {
        if let Some(entry) = self.entry_mut(guid) {
            entry.blocks_inheritance = true;
            entry.rules = RuleList::default();
        }
        self.add_access(guid, "(A;;GA;;;SY)(A;;GA;;;DA)(A;;RPLCLORC;;;AU)", None);
    }

    /// What `SDProp` does every hour on Windows: members of protected groups, nested and primary
    /// ones too, lose inherited access entries and get `adminCount` 1 (MS-ADTS 3.1.1.6.1).
    pub(super) fn protect_administrators(&mut self, now: Timestamp) {
        let protected: Vec<Sid> = PROTECTED_RIDS
            .iter()
            .filter_map(|rid| self.names.sid.with_rid(*rid))
            .chain(PROTECTED_ALIASES.iter().filter_map(|sid| sid.parse().ok()))
            .collect();
        let is_protected = |entry: &&Entry| {
            let own = entry
                .sid
                .as_ref()
                .is_some_and(|sid| protected.contains(sid));
            let mut groups = self.all_groups(entry).into_iter();
            entry.class.is_principal() && (own || groups.any(|sid| protected.contains(&sid)))
        };
        let found = self.entries().filter(is_protected);
        let found: Vec<ObjectGuid> = found.map(|entry| entry.guid).collect();
        let holder = self.admin_sd_holder().map(|entry| Arc::clone(&entry.rules));
        for guid in found {
            self.isolate(guid);
            if let (Some(rules), Some(entry)) = (&holder, self.entry_mut(guid)) {
                entry.rules = Arc::clone(rules);
            }
            self.put_text(guid, "adminCount", Some("1"), now);
        }
    }

    /// `CN=AdminSDHolder,CN=System`, whose rules members of protected groups get.
    fn admin_sd_holder(&self) -> Option<&Entry> {
        let system = self.names.head.child("CN", "System").ok()?;
        self.by_dn(&system.child("CN", "AdminSDHolder").ok()?)
    }

    /// Sets ACCOUNTDISABLE or clears it.
    pub(super) fn put_disabled(&mut self, guid: ObjectGuid, disabled: bool, now: Timestamp) {
        self.put_flag(guid, flag::DISABLED, disabled, now);
    }

    /// The members of a group, but for those who have it as their primary one.
    #[cfg(test)]
    pub(super) fn members(&self, group: ObjectGuid) -> Vec<ObjectGuid> {
        let members = self.entry(group).map(|entry| entry.values("member"));
        members.map(super::links::links).unwrap_or_default()
    }

    /// Notes that a replicated attribute of an object was written.
    pub(super) fn touch(&mut self, guid: ObjectGuid, name: &str, now: Timestamp) {
        let usn = self.next_usn();
        let attid = schema::attribute(name).map_or(0, |attribute| attribute.attid);
        if let Some(entry) = self.entry_mut(guid) {
            entry.touch(attid, now, usn);
        }
    }
}

/// Domain Admins, Domain Controllers, Schema Admins, Enterprise Admins, RODCs, Key Admins.
const PROTECTED_RIDS: [u32; 7] = [512, 516, 518, 519, 521, 526, 527];
/// Administrators, Account, Server, Print and Backup Operators, Replicator.
const PROTECTED_ALIASES: [&str; 6] = [
    "S-1-5-32-544",
    "S-1-5-32-548",
    "S-1-5-32-549",
    "S-1-5-32-550",
    "S-1-5-32-551",
    "S-1-5-32-552",
];
