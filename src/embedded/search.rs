//! The search operation: base, scope, filter, rights, limits and pages.

use super::access::{self, Token};
use super::answer::{LdapCode, Refusal};
use super::attributes::{self, Reader};
use super::entry::Entry;
use super::filter::{Candidates, pinned};
use super::schema::{self, Attribute};
use super::tree::Tree;
use crate::domain::identity::{Dn, ObjectGuid};
use jiff::Timestamp;
use ldap3_proto::proto::{
    LdapPartialAttribute, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope,
};

/// Objects in one answer without paging (`MaxPageSize` of AD's default query policy).
pub(super) const MOST: usize = 1_000;

/// The objects that a search finds, in the order of the directory, all of them.
///
/// # Errors
/// The base is not there (32), lies in another domain (10), or is no DN (34).
pub(super) fn find(
    tree: &Tree,
    token: &Token,
    request: &LdapSearchRequest,
    now: Timestamp,
) -> Result<Vec<ObjectGuid>, Refusal> {
    let base = attributes::named(tree, &request.base)
        .filter(|base| access::may_read(tree, base, token))
        .ok_or_else(|| missing(tree, &request.base))?;
    let candidates = Candidates { tree, now };
    let fits = |entry: &&Entry| {
        candidates.matches(&request.filter, entry) == Some(true)
            && access::may_read(tree, entry, token)
    };
    let mut found = in_scope(tree, base, request);
    found.retain(fits);
    Ok(found.into_iter().map(|entry| entry.guid).collect())
}

/// The objects that the scope takes in, or the only one of them that the filter can be true for.
fn in_scope<'t>(tree: &'t Tree, base: &'t Entry, request: &LdapSearchRequest) -> Vec<&'t Entry> {
    match request.scope {
        LdapSearchScope::Base => vec![base],
        LdapSearchScope::OneLevel => {
            let mut found: Vec<_> = children(tree, base).collect();
            found.reverse();
            found
        }
        LdapSearchScope::Subtree | LdapSearchScope::Children => {
            let with_base = request.scope == LdapSearchScope::Subtree;
            if let Some(guids) = pinned(tree, &request.filter) {
                let only = guids.into_iter().filter_map(|guid| tree.entry(guid));
                let below =
                    |entry: &&Entry| entry.dn.is_below(&base.dn) && !crosses(tree, entry, base);
                let itself = |entry: &&Entry| with_base && entry.guid == base.guid;
                return only.filter(|entry| itself(entry) || below(entry)).collect();
            }
            let mut found = Vec::new();
            let mut open = vec![base];
            while let Some(entry) = open.pop() {
                if with_base || entry.guid != base.guid {
                    found.push(entry);
                }
                open.extend(children(tree, entry));
            }
            found
        }
    }
}

/// Whether a naming context begins between an object and the base above it.
fn crosses(tree: &Tree, entry: &Entry, base: &Entry) -> bool {
    let mut at = Some(entry);
    while let Some(entry) = at.filter(|entry| entry.guid != base.guid) {
        if entry.context_head {
            return true;
        }
        at = entry.parent.and_then(|parent| tree.entry(parent));
    }
    false
}

/// The objects straight below, the last one first.
fn children<'t>(tree: &'t Tree, entry: &Entry) -> impl Iterator<Item = &'t Entry> {
    tree.children(entry.guid)
        .iter()
        .rev()
        .filter_map(|guid| tree.entry(*guid))
        .filter(|child| !child.context_head)
}

/// The continuation references that a search below the head of the domain brings with it
/// (MS-ADTS 3.1.1.3.1.3.1): other naming contexts, not for the client to follow.
pub(super) fn references(tree: &Tree, request: &LdapSearchRequest) -> Vec<String> {
    let head = &tree.names.head;
    let is_head = request.base.parse::<Dn>().is_ok_and(|base| base == *head);
    if !is_head || request.scope == LdapSearchScope::Base {
        return Vec::new();
    }
    let dns = &tree.names.dns;
    vec![
        format!("ldap://ForestDnsZones.{dns}/DC=ForestDnsZones,{head}"),
        format!("ldap://DomainDnsZones.{dns}/DC=DomainDnsZones,{head}"),
        format!("ldap://{dns}/CN=Configuration,{head}"),
    ]
}

/// One object as an answer.
pub(super) fn answer(
    reader: &Reader<'_>,
    entry: &Entry,
    request: &LdapSearchRequest,
) -> LdapSearchResultEntry {
    let asked = &request.attrs;
    let everything = asked.is_empty() || asked.iter().any(|name| name == "*");
    let mut wanted: Vec<&'static Attribute> = Vec::new();
    if everything {
        wanted.extend(reader.ordinary());
    }
    for attribute in asked.iter().filter_map(|name| schema::attribute(name)) {
        if !wanted.contains(&attribute) {
            wanted.push(attribute);
        }
    }
    let attributes = wanted.into_iter().filter_map(|attribute| {
        let values = reader.values(entry, attribute);
        let vals = if request.typesonly {
            Vec::new()
        } else {
            values.clone()
        };
        (!values.is_empty()).then(|| LdapPartialAttribute {
            atype: attribute.name.to_owned(),
            vals,
        })
    });
    LdapSearchResultEntry {
        dn: entry.dn.to_string(),
        attributes: attributes.collect(),
    }
}

/// Why a name leads nowhere: no DN, in another domain, or not there.
pub(super) fn missing(tree: &Tree, name: &str) -> Refusal {
    if name.is_empty() || name.starts_with('<') {
        return Refusal::no_such_object("");
    }
    let Ok(dn) = name.parse::<Dn>() else {
        return Refusal::bad_name(name);
    };
    let head = &tree.names.head;
    if !dn.is_below(head) {
        return elsewhere(&dn);
    }
    let mut above = dn.parent();
    while let Some(dn) = above {
        if let Some(entry) = tree.by_dn(&dn) {
            return Refusal::no_such_object(entry.dn.as_str());
        }
        above = dn.parent();
    }
    Refusal::no_such_object(head.as_str())
}

/// A referral to the domain that the DN's `DC=` parts name; without any there is no such object.
fn elsewhere(dn: &Dn) -> Refusal {
    let mut labels = Vec::new();
    let mut next = Some(dn.clone());
    while let Some(dn) = next {
        let kind = dn.as_str().split('=').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("DC") {
            labels.push(dn.common_name().to_owned());
        }
        next = dn.parent();
    }
    if labels.is_empty() {
        return Refusal::no_such_object("");
    }
    Refusal::referral(&labels.join("."), dn.as_str())
}

/// The result of a search that found more than may be answered at once.
pub(super) fn too_many() -> Refusal {
    Refusal::new(LdapCode::SizeLimitExceeded, "")
}

/// How many objects the request may be answered with at once.
pub(super) fn limit(request: &LdapSearchRequest) -> usize {
    let asked = usize::try_from(request.sizelimit).unwrap_or(0);
    if asked == 0 { MOST } else { asked.min(MOST) }
}

/// Whether an attribute was asked for by name.
pub(super) fn asks_for(request: &LdapSearchRequest, attribute: &str) -> bool {
    request
        .attrs
        .iter()
        .any(|name| name.eq_ignore_ascii_case(attribute))
}
