//! `GET /audit/summary`: the log in numbers, for auditors.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::audit::of_an_auditor;
use super::{context, page};
use crate::domain::days::{Days, InvalidDays};
use crate::web::address::Query;
use crate::web::form::{Fields, Form, InvalidForm};
use crate::web::page_error::PageError;
use crate::web::signed_in::SignedIn;
use crate::web::site::Site;
use crate::web::views::AuditSummaryPage;

/// Days that are shown where none are asked for.
const USUAL: u16 = 30;

/// The first and the last day; empty ones are as good as absent.
#[derive(Debug)]
pub struct Asked {
    from: String,
    to: String,
}

impl Form for Asked {
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
        let mut text = |name| fields.take(name).unwrap_or_default().trim().to_owned();
        Ok(Self {
            from: text("from"),
            to: text("to"),
        })
    }
}

impl Asked {
    /// The days that are meant: up to today where no end is given, `usual` ones where no beginning is.
    fn days(&self, usual: Days) -> Result<Days, InvalidDays> {
        let day = |text: &str| text.parse().map_err(|_| InvalidDays::NotADay);
        match (self.from.as_str(), self.to.as_str()) {
            ("", "") => Ok(usual),
            (from, "") => Days::between(day(from)?, usual.last()),
            ("", to) => Ok(Days::ending(day(to)?, USUAL)),
            (from, to) => Days::between(day(from)?, day(to)?),
        }
    }
}

/// The numbers of the days that are asked for.
pub async fn show(
    State(site): State<Arc<Site>>,
    signed_in: SignedIn,
    asked: Result<Query<Asked>, PageError>,
) -> Result<Response, PageError> {
    let Query(asked) = of_an_auditor(&site, &signed_in, asked).await?;
    let zone = &site.settings.house.time_zone;
    let usual = Days::up_to(site.app.clock.now(), zone, USUAL);
    let days = asked.days(usual);
    let (session, client) = (&signed_in.session, signed_in.client);
    let shown = days.unwrap_or(usual);
    let summary = site.app.audit_summary(session, shown, zone, client).await?;
    let view = AuditSummaryPage::new(&context(&site, &signed_in)?, &summary);
    match days {
        Ok(_) => page(StatusCode::OK, &view),
        Err(problem) => page(StatusCode::UNPROCESSABLE_ENTITY, &view.in_place_of(problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn asked(from: &str, to: &str) -> Result<Days, InvalidDays> {
        let usual = Days::ending(date(2026, 3, 2), USUAL);
        let (from, to) = (from.to_owned(), to.to_owned());
        Asked { from, to }.days(usual)
    }

    #[test]
    fn an_end_that_is_left_out_is_filled_in() {
        let ends = |days: Days| (days.first().to_string(), days.last().to_string());
        for ((from, to), (first, last)) in [
            (("", ""), ("2026-02-01", "2026-03-02")),
            (("2026-02-27", ""), ("2026-02-27", "2026-03-02")),
            (("", "2026-01-30"), ("2026-01-01", "2026-01-30")),
            (("2025-12-31", "2026-01-01"), ("2025-12-31", "2026-01-01")),
        ] {
            let days = asked(from, to).unwrap();
            assert_eq!(ends(days), (first.to_owned(), last.to_owned()));
        }
    }

    #[test]
    fn days_that_cannot_be_shown_are_told_apart() {
        assert_eq!(asked("yesterday", ""), Err(InvalidDays::NotADay));
        assert_eq!(asked("2026-02-30", "2026-03-01"), Err(InvalidDays::NotADay));
        assert_eq!(asked("2026-03-03", ""), Err(InvalidDays::Backwards));
        assert_eq!(asked("2020-01-01", ""), Err(InvalidDays::TooMany));
    }
}
