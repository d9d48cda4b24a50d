//! Limits, frozen operators, bursts and the settings' digest.

use super::*;
use crate::domain::limits::{Burst, FrozenBy, Limits as Most, Quota, WhenReached};
use std::num::NonZeroU32;

const RULE: &str = "teachers";

/// Olga's reset of somebody under the rule.
fn ruled(target: u8) -> Entry {
    Entry {
        rule: Some(RULE.to_owned()),
        ..reset(target)
    }
}

fn of(limits: Most) -> Quota {
    Quota {
        limits,
        ..Quota::default()
    }
}

fn per_hour(most: u32) -> Quota {
    of(Most {
        resets_per_hour: NonZeroU32::new(most),
        ..Most::default()
    })
}

fn per_day(most: u32) -> Quota {
    of(Most {
        resets_per_day: NonZeroU32::new(most),
        ..Most::default()
    })
}

fn freezing(most: u32) -> Quota {
    of(Most {
        resets_per_hour: NonZeroU32::new(most),
        when_reached: WhenReached::Freeze,
        ..Most::default()
    })
}

fn burst(resets: u32, minutes: u64) -> Quota {
    Quota {
        burst: Some(Burst {
            resets: NonZeroU32::new(resets).unwrap(),
            within: Duration::from_mins(minutes),
        }),
        ..Quota::default()
    }
}

async fn tried(store: &Store, target: u8, quota: Quota) -> Attempted {
    let quota = Some(quota);
    store.attempt(ruled(target), None, quota).await.unwrap()
}

async fn is_recorded(store: &Store, target: u8, quota: Quota) -> bool {
    matches!(tried(store, target, quota).await, Attempted::Recorded(_))
}

async fn events(store: &Store, action: AuditAction) -> Vec<Entry> {
    let entries = records(store).await.into_iter().map(|record| record.entry);
    entries.filter(|entry| entry.action == action).collect()
}

