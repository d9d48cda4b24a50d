//! An account by whichever of its names, as a command is given it. Who signs in is looked up in `lookup`, what the
//! settings name in `ground`.

use super::lookup::sign_in_filter;
use super::reading::{ReadFailure, Reading, Search};
use super::search::equals;
use super::{Directory, DirectoryError, DomainFacts};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};

impl Directory {
    /// The SID of the one account with this account name, `DOMAIN\name`, UPN, DN or GUID. `None`: none,
    /// several, or another domain's.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn account_sid_named(&self, name: &str) -> Result<Option<Sid>, DirectoryError> {
        Ok(self.account_named(name).await?.map(|(_, sid)| sid))
    }

    /// As [`Self::account_sid_named`], its GUID.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn find_account_guid(
        &self,
        name: &str,
    ) -> Result<Option<ObjectGuid>, DirectoryError> {
        Ok(self.account_named(name).await?.map(|(guid, _)| guid))
    }

    async fn account_named(&self, name: &str) -> Result<Option<(ObjectGuid, Sid)>, DirectoryError> {
        let facts = self.domain_facts().await?;
        let Some(named) = by_name(&facts, name) else {
            return Ok(None);
        };
        let work = async |reading: Reading| only_account(&reading, &facts, named.clone()).await;
        self.0.servers.read(work).await
    }
}

async fn only_account(
    reading: &Reading,
    facts: &DomainFacts,
    named: LdapFilter,
) -> Result<Option<(ObjectGuid, Sid)>, ReadFailure> {
    let filter = LdapFilter::And(vec![equals("objectClass", "user"), named]);
    let found = reading
        .search(below_head(facts, filter, &["objectGUID", "objectSid"]))
        .await?;
    match found.map(|found| found.entries).as_deref() {
        Some([only]) => {
            let (guid, sid) = (only.binary("objectGUID")?, only.sid("objectSid")?);
            Ok(guid.zip(sid))
        }
        _ => Ok(None),
    }
}

fn below_head<'a>(
    facts: &DomainFacts,
    filter: LdapFilter,
    attributes: &'a [&'a str],
) -> Search<'a> {
    Search {
        base: facts.head.as_str().to_owned(),
        scope: LdapSearchScope::Subtree,
        filter,
        attributes,
        limit: 2,
        controls: Vec::new(),
    }
}

/// A GUID, a DN, or what somebody signs in with. `None`: nobody of this domain can be called so.
fn by_name(facts: &DomainFacts, name: &str) -> Option<LdapFilter> {
    if let Ok(guid) = name.parse::<ObjectGuid>() {
        return Some(equals("objectGUID", &guid.to_string()));
    }
    if let Ok(dn) = name.parse::<Dn>() {
        return Some(equals("distinguishedName", dn.as_str()));
    }
    sign_in_filter(facts, &name.parse().ok()?)
}
