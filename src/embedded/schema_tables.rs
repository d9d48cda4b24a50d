//! What the schema says of attributes, classes and extended rights, read from the tables beside this
//! file once. The numbers are those of MS-ADA1 to MS-ADA3, MS-ADSC and MS-ADTS 5.1.3.2.1.

use crate::domain::security_descriptor::RightGuid;
use std::collections::HashMap;
use std::sync::LazyLock;

const ATTRIBUTES: &str = include_str!("schema_attributes.txt");
const CLASSES: &str = include_str!("schema_classes.txt");
const RIGHTS: &str = include_str!("extended_rights.txt");

/// An `attributeSchema`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttributeRow {
    /// lDAPDisplayName.
    pub name: &'static str,
    pub cn: &'static str,
    /// schemaIDGUID.
    pub guid: RightGuid,
    /// attributeSecurityGUID: the property set.
    pub set: Option<RightGuid>,
    /// attributeID.
    pub oid: &'static str,
    /// systemOnly, `TRUE` or `FALSE`.
    pub system_only: &'static str,
    pub system_flags: &'static str,
    pub search_flags: &'static str,
    /// Empty: no link.
    pub link: &'static str,
}

/// A `classSchema`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClassRow {
    /// lDAPDisplayName.
    pub name: &'static str,
    pub cn: &'static str,
    /// schemaIDGUID.
    pub guid: RightGuid,
    /// governsID.
    pub oid: &'static str,
    pub system_only: &'static str,
    /// defaultSecurityDescriptor in SDDL; empty: none.
    pub access: &'static str,
}

/// A `controlAccessRight`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RightRow {
    pub cn: &'static str,
    pub display: &'static str,
    /// rightsGuid.
    pub guid: RightGuid,
    /// validAccesses.
    pub accesses: &'static str,
}

static ATTRIBUTE_ROWS: LazyLock<HashMap<&'static str, AttributeRow>> = LazyLock::new(|| {
    let rows = ATTRIBUTES.lines().filter_map(attribute_row);
    rows.map(|row| (row.name, row)).collect()
});

static CLASS_ROWS: LazyLock<HashMap<&'static str, ClassRow>> = LazyLock::new(|| {
    let rows = CLASSES.lines().filter_map(class_row);
    rows.map(|row| (row.name, row)).collect()
});

/// The attribute of exactly this name.
pub(super) fn attribute(name: &str) -> Option<&'static AttributeRow> {
    ATTRIBUTE_ROWS.get(name)
}

/// The class of exactly this name.
pub(super) fn class(name: &str) -> Option<&'static ClassRow> {
    CLASS_ROWS.get(name)
}

/// All attributes, by name.
pub(super) fn attributes() -> impl Iterator<Item = &'static AttributeRow> {
    let names = ATTRIBUTES.lines().filter_map(|line| line.split('|').next());
    names.filter_map(attribute)
}

/// All classes, by name.
pub(super) fn classes() -> impl Iterator<Item = &'static ClassRow> {
    let names = CLASSES.lines().filter_map(|line| line.split('|').next());
    names.filter_map(class)
}

/// All extended rights, by name.
pub(super) fn rights() -> impl Iterator<Item = RightRow> {
    RIGHTS.lines().filter_map(right_row)
}

fn attribute_row(line: &'static str) -> Option<AttributeRow> {
    let mut fields = line.split('|');
    Some(AttributeRow {
        name: fields.next()?,
        cn: fields.next()?,
        guid: fields.next()?.parse().ok()?,
        set: fields.next()?.parse().ok(),
        oid: fields.next()?,
        system_only: fields.next()?,
        system_flags: fields.next()?,
        search_flags: fields.next()?,
        link: fields.next()?,
    })
}

fn class_row(line: &'static str) -> Option<ClassRow> {
    let mut fields = line.split('|');
    Some(ClassRow {
        name: fields.next()?,
        cn: fields.next()?,
        guid: fields.next()?.parse().ok()?,
        oid: fields.next()?,
        system_only: fields.next()?,
        access: fields.next()?,
    })
}

fn right_row(line: &'static str) -> Option<RightRow> {
    let mut fields = line.split('|');
    Some(RightRow {
        cn: fields.next()?,
        display: fields.next()?,
        guid: fields.next()?.parse().ok()?,
        accesses: fields.next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;
    use crate::domain::security_descriptor::sddl;

    #[test]
    fn every_line_of_the_tables_is_read_and_no_name_stands_twice() {
        assert_eq!(ATTRIBUTE_ROWS.len(), ATTRIBUTES.lines().count());
        assert_eq!(CLASS_ROWS.len(), CLASSES.lines().count());
        assert_eq!(rights().count(), RIGHTS.lines().count());
    }

    #[test]
    fn every_attribute_and_class_of_this_directory_is_in_the_schema() {
        for known in schema::all() {
            assert!(attribute(known.name).is_some(), "{}", known.name);
        }
        for class in schema::Class::ALL {
            let chain = class.chain();
            assert!(
                chain.iter().all(|name| self::class(name).is_some()),
                "{chain:?}"
            );
            let category = self::class(chain.last().unwrap()).unwrap().cn;
            let shared = class.category() == "Person";
            assert!(
                shared || category == class.category(),
                "{chain:?}: {category}"
            );
        }
    }

    #[test]
    fn every_default_descriptor_makes_sense() {
        let domain = "S-1-5-21-1-2-3".parse().unwrap();
        for class in classes().filter(|class| !class.access.is_empty()) {
            let read = sddl::rules(class.access, &domain).unwrap();
            assert_eq!(
                read.len(),
                class.access.matches('(').count(),
                "{}",
                class.name
            );
        }
    }

    #[test]
    fn identifiers_are_those_of_the_specifications() {
        let guid = |name: &str| attribute(name).unwrap().guid.to_string();
        assert_eq!(guid("pwdLastSet"), "bf967a0a-0de6-11d0-a285-00aa003049e2");
        assert_eq!(guid("lockoutTime"), "28630ebf-41d5-11d1-a9c1-0000f80367c1");
        assert_eq!(guid("member"), "bf9679c0-0de6-11d0-a285-00aa003049e2");
        assert_eq!(guid("gPLink"), RightGuid::GP_LINK.to_string());
        let set = attribute("member").unwrap().set.unwrap();
        assert!(rights().any(|right| right.guid == set && right.display == "Group Membership"));
        let reset = "00299570-246d-11d0-a768-00aa006e0529".parse().unwrap();
        let reset = rights().find(|right| right.guid == reset).unwrap();
        assert_eq!((reset.display, reset.accesses), ("Reset Password", "256"));
    }
}
