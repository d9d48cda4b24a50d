//! The log in numbers: resets by day, by operator and by rule, and what was refused for which cause.

use super::chart::{Bars, Columns, Mark};
use super::{AuditFilters, Frame, PageContext};
use crate::actions::AuditSummary;
use crate::domain::audit::{Actions, AuditAction, AuditResult};
use crate::domain::days::{Days, InvalidDays};
use crate::store::{Cause, Counted, Top};
use crate::web::words::{self, Range, label, shown};
use askama::Template;
use jiff::civil::{Date, Weekday};

/// More days than this are shown by weeks.
const MOST_BY_DAY: usize = 92;

/// `GET /audit/summary?from=…&to=…`.
#[derive(Debug, Clone, Template)]
#[template(path = "audit_summary.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct AuditSummaryPage {
    pub frame: Frame,
    /// "1 February 2026 to 2 March 2026".
    pub span: String,
    pub spans: Vec<Span>,
    /// For the boxes: 2026-02-01.
    pub from: String,
    pub to: String,
    /// Other days were asked for than are shown; empty: no.
    pub problem: &'static str,
    /// The records of this time.
    pub log_link: String,
    /// "42 passwords were reset."
    pub done: String,
    /// "The most on one day: 7, on Monday 2 March 2026." Empty: no resets.
    pub busiest: String,
    /// Empty where there was no reset.
    pub columns: Columns,
    /// "Day" or "Week".
    pub step: &'static str,
    /// By operator and by rule; none where there was no reset.
    pub sections: Vec<Section>,
    /// What was not done; sign-ins.
    pub refusals: Vec<Section>,
}

/// A link to a span of time.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Span {
    pub text: &'static str,
    pub link: String,
    /// It is the one that is shown.
    pub current: bool,
}

/// A heading over lying bars.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Section {
    pub id: &'static str,
    pub heading: &'static str,
    /// A sentence above the table; empty: none.
    pub says: String,
    /// Heads of the columns.
    pub what: &'static str,
    pub times: &'static str,
    pub bars: Bars,
}

impl AuditSummaryPage {
    /// Of these numbers.
    pub fn new(context: &PageContext<'_>, summary: &AuditSummary) -> Self {
        let days = summary.days;
        let total = summary.total();
        let (step, marks) = if total == 0 {
            ("", Vec::new())
        } else {
            marks(summary)
        };

        Self {
            frame: Frame::new(label::SUMMARY, context),
            span: words::span(days),
            spans: spans(context, days),
            from: days.first().to_string(),
            to: days.last().to_string(),
            problem: "",
            log_link: link(&records(days.first(), days.last())),
            done: words::done(total, summary.unlocks),
            busiest: busiest(summary),
            columns: Columns::new(marks, |most| words::top(most, step == label::WEEK)),
            step,
            sections: if total == 0 {
                Vec::new()
            } else {
                resets(summary, total)
            },
            refusals: refusals(summary),
        }
    }

    /// Other days were asked for, and cannot be shown.
    #[must_use]
    pub fn in_place_of(mut self, problem: InvalidDays) -> Self {
        self.problem = words::wrong_days(problem);
        self
    }
}

fn spans(context: &PageContext<'_>, shown: Days) -> Vec<Span> {
    let span = |range: Range| {
        let days = Days::up_to(context.now, &context.house.time_zone, range.days());
        Span {
            text: words::range(range),
            link: format!("/audit/summary?from={}&to={}", days.first(), days.last()),
            current: days == shown,
        }
    };
    Range::ALL.into_iter().map(span).collect()
}

/// The records from one day to another.
fn records(from: Date, to: Date) -> AuditFilters {
    AuditFilters {
        from: from.to_string(),
        to: to.to_string(),
        ..AuditFilters::default()
    }
}

/// Of them the resets that were done.
fn resets_done(from: Date, to: Date) -> AuditFilters {
    AuditFilters {
        action: Some(Actions::Only(AuditAction::ResetPassword)),
        result: Some(AuditResult::Ok),
        ..records(from, to)
    }
}

fn link(filters: &AuditFilters) -> String {
    filters.address("/audit", None)
}

/// A bar for each day, or for each week from Monday on.
fn marks(summary: &AuditSummary) -> (&'static str, Vec<Mark>) {
    let days: Vec<(Date, u64)> = summary
        .days
        .all()
        .zip(summary.resets.iter().copied())
        .collect();
    if days.len() <= MOST_BY_DAY {
        let mark = |(day, count): (Date, u64)| Mark {
            short: words::short_day(day),
            shortest: words::weekday(day).chars().take(3).collect(),
            name: format!("{} {}", words::weekday(day), words::day(day)),
            link: link(&resets_done(day, day)),
            count,
        };
        return (label::DAY, days.into_iter().map(mark).collect());
    }
    let weeks = days.chunk_by(|_, (next, _)| next.weekday() != Weekday::Monday);
    let mark = |week: &[(Date, u64)]| {
        let ((first, _), (last, _)) = (week.first()?, week.last()?);
        Some(Mark {
            short: words::short_day(*first),
            shortest: words::short_day(*first),
            name: format!("{} – {}", words::day(*first), words::day(*last)),
            link: link(&resets_done(*first, *last)),
            count: week
                .iter()
                .fold(0, |sum, (_, count)| sum.saturating_add(*count)),
        })
    };
    (label::WEEK, weeks.filter_map(mark).collect())
}

