//! What became of a write, read from the very DC that it was sent to.

use super::account::{by_guid, password_version};
use super::reading::{ReadFailure, Reading};
use crate::domain::identity::ObjectGuid;
use crate::domain::settling::Seen;
use crate::domain::time::{Clock, Filetime};

const ATTRIBUTES: &[&str] = &[
    "replPropertyMetaData",
    "pwdLastSet",
    "lockoutTime",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
];

/// What was read back.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "plain words")]
pub struct ReadBack {
    pub seen: Option<Seen>,
    pub must_change: bool,
    pub locked: bool,
    /// `lockoutTime`: unchanged, it proves that an unlock did not happen.
    pub lockout_time: Filetime,
    pub disabled: bool,
}

/// Reads by GUID, wherever the account is now. `None`: it is gone.
pub(super) async fn read_back(
    reading: Reading,
    guid: ObjectGuid,
    clock: &Clock,
) -> Result<Option<ReadBack>, ReadFailure> {
    // The time before the question: what the DC does while it answers must not count as seen.
    let at = clock.now();
    let entry = reading
        .object(by_guid(guid), ATTRIBUTES, Vec::new())
        .await?;
    let Some(entry) = entry else {
        return Ok(None);
    };
    let must_change = entry.filetime("pwdLastSet")?.0 == 0;
    let flags = entry.flags()?;
    Ok(Some(ReadBack {
        seen: password_version(&entry)?.map(|version| Seen {
            version,
            must_change,
            at,
        }),
        must_change,
        locked: flags.locked(),
        lockout_time: entry.filetime("lockoutTime")?,
        disabled: flags.disabled(),
    }))
}
