//! The add operation (MS-ADTS 3.1.1.5.2): an object below one that is there, with the rights of its
//! class, or the descriptor that came with it. All of it or nothing.

use super::access;
use super::answer::{LdapCode, Refusal};
use super::attributes;
use super::entry::Value;
use super::founding::fill_account;
use super::links::links;
use super::modify::{Writer, value};
use super::policy::{self, flag};
use super::schema::{self, Attribute, Class, Kind, Syntax};
use super::security_descriptor::{DACL, GROUP, OWNER, Written};
use super::tree::{NewEntry, Tree};
use super::unicode_pwd::PasswordWrite;
use crate::domain::identity::{Dn, ObjectGuid};
use crate::domain::security_descriptor::Rights;
use ldap3_proto::proto::{LdapAddRequest, LdapPartialAttribute};

/// Attributes that follow from the name and the class, whatever an add says of them.
const IMPLIED: [&str; 7] = [
    "objectClass",
    "objectCategory",
    "instanceType",
    "distinguishedName",
    "cn",
    "ou",
    "name",
];

/// Makes an object.
///
/// # Errors
/// The result to answer; nothing was made then.
pub(super) fn add(
    tree: &mut Tree,
    request: &LdapAddRequest,
    writer: &Writer<'_>,
) -> Result<ObjectGuid, Refusal> {
    let dn: Dn = request
        .dn
        .parse()
        .map_err(|_| Refusal::bad_name(&request.dn))?;
    let class = class_of(&request.attributes)?;
    let parent = parent_of(tree, &dn, writer)?;
    if !dn.has_one_name() || !rdn_kind(&dn).eq_ignore_ascii_case(class.rdn_attribute()) {
        return Err(Refusal::naming_violation());
    }
    if tree.by_dn(&dn).is_some() {
        return Err(Refusal::already_there());
    }
    let wanted = wanted(tree, &request.attributes)?;
    let sam = sam_of(tree, &request.attributes, class)?;
    let administrator = writer.token.is_administrator(tree);
    let owner = (!administrator).then(|| writer.token.sid.clone());
    may_create(tree, parent, class, writer)?;
    let new = NewEntry {
        class,
        parent,
        name: dn.common_name(),
        sam: &sam,
        sid: None,
        owner,
    };
    let guid = tree
        .add(&new, writer.now)
        .ok_or_else(Refusal::already_there)?;
    let filled = fill(tree, guid, wanted, &request.attributes, writer);
    if filled.is_err() {
        tree.delete(guid);
    }
    filled.map(|()| guid)
}

