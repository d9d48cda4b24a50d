//! Links between objects: values that name another object by its GUID, wherever it moves.

use super::entry::{Entry, Value};
use super::schema::{self, Syntax};
use crate::domain::identity::ObjectGuid;
use std::collections::{BTreeSet, HashMap};

/// Links backwards: which objects name one, and in which attribute.
#[derive(Debug, Default)]
pub(super) struct Backlinks(HashMap<ObjectGuid, BTreeSet<(&'static str, ObjectGuid)>>);

impl Backlinks {
    /// The objects that name `target` in `attribute`.
    pub(super) fn sources<'b>(
        &'b self,
        target: ObjectGuid,
        attribute: &'b str,
    ) -> impl Iterator<Item = ObjectGuid> + 'b {
        let all = self.0.get(&target).into_iter().flatten();
        all.filter(move |(name, _)| *name == attribute)
            .map(|(_, source)| *source)
    }

    /// Notes a link; false where it is there already.
    pub(super) fn add(&mut self, source: ObjectGuid, name: &str, target: ObjectGuid) -> bool {
        let Some(attribute) = schema::attribute(name) else {
            return false;
        };
        let links = self.0.entry(target).or_default();
        links.insert((attribute.name, source))
    }

    /// Notes that an object's links changed.
    pub(super) fn change(
        &mut self,
        source: ObjectGuid,
        name: &str,
        before: &[ObjectGuid],
        after: &[ObjectGuid],
    ) {
        let Some(attribute) = schema::attribute(name) else {
            return;
        };
        for gone in before {
            if let Some(links) = self.0.get_mut(gone) {
                links.remove(&(attribute.name, source));
            }
        }
        for target in after {
            self.add(source, attribute.name, *target);
        }
    }

    /// Takes out, and tells, everything that names an object.
    pub(super) fn forget(&mut self, target: ObjectGuid) -> BTreeSet<(&'static str, ObjectGuid)> {
        self.0.remove(&target).unwrap_or_default()
    }
}

/// The link attributes that an object has values of.
pub(super) fn linked(entry: &Entry) -> impl Iterator<Item = &'static str> {
    entry
        .attributes()
        .filter(|name| schema::attribute(name).is_some_and(|a| a.syntax == Syntax::Link))
}

/// The objects that link values name.
pub(super) fn links(values: &[Value]) -> Vec<ObjectGuid> {
    values
        .iter()
        .filter_map(|value| match value {
            Value::Link(guid) => Some(*guid),
            _ => None,
        })
        .collect()
}

/// Takes every link to an object that is gone out of another one.
pub(super) fn drop_links(entry: &mut Entry, gone: ObjectGuid) {
    let gone = Value::Link(gone);
    for name in entry.attributes().collect::<Vec<_>>() {
        let is_link = schema::attribute(name).is_some_and(|a| a.syntax == Syntax::Link);
        if is_link && entry.values(name).contains(&gone) {
            let kept = entry.values(name).iter().filter(|value| **value != gone);
            let kept = kept.cloned().collect();
            entry.put(name, kept);
        }
    }
}
