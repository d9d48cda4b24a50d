//! objectGUID: how Keyward addresses an account, wherever it moves.

use std::fmt;
use std::str::FromStr;

/// Where the byte that is written at each place of the text stands in the binary form: the first three
/// groups are little-endian numbers (MS-DTYP 2.3.4.2).
const TEXT_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// An objectGUID: 16 bytes; text form is the usual mixed-endian dashed one, lower case (MS-DTYP 2.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectGuid([u8; 16]);

/// Not a GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an object GUID")]
pub struct InvalidGuid;

impl ObjectGuid {
    /// The 16 bytes as the directory stores them.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for ObjectGuid {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for ObjectGuid {
    type Error = InvalidGuid;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidGuid> {
        bytes.try_into().map(Self).map_err(|_| InvalidGuid)
    }
}

impl FromStr for ObjectGuid {
    type Err = InvalidGuid;

    /// Accepts 8-4-4-4-12 hexadecimal digits in either case; no braces, nothing around them.
    fn from_str(text: &str) -> Result<Self, InvalidGuid> {
        let groups: Vec<&str> = text.split('-').take(6).collect();
        if !groups.iter().map(|g| g.len()).eq([8, 4, 4, 4, 12]) {
            return Err(InvalidGuid);
        }
        let digits = groups.concat();
        let (pairs, _) = digits.as_bytes().as_chunks::<2>();
        let mut bytes = [0; 16];
        for (pair, place) in pairs.iter().zip(TEXT_ORDER) {
            *bytes.get_mut(place).ok_or(InvalidGuid)? = byte_of(*pair)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for ObjectGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (written, place) in TEXT_ORDER.into_iter().enumerate() {
            if matches!(written, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0.get(place).ok_or(fmt::Error)?)?;
        }
        Ok(())
    }
}

fn byte_of(pair: [u8; 2]) -> Result<u8, InvalidGuid> {
    let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
    let value = high.ok_or(InvalidGuid)? << 4 | low.ok_or(InvalidGuid)?;
    u8::try_from(value).map_err(|_| InvalidGuid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_three_groups_are_little_endian() {
        let bytes: Vec<u8> = (0..16).collect();
        let guid = ObjectGuid::try_from(&bytes[..]).unwrap();
        assert_eq!(guid.to_string(), "03020100-0504-0706-0809-0a0b0c0d0e0f");
    }

    #[test]
    fn capitals_are_read_and_written_small() {
        let guid: ObjectGuid = "00299570-246D-11D0-A768-00AA006E0529".parse().unwrap();
        assert_eq!(guid.to_string(), "00299570-246d-11d0-a768-00aa006e0529");
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "00299570246d11d0a76800aa006e0529",
            "{00299570-246d-11d0-a768-00aa006e0529}",
            "00299570-246d-11d0-a768-00aa006e052",
            "00299570-246d-11d0-a768-00aa006e05299",
            "00299570-246d-11d0-a768-00aa006e0529-",
            "+0299570-246d-11d0-a768-00aa006e0529",
            "0029957é-246d-11d0-a768-00aa006e0529",
            "002995é0-246d-11d0-a768-00aa006e0529",
            " 0299570-246d-11d0-a768-00aa006e0529",
        ] {
            assert_eq!(text.parse::<ObjectGuid>(), Err(InvalidGuid), "{text:?}");
        }
        assert_eq!(ObjectGuid::try_from(&[0; 15][..]), Err(InvalidGuid));
        assert_eq!(ObjectGuid::try_from(&[0; 17][..]), Err(InvalidGuid));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn each_guid_survives_its_text(bytes in any::<[u8; 16]>()) {
            let guid = ObjectGuid::from(bytes);
            prop_assert_eq!(guid.to_string().parse(), Ok(guid));
        }
    }
}
