//! What became of a write whose answer was lost, judged from replication metadata.

use jiff::Timestamp;

/// What replPropertyMetaData says of `unicodePwd` (attid 589914) on one DC (MS-DRSR 5.166 … DS_REPL_ATTR_META_DATA).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordVersion {
    /// +1 per accepted reset, +0 on a refusal.
    pub version: u32,
    /// When the last change was made on the originating DC.
    pub changed: Timestamp,
}

/// What was asked and what was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Version before the write.
    pub before: PasswordVersion,
    /// pwdLastSet = 0 was part of the modify.
    pub must_change: bool,
    /// When the modify was sent.
    pub sent: Timestamp,
}
/// What is seen on the same DC now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Version now.
    pub version: PasswordVersion,
    /// pwdLastSet = 0 now.
    pub must_change: bool,
    /// When it was read.
    pub at: Timestamp,
}
/// The verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Our write took effect.
    Applied,
    /// It did not, and will not any more.
    NotApplied,
    /// Version moved in a way that is not ours alone: cannot be known.
    Unknown,
    /// Unchanged, but too early to rule it out: look again.
    NotYet,
}
/// Judges. Unchanged for `quiet` after sending means NotApplied; +1 with the asked must-change state and a change time at or after
/// `sent` (minus clock skew) means Applied; anything else Unknown.
pub fn settle(asked: &Asked, seen: &Seen, quiet: jiff::SignedDuration) -> Settled {
    todo!()
}
