//! Accounts and operators: which attributes are read, and how they become values.

use super::decode::{Always, Entry, Malformed};
use super::error::DirectoryError;
use super::metadata;
use super::reading::{Found, ReadFailure, Reading, Search};
use crate::domain::account::{Account, DcName, GroupSids};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use crate::domain::operator::Operator;
use crate::domain::rules::Line;
use crate::domain::security_descriptor::{RightGuid, Rights, SecurityDescriptor, Token};
use crate::domain::settling::PasswordVersion;
use futures_util::future::{try_join, try_join_all};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};

/// What is read of an account, and what else.
macro_rules! of_an_account {
    ($($more:literal),*) => {
        &[
            "objectGUID",
            "objectSid",
            "distinguishedName",
            "objectClass",
            "sAMAccountName",
            "userPrincipalName",
            "displayName",
            "cn",
            "givenName",
            "sn",
            "department",
            "title",
            "physicalDeliveryOfficeName",
            "mail",
            "manager",
            "userAccountControl",
            "msDS-User-Account-Control-Computed",
            "pwdLastSet",
            "lockoutTime",
            "badPwdCount",
            "accountExpires",
            "msDS-UserPasswordExpiryTimeComputed",
            "lastLogonTimestamp",
            "adminCount",
            "primaryGroupID",
            "msDS-ResultantPSO",
            "replPropertyMetaData",
            "allowedAttributesEffective",
            "nTSecurityDescriptor",
            $($more,)*
        ]
    };
}

const ACCOUNT: &[&str] = of_an_account!();

/// What is read of an account among many, whose groups are not computed by the server.
pub(super) const PERSON: &[&str] = of_an_account!("memberOf");

/// What is read of an operator, in one base read.
pub(super) const OPERATOR: &[&str] = &[
    "objectGUID",
    "objectSid",
    "distinguishedName",
    "objectClass",
    "sAMAccountName",
    "displayName",
    "cn",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "pwdLastSet",
    "accountExpires",
    "badPwdCount",
    "badPasswordTime",
    "msDS-ResultantPSO",
    "tokenGroups",
];

/// What is read of an operator among many.
pub(super) const MEMBER: &[&str] = &[
    "objectGUID",
    "objectSid",
    "distinguishedName",
    "objectClass",
    "sAMAccountName",
    "displayName",
    "cn",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "pwdLastSet",
    "accountExpires",
    "badPwdCount",
    "badPasswordTime",
    "msDS-ResultantPSO",
    "primaryGroupID",
    "memberOf",
];

/// Owner, group and DACL; without it a non-admin gets no descriptor at all (MS-ADTS 3.1.1.3.4.1).
pub(super) fn descriptor_control() -> LdapControl {
    LdapControl::SdFlags {
        criticality: true,
        flags: 7,
    }
}

/// The base that names an object by its SID (MS-ADTS 3.1.1.3.1).
pub(super) fn by_sid(sid: &Sid) -> String {
    format!("<SID={sid}>")
}

/// The base that names an object by its GUID.
pub(super) fn by_guid(guid: ObjectGuid) -> String {
    format!("<GUID={guid}>")
}

/// The account with this GUID, if it is below one of `bases`: the directory decides that, not a
/// comparison of names. The groups are read at the same time.
pub(super) async fn account(
    reading: Reading,
    bases: &[Dn],
    guid: ObjectGuid,
    service: &Token,
) -> Result<Option<Account>, ReadFailure> {
    let below = bases.iter().map(|base| find_below(&reading, base, guid));
    let beside = reading.beside();
    let groups = beside.object(by_guid(guid), &["tokenGroups"], Vec::new());
    let (found, groups) = try_join(try_join_all(below), groups).await?;
    let entry = found.into_iter().flat_map(|found| found.entries).next();
    let (Some(entry), Some(groups)) = (entry, groups) else {
        return Ok(None);
    };
    let groups = readable(groups.sids("tokenGroups")?)?;
    let account = decode_account(&entry, groups, reading.dc())?;
    Ok(match account {
        Some(account) => Some(with_reset_right(account, &entry, service)?),
        None => None,
    })
}

/// Everybody has a primary group, so no groups at all means that they may not be read. Then nobody
/// can say whether the account is protected.
fn readable(groups: Vec<Sid>) -> Result<Vec<Sid>, DirectoryError> {
    if groups.is_empty() {
        return Err(DirectoryError::NotDelegated {
            operation: "read tokenGroups",
        });
    }
    Ok(groups)
}

async fn find_below(reading: &Reading, base: &Dn, guid: ObjectGuid) -> Result<Found, ReadFailure> {
    let found = reading
        .search(Search {
            base: base.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter: LdapFilter::And(vec![
                LdapFilter::Equality("objectGUID".to_owned(), guid.to_string()),
                LdapFilter::Equality("objectClass".to_owned(), "user".to_owned()),
            ]),
            attributes: ACCOUNT,
            limit: 1,
            controls: vec![descriptor_control()],
        })
        .await?;
    let missing = DirectoryError::NotFound { what: "user_ou" };
    found.ok_or(missing.into())
}

