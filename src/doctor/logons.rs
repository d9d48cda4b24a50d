//! Logons of the service account that Keyward did not make, as far as a domain controller tells.
//!
//! `lastLogon` and `logonCount` are kept by each controller for itself. Windows counts each bind in
//! them, Keyward's own too, so there only a number beyond all that Keyward makes says something.
//! Samba counts Kerberos and interactive logons only, which Keyward never makes: there any is
//! somebody else's. Which one it is shows by itself: Keyward has just signed in whenever it looks.

use super::check::Check;
use super::words::logons as words;
use crate::directory::DcStatus;
use crate::domain::time::Filetime;
use crate::store::LogonLook;
use jiff::{SignedDuration, Timestamp};

/// A bind that was made this recently is our own.
const JUST_NOW: SignedDuration = SignedDuration::from_mins(2);
/// A controller closes a connection that is idle for a quarter of an hour (`MaxConnIdleTime`), so that
/// each is made again at most so often in an hour; doubled for restarts and failures.
const BINDS_OF_A_CONNECTION: u64 = 8;
/// For commands that are run by hand between two looks.
const BY_HAND: u64 = 20;

/// What the numbers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logons {
    /// No earlier look to compare with.
    First {
        /// The last logon that was none of Keyward's, where that can be told.
        other: Option<Timestamp>,
    },
    /// Nothing since `since` that Keyward cannot have made.
    Quiet {
        /// The last look.
        since: Timestamp,
        /// Its own binds are among the logons that are counted.
        counts_ours: bool,
        /// Logons since then.
        logons: u64,
    },
    /// The controller counts only logons that Keyward never makes, and there was one.
    Other {
        /// The last look.
        since: Timestamp,
        /// The newest one.
        at: Option<Timestamp>,
        /// How many.
        logons: u64,
    },
    /// More logons than Keyward makes.
    TooMany {
        /// The last look.
        since: Timestamp,
        /// How many.
        logons: u64,
        /// About as many as Keyward makes at most.
        most: u64,
    },
}

/// Compares a controller's numbers with those of the last look.
pub(super) fn look(dc: &str, now: &DcStatus, last: Option<LogonLook>, connections: usize) -> Check {
    words::logons(&compare(now, last, connections))
        .named("account.logons")
        .about(dc)
}

/// What is kept for the next look.
pub(super) fn to_keep(now: &DcStatus) -> LogonLook {
    LogonLook {
        at: now.clock,
        last_logon: now.last_logon,
        logon_count: now.logon_count,
    }
}

fn compare(now: &DcStatus, last: Option<LogonLook>, connections: usize) -> Logons {
    let newest = now.last_logon.timestamp();
    let shows_ours = is_just_before(now.last_logon, now.clock);
    let Some(last) = last else {
        let other = newest.filter(|_| !shows_ours);
        return Logons::First { other };
    };
    let since = last.at;
    // Keyward had just signed in at the last look too: where that did not show then, a logon just
    // now is not ours either.
    let counts_ours = shows_ours && is_just_before(last.last_logon, last.at);
    // A controller that was restored or made anew may count from the beginning.
    let logons = u64::from(now.logon_count.saturating_sub(last.logon_count));
    if !counts_ours {
        let moved = now.last_logon > last.last_logon && last_is_known(now.last_logon);
        return if moved || logons > 0 {
            Logons::Other {
                since,
                at: newest,
                logons: logons.max(1),
            }
        } else {
            Logons::Quiet {
                since,
                counts_ours,
                logons,
            }
        };
    }
    let most = most(now.clock, since, connections);
    if logons > most {
        Logons::TooMany {
            since,
            logons,
            most,
        }
    } else {
        Logons::Quiet {
            since,
            counts_ours,
            logons,
        }
    }
}

fn is_just_before(logon: Filetime, look: Timestamp) -> bool {
    let logon = logon.timestamp();
    logon.is_some_and(|at| look.duration_since(at).abs() <= JUST_NOW)
}

fn last_is_known(last: Filetime) -> bool {
    last.timestamp().is_some()
}

