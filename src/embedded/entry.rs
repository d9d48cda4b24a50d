//! One object: its identity, its values, its password and what replication would know of it.
//! Values that depend on other objects or on the reader are made in `attributes.rs`.

use super::rule_list::RuleList;
use super::schema::{self, Class};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use crate::domain::time::Filetime;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::collections::VecDeque;

/// A stored value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Bytes(Vec<u8>),
    /// Another object, wherever it moves.
    Link(ObjectGuid),
}

/// What `DS_REPL_ATTR_META_DATA` says of one attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub version: u32,
    pub changed: Timestamp,
    pub usn: u64,
}

/// A password as this directory keeps it: never as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PasswordHash([u8; 32]);

impl PasswordHash {
    /// The hash of `password` for the account `guid`.
    pub(super) fn of(guid: ObjectGuid, password: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(guid.as_bytes());
        hasher.update(password.as_bytes());
        Self(hasher.finalize().into())
    }
}

/// The longest password history that the directory keeps.
const HISTORY: usize = 24;

/// An object of the directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub guid: ObjectGuid,
    pub sid: Option<Sid>,
    pub class: Class,
    pub parent: Option<ObjectGuid>,
    /// The value of the first RDN, unescaped.
    pub name: String,
    /// distinguishedName as it is shown.
    pub dn: Dn,
    /// Head of a naming context of its own: searches from above stop here.
    pub context_head: bool,
    /// Access rules set on the object itself.
    pub rules: RuleList,
    /// Who may always change the rules.
    pub owner: Sid,
    /// The primary group of the descriptor, which means nothing here.
    pub group: Sid,
    /// Takes over none of the parent's access rules (`D:P`).
    pub blocks_inheritance: bool,
    pub created: Timestamp,
    pub changed: Timestamp,
    pub usn_created: u64,
    pub usn_changed: u64,
    pub password: Option<PasswordHash>,
    /// Earlier passwords, the newest first.
    pub history: VecDeque<PasswordHash>,
    pub versions: BTreeMap<u32, Stamp>,
    values: BTreeMap<&'static str, Vec<Value>>,
}

/// What is needed to make an object.
pub(super) struct Identity {
    pub guid: ObjectGuid,
    pub sid: Option<Sid>,
    pub class: Class,
    pub parent: Option<ObjectGuid>,
    pub name: String,
    pub dn: Dn,
    /// Owner and group of the descriptor.
    pub owner: Sid,
}

impl Entry {
    /// A new object without values.
    pub(super) fn new(identity: Identity, now: Timestamp, usn: u64) -> Self {
        let Identity {
            guid,
            sid,
            class,
            parent,
            name,
            dn,
            owner,
        } = identity;
        Self {
            guid,
            sid,
            class,
            parent,
            name,
            dn,
            context_head: class.is_context(),
            rules: RuleList::default(),
            group: owner.clone(),
            owner,
            blocks_inheritance: false,
            created: now,
            changed: now,
            usn_created: usn,
            usn_changed: usn,
            password: None,
            history: VecDeque::new(),
            versions: BTreeMap::new(),
            values: BTreeMap::new(),
        }
    }

    /// The stored values of an attribute, named as in the schema.
    pub(super) fn values(&self, name: &str) -> &[Value] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// The stored attributes.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &'static str> {
        self.values.keys().copied()
    }

    /// The first value as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.values(name).first() {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The first value as a number; 0 where there is none.
    pub(super) fn integer(&self, name: &str) -> i64 {
        self.text(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    /// The first value as bits, as `userAccountControl` has them.
    pub(super) fn bits(&self, name: &str) -> u32 {
        u32::try_from(self.integer(name) & 0xFFFF_FFFF).unwrap_or(0)
    }

    /// The first value as a point in time.
    pub(super) fn filetime(&self, name: &str) -> Option<Timestamp> {
        Filetime(self.integer(name)).timestamp()
    }

    /// The values of sIDHistory.
    pub(super) fn sid_history(&self) -> Vec<Sid> {
        let values = self.values("sIDHistory").iter();
        values
            .filter_map(|value| match value {
                Value::Bytes(bytes) => Sid::try_from(bytes.as_slice()).ok(),
                _ => None,
            })
            .collect()
    }

    /// sAMAccountName, or the empty text.
    pub(super) fn sam(&self) -> &str {
        self.text("sAMAccountName").unwrap_or_default()
    }

    /// Replaces all values of an attribute; none removes it. Unknown names are left alone.
    pub(super) fn put(&mut self, name: &str, values: Vec<Value>) {
        let Some(attribute) = schema::attribute(name) else {
            return;
        };
        if values.is_empty() {
            self.values.remove(attribute.name);
        } else {
            self.values.insert(attribute.name, values);
        }
    }

    /// Adds one value to an attribute.
    pub(super) fn push(&mut self, name: &str, value: Value) {
        if let Some(attribute) = schema::attribute(name) {
            self.values.entry(attribute.name).or_default().push(value);
        }
    }

    /// Replaces an attribute by one text.
    pub(super) fn put_text(&mut self, name: &str, text: impl Into<String>) {
        self.put(name, vec![Value::Text(text.into())]);
    }

    /// Replaces an attribute by one number.
    pub(super) fn put_integer(&mut self, name: &str, number: i64) {
        self.put_text(name, number.to_string());
    }

    /// Replaces an attribute by a point in time; `None` is written as 0.
    pub(super) fn put_filetime(&mut self, name: &str, time: Option<Timestamp>) {
        self.put_integer(
            name,
            time.map_or(0, |time| Filetime::from_timestamp(time).0),
        );
    }

    /// Notes that a replicated attribute was changed.
    pub(super) fn touch(&mut self, attid: u32, now: Timestamp, usn: u64) {
        self.changed = now;
        self.usn_changed = usn;
        if attid != 0 {
            let version = self.versions.get(&attid).map_or(0, |known| known.version);
            let next = Stamp {
                version: version.saturating_add(1),
                changed: now,
                usn,
            };
            self.versions.insert(attid, next);
        }
    }

    /// Sets the password; the old one goes into the history.
    pub(super) fn put_password(&mut self, hash: PasswordHash) {
        if let Some(old) = self.password.replace(hash) {
            self.history.push_front(old);
            self.history.truncate(HISTORY);
        }
    }
}
