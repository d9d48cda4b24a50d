//! Accounts and groups by their names, as searches compare them: what binds, searches and new
//! accounts ask for, also where there are a hundred thousand.

use super::entry::Entry;
use super::folding::fold;
use crate::domain::identity::ObjectGuid;
use std::collections::{BTreeSet, HashMap};

/// The names by which objects are found.
#[derive(Debug, Default)]
pub(super) struct NameIndex(HashMap<(&'static str, String), BTreeSet<ObjectGuid>>);

/// The attributes that are looked up.
const INDEXED: [&str; 2] = ["sAMAccountName", "userPrincipalName"];

impl NameIndex {
    /// The objects of this name.
    pub(super) fn find(&self, attribute: &str, value: &str) -> impl Iterator<Item = ObjectGuid> {
        let found = indexed(attribute).and_then(|name| self.0.get(&(name, fold(value))));
        found.into_iter().flatten().copied()
    }

    /// Notes that a value of an object became another one.
    pub(super) fn put(
        &mut self,
        attribute: &str,
        guid: ObjectGuid,
        before: Option<&str>,
        after: Option<&str>,
    ) {
        let Some(attribute) = indexed(attribute) else {
            return;
        };
        if let Some(before) = before {
            let key = (attribute, fold(before));
            if let Some(known) = self.0.get_mut(&key) {
                known.remove(&guid);
                if known.is_empty() {
                    self.0.remove(&key);
                }
            }
        }
        if let Some(after) = after {
            let key = (attribute, fold(after));
            self.0.entry(key).or_default().insert(guid);
        }
    }

    /// Notes that an object became another one.
    pub(super) fn change(&mut self, before: &Entry, after: &Entry) {
        for attribute in INDEXED {
            let (before, now) = (before.text(attribute), after.text(attribute));
            if before != now {
                self.put(attribute, after.guid, before, now);
            }
        }
    }

    /// Forgets an object.
    pub(super) fn remove(&mut self, gone: &Entry) {
        for attribute in INDEXED {
            self.put(attribute, gone.guid, gone.text(attribute), None);
        }
    }
}

fn indexed(attribute: &str) -> Option<&'static str> {
    INDEXED.into_iter().find(|name| *name == attribute)
}
