//! What was done and refused in a span of time, in numbers: for auditors.

use super::{ActionError, App, Client};
use crate::domain::audit::AuditAction;
use crate::domain::days::Days;
use crate::store::{Cause, Session, Tally, Top};
use jiff::tz::TimeZone;

/// The numbers of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSummary {
    /// Which days.
    pub days: Days,
    /// Resets that were done, one number for each day.
    pub resets: Vec<u64>,
    /// Unlocks that were done.
    pub unlocks: u64,
    /// Resets by operator.
    pub operators: Top,
    /// Resets by rule.
    pub rules: Top,
    /// What did not go as asked, the most frequent first.
    pub causes: Vec<Cause>,
}

impl AuditSummary {
    /// The counts by days of `zone`.
    pub fn of(tally: Tally, days: Days, zone: &TimeZone) -> Self {
        let mut resets = vec![0_u64; days.count()];
        for (quarter, count) in tally.resets {
            let day = days.index_of(quarter, zone);
            if let Some(of_day) = day.and_then(|day| resets.get_mut(day)) {
                *of_day = of_day.saturating_add(count);
            }
        }
        Self {
            days,
            resets,
            unlocks: tally.unlocks,
            operators: tally.operators,
            rules: tally.rules,
            causes: tally.causes,
        }
    }

    /// All resets.
    pub fn total(&self) -> u64 {
        self.resets
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }
}

impl App {
    /// The numbers of these days, as days are in `zone`. That somebody looked is recorded.
    ///
    /// # Errors
    /// Not an auditor; the look is not recorded; the store cannot be read.
    pub async fn audit_summary(
        &self,
        session: &Session,
        days: Days,
        zone: &TimeZone,
        client: Client,
    ) -> Result<AuditSummary, ActionError> {
        let case = self
            .auditor(AuditAction::ViewAudit, session, client)
            .await?;
        let tally = self.store.tally(days.quarters(zone)).await?;
        let mut entry = case.event();
        let span = [("from", days.first()), ("to", days.last())];
        entry.details.insert("page".to_owned(), "summary".into());
        for (end, day) in span {
            entry.details.insert(end.to_owned(), day.to_string().into());
        }
        self.note_look(entry).await?;
        Ok(AuditSummary::of(tally, days, zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn each_day_has_its_number_and_days_without_resets_have_none() {
        let kathmandu = TimeZone::get("Asia/Kathmandu").unwrap();
        let days = Days::between(date(2026, 3, 1), date(2026, 3, 3)).unwrap();
        let quarters = days.quarters(&kathmandu);
        let (first, last) = (quarters.start, quarters.end - 1);
        let tally = Tally {
            resets: vec![
                (first - 1, 50),
                (first, 2),
                (first + 95, 3),
                (last, 7),
                (last + 1, 60),
            ],
            ..Tally::default()
        };
        let summary = AuditSummary::of(tally, days, &kathmandu);
        assert_eq!(summary.resets, [5, 0, 7]);
        assert_eq!(summary.total(), 12);
    }
}
