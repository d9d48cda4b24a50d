//! One change, carried out over an administrator's connection, and looked at afterwards: what the
//! directory says of itself counts, not that it answered.

use super::change::Change;
use crate::directory::DirectoryError;
use crate::directory::admin::{Admin, AdminError, AdminObject, AttributeChange};
use crate::domain::identity::{Dn, Sid};
use crate::domain::security_descriptor::{Descriptor, SecurityDescriptor};

/// A global security group (MS-ADTS 2.2.12: `GROUP_TYPE_ACCOUNT_GROUP | GROUP_TYPE_SECURITY_ENABLED`).
const GLOBAL_SECURITY_GROUP: &str = "-2147483646";

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was made, and the directory shows it.
    Changed,
    /// It was so before; nothing was written.
    AlreadySo,
}

/// Makes a change unless it is so already.
///
/// # Errors
/// [`AdminError`]. `AnswerLost`: the directory does not show it, or cannot be asked. `Directory` may come
/// after the write too, where the look at it failed. All others: it was not made, or only a part of it.
pub async fn carry_out(admin: &Admin, change: &Change) -> Result<Done, AdminError> {
    if is_so(admin, change).await? {
        return Ok(Done::AlreadySo);
    }
    match write(admin, change).await {
        Ok(()) => match is_so(admin, change).await {
            Ok(true) => Ok(Done::Changed),
            Ok(false) => Err(AdminError::NotSo),
            // It was taken; that it cannot be looked at afterwards does not undo it.
            Err(_) => Err(AdminError::AnswerLost),
        },
        Err(AdminError::AnswerLost) => match is_so(admin, change).await {
            Ok(true) => Ok(Done::Changed),
            _ => Err(AdminError::AnswerLost),
        },
        Err(error) => Err(error),
    }
}

/// Whether the directory is as the change would make it.
async fn is_so(admin: &Admin, change: &Change) -> Result<bool, AdminError> {
    match change {
        Change::CreateOu { dn } => Ok(admin.object(dn.as_str()).await?.is_some()),
        Change::CreateGroup { dn, .. } => match admin.object(dn.as_str()).await? {
            Some(object) if !has_class(&object, "group") => Err(AdminError::AlreadyThere),
            object => Ok(object.is_some()),
        },
        Change::SetFlags {
            account,
            set,
            clear,
        } => {
            let flags = read(admin, account).await?.flags;
            Ok(flags & set == *set && flags & clear == 0)
        }
        Change::AddRules { object, rules, .. } => {
            let now = descriptor(admin, object).await?;
            Ok(rules.iter().all(|rule| now.contains(rule)))
        }
        Change::RemoveRules { object, rules, .. } => {
            // A rule that was inherited and is left over goes when the list is written again: the
            // directory then takes over afresh what is above.
            let bytes = read(admin, object).await?.descriptor;
            let now = SecurityDescriptor::try_from(bytes.as_slice()).map_err(|_| senseless())?;
            Ok(!rules.iter().any(|rule| now.rules().contains(rule)))
        }
        Change::AllowInheritance { object } => {
            Ok(!descriptor(admin, object).await?.blocks_inheritance())
        }
        Change::SetOwner { object, owner } => {
            let bytes = read(admin, object).await?.descriptor;
            let now = SecurityDescriptor::try_from(bytes.as_slice()).map_err(|_| senseless())?;
            Ok(now.owner.as_ref() == Some(owner))
        }
        Change::RemoveMember { group, member } => Ok(!admin.is_member(group, member).await?),
        Change::SetPrimaryGroup {
            account,
            rid,
            leave,
        } => {
            let is_primary = read(admin, account).await?.primary_group == *rid;
            let has_left = match leave {
                Some(group) => !admin.is_member(group, account).await?,
                None => true,
            };
            Ok(is_primary && has_left)
        }
        Change::RemoveValues {
            object,
            attribute,
            values,
        } => {
            let now = admin.values(object, attribute).await?;
            Ok(!now
                .iter()
                .any(|value| values.is_empty() || is_among(value, values)))
        }
    }
}