fn full(limit: Reached) -> Attempted {
    Attempted::LimitReached {
        limit,
        froze: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_resets_at_once_as_many_pass_as_the_limit_allows() {
    let bench = Bench::new();
    let store = bench.open().await;
    let tries = (0..20).map(|target| store.attempt(ruled(target), None, Some(per_hour(5))));
    let all = futures_util::future::try_join_all(tries).await.unwrap();
    let passed = all.iter().filter(|it| matches!(it, Attempted::Recorded(_)));
    assert_eq!(passed.count(), 5);
    let refused = all.iter().filter(|it| **it == full(Reached::PerHour));
    assert_eq!(refused.count(), 15);
    assert_eq!(
        records(&store).await.len(),
        5,
        "what is refused is no attempt"
    );
}

#[tokio::test]
async fn a_limit_holds_over_a_restart_and_there_is_room_again_when_its_time_is_over() {
    let bench = Bench::new();
    let store = bench.open().await;
    assert!(is_recorded(&store, 1, per_hour(2)).await);
    bench.pass(1800);
    assert!(is_recorded(&store, 2, per_hour(2)).await);
    store.close().await;
    drop(store);
    let store = bench.open().await;
    assert_eq!(tried(&store, 3, per_hour(2)).await, full(Reached::PerHour));
    assert_eq!(tried(&store, 3, per_day(2)).await, full(Reached::PerDay));
    bench.pass(1800);
    assert!(
        is_recorded(&store, 3, per_hour(2)).await,
        "the first is an hour old"
    );
    assert_eq!(tried(&store, 4, per_hour(2)).await, full(Reached::PerHour));
    bench.pass(24 * 3600);
    assert!(is_recorded(&store, 4, per_day(1)).await);
}

#[tokio::test]
async fn a_wall_clock_that_jumps_makes_no_room_and_takes_none() {
    let bench = Bench::new();
    let store = bench.open().await;
    assert!(is_recorded(&store, 1, per_hour(1)).await);
    for jump in [7200, -14_400] {
        bench.jump(jump);
        assert_eq!(tried(&store, 2, per_hour(1)).await, full(Reached::PerHour));
    }
    store.close().await;
    drop(store);
    // Put back while the program was off: the hour is not longer for it.
    bench.jump(-86_400);
    let store = bench.open().await;
    assert_eq!(tried(&store, 2, per_hour(1)).await, full(Reached::PerHour));
    bench.pass(3600);
    assert!(is_recorded(&store, 2, per_hour(1)).await);
}

#[tokio::test]
async fn people_count_once_and_each_rule_and_operator_for_itself() {
    let bench = Bench::new();
    let store = bench.open().await;
    let people = of(Most {
        people_per_day: NonZeroU32::new(2),
        ..Most::default()
    });
    for target in [1, 1, 2, 1] {
        assert!(is_recorded(&store, target, people).await);
    }
    assert_eq!(tried(&store, 3, people).await, full(Reached::PeoplePerDay));
    assert!(is_recorded(&store, 2, people).await, "known already");
    let elsewhere = Entry {
        rule: Some("another".to_owned()),
        ..ruled(3)
    };
    let another_rule = store.attempt(elsewhere, None, Some(people)).await.unwrap();
    assert!(matches!(another_rule, Attempted::Recorded(_)));
    let mut by_oscar = ruled(3);
    by_oscar.operator.as_mut().unwrap().sid = Some(sid_of(1101));
    let another = store.attempt(by_oscar, None, Some(people)).await.unwrap();
    assert!(matches!(another, Attempted::Recorded(_)));

    let target = Some(ObjectGuid::from([3; 16]));
    let usage = store.usage(&sid_of(1100), target).await.unwrap();
    let teachers = usage.by_rule[RULE];
    assert_eq!((teachers.hour, teachers.day, teachers.people), (5, 5, 2));
    assert!(!teachers.knows_this_one);
    assert!(usage.by_rule["another"].knows_this_one);
    assert_eq!(usage.target_reset_ago, Some(Duration::ZERO));
    let nobody = store.usage(&sid_of(1102), None).await.unwrap();
    assert_eq!(nobody, OperatorUsage::default());
}

#[tokio::test]
async fn unlocks_and_used_forms_count_nothing_and_a_double_click_is_no_reset_too_many() {
    let bench = Bench::new();
    let store = bench.open().await;
    let unlock = Entry {
        rule: Some(RULE.to_owned()),
        ..entry(AuditAction::UnlockAccount, 1)
    };
    for _ in 0..3 {
        let unlocked = store.attempt(unlock.clone(), None, Some(freezing(1))).await;
        assert!(matches!(unlocked, Ok(Attempted::Recorded(_))));
    }
    let click = || store.attempt(ruled(1), Some([7; 16]), Some(freezing(1)));
    assert!(matches!(click().await, Ok(Attempted::Recorded(_))));
    assert_eq!(click().await, Ok(Attempted::FormAlreadyUsed));
    assert_eq!(store.frozen().await.unwrap(), []);
    let usage = store.usage(&sid_of(1100), None).await.unwrap();
    assert_eq!(usage.by_rule[RULE].day, 1);
}

#[tokio::test]
async fn a_form_that_met_a_limit_can_be_sent_again_when_there_is_room() {
    let bench = Bench::new();
    let store = bench.open().await;
    assert!(is_recorded(&store, 1, per_hour(1)).await);
    let send = || store.attempt(ruled(2), Some([8; 16]), Some(per_hour(1)));
    assert_eq!(send().await, Ok(full(Reached::PerHour)));
    bench.pass(3600);
    assert!(matches!(send().await, Ok(Attempted::Recorded(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_freezes_stops_the_operator_once_and_for_everything_until_it_is_lifted() {
    let bench = Bench::new();
    let store = bench.open().await;
    let tries = (0..20).map(|target| store.attempt(ruled(target), None, Some(freezing(3))));
    let all = futures_util::future::try_join_all(tries).await.unwrap();
    let froze = Attempted::LimitReached {
        limit: Reached::PerHour,
        froze: true,
    };
    assert_eq!(all.iter().filter(|it| **it == froze).count(), 1);
    let frozen = all.iter().filter(|it| **it == Attempted::Frozen);
    assert_eq!(frozen.count(), 16);
    let [event] = &events(&store, AuditAction::OperatorFrozen).await[..] else {
        panic!("one event");
    };
    assert_eq!(event.code.as_deref(), Some("resets_per_hour"));
    assert_eq!(event.rule.as_deref(), Some(RULE));
    assert_eq!(event.operator, ruled(1).operator);

    bench.pass(25 * 3600);
    store.close().await;
    drop(store);
    let store = bench.open().await;
    assert_eq!(tried(&store, 1, Quota::default()).await, Attempted::Frozen);
    let unlock = entry(AuditAction::UnlockAccount, 1);
    let unlock = store.attempt(unlock, None, None).await;
    assert_eq!(unlock, Ok(Attempted::Frozen));
    let of_olga = store.usage(&sid_of(1100), None).await.unwrap().frozen;
    let by = FrozenBy::Limit {
        reached: Reached::PerHour,
        rule: RULE.to_owned(),
    };
    assert_eq!(of_olga.unwrap().by, by);
}

#[tokio::test]
async fn whoever_is_thawed_has_room_again_and_whom_they_reset_stays_known() {
    let bench = Bench::new();
    let store = bench.open().await;
    for target in 0..4 {
        tried(&store, target, freezing(3)).await;
    }
    let lifted = store.thaw(&sid_of(1100)).await.unwrap().unwrap();
    assert_eq!(lifted.name, "olga");
    assert_eq!(events(&store, AuditAction::OperatorThawed).await.len(), 1);
    let again = Quota {
        again_after: Some(Duration::from_hours(1)),
        ..freezing(3)
    };
    let again = tried(&store, 1, again).await;
    assert!(matches!(again, Attempted::Again { .. }), "{again:?}");
    for target in 4..7 {
        assert!(is_recorded(&store, target, freezing(3)).await);
    }
    let full = tried(&store, 9, freezing(3)).await;
    assert!(matches!(full, Attempted::LimitReached { froze: true, .. }));
}

#[tokio::test]
async fn freezing_and_thawing_by_a_command_is_on_record_and_doing_it_again_changes_nothing() {
    let bench = Bench::new();
    let store = bench.open().await;
    let olga = || reset(1).operator.unwrap();
    let by = FrozenBy::Command {
        reason: Some("left the company".to_owned()),
    };
    assert_eq!(store.thaw(&sid_of(1100)).await, Ok(None));
    assert_eq!(store.freeze(olga(), by.clone()).await, Ok(None));
    let frozen = store.frozen().await.unwrap();
    assert_eq!(frozen.len(), 1);
    assert_eq!(frozen[0].since, time("2026-03-02T12:00:00Z"));
    bench.pass(60);
    let other = FrozenBy::Command { reason: None };
    let already = store.freeze(olga(), other).await.unwrap();
    assert_eq!(already.as_ref(), frozen.first());
    assert_eq!(frozen[0].by, by);
    assert_eq!(tried(&store, 1, Quota::default()).await, Attempted::Frozen);
    assert_eq!(store.thaw(&sid_of(1100)).await.unwrap(), already);
    assert_eq!(store.thaw(&sid_of(1100)).await, Ok(None));
    assert!(is_recorded(&store, 1, Quota::default()).await);

    let told: Vec<_> = records(&store)
        .await
        .into_iter()
        .map(|record| {
            let entry = record.entry;
            (entry.action, entry.code, entry.reason)
        })
        .collect();
    let command = || Some("command".to_owned());
    let reason = Some("left the company".to_owned());
    let expected = [
        (AuditAction::OperatorFrozen, command(), reason),
        (AuditAction::OperatorThawed, command(), None),
        (AuditAction::ResetPassword, None, None),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_second_reset_of_somebody_needs_a_reason_for_a_while_whoever_made_the_first() {
    let bench = Bench::new();
    let store = bench.open().await;
    let quota = Quota {
        again_after: Some(Duration::from_mins(30)),
        ..Quota::default()
    };
    let mut by_oscar = ruled(1);
    by_oscar.operator.as_mut().unwrap().sid = Some(sid_of(1101));
    store.attempt(by_oscar, None, None).await.unwrap();
    bench.pass(60);
    let ago = Duration::from_mins(1);
    let attempt = |entry| store.attempt(entry, Some([9; 16]), Some(quota));
    assert_eq!(attempt(ruled(1)).await, Ok(Attempted::Again { ago }));
    let with_reason = Entry {
        reason: Some("typed it wrong".to_owned()),
        ..ruled(1)
    };
    let explained = attempt(with_reason).await;
    assert!(
        matches!(explained, Ok(Attempted::Recorded(_))),
        "the same form"
    );
    assert!(is_recorded(&store, 2, quota).await, "somebody else");
    bench.pass(1800);
    assert!(is_recorded(&store, 1, quota).await);
}

#[tokio::test]
async fn a_burst_is_told_once_within_its_time() {
    let bench = Bench::new();
    let store = bench.open().await;
    let told = async || events(&store, AuditAction::ResetBurst).await.len();
    for _ in 0..4 {
        tried(&store, 1, burst(5, 10)).await;
        bench.pass(10);
    }
    assert_eq!(told().await, 0);
    // Under whatever rule.
    let other = Entry {
        rule: None,
        ..reset(2)
    };
    store
        .attempt(other, None, Some(burst(5, 10)))
        .await
        .unwrap();
    let newest = records(&store).await.pop().unwrap();
    assert_eq!(newest.entry.action, AuditAction::ResetBurst, "at once");
    assert_eq!(newest.entry.operator, reset(1).operator);
    assert_eq!(newest.entry.details["resets"], Detail::Number(5));
    assert_eq!(newest.entry.details["minutes"], Detail::Number(10));
    for _ in 0..20 {
        tried(&store, 1, burst(5, 10)).await;
    }
    assert_eq!(told().await, 1, "the same burst");
    bench.pass(601);
    for _ in 0..4 {
        tried(&store, 1, burst(5, 10)).await;
    }
    assert_eq!(told().await, 1, "few, now");
    tried(&store, 1, burst(5, 10)).await;
    assert_eq!(told().await, 2);
}

#[tokio::test]
async fn an_attempt_that_no_sink_took_counts_as_the_log_has_it() {
    let bench = Bench::new();
    let store = bench.open().await;
    let sink = store.witness().require("disk");
    let refused = store.attempt(ruled(1), None, Some(per_hour(1))).await;
    assert_eq!(refused, Err(StoreError::NotWitnessed));
    sink.took(100);
    assert_eq!(tried(&store, 1, per_hour(1)).await, full(Reached::PerHour));
}

#[tokio::test]
async fn counts_need_no_lines_and_are_kept_for_a_day() {
    let bench = Bench::new();
    let store = bench.open().await;
    assert!(is_recorded(&store, 1, per_hour(1)).await);
    // As when the record is in an archive.
    forced(&bench.path(), "DELETE FROM open_attempt; DELETE FROM audit").await;
    let usage = async || {
        let target = Some(ObjectGuid::from([1; 16]));
        store.usage(&sid_of(1100), target).await.unwrap()
    };
    assert_eq!(usage().await.by_rule[RULE].hour, 1);
    bench.pass(86_400);
    store.sweep(LIMITS).await.unwrap();
    assert!(usage().await.by_rule.is_empty());
    let ago = usage().await.target_reset_ago;
    assert_eq!(ago, Some(Duration::from_hours(24)));
    bench.pass(3_601);
    store.sweep(LIMITS).await.unwrap();
    assert_eq!(usage().await, OperatorUsage::default());
}

#[tokio::test]
async fn settings_are_recorded_when_they_are_others_than_those_kept() {
    let bench = Bench::new();
    let store = bench.open().await;
    let note = async |store: &Store, digest: u8| {
        let entry = Entry::new(AuditAction::SettingsChanged);
        store.note_settings([digest; 32], entry).await
    };
    assert_eq!(note(&store, 1).await, Ok(true), "the first ever");
    assert_eq!(note(&store, 1).await, Ok(false));
    store.close().await;
    drop(store);
    let store = bench.open().await;
    assert_eq!(note(&store, 1).await, Ok(false), "kept");
    assert_eq!(note(&store, 2).await, Ok(true));
    assert_eq!(note(&store, 1).await, Ok(true), "back again is a change");
    assert_eq!(events(&store, AuditAction::SettingsChanged).await.len(), 3);
}
