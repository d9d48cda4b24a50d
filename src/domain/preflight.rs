//! Before the click: how things stand with an account, and will a reset help?

use super::account::Account;
use jiff::Timestamp;

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
    /// The service account lacks the right to write pwdLastSet here (blocked inheritance, AdminSDHolder).
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
    /// The password never expires.
    NeverExpires,
    /// Smart card only.
    SmartCardRequired,
    /// Cannot change the own password.
    CannotChangePassword,
    /// PASSWD_NOTREQD.
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
    /// Whether "must change at next logon" would have an effect (not with DONT_EXPIRE_PASSWORD, smart card, cannot change).
    pub must_change_works: bool,
    /// Whether unlocking is due and delegated.
    pub unlock_due: bool,
}
/// Judges an account. `lockout_duration`: the domain's, `None` = until unlocked by hand.
pub fn preflight(
    account: &Account,
    lockout_duration: Option<jiff::SignedDuration>,
    now: Timestamp,
) -> Preflight {
    todo!()
}
