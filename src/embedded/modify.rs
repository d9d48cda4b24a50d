//! The modify operation: all of it or nothing, on a copy that takes the object's place at the end.
//! Rights are looked at before values, as Active Directory does.

use super::access::{self, Token};
use super::answer::{LdapCode, Refusal};
use super::attributes;
use super::entry::{Entry, Value};
use super::policy;
use super::schema::{self, Attribute, Kind, Syntax, UNICODE_PWD};
use super::security_descriptor::{DACL, GROUP, OWNER, Written};
use super::tree::Tree;
use super::unicode_pwd::PasswordWrite;
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::security_descriptor::{Rights, SecurityDescriptor};
use jiff::Timestamp;
use ldap3_proto::proto::{LdapModify, LdapModifyRequest, LdapModifyType};

/// What a modify did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Modified {
    pub guid: ObjectGuid,
    /// Names of the attributes, as in the schema.
    pub attributes: Vec<&'static str>,
    pub password: Option<PasswordKind>,
    /// `pwdLastSet` is 0 now and was named in the modify.
    pub must_change: bool,
    /// `lockoutTime` was named in the modify.
    pub unlock: bool,
}

/// How a password was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordKind {
    /// By somebody with the right to reset it.
    Reset,
    /// By somebody who gave the old one.
    Change,
}

/// Who modifies, when, and with what control.
pub(super) struct Writer<'t> {
    pub token: &'t Token,
    pub now: Timestamp,
    /// `POLICY_HINTS`: a reset honours the history too.
    pub hints: bool,
    /// Parts of a security descriptor that are written; `None`: all.
    pub sd_flags: Option<u32>,
}

/// Carries out a modify.
///
/// # Errors
/// The result to answer; nothing was changed then, but for the count of wrong passwords.
pub(super) fn modify(
    tree: &mut Tree,
    request: &LdapModifyRequest,
    writer: &Writer<'_>,
) -> Result<Modified, Refusal> {
    let entry = attributes::named(tree, &request.dn)
        .filter(|entry| access::may_read(tree, entry, writer.token))
        .ok_or_else(|| super::search::missing(tree, &request.dn))?;
    let guid = entry.guid;
    let changes = named_changes(request)?;
    let passwords: Vec<_> = changes
        .iter()
        .filter(|(attribute, _)| attribute.attid == UNICODE_PWD)
        .map(|(_, change)| *change)
        .collect();
    let password = PasswordWrite::read(&passwords)?;
    let found = access::descriptor(tree, entry);
    permitted(tree, &found, entry, writer, &changes, password.as_ref())?;
    let parts = writer.sd_flags.unwrap_or(OWNER | GROUP | DACL);
    let descriptor = written_descriptor(tree, entry, &changes, writer.token, parts)?;

    let policy = policy::of(tree, entry);
    let mut draft = entry.clone();
    if let Some(password) = &password
        && let Err(refusal) = password.apply(&mut draft, &policy, writer.hints, writer.now)
    {
        if let Some(entry) = tree.entry_mut(guid) {
            password.count_failure(entry, &policy, writer.now);
        }
        return Err(refusal);
    }
    for (attribute, change) in changes.iter().filter(|(a, _)| a.kind == Kind::Stored) {
        apply(tree, &mut draft, attribute, change, writer.now)?;
    }
    if let Some(written) = descriptor {
        written.apply(&mut draft, parts)?;
    }
    let primary = new_primary_group(tree, entry_of(tree, guid)?, &draft)?;
    let attributes = touch(tree, &mut draft, &changes, password.is_some(), writer.now);
    let modified = Modified {
        guid,
        must_change: attributes.contains(&"pwdLastSet") && draft.integer("pwdLastSet") == 0,
        unlock: attributes.contains(&"lockoutTime"),
        password: password.map(|write| match write {
            PasswordWrite::Reset { .. } => PasswordKind::Reset,
            PasswordWrite::Change { .. } => PasswordKind::Change,
        }),
        attributes,
    };
    tree.replace(draft);
    if let Some((old, new)) = primary {
        tree.swap_primary_group(guid, old, new);
    }
    Ok(modified)
}

fn entry_of(tree: &Tree, guid: ObjectGuid) -> Result<&Entry, Refusal> {
    tree.entry(guid).ok_or_else(|| Refusal::no_such_object(""))
}

