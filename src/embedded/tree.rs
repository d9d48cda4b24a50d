//! All objects, found by GUID, name or SID, with their links in both directions. It keeps the
//! directory whole; who may do what is decided elsewhere.

use super::access;
use super::entry::{Entry, Identity, Value};
use super::links::{Backlinks, drop_links, linked, links};
use super::name_index::NameIndex;
use super::rule_list::{self, RuleList};
use super::schema::Class;
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// The names of the domain.
#[derive(Debug, Clone)]
pub(super) struct DomainNames {
    /// DNS name, lower case.
    pub dns: String,
    /// NetBIOS name.
    pub netbios: String,
    /// DN of the head of the domain.
    pub head: Dn,
    /// The domain's SID.
    pub sid: Sid,
}

/// The directory's content.
pub(super) struct Tree {
    pub names: DomainNames,
    entries: HashMap<ObjectGuid, Entry>,
    children: HashMap<ObjectGuid, Vec<ObjectGuid>>,
    by_dn: HashMap<Dn, ObjectGuid>,
    by_sid: HashMap<Sid, ObjectGuid>,
    names_of: NameIndex,
    backlinks: Backlinks,
    policies: BTreeSet<ObjectGuid>,
    /// The rights of a new object of each class, shared by all that were made by administrators.
    defaults: HashMap<Class, RuleList>,
    head: ObjectGuid,
    usn: u64,
    next_rid: u32,
    made: u64,
}

/// What a new object is made from.
pub(super) struct NewEntry<'a> {
    pub class: Class,
    pub parent: ObjectGuid,
    pub name: &'a str,
    /// sAMAccountName; principals only.
    pub sam: &'a str,
    /// A fixed RID or SID; else the next free RID.
    pub sid: Option<Sid>,
    /// Who made it; `None`: the administrators of the domain.
    pub owner: Option<Sid>,
}

/// RIDs below this belong to the system.
const FIRST_RID: u32 = 1_103;

impl Tree {
    /// A domain with its head and configuration, and nothing else.
    pub(super) fn new(names: DomainNames, now: Timestamp) -> Self {
        let mut tree = Self {
            entries: HashMap::new(),
            children: HashMap::new(),
            by_dn: HashMap::new(),
            by_sid: HashMap::new(),
            names_of: NameIndex::default(),
            backlinks: Backlinks::default(),
            policies: BTreeSet::new(),
            defaults: HashMap::new(),
            head: ObjectGuid::from([0; 16]),
            usn: 4_000,
            next_rid: FIRST_RID,
            made: 0,
            names,
        };
        let (dn, sid) = (tree.names.head.clone(), tree.names.sid.clone());
        let label = tree
            .names
            .dns
            .split('.')
            .next()
            .unwrap_or_default()
            .to_owned();
        let guid = tree.next_guid();
        tree.head = guid;
        let owner = Sid::builtin(544);
        tree.insert(
            Identity {
                guid,
                sid: Some(sid),
                class: Class::Domain,
                parent: None,
                name: label,
                dn,
                owner,
            },
            now,
        );
        tree
    }

    /// The head of the domain.
    pub(super) fn head(&self) -> ObjectGuid {
        self.head
    }

    /// The object with this GUID.
    pub(super) fn entry(&self, guid: ObjectGuid) -> Option<&Entry> {
        self.entries.get(&guid)
    }

    /// The object with this GUID, to be changed; links are changed by [`Tree::set_links`] only.
    pub(super) fn entry_mut(&mut self, guid: ObjectGuid) -> Option<&mut Entry> {
        self.entries.get_mut(&guid)
    }

    /// All objects.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The objects straight below this one.
    pub(super) fn children(&self, guid: ObjectGuid) -> &[ObjectGuid] {
        self.children.get(&guid).map_or(&[], Vec::as_slice)
    }

    /// The object with this name.
    pub(super) fn by_dn(&self, dn: &Dn) -> Option<&Entry> {
        self.by_dn.get(dn).and_then(|guid| self.entry(*guid))
    }

    /// The object with this SID.
    pub(super) fn by_sid(&self, sid: &Sid) -> Option<&Entry> {
        self.by_sid.get(sid).and_then(|guid| self.entry(*guid))
    }

    /// The account or group with this sAMAccountName.
    pub(super) fn by_sam(&self, sam: &str) -> Option<&Entry> {
        let wanted = sam.to_lowercase();
        let mut found = self.by_name("sAMAccountName", sam);
        // A search does not mind accents, an account's name does.
        found.find(|entry| entry.sam().to_lowercase() == wanted)
    }

    /// The accounts whose `attribute`, one of those in [`NameIndex`], has this value.
    pub(super) fn by_name(&self, attribute: &str, value: &str) -> impl Iterator<Item = &Entry> {
        let found = self.names_of.find(attribute, value);
        found.filter_map(|guid| self.entry(guid))
    }

    /// The fine-grained password policies.
    pub(super) fn fine_grained_policies(&self) -> impl Iterator<Item = &Entry> {
        self.policies.iter().filter_map(|guid| self.entry(*guid))
    }

