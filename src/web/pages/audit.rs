//! `GET /audit`, `GET /audit/{seq}` and `GET /audit.csv`: the log, for auditors.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;

use super::{audit_csv, context, page};
use crate::actions::InvalidSearch;
use crate::domain::audit::{Actions, AuditResult, AuditSearch, Seq, Who};
use crate::domain::days;
use crate::web::address::{Attempt, Query};
use crate::web::form::{Fields, Form, InvalidForm, NoFields};
use crate::web::page_error::PageError;
use crate::web::problem::Problem;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::{AuditComplaints, AuditFilters, AuditLogPage, AuditRecordPage, Complaint};
use crate::web::words;

/// Characters of a text to look for.
const LONGEST_TEXT: usize = 64;

/// The filters and the page. Fields that were left empty are as good as absent.
#[derive(Debug)]
pub struct Asked {
    filters: AuditFilters,
    before: Option<Seq>,
}

impl Form for Asked {
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
        let mut text = |name| fields.take(name).unwrap_or_default().trim().to_owned();
        let filters = AuditFilters {
            q: text("q"),
            action: chosen("action", &text("action"), Actions::from_word)?,
            result: chosen("result", &text("result"), AuditResult::from_word)?,
            code: text("code"),
            rule: text("rule"),
            operator: text("operator"),
            target: chosen("target", &text("target"), |guid| guid.parse().ok())?,
            from: text("from"),
            to: text("to"),
        };
        let number = |text: &str| text.parse().ok().map(Seq);
        let before = chosen("page", &text("page"), number)?;
        Ok(Self { filters, before })
    }
}

/// A value that nobody types: one that it cannot have is no request of our pages.
fn chosen<T>(
    name: &'static str,
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, InvalidForm> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or(InvalidForm::Value(name))
}

/// A page of records.
pub async fn show(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    asked: Result<Query<Asked>, PageError>,
) -> Result<Response, PageError> {
    let Query(Asked { filters, before }) = of_an_auditor(&site, &signed_in, asked).await?;
    let search = match search(&filters, &site.settings.house.time_zone) {
        Ok(search) => search,
        Err(complaints) => return refused(&site, &signed_in, &filters, complaints).await,
    };
    let found = site
        .app
        .audit_log(&signed_in.session, &search, before, signed_in.client)
        .await?;
    let context = context(&site, &signed_in)?;
    let view = AuditLogPage::found(&context, &filters, before, &found);
    page(StatusCode::OK, &view)
}

/// One record.
pub async fn record(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    seq: Result<Attempt, PageError>,
    asked: Result<Query<NoFields>, PageError>,
) -> Result<Response, PageError> {
    let Attempt(seq) = of_an_auditor(&site, &signed_in, seq).await?;
    of_an_auditor(&site, &signed_in, asked).await?;
    let kept = site
        .app
        .audit_record(&signed_in.session, seq, signed_in.client)
        .await?
        .ok_or(Problem::NotFound)?;
    let context = context(&site, &signed_in)?;
    page(StatusCode::OK, &AuditRecordPage::new(&context, &kept))
}

/// All records that the filters leave, as a file.
pub async fn csv(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    asked: Result<Query<Asked>, PageError>,
) -> Result<Response, PageError> {
    let whole = asked.and_then(|Query(asked)| match asked.before {
        None => Ok(asked),
        Some(_) => Err(InvalidForm::Unknown.into()),
    });
    let Asked { filters, .. } = of_an_auditor(&site, &signed_in, whole).await?;
    let search = match search(&filters, &site.settings.house.time_zone) {
        Ok(search) => search,
        Err(complaints) => return refused(&site, &signed_in, &filters, complaints).await,
    };
    let export = site
        .app
        .audit_export(&signed_in.session, search, signed_in.client)
        .await?;
    Ok(audit_csv::answer(export))
}

/// A method that no page of the log has.
pub async fn other_method(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
) -> Result<Response, PageError> {
    of_an_auditor(&site, &signed_in, Err(Problem::MethodNotAllowed.into())).await
}

