//! Reads the schema and the extended rights: the names behind the GUIDs of access rules.

use super::decode::{Always, Entry, Malformed};
use super::paging::{Paged, Pages, patience};
use super::reading::{ReadFailure, Reading};
use super::search::equals;
use super::{Directory, DirectoryError};
use crate::domain::identity::Dn;
use crate::domain::schema::{Attribute, Class, ExtendedRight, Schema};
use crate::domain::security_descriptor::RightGuid;
use futures_util::future::try_join3;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use std::time::Duration;
use tokio::time::Instant;

const CLASS: &[&str] = &[
    "lDAPDisplayName",
    "schemaIDGUID",
    "defaultSecurityDescriptor",
];
const ATTRIBUTE: &[&str] = &[
    "lDAPDisplayName",
    "schemaIDGUID",
    "attributeSecurityGUID",
    "searchFlags",
    "systemFlags",
    "systemOnly",
    "linkID",
];
const RIGHT: &[&str] = &["cn", "displayName", "rightsGuid", "validAccesses"];

/// fCONFIDENTIAL of searchFlags (MS-ADTS 2.2.9).
const CONFIDENTIAL: u32 = 0x80;
/// `FLAG_ATTR_IS_CONSTRUCTED` of systemFlags (MS-ADTS 2.2.10).
const CONSTRUCTED: u32 = 0x4;

impl Directory {
    /// The schema as it is now (some thousand entries, paged, over a connection of its own).
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn schema(&self) -> Result<Schema, DirectoryError> {
        let servers = &self.0.servers;
        let (server, connection) = servers.alone().await?;
        let patience = patience(servers);
        let reading = Reading::new(server, connection, Instant::now() + patience);
        let read = read(&reading, patience).await;
        read.map_err(ReadFailure::into_error)
    }
}

async fn read(reading: &Reading, patience: Duration) -> Result<Schema, ReadFailure> {
    let names = &["schemaNamingContext", "configurationNamingContext"];
    let root = reading.object(String::new(), names, Vec::new()).await?;
    let root = root.ok_or(DirectoryError::Protocol)?;
    let schema: Dn = root
        .dn("schemaNamingContext")?
        .always("schemaNamingContext")?;
    let configuration: Dn = root
        .dn("configurationNamingContext")?
        .always("configurationNamingContext")?;
    let rights = configuration.child("CN", "Extended-Rights");
    let rights = rights.map_err(|_| DirectoryError::Protocol)?;
    let pages = |base: &Dn, class, attributes| {
        let search = paged(base, class, attributes);
        Pages::new(reading.connection(), patience, search).all()
    };
    let (classes, attributes, rights) = try_join3(
        pages(&schema, "classSchema", CLASS),
        pages(&schema, "attributeSchema", ATTRIBUTE),
        pages(&rights, "controlAccessRight", RIGHT),
    )
    .await?;
    let mut schema = Schema::default();
    for entry in &classes {
        schema.classes.extend(class(entry)?);
    }
    for entry in &attributes {
        schema.attributes.extend(attribute(entry)?);
    }
    for entry in &rights {
        schema.rights.extend(right(entry)?);
    }
    Ok(schema)
}

fn paged(base: &Dn, class: &str, attributes: &'static [&'static str]) -> Paged {
    let defunct = LdapFilter::Not(Box::new(equals("isDefunct", "TRUE")));
    Paged {
        base: base.as_str().to_owned(),
        scope: LdapSearchScope::OneLevel,
        filter: LdapFilter::And(vec![equals("objectClass", class), defunct]),
        attributes,
        controls: Vec::new(),
        what: "schema",
    }
}

fn class(entry: &Entry) -> Result<Option<(RightGuid, Class)>, Malformed> {
    let Some(guid) = guid(entry, "schemaIDGUID")? else {
        return Ok(None);
    };
    let class = Class {
        name: name(entry)?,
        default_descriptor: entry.filled("defaultSecurityDescriptor")?,
    };
    Ok(Some((guid, class)))
}

fn attribute(entry: &Entry) -> Result<Option<(RightGuid, Attribute)>, Malformed> {
    let Some(id) = guid(entry, "schemaIDGUID")? else {
        return Ok(None);
    };
    // A back link has an odd number; the number of its forward link is one less (MS-ADTS 3.1.1.2.3.3).
    let back_link = entry.bits("linkID")? % 2 == 1;
    let constructed = entry.bits("systemFlags")? & CONSTRUCTED != 0;
    let system_only = entry.text("systemOnly")?.as_deref() == Some("TRUE");
    let attribute = Attribute {
        name: name(entry)?,
        property_set: guid(entry, "attributeSecurityGUID")?.filter(|set| set.0 != 0),
        confidential: entry.bits("searchFlags")? & CONFIDENTIAL != 0,
        read_only: back_link || constructed || system_only,
    };
    Ok(Some((id, attribute)))
}

fn right(entry: &Entry) -> Result<Option<(RightGuid, ExtendedRight)>, Malformed> {
    let Some(guid) = entry.parsed("rightsGuid")? else {
        return Ok(None);
    };
    let name = match entry.filled("displayName")? {
        Some(name) => name,
        None => entry.text("cn")?.always("cn")?,
    };
    let right = ExtendedRight {
        name,
        valid_accesses: entry.bits("validAccesses")?,
    };
    Ok(Some((guid, right)))
}

fn name(entry: &Entry) -> Result<String, Malformed> {
    entry.text("lDAPDisplayName")?.always("lDAPDisplayName")
}

/// A GUID in its binary form.
fn guid(entry: &Entry, attribute: &'static str) -> Result<Option<RightGuid>, Malformed> {
    let bytes: Option<[u8; 16]> = entry.binary(attribute)?;
    Ok(bytes.map(RightGuid::from_wire))
}
