//! The rows of a search: read page by page, each judged before the next page is asked for, until enough
//! may be seen or enough were looked at. No row costs a round trip of its own.

use super::decode::{Always, Entry, Malformed};
use super::error::DirectoryError;
use super::lines::{above, line};
use super::reading::{Page, ReadFailure, Reading, Search};
use super::search::{Hit, Hits, ROW, hit, persons};
use super::search_scope::{Wanted, searches};
use super::{Directory, DomainFacts};
use crate::domain::account::GroupSids;
use crate::domain::identity::{Dn, Sid};
use crate::domain::rules::{Line, Subject};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use std::collections::HashSet;

/// Rows that are shown at most.
const ROWS: usize = 50;
/// The first page: one more than is shown, so that usually it is the only one.
const FIRST: u16 = 51;
/// Further pages, where some of the rows may not be seen.
const FURTHER: u16 = 200;
/// Rows that are looked at for one search, over all bases.
const LOOKED_AT: usize = 1000;

/// An entry as it is judged.
struct Row {
    hit: Hit,
    dn: Dn,
    groups: GroupSids,
    primary: Sid,
    manager: Option<Dn>,
    line: Line,
}

/// What is the same for all rows.
struct Look<'a> {
    reading: &'a Reading,
    facts: &'a DomainFacts,
    wanted: &'a Wanted<'a>,
    now: Timestamp,
}

impl Directory {
    /// ANR, mail and UPN search; persons only; those who may be seen, at most 50, by name. Looks at
    /// 1,000 rows at most. Whose flags or groups may not be read is left out: nobody can judge them.
    ///
    /// # Errors
    /// [`DirectoryError`]; `NotFound` where a base does not exist.
    pub async fn search(&self, wanted: &Wanted<'_>) -> Result<Hits, DirectoryError> {
        let facts = self.domain_facts().await?;
        let now = self.0.clock.now();
        let work = async |reading: Reading| {
            let look = Look {
                reading: &reading,
                facts: &facts,
                wanted,
                now,
            };
            look.everywhere().await
        };
        self.0.servers.read(work).await
    }
}

impl Look<'_> {
    async fn everywhere(&self) -> Result<Hits, ReadFailure> {
        let searches = searches(self.wanted.scopes, self.wanted.groups, &self.facts.sid);
        let each = LOOKED_AT / searches.len().max(1);
        let below = searches
            .into_iter()
            .map(|(base, narrow)| self.below(base, narrow, each));
        let found = try_join_all(below).await?;
        let mut seen = HashSet::new();
        let mut more = false;
        let mut hits = Vec::new();
        for some in found {
            more |= some.more;
            let new = some.hits.into_iter().filter(|hit| seen.insert(hit.guid));
            hits.extend(new);
        }
        hits.sort_by_cached_key(|hit| (hit.name.to_lowercase(), hit.sam.to_lowercase()));
        more |= hits.len() > ROWS;
        hits.truncate(ROWS);
        Ok(Hits { hits, more })
    }

    /// Those below one base who may be seen: one more than is shown at most. `most` rows are looked at,
    /// and never less than a page.
    async fn below(
        &self,
        base: Dn,
        narrow: Option<LdapFilter>,
        most: usize,
    ) -> Result<Hits, ReadFailure> {
        let mut filter = persons(self.wanted.text);
        filter.extend(narrow);
        let (mut hits, mut looked, mut left_out) = (Vec::new(), 0, 0);
        let mut page = self.page(&base, &filter, FIRST, Vec::new()).await?;
        let more = loop {
            looked += page.entries.len();
            let rows: Vec<Row> = page
                .entries
                .iter()
                .filter_map(|entry| self.row(entry))
                .collect();
            left_out += page.entries.len() - rows.len();
            hits.extend(self.visible(rows).await?);
            if hits.len() > ROWS || page.cookie.is_empty() {
                break hits.len() > ROWS;
            }
            if looked >= most {
                break true;
            }
            let limit = u16::try_from(most - looked).map_or(FURTHER, |left| left.min(FURTHER));
            page = match self.page(&base, &filter, limit, page.cookie).await {
                Ok(page) => page,
                // The server keeps few searches open on one connection, and gave this one up.
                Err(ReadFailure::Directory(
                    DirectoryError::Other { .. } | DirectoryError::Unwilling { .. },
                )) => break true,
                Err(other) => return Err(other),
            };
        };
        if left_out > 0 {
            tracing::warn!(
                left_out,
                "rows of a search were left out: flags or groups of these accounts may not be read"
            );
        }
        Ok(Hits { hits, more })
    }

    async fn page(
        &self,
        base: &Dn,
        filter: &[LdapFilter],
        limit: u16,
        cookie: Vec<u8>,
    ) -> Result<Page, ReadFailure> {
        let search = Search {
            base: base.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter: LdapFilter::And(filter.to_vec()),
            attributes: ROW,
            limit,
            controls: Vec::new(),
        };
        let page = self.reading.page(search, cookie).await?;
        Ok(page.ok_or(DirectoryError::NotFound { what: "user_ou" })?)
    }

    /// `None` where something that decides may not be read, or makes no sense.
    fn row(&self, entry: &Entry) -> Option<Row> {
        let row = self.decoded(entry);
        row.inspect_err(|Malformed { attribute }| {
            tracing::debug!(attribute, "a row of a search cannot be judged");
        })
        .ok()
    }

    fn decoded(&self, entry: &Entry) -> Result<Row, Malformed> {
        const PRIMARY: &str = "primaryGroupID";
        let rid: u32 = entry.parsed(PRIMARY)?.always(PRIMARY)?;
        let primary = self.facts.sid.with_rid(rid).always(PRIMARY)?;
        let groups = self.wanted.groups;
        let manager = entry.dn("manager")?;
        Ok(Row {
            hit: hit(entry, self.now)?,
            dn: entry.dn("distinguishedName")?.always("distinguishedName")?,
            groups: groups.above(&entry.dns("memberOf")?, Some(&primary)),
            primary,
            line: Line::of_manager(manager.clone()),
            manager,
        })
    }

    async fn visible(&self, mut rows: Vec<Row>) -> Result<Vec<Hit>, ReadFailure> {
        if self.wanted.lines {
            let managers = rows.iter().map(|row| &row.manager);
            let above = above(self.reading, &self.facts.head, managers).await?;
            for row in &mut rows {
                row.line = line(row.manager.clone(), &above);
            }
        }
        let may_see = |row: &Row| {
            (self.wanted.may_see)(&Subject {
                dn: &row.dn,
                groups: &row.groups,
                primary: Some(&row.primary),
                line: &row.line,
            })
        };
        rows.retain(may_see);
        Ok(rows.into_iter().map(|row| row.hit).collect())
    }
}
