//! The store's own time line: it starts at the wall clock and then follows the seconds since boot,
//! so that a wall clock that jumps neither prolongs a session nor frees a sign-in try.

use crate::domain::time::Clock;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// A jump of the wall clock that is worth a record; smaller ones are ordinary corrections.
pub(super) const JUMP: SignedDuration = SignedDuration::from_mins(1);

/// Time since boot, time asleep included.
pub(super) type Uptime = Arc<dyn Fn() -> Duration + Send + Sync>;

/// `CLOCK_BOOTTIME`: it counts on while the machine sleeps, and nobody can set it.
pub(super) fn since_boot() -> Uptime {
    Arc::new(|| {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(
            u64::try_from(now.tv_sec).unwrap_or(0),
            u32::try_from(now.tv_nsec).unwrap_or(0),
        )
    })
}

/// A time line that only goes forward, at one second per second.
#[derive(Clone)]
pub(super) struct Steady {
    origin: Timestamp,
    started: Duration,
    uptime: Uptime,
}

impl Steady {
    /// Starts at `origin`, now.
    pub(super) fn from(origin: Timestamp, uptime: Uptime) -> Self {
        Self {
            origin,
            started: uptime(),
            uptime,
        }
    }

    /// Microseconds since 1970 on this time line.
    pub(super) fn now(&self) -> i64 {
        let passed = (self.uptime)().saturating_sub(self.started);
        self.origin.as_microsecond().saturating_add(micros(passed))
    }
}

/// A duration in microseconds, as the tables hold it.
pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The time between two points of the time line; nothing where it would be negative.
pub(super) fn between(earlier: i64, later: i64) -> Duration {
    Duration::from_micros(u64::try_from(later.saturating_sub(earlier)).unwrap_or(0))
}

/// Notices when the wall clock leaves the steady time line.
pub(super) struct JumpWatch {
    clock: Clock,
    steady: Steady,
    offset: SignedDuration,
}

impl JumpWatch {
    /// Watches from now on.
    pub(super) fn new(clock: Clock, steady: Steady) -> Self {
        let mut watch = Self {
            clock,
            steady,
            offset: SignedDuration::ZERO,
        };
        watch.offset = watch.offset_now().1;
        watch
    }

    /// The wall clock's time, and by how much it jumped since the last look (`None`: it did not).
    pub(super) fn look(&mut self) -> (Timestamp, Option<SignedDuration>) {
        let (now, offset) = self.offset_now();
        let jump = offset.saturating_sub(self.offset);
        if jump.abs() < JUMP {
            return (now, None);
        }
        self.offset = offset;
        (now, Some(jump))
    }

    /// The wall clock's time.
    pub(super) fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    fn offset_now(&self) -> (Timestamp, SignedDuration) {
        let now = self.clock.now();
        let offset = now.as_microsecond().saturating_sub(self.steady.now());
        (now, SignedDuration::from_micros(offset))
    }
}
