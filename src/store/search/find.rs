//! A page of the records that somebody asks for, newest first: bounded, whatever is asked of however
//! long a log.
//!
//! One index leads (a person's records, a span of time, or the order of the log), the rest is compared row
//! by row, of at most [`MOST_ROWS`] rows; where that ends a page early, the answer says how far it looked.

use super::super::log::seq_of;
use super::super::reader::parsed;
use super::super::{AuditReader, Store, StoreError};
use super::people::{Names, Person};
use crate::domain::audit::{AuditAction, AuditResult, Record, Seq};
use crate::domain::identity::{ObjectGuid, Sid};
use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite};

/// Rows that one page looks at.
const MOST_ROWS: i64 = 10_000;

/// What is asked of the log; everything that is there must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditSearch {
    /// Part of an operator's or a target's account name; or the number of a record.
    pub text: Option<String>,
    /// What was done.
    pub action: Option<AuditAction>,
    /// How it ended.
    pub result: Option<AuditResult>,
    /// Who did it.
    pub operator: Option<Who>,
    /// To whom.
    pub target: Option<ObjectGuid>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// An operator, as somebody may write one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By objectSid.
    Sid(Sid),
    /// By account name, as in the newest record.
    Name(String),
}

/// A part of what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a sentence of its own on the page, or a word in the record"
)]
pub struct AuditPage {
    /// Newest first.
    pub records: Vec<Record>,
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
}

/// The index that leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// One record.
    Number(i64),
    /// Somebody's records.
    Person(Person),
    /// A span of time.
    Time,
    /// The order of the log.
    Order,
}

/// The conditions, as the database has them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Conditions {
    action: Option<AuditAction>,
    result: Option<AuditResult>,
    operator: Option<i64>,
    target: Option<ObjectGuid>,
    from: Option<i64>,
    to: Option<i64>,
}

/// Where a page begins (before it) or stops looking (at it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    seq: i64,
    time: i64,
}

/// What one lead brought.
struct Found {
    rows: Vec<(i64, String)>,
    /// Complete down to here; `None`: to the beginning.
    down_to: Option<i64>,
}

impl AuditReader {
    /// At most `limit` records before `before`, newest first. Within a span of time that is by the clock, else by
    /// number.
    ///
    /// # Errors
    /// The store cannot be read, or a line is no record.
    pub async fn find(
        &self,
        search: &AuditSearch,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        let mut page = AuditPage::default();
        let Some(conditions) = self.conditions(search).await? else {
            return Ok(page);
        };
        page.operator_known = conditions.operator.is_some();
        let leads = match &search.text {
            Some(text) => {
                let names = self.names(text).await?;
                page.more_names = names.more;
                leads_of(text, &names)
            }
            None => vec![conditions.lead()],
        };
        page.text_means_something = search.text.is_some() && !leads.is_empty();
        let rows = MOST_ROWS / i64::try_from(leads.len().max(1)).unwrap_or(1);
        let mut found = Vec::new();
        for lead in leads {
            found.push(self.by(lead, &conditions, before, (rows, limit)).await?);
        }
        merge(page, found, limit)
    }

    /// `None`: nobody is called so, and nothing can be found.
    async fn conditions(&self, search: &AuditSearch) -> Result<Option<Conditions>, StoreError> {
        let operator = match &search.operator {
            None => None,
            Some(who) => match self.operator_row(who).await? {
                Some(row) => Some(row),
                None => return Ok(None),
            },
        };
        Ok(Some(Conditions {
            action: search.action,
            result: search.result,
            operator,
            target: search.target,
            from: search.from.map(Timestamp::as_microsecond),
            to: search.to.map(Timestamp::as_microsecond),
        }))
    }

    async fn by(
        &self,
        lead: Lead,
        conditions: &Conditions,
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
        let rows: Vec<(i64, String)> = query.build_query_as().fetch_all(&self.pool).await?;
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
        if lead != Lead::Time {
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
        conditions: &Conditions,
        before: Option<Place>,
        rows: i64,
    ) -> Result<Option<Place>, StoreError> {
        if matches!(lead, Lead::Number(_)) || conditions.are_met_by(lead) {
            return Ok(None);
        }
        if lead == Lead::Order {
            return self.floor_by_number(before, rows).await;
        }
        let time = if lead == Lead::Time { "time" } else { "0" };
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
        self.within(self.0.reader.find(search, before, limit)).await
    }
}

impl Conditions {
    /// The one that leads where no name was typed.
    fn lead(&self) -> Lead {
        match (self.target, self.operator) {
            (Some(guid), _) => Lead::Person(Person::Target(guid)),
            (None, Some(row)) => Lead::Person(Person::Operator(row)),
            (None, None) if self.from.is_some() || self.to.is_some() => Lead::Time,
            (None, None) => Lead::Order,
        }
    }

