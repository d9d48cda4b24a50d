//! The values of an object as a reader sees them: stored ones, names, links in both directions and
//! everything that Active Directory computes at the read (MS-ADTS 3.1.1.4.5).

use super::access::{self, Token};
use super::entry::{Entry, Value};
use super::policy::{self, flag};
use super::schema::{self, Attribute, Class, Kind};
use super::tree::Tree;
use super::{metadata, security_descriptor};
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::security_descriptor::Rights;
use crate::domain::time::Filetime;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Who reads, when, and how.
pub(super) struct Reader<'t> {
    pub tree: &'t Tree,
    pub token: &'t Token,
    pub now: Timestamp,
    /// A base-scope search: `tokenGroups` exists only there.
    pub base_scope: bool,
    /// Parts of the security descriptor that the `SD_FLAGS` control asks for; `None` without it.
    pub sd_flags: Option<u32>,
    descriptors: RefCell<HashMap<Alike, Vec<u8>>>,
}

/// What a descriptor is made from: objects that have all of it in common have the same one.
#[derive(PartialEq, Eq, Hash)]
struct Alike {
    /// Where the list lies; it does not change while somebody reads.
    rules: usize,
    /// `None`: takes over nothing.
    parent: Option<ObjectGuid>,
    class: Class,
    owner: Sid,
    group: Sid,
    parts: u32,
}

impl<'t> Reader<'t> {
    /// Somebody who reads at this time.
    pub(super) fn new(tree: &'t Tree, token: &'t Token, now: Timestamp) -> Self {
        Self {
            tree,
            token,
            now,
            base_scope: false,
            sd_flags: None,
            descriptors: RefCell::default(),
        }
    }

    /// The values of one attribute; none where it is absent or not to be seen.
    pub(super) fn values(&self, entry: &Entry, attribute: &Attribute) -> Vec<Vec<u8>> {
        if access::is_hidden(entry, self.token, attribute) {
            return Vec::new();
        }
        match attribute.name {
            "objectGUID" => vec![entry.guid.as_bytes().to_vec()],
            "objectSid" => entry.sid.iter().map(Sid::to_bytes).collect(),
            "tokenGroups" if self.base_scope && entry.class.is_principal() => self
                .tree
                .all_groups(entry)
                .iter()
                .map(Sid::to_bytes)
                .collect(),
            "nTSecurityDescriptor" => self
                .sd_flags
                .map(|parts| self.descriptor(entry, parts))
                .into_iter()
                .collect(),
            "replPropertyMetaData" => vec![metadata::encode(entry)],
            "allowedAttributesEffective" => self.writable(entry),
            "sDRightsEffective" => vec![self.descriptor_rights(entry).to_string().into_bytes()],
            _ if attribute.kind == Kind::Secret => Vec::new(),
            _ => match entry.values(attribute.name).first() {
                Some(Value::Bytes(_)) => bytes(entry.values(attribute.name)),
                _ => texts(self.tree, entry, attribute, self.now)
                    .into_iter()
                    .map(String::into_bytes)
                    .collect(),
            },
        }
    }

    /// What `*` stands for: everything that is stored, and the reverse links.
    pub(super) fn ordinary(&self) -> impl Iterator<Item = &'static Attribute> {
        let with_descriptor = self.sd_flags.is_some();
        schema::all().filter(move |attribute| match attribute.kind {
            Kind::Stored | Kind::System => true,
            Kind::Constructed => {
                matches!(attribute.name, "memberOf" | "directReports")
                    || (with_descriptor && attribute.name == "nTSecurityDescriptor")
            }
            Kind::Secret => false,
        })
    }

    /// The descriptor of an object. Most objects of a page have the same one as others there.
    fn descriptor(&self, entry: &Entry, parts: u32) -> Vec<u8> {
        let alike = Alike {
            rules: Arc::as_ptr(&entry.rules).addr(),
            parent: entry.parent.filter(|_| !entry.blocks_inheritance),
            class: entry.class,
            owner: entry.owner.clone(),
            group: entry.group.clone(),
            parts,
        };
        let mut known = self.descriptors.borrow_mut();
        let made = || security_descriptor::encode(self.tree, entry, parts);
        known.entry(alike).or_insert_with(made).clone()
    }

    fn writable(&self, entry: &Entry) -> Vec<Vec<u8>> {
        let found = access::descriptor(self.tree, entry);
        schema::writable()
            .filter(|attribute| access::may_write(&found, entry, self.token, attribute))
            .map(|attribute| attribute.name.as_bytes().to_vec())
            .collect()
    }

    /// OWNER and GROUP (3) with `WRITE_OWNER`, DACL (4) with `WRITE_DAC` (MS-ADTS 3.1.1.4.5.4).
    fn descriptor_rights(&self, entry: &Entry) -> u32 {
        let found = access::descriptor(self.tree, entry);
        let holds = |right| access::may(&found, entry, self.token, right, &[]);
        let owner = if holds(Rights::WRITE_OWNER) { 3 } else { 0 };
        owner | if holds(Rights::WRITE_DACL) { 4 } else { 0 }
    }
}

