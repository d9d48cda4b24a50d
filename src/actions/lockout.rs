//! How many wrong sign-ins are let through, so that Keyward can never lock an account; and the
//! same count for whatever name is typed, so that a limit does not tell whose it is.

use crate::directory::LockoutRules;
use crate::domain::lockout::our_tries;
use crate::domain::operator::Operator;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A window that is nought or nearly so would be no limit.
const SHORTEST_WINDOW: Duration = Duration::from_mins(1);
/// How far our clock and that of a domain controller may lie apart.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(1);
/// Names that are remembered.
const NAMES: usize = 4096;

/// Tries that may be wrong within a window: always below the threshold, and none for an account
/// that other tries have brought close to it.
pub(super) fn allowed(
    rules: LockoutRules,
    bad_password_count: u32,
    setting: Option<NonZeroU32>,
) -> u32 {
    our_tries(rules.threshold, bad_password_count, setting)
}

/// The wrong passwords that still count. AD leaves `badPwdCount` as it is when its window is over,
/// until the next try; a count from last week must not keep anybody out.
pub(super) fn recent_wrong(who: &Operator, rules: LockoutRules, now: Timestamp) -> u32 {
    let window = SignedDuration::try_from(rules.window + CLOCK_TOLERANCE);
    let last = who.bad_password_time.timestamp();
    match (last, window) {
        (Some(last), Ok(window)) if now.duration_since(last) > window => 0,
        _ => who.bad_password_count,
    }
}

/// The window of these rules.
pub(super) fn window(rules: LockoutRules) -> Duration {
    rules.window.max(SHORTEST_WINDOW)
}

/// Refused tries by the name that was typed, whoever it means and whether it means anybody. Only
/// in memory: they protect no account, they only keep the answers alike.
#[derive(Default)]
pub(super) struct Strangers(Mutex<HashMap<String, Vec<Instant>>>);

impl Strangers {
    /// Whether another try is free.
    ///
    /// # Errors
    /// The time until the next one is.
    pub(super) fn check(&self, name: &str, allowed: u32) -> Result<(), Duration> {
        let now = Instant::now();
        let mut names = self.names();
        let Some(tries) = names.get_mut(name) else {
            return Ok(());
        };
        tries.retain(|until| *until > now);
        if tries.len() < usize::try_from(allowed).unwrap_or(usize::MAX) {
            return Ok(());
        }
        let next = tries.iter().min();
        Err(next.map_or(Duration::ZERO, |next| next.duration_since(now)))
    }

    /// Counts a refused try; where there is no room, the name that was tried longest ago goes.
    pub(super) fn count(&self, name: &str, window: Duration) {
        let now = Instant::now();
        let mut names = self.names();
        if names.len() >= NAMES && !names.contains_key(name) {
            let oldest = names.iter().min_by_key(|(_, tries)| tries.last().copied());
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                names.remove(&oldest);
            }
        }
        let tries = names.entry(name.to_owned()).or_default();
        tries.retain(|until| *until > now);
        tries.push(now + window);
    }

    /// Whoever signed in has a clean slate, as in the directory.
    pub(super) fn forget(&self, name: &str) {
        self.names().remove(name);
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, Vec<Instant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{filetime, olga, time};
    use crate::domain::time::Filetime;
    use proptest::prelude::*;

    fn rules(threshold: Option<u32>) -> LockoutRules {
        LockoutRules {
            threshold,
            window: Duration::from_mins(30),
        }
    }

    #[test]
    fn the_limit_is_half_the_threshold_and_two_below_it() {
        let limits: Vec<u32> = (0..=10).map(|t| allowed(rules(Some(t)), 0, None)).collect();
        assert_eq!(limits, [10, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5]);
        assert_eq!(allowed(rules(None), 0, None), 1);
    }

    #[test]
    fn an_account_that_is_close_to_its_lockout_gets_no_try() {
        assert_eq!(allowed(rules(Some(5)), 2, None), 2);
        assert_eq!(allowed(rules(Some(5)), 3, None), 0);
        assert_eq!(allowed(rules(None), 1, None), 0);
        assert_eq!(allowed(rules(Some(0)), 99, None), 10);
    }

    #[test]
    fn a_count_whose_window_is_over_keeps_nobody_out() {
        let who = Operator {
            bad_password_count: 4,
            bad_password_time: filetime("2026-03-02T11:00:00Z"),
            ..olga()
        };
        let rules = rules(Some(5));
        assert_eq!(recent_wrong(&who, rules, time("2026-03-02T11:30:00Z")), 4);
        assert_eq!(recent_wrong(&who, rules, time("2026-03-02T11:31:01Z")), 0);
        assert_eq!(recent_wrong(&who, rules, time("2026-03-02T10:00:00Z")), 4);
        let unreadable = Operator {
            bad_password_time: Filetime(0),
            ..who
        };
        assert_eq!(
            recent_wrong(&unreadable, rules, time("2026-03-02T12:00:00Z")),
            4
        );
    }

    #[test]
    fn a_setting_lowers_the_limit_and_never_raises_it() {
        assert_eq!(allowed(rules(Some(10)), 0, NonZeroU32::new(2)), 2);
        assert_eq!(allowed(rules(Some(4)), 0, NonZeroU32::new(9)), 2);
    }

    proptest! {
        #[test]
        fn our_tries_never_reach_the_threshold(threshold in 3_u32..1000, bad in 0_u32..1000) {
            prop_assert!(allowed(rules(Some(threshold)), 0, None) < threshold);
            if bad + 2 >= threshold {
                prop_assert_eq!(allowed(rules(Some(threshold)), bad, None), 0);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_typed_name_is_limited_until_its_window_is_over_or_it_signs_in() {
        let strangers = Strangers::default();
        let window = Duration::from_mins(10);
        strangers.count("nobody", window);
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(strangers.check("nobody", 2), Ok(()));
        strangers.count("nobody", window);
        let next = Err(Duration::from_secs(500));
        assert_eq!(strangers.check("nobody", 2), next);
        assert_eq!(strangers.check("other", 2), Ok(()));
        tokio::time::advance(Duration::from_secs(501)).await;
        assert_eq!(strangers.check("nobody", 2), Ok(()));
        strangers.count("nobody", window);
        assert!(strangers.check("nobody", 2).is_err());
        strangers.forget("nobody");
        assert_eq!(strangers.check("nobody", 2), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_names_pushes_out_the_oldest_only() {
        let strangers = Strangers::default();
        for n in 0..NAMES {
            strangers.count(&n.to_string(), Duration::from_mins(1));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        strangers.count("one more", Duration::from_mins(1));
        assert_eq!(strangers.names().len(), NAMES);
        assert_eq!(strangers.check("0", 1), Ok(()));
        for kept in ["1", "2", "one more"] {
            assert!(strangers.check(kept, 1).is_err(), "{kept}");
        }
    }
}
