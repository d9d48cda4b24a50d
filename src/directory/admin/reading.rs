//! What an administrator reads before and after a change.

use super::super::account::{by_sid, descriptor_control};
use super::super::decode::{Always, Entry};
use super::super::error::DirectoryError;
use super::super::reading::ReadFailure;
use super::super::search::equals;
use super::super::{lookup, ranges};
use super::{Admin, AdminError, AdminObject};
use crate::domain::identity::Dn;

const OBJECT: &[&str] = &[
    "distinguishedName",
    "sAMAccountName",
    "objectClass",
    "objectSid",
    "nTSecurityDescriptor",
    "userAccountControl",
    "primaryGroupID",
    "servicePrincipalName",
];

impl Admin {
    /// The object at `dn`; `None` where there is none. `dn` may be `<SID=…>` or `<GUID=…>`.
    ///
    /// # Errors
    /// [`AdminError`]; `NotAllowed` where its access rules may not be read.
    pub async fn object(&self, dn: &str) -> Result<Option<AdminObject>, AdminError> {
        let reading = self.reading();
        let entry = reading
            .object(dn.to_owned(), OBJECT, vec![descriptor_control()])
            .await?;
        let Some(entry) = entry else { return Ok(None) };
        if entry
            .values("nTSecurityDescriptor")
            .is_ok_and(<[_]>::is_empty)
        {
            return Err(AdminError::NotAllowed);
        }
        let mut object = decode(&entry)?;
        if object.classes.iter().any(|class| class == "group") {
            let members = ranges::values(&reading, object.dn.as_str(), "member").await?;
            object.members = members
                .iter()
                .map(|dn| dn_of(dn))
                .collect::<Result<_, _>>()?;
        }
        Ok(Some(object))
    }

    /// The account or group with this sAMAccountName; with this userPrincipalName where `sam` has
    /// an `@`.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn principal(&self, sam: &str) -> Result<Option<AdminObject>, AdminError> {
        let attribute = if sam.contains('@') {
            "userPrincipalName"
        } else {
            "sAMAccountName"
        };
        let filter = equals(attribute, sam);
        let sid = lookup::only_sid(&self.reading(), &self.head, filter).await?;
        match sid {
            Some(sid) => self.object(&by_sid(&sid)).await,
            None => Ok(None),
        }
    }

    /// The group that the settings name: by sAMAccountName, CN or DN, as [`Directory::group_sid`](super::Directory::group_sid)
    /// finds it.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn group(&self, name: &str) -> Result<Option<AdminObject>, AdminError> {
        match lookup::group(self.reading(), &self.head, name).await? {
            Some(sid) => self.object(&by_sid(&sid)).await,
            None => Ok(None),
        }
    }

    /// The values of one attribute of an object; none where it has none, or is not there.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn values(
        &self,
        dn: &Dn,
        attribute: &'static str,
    ) -> Result<Vec<Vec<u8>>, AdminError> {
        Ok(ranges::values(&self.reading(), dn.as_str(), attribute).await?)
    }

    /// Whether `member` is a direct member of `group` (its `memberOf` says so, however many members the group has).
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn is_member(&self, group: &Dn, member: &Dn) -> Result<bool, AdminError> {
        let groups = self.values(member, "memberOf").await?;
        let groups = groups
            .iter()
            .map(|dn| dn_of(dn))
            .collect::<Result<Vec<Dn>, _>>()?;
        Ok(groups.contains(group))
    }
}

fn decode(entry: &Entry) -> Result<AdminObject, ReadFailure> {
    let descriptor = entry.value("nTSecurityDescriptor")?;
    let mut classes = entry.texts("objectClass")?;
    for class in &mut classes {
        class.make_ascii_lowercase();
    }
    Ok(AdminObject {
        sam: entry.text("sAMAccountName")?.unwrap_or_default(),
        dn: entry.dn("distinguishedName")?.always("distinguishedName")?,
        classes,
        sid: entry.sid("objectSid")?,
        descriptor: descriptor.always("nTSecurityDescriptor")?.to_vec(),
        flags: entry.bits("userAccountControl")?,
        primary_group: entry.bits("primaryGroupID")?,
        members: Vec::new(),
        spns: entry.texts("servicePrincipalName")?,
    })
}

fn dn_of(value: &[u8]) -> Result<Dn, DirectoryError> {
    let text = std::str::from_utf8(value).ok();
    let dn = text.and_then(|text| text.parse().ok());
    dn.ok_or(DirectoryError::Protocol)
}
