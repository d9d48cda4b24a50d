//! Before the click: how things stand with an account, and will a reset help?

use super::account::Account;
use super::rules::Action;
use jiff::{SignedDuration, Timestamp};

/// A page shows this many facts at most.
const MOST_FACTS: usize = 5;
/// An expiry that is nearer than this is worth a sentence: 14 days.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Something that stands in the way of a reset, or limits what it brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The account is disabled: a new password changes nothing.
    Disabled,
    /// accountExpires has passed.
    AccountExpired,
    /// Smart card required: passwords are not used.
    SmartCardRequired,
    /// "Cannot change password" together with must-change would leave the person stuck.
    CannotChangePassword,
    /// The service account lacks the right to write pwdLastSet here (blocked inheritance, `AdminSDHolder`).
    NotDelegated,
    /// Unlock: not locked.
    NotLocked,
}

/// One fact about the account's state, for a sentence on the page, most pressing first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Disabled.
    Disabled,
    /// accountExpires passed at.
    AccountExpired(Timestamp),
    /// Will expire soon (within 14 days).
    AccountExpires(Timestamp),
    /// Locked since; unlocks itself at (None: until somebody unlocks); after so many wrong passwords.
    Locked {
        /// lockoutTime.
        since: Option<Timestamp>,
        /// lockoutTime + lockoutDuration.
        until: Option<Timestamp>,
        /// badPwdCount.
        wrong_passwords: u32,
    },
    /// Must change the password at the next logon.
    MustChange,
    /// The password expired at.
    PasswordExpired(Option<Timestamp>),
    /// The password was set at; and expires at (None: never).
    PasswordSet {
        /// pwdLastSet.
        at: Timestamp,
        /// Computed expiry.
        expires: Option<Timestamp>,
    },
    /// The password never expires (a flag of the account: must-change would have no effect).
    NeverExpires,
    /// Smart card only.
    SmartCardRequired,
    /// Cannot change the own password.
    CannotChangePassword,
    /// `PASSWD_NOTREQD`.
    PasswordNotRequired,
    /// About when the person last logged on (up to 14 days late).
    LastLogon(Timestamp),
    /// Never logged on.
    NeverLoggedOn,
    /// A fine-grained password policy applies that may not be readable.
    FineGrainedPolicy,
}

/// The action that the page highlights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recommendation {
    /// Reset the password.
    Reset,
    /// Unlock (if the password is known); reset is the second choice.
    Unlock,
    /// Nothing here helps.
    Nothing(Obstacle),
}

/// What a reset would bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// Facts, most pressing first (two to five).
    pub standing: Vec<Standing>,
    /// What to highlight.
    pub recommendation: Recommendation,
    /// What blocks a reset; empty = it will help.
    pub obstacles: Vec<Obstacle>,
    /// Whether "must change at next logon" would have an effect and is to be offered: not with `DONT_EXPIRE_PASSWORD`,
    /// not with a smart card, and not where the person could not change it.
    pub must_change_works: bool,
    /// Whether unlocking is due and delegated.
    pub unlock_due: bool,
}

/// Judges an account. `lockout_duration`: the domain's, `None` = until unlocked by hand.
pub fn preflight(
    account: &Account,
    lockout_duration: Option<SignedDuration>,
    now: Timestamp,
) -> Preflight {
    let obstacles: Vec<Obstacle> = obstacles_to_reset(account, now)
        .chain((!may_be_reset(account)).then_some(Obstacle::NotDelegated))
        .collect();
    let unlock_due = account.flags.locked() && account.may_write_lockout_time;
    Preflight {
        standing: standing(account, lockout_duration, now),
        recommendation: recommendation(&obstacles, unlock_due),
        must_change_works: account.must_change_works(),
        unlock_due,
        obstacles,
    }
}

/// Rules that cannot be read say nothing: then the directory decides at the write.
fn may_be_reset(account: &Account) -> bool {
    account.may_write_pwd_last_set && account.may_reset_password != Some(false)
}

/// Why `action` would change nothing for the person. Missing delegation is not asked here: what the service
/// account may write is the directory's to say, at the write.
pub fn obstacle(action: Action, account: &Account, now: Timestamp) -> Option<Obstacle> {
    match action {
        Action::View => None,
        Action::ResetPassword => obstacles_to_reset(account, now).next(),
        Action::UnlockAccount => (!account.flags.locked()).then_some(Obstacle::NotLocked),
    }
}

fn obstacles_to_reset(account: &Account, now: Timestamp) -> impl Iterator<Item = Obstacle> {
    let found = [
        (account.flags.disabled(), Obstacle::Disabled),
        (account.has_expired(now), Obstacle::AccountExpired),
        (
            account.flags.smart_card_required(),
            Obstacle::SmartCardRequired,
        ),
    ];
    found
        .into_iter()
        .filter_map(|(applies, obstacle)| applies.then_some(obstacle))
}

