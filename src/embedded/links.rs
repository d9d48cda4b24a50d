//! Links between objects: values that name another object by its GUID, wherever it moves.

use super::entry::{Entry, Value};
use super::schema::{self, Syntax};
use crate::domain::identity::ObjectGuid;

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
