//! The leaves of the tree of types (MS-ADTS 5.1.3.3.2): single attributes, control rights, validated
//! writes and classes of children. A rule for more than one of them is compared leaf by leaf, since
//! many small rules together may give the same.

use crate::domain::schema::{ExtendedRight, Schema};
use crate::domain::security_descriptor::{Ace, RightGuid, Rights};

/// One leaf, and which rights make sense for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The leaf and what it belongs to, most special first; empty: the object as a whole.
    pub path: Vec<RightGuid>,
    /// The rights that make sense.
    pub rights: Rights,
}

/// What a rule without a type gives for the object as a whole.
const WHOLE: Rights = Rights(0x000f_00c4);
/// What a rule with a type can give: deleting and changing rules and owner among it, as where the type
/// is the object's class, or the directory asks for the type along with them, it counts for the object.
const TYPED: Rights = Rights(0x000d_017b);
/// Reading and writing properties.
const PROPERTIES: Rights = Rights(0x0000_0030);
/// Making and deleting children.
const CHILDREN: Rights = Rights(0x0000_0003);

/// Every leaf of the schema.
pub(super) struct Leaves {
    all: Vec<Leaf>,
}

impl Leaves {
    pub fn new(schema: &Schema) -> Self {
        let whole = Leaf {
            path: Vec::new(),
            rights: WHOLE,
        };
        let attributes = schema.attributes.iter().map(|(guid, attribute)| Leaf {
            path: path(schema, *guid),
            rights: if attribute.read_only {
                Rights::READ_PROPERTY
            } else {
                PROPERTIES
            },
        });
        let classes = schema.classes.keys().map(|class| Leaf {
            path: vec![*class],
            rights: CHILDREN,
        });
        let rights = schema.rights.iter().map(|(guid, right)| Leaf {
            path: vec![*guid],
            rights: accesses(right).without(PROPERTIES),
        });
        let all = attributes.chain(classes).chain(rights);
        Self {
            all: std::iter::once(whole).chain(all).collect(),
        }
    }

    /// The leaves that this rule speaks of, with the rights that it speaks of there.
    pub fn of<'a>(&'a self, schema: &'a Schema, rule: &Ace) -> Box<dyn Iterator<Item = Leaf> + 'a> {
        let rights = rule.rights.mapped();
        let narrowed = move |leaf: Leaf| Leaf {
            rights: leaf.rights.intersection(rights),
            ..leaf
        };
        let Some(object) = rule.object else {
            return Box::new(self.all.iter().cloned().map(narrowed));
        };
        let members = schema.attributes.iter();
        let members = members.filter(move |(_, attribute)| attribute.property_set == Some(object));
        let members: Vec<Leaf> = members
            .map(|(attribute, _)| Leaf {
                path: vec![*attribute, object],
                rights: PROPERTIES,
            })
            .collect();
        let own = Leaf {
            path: path(schema, object),
            rights: if members.is_empty() {
                TYPED
            } else {
                TYPED.without(PROPERTIES)
            },
        };
        Box::new(std::iter::once(own).chain(members).map(narrowed))
    }
}

/// A type with the property set that it belongs to.
pub(super) fn path(schema: &Schema, leaf: RightGuid) -> Vec<RightGuid> {
    let attribute = schema.attributes.get(&leaf);
    let set = attribute.and_then(|attribute| attribute.property_set);
    std::iter::once(leaf).chain(set).collect()
}

fn accesses(right: &ExtendedRight) -> Rights {
    Rights(right.valid_accesses)
}