    /// Domain Admins.
    pub(super) fn admins(&self) -> Sid {
        let domain = &self.names.sid;
        domain.with_rid(512).unwrap_or_else(|| domain.clone())
    }

    /// The objects that name this one in a link attribute.
    pub(super) fn linking<'t>(
        &'t self,
        guid: ObjectGuid,
        attribute: &'t str,
    ) -> impl Iterator<Item = ObjectGuid> + 't {
        self.backlinks.sources(guid, attribute)
    }

    /// The groups that hold this object directly, without the primary group.
    pub(super) fn groups_of(&self, guid: ObjectGuid) -> impl Iterator<Item = ObjectGuid> {
        self.backlinks.sources(guid, "member")
    }

    /// All groups of an object, nested and primary ones too: what `tokenGroups` lists.
    pub(super) fn all_groups(&self, entry: &Entry) -> Vec<Sid> {
        let mut seen = HashSet::new();
        let mut sids = Vec::new();
        let primary = entry.bits("primaryGroupID");
        let primary = self.names.sid.with_rid(primary);
        let primary = primary
            .and_then(|sid| self.by_sid(&sid))
            .map(|group| group.guid);
        let mut open: Vec<_> = self.groups_of(entry.guid).chain(primary).collect();
        while let Some(guid) = open.pop() {
            if !seen.insert(guid) {
                continue;
            }
            open.extend(self.groups_of(guid));
            sids.extend(self.entry(guid).and_then(|group| group.sid.clone()));
        }
        sids
    }

    /// The next update sequence number.
    pub(super) fn next_usn(&mut self) -> u64 {
        self.usn = self.usn.saturating_add(1);
        self.usn
    }

    /// The highest update sequence number so far.
    pub(super) fn highest_usn(&self) -> u64 {
        self.usn
    }

    /// Makes an object below an existing one. `None` where the parent is gone or the name taken.
    pub(super) fn add(&mut self, new: &NewEntry<'_>, now: Timestamp) -> Option<ObjectGuid> {
        let dn = self
            .entry(new.parent)?
            .dn
            .child(new.class.rdn_attribute(), new.name)
            .ok()?;
        if self.by_dn.contains_key(&dn) {
            return None;
        }
        let sid = match &new.sid {
            Some(sid) => Some(sid.clone()),
            None if new.class.is_principal() => self.next_sid(),
            None => None,
        };
        let guid = self.next_guid();
        let identity = Identity {
            guid,
            sid,
            class: new.class,
            parent: Some(new.parent),
            name: new.name.to_owned(),
            dn,
            owner: new.owner.clone().unwrap_or_else(|| self.admins()),
        };
        self.insert(identity, now);
        self.put_default_access(guid);
        if new.class.is_principal() {
            self.entry_mut(guid)?.put_text("sAMAccountName", new.sam);
            self.names_of
                .put("sAMAccountName", guid, None, Some(new.sam));
        }
        Some(guid)
    }

    /// Gives an object the rights of a new one of its class (`defaultSecurityDescriptor`).
    pub(super) fn put_default_access(&mut self, guid: ObjectGuid) {
        let Some(entry) = self.entries.get(&guid) else {
            return;
        };
        let (class, owner) = (entry.class, entry.owner.clone());
        let shared = owner == self.admins();
        let known = self.defaults.get(&class).filter(|_| shared).cloned();
        let rules = known.unwrap_or_else(|| {
            let aces = access::from_sddl(class.default_access(), &self.names.sid, None);
            let mut rules = RuleList::default();
            rule_list::insert(&mut rules, aces, &owner);
            rules
        });
        if shared {
            self.defaults.insert(class, Arc::clone(&rules));
        }
        if let Some(entry) = self.entry_mut(guid) {
            entry.rules = rules;
            entry.blocks_inheritance = class.default_access().starts_with("D:P");
        }
    }

    /// Replaces the links of an object, and with them the reverse direction.
    pub(super) fn set_links(&mut self, guid: ObjectGuid, name: &str, targets: &[ObjectGuid]) {
        let Some(entry) = self.entries.get_mut(&guid) else {
            return;
        };
        let before = links(entry.values(name));
        entry.put(name, targets.iter().copied().map(Value::Link).collect());
        self.backlinks.change(guid, name, &before, targets);
    }

    /// Adds one link to an object; false where it is there.
    pub(super) fn link(&mut self, guid: ObjectGuid, name: &str, target: ObjectGuid) -> bool {
        let Some(entry) = self.entries.get_mut(&guid) else {
            return false;
        };
        if !self.backlinks.add(guid, name, target) {
            return false;
        }
        entry.push(name, Value::Link(target));
        true
    }

    /// Takes one link off an object; false where it is not there.
    pub(super) fn unlink(&mut self, guid: ObjectGuid, name: &str, target: ObjectGuid) -> bool {
        let mut targets = self
            .entry(guid)
            .map_or(Vec::new(), |entry| links(entry.values(name)));
        let before = targets.len();
        targets.retain(|known| *known != target);
        let found = targets.len() != before;
        if found {
            self.set_links(guid, name, &targets);
        }
        found
    }

    /// Puts a changed copy of an object in the place of the object, links and names included.
    pub(super) fn replace(&mut self, changed: Entry) {
        let guid = changed.guid;
        let Some(old) = self.entries.insert(guid, changed) else {
            return;
        };
        let Some(new) = self.entries.get(&guid) else {
            return;
        };
        self.names_of.change(&old, new);
        for name in linked(&old).chain(linked(new)) {
            let (before, after) = (links(old.values(name)), links(new.values(name)));
            if before != after {
                self.backlinks.change(guid, name, &before, &after);
            }
        }
    }

    /// Replaces an attribute by one text; `None` removes it.
    pub(super) fn put_value(&mut self, guid: ObjectGuid, name: &str, text: Option<&str>) {
        let Some(entry) = self.entries.get_mut(&guid) else {
            return;
        };
        let before = entry.text(name).map(str::to_owned);
        match text {
            Some(text) => entry.put_text(name, text),
            None => entry.put(name, Vec::new()),
        }
        self.names_of.put(name, guid, before.as_deref(), text);
    }

    /// Moves or renames an object; everything below moves with it. False where that cannot be.
    pub(super) fn rename(&mut self, guid: ObjectGuid, name: &str, parent: ObjectGuid) -> bool {
        let (Some(entry), Some(above)) = (self.entry(guid), self.entry(parent)) else {
            return false;
        };
        let Ok(dn) = above.dn.child(entry.class.rdn_attribute(), name) else {
            return false;
        };
        if self.by_dn.get(&dn).is_some_and(|other| *other != guid) {
            return false;
        }
        let old_parent = entry.parent;
        if let Some(siblings) = old_parent.and_then(|old| self.children.get_mut(&old)) {
            siblings.retain(|child| *child != guid);
        }
        self.children.entry(parent).or_default().push(guid);
        if let Some(entry) = self.entry_mut(guid) {
            name.clone_into(&mut entry.name);
        }
        self.settle_names(guid, &dn, Some(parent));
        true
    }

    /// Takes an object away, with everything below and every link to it.
    pub(super) fn delete(&mut self, guid: ObjectGuid) {
        for child in self.children.remove(&guid).unwrap_or_default() {
            self.delete(child);
        }
        let Some(gone) = self.entries.remove(&guid) else {
            return;
        };
        self.by_dn.remove(&gone.dn);
        self.policies.remove(&guid);
        self.names_of.remove(&gone);
        if let Some(sid) = &gone.sid {
            self.by_sid.remove(sid);
        }
        if let Some(siblings) = gone
            .parent
            .and_then(|parent| self.children.get_mut(&parent))
        {
            siblings.retain(|child| *child != guid);
        }
        for name in linked(&gone) {
            self.backlinks
                .change(guid, name, &links(gone.values(name)), &[]);
        }
        for (_, source) in self.backlinks.forget(guid) {
            if let Some(entry) = self.entries.get_mut(&source) {
                drop_links(entry, guid);
            }
        }
    }

    fn insert(&mut self, identity: Identity, now: Timestamp) {
        let usn = self.next_usn();
        let (guid, parent) = (identity.guid, identity.parent);
        self.by_dn.insert(identity.dn.clone(), guid);
        if let Some(sid) = &identity.sid {
            self.by_sid.insert(sid.clone(), guid);
        }
        if identity.class == Class::PasswordSettings {
            self.policies.insert(guid);
        }
        if let Some(parent) = parent {
            self.children.entry(parent).or_default().push(guid);
        }
        self.entries.insert(guid, Entry::new(identity, now, usn));
    }

    /// Writes the new DN of an object and of everything below it.
    fn settle_names(&mut self, guid: ObjectGuid, dn: &Dn, parent: Option<ObjectGuid>) {
        if let Some(old) = self.entries.get(&guid) {
            self.by_dn.remove(&old.dn);
        }
        self.by_dn.insert(dn.clone(), guid);
        if let Some(entry) = self.entry_mut(guid) {
            entry.dn.clone_from(dn);
            entry.parent = parent;
        }
        for child in self.children(guid).to_vec() {
            let below = self
                .entry(child)
                .map(|entry| dn.child(entry.class.rdn_attribute(), &entry.name));
            if let Some(Ok(below)) = below {
                self.settle_names(child, &below, Some(guid));
            }
        }
    }

    fn next_sid(&mut self) -> Option<Sid> {
        let rid = self.next_rid;
        self.next_rid = rid.saturating_add(1);
        self.names.sid.with_rid(rid)
    }

    /// GUIDs are counted, not drawn: the same content has the same GUIDs at each start.
    fn next_guid(&mut self) -> ObjectGuid {
        self.made = self.made.saturating_add(1);
        let mut hasher = Sha256::new();
        hasher.update(self.names.dns.as_bytes());
        hasher.update(self.made.to_le_bytes());
        let digest: [u8; 32] = hasher.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
        ObjectGuid::from(bytes)
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
