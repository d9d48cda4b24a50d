//! The parts of the directory's schema that access rules speak of: classes, attributes, property
//! sets and control rights, by GUID (MS-ADTS 3.1.1.2.3, 5.1.3.2.1). Reading it is `directory`'s business.

use super::security_descriptor::RightGuid;
use std::collections::HashMap;

/// The schema, as far as access rules need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// Attributes by `schemaIDGUID`.
    pub attributes: HashMap<RightGuid, Attribute>,
    /// Classes by `schemaIDGUID`.
    pub classes: HashMap<RightGuid, Class>,
    /// Control rights, validated writes and property sets by `rightsGuid`.
    pub rights: HashMap<RightGuid, ExtendedRight>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `lDAPDisplayName`.
    pub name: String,
    /// The property set it belongs to (`attributeSecurityGUID`).
    pub property_set: Option<RightGuid>,
    /// `searchFlags` has fCONFIDENTIAL (128): reading takes a control right too.
    pub confidential: bool,
    /// Nobody writes it: constructed (`systemFlags` 4), a back link, or `systemOnly`.
    pub read_only: bool,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// `lDAPDisplayName`.
    pub name: String,
    /// `defaultSecurityDescriptor`, SDDL.
    pub default_descriptor: Option<String>,
}

/// Something that has a GUID of its own in access rules without being an attribute or a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedRight {
    /// The name for people (`displayName`).
    pub name: String,
    /// `validAccesses`: 0x100 a control right, 0x8 a validated write, 0x30 a property set.
    pub valid_accesses: u32,
}

impl Schema {
    /// The class with this `lDAPDisplayName`, in whatever case.
    pub fn class(&self, name: &str) -> Option<(RightGuid, &Class)> {
        self.classes
            .iter()
            .find(|(_, class)| class.name.eq_ignore_ascii_case(name))
            .map(|(guid, class)| (*guid, class))
    }

    /// What a GUID in a rule is called, whatever it is.
    pub fn name(&self, guid: RightGuid) -> Option<&str> {
        let attribute = self
            .attributes
            .get(&guid)
            .map(|attribute| attribute.name.as_str());
        let class = || self.classes.get(&guid).map(|class| class.name.as_str());
        let right = || self.rights.get(&guid).map(|right| right.name.as_str());
        attribute.or_else(class).or_else(right)
    }
}
