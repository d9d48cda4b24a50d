//! Samples of the page that says who may help somebody, and why.

use super::audit_samples::auditor;
use super::samples::{Samples, alice_of_sales, house};
use super::*;
use crate::actions::{Access, AccessAnswer, AccessView};
use crate::domain::authorize::{Done, Grounds, explain};
use crate::domain::least_privilege::LeastPrivilege;
use crate::domain::limits::{FrozenBy, Limits, Reached, Usage};
use crate::domain::roles::Roles;
use crate::domain::rules::{Action, Effect, Occasion, Rule};
use crate::domain::samples::{context, dn, now, olga, rule, sid_of, time};
use crate::store::Frozen;
use jiff::tz::TimeZone;
use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;

fn rules() -> Vec<Arc<Rule>> {
    let named = |name: &str| Rule {
        name: name.to_owned(),
        ..rule()
    };
    let desk = Rule {
        actions: vec![Action::ResetPassword],
        limits: Limits {
            resets_per_hour: NonZeroU32::new(10),
            people_per_day: NonZeroU32::new(20),
            ..Limits::default()
        },
        ..named("desk in the week")
    };
    let interns = Rule {
        effect: Effect::Deny,
        actions: vec![Action::UnlockAccount],
        ..named("<b>interns</b>")
    };
    let teachers = Rule {
        operators: vec![sid_of(2002)],
        ..named("teachers")
    };
    [desk, interns, teachers].map(Arc::new).to_vec()
}

fn access(hour: u32, frozen: Option<FrozenBy>) -> AccessView {
    let account = alice_of_sales();
    let usage = Usage {
        hour,
        day: hour,
        people: 2,
        knows_this_one: false,
    };
    let done = Done {
        frozen: frozen.is_some(),
        used: HashMap::from([("desk in the week".to_owned(), usage)]),
    };
    let (rules, protection) = (rules(), context());
    let grounds = Grounds {
        scope: &dn("DC=example,DC=com"),
        rules: &rules,
        auditors: &HashSet::new(),
        protection: &protection,
        rights: &LeastPrivilege::Proven { at: now() },
        done: &done,
        occasion: Occasion {
            at: Some(now()),
            from: None,
            house: &TimeZone::UTC,
        },
        now: now(),
    };
    let explained = explain(&olga(), &account, &grounds);
    let access = Access {
        frozen: frozen.map(|by| Frozen {
            operator: olga().sid,
            name: olga().sam,
            since: time("2026-03-02T11:20:00Z"),
            by,
        }),
        used: done.used,
        operator: olga(),
        explained,
    };
    AccessView {
        account,
        answer: AccessAnswer::Of(Box::new(access)),
    }
}

impl AccessPage {
    pub(super) fn samples() -> Samples<Self> {
        let house = house();
        let only = auditor(&house, Roles::Auditor);
        let both = auditor(&house, Roles::OperatorAndAuditor);
        let asked = || AccessAsked {
            operator: "olga".to_owned(),
            ..AccessAsked::default()
        };
        let from = |text: &str| AccessAsked {
            from: text.to_owned(),
            address: text.parse().ok(),
            unfit: text.parse::<std::net::IpAddr>().is_err(),
            ..asked()
        };
        let without = |answer| AccessView {
            account: alice_of_sales(),
            answer,
        };
        let by_limit = FrozenBy::Limit {
            reached: Reached::PerHour,
            rule: "desk in the week".to_owned(),
        };
        let of = |view: &AccessView, asked| Self::new(&both, view, asked);
        vec![
            ("access", of(&access(3, None), asked())),
            ("access-limit", of(&access(10, None), from("192.0.2.7"))),
            ("access-frozen", of(&access(10, Some(by_limit)), asked())),
            (
                "access-not-asked",
                Self::new(
                    &only,
                    &without(AccessAnswer::NotAsked),
                    AccessAsked::default(),
                ),
            ),
            ("access-nobody", of(&without(AccessAnswer::Nobody), asked())),
            (
                "access-no-address",
                of(&without(AccessAnswer::NotAsked), from("<somewhere>")),
            ),
        ]
    }
}
