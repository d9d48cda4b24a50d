//! `replPropertyMetaData`: how often an attribute was changed, and when. The only witness of a
//! reset that does not depend on an answer having arrived.

use crate::domain::identity::ObjectGuid;
use crate::domain::settling::PasswordVersion;
use jiff::Timestamp;

/// The attribute id of `unicodePwd` (MS-ADA3; 0x9005A).
pub const UNICODE_PWD: u32 = 589_914;
/// The attribute id of `pwdLastSet` (0x90060).
pub const PWD_LAST_SET: u32 = 589_920;
/// The attribute id of `lockoutTime` (0x90296).
pub const LOCKOUT_TIME: u32 = 590_486;
/// Seconds from 1601-01-01 to 1970-01-01.
const EPOCH: u64 = 11_644_473_600;

/// Not replication metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not replication metadata")]
pub struct InvalidMetadata;

/// What the metadata say of one attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeVersion {
    /// +1 for each accepted change.
    pub version: u32,
    /// When the last change was made on the originating DC, in whole seconds.
    pub changed: Timestamp,
    /// The `invocationId` of that DC.
    pub origin: ObjectGuid,
}

/// What the metadata say of `unicodePwd`; `None` where a password was never set.
///
/// # Errors
/// [`InvalidMetadata`] for any other shape than [`attribute_version`] tells.
pub fn password_version(blob: &[u8]) -> Result<Option<PasswordVersion>, InvalidMetadata> {
    let seen = attribute_version(blob, UNICODE_PWD)?;
    Ok(seen.map(|seen| PasswordVersion {
        version: seen.version,
        changed: seen.changed,
    }))
}

/// What the metadata say of the attribute with this id; `None` where it was never set.
///
/// `blob` is the binary form of `replPropertyMetaData`: version 1 and a reserved word, the number
/// of entries and a reserved word, then 48 bytes for each (attribute id, version, time in seconds
/// since 1601, originating DC and two update numbers), all little-endian (MS-DRSR 5,
/// `PROPERTY_META_DATA_VECTOR`).
///
/// # Errors
/// [`InvalidMetadata`] for any other shape.
pub fn attribute_version(
    blob: &[u8],
    attribute: u32,
) -> Result<Option<AttributeVersion>, InvalidMetadata> {
    let (version, rest) = word(blob)?;
    let (_reserved, rest) = word(rest)?;
    let (count, rest) = word(rest)?;
    let (_reserved, entries) = word(rest)?;
    let (entries, []) = entries.as_chunks::<48>() else {
        return Err(InvalidMetadata);
    };
    if version != 1 || usize::try_from(count) != Ok(entries.len()) {
        return Err(InvalidMetadata);
    }
    for entry in entries {
        let (id, rest) = word(entry)?;
        if id == attribute {
            return parse(rest).map(Some);
        }
    }
    Ok(None)
}

fn parse(entry: &[u8]) -> Result<AttributeVersion, InvalidMetadata> {
    let (version, rest) = word(entry)?;
    let (seconds, rest) = rest.split_first_chunk::<8>().ok_or(InvalidMetadata)?;
    let (origin, _) = rest.split_first_chunk::<16>().ok_or(InvalidMetadata)?;
    let seconds = u64::from_le_bytes(*seconds).checked_sub(EPOCH);
    let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok());
    let changed = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(AttributeVersion {
        version,
        changed: changed.ok_or(InvalidMetadata)?,
        origin: ObjectGuid::from(*origin),
    })
}

fn word(bytes: &[u8]) -> Result<(u32, &[u8]), InvalidMetadata> {
    let (word, rest) = bytes.split_first_chunk::<4>().ok_or(InvalidMetadata)?;
    Ok((u32::from_le_bytes(*word), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn blob(entries: &[(u32, u32, u64)]) -> Vec<u8> {
        let mut blob = Vec::new();
        let count = u32::try_from(entries.len()).unwrap();
        for head in [1, 0, count, 0] {
            blob.extend_from_slice(&head.to_le_bytes());
        }
        for (attribute, version, seconds) in entries {
            blob.extend_from_slice(&attribute.to_le_bytes());
            blob.extend_from_slice(&version.to_le_bytes());
            blob.extend_from_slice(&seconds.to_le_bytes());
            blob.extend_from_slice(&[7; 32]);
        }
        blob
    }

    #[test]
    fn the_version_and_time_of_the_password_are_found_among_others() {
        let blob = blob(&[
            (0, 1, EPOCH),
            (UNICODE_PWD, 3, EPOCH + 60),
            (590_045, 9, EPOCH),
        ]);
        let seen = password_version(&blob).unwrap().unwrap();
        assert_eq!(seen.version, 3);
        assert_eq!(seen.changed.as_second(), 60);
    }

    #[test]
    fn any_attribute_is_found_with_its_origin() {
        let blob = blob(&[(UNICODE_PWD, 3, EPOCH + 60), (PWD_LAST_SET, 5, EPOCH + 61)]);
        let seen = attribute_version(&blob, PWD_LAST_SET).unwrap().unwrap();
        assert_eq!((seen.version, seen.changed.as_second()), (5, 61));
        assert_eq!(seen.origin, ObjectGuid::from([7; 16]));
        assert_eq!(attribute_version(&blob, LOCKOUT_TIME), Ok(None));
    }

    #[test]
    fn an_account_whose_password_was_never_set_has_no_version() {
        assert_eq!(password_version(&blob(&[(0, 1, EPOCH)])), Ok(None));
        assert_eq!(password_version(&blob(&[])), Ok(None));
    }

    #[test]
    fn anything_of_another_shape_is_refused() {
        let good = blob(&[(UNICODE_PWD, 3, EPOCH)]);
        let mut wrong_version = good.clone();
        wrong_version[0] = 2;
        let mut wrong_count = good.clone();
        wrong_count[8] = 2;
        let mut before_1970 = good.clone();
        before_1970[24..32].fill(0);
        let mut after_all_time = good.clone();
        after_all_time[24..32].fill(0xff);
        let short = &good[..good.len() - 1];
        for bad in [
            &[][..],
            &good[..15],
            short,
            &wrong_version,
            &wrong_count,
            &before_1970,
            &after_all_time,
        ] {
            assert_eq!(password_version(bad), Err(InvalidMetadata));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _seen = password_version(&bytes);
        }
    }
}
