//! The rules for passwords and lockouts that hold for an account: those of the domain head, or
//! of the fine-grained policy with the lowest precedence (MS-SAMR 3.1.1.7, MS-ADTS 3.1.1.4.5.36).

use super::entry::{Entry, PasswordHash};
use super::folding::fold;
use super::links::links;
use super::tree::Tree;
use jiff::{SignedDuration, Timestamp};

/// Bits of userAccountControl (MS-ADTS 2.2.16).
pub(super) mod flag {
    pub(in super::super) const DISABLED: u32 = 0x2;
    pub(in super::super) const LOCKOUT: u32 = 0x10;
    pub(in super::super) const NOT_REQUIRED: u32 = 0x20;
    pub(in super::super) const NORMAL: u32 = 0x200;
    pub(in super::super) const TRUSTS: u32 = 0x3800;
    pub(in super::super) const NEVER_EXPIRES: u32 = 0x1_0000;
    pub(in super::super) const SMARTCARD: u32 = 0x4_0000;
    pub(in super::super) const PASSWORD_EXPIRED: u32 = 0x80_0000;
}

/// The rules in force for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy {
    /// UTF-16 units.
    pub min_length: usize,
    pub complexity: bool,
    /// Earlier passwords that may not come back.
    pub history: usize,
    /// `None`: passwords never grow too old.
    pub max_age: Option<SignedDuration>,
    pub min_age: SignedDuration,
    /// Wrong passwords until the lockout; 0: never.
    pub lockout_threshold: i64,
    pub lockout_window: SignedDuration,
    /// `None`: until somebody unlocks.
    pub lockout_duration: Option<SignedDuration>,
}

/// The fine-grained policy that applies to an account, by itself or by one of its groups.
pub(super) fn resultant_pso<'t>(tree: &'t Tree, entry: &Entry) -> Option<&'t Entry> {
    if entry.bits("userAccountControl") & flag::NORMAL == 0 {
        return None;
    }
    let groups = tree.all_groups(entry);
    let applies = |pso: &&Entry| {
        links(pso.values("msDS-PSOAppliesTo")).iter().any(|target| {
            let group = tree.entry(*target).and_then(|entry| entry.sid.as_ref());
            *target == entry.guid || group.is_some_and(|sid| groups.contains(sid))
        })
    };
    let own = |pso: &Entry| links(pso.values("msDS-PSOAppliesTo")).contains(&entry.guid);
    // A policy linked to the account itself wins over those of its groups.
    tree.fine_grained_policies()
        .filter(applies)
        .min_by_key(|pso| {
            (
                !own(pso),
                pso.integer("msDS-PasswordSettingsPrecedence"),
                pso.guid,
            )
        })
}

/// The rules for an account.
pub(super) fn of(tree: &Tree, entry: &Entry) -> Policy {
    let Some(pso) = resultant_pso(tree, entry) else {
        return tree
            .entry(tree.head())
            .map_or_else(Policy::none, Policy::of_domain);
    };
    Policy {
        min_length: length(pso.integer("msDS-MinimumPasswordLength")),
        complexity: pso.text("msDS-PasswordComplexityEnabled") == Some("TRUE"),
        history: length(pso.integer("msDS-PasswordHistoryLength")),
        max_age: limit(pso.integer("msDS-MaximumPasswordAge")),
        min_age: span(pso.integer("msDS-MinimumPasswordAge")),
        lockout_threshold: pso.integer("msDS-LockoutThreshold"),
        lockout_window: span(pso.integer("msDS-LockoutObservationWindow")),
        lockout_duration: limit(pso.integer("msDS-LockoutDuration")),
    }
}

impl Policy {
    fn none() -> Self {
        Self {
            min_length: 0,
            complexity: false,
            history: 0,
            max_age: None,
            min_age: SignedDuration::ZERO,
            lockout_threshold: 0,
            lockout_window: SignedDuration::ZERO,
            lockout_duration: None,
        }
    }

    fn of_domain(head: &Entry) -> Self {
        Self {
            min_length: length(head.integer("minPwdLength")),
            complexity: head.integer("pwdProperties") & 1 != 0,
            history: length(head.integer("pwdHistoryLength")),
            max_age: limit(head.integer("maxPwdAge")),
            min_age: span(head.integer("minPwdAge")),
            lockout_threshold: head.integer("lockoutThreshold"),
            lockout_window: span(head.integer("lockOutObservationWindow")),
            lockout_duration: limit(head.integer("lockoutDuration")),
        }
    }

    /// Whether the policy takes `password` for this account. The history is looked at only for a
    /// person's own change, or for a reset that asks for it (`POLICY_HINTS`).
    pub(super) fn accepts(&self, entry: &Entry, password: &str, check_history: bool) -> bool {
        let required = entry.bits("userAccountControl") & flag::NOT_REQUIRED == 0;
        let long_enough = password.encode_utf16().count() >= self.min_length;
        let complex = !self.complexity || (is_complex(password) && !holds_name(entry, password));
        if required && !(long_enough && complex) {
            return false;
        }
        !check_history || !self.remembers(entry, password)
    }

    fn remembers(&self, entry: &Entry, password: &str) -> bool {
        let hash = PasswordHash::of(entry.guid, password);
        entry
            .password
            .iter()
            .chain(&entry.history)
            .take(self.history)
            .any(|old| *old == hash)
    }
}

