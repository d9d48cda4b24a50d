//! `keyward audit list` with its filters: what they find, across archives, and that the pages in the browser
//! mean the same by them.

use keyward::domain::audit::{
    Actions, AuditAction, AuditOperator, AuditResult, AuditSearch, AuditTarget, Entry, Record, Who,
};
use keyward::domain::identity::ObjectGuid;
use keyward::store::Attempted;

use crate::audit_archive::{Place, err, out};

fn by(name: &str, rid: u32) -> AuditOperator {
    AuditOperator {
        sid: Some(format!("S-1-5-21-1-2-3-{rid}").parse().unwrap()),
        name: name.to_owned(),
    }
}

fn on(name: &str, guid: u8) -> AuditTarget {
    AuditTarget {
        guid: ObjectGuid::from([guid; 16]),
        sid: None,
        name: Some(name.to_owned()),
        dn: None,
    }
}

/// A few of everything: resets of two rules, refusals for two causes, sign-ins.
async fn happen(place: &Place, days_ago: i64) {
    let store = place.open(Place::clock(days_ago)).await;
    let event = |action, result, code: Option<&str>, operator, target| {
        let mut entry = Entry::new(action);
        entry.result = Some(result);
        entry.code = code.map(str::to_owned);
        entry.operator = Some(operator);
        entry.target = target;
        entry
    };
    let (olga, ben) = (by("olga", 1100), by("ben", 1101));
    let (alice, bob) = (on("alice", 1), on("bob", 2));
    for (operator, target, rule) in [(&olga, &alice, "desk"), (&ben, &bob, "school")] {
        let mut entry = Entry::new(AuditAction::ResetPassword);
        entry.operator = Some(operator.clone());
        entry.target = Some(target.clone());
        entry.rule = Some(rule.to_owned());
        let attempted = store.attempt(entry.clone(), None, None).await.unwrap();
        let Attempted::Recorded(attempt) = attempted else {
            panic!("no form was used")
        };
        entry.result = Some(AuditResult::Ok);
        store.outcome(attempt, entry).await.unwrap();
    }
    let (ok, refused) = (AuditResult::Ok, AuditResult::Refused);
    let (sign_in, reset) = (AuditAction::SignIn, AuditAction::ResetPassword);
    for entry in [
        event(sign_in, ok, None, olga.clone(), None),
        event(sign_in, refused, Some("wrong_password"), ben.clone(), None),
        event(reset, refused, Some("protected_group"), ben, Some(alice)),
    ] {
        store.event(entry).await.unwrap();
    }
    store.close().await;
}

async fn place() -> Place {
    let place = Place::with_old_records("").await;
    for days_ago in [60, 20, 2] {
        happen(&place, days_ago).await;
    }
    place
}

fn numbers(listed: &str) -> Vec<u64> {
    let number = |line: &str| line.split(' ').next().unwrap().parse().unwrap();
    listed.lines().map(number).collect()
}

