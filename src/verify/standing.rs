//! Where a pass stands with the checkpoints.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

/// What the checkpoints have said so far.
#[derive(Default)]
pub(super) struct Standing {
    pub(super) proven: u64,
    pub(super) witnessed: u64,
    pub(super) good: u64,
    /// The ids of those who have signed anything alone; `None`: several have signed something together.
    pub(super) signers: BTreeSet<Option<NonZeroU32>>,
    /// Since this record, checkpoints do not fit.
    pub(super) lost_at: Option<u64>,
    /// A checkpoint that was kept elsewhere has told already that the log is another.
    pub(super) contradicted: bool,
    pub(super) doubt: Option<Doubt>,
    /// The least size of which two are rightly signed and say different things.
    pub(super) two_truths: Option<u64>,
    /// The largest size that somebody untrusted signed.
    pub(super) untrusted: u64,
}

impl Standing {
    pub(super) fn two_truths(&mut self, size: u64) {
        let known = self.two_truths.unwrap_or(size);
        self.two_truths = Some(known.min(size));
    }
}

/// A checkpoint that was kept elsewhere did not fit, where none lay beside the log.
pub(super) struct Doubt {
    /// What was proven then.
    pub(super) proven: u64,
    /// And up to where those that were kept elsewhere did fit.
    pub(super) witnessed: u64,
    /// Its size.
    pub(super) at: u64,
}
