//! The delete and modify-DN operations (MS-ADTS 3.1.1.5.5 and 3.1.1.5.4).

use super::access;
use super::add::{may_create, parent_of, rdn_kind};
use super::answer::Refusal;
use super::attributes;
use super::entry::Entry;
use super::modify::Writer;
use super::schema;
use super::tree::Tree;
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use crate::domain::security_descriptor::Rights;
use ldap3_proto::proto::LdapModifyDNRequest;

/// RIDs below this belong to the system, and so do the objects that have them.
const FIRST_RID: u32 = 1_000;

/// Deletes an object without anything below it.
///
/// # Errors
/// The result to answer; nothing was deleted then.
pub(super) fn delete(
    tree: &mut Tree,
    dn: &str,
    writer: &Writer<'_>,
) -> Result<ObjectGuid, Refusal> {
    let entry = seen(tree, dn, writer)?;
    let guid = entry.guid;
    may_remove(tree, entry, writer)?;
    if is_of_the_system(tree, entry) {
        return Err(Refusal::unwilling());
    }
    if !tree.children(guid).is_empty() {
        return Err(Refusal::not_a_leaf());
    }
    tree.delete(guid);
    Ok(guid)
}

/// Renames an object, or moves it, or both.
///
/// # Errors
/// The result to answer; nothing was changed then.
pub(super) fn rename(
    tree: &mut Tree,
    request: &LdapModifyDNRequest,
    writer: &Writer<'_>,
) -> Result<ObjectGuid, Refusal> {
    let entry = seen(tree, &request.dn, writer)?;
    let guid = entry.guid;
    let rdn: Dn = request
        .newrdn
        .parse()
        .map_err(|_| Refusal::bad_name(&request.newrdn))?;
    if rdn.parent().is_some() || !rdn_kind(&rdn).eq_ignore_ascii_case(entry.class.rdn_attribute()) {
        return Err(Refusal::naming_violation());
    }
    if entry.context_head || !request.deleteoldrdn {
        return Err(Refusal::unwilling());
    }
    let old_parent = entry.parent.ok_or_else(Refusal::unwilling)?;
    let parent = match request.new_superior.as_deref() {
        Some(above) if !above.is_empty() => {
            let named = above.parse::<Dn>().map_err(|_| Refusal::bad_name(above))?;
            let inside = named == entry.dn || named.is_below(&entry.dn);
            let below = named.child("CN", "x").map_err(|_| Refusal::unwilling())?;
            let parent = parent_of(tree, &below, writer)?;
            if inside {
                return Err(Refusal::unwilling());
            }
            parent
        }
        _ => old_parent,
    };
    may_rename(tree, entry, rdn.common_name(), writer)?;
    if parent != old_parent {
        may_remove(tree, entry, writer)?;
        may_create(tree, parent, entry.class, writer)?;
    }
    if !tree.rename(guid, rdn.common_name(), parent) {
        return Err(Refusal::already_there());
    }
    tree.touch(guid, "name", writer.now);
    Ok(guid)
}

fn seen<'t>(tree: &'t Tree, dn: &str, writer: &Writer<'_>) -> Result<&'t Entry, Refusal> {
    attributes::named(tree, dn)
        .filter(|entry| access::may_read(tree, entry, writer.token))
        .ok_or_else(|| super::search::missing(tree, dn))
}

/// DELETE on the object, or `DELETE_CHILD` for its class on the one above.
fn may_remove(tree: &Tree, entry: &Entry, writer: &Writer<'_>) -> Result<(), Refusal> {
    let own = access::descriptor(tree, entry);
    let mut allowed = access::may(&own, entry, writer.token, Rights::DELETE, &[]);
    if let Some(parent) = entry.parent.and_then(|parent| tree.entry(parent)) {
        let above = access::descriptor(tree, parent);
        let path = [entry.class.guid()];
        allowed |= access::may(&above, parent, writer.token, Rights::DELETE_CHILD, &path);
    }
    if allowed {
        Ok(())
    } else {
        Err(Refusal::access_denied())
    }
}

/// The right to write the attribute of the RDN and `name`, where the name changes.
fn may_rename(tree: &Tree, entry: &Entry, name: &str, writer: &Writer<'_>) -> Result<(), Refusal> {
    if name == entry.name {
        return Ok(());
    }
    let own = access::descriptor(tree, entry);
    let names = [entry.class.rdn_attribute(), "name"];
    let mut attributes = names.iter().filter_map(|name| schema::attribute(name));
    if attributes.all(|attribute| access::may_write(&own, entry, writer.token, attribute)) {
        Ok(())
    } else {
        Err(Refusal::access_denied())
    }
}

/// Heads of naming contexts, what is straight below them from the start, built-in principals.
fn is_of_the_system(tree: &Tree, entry: &Entry) -> bool {
    const CONTAINERS: [&str; 6] = [
        "Users",
        "Computers",
        "Builtin",
        "System",
        "Domain Controllers",
        "ForeignSecurityPrincipals",
    ];
    let rid = entry.sid.as_ref().and_then(Sid::rid);
    let below_head = entry.parent == Some(tree.head());
    entry.context_head
        || (below_head && CONTAINERS.contains(&entry.name.as_str()))
        || rid.is_some_and(|rid| rid < FIRST_RID)
}