/// The filters on the command line, the same as the page has them, and what they must find.
type Case = (Vec<&'static str>, AuditSearch, fn(&Record) -> bool);

fn asked(change: impl FnOnce(&mut AuditSearch)) -> AuditSearch {
    let mut search = AuditSearch::default();
    change(&mut search);
    search
}

fn operator(record: &Record) -> Option<&str> {
    record.entry.operator.as_ref().map(|by| by.name.as_str())
}

fn code(record: &Record) -> Option<&str> {
    record.entry.code.as_deref()
}

fn cases() -> Vec<Case> {
    let text = |text: &str| Some(text.to_owned());
    let time = |text: &str| text.parse().ok();
    let reset = Some(Actions::Only(AuditAction::ResetPassword));
    vec![
        (vec![], AuditSearch::default(), |_| true),
        (
            vec!["--operator", "OLGA"],
            asked(|it| it.operator = Some(Who::of("OLGA"))),
            |it| operator(it) == Some("olga"),
        ),
        (
            vec!["--operator", "S-1-5-21-1-2-3-1101"],
            asked(|it| it.operator = Some(Who::of("S-1-5-21-1-2-3-1101"))),
            |it| operator(it) == Some("ben"),
        ),
        (
            vec!["--target", "Alice", "--action", "reset_password"],
            asked(|it| (it.target, it.action) = (Some(ObjectGuid::from([1; 16])), reset)),
            |it| it.entry.target == Some(on("alice", 1)),
        ),
        (
            vec!["--target", "02020202-0202-0202-0202-020202020202"],
            asked(|it| it.target = Some(ObjectGuid::from([2; 16]))),
            |it| it.entry.target == Some(on("bob", 2)),
        ),
        (
            vec!["--action", "not_sign_in", "--result", "refused"],
            asked(|it| {
                (it.action, it.result) = (Some(Actions::NoSignIn), Some(AuditResult::Refused));
            }),
            |it| code(it) == Some("protected_group"),
        ),
        (
            vec!["--code", "wrong_password"],
            asked(|it| it.code = text("wrong_password")),
            |it| code(it) == Some("wrong_password"),
        ),
        (
            vec!["--rule", "school", "--result", "ok"],
            asked(|it| (it.rule, it.result) = (text("school"), Some(AuditResult::Ok))),
            |it| it.entry.rule.as_deref() == Some("school") && it.entry.result.is_some(),
        ),
        (
            vec!["--since", "2001-01-01", "--until", "2001-01-02T00:00:00Z"],
            asked(|it| {
                (it.from, it.to) = (time("2001-01-01T00:00:00Z"), time("2001-01-02T00:00:00Z"));
            }),
            |_| false,
        ),
    ]
}

fn listed(place: &Place, filters: &[&str]) -> Vec<u64> {
    let arguments: Vec<&str> = ["list"].iter().chain(filters).copied().collect();
    numbers(&place.ok(&arguments))
}

fn fitting(place: &Place, fits: impl Fn(&Record) -> bool) -> Vec<u64> {
    let all = place.ok(&["export"]);
    let records = all.lines().map(|line| Record::parse(line).unwrap());
    records.filter(fits).map(|record| record.seq.0).collect()
}

#[tokio::test]
async fn filters_find_the_same_in_the_database_in_archives_and_on_the_page() {
    let place = place().await;
    let store = place.open(Place::clock(0)).await;
    for (filters, search, fits) in cases() {
        let found = listed(&place, &filters);
        assert_eq!(found, fitting(&place, fits), "{filters:?}");
        let mut on_page = Vec::new();
        let mut next = None;
        loop {
            let page = store.find(&search, next, 50).await.unwrap();
            on_page.extend(page.records.iter().map(|it| it.seq.0));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        on_page.sort_unstable();
        assert_eq!(found, on_page, "{filters:?}");
    }
    store.close().await;
    let archived = place.ok(&["archive", "--older-than-days", "30"]);
    assert!(archived.starts_with("records 0 to 46 moved"), "{archived}");
    for (filters, _, fits) in cases() {
        assert_eq!(
            listed(&place, &filters),
            fitting(&place, fits),
            "{filters:?}"
        );
    }
}

#[tokio::test]
async fn a_span_of_time_is_found_across_archives_and_the_rest_is_not_read() {
    let place = place().await;
    place.ok(&["archive", "--older-than-days", "90"]);
    place.ok(&["archive", "--older-than-days", "30"]);
    // 40 records of 100 days ago, then 7 each of 60, 20 and 2 days ago, with one of archiving after the last.
    for (filters, expected) in [
        (["--since", "70d", "--until", "50d"], 40..47),
        (["--since", "61d", "--until", "4w"], 40..47),
        (["--since", "3d", "--until", "1d"], 54..61),
        (["--since", "101d", "--until", "99d"], 0..40),
    ] {
        let expected: Vec<u64> = expected.collect();
        assert_eq!(listed(&place, &filters), expected, "{filters:?}");
    }
    let since = listed(&place, &["--since", "21d"]);
    assert_eq!(
        since,
        (47..63).collect::<Vec<_>>(),
        "with both of archiving"
    );
    // An archive that is not asked for does not have to be there.
    std::fs::remove_file(place.0.path().join(FIRST)).unwrap();
    assert_eq!(
        listed(&place, &["--since", "70d", "--until", "50d"]).len(),
        7
    );
    assert_eq!(
        place.run(&["list", "--since", "200d"]).status.code(),
        Some(1)
    );
}

const FIRST: &str = "archive/audit-000000000000-000000000040.jsonl.zst";

#[tokio::test]
async fn the_last_ones_are_the_end_of_the_list_whatever_is_asked() {
    let place = place().await;
    place.ok(&["archive", "--older-than-days", "30"]);
    for filters in [
        &[][..],
        &["--operator", "olga"],
        &["--code", "protected_group"],
        &["--since", "61d", "--result", "ok"],
        &["--from", "45"],
    ] {
        let all = listed(&place, filters);
        for last in ["1", "2", "5", "10000"] {
            let number: usize = last.parse().unwrap();
            let arguments = [filters, &["--last", last]].concat();
            let expected = &all[all.len().saturating_sub(number)..];
            assert_eq!(listed(&place, &arguments), expected, "{arguments:?}");
        }
    }
    let json = place.ok(&["list", "--json", "--last", "2", "--rule", "school"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rules: Vec<&str> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["school", "school"]);
    let none = place.ok(&["list", "--json", "--code", "nothing_has_this"]);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&none).unwrap(),
        serde_json::json!([])
    );
}

#[tokio::test]
async fn a_value_that_no_filter_can_have_is_named_with_what_is_expected() {
    let place = place().await;
    for (filters, value, expected) in [
        (
            ["--since", "yesterday"],
            "yesterday",
            "2026-03-01T14:30:00Z",
        ),
        (["--until", "7days"], "7days", "90m, 2h, 7d, 4w"),
        (["--action", "fly"], "fly", "reset_password"),
        (["--result", "perhaps"], "perhaps", "refused"),
        (["--code", "KW-101"], "KW-101", "such as wrong_password"),
        (["--rule", ""], "--rule", "value is required"),
        (["--last", "0"], "0", "1..=10000"),
        (["--last", "10001"], "10001", "1..=10000"),
    ] {
        let output = place.run(&["list", filters[0], filters[1]]);
        assert_eq!(
            (output.status.code(), out(&output)),
            (Some(2), ""),
            "{filters:?}"
        );
        let said = err(&output);
        assert!(said.contains(value) && said.contains(expected), "{said}");
    }
    let backwards = place.run(&["list", "--since", "2d", "--until", "3d"]);
    assert_eq!(backwards.status.code(), Some(2));
    assert!(err(&backwards).contains("--until is not after that"));
    for (option, said) in [("--operator", "nobody"), ("--target", "nothing was done")] {
        let output = place.run(&["list", option, "zebediah"]);
        assert_eq!((output.status.code(), out(&output)), (Some(0), ""));
        let told = format!("keyward: {option} zebediah: {said}");
        assert!(err(&output).starts_with(&told), "{}", err(&output));
    }
}

#[tokio::test]
async fn a_name_that_was_two_accounts_is_asked_about() {
    let place = place().await;
    let store = place.open(Place::clock(0)).await;
    let mut entry = Entry::new(AuditAction::ViewAccount);
    entry.target = Some(on("Alice", 9));
    store.event(entry).await.unwrap();
    store.close().await;
    let output = place.run(&["list", "--target", "alice"]);
    assert_eq!(output.status.code(), Some(2));
    for guid in [ObjectGuid::from([1; 16]), ObjectGuid::from([9; 16])] {
        assert!(err(&output).contains(&guid.to_string()), "{}", err(&output));
    }
    let guid = ObjectGuid::from([9; 16]).to_string();
    assert_eq!(listed(&place, &["--target", &guid]).len(), 1);
}
