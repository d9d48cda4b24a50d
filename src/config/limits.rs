//! `[limits]`: how much one operator may do.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use super::document::Raw;
use super::section::section;
use super::value::{Minutes, Value};
use crate::domain::limits::{self, Burst, WhenReached};

section! {
    /// How much one operator may do by each rule that does not say otherwise. What counts is the attempt, and
    /// counts stay over restarts.
    Limits = "limits" {
        /// Resets by one operator in 60 minutes; 0: as many as they like.
        resets_per_hour: Count = "0",
        /// Resets by one operator in 24 hours; 0: as many as they like.
        resets_per_day: Count = "0",
        /// Different people whom one operator resets in 24 hours; 0: as many as they like.
        people_per_day: Count = "0",
        /// Above a limit: `refuse`, until there is room again, or `freeze`: the operator does nothing more until
        /// an administrator lifts it with `keyward access thaw`.
        when_reached: WhenReached = "refuse",
        /// So many resets of one operator, by whatever rules, within `burst_minutes` raise the event `reset_burst`;
        /// 0: never.
        burst_resets: Count = "10",
        /// Within how many minutes `burst_resets` are a burst.
        burst_minutes: Minutes = "10",
        /// A second reset of one person within so many minutes, by whomever, needs a reason. Left out: it needs
        /// none.
        again_after_minutes: Option<Minutes>,
    }
}

impl Limits {
    /// Of a rule that says nothing.
    pub(super) fn rule(&self) -> limits::Limits {
        limits::Limits {
            resets_per_hour: self.resets_per_hour.limit(),
            resets_per_day: self.resets_per_day.limit(),
            people_per_day: self.people_per_day.limit(),
            when_reached: self.when_reached,
        }
    }

    /// What is a sudden burst.
    pub fn burst(&self) -> Option<Burst> {
        self.burst_resets.limit().map(|resets| Burst {
            resets,
            within: self.burst_minutes.duration(),
        })
    }

    /// Within how long a second reset needs a reason.
    pub fn again_after(&self) -> Option<Duration> {
        self.again_after_minutes.map(Minutes::duration)
    }
}

/// A number of resets or people; 0: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(u32);

impl Count {
    /// As a limit.
    pub fn limit(self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.0)
    }
}

impl Value for Count {
    const EXPECTED: &'static str = "a whole number from 0 to 100000";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        match raw.number().and_then(|number| u32::try_from(number).ok()) {
            Some(number @ 0..=100_000) => Ok(Self(number)),
            _ => Err(Self::EXPECTED),
        }
    }
}