fn busiest(summary: &AuditSummary) -> String {
    let days = summary.days.all().zip(summary.resets.iter().copied());
    // Of equal ones the first.
    let most = days.reduce(|most, day| if day.1 > most.1 { day } else { most });
    match most {
        Some((day, count)) if count > 0 && summary.days.count() > 1 => words::busiest(day, count),
        _ => String::new(),
    }
}

fn resets(summary: &AuditSummary, total: u64) -> Vec<Section> {
    let (from, to) = (summary.days.first(), summary.days.last());
    let of_operator = |sid: &str| {
        link(&AuditFilters {
            operator: sid.to_owned(),
            ..resets_done(from, to)
        })
    };
    let of_rule = |rule: &str| {
        link(&AuditFilters {
            rule: rule.to_owned(),
            ..resets_done(from, to)
        })
    };
    let section = |id, heading, what, rows| Section {
        id,
        heading,
        says: String::new(),
        what,
        times: label::RESETS,
        bars: Bars::new(rows),
    };
    vec![
        section(
            "operators",
            label::BY_OPERATOR,
            label::OPERATOR,
            rows(&summary.operators, total, of_operator),
        ),
        section(
            "rules",
            label::BY_RULE,
            label::RULE,
            rows(&summary.rules, total, of_rule),
        ),
    ]
}

/// The named ones, and the others in one row.
fn rows(top: &Top, total: u64, link_of: impl Fn(&str) -> String) -> Vec<(String, String, u64)> {
    let named = |Counted { name, key, count }: &Counted| {
        if key.is_empty() {
            (label::UNNAMED.to_owned(), String::new(), *count)
        } else {
            (shown(name), link_of(key), *count)
        }
    };
    let mut rows: Vec<_> = top.first.iter().map(named).collect();
    let here = top
        .first
        .iter()
        .fold(0_u64, |sum, it| sum.saturating_add(it.count));
    let others = top
        .number
        .saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    if others > 0 {
        let rest = total.saturating_sub(here);
        rows.push((words::others(others), String::new(), rest));
    }
    rows
}

fn refusals(summary: &AuditSummary) -> Vec<Section> {
    let of = |wanted: fn(AuditAction) -> bool| -> Vec<&Cause> {
        let causes = summary.causes.iter();
        causes.filter(|cause| wanted(cause.action)).collect()
    };
    let section = |id, heading, causes: Vec<&Cause>| Section {
        id,
        heading,
        says: causes.first().map_or_else(
            || label::NONE_NOT_DONE.to_owned(),
            |cause| words::most_often(&cause.code, words::cause(&cause.code), cause.count),
        ),
        what: label::CAUSE,
        times: label::TIMES,
        bars: Bars::new(
            causes
                .into_iter()
                .map(|cause| row(summary.days, cause))
                .collect(),
        ),
    };
    vec![
        section("not-done", label::NOT_DONE, of(is_help)),
        section("sign-ins", label::SIGN_INS_REFUSED, of(is_sign_in)),
        section(
            "others",
            label::OTHERS_NOT_DONE,
            of(|action| !is_help(action) && !is_sign_in(action)),
        ),
    ]
}

fn is_help(action: AuditAction) -> bool {
    matches!(
        action,
        AuditAction::ResetPassword | AuditAction::UnlockAccount
    )
}

fn is_sign_in(action: AuditAction) -> bool {
    action == AuditAction::SignIn
}

fn row(days: Days, cause: &Cause) -> (String, String, u64) {
    let name = match words::cause(&cause.code) {
        Some(known) => known.short.to_owned(),
        None if cause.code.is_empty() => label::UNNAMED.to_owned(),
        None => shown(&cause.code),
    };
    let name = words::with_result(name, cause.result);
    // A heading of one action says it, and under the others the resets are the usual ones.
    let name = match cause.action {
        AuditAction::SignIn | AuditAction::ResetPassword => name,
        action => format!("{}: {name}", words::audit_action(action)),
    };
    if cause.code.is_empty() {
        // No filter asks for what has no word, and a link without it would show more than is counted.
        return (name, String::new(), cause.count);
    }
    let filters = AuditFilters {
        action: Some(Actions::Only(cause.action)),
        result: Some(cause.result),
        code: cause.code.clone(),
        ..records(days.first(), days.last())
    };
    (name, link(&filters), cause.count)
}
