//! The domain's lockout against Keyward's own limit: could its sign-in page lock anybody?

use super::check::Check;
use super::words::lockout as words;
use crate::directory::DomainFacts;
use crate::domain::lockout::our_tries;
use std::num::NonZeroU32;
use std::time::Duration;

/// How the two stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lockout {
    /// Wrong passwords that lock in the domain; 0: never.
    pub threshold: u32,
    /// The time after which the domain begins to count again.
    pub window: Duration,
    /// Wrong passwords that Keyward lets through in that time.
    pub ours: u32,
    /// `[sign_in] max_wrong` asks for more than that.
    pub setting_is_higher: bool,
}

/// Compares.
pub(super) fn look(facts: &DomainFacts, max_wrong: Option<NonZeroU32>) -> Check {
    words::lockout(compare(
        facts.lockout_threshold,
        facts.lockout_window,
        max_wrong,
    ))
    .named("lockout")
}

fn compare(threshold: u32, window: Duration, max_wrong: Option<NonZeroU32>) -> Lockout {
    let ours = our_tries(Some(threshold), 0, max_wrong);
    Lockout {
        threshold,
        window,
        ours,
        setting_is_higher: max_wrong.is_some_and(|setting| setting.get() > ours),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;

    fn told(threshold: u32, setting: u32) -> (Level, String) {
        let window = Duration::from_mins(30);
        let told = words::lockout(compare(threshold, window, NonZeroU32::new(setting)));
        (told.level, told.sentence)
    }

    #[test]
    fn a_limit_below_the_threshold_is_well() {
        let (level, sentence) = told(10, 0);
        assert_eq!(level, Level::Ok);
        assert!(
            sentence.contains("after 10") && sentence.contains("lets 5"),
            "{sentence}"
        );
        assert_eq!(told(0, 0).0, Level::Ok);
        assert_eq!(told(3, 0).0, Level::Ok);
    }

    #[test]
    fn a_domain_that_locks_at_the_first_wrong_password_is_a_warning() {
        assert_eq!(told(1, 0).0, Level::Warn);
    }

    #[test]
    fn a_setting_that_cannot_be_met_is_said() {
        let (level, sentence) = told(4, 9);
        assert_eq!(level, Level::Ok);
        assert!(sentence.contains("max_wrong"), "{sentence}");
        assert!(!told(10, 3).1.contains("max_wrong"));
    }
}
