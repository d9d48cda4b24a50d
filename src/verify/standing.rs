//! Where a pass stands with the checkpoints.

/// What the checkpoints have said so far.
#[derive(Default)]
pub(super) struct Standing {
    pub(super) proven: u64,
    pub(super) witnessed: u64,
    pub(super) good: u64,
    /// Since this record, checkpoints do not fit.
    pub(super) lost_at: Option<u64>,
    /// A checkpoint that was kept elsewhere has told already that the log is another.
    pub(super) contradicted: bool,
    /// One that was kept elsewhere did not fit: what was proven then, and its size.
    pub(super) doubt: Option<(u64, u64)>,
    /// The largest size that somebody untrusted signed.
    pub(super) untrusted: u64,
}