type Wanted = Vec<(&'static Attribute, Vec<Value>)>;

/// The kind of the first RDN, such as `CN`.
pub(super) fn rdn_kind(dn: &Dn) -> &str {
    dn.as_str().split('=').next().unwrap_or_default().trim()
}

/// The most special class that is named, where this directory makes such objects.
fn class_of(given: &[LdapPartialAttribute]) -> Result<Class, Refusal> {
    let values = given
        .iter()
        .filter(|attribute| attribute.atype.eq_ignore_ascii_case("objectClass"))
        .flat_map(|attribute| &attribute.vals);
    let mut named = Vec::new();
    for value in values {
        let name = String::from_utf8_lossy(value);
        if super::schema_tables::classes().all(|known| !known.name.eq_ignore_ascii_case(&name)) {
            return Err(Refusal::class_violation());
        }
        named.extend(Class::named(&name));
    }
    let class = named.into_iter().max_by_key(|class| class.chain().len());
    let class = class.ok_or_else(Refusal::class_violation)?;
    let makes = class.is_principal()
        || matches!(
            class,
            Class::OrganizationalUnit
                | Class::Container
                | Class::Contact
                | Class::GroupPolicyContainer
                | Class::PasswordSettings
        );
    if makes {
        Ok(class)
    } else {
        Err(Refusal::unwilling())
    }
}

/// The object above, where the writer sees it.
pub(super) fn parent_of(tree: &Tree, dn: &Dn, writer: &Writer<'_>) -> Result<ObjectGuid, Refusal> {
    let above = dn.parent().ok_or_else(|| Refusal::no_such_object(""))?;
    let parent = attributes::named(tree, above.as_str())
        .filter(|entry| access::may_read(tree, entry, writer.token));
    parent
        .map(|entry| entry.guid)
        .ok_or_else(|| super::search::missing(tree, above.as_str()))
}

/// Whether the writer may make an object of this class below `parent`.
///
/// # Errors
/// 50 where not.
pub(super) fn may_create(
    tree: &Tree,
    parent: ObjectGuid,
    class: Class,
    writer: &Writer<'_>,
) -> Result<(), Refusal> {
    let parent = tree
        .entry(parent)
        .ok_or_else(|| Refusal::no_such_object(""))?;
    let found = access::descriptor(tree, parent);
    let path = [class.guid()];
    if access::may(&found, parent, writer.token, Rights::CREATE_CHILD, &path) {
        Ok(())
    } else {
        Err(Refusal::access_denied())
    }
}

/// What is to be stored as it was given.
fn wanted(tree: &Tree, given: &[LdapPartialAttribute]) -> Result<Wanted, Refusal> {
    let mut wanted = Vec::new();
    for one in given {
        let attribute =
            schema::attribute(&one.atype).ok_or_else(|| Refusal::unknown_attribute(&one.atype))?;
        let apart = ["unicodePwd", "nTSecurityDescriptor", "sAMAccountName"];
        if IMPLIED.contains(&attribute.name) || apart.contains(&attribute.name) {
            continue;
        }
        if attribute.kind != Kind::Stored {
            return Err(Refusal::unwilling());
        }
        let values = one.vals.iter().map(|bytes| value(tree, attribute, bytes));
        let values: Vec<Value> = values.collect::<Result<_, _>>()?;
        if values.is_empty() {
            return Err(Refusal::new(
                LdapCode::InvalidAttributeSyntax,
                "00000057: no value\0",
            ));
        }
        wanted.push((attribute, values));
    }
    Ok(wanted)
}

/// sAMAccountName as it was given; else one that nobody has, as AD makes it.
fn sam_of(tree: &Tree, given: &[LdapPartialAttribute], class: Class) -> Result<String, Refusal> {
    if !class.is_principal() {
        return Ok(String::new());
    }
    match text_of(given, "sAMAccountName") {
        Some(sam) if tree.by_sam(&sam).is_some() => Err(Refusal::already_there()),
        Some(sam) if sam.is_empty() => Err(Refusal::unwilling()),
        Some(sam) => Ok(sam),
        None => Ok(format!(
            "${:06X}-{:012X}",
            tree.highest_usn(),
            tree.highest_usn()
        )),
    }
}

fn given_values<'g>(given: &'g [LdapPartialAttribute], name: &str) -> Option<&'g [Vec<u8>]> {
    let mut found = given
        .iter()
        .filter(|attribute| attribute.atype.eq_ignore_ascii_case(name));
    found.next().map(|attribute| attribute.vals.as_slice())
}

fn text_of(given: &[LdapPartialAttribute], name: &str) -> Option<String> {
    let value = given_values(given, name)?.first()?;
    String::from_utf8(value.clone()).ok()
}