/// The descriptor that a modify writes, once its writer may.
fn written_descriptor(
    tree: &Tree,
    entry: &Entry,
    changes: &[NamedChange<'_>],
    token: &Token,
    parts: u32,
) -> Result<Option<Written>, Refusal> {
    let mut writes = changes.iter().filter(|(a, _)| is_descriptor(a));
    let Some((_, change)) = writes.next() else {
        return Ok(None);
    };
    let values = change.modification.vals.as_slice();
    let replaced = change.operation == LdapModifyType::Replace && writes.next().is_none();
    let ([value], true) = (values, replaced) else {
        return Err(Refusal::unwilling());
    };
    let written = Written::read(value)?;
    written.permitted(tree, entry, token, parts)?;
    Ok(Some(written))
}

fn is_descriptor(attribute: &Attribute) -> bool {
    attribute.name == "nTSecurityDescriptor"
}

/// The old and the new primary group where that changed: only a group that holds the account
/// already can become it (MS-SAMR 3.1.1.8.2).
fn new_primary_group(
    tree: &Tree,
    old: &Entry,
    new: &Entry,
) -> Result<Option<(ObjectGuid, ObjectGuid)>, Refusal> {
    let (before, after) = (old.bits("primaryGroupID"), new.bits("primaryGroupID"));
    if before == after {
        return Ok(None);
    }
    let group = |rid| {
        let sid: Option<Sid> = tree.names.sid.with_rid(rid);
        sid.and_then(|sid| tree.by_sid(&sid))
            .map(|group| group.guid)
    };
    match (group(before), group(after)) {
        (Some(old_group), Some(group)) if tree.groups_of(old.guid).any(|held| held == group) => {
            Ok(Some((old_group, group)))
        }
        _ => Err(Refusal::unwilling()),
    }
}

type NamedChange<'r> = (&'static Attribute, &'r LdapModify);

fn named_changes(request: &LdapModifyRequest) -> Result<Vec<NamedChange<'_>>, Refusal> {
    if request.changes.is_empty() {
        return Err(Refusal::unwilling());
    }
    let named = request.changes.iter().map(|change| {
        let name = &change.modification.atype;
        let attribute = schema::attribute(name).ok_or_else(|| Refusal::unknown_attribute(name))?;
        Ok((attribute, change))
    });
    named.collect()
}

/// Adding or removing oneself, by the validated write for that (MS-ADTS 5.1.3.2.2).
fn joins_itself(
    tree: &Tree,
    found: &SecurityDescriptor,
    entry: &Entry,
    writer: &Writer<'_>,
    change: &LdapModify,
) -> bool {
    let itself = |value: &Vec<u8>| {
        let text = String::from_utf8_lossy(value);
        attributes::named(tree, &text).is_some_and(|member| member.guid == writer.token.guid)
    };
    let values = &change.modification.vals;
    let path = schema::attribute("member").map(Attribute::path);
    change.operation != LdapModifyType::Replace
        && !values.is_empty()
        && values.iter().all(itself)
        && access::may(
            found,
            entry,
            writer.token,
            Rights::VALIDATED_WRITE,
            &path.unwrap_or_default(),
        )
}

