//! Numbers as the database has them and as the program has them.

use super::{Flaw, StoreError};
use crate::domain::audit::Seq;

/// A number as the database has it.
pub(super) fn number_of(seq: Seq) -> Result<i64, StoreError> {
    i64::try_from(seq.0).map_err(|_| StoreError::Unusable(Flaw::Corrupt))
}

/// A number of the database as the program has it.
pub(super) fn seq_of(number: i64) -> Result<Seq, StoreError> {
    u64::try_from(number)
        .map(Seq)
        .map_err(|_| StoreError::Unusable(Flaw::Corrupt))
}

/// A record's line with its number.
pub(super) fn numbered((number, line): (i64, String)) -> Result<(Seq, String), StoreError> {
    Ok((seq_of(number)?, line))
}
