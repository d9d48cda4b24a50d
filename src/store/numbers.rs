//! Numbers and lines as the database has them and as the program has them.

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

/// A record's line with its number. Lines are read as `coalesce(CAST(line AS BLOB), x'')`: who writes the database may
/// put text there that is none, or another value, which is a changed line and keeps nobody from reading the others.
pub(super) fn numbered((number, line): (i64, Vec<u8>)) -> Result<(Seq, Vec<u8>), StoreError> {
    Ok((seq_of(number)?, line))
}

/// A line as the text that it is where nobody changed it.
pub(super) fn text_of(line: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(line).map_err(|_| StoreError::Unusable(Flaw::Corrupt))
}