fn permitted(
    tree: &Tree,
    found: &SecurityDescriptor,
    entry: &Entry,
    writer: &Writer<'_>,
    changes: &[NamedChange<'_>],
    password: Option<&PasswordWrite>,
) -> Result<(), Refusal> {
    let apart = |attribute: &Attribute| attribute.attid == UNICODE_PWD || is_descriptor(attribute);
    for (attribute, change) in changes.iter().filter(|(a, _)| !apart(a)) {
        let joins = attribute.name == "member" && joins_itself(tree, found, entry, writer, change);
        if !joins && !access::may_write(found, entry, writer.token, attribute) {
            return Err(Refusal::access_denied());
        }
        if attribute.kind != Kind::Stored {
            // The directory's own attributes, whoever asks.
            return Err(Refusal::unwilling());
        }
    }
    password.map_or(Ok(()), |write| write.permitted(found, entry, writer.token))
}

fn apply(
    tree: &Tree,
    draft: &mut Entry,
    attribute: &Attribute,
    change: &LdapModify,
    now: Timestamp,
) -> Result<(), Refusal> {
    let given = change
        .modification
        .vals
        .iter()
        .map(|bytes| value(tree, attribute, bytes));
    let given = given.collect::<Result<Vec<_>, _>>()?;
    match attribute.name {
        "pwdLastSet" => return put_password_time(draft, &given, now),
        "lockoutTime" => return unlock(draft, &given),
        _ => {}
    }
    let mut values = draft.values(attribute.name).to_vec();
    match change.operation {
        LdapModifyType::Replace => values = given,
        LdapModifyType::Add => {
            if given.iter().any(|value| values.contains(value)) {
                return Err(Refusal::new(LdapCode::AttributeOrValueExists, EXISTS));
            }
            values.extend(given);
        }
        LdapModifyType::Delete => {
            let all = given.is_empty() && !values.is_empty();
            if !all && (given.is_empty() || given.iter().any(|value| !values.contains(value))) {
                return Err(Refusal::new(LdapCode::NoSuchAttribute, ABSENT));
            }
            values.retain(|value| !all && !given.contains(value));
        }
        LdapModifyType::Increment => return Err(Refusal::unwilling()),
    }
    draft.put(attribute.name, values);
    Ok(())
}

const EXISTS: &str = "00002083: AtrErr: DSID-031519F7, #1:\n\t0: 00002083: DSID-031519F7, problem \
                      1006 (ATT_OR_VALUE_EXISTS), data 0\n\0";
const ABSENT: &str = "00002085: AtrErr: DSID-031519F7, #1:\n\t0: 00002085: DSID-031519F7, problem \
                      1001 (NO_ATTRIBUTE_OR_VAL), data 0\n\0";

/// `pwdLastSet` takes 0, "must change", and -1, "now", and nothing else (MS-SAMR 3.1.1.8.10).
fn put_password_time(draft: &mut Entry, given: &[Value], now: Timestamp) -> Result<(), Refusal> {
    match given {
        [Value::Text(text)] if text == "0" => draft.put_integer("pwdLastSet", 0),
        [Value::Text(text)] if text == "-1" => draft.put_filetime("pwdLastSet", Some(now)),
        _ => return Err(Refusal::bad_value()),
    }
    Ok(())
}

/// `lockoutTime` takes 0 only, which also starts the count anew (MS-SAMR 3.1.1.8.6).
fn unlock(draft: &mut Entry, given: &[Value]) -> Result<(), Refusal> {
    match given {
        [Value::Text(text)] if text == "0" => {
            draft.put_integer("lockoutTime", 0);
            draft.put_integer("badPwdCount", 0);
            Ok(())
        }
        _ => Err(Refusal::bad_value()),
    }
}

/// A value as it is stored.
pub(super) fn value(tree: &Tree, attribute: &Attribute, bytes: &[u8]) -> Result<Value, Refusal> {
    let invalid = || {
        Refusal::new(
            LdapCode::InvalidAttributeSyntax,
            "00000057: invalid syntax\0",
        )
    };
    if attribute.syntax == Syntax::Octets {
        return Ok(Value::Bytes(bytes.to_vec()));
    }
    let text = String::from_utf8(bytes.to_vec()).map_err(|_| invalid())?;
    match attribute.syntax {
        Syntax::Link => attributes::named(tree, &text)
            .map(|entry| Value::Link(entry.guid))
            .ok_or_else(|| super::search::missing(tree, &text)),
        Syntax::Integer if text.parse::<i64>().is_err() => Err(invalid()),
        _ => Ok(Value::Text(text)),
    }
}

/// Raises the versions of what was written; a password brings its time with it.
fn touch(
    tree: &mut Tree,
    draft: &mut Entry,
    changes: &[NamedChange<'_>],
    password: bool,
    now: Timestamp,
) -> Vec<&'static str> {
    let usn = tree.next_usn();
    let mut written: Vec<&'static Attribute> = Vec::new();
    let implied = schema::attribute("pwdLastSet").filter(|_| password);
    for attribute in changes
        .iter()
        .map(|(attribute, _)| *attribute)
        .chain(implied)
    {
        if !written.contains(&attribute) {
            draft.touch(attribute.attid, now, usn);
            written.push(attribute);
        }
    }
    changes
        .iter()
        .map(|(attribute, _)| attribute.name)
        .collect()
}
