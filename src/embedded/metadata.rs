//! `replPropertyMetaData` in its binary form: version, time and origin of each replicated
//! attribute (MS-DRSR 5.165 `PROPERTY_META_DATA_VECTOR`; MS-ADTS 3.1.1.1.9).

use super::entry::Entry;
use crate::domain::time::Filetime;

/// The invocation ID of this directory server.
const INVOCATION_ID: [u8; 16] = *b"keyward-embedded";

/// Steps of 100 ns in a second: times of the metadata are in whole seconds since 1601.
const STEPS: i64 = 10_000_000;

/// The metadata of an object, sorted by attribute as AD keeps it.
pub(super) fn encode(entry: &Entry) -> Vec<u8> {
    let count = u32::try_from(entry.versions.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(16 + 48 * entry.versions.len());
    for header in [1, 0, count, 0] {
        bytes.extend(u32::to_le_bytes(header));
    }
    for (attid, known) in &entry.versions {
        let seconds = Filetime::from_timestamp(known.changed).0 / STEPS;
        bytes.extend(attid.to_le_bytes());
        bytes.extend(known.version.to_le_bytes());
        bytes.extend(seconds.to_le_bytes());
        bytes.extend(INVOCATION_ID);
        bytes.extend(known.usn.to_le_bytes());
        bytes.extend(known.usn.to_le_bytes());
    }
    bytes
}