/// A locked account whose service account lacks only the right to write pwdLastSet can still be unlocked.
fn recommendation(obstacles: &[Obstacle], unlock_due: bool) -> Recommendation {
    match obstacles.first() {
        Some(Obstacle::NotDelegated) | None if unlock_due => Recommendation::Unlock,
        Some(obstacle) => Recommendation::Nothing(*obstacle),
        None => Recommendation::Reset,
    }
}

fn standing(
    account: &Account,
    lockout_duration: Option<SignedDuration>,
    now: Timestamp,
) -> Vec<Standing> {
    let flags = account.flags;
    let expires = account.account_expires.timestamp();
    let facts = [
        flags.disabled().then_some(Standing::Disabled),
        expires
            .filter(|at| *at <= now)
            .map(Standing::AccountExpired),
        flags
            .smart_card_required()
            .then_some(Standing::SmartCardRequired),
        flags.locked().then(|| locked(account, lockout_duration)),
        password(account, now),
        (account.cannot_change_password == Some(true)).then_some(Standing::CannotChangePassword),
        expires
            .filter(|at| *at > now && at.duration_since(now) <= SOON)
            .map(Standing::AccountExpires),
        flags
            .password_never_expires()
            .then_some(Standing::NeverExpires),
        flags
            .password_not_required()
            .then_some(Standing::PasswordNotRequired),
        account
            .resultant_pso
            .is_some()
            .then_some(Standing::FineGrainedPolicy),
        Some(last_logon(account)),
    ];
    facts.into_iter().flatten().take(MOST_FACTS).collect()
}

fn locked(account: &Account, lockout_duration: Option<SignedDuration>) -> Standing {
    let since = account.lockout_time.timestamp();
    Standing::Locked {
        since,
        until: lockout_duration.and_then(|duration| since?.checked_add(duration).ok()),
        wrong_passwords: account.bad_password_count,
    }
}

/// Nothing for an account whose pwdLastSet is 0 and that ignores it: another fact says why.
fn password(account: &Account, now: Timestamp) -> Option<Standing> {
    let expires = account.password_expires.timestamp();
    if account.must_change_password() {
        return Some(Standing::MustChange);
    }
    if account.flags.password_expired() || account.password_expires.has_passed(now) {
        return Some(Standing::PasswordExpired(expires));
    }
    let at = account.password_last_set.timestamp()?;
    Some(Standing::PasswordSet { at, expires })
}