/// `None` where the object is not a security principal that can be read as an account.
pub(super) fn decode_account(
    entry: &Entry,
    groups: Vec<Sid>,
    dc: &DcName,
) -> Result<Option<Account>, Malformed> {
    let effective = entry.texts("allowedAttributesEffective")?;
    let may_write = |attribute: &str| effective.iter().any(|a| a.eq_ignore_ascii_case(attribute));
    let (Some(sid), Some(guid)) = (entry.sid("objectSid")?, entry.binary("objectGUID")?) else {
        return Ok(None);
    };
    Ok(Some(Account {
        guid,
        sid,
        dn: entry.dn("distinguishedName")?.always("distinguishedName")?,
        sam: entry.text("sAMAccountName")?.always("sAMAccountName")?,
        upn: entry.filled("userPrincipalName")?,
        name: entry.person_name()?,
        given_name: entry.filled("givenName")?,
        surname: entry.filled("sn")?,
        department: entry.filled("department")?,
        title: entry.filled("title")?,
        office: entry.filled("physicalDeliveryOfficeName")?,
        mail: entry.filled("mail")?,
        manager: entry
            .dn("manager")?
            .map(|manager| manager.common_name().to_owned()),
        line: Line::of_manager(entry.dn("manager")?),
        flags: entry.flags()?,
        object_classes: object_classes(entry)?,
        password_last_set: entry.filetime("pwdLastSet")?,
        lockout_time: entry.filetime("lockoutTime")?,
        bad_password_count: entry.bits("badPwdCount")?,
        account_expires: entry.filetime("accountExpires")?,
        password_expires: entry.filetime("msDS-UserPasswordExpiryTimeComputed")?,
        last_logon: entry.filetime("lastLogonTimestamp")?,
        admin_count: entry.bits("adminCount")? != 0,
        primary_group: entry.parsed("primaryGroupID")?,
        cannot_change_password: cannot_change_password(entry)?,
        resultant_pso: entry.dn("msDS-ResultantPSO")?,
        groups: GroupSids(groups.into_iter().collect()),
        password_version: password_version(entry)?,
        may_reset_password: None,
        may_write_pwd_last_set: may_write("pwdLastSet"),
        may_write_lockout_time: may_write("lockoutTime"),
        dc: dc.clone(),
    }))
}

/// An operator with everything in one entry; `None` where it is not a person's account.
pub(super) fn decode_operator(entry: &Entry) -> Result<Option<Operator>, Malformed> {
    if !is_person(&object_classes(entry)?) {
        return Ok(None);
    }
    let groups = entry.sids("tokenGroups")?;
    Ok(Some(Operator {
        sid: entry.sid("objectSid")?.always("objectSid")?,
        guid: entry.binary("objectGUID")?.always("objectGUID")?,
        dn: entry.dn("distinguishedName")?.always("distinguishedName")?,
        sam: entry.text("sAMAccountName")?.always("sAMAccountName")?,
        name: entry.person_name()?,
        flags: entry.flags()?,
        account_expires: entry.filetime("accountExpires")?,
        password_last_set: entry.filetime("pwdLastSet")?,
        bad_password_count: entry.bits("badPwdCount")?,
        bad_password_time: entry.filetime("badPasswordTime")?,
        resultant_pso: entry.dn("msDS-ResultantPSO")?,
        groups: GroupSids(groups.into_iter().collect()),
    }))
}

/// Lower-cased objectClass values.
pub(super) fn object_classes(entry: &Entry) -> Result<Vec<String>, Malformed> {
    let classes = entry.texts("objectClass")?.into_iter();
    Ok(classes.map(|class| class.to_lowercase()).collect())
}

/// A user who is neither a computer nor a managed service account, which are users by class too.
pub(super) fn is_person(classes: &[String]) -> bool {
    let has = |name: &str| classes.iter().any(|class| class == name);
    has("user")
        && !has("computer")
        && !has("msds-managedserviceaccount")
        && !has("msds-groupmanagedserviceaccount")
        && !has("msds-delegatedmanagedserviceaccount")
}

/// The version of the password; `None` where the metadata may not be read.
pub(super) fn password_version(entry: &Entry) -> Result<Option<PasswordVersion>, Malformed> {
    const ATTRIBUTE: &str = "replPropertyMetaData";
    let Some(blob) = entry.value(ATTRIBUTE)? else {
        return Ok(None);
    };
    metadata::password_version(blob).map_err(|_| Malformed {
        attribute: ATTRIBUTE,
    })
}

/// With what the account's rules say of the service account's right to reset it (MS-ADTS 5.1.3.3):
/// a control right, so it is not among the attributes that the DC calls writable.
pub(super) fn with_reset_right(
    mut account: Account,
    entry: &Entry,
    service: &Token,
) -> Result<Account, Malformed> {
    let descriptor: Option<SecurityDescriptor> = entry.binary("nTSecurityDescriptor")?;
    account.may_reset_password = descriptor.map(|descriptor| {
        descriptor
            .granted(service, Some(&account.sid), &[RightGuid::RESET_PASSWORD])
            .intersects(Rights::CONTROL_ACCESS)
    });
    Ok(account)
}

fn cannot_change_password(entry: &Entry) -> Result<Option<bool>, Malformed> {
    let descriptor: Option<SecurityDescriptor> = entry.binary("nTSecurityDescriptor")?;
    Ok(descriptor.map(|descriptor| descriptor.denies_change_password()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_whose_groups_cannot_be_read_is_not_taken_for_an_ordinary_one() {
        let unreadable = DirectoryError::NotDelegated {
            operation: "read tokenGroups",
        };
        assert_eq!(readable(Vec::new()), Err(unreadable));
        let groups = vec![Sid::builtin(545)];
        assert_eq!(readable(groups.clone()), Ok(groups));
    }
}
