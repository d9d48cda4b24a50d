//! Lines of managers: who is above whom, read level by level for everybody at once. What a rule makes
//! of a line is the domain's.

use super::decode::Entry;
use super::reading::{ReadFailure, Reading, Search};
use super::search::equals;
use super::{Directory, DirectoryError};
use crate::domain::account::Account;
use crate::domain::identity::Dn;
use crate::domain::rules::Line;
use futures_util::future::try_join_all;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use std::collections::{HashMap, HashSet};

/// Managers that one filter asks about.
const IN_ONE_FILTER: usize = 100;
/// Filters that are under way at once.
const AT_ONCE: usize = 8;
/// As [`IN_ONE_FILTER`], for a search: each name is one object.
const MOST: u16 = 100;

/// What is above a manager, of those that can be read: another one, or nobody.
type Above = HashMap<Dn, Option<Dn>>;

impl Directory {
    /// The account with the managers above it, as far as [`Line`] goes, read on the DC that it came
    /// from where that still answers.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn with_line(&self, account: Account) -> Result<Account, DirectoryError> {
        let mut accounts = [account];
        self.with_lines(&mut accounts).await?;
        let [account] = accounts;
        Ok(account)
    }

    /// Reads the lines of many accounts, all of one DC: one round for each level of the hierarchy.
    ///
    /// # Errors
    /// [`DirectoryError`]; then none has its line.
    pub async fn with_lines(&self, accounts: &mut [Account]) -> Result<(), DirectoryError> {
        let Some(dc) = accounts.first().map(|account| account.dc.clone()) else {
            return Ok(());
        };
        let facts = self.domain_facts().await?;
        let begun: Vec<Option<Dn>> = accounts
            .iter()
            .map(|account| account.line.managers.first().cloned())
            .collect();
        let work = async |reading: Reading| above(&reading, &facts.head, begun.iter()).await;
        let servers = &self.0.servers;
        let above = match servers.read_on(&dc, work).await {
            Err(DirectoryError::Unreachable { .. }) => servers.read(work).await?,
            read => read?,
        };
        for (account, manager) in accounts.iter_mut().zip(begun) {
            account.line = line(manager, &above);
        }
        Ok(())
    }
}

/// What is above each of `managers`, and above those, as far as any line goes.
pub(super) async fn above(
    reading: &Reading,
    head: &Dn,
    managers: impl Iterator<Item = &Option<Dn>>,
) -> Result<Above, ReadFailure> {
    let mut above = Above::new();
    let mut asked: HashSet<Dn> = HashSet::new();
    let mut open: Vec<Dn> = managers.flatten().cloned().collect();
    for _ in 0..Line::LONGEST {
        open.retain(|dn| asked.insert(dn.clone()));
        if open.is_empty() {
            break;
        }
        let mut next = Vec::new();
        for (dn, manager) in level(reading, head, &open).await? {
            next.extend(manager.clone());
            above.insert(dn, manager);
        }
        open = next;
    }
    Ok(above)
}

/// The line that begins with `manager`. It ends at a circle, at somebody without a manager, and, not
/// whole, at somebody who could not be read or at the bound.
pub(super) fn line(manager: Option<Dn>, above: &Above) -> Line {
    let mut managers = Vec::new();
    let mut seen = HashSet::new();
    let mut next = manager;
    while let Some(manager) = next {
        if !seen.insert(manager.clone()) {
            break;
        }
        if managers.len() >= Line::LONGEST {
            return Line {
                managers,
                is_whole: false,
            };
        }
        let further = above.get(&manager).cloned();
        managers.push(manager);
        let Some(further) = further else {
            return Line {
                managers,
                is_whole: false,
            };
        };
        next = further;
    }
    Line {
        managers,
        is_whole: true,
    }
}

/// The managers of those who can be read, of the people called `dns`.
async fn level(
    reading: &Reading,
    head: &Dn,
    dns: &[Dn],
) -> Result<Vec<(Dn, Option<Dn>)>, ReadFailure> {
    let filters: Vec<&[Dn]> = dns.chunks(IN_ONE_FILTER).collect();
    let mut all = Vec::with_capacity(dns.len());
    for some in filters.chunks(AT_ONCE) {
        let reads = some.iter().map(|dns| managers_of(reading, head, dns));
        all.extend(try_join_all(reads).await?.into_iter().flatten());
    }
    Ok(all)
}

async fn managers_of(
    reading: &Reading,
    head: &Dn,
    dns: &[Dn],
) -> Result<Vec<(Dn, Option<Dn>)>, ReadFailure> {
    let either = dns
        .iter()
        .map(|dn| equals("distinguishedName", dn.as_str()));
    let found = reading
        .search(Search {
            base: head.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter: LdapFilter::Or(either.collect()),
            attributes: &["distinguishedName", "objectClass", "manager"],
            limit: MOST,
            controls: Vec::new(),
        })
        .await?;
    let entries = found.map(|found| found.entries).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| manager_of(entry).transpose())
        .collect()
}

/// Who may be read has a name and classes: the three are of one property set (Public Information), so
/// that whose names are missing may have a manager that cannot be seen.
fn manager_of(entry: &Entry) -> Result<Option<(Dn, Option<Dn>)>, ReadFailure> {
    let Some(dn) = entry.dn("distinguishedName")? else {
        return Ok(None);
    };
    if entry.values("objectClass")?.is_empty() {
        return Ok(None);
    }
    Ok(Some((dn, entry.dn("manager")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(name: &str) -> Dn {
        format!("CN={name},DC=example,DC=com").parse().unwrap()
    }

    fn hierarchy(pairs: &[(&str, Option<&str>)]) -> Above {
        pairs
            .iter()
            .map(|(name, manager)| (dn(name), manager.map(dn)))
            .collect()
    }

    #[test]
    fn a_line_ends_at_whoever_has_no_manager_or_was_in_it_before() {
        let above = hierarchy(&[
            ("lead", Some("head")),
            ("head", None),
            ("ring", Some("around")),
            ("around", Some("RING")),
        ]);
        let whole = |names: &[&str]| Line {
            managers: names.iter().map(|name| dn(name)).collect(),
            is_whole: true,
        };
        assert_eq!(line(None, &above), whole(&[]));
        assert_eq!(line(Some(dn("Lead")), &above), whole(&["lead", "head"]));
        assert_eq!(line(Some(dn("ring")), &above), whole(&["ring", "around"]));
    }

    #[test]
    fn a_line_is_not_whole_where_somebody_cannot_be_read_or_it_is_too_long() {
        let above = hierarchy(&[("lead", Some("unseen"))]);
        let short = line(Some(dn("lead")), &above);
        assert_eq!(short.managers, [dn("lead"), dn("unseen")]);
        assert!(!short.is_whole);
        let step = |at: usize| (dn(&format!("m{at}")), Some(dn(&format!("m{}", at + 1))));
        let endless: Above = (0..100).map(step).collect();
        let long = line(Some(dn("m0")), &endless);
        assert_eq!(long.managers.len(), Line::LONGEST);
        assert!(!long.is_whole);
        let mut just: Above = (0..Line::LONGEST - 1).map(step).collect();
        just.insert(dn(&format!("m{}", Line::LONGEST - 1)), None);
        let just = line(Some(dn("m0")), &just);
        assert_eq!((just.managers.len(), just.is_whole), (Line::LONGEST, true));
    }
}
