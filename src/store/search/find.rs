//! A page of the records that somebody asks for, newest first: bounded, whatever is asked of however
//! long a log.
//!
//! One index leads (a person's records, a cause, a span of time, or the order of the log), the rest is compared
//! row by row, of a bounded number of rows; where that ends a page early, the answer says how far it looked.

use super::super::numbers::seq_of;
use super::super::{AuditReader, Store, StoreError};
use super::found::FoundRecord;
use super::lead::{Conditions, Lead, Place, records};
use super::people::Names;
use super::span::Archived;
use crate::domain::audit::{AuditSearch, Record, Seq, Who};
use jiff::Timestamp;
use sqlx::QueryBuilder;

/// Rows that one page looks at in the order of the log.
const MOST_ROWS: i64 = 10_000;
/// Rows that one page looks at where an index leads to them: each lies elsewhere, and takes several times as long.
const MOST_BY_INDEX: i64 = 4_000;

/// A part of what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a sentence of its own on the page, or a word in the record"
)]
pub struct AuditPage {
    /// Newest first.
    pub records: Vec<FoundRecord>,
    /// Where the next page begins: before this record. `None`: there is nothing more.
    pub next: Option<Seq>,
    /// The page is not full, because enough rows were looked at: down to `next`.
    pub cut: bool,
    /// The text is part of somebody's name, or a record's number.
    pub text_means_something: bool,
    /// The text is part of more names than are looked for.
    pub more_names: bool,
    /// There is an operator of the name that is asked for.
    pub operator_known: bool,
    /// Some that may be asked for are in archives, which no page looks into.
    pub archived: Option<Archived>,
}

/// What one lead brought.
struct Found {
    rows: Vec<(i64, Vec<u8>)>,
    /// Complete down to here; `None`: to the beginning.
    down_to: Option<i64>,
}

impl AuditReader {
    /// At most `limit` records before `before`, newest first. Within a span of time and of one cause that is by the
    /// clock, else by number.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn find(
        &self,
        search: &AuditSearch,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        let mut page = AuditPage::default();
        let operator = match &search.operator {
            None => None,
            Some(who) => match self.operator_row(who).await? {
                Some(operator) => Some(operator),
                None => return Ok(page),
            },
        };
        page.operator_known = operator.is_some();
        let conditions = conditions(search, operator.as_ref().map(|(row, _)| *row));
        let names = match &search.text {
            Some(text) => Some(self.names(text).await?),
            None => None,
        };
        page.more_names = names.as_ref().is_some_and(|names| names.more);
        let number = search.text.as_ref().and_then(|text| number(text));
        let leads = match &names {
            Some(names) => leads_of(number, names),
            None => vec![conditions.lead()],
        };
        page.text_means_something = names.is_some() && !leads.is_empty();
        let rows = match leads[..] {
            [Lead::Order] => MOST_ROWS,
            _ => MOST_BY_INDEX / i64::try_from(leads.len().max(1)).unwrap_or(1),
        };
        let mut found = Vec::new();
        for lead in leads {
            found.push(self.by(lead, &conditions, before, (rows, limit)).await?);
        }
        let rows = merge(&mut page, found, limit)?;
        let asked = AuditSearch {
            operator: operator.map(|(_, sid)| Who::Sid(sid)),
            ..search.clone()
        };
        let means = |record: &Record| match &names {
            None => true,
            Some(names) => {
                number.is_some_and(|number| record.seq.0 == u64::from(number))
                    || names.are_in(record)
            }
        };
        let fits = |record: &Record| asked.fits(record) && means(record);
        page.records = self.found(&rows, fits).await?;
        page.archived = self.archived_since(search.from).await?;
        Ok(page)
    }

    async fn by(
        &self,
        lead: Lead,
        conditions: &Conditions<'_>,
        before: Option<Seq>,
        (rows, limit): (i64, u32),
    ) -> Result<Found, StoreError> {
        let nothing = Found {
            rows: Vec::new(),
            down_to: None,
        };
        let before = match before {
            None => None,
            Some(seq) => match self.place(lead, seq).await? {
                Some(place) => Some(place),
                None => return Ok(nothing),
            },
        };
        let floor = self.floor(lead, conditions, before, rows).await?;
        let mut query = records(lead, conditions, before, floor);
        query.push(" LIMIT ").push_bind(i64::from(limit) + 1);
        let rows: Vec<(i64, Vec<u8>)> = query.build_query_as().fetch_all(&self.pool).await?;
        let full = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        let down_to = if full {
            rows.last().map(|(seq, _)| *seq)
        } else {
            floor.map(|floor| floor.seq)
        };
        Ok(Found { rows, down_to })
    }

    /// The place of a record's number. By the clock it is that record, or the next older one that is
    /// there; `None`: there is none.
    async fn place(&self, lead: Lead, seq: Seq) -> Result<Option<Place>, StoreError> {
        let seq = i64::try_from(seq.0).unwrap_or(i64::MAX);
        if !lead.is_by_time() {
            return Ok(Some(Place { seq, time: 0 }));
        }
        let time: Option<i64> =
            sqlx::query_scalar("SELECT time FROM audit WHERE seq <= ? ORDER BY seq DESC LIMIT 1")
                .bind(seq)
                .fetch_optional(&self.pool)
                .await?;
        Ok(time.map(|time| Place { seq, time }))
    }

    /// The row at which looking stops; `None`: there are not that many.
    async fn floor(
        &self,
        lead: Lead,
        conditions: &Conditions<'_>,
        before: Option<Place>,
        rows: i64,
    ) -> Result<Option<Place>, StoreError> {
        if matches!(lead, Lead::Number(_)) || conditions.are_met_by(lead) {
            return Ok(None);
        }
        if lead == Lead::Order {
            return self.floor_by_number(before, rows).await;
        }
        let time = if lead.is_by_time() { "time" } else { "0" };
        let mut query = QueryBuilder::new("SELECT seq, ");
        query.push(time).push(" FROM audit");
        lead.from(&mut query, conditions, (before, None));
        lead.order(&mut query);
        query.push(" LIMIT 1 OFFSET ").push_bind(rows);
        let row: Option<(i64, i64)> = query.build_query_as().fetch_optional(&self.pool).await?;
        Ok(row.map(|(seq, time)| Place { seq, time }))
    }

    /// The log has no gaps.
    async fn floor_by_number(
        &self,
        before: Option<Place>,
        rows: i64,
    ) -> Result<Option<Place>, StoreError> {
        let (first, last): (Option<i64>, Option<i64>) =
            sqlx::query_as("SELECT (SELECT min(seq) FROM audit), (SELECT max(seq) FROM audit)")
                .fetch_one(&self.pool)
                .await?;
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(None);
        };
        let top = before.map_or(last, |place| place.seq.min(last));
        let seq = top.saturating_sub(rows);
        Ok((seq > first).then_some(Place { seq, time: 0 }))
    }
}

