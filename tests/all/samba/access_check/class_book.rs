//! What objects of a class can hold, and what can be made below them, from the schema.

use super::ask::{Entry, everything};
use crate::support::ldap::Ldap;
use keyward::domain::security_descriptor::RightGuid;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

/// The schema.
pub struct ClassBook {
    /// Attributes that can be written at all, with their GUID and property set.
    attributes: HashMap<String, Vec<RightGuid>>,
    classes: HashMap<String, Class>,
    shapes: Mutex<HashMap<Vec<String>, Arc<Shape>>>,
}

struct Class {
    guid: RightGuid,
    /// Superior and auxiliary classes.
    related: Vec<String>,
    attributes: Vec<String>,
    /// Classes of objects that may be below.
    inferiors: Vec<String>,
}

/// What an object with these values of objectClass can hold.
pub struct Shape {
    /// Attributes with their path in the tree of types, most special first (MS-ADTS 5.1.3.3.3).
    pub attributes: BTreeMap<String, Vec<RightGuid>>,
    /// Classes of objects below.
    pub children: BTreeMap<String, RightGuid>,
}

impl ClassBook {
    pub async fn read(admin: &mut Ldap, schema: &str) -> Self {
        let attributes = everything(
            admin,
            schema,
            "(objectClass=attributeSchema)",
            &[
                "lDAPDisplayName",
                "schemaIDGUID",
                "attributeSecurityGUID",
                "systemFlags",
                "systemOnly",
                "linkID",
            ],
        )
        .await;
        let classes = everything(
            admin,
            schema,
            "(objectClass=classSchema)",
            &[&NAMES[..], &HOLDS, &RELATED, &["possibleInferiors"]].concat(),
        )
        .await;
        Self {
            attributes: attributes.iter().filter_map(writable).collect(),
            classes: classes.iter().map(class).collect(),
            shapes: Mutex::default(),
        }
    }

    pub fn knows(&self, class: &str) -> bool {
        self.classes.contains_key(class)
    }

    pub fn shape(&self, classes: &[String]) -> Arc<Shape> {
        let mut shapes = self.shapes.lock().unwrap();
        let shape = shapes
            .entry(classes.to_vec())
            .or_insert_with(|| Arc::new(self.make(classes)));
        Arc::clone(shape)
    }

    fn make(&self, classes: &[String]) -> Shape {
        let mut all = BTreeSet::new();
        let mut open = classes.to_vec();
        while let Some(class) = open.pop() {
            if all.insert(class.clone()) {
                open.extend(self.classes[&class].related.iter().cloned());
            }
        }
        let own = self.classes[classes.last().expect("a class")].guid;
        let held = all.iter().flat_map(|class| &self.classes[class].attributes);
        let path = |name: &String| {
            let mut path = self.attributes.get(name)?.clone();
            path.push(own);
            Some((name.clone(), path))
        };
        let below = classes
            .iter()
            .flat_map(|class| &self.classes[class].inferiors);
        Shape {
            attributes: held.filter_map(path).collect(),
            children: below
                .map(|name| (name.clone(), self.classes[name].guid))
                .collect(),
        }
    }
}

const NAMES: [&str; 2] = ["lDAPDisplayName", "schemaIDGUID"];
const HOLDS: [&str; 4] = [
    "mustContain",
    "mayContain",
    "systemMustContain",
    "systemMayContain",
];
const RELATED: [&str; 3] = ["subClassOf", "auxiliaryClass", "systemAuxiliaryClass"];

/// Left out, as the DC does: what it computes itself (`FLAG_ATTR_IS_CONSTRUCTED`), what only it may write
/// (`systemOnly`), and back links, which follow their forward link (odd `linkID`); MS-ADTS 3.1.1.4.5.7.
fn writable(entry: &Entry) -> Option<(String, Vec<RightGuid>)> {
    let number = |name| {
        entry
            .texts(name)
            .first()
            .map_or(0, |text| text.parse::<i64>().unwrap())
    };
    let system_only = entry.texts("systemOnly") == ["TRUE"];
    if number("systemFlags") & 4 != 0 || system_only || number("linkID") % 2 != 0 {
        return None;
    }
    let guids = [
        entry.first("schemaIDGUID"),
        entry.first("attributeSecurityGUID"),
    ];
    let path = guids.into_iter().flatten().map(guid);
    Some((entry.texts("lDAPDisplayName").remove(0), path.collect()))
}

fn class(entry: &Entry) -> (String, Class) {
    let texts = |names: &[&str]| names.iter().flat_map(|name| entry.texts(name)).collect();
    let class = Class {
        guid: guid(entry.first("schemaIDGUID").unwrap()),
        related: texts(&RELATED),
        attributes: texts(&HOLDS),
        inferiors: texts(&["possibleInferiors"]),
    };
    (entry.texts("lDAPDisplayName").remove(0), class)
}

fn guid(bytes: &[u8]) -> RightGuid {
    RightGuid::from_wire(bytes.try_into().unwrap())
}
