//! Samples of what rules and limits make of the pages.

use super::samples::{
    CONTACT, Samples, alice_of_sales, by_rule, forms, house, locked_out, signed_in, view,
};
use super::*;
use crate::actions::{AccountView, Found};
use crate::domain::authorize::Refusal;
use crate::domain::identity::ObjectGuid;
use crate::domain::limits::Reached;
use crate::domain::password::PolicyBreach;
use crate::domain::reason::UnfitReason;
use crate::domain::rules::{Action, ByRules, MustChange, PasswordKind};
use crate::web::words;

/// The view where a reason is wanted.
fn with_reason(view: AccountView) -> AccountView {
    by_rule(view, |rule| rule.terms.reason.required = true)
}

impl AccountPage {
    pub(super) fn samples_of_reasons() -> Samples<Self> {
        let house = house();
        let context = signed_in(&house);
        let page = |view: AccountView| Self::new(&context, &with_reason(view), forms());
        let missing = words::reason(UnfitReason::Missing, None);
        let ticked = Asked {
            must_change: true,
            ..Asked::default()
        };
        let breaches = [PolicyBreach::TooShort { needed: 14 }];
        let policy = words::policy(&breaches, false, Some(CONTACT));
        let asked = Asked {
            reason: "call \"4711\" <b>".to_owned(),
            unlock: true,
            ..Asked::default()
        };
        vec![
            ("account-reason", page(view(locked_out(), None))),
            (
                "account-reason-missing",
                page(view(alice_of_sales(), None)).with_notice(&missing, ticked),
            ),
            (
                "account-policy",
                page(view(locked_out(), None)).with_notice(&policy, asked),
            ),
        ]
    }

    pub(super) fn samples_of_rules() -> Samples<Self> {
        let house = house();
        let context = signed_in(&house);
        let page = |view: &AccountView| Self::new(&context, view, forms());
        let typed = || {
            by_rule(view(alice_of_sales(), None), |rule| {
                rule.terms.password = PasswordKind::Typed;
            })
        };
        let changing = |must_change| {
            by_rule(view(locked_out(), None), |rule| {
                rule.terms.must_change = must_change;
            })
        };
        let again = AccountView {
            again: true,
            ..view(alice_of_sales(), None)
        };
        let refused = |why| AccountView {
            reset: Err(Refusal::ByRules(why)),
            ..view(alice_of_sales(), None)
        };
        let only_unlock = AccountView {
            reset: Err(Refusal::ByRules(ByRules::NoneAllows)),
            ..view(locked_out(), None)
        };
        let asked = || Asked {
            must_change: true,
            typed: true,
            ..Asked::default()
        };
        let breaches = [
            PolicyBreach::TooShort { needed: 14 },
            PolicyBreach::NotComplex,
        ];
        let policy = words::policy(&breaches, true, Some(CONTACT));
        let twice = words::reason(UnfitReason::Again, None);
        vec![
            ("account-typed", page(&typed())),
            (
                "account-typed-unfit",
                page(&typed()).with_notice(&policy, asked()),
            ),
            ("account-always", page(&changing(MustChange::Always))),
            ("account-never", page(&changing(MustChange::Never))),
            ("account-again", page(&again)),
            (
                "account-again-missing",
                page(&view(alice_of_sales(), None)).with_notice(&twice, asked()),
            ),
            ("account-denied", page(&refused(ByRules::Denied))),
            (
                "account-limit",
                page(&refused(ByRules::Limit(Reached::PerHour))),
            ),
            ("account-only-unlock", page(&only_unlock)),
        ]
    }
}

impl SearchPage {
    pub(super) fn samples_of_rules() -> Samples<Self> {
        let house = house();
        let context = signed_in(&house);
        let asleep = |why| Found {
            hits: Vec::new(),
            more: false,
            sleeping: Some(why),
        };
        vec![
            (
                "search-frozen",
                Self::refused(&context, "alice", Refusal::Frozen),
            ),
            (
                "search-outside-hours",
                Self::found(&context, "alice", &asleep(ByRules::OutsideHours)),
            ),
            (
                "search-other-network",
                Self::found(&context, "alice", &asleep(ByRules::OtherNetwork)),
            ),
        ]
    }
}

impl MessagePage {
    pub(super) fn samples_of_rules() -> Samples<Self> {
        let house = house();
        let context = signed_in(&house);
        let guid = ObjectGuid::from([7; 16]);
        let page = |why| {
            let notice = words::refusal(why, Action::ResetPassword, "Alice Able", Some(CONTACT));
            Self::new(&context, &notice)
        };
        let limit = Refusal::ByRules(ByRules::Limit(Reached::PeoplePerDay));
        vec![
            ("refused-frozen", page(Refusal::Frozen)),
            ("refused-limit", page(limit).about(guid)),
            (
                "refused-hours",
                page(Refusal::ByRules(ByRules::OutsideHours)).about(guid),
            ),
        ]
    }
}