async fn write(admin: &Admin, change: &Change) -> Result<(), AdminError> {
    match change {
        Change::CreateOu { dn } => admin.add(dn, ou(dn)).await,
        Change::CreateGroup { dn, sam } => admin.add(dn, group(sam)).await,
        Change::SetFlags {
            account,
            set,
            clear,
        } => {
            let flags = (read(admin, account).await?.flags | set) & !clear;
            replace(admin, account, "userAccountControl", flags.to_string()).await
        }
        Change::AddRules { object, rules, .. } => {
            let mut now = descriptor(admin, object).await?;
            now.add(rules)?;
            admin.write_dacl(object, now.to_bytes()).await
        }
        Change::RemoveRules { object, rules, .. } => {
            let mut now = descriptor(admin, object).await?;
            now.remove(rules);
            admin.write_dacl(object, now.to_bytes()).await
        }
        Change::AllowInheritance { object } => {
            let mut now = descriptor(admin, object).await?;
            now.allow_inheritance();
            admin.write_dacl(object, now.to_bytes()).await
        }
        Change::SetOwner { object, owner } => {
            let mut now = descriptor(admin, object).await?;
            now.set_owner(owner);
            admin.write_owner(object, now.to_bytes()).await
        }
        Change::RemoveMember { group, member } => leave(admin, group, member).await,
        Change::SetPrimaryGroup {
            account,
            rid,
            leave: old,
        } => {
            set_primary_group(admin, account, *rid).await?;
            match old {
                Some(old) if admin.is_member(old, account).await? => {
                    leave(admin, old, account).await
                }
                _ => Ok(()),
            }
        }
        Change::RemoveValues {
            object,
            attribute,
            values,
        } => {
            // All at once go without a value, since some cannot be compared; single ones as the directory has
            // them, since it compares some byte for byte.
            let mut gone = Vec::new();
            if !values.is_empty() {
                gone = admin.values(object, attribute).await?;
                gone.retain(|value| is_among(value, values));
            }
            let change = AttributeChange::Delete(attribute, gone);
            admin.modify(object, vec![change]).await
        }
    }
}

/// The account must be a member of a group before the group can be its primary one (MS-ADTS
/// 3.1.1.5.3.2); the old one becomes an ordinary membership.
async fn set_primary_group(admin: &Admin, account: &Dn, rid: u32) -> Result<(), AdminError> {
    let now = read(admin, account).await?;
    if now.primary_group == rid {
        return Ok(());
    }
    let domain = now.sid.as_ref().and_then(Sid::domain);
    let sid = domain.and_then(|domain| domain.with_rid(rid));
    let group = match sid {
        Some(sid) => admin.object(&format!("<SID={sid}>")).await?,
        None => None,
    };
    let group = group.ok_or(AdminError::NotThere)?.dn;
    if !admin.is_member(&group, account).await? {
        let member = account.as_str().as_bytes().to_vec();
        let add = AttributeChange::Add("member", vec![member]);
        admin.modify(&group, vec![add]).await?;
    }
    replace(admin, account, "primaryGroupID", rid.to_string()).await
}

async fn leave(admin: &Admin, group: &Dn, member: &Dn) -> Result<(), AdminError> {
    let member = member.as_str().as_bytes().to_vec();
    let delete = AttributeChange::Delete("member", vec![member]);
    admin.modify(group, vec![delete]).await
}

async fn replace(
    admin: &Admin,
    dn: &Dn,
    attribute: &'static str,
    value: String,
) -> Result<(), AdminError> {
    let change = AttributeChange::Replace(attribute, vec![value.into_bytes()]);
    admin.modify(dn, vec![change]).await
}

async fn read(admin: &Admin, dn: &Dn) -> Result<AdminObject, AdminError> {
    let object = admin.object(dn.as_str()).await?;
    object.ok_or(AdminError::NotThere)
}

async fn descriptor(admin: &Admin, dn: &Dn) -> Result<Descriptor, AdminError> {
    let bytes = read(admin, dn).await?.descriptor;
    Descriptor::try_from(bytes.as_slice()).map_err(|_| senseless())
}

fn senseless() -> AdminError {
    DirectoryError::Protocol.into()
}

fn has_class(object: &AdminObject, class: &str) -> bool {
    object.classes.iter().any(|c| c.eq_ignore_ascii_case(class))
}

fn is_among(value: &[u8], values: &[String]) -> bool {
    values
        .iter()
        .any(|named| named.as_bytes().eq_ignore_ascii_case(value))
}

type Attributes = Vec<(&'static str, Vec<Vec<u8>>)>;

fn ou(dn: &Dn) -> Attributes {
    vec![
        texts("objectClass", &["top", "organizationalUnit"]),
        texts("ou", &[dn.common_name()]),
    ]
}

fn group(sam: &str) -> Attributes {
    vec![
        texts("objectClass", &["top", "group"]),
        texts("sAMAccountName", &[sam]),
        texts("groupType", &[GLOBAL_SECURITY_GROUP]),
        texts(
            "description",
            &["Members may reset passwords with Keyward, and nothing else"],
        ),
    ]
}

pub(super) fn texts(attribute: &'static str, values: &[&str]) -> (&'static str, Vec<Vec<u8>>) {
    let bytes = |text: &&str| text.as_bytes().to_vec();
    (attribute, values.iter().map(bytes).collect())
}