    /// Whether each row that it leads to is asked for: then a full page is the only bound.
    fn are_met_by(&self, lead: Lead) -> bool {
        let of_whom = match lead {
            Lead::Person(Person::Operator(_)) => self.target.is_none(),
            Lead::Person(Person::Target(_)) => self.operator.is_none(),
            Lead::Number(_) | Lead::Time | Lead::Order => {
                self.operator.is_none() && self.target.is_none()
            }
        };
        let when = lead == Lead::Time || (self.from.is_none() && self.to.is_none());
        of_whom && when && self.action.is_none() && self.result.is_none()
    }
}

impl Lead {
    /// ` INDEXED BY … WHERE …`: which rows it leads to, before a place and down to another.
    ///
    /// One bound of a kind: of two lower or two upper ones SQLite seeks by one and reads past the other.
    fn from(
        self,
        query: &mut QueryBuilder<Sqlite>,
        conditions: &Conditions,
        (before, floor): (Option<Place>, Option<Place>),
    ) {
        match self {
            Self::Number(number) => {
                query.push(" WHERE seq = ").push_bind(number);
            }
            Self::Person(Person::Operator(row)) => {
                query.push(" INDEXED BY audit_by_operator WHERE operator = ");
                query.push_bind(row);
            }
            Self::Person(Person::Target(guid)) => {
                query.push(" INDEXED BY audit_by_target WHERE target = ");
                query.push_bind(guid.as_bytes().to_vec());
            }
            Self::Time => {
                let from = [conditions.from, floor.map(|place| place.time)];
                let before = before.map(|place| place.time.saturating_add(1));
                let to = [conditions.to, before].into_iter().flatten().min();
                query.push(" INDEXED BY audit_by_time WHERE time >= ");
                query.push_bind(from.into_iter().flatten().max().unwrap_or(i64::MIN));
                query.push(" AND time < ");
                query.push_bind(to.unwrap_or(i64::MAX));
            }
            Self::Order => {
                query.push(" NOT INDEXED WHERE true");
            }
        }
        if let Some(place) = before {
            self.bound(query, "<", place);
        }
        if let Some(place) = floor {
            self.bound(query, ">=", place);
        }
    }

    fn bound(self, query: &mut QueryBuilder<Sqlite>, than: &str, place: Place) {
        if self == Self::Time {
            // Decides between records of one moment; the plus keeps SQLite from seeking by it.
            query.push(format_args!(" AND (+time, seq) {than} ("));
            query.push_bind(place.time).push(", ").push_bind(place.seq);
            query.push(")");
        } else {
            query.push(format_args!(" AND seq {than} "));
            query.push_bind(place.seq);
        }
    }

    fn order(self, query: &mut QueryBuilder<Sqlite>) {
        query.push(match self {
            Self::Time => " ORDER BY time DESC, seq DESC",
            _ => " ORDER BY seq DESC",
        });
    }
}

/// The records that one lead leads to and that fulfil the conditions, from before a place down to another.
fn records(
    lead: Lead,
    conditions: &Conditions,
    before: Option<Place>,
    floor: Option<Place>,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT seq, line FROM audit");
    lead.from(&mut query, conditions, (before, floor));
    let Conditions {
        action,
        result,
        operator,
        target,
        from,
        to,
    } = *conditions;
    if let Some(action) = action {
        query.push(" AND action = ").push_bind(action.word());
    }
    if let Some(result) = result {
        query.push(" AND result = ").push_bind(result.word());
    }
    if let Some(row) = operator {
        query.push(" AND operator = ").push_bind(row);
    }
    if let Some(guid) = target {
        let guid = guid.as_bytes().to_vec();
        query.push(" AND target = ").push_bind(guid);
    }
    if let Some(from) = from {
        query.push(" AND +time >= ").push_bind(from);
    }
    if let Some(to) = to {
        query.push(" AND +time < ").push_bind(to);
    }
    lead.order(&mut query);
    query
}

/// What a text leads to: a record's number and the people whose names have it.
fn leads_of(text: &str, names: &Names) -> Vec<Lead> {
    let number = text.trim().parse::<u32>().ok().map(i64::from);
    let people = names.people.iter().copied().map(Lead::Person);
    number.map(Lead::Number).into_iter().chain(people).collect()
}

/// One page of what all leads brought: only as far down as each of them has looked.
fn merge(mut page: AuditPage, found: Vec<Found>, limit: u32) -> Result<AuditPage, StoreError> {
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
    let parse = |(_, line): &(i64, String)| parsed(line);
    page.records = rows.iter().map(parse).collect::<Result<_, _>>()?;
    Ok(page)
}

#[cfg(test)]
mod tests;
