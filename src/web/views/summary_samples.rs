//! Samples of the summary: an ordinary month, a week, a year, nothing at all, and far too much.

use super::AuditSummaryPage;
use super::audit_samples::auditor;
use super::samples::{Samples, house};
use crate::actions::AuditSummary;
use crate::domain::audit::{AuditAction, AuditResult};
use crate::domain::days::{Days, InvalidDays};
use crate::domain::roles::Roles;
use crate::domain::samples::now;
use crate::store::{Cause, Counted, Top};
use jiff::tz::TimeZone;

fn top(of: &[(&str, u64)]) -> Top {
    Top {
        first: of
            .iter()
            .map(|(name, count)| Counted {
                name: (*name).to_owned(),
                key: (*name).to_owned(),
                count: *count,
            })
            .collect(),
        number: u64::try_from(of.len()).unwrap(),
    }
}

fn cause(action: AuditAction, result: AuditResult, code: &str, count: u64) -> Cause {
    Cause {
        action,
        result,
        code: code.to_owned(),
        count,
    }
}

/// Working days with a few resets each, weekends with hardly any.
fn resets(days: Days) -> Vec<u64> {
    const WEEK: [u64; 7] = [9, 5, 4, 6, 3, 0, 0];
    let of_day = |(number, day): (usize, jiff::civil::Date)| {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap();
        let usual = WEEK[weekday];
        if usual == 0 {
            u64::from(number % 13 == 5)
        } else {
            usual + u64::try_from(number * 7 % 5).unwrap()
        }
    };
    days.all().enumerate().map(of_day).collect()
}

fn month(number: u16) -> AuditSummary {
    let days = Days::up_to(now(), &TimeZone::get("Europe/London").unwrap(), number);
    let resets = resets(days);
    let total: u64 = resets.iter().sum();
    let (refused, failed) = (AuditResult::Refused, AuditResult::Failed);
    let shares = [total * 45 / 100, total * 30 / 100, total * 15 / 100];
    let rest = total - shares.iter().sum::<u64>();
    AuditSummary {
        days,
        resets,
        unlocks: 31,
        operators: top(&[
            ("olga.lindqvist", shares[0]),
            ("ben.baker", shares[1]),
            ("priya.natarajan", shares[2]),
            ("tom.okafor", rest),
        ]),
        rules: top(&[
            ("Service desk", total - shares[2]),
            ("Warehouse", shares[2]),
        ]),
        causes: vec![
            cause(AuditAction::SignIn, refused, "wrong_password", 23),
            cause(AuditAction::ViewAccount, refused, "not_in_scope", 5),
            cause(AuditAction::UnlockAccount, refused, "protected_group", 2),
            cause(AuditAction::ResetPassword, refused, "protected_group", 9),
            cause(AuditAction::SignIn, refused, "not_operator", 6),
            cause(AuditAction::ResetPassword, refused, "not_in_scope", 5),
            cause(AuditAction::ResetPassword, refused, "target_disabled", 4),
            cause(AuditAction::ResetPassword, failed, "directory_busy", 2),
            cause(AuditAction::SignIn, refused, "too_many", 2),
            cause(
                AuditAction::ResetPassword,
                AuditResult::Unknown,
                "cannot_be_known",
                1,
            ),
        ],
    }
}

/// More operators than are named, numbers without end, names as nobody should have them.
fn too_much() -> AuditSummary {
    let long = "verylongoperatornamewithoutanybreakinit".repeat(6);
    let mut operators = top(&[
        (&long, u64::MAX / 2),
        (
            "Able \u{202e}ecilA, \"<b>Bob</b>\" O'Neil & Sons",
            1_234_567_890,
        ),
        ("יעל כהן", 12_345),
        ("", 7),
    ]);
    operators.number = 1304;
    let mut summary = month(30);
    summary.resets[3] = u64::MAX / 2;
    summary.resets[4] = 1_234_567_890_123;
    let odd = "a_word_of_a_newer_program_that_is_longer_than_any_<b>\u{202e}word</b>";
    let refused = AuditResult::Refused;
    AuditSummary {
        unlocks: u64::MAX,
        operators,
        rules: top(&[("<Zeb>", 4), (&"rule ".repeat(40), 2)]),
        causes: vec![
            cause(AuditAction::ResetPassword, refused, odd, u64::MAX),
            cause(AuditAction::ResetPassword, refused, "", 3),
            cause(AuditAction::SignIn, refused, "", 1),
        ],
        ..summary
    }
}

impl AuditSummaryPage {
    pub(super) fn samples() -> Samples<Self> {
        let house = house();
        let context = auditor(&house, Roles::Auditor);
        let nothing = AuditSummary {
            resets: vec![0; 30],
            unlocks: 0,
            operators: Top::default(),
            rules: Top::default(),
            causes: Vec::new(),
            ..month(30)
        };
        let page = |summary: &AuditSummary| Self::new(&context, summary);
        vec![
            ("summary", page(&month(30))),
            ("summary-day", page(&month(1))),
            ("summary-week", page(&month(7))),
            ("summary-year", page(&month(365))),
            ("summary-empty", page(&nothing)),
            (
                "summary-wrong-days",
                page(&nothing).in_place_of(InvalidDays::TooMany),
            ),
            ("summary-too-much", page(&too_much())),
        ]
    }
}