fn last_logon(account: &Account) -> Standing {
    let logon = account.last_logon.timestamp();
    logon.map_or(Standing::NeverLoggedOn, Standing::LastLogon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::AccountFlags;
    use crate::domain::samples::{alice, dn, filetime, now, time};
    use crate::domain::time::Filetime;
    use proptest::prelude::*;

    fn judge(account: &Account) -> Preflight {
        preflight(account, Some(SignedDuration::from_mins(30)), now())
    }

    #[test]
    fn an_ordinary_account_is_helped_by_a_reset() {
        let verdict = judge(&alice());
        assert_eq!(verdict.recommendation, Recommendation::Reset);
        assert_eq!(verdict.obstacles, []);
        assert!(verdict.must_change_works);
        assert!(!verdict.unlock_due);
        assert_eq!(
            verdict.standing,
            [
                Standing::PasswordSet {
                    at: time("2026-02-01T08:00:00Z"),
                    expires: Some(time("2026-05-01T08:00:00Z")),
                },
                Standing::LastLogon(time("2026-02-27T08:00:00Z")),
            ]
        );
    }

    #[test]
    fn a_locked_account_is_unlocked_first_and_says_until_when() {
        let mut account = alice();
        account.flags = AccountFlags(0x210);
        account.lockout_time = filetime("2026-03-02T11:45:00Z");
        account.bad_password_count = 5;
        let verdict = judge(&account);
        assert_eq!(verdict.recommendation, Recommendation::Unlock);
        assert!(verdict.unlock_due);
        let locked = |until| Standing::Locked {
            since: Some(time("2026-03-02T11:45:00Z")),
            until,
            wrong_passwords: 5,
        };
        assert_eq!(
            verdict.standing.first(),
            Some(&locked(Some(time("2026-03-02T12:15:00Z"))))
        );
        let by_hand = preflight(&account, None, now());
        assert_eq!(by_hand.standing.first(), Some(&locked(None)));
    }

    #[test]
    fn a_lockout_time_of_the_past_does_not_mean_locked() {
        let mut account = alice();
        account.lockout_time = filetime("2026-03-01T11:45:00Z");
        assert_eq!(judge(&account).recommendation, Recommendation::Reset);
    }

    #[test]
    fn unlocking_is_not_recommended_where_it_was_not_delegated() {
        let mut account = alice();
        account.flags = AccountFlags(0x210);
        account.may_write_lockout_time = false;
        let verdict = judge(&account);
        assert_eq!(verdict.recommendation, Recommendation::Reset);
        assert!(!verdict.unlock_due);
    }

    #[test]
    fn nothing_is_recommended_where_a_password_would_change_nothing() {
        type Change = fn(&mut Account);
        let cases: [(Change, Obstacle); 5] = [
            (|a| a.flags = AccountFlags(0x202), Obstacle::Disabled),
            (
                |a| a.account_expires = filetime("2026-03-01T00:00:00Z"),
                Obstacle::AccountExpired,
            ),
            (
                |a| a.flags = AccountFlags(0x4_0200),
                Obstacle::SmartCardRequired,
            ),
            (|a| a.may_write_pwd_last_set = false, Obstacle::NotDelegated),
            (
                |a| a.may_reset_password = Some(false),
                Obstacle::NotDelegated,
            ),
        ];
        for (change, obstacle) in cases {
            let mut account = alice();
            change(&mut account);
            let verdict = judge(&account);
            assert_eq!(verdict.recommendation, Recommendation::Nothing(obstacle));
            assert_eq!(verdict.obstacles, [obstacle]);
        }
    }

    #[test]
    fn a_locked_account_that_is_disabled_is_not_helped_by_an_unlock() {
        let mut account = alice();
        account.flags = AccountFlags(0x212);
        assert_eq!(
            judge(&account).recommendation,
            Recommendation::Nothing(Obstacle::Disabled)
        );
        assert!(matches!(
            judge(&account).standing[..2],
            [Standing::Disabled, Standing::Locked { .. }]
        ));
    }

    #[test]
    fn must_change_is_not_offered_where_it_has_no_effect_or_locks_the_person_out() {
        let mut never = alice();
        never.flags = AccountFlags(0x1_0200);
        assert!(!judge(&never).must_change_works);
        assert!(judge(&never).standing.contains(&Standing::NeverExpires));
        assert!(!never.would_be_stuck(true));

        let mut stuck = alice();
        stuck.cannot_change_password = Some(true);
        assert!(!judge(&stuck).must_change_works);
        assert!(
            judge(&stuck)
                .standing
                .contains(&Standing::CannotChangePassword)
        );
        assert_eq!(judge(&stuck).obstacles, []);
        assert!(stuck.would_be_stuck(true));
        assert!(!stuck.would_be_stuck(false));

        let mut unreadable = alice();
        unreadable.cannot_change_password = None;
        assert!(judge(&unreadable).must_change_works);
    }

    #[test]
    fn a_password_to_change_is_told_from_an_expired_one() {
        let mut account = alice();
        account.flags = AccountFlags(0x80_0200);
        account.password_last_set = Filetime(0);
        account.password_expires = Filetime(0);
        assert_eq!(judge(&account).standing[0], Standing::MustChange);
        account.password_last_set = filetime("2025-11-01T08:00:00Z");
        account.password_expires = filetime("2026-02-01T08:00:00Z");
        assert_eq!(
            judge(&account).standing[0],
            Standing::PasswordExpired(Some(time("2026-02-01T08:00:00Z")))
        );
    }

    #[test]
    fn an_expiry_is_mentioned_two_weeks_ahead() {
        let mut account = alice();
        account.account_expires = filetime("2026-03-16T12:00:00Z");
        let soon = Standing::AccountExpires(time("2026-03-16T12:00:00Z"));
        assert!(judge(&account).standing.contains(&soon));
        account.account_expires = filetime("2026-03-16T12:00:01Z");
        assert_eq!(judge(&account).standing.len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn there_are_two_to_five_facts_and_no_advice_against_an_obstacle(
            flags in any::<u32>(), set in 0..3_i64, expires in 0..3_i64, account_expires in 0..3_i64,
            logon in 0..2_i64, rights in any::<[bool; 4]>(),
        ) {
            let day = 864_000_000_000;
            let today = Filetime::from_timestamp(now()).0;
            let when = |choice: i64| Filetime(if choice == 0 { 0 } else { today + (choice * 2 - 3) * day });
            let [pwd_last_set, lockout, stuck, pso] = rights;
            let account = Account {
                flags: AccountFlags(flags),
                password_last_set: when(set),
                password_expires: when(expires),
                account_expires: when(account_expires),
                last_logon: when(logon),
                may_write_pwd_last_set: pwd_last_set,
                may_write_lockout_time: lockout,
                cannot_change_password: Some(stuck),
                resultant_pso: pso.then(|| dn("CN=Strict,DC=example,DC=com")),
                ..alice()
            };
            let verdict = judge(&account);
            prop_assert!((2..=5).contains(&verdict.standing.len()), "{:?}", verdict.standing);
            let refused = obstacle(Action::ResetPassword, &account, now()).is_some();
            prop_assert_eq!(verdict.recommendation == Recommendation::Reset && refused, false);
            prop_assert_eq!(
                verdict.recommendation == Recommendation::Unlock,
                verdict.unlock_due && !refused
            );
        }
    }
}