/// The values of an attribute as text; what filters compare.
pub(super) fn texts(
    tree: &Tree,
    entry: &Entry,
    attribute: &Attribute,
    now: Timestamp,
) -> Vec<String> {
    let one = |text: String| vec![text];
    let named = |class: bool| {
        if class {
            vec![entry.name.clone()]
        } else {
            Vec::new()
        }
    };
    match attribute.name {
        "objectClass" => entry
            .class
            .chain()
            .iter()
            .map(|&name| name.to_owned())
            .collect(),
        "objectCategory" => one(category(tree, entry)),
        "distinguishedName" => one(entry.dn.to_string()),
        "name" => one(entry.name.clone()),
        "cn" => named(entry.class.rdn_attribute() == "CN"),
        "ou" => named(entry.class == Class::OrganizationalUnit),
        "dc" => named(entry.class == Class::Domain),
        "objectGUID" => one(entry.guid.to_string()),
        "objectSid" => entry.sid.iter().map(ToString::to_string).collect(),
        "instanceType" => one(if entry.context_head { "5" } else { "4" }.to_owned()),
        "whenCreated" => one(generalized_time(entry.created)),
        "whenChanged" => one(generalized_time(entry.changed)),
        "uSNCreated" => one(entry.usn_created.to_string()),
        "uSNChanged" => one(entry.usn_changed.to_string()),
        "memberOf" => dns(tree, tree.groups_of(entry.guid)),
        "directReports" => dns(tree, tree.linking(entry.guid, "manager")),
        "primaryGroupToken" if entry.class == Class::Group => entry
            .sid
            .as_ref()
            .and_then(Sid::rid)
            .map(|rid| rid.to_string())
            .into_iter()
            .collect(),
        "msDS-User-Account-Control-Computed" if entry.class.is_account() => {
            one(computed_flags(tree, entry, now).to_string())
        }
        "msDS-UserPasswordExpiryTimeComputed" if entry.class.is_account() => {
            one(policy::password_expiry(entry, &policy::of(tree, entry)).to_string())
        }
        "msDS-ResultantPSO" if entry.class.is_account() => policy::resultant_pso(tree, entry)
            .map(|pso| pso.dn.to_string())
            .into_iter()
            .collect(),
        name => entry
            .values(name)
            .iter()
            .filter_map(|value| shown(tree, value))
            .collect(),
    }
}

/// The object that a text names: a DN, `<GUID=…>` or `<SID=…>` (MS-ADTS 3.1.1.3.1.2.4).
pub(super) fn named<'t>(tree: &'t Tree, text: &str) -> Option<&'t Entry> {
    let inner = text
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'));
    match inner.and_then(|inner| inner.split_once('=')) {
        Some((kind, value)) if kind.eq_ignore_ascii_case("GUID") => tree.entry(value.parse().ok()?),
        Some((kind, value)) if kind.eq_ignore_ascii_case("SID") => {
            tree.by_sid(&value.parse().ok()?)
        }
        Some(_) => None,
        None => tree.by_dn(&text.parse().ok()?),
    }
}

/// `UF_LOCKOUT` and `UF_PASSWORD_EXPIRED` as they are now (MS-ADTS 3.1.1.4.5.17).
fn computed_flags(tree: &Tree, entry: &Entry, now: Timestamp) -> u32 {
    let policy = policy::of(tree, entry);
    let mut flags = 0;
    if policy::is_locked(entry, &policy, now) {
        flags |= flag::LOCKOUT;
    }
    if policy::password_expiry(entry, &policy) <= Filetime::from_timestamp(now).0 {
        flags |= flag::PASSWORD_EXPIRED;
    }
    flags
}

fn category(tree: &Tree, entry: &Entry) -> String {
    let schema = tree
        .names
        .head
        .child("CN", "Configuration")
        .and_then(|dn| dn.child("CN", "Schema"))
        .and_then(|dn| dn.child("CN", entry.class.category()));
    schema.map(|dn| dn.to_string()).unwrap_or_default()
}

fn dns(tree: &Tree, guids: impl Iterator<Item = ObjectGuid>) -> Vec<String> {
    guids
        .filter_map(|guid| tree.entry(guid))
        .map(|entry| entry.dn.to_string())
        .collect()
}

fn shown(tree: &Tree, value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::Link(guid) => tree.entry(*guid).map(|entry| entry.dn.to_string()),
    }
}

fn bytes(values: &[Value]) -> Vec<Vec<u8>> {
    values
        .iter()
        .filter_map(|value| match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        })
        .collect()
}

/// `20260131120000.0Z` (RFC 4517 3.3.13, as AD writes it).
pub(super) fn generalized_time(time: Timestamp) -> String {
    time.strftime("%Y%m%d%H%M%S.0Z").to_string()
}
