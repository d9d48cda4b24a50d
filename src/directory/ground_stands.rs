//! Whether what rules deny and except by is there still, just before something is decided: an OU that was renamed and a
//! group that was made anew are others than those that the names meant a few minutes ago.

use super::reading::{ReadFailure, Reading, Search};
use super::search::equals;
use super::{Directory, DirectoryError};
use crate::domain::ground::Ground;
use crate::domain::identity::Dn;
use crate::domain::rules::Target;
use futures_util::future::try_join_all;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use std::collections::HashSet;

/// Objects that one filter asks about; each is one object.
const IN_ONE_FILTER: usize = 100;
const MOST: u16 = 100;

impl Directory {
    /// Whether each OU and group is there by which a rule denies or makes an exception, or the settings protect. What only
    /// allows is not asked for: without it nobody is reached. Nothing is read where there is none.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn stands(&self, ground: &Ground) -> Result<bool, DirectoryError> {
        let names = held_back_by(ground);
        if names.is_empty() {
            return Ok(true);
        }
        let facts = self.domain_facts().await?;
        let work = async |reading: Reading| {
            let chunks = names.chunks(IN_ONE_FILTER);
            let counts =
                try_join_all(chunks.map(|some| count(&reading, &facts.head, some))).await?;
            Ok(counts.into_iter().sum::<usize>() == names.len())
        };
        self.0.servers.read(work).await
    }
}

fn held_back_by(ground: &Ground) -> Vec<LdapFilter> {
    let targets = ground.rules.iter().flat_map(|rule| {
        if rule.allows() {
            &rule.except
        } else {
            &rule.targets
        }
    });
    let (mut places, mut groups) = (HashSet::new(), HashSet::new());
    for target in targets {
        match target {
            Target::Below(dn) => {
                places.insert(dn);
            }
            Target::In(sid) => {
                groups.insert(sid);
            }
            Target::OwnOu | Target::DirectReports | Target::Reports => {}
        }
    }
    let places = places
        .into_iter()
        .map(|dn| equals("distinguishedName", dn.as_str()));
    let groups = groups
        .into_iter()
        .map(|sid| equals("objectSid", &sid.to_string()));
    places.chain(groups).collect()
}

async fn count(reading: &Reading, head: &Dn, either: &[LdapFilter]) -> Result<usize, ReadFailure> {
    let found = reading
        .search(Search {
            base: head.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter: LdapFilter::Or(either.to_vec()),
            attributes: &["objectClass"],
            limit: MOST,
            controls: Vec::new(),
        })
        .await?;
    Ok(found.map_or(0, |found| found.entries.len()))
}
