//! More of the administrator's hand: descriptors, owners and attributes of several values, as tests plant
//! them. Objects go by sAMAccountName or DN, as everywhere in `admin.rs`.

#![allow(
    clippy::missing_errors_doc,
    reason = "all of them fail alike: nobody has that name"
)]

use super::admin::{Admin, Unknown};
use super::entry::Value;
use super::security_descriptor::{self, DACL, GROUP, OWNER};

impl Admin {
    /// The descriptor with owner, group and rules, as a read of everything shows it.
    pub fn descriptor(&self, name: &str) -> Result<Vec<u8>, Unknown> {
        self.read(name, |tree, entry, _| {
            security_descriptor::encode(tree, entry, OWNER | GROUP | DACL)
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

    /// Replaces an attribute by these texts, such as several servicePrincipalName; none removes it.
    pub fn put_texts(&self, name: &str, attribute: &str, texts: &[&str]) -> Result<(), Unknown> {
        let values = texts.iter().map(|&text| Value::Text(text.to_owned()));
        self.put_values(name, attribute, values.collect())
    }

    fn put_values(&self, name: &str, attribute: &str, values: Vec<Value>) -> Result<(), Unknown> {
        self.change(name, |tree, guid, now| {
            if let Some(entry) = tree.entry_mut(guid) {
                entry.put(attribute, values);
            }
            tree.touch(guid, attribute, now);
        })
    }
}
