//! What became of a write whose answer was lost, judged from replication metadata.
//!
//! The metadata tell how often a password was set and when, not by whom. So a verdict of "applied" needs
//! everything to fit, and whatever could be somebody else's reset is "unknown".

use jiff::{SignedDuration, Timestamp};

/// How far the clocks of Keyward and of a domain controller may lie apart, whole seconds of the latter included.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(3);

/// What replPropertyMetaData says of `unicodePwd` (attid 589914) on one DC (MS-DRSR 5.166, `DS_REPL_ATTR_META_DATA`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordVersion {
    /// +1 per accepted reset, +0 on a refusal.
    pub version: u32,
    /// When the last change was made on the originating DC, in whole seconds.
    pub changed: Timestamp,
}

/// What was asked and what was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Version before the write.
    pub before: PasswordVersion,
    /// pwdLastSet = 0 was part of the modify.
    pub must_change: bool,
    /// When the modify was sent.
    pub sent: Timestamp,
    /// No other attempt of Keyward on this account could have been under way or made since. Two open attempts
    /// share one version: it cannot say which of them it was.
    pub alone: bool,
}

/// What is seen on the same DC now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Version now.
    pub version: PasswordVersion,
    /// pwdLastSet = 0 now.
    pub must_change: bool,
    /// When it was read.
    pub at: Timestamp,
}

/// The verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Our write took effect.
    Applied,
    /// It did not, and will not any more.
    NotApplied,
    /// Version moved in a way that is not ours alone: cannot be known.
    Unknown,
    /// Unchanged, but too early to rule it out: look again.
    NotYet,
}

/// Judges.
///
/// `first_heard`: when the DC first answered anything after the write was sent. One that hung has the write
/// still in its buffers when it wakes, and may answer a read before it gets there.
/// `quiet`: how long a DC that answers may take over a write.
///
/// Unchanged for `quiet` since `first_heard` is *not applied*. One step further, by a change of our kind made within
/// `quiet` after sending, with no other attempt about, is *applied*. Anything else is *unknown*.
pub fn settle(
    asked: &Asked,
    first_heard: Timestamp,
    seen: &Seen,
    quiet: SignedDuration,
) -> Settled {
    if seen.version == asked.before {
        let since = first_heard.max(asked.sent);
        return if seen.at.duration_since(since) >= quiet {
            Settled::NotApplied
        } else {
            Settled::NotYet
        };
    }
    let one_step = asked.before.version.checked_add(1) == Some(seen.version.version);
    if one_step
        && asked.alone
        && asked.must_change == seen.must_change
        && in_time(asked, seen, quiet)
    {
        Settled::Applied
    } else {
        Settled::Unknown
    }
}

fn in_time(asked: &Asked, seen: &Seen, quiet: SignedDuration) -> bool {
    let after_sending = seen.version.changed.duration_since(asked.sent);
    -CLOCK_TOLERANCE <= after_sending && after_sending <= quiet.saturating_add(CLOCK_TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::time;
    use proptest::prelude::*;

    const QUIET: SignedDuration = SignedDuration::from_secs(30);

    fn asked() -> Asked {
        Asked {
            before: PasswordVersion {
                version: 7,
                changed: time("2026-02-01T08:00:00Z"),
            },
            must_change: true,
            sent: time("2026-03-02T12:00:00.5Z"),
            alone: true,
        }
    }

    fn seen(version: u32, changed: &str, at: &str) -> Seen {
        Seen {
            version: PasswordVersion {
                version,
                changed: time(changed),
            },
            must_change: true,
            at: time(at),
        }
    }

    fn judge(asked: &Asked, seen: &Seen) -> Settled {
        settle(asked, asked.sent, seen, QUIET)
    }

    #[test]
    fn one_step_at_the_time_of_sending_is_ours() {
        for changed in [
            "2026-03-02T11:59:58Z",
            "2026-03-02T12:00:00Z",
            "2026-03-02T12:00:33Z",
        ] {
            let now = seen(8, changed, "2026-03-02T13:00:00Z");
            assert_eq!(judge(&asked(), &now), Settled::Applied, "{changed}");
        }
    }

    #[test]
    fn a_reset_by_somebody_else_is_never_taken_for_ours() {
        let ours = seen(8, "2026-03-02T12:00:01Z", "2026-03-02T13:00:00Z");
        let mut later = ours;
        later.version.changed = time("2026-03-02T12:10:00Z");
        let mut earlier = ours;
        earlier.version.changed = time("2026-03-02T11:59:57Z");
        let mut of_another_kind = ours;
        of_another_kind.must_change = false;
        let mut twice = ours;
        twice.version.version = 9;
        let mut back = ours;
        back.version.version = 6;
        let mut rewritten = ours;
        rewritten.version.version = 7;
        for other in [later, earlier, of_another_kind, twice, back, rewritten] {
            assert_eq!(judge(&asked(), &other), Settled::Unknown, "{other:?}");
        }
        let mut crowded = asked();
        crowded.alone = false;
        assert_eq!(judge(&crowded, &ours), Settled::Unknown);
    }

    #[test]
    fn unchanged_is_ruled_out_only_after_the_quiet_time() {
        let before = |at| seen(7, "2026-02-01T08:00:00Z", at);
        assert_eq!(
            judge(&asked(), &before("2026-03-02T12:00:30.4Z")),
            Settled::NotYet
        );
        assert_eq!(
            judge(&asked(), &before("2026-03-02T12:00:30.5Z")),
            Settled::NotApplied
        );
    }

    #[test]
    fn a_domain_controller_that_hung_is_given_the_quiet_time_after_it_woke() {
        let woke = time("2026-03-02T12:05:00Z");
        let before = |at| seen(7, "2026-02-01T08:00:00Z", at);
        let at_once = before("2026-03-02T12:05:00.1Z");
        assert_eq!(settle(&asked(), woke, &at_once, QUIET), Settled::NotYet);
        let later = before("2026-03-02T12:05:30Z");
        assert_eq!(settle(&asked(), woke, &later, QUIET), Settled::NotApplied);
    }

    #[test]
    fn a_clock_that_went_back_rules_nothing_out() {
        let earlier = seen(7, "2026-02-01T08:00:00Z", "2020-01-01T00:00:00Z");
        assert_eq!(judge(&asked(), &earlier), Settled::NotYet);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn a_verdict_always_has_its_reasons(
            step in -2..4_i64, changed in -100..100_i64, at in -100..200_i64, heard in 0..60_i64,
            same_change in any::<bool>(), must_change in any::<bool>(), alone in any::<bool>(),
        ) {
            let mut asked = asked();
            asked.alone = alone;
            let after = |seconds| asked.sent + SignedDuration::from_secs(seconds);
            let seen = Seen {
                version: PasswordVersion {
                    version: u32::try_from(7 + step).unwrap(),
                    changed: if same_change { asked.before.changed } else { after(changed) },
                },
                must_change,
                at: after(at),
            };
            let unchanged = step == 0 && same_change;
            match settle(&asked, after(heard), &seen, QUIET) {
                Settled::Applied => {
                    prop_assert!(step == 1 && alone && must_change && !same_change);
                    prop_assert!((-3..=33).contains(&changed));
                }
                Settled::NotApplied => prop_assert!(unchanged && at >= heard + 30),
                Settled::NotYet => prop_assert!(unchanged && at < heard + 30),
                Settled::Unknown => prop_assert!(!unchanged),
            }
        }
    }
}
