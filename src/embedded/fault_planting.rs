//! More of the administrator's hand: rights too many and too few, owners, flags and memberships, as
//! tests plant them. Objects go by sAMAccountName or DN, as everywhere in `admin.rs`.

#![allow(
    clippy::missing_errors_doc,
    reason = "all of them fail alike: nobody has that name, or a new one is taken"
)]

use super::access;
use super::admin::{Admin, Unknown, unknown};
use super::entry::Value;
use super::rule_list::{self, RuleList};
use super::schema::Class;
use super::security_descriptor::{self, DACL, GROUP, OWNER, Written};
use super::tree::NewEntry;
use crate::domain::identity::{ObjectGuid, Sid};

impl Admin {
    /// The descriptor with owner, group and rules, as a read of everything shows it.
    pub fn descriptor(&self, name: &str) -> Result<Vec<u8>, Unknown> {
        self.read(name, |tree, entry, _| {
            security_descriptor::encode(tree, entry, OWNER | GROUP | DACL)
        })
    }

    /// Writes owner, group and rules as a modify would, whoever may; what makes no sense fails.
    pub fn put_descriptor(&self, name: &str, bytes: &[u8]) -> Result<(), Unknown> {
        let written = Written::read(bytes).map_err(|_| unknown(name))?;
        let parts = written.parts();
        self.change(name, |tree, guid, now| {
            if let Some(entry) = tree.entry_mut(guid) {
                // All parts are there.
                let _done: Result<(), _> = written.apply(entry, parts);
            }
            tree.touch(guid, "nTSecurityDescriptor", now);
        })
    }

    /// Replaces the object's own rules by these in SDDL; `SID` in them stands for `trustee`.
    pub fn put_access(&self, name: &str, sddl: &str, trustee: &str) -> Result<(), Unknown> {
        let sid = self.sid(trustee)?;
        self.change(name, |tree, guid, now| {
            let rules = access::from_sddl(sddl, &tree.names.sid, Some(&sid));
            if let Some(entry) = tree.entry_mut(guid) {
                entry.rules = RuleList::default();
                rule_list::insert(&mut entry.rules, rules, &entry.owner);
            }
            tree.touch(guid, "nTSecurityDescriptor", now);
        })
    }

    /// Makes `owner` the owner.
    pub fn put_owner(&self, name: &str, owner: &str) -> Result<(), Unknown> {
        let sid = self.sid(owner)?;
        self.change(name, |tree, guid, now| {
            if let Some(entry) = tree.entry_mut(guid) {
                entry.owner = sid;
            }
            tree.touch(guid, "nTSecurityDescriptor", now);
        })
    }

    /// Blocks the inheritance of rules, without keeping inherited ones, or allows it again.
    pub fn block_inheritance(&self, name: &str, blocks: bool) -> Result<(), Unknown> {
        self.change(name, |tree, guid, now| {
            if let Some(entry) = tree.entry_mut(guid) {
                entry.blocks_inheritance = blocks;
            }
            tree.touch(guid, "nTSecurityDescriptor", now);
        })
    }

    /// Replaces an attribute by these texts, such as several servicePrincipalName; none removes it.
    pub fn put_texts(&self, name: &str, attribute: &str, texts: &[&str]) -> Result<(), Unknown> {
        let values = texts.iter().map(|&text| Value::Text(text.to_owned()));
        self.put_values(name, attribute, values.collect())
    }

    /// Replaces an attribute by these bytes, such as msDS-AllowedToActOnBehalfOfOtherIdentity.
    pub fn put_bytes(&self, name: &str, attribute: &str, bytes: &[&[u8]]) -> Result<(), Unknown> {
        let values = bytes.iter().map(|&bytes| Value::Bytes(bytes.to_vec()));
        self.put_values(name, attribute, values.collect())
    }

    /// Replaces sIDHistory.
    pub fn put_sid_history(&self, name: &str, sids: &[Sid]) -> Result<(), Unknown> {
        let values = sids.iter().map(|sid| Value::Bytes(sid.to_bytes()));
        self.put_values(name, "sIDHistory", values.collect())
    }

    /// Makes an OU below `parent`, named by DN.
    pub fn add_ou(&self, parent: &str, name: &str) -> Result<ObjectGuid, Unknown> {
        self.add_object(Class::OrganizationalUnit, parent, name)
    }

    /// Makes a global security group below `parent`, named by DN; it is called alike in both ways.
    pub fn add_group(&self, parent: &str, name: &str) -> Result<ObjectGuid, Unknown> {
        let guid = self.add_object(Class::Group, parent, name)?;
        self.put(name, "groupType", Some("-2147483646"))?;
        self.put(name, "sAMAccountType", Some("268435456"))?;
        Ok(guid)
    }

    fn put_values(&self, name: &str, attribute: &str, values: Vec<Value>) -> Result<(), Unknown> {
        self.change(name, |tree, guid, now| {
            if let Some(entry) = tree.entry_mut(guid) {
                entry.put(attribute, values);
            }
            tree.touch(guid, attribute, now);
        })
    }

    fn add_object(&self, class: Class, parent: &str, name: &str) -> Result<ObjectGuid, Unknown> {
        let parent = self.guid(parent)?;
        let mut made = None;
        self.change_tree(|tree, now| {
            let new = NewEntry {
                class,
                parent,
                name,
                sam: name,
                sid: None,
                owner: None,
            };
            made = tree.add(&new, now);
        });
        made.ok_or_else(|| unknown(name))
    }
}
