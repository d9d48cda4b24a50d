//! The groups by way of which somebody can be in a group that the settings name: read level by level
//! downwards, and not the whole domain.

use super::reading::{ReadFailure, Reading, Search};
use super::roster::{GROUP, group};
use super::search::equals;
use super::{Directory, DirectoryError};
use crate::domain::identity::{Dn, Sid};
use crate::domain::membership::{Group, Groups};
use futures_util::future::try_join_all;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use std::collections::HashSet;

/// Groups that one filter asks about.
const IN_ONE_FILTER: usize = 100;
/// Filters that are under way at once.
const AT_ONCE: usize = 8;
/// Groups of one page.
const PAGE: u16 = 500;
/// Groups that lead to those of the settings. A domain with more has a group of everything in its rules.
const MOST: usize = 20_000;

impl Directory {
    /// `groups` and every security group by way of which somebody can be in one of them. One that is
    /// not there is left out.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn groups_leading_to(&self, groups: &[Sid]) -> Result<Groups, DirectoryError> {
        let facts = self.domain_facts().await?;
        let work = async |reading: Reading| leading_to(&reading, &facts.head, groups).await;
        self.0.servers.read(work).await
    }
}

/// As [`Directory::groups_leading_to`], on one server.
pub(super) async fn leading_to(
    reading: &Reading,
    head: &Dn,
    groups: &[Sid],
) -> Result<Groups, ReadFailure> {
    let named: Vec<LdapFilter> = groups
        .iter()
        .map(|sid| equals("objectSid", &sid.to_string()))
        .collect();
    let mut found = level(reading, head, &named).await?;
    let mut seen: HashSet<Sid> = HashSet::new();
    let mut all: Vec<Group> = Vec::new();
    while !found.is_empty() {
        found.retain(|group| seen.insert(group.sid.clone()));
        let below: Vec<LdapFilter> = found
            .iter()
            .map(|group| equals("memberOf", group.dn.as_str()))
            .collect();
        all.append(&mut found);
        if all.len() > MOST {
            return Err(DirectoryError::Protocol.into());
        }
        found = level(reading, head, &below).await?;
    }
    Ok(Groups::new(all))
}

async fn level(
    reading: &Reading,
    head: &Dn,
    either: &[LdapFilter],
) -> Result<Vec<Group>, ReadFailure> {
    let filters: Vec<&[LdapFilter]> = either.chunks(IN_ONE_FILTER).collect();
    let mut all = Vec::new();
    for some in filters.chunks(AT_ONCE) {
        let reads = some.iter().map(|either| groups_that(reading, head, either));
        all.extend(try_join_all(reads).await?.into_iter().flatten());
    }
    Ok(all)
}

async fn groups_that(
    reading: &Reading,
    head: &Dn,
    either: &[LdapFilter],
) -> Result<Vec<Group>, ReadFailure> {
    let search = || Search {
        base: head.as_str().to_owned(),
        scope: LdapSearchScope::Subtree,
        filter: LdapFilter::And(vec![
            equals("objectClass", "group"),
            LdapFilter::Or(either.to_vec()),
        ]),
        attributes: GROUP,
        limit: PAGE,
        controls: Vec::new(),
    };
    let entries = reading.whole(search, MOST).await?;
    entries
        .iter()
        .filter_map(|entry| group(entry).transpose())
        .collect()
}