/// Writes everything into the new object.
fn fill(
    tree: &mut Tree,
    guid: ObjectGuid,
    wanted: Wanted,
    given: &[LdapPartialAttribute],
    writer: &Writer<'_>,
) -> Result<(), Refusal> {
    let class = tree
        .entry(guid)
        .map_or(Class::Container, |entry| entry.class);
    if class.is_account() {
        let kind = if class == Class::Computer {
            0x1000
        } else {
            flag::NORMAL
        };
        let flags = kind | flag::DISABLED | flag::NOT_REQUIRED;
        fill_account(tree, guid, flags, writer.now);
    }
    if class == Class::Group {
        tree.put_text(guid, "groupType", Some("-2147483646"), writer.now);
    }
    for (attribute, values) in wanted {
        store(tree, guid, attribute, values, writer)?;
    }
    if class == Class::Group {
        let group_type = tree.entry(guid).map_or(0, |entry| entry.bits("groupType"));
        let local = group_type & 4 != 0;
        let kind = if local { "536870912" } else { "268435456" };
        tree.put_text(guid, "sAMAccountType", Some(kind), writer.now);
    }
    if let Some(values) = given_values(given, "unicodePwd") {
        let must_change = text_of(given, "pwdLastSet").as_deref() == Some("0");
        put_password(tree, guid, values, must_change, writer)?;
    }
    usable(tree, guid)?;
    if let Some(values) = given_values(given, "nTSecurityDescriptor") {
        let [bytes] = values else {
            return Err(Refusal::unwilling());
        };
        let written = Written::read(bytes)?;
        let parts = written.parts() & writer.sd_flags.unwrap_or(OWNER | GROUP | DACL);
        let mut draft = copy(tree, guid)?;
        written.apply(&mut draft, parts)?;
        tree.replace(draft);
    }
    Ok(())
}

fn copy(tree: &Tree, guid: ObjectGuid) -> Result<super::entry::Entry, Refusal> {
    let entry = tree.entry(guid).cloned();
    entry.ok_or_else(|| Refusal::no_such_object(""))
}

fn store(
    tree: &mut Tree,
    guid: ObjectGuid,
    attribute: &Attribute,
    values: Vec<Value>,
    writer: &Writer<'_>,
) -> Result<(), Refusal> {
    let name = attribute.name;
    let time = match values.first() {
        Some(Value::Text(text)) if name == "pwdLastSet" => Some(text.clone()),
        _ => None,
    };
    match time.as_deref() {
        Some("0") => tree.put_text(guid, name, Some("0"), writer.now),
        // "Now" is written with the password.
        Some("-1") => {}
        Some(_) => return Err(Refusal::bad_value()),
        None if attribute.syntax == Syntax::Link => {
            tree.set_links(guid, name, &links(&values));
            tree.touch(guid, name, writer.now);
        }
        None => {
            let mut draft = copy(tree, guid)?;
            draft.put(name, values);
            tree.replace(draft);
            tree.touch(guid, name, writer.now);
        }
    }
    Ok(())
}

fn put_password(
    tree: &mut Tree,
    guid: ObjectGuid,
    values: &[Vec<u8>],
    must_change: bool,
    writer: &Writer<'_>,
) -> Result<(), Refusal> {
    let mut draft = copy(tree, guid)?;
    if !draft.class.is_account() {
        return Err(Refusal::unwilling());
    }
    let password = PasswordWrite::of_new_account(values)?;
    let policy = policy::of(tree, &draft);
    password.apply(&mut draft, &policy, false, writer.now)?;
    if must_change {
        draft.put_integer("pwdLastSet", 0);
    }
    let usn = tree.next_usn();
    draft.touch(schema::UNICODE_PWD, writer.now, usn);
    tree.replace(draft);
    Ok(())
}

/// An account that is enabled has a password, where the policy wants one.
fn usable(tree: &Tree, guid: ObjectGuid) -> Result<(), Refusal> {
    let Some(entry) = tree.entry(guid).filter(|entry| entry.class.is_account()) else {
        return Ok(());
    };
    let free = flag::DISABLED | flag::NOT_REQUIRED | flag::TRUSTS;
    let bits = entry.bits("userAccountControl");
    let required = bits & free == 0 && policy::of(tree, entry).min_length > 0;
    if required && entry.password.is_none() {
        let text = "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n\0";
        return Err(Refusal::new(LdapCode::UnwillingToPerform, text));
    }
    Ok(())
}