impl Store {
    /// As [`AuditReader::find`].
    ///
    /// # Errors
    /// As there, and not in time.
    pub async fn find(
        &self,
        search: &AuditSearch,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        self.within(self.0.auditors.find(search, before, limit))
            .await
    }
}

/// As the database has them.
fn conditions(search: &AuditSearch, operator: Option<i64>) -> Conditions<'_> {
    Conditions {
        action: search.action,
        result: search.result,
        code: search.code.as_deref(),
        rule: search.rule.as_deref(),
        operator,
        target: search.target,
        from: search.from.map(Timestamp::as_microsecond),
        to: search.to.map(Timestamp::as_microsecond),
    }
}

/// The record's number that a text may be.
fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

/// What a text leads to: a record's number and the people whose names have it.
fn leads_of(number: Option<u32>, names: &Names) -> Vec<Lead> {
    let number = number.map(|number| Lead::Number(number.into()));
    let people = names.people.iter().copied().map(Lead::Person);
    number.into_iter().chain(people).collect()
}

/// The rows of one page of what all leads brought: only as far down as each of them has looked.
fn merge(
    page: &mut AuditPage,
    found: Vec<Found>,
    limit: u32,
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let down_to = found.iter().filter_map(|found| found.down_to).max();
    let alone = found.len() == 1;
    let mut rows: Vec<_> = found.into_iter().flat_map(|found| found.rows).collect();
    if !alone {
        // Alone it is in its own order already, which may be that of the clock.
        rows.retain(|(seq, _)| down_to.is_none_or(|down_to| *seq >= down_to));
        rows.sort_unstable_by_key(|(seq, _)| std::cmp::Reverse(*seq));
        rows.dedup_by_key(|(seq, _)| *seq);
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more {
        rows.last().map(|(seq, _)| *seq)
    } else {
        down_to
    };
    page.cut = !more && down_to.is_some();
    page.next = next.map(seq_of).transpose()?;
    Ok(rows)
}

#[cfg(test)]
mod tests;