/// About as many binds as Keyward makes at most in this time.
fn most(now: Timestamp, since: Timestamp, connections: usize) -> u64 {
    let hours = u64::try_from(now.duration_since(since).as_hours()).unwrap_or(0) + 1;
    let connections = u64::try_from(connections).unwrap_or(u64::MAX);
    hours
        .saturating_mul(connections)
        .saturating_mul(BINDS_OF_A_CONNECTION)
        .saturating_add(BY_HAND)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const NOW: &str = "2026-03-02T12:00:00Z";

    fn status(last_logon: Option<&str>, logon_count: u32) -> DcStatus {
        DcStatus {
            host_name: "dc1".to_owned(),
            writable: true,
            clock: at(NOW),
            tls: "TLSv1.3".to_owned(),
            certificate_ends: at(NOW),
            last_logon: last_logon.map_or(Filetime(0), |text| Filetime::from_timestamp(at(text))),
            logon_count,
            password_last_set: Filetime(0),
        }
    }

    fn last(last_logon: Option<&str>, logon_count: u32) -> LogonLook {
        LogonLook {
            at: at("2026-03-01T12:00:00Z"),
            ..to_keep(&status(last_logon, logon_count))
        }
    }

    #[test]
    fn the_first_look_accuses_nobody() {
        let just_now = Some("2026-03-02T11:59:58Z");
        assert_eq!(
            compare(&status(just_now, 900), None, 2),
            Logons::First { other: None }
        );
        assert_eq!(
            compare(&status(None, 0), None, 2),
            Logons::First { other: None }
        );
        let earlier = Some("2025-12-24T18:00:00Z");
        assert_eq!(
            compare(&status(earlier, 3), None, 2),
            Logons::First {
                other: Some(at("2025-12-24T18:00:00Z"))
            }
        );
    }

    #[test]
    fn where_binds_are_not_counted_any_logon_is_somebody_elses() {
        let kinit = Some("2026-03-02T03:00:00Z");
        assert!(matches!(
            compare(&status(None, 0), Some(last(None, 0)), 2),
            Logons::Quiet { .. }
        ));
        assert_eq!(
            compare(&status(kinit, 1), Some(last(None, 0)), 2),
            Logons::Other {
                since: at("2026-03-01T12:00:00Z"),
                at: Some(at("2026-03-02T03:00:00Z")),
                logons: 1
            }
        );
        assert!(matches!(
            compare(&status(kinit, 1), Some(last(kinit, 1)), 2),
            Logons::Quiet { .. }
        ));
    }

    #[test]
    fn a_logon_a_moment_ago_is_not_taken_for_ours_where_ours_do_not_show() {
        let just_now = Some("2026-03-02T11:59:58Z");
        let found = compare(&status(just_now, 1), Some(last(None, 0)), 2);
        assert!(
            matches!(found, Logons::Other { logons: 1, .. }),
            "{found:?}"
        );
    }

    #[test]
    fn where_binds_are_counted_only_more_than_ours_can_be_is_said() {
        let just_now = Some("2026-03-02T11:59:58Z");
        let then = Some("2026-03-01T11:59:59Z");
        // 25 hours, 2 connections, 8 each, and 20 by hand.
        for (count, quiet) in [(0, true), (420, true), (421, false), (9_000, false)] {
            let found = compare(&status(just_now, 100 + count), Some(last(then, 100)), 2);
            assert_eq!(
                matches!(
                    found,
                    Logons::Quiet {
                        counts_ours: true,
                        ..
                    }
                ),
                quiet,
                "{count}"
            );
        }
    }

    #[test]
    fn a_controller_that_counts_anew_accuses_nobody() {
        let just_now = Some("2026-03-02T11:59:58Z");
        let then = Some("2026-03-01T11:59:59Z");
        let found = compare(&status(just_now, 1), Some(last(then, 5_000)), 2);
        assert!(matches!(found, Logons::Quiet { .. }), "{found:?}");
        let found = compare(
            &status(None, 0),
            Some(last(Some("2026-02-02T11:59:58Z"), 7)),
            2,
        );
        assert!(matches!(found, Logons::Quiet { .. }), "{found:?}");
    }
}
