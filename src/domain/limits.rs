//! How much one operator may do under one rule, and what counts towards it.

use std::num::NonZeroU32;
use std::time::Duration;

/// The limits of a rule; `None`: no such limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Resets in the last 60 minutes.
    pub resets_per_hour: Option<NonZeroU32>,
    /// Resets in the last 24 hours.
    pub resets_per_day: Option<NonZeroU32>,
    /// Different people in the last 24 hours.
    pub people_per_day: Option<NonZeroU32>,
    /// What happens above.
    pub when_reached: WhenReached,
}

/// What happens when a limit is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenReached {
    /// Refused until there is room again.
    #[default]
    Refuse,
    /// The operator does nothing more until an administrator lifts it.
    Freeze,
}

/// Which limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// `resets_per_hour`
    PerHour,
    /// `resets_per_day`
    PerDay,
    /// `people_per_day`
    PeoplePerDay,
}

impl Reached {
    /// All of them.
    pub const ALL: &[Self] = &[Self::PerHour, Self::PerDay, Self::PeoplePerDay];

    /// The limit's name in the settings, which is its word in the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::PerHour => "resets_per_hour",
            Self::PerDay => "resets_per_day",
            Self::PeoplePerDay => "people_per_day",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.word() == word)
    }
}

/// What one operator did under one rule, by attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Resets in the last 60 minutes.
    pub hour: u32,
    /// Resets in the last 24 hours.
    pub day: u32,
    /// Different people in the last 24 hours.
    pub people: u32,
    /// The person in question is one of them.
    pub knows_this_one: bool,
}

impl Limits {
    /// Whether there is no limit at all.
    pub fn is_none(&self) -> bool {
        self.resets_per_hour.is_none()
            && self.resets_per_day.is_none()
            && self.people_per_day.is_none()
    }

    /// The first limit that leaves no room for one reset more.
    pub fn reached(&self, usage: &Usage) -> Option<Reached> {
        let full =
            |limit: Option<NonZeroU32>, count| limit.is_some_and(|limit| count >= limit.get());
        if full(self.resets_per_hour, usage.hour) {
            Some(Reached::PerHour)
        } else if full(self.resets_per_day, usage.day) {
            Some(Reached::PerDay)
        } else if !usage.knows_this_one && full(self.people_per_day, usage.people) {
            Some(Reached::PeoplePerDay)
        } else {
            None
        }
    }
}

/// So many resets of one operator within so long are a sudden burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// How many.
    pub resets: NonZeroU32,
    /// Within how long.
    pub within: Duration,
}

/// What an attempt is held against when it is recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Of the rule that allows it.
    pub limits: Limits,
    /// A second reset of one person within this time, by whomever, needs a reason; `None`: it needs none.
    pub again_after: Option<Duration>,
    /// What is told of as a burst; `None`: nothing.
    pub burst: Option<Burst>,
}

/// Who or what stopped an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrozenBy {
    /// An administrator, by a command.
    Command {
        /// What they said.
        reason: Option<String>,
    },
    /// A limit with [`WhenReached::Freeze`].
    Limit {
        /// Which.
        reached: Reached,
        /// The rule's name.
        rule: String,
    },
}

impl FrozenBy {
    /// The word in the record (`docs/codes.md`).
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Command { .. } => "command",
            Self::Limit { reached, .. } => reached.word(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(hour: u32, day: u32, people: u32) -> Usage {
        Usage {
            hour,
            day,
            people,
            knows_this_one: false,
        }
    }

    #[test]
    fn each_limit_is_reached_by_its_own_count() {
        let limits = Limits {
            resets_per_hour: NonZeroU32::new(3),
            resets_per_day: NonZeroU32::new(5),
            people_per_day: NonZeroU32::new(2),
            when_reached: WhenReached::Refuse,
        };
        assert_eq!(limits.reached(&usage(2, 4, 1)), None);
        assert_eq!(limits.reached(&usage(3, 3, 1)), Some(Reached::PerHour));
        assert_eq!(limits.reached(&usage(0, 5, 1)), Some(Reached::PerDay));
        assert_eq!(limits.reached(&usage(0, 2, 2)), Some(Reached::PeoplePerDay));
        assert_eq!(Limits::default().reached(&usage(9, 99, 99)), None);
    }

    #[test]
    fn somebody_who_was_helped_today_takes_no_further_place_among_the_people() {
        let limits = Limits {
            people_per_day: NonZeroU32::new(2),
            ..Limits::default()
        };
        let again = Usage {
            knows_this_one: true,
            ..usage(2, 2, 2)
        };
        assert_eq!(limits.reached(&again), None);
    }

    #[test]
    fn each_limit_is_called_as_in_the_settings_and_found_by_that() {
        for reached in Reached::ALL {
            assert_eq!(Reached::from_word(reached.word()), Some(*reached));
        }
        assert_eq!(Reached::from_word("command"), None);
    }
}