/// What is asked, or what is wrong with it where an auditor asks: for others there is no such page, whatever they
/// send it, and that they did is on record.
pub(super) async fn of_an_auditor<T>(
    site: &Site,
    signed_in: &SignedIn,
    asked: Result<T, PageError>,
) -> Result<T, PageError> {
    if asked.is_err() {
        site.app
            .audit_form(&signed_in.session, signed_in.client)
            .await?;
    }
    asked
}

/// The form again, for auditors only.
async fn refused(
    site: &Site,
    signed_in: &SignedIn,
    filters: &AuditFilters,
    complaints: AuditComplaints,
) -> Result<Response, PageError> {
    site.app
        .audit_form(&signed_in.session, signed_in.client)
        .await?;
    let context = context(site, signed_in)?;
    let view = AuditLogPage::refused(&context, filters, complaints);
    page(StatusCode::UNPROCESSABLE_ENTITY, &view)
}

/// What the filters mean; days are those of the site's time zone, the last one with them.
fn search(filters: &AuditFilters, zone: &TimeZone) -> Result<AuditSearch, AuditComplaints> {
    let from = days::day(&filters.from).map(|day| (day, days::begins(day, zone)));
    let to = days::day(&filters.to).map(|day| (day, days::ends(day, zone)));
    let mut complaints = AuditComplaints {
        q: complaint_of_text(&filters.q),
        from: complaint_of_day(&filters.from, from.is_some()),
        to: complaint_of_day(&filters.to, to.is_some()),
    };
    if let (Some((first, _)), Some((last, _))) = (from, to)
        && last < first
    {
        complaints.to = Some(words::DAYS_BACKWARDS);
    }
    if complaints != AuditComplaints::default() {
        return Err(complaints);
    }
    let typed = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(AuditSearch {
        text: typed(&filters.q),
        action: filters.action,
        result: filters.result,
        code: typed(&filters.code),
        rule: typed(&filters.rule),
        operator: typed(&filters.operator).map(|text| Who::of(&text)),
        target: filters.target,
        from: from.map(|(_, moment)| moment),
        to: to.map(|(_, moment)| moment),
    })
}

fn complaint_of_text(text: &str) -> Complaint {
    if text.chars().count() > LONGEST_TEXT {
        Some(words::search(InvalidSearch::TooLong))
    } else if text.chars().any(char::is_control) {
        Some(words::search(InvalidSearch::Control))
    } else {
        None
    }
}

fn complaint_of_day(text: &str, is_day: bool) -> Complaint {
    (!text.is_empty() && !is_day).then_some(words::NOT_A_DATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn filters(from: &str, to: &str) -> AuditFilters {
        AuditFilters {
            from: from.to_owned(),
            to: to.to_owned(),
            ..AuditFilters::default()
        }
    }

    #[test]
    fn days_are_those_of_the_site_and_the_last_one_is_whole() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let search = search(&filters("2026-03-29", "2026-03-29"), &berlin).unwrap();
        let moment = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(search.from, moment("2026-03-28T23:00:00Z"));
        assert_eq!(search.to, moment("2026-03-29T22:00:00Z"));
    }

    #[test]
    fn what_is_no_day_is_named_at_its_field() {
        for wrong in [
            "tomorrow",
            "2026-02-30",
            "2026-13-01",
            "20260301",
            "2026-03-01T10:00",
        ] {
            let complaints = search(&filters(wrong, ""), &TimeZone::UTC).unwrap_err();
            assert_eq!(complaints.from, Some(words::NOT_A_DATE), "{wrong}");
            assert_eq!(complaints.to, None, "{wrong}");
        }
        let complaints = search(&filters("2026-03-02", "2026-03-01"), &TimeZone::UTC).unwrap_err();
        assert_eq!(complaints.to, Some(words::DAYS_BACKWARDS));
    }
}
