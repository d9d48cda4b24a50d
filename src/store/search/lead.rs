//! Which rows a search looks at, by which index, and what each of them must be besides: the SQL of a page.

use super::people::Person;
use crate::domain::audit::{Actions, AuditAction, AuditResult};
use crate::domain::identity::ObjectGuid;
use sqlx::{QueryBuilder, Sqlite};

/// The index that leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// One record.
    Number(i64),
    /// Somebody's records.
    Person(Person),
    /// What has the code that is asked for, by time.
    Code,
    /// A span of time.
    Time,
    /// The order of the log.
    Order,
}

/// The conditions, as the database has them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Conditions<'a> {
    pub(super) action: Option<Actions>,
    pub(super) result: Option<AuditResult>,
    pub(super) code: Option<&'a str>,
    pub(super) rule: Option<&'a str>,
    pub(super) operator: Option<i64>,
    pub(super) target: Option<ObjectGuid>,
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
}

/// Where a page begins (before it) or stops looking (at it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) seq: i64,
    pub(super) time: i64,
}

/// The records that one lead leads to and that fulfil the conditions, from before a place down to another.
pub(super) fn records(
    lead: Lead,
    conditions: &Conditions<'_>,
    before: Option<Place>,
    floor: Option<Place>,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT seq, coalesce(CAST(line AS BLOB), x'') FROM audit");
    lead.from(&mut query, conditions, (before, floor));
    conditions.push(&mut query, lead);
    lead.order(&mut query);
    query
}

impl Conditions<'_> {
    /// The one that leads where no name was typed.
    pub(super) fn lead(&self) -> Lead {
        match (self.target, self.operator) {
            (Some(guid), _) => Lead::Person(Person::Target(guid)),
            (None, Some(row)) => Lead::Person(Person::Operator(row)),
            (None, None) if self.code.is_some() => Lead::Code,
            (None, None) if self.from.is_some() || self.to.is_some() => Lead::Time,
            (None, None) => Lead::Order,
        }
    }

    /// Whether each row that it leads to is asked for: then a full page is the only bound.
    pub(super) fn are_met_by(&self, lead: Lead) -> bool {
        let of_whom = match lead {
            Lead::Person(Person::Operator(_)) => self.target.is_none(),
            Lead::Person(Person::Target(_)) => self.operator.is_none(),
            Lead::Number(_) | Lead::Code | Lead::Time | Lead::Order => {
                self.operator.is_none() && self.target.is_none()
            }
        };
        let when = lead.is_by_time() || (self.from.is_none() && self.to.is_none());
        let why = (lead == Lead::Code || self.code.is_none()) && self.rule.is_none();
        of_whom && when && why && self.action.is_none() && self.result.is_none()
    }

    /// What a row must be besides that the lead leads to it.
    fn push(&self, query: &mut QueryBuilder<Sqlite>, lead: Lead) {
        match self.action {
            Some(Actions::Only(action)) => {
                query.push(" AND action = ").push_bind(action.word());
            }
            Some(Actions::NoSignIn) => {
                let sign_in = AuditAction::SignIn.word();
                query.push(" AND action <> ").push_bind(sign_in);
            }
            None => {}
        }
        if let Some(result) = self.result {
            query.push(" AND result = ").push_bind(result.word());
        }
        if let Some(code) = self.code.filter(|_| lead != Lead::Code) {
            query.push(" AND code = ").push_bind(code.to_owned());
        }
        if let Some(rule) = self.rule {
            query.push(" AND rule = ").push_bind(rule.to_owned());
        }
        if let Some(row) = self.operator {
            query.push(" AND operator = ").push_bind(row);
        }
        if let Some(guid) = self.target {
            let guid = guid.as_bytes().to_vec();
            query.push(" AND target = ").push_bind(guid);
        }
        if let Some(from) = self.from {
            query.push(" AND +time >= ").push_bind(from);
        }
        if let Some(to) = self.to {
            query.push(" AND +time < ").push_bind(to);
        }
    }

    /// `time >= … AND time < …`: the span that is asked for, before a place and down to another.
    fn span(
        &self,
        query: &mut QueryBuilder<Sqlite>,
        (before, floor): (Option<Place>, Option<Place>),
    ) {
        let from = [self.from, floor.map(|place| place.time)];
        let before = before.map(|place| place.time.saturating_add(1));
        let to = [self.to, before].into_iter().flatten().min();
        query.push("time >= ");
        query.push_bind(from.into_iter().flatten().max().unwrap_or(i64::MIN));
        query.push(" AND time < ");
        query.push_bind(to.unwrap_or(i64::MAX));
    }
}

impl Lead {
    /// Whether its records come by the clock, not by their numbers.
    pub(super) fn is_by_time(self) -> bool {
        matches!(self, Self::Code | Self::Time)
    }

    /// ` INDEXED BY … WHERE …`: which rows it leads to, before a place and down to another.
    ///
    /// One bound of a kind: of two lower or two upper ones SQLite seeks by one and reads past the other.
    pub(super) fn from(
        self,
        query: &mut QueryBuilder<Sqlite>,
        conditions: &Conditions<'_>,
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
            Self::Code => {
                query.push(" INDEXED BY audit_by_code WHERE code = ");
                query.push_bind(conditions.code.map(str::to_owned));
                query.push(" AND ");
                conditions.span(query, (before, floor));
            }
            Self::Time => {
                query.push(" INDEXED BY audit_by_time WHERE ");
                conditions.span(query, (before, floor));
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
        if self.is_by_time() {
            // Decides between records of one moment; the plus keeps SQLite from seeking by it.
            query.push(format_args!(" AND (+time, seq) {than} ("));
            query.push_bind(place.time).push(", ").push_bind(place.seq);
            query.push(")");
        } else {
            query.push(format_args!(" AND seq {than} "));
            query.push_bind(place.seq);
        }
    }

    pub(super) fn order(self, query: &mut QueryBuilder<Sqlite>) {
        query.push(match self {
            Self::Code | Self::Time => " ORDER BY time DESC, seq DESC",
            Self::Number(_) | Self::Person(_) | Self::Order => " ORDER BY seq DESC",
        });
    }
}