/// Three of five kinds: upper, lower, digit, sign, other letters (MS-SAMR 3.1.1.7.2).
fn is_complex(password: &str) -> bool {
    let any = |kind: fn(char) -> bool| usize::from(password.chars().any(kind));
    let kinds = any(char::is_uppercase)
        + any(char::is_lowercase)
        + any(|c| c.is_ascii_digit())
        + any(|c| c.is_ascii_punctuation() || c == ' ')
        + any(|c| c.is_alphabetic() && !c.is_uppercase() && !c.is_lowercase());
    kinds >= 3
}

/// Whether the account name, or a part of the display name of three letters or more, is in it.
fn holds_name(entry: &Entry, password: &str) -> bool {
    let password = fold(password);
    let within = |name: &str| name.chars().count() >= 3 && password.contains(&fold(name));
    let display = entry.text("displayName").unwrap_or_default();
    within(entry.sam()) || display.split(|c: char| ",.-_#\t ".contains(c)).any(within)
}

/// Whether the account is locked now.
pub(super) fn is_locked(entry: &Entry, policy: &Policy, now: Timestamp) -> bool {
    entry.filetime("lockoutTime").is_some_and(|since| {
        policy
            .lockout_duration
            .is_none_or(|duration| since.duration_until(now) < duration)
    })
}

/// When the password grows too old; 0: it has to be changed now; `i64::MAX`: never.
pub(super) fn password_expiry(entry: &Entry, policy: &Policy) -> i64 {
    let bits = entry.bits("userAccountControl");
    if bits & (flag::SMARTCARD | flag::NEVER_EXPIRES | flag::TRUSTS) != 0 {
        return i64::MAX;
    }
    let set = entry.integer("pwdLastSet");
    match policy.max_age {
        _ if set == 0 => 0,
        None => i64::MAX,
        Some(age) => set.saturating_add(i64::try_from(age.as_nanos() / 100).unwrap_or(i64::MAX)),
    }
}

fn length(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// An AD interval: negative, in 100 ns steps.
fn span(interval: i64) -> SignedDuration {
    SignedDuration::from_nanos(interval.saturating_mul(-100).max(0))
}

/// An AD interval where 0 and the smallest number mean "without end".
fn limit(interval: i64) -> Option<SignedDuration> {
    (interval != 0 && interval != i64::MIN).then(|| {
        let steps = interval.unsigned_abs();
        let seconds = i64::try_from(steps / 10_000_000).unwrap_or(i64::MAX);
        SignedDuration::from_secs(seconds)
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_domain;
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn accepts(sam: &str, password: &str) -> bool {
        let tree = test_domain::tree(NOW).unwrap();
        let entry = tree.by_sam(sam).unwrap();
        of(&tree, entry).accepts(entry, password, false)
    }

    #[test]
    fn a_password_needs_length_and_three_kinds_of_characters() {
        for (password, accepted) in [
            ("Harbour-47", true),
            ("Harbour-4", false),
            ("harbourharbour", false),
            ("Harbourharbour", false),
            ("harbour-harbour-4", true),
            ("ÄRGER-ärger", true),
            ("山田太郎-Kobe-", true),
        ] {
            assert_eq!(accepts("alice.able", password), accepted, "{password}");
        }
        assert!(
            accepts("nora.notrequired", "x"),
            "the directory asks for none there"
        );
    }

    #[test]
    fn a_fine_grained_policy_applies_by_group_and_by_account() {
        let tree = test_domain::tree(NOW).unwrap();
        let of = |sam: &str| of(&tree, tree.by_sam(sam).unwrap());
        assert_eq!(of("alice.able").min_length, 10);
        assert_eq!(of("stan.strict").min_length, 20);
        assert_eq!(of("stan.strict").lockout_threshold, 5);
        assert_eq!(of("lead.touchy").lockout_threshold, 3);
        assert_eq!(of("lead.touchy").min_length, 10);
        assert_eq!(
            resultant_pso(&tree, tree.by_sam("WS01$").unwrap()).map(|pso| &pso.name),
            None
        );
    }

    #[test]
    fn a_lock_ends_by_itself_or_stays_until_somebody_unlocks() {
        let tree = test_domain::tree(NOW).unwrap();
        let lou = tree.by_sam("lou.locked").unwrap();
        let policy = of(&tree, lou);
        let after = |minutes| NOW + SignedDuration::from_mins(minutes);
        assert!(is_locked(lou, &policy, after(29)));
        assert!(!is_locked(lou, &policy, after(30)));
        let forever = Policy {
            lockout_duration: None,
            ..policy
        };
        assert!(is_locked(lou, &forever, after(1_000_000)));
        assert!(!is_locked(
            tree.by_sam("alice.able").unwrap(),
            &forever,
            NOW
        ));
    }

    #[test]
    fn intervals_are_negative_and_may_have_no_end() {
        assert_eq!(span(-18_000_000_000), SignedDuration::from_mins(30));
        assert_eq!(limit(-18_000_000_000), Some(SignedDuration::from_mins(30)));
        assert_eq!((limit(0), limit(i64::MIN)), (None, None));
        assert_eq!(span(0), SignedDuration::ZERO);
    }
}
