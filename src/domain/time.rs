//! The clock as an argument, and Active Directory's way of writing times.

use jiff::Timestamp;
use std::sync::Arc;

/// Where the time comes from: the system, or a fixed value that a test moves.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock; the only reader of it in the program.
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }
    /// A clock that answers what `read` answers (tests).
    pub fn from_fn(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
    /// The time now, UTC.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// A point in time as AD writes it: 100 ns steps since 1601-01-01 UTC (MS-DTYP 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Filetime(pub i64);

impl Filetime {
    /// The point in time; `None` for 0, negative values and `i64::MAX`, AD's ways of saying "never".
    pub fn timestamp(self) -> Option<Timestamp> {
        todo!()
    }
    /// The nearest FILETIME at or before `time`.
    pub fn from_timestamp(time: Timestamp) -> Self {
        todo!()
    }
}
