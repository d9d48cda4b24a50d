//! Rights as an access mask, and the GUIDs that narrow them down (MS-ADTS 5.1.3.2).

use std::fmt;
use std::str::FromStr;

/// An access mask (MS-ADTS 5.1.3.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Rights(pub u32);

impl Rights {
    /// No right.
    pub const NONE: Self = Self(0);
    /// Make objects below (`RIGHT_DS_CREATE_CHILD`).
    pub const CREATE_CHILD: Self = Self(0x0000_0001);
    /// Delete objects below (`RIGHT_DS_DELETE_CHILD`).
    pub const DELETE_CHILD: Self = Self(0x0000_0002);
    /// See what is below (`RIGHT_DS_LIST_CONTENTS`).
    pub const LIST_CONTENTS: Self = Self(0x0000_0004);
    /// Validated writes (`RIGHT_DS_WRITE_PROPERTY_EXTENDED`).
    pub const VALIDATED_WRITE: Self = Self(0x0000_0008);
    /// Read a property (`RIGHT_DS_READ_PROPERTY`).
    pub const READ_PROPERTY: Self = Self(0x0000_0010);
    /// Write a property (`RIGHT_DS_WRITE_PROPERTY`).
    pub const WRITE_PROPERTY: Self = Self(0x0000_0020);
    /// Delete it with everything below (`RIGHT_DS_DELETE_TREE`).
    pub const DELETE_TREE: Self = Self(0x0000_0040);
    /// See this object where lists are restricted (`RIGHT_DS_LIST_OBJECT`).
    pub const LIST_OBJECT: Self = Self(0x0000_0080);
    /// Control rights such as Reset Password (`RIGHT_DS_CONTROL_ACCESS`).
    pub const CONTROL_ACCESS: Self = Self(0x0000_0100);
    /// Delete it (`RIGHT_DELETE`).
    pub const DELETE: Self = Self(0x0001_0000);
    /// Read owner and rules (`RIGHT_READ_CONTROL`).
    pub const READ_CONTROL: Self = Self(0x0002_0000);
    /// Change the rules (`RIGHT_WRITE_DAC`).
    pub const WRITE_DACL: Self = Self(0x0004_0000);
    /// Become the owner (`RIGHT_WRITE_OWNER`).
    pub const WRITE_OWNER: Self = Self(0x0008_0000);
    /// Everything (`RIGHT_GENERIC_ALL`).
    pub const GENERIC_ALL: Self = Self(0x1000_0000);
    /// List (`RIGHT_GENERIC_EXECUTE`).
    pub const GENERIC_EXECUTE: Self = Self(0x2000_0000);
    /// Write every property (`RIGHT_GENERIC_WRITE`).
    pub const GENERIC_WRITE: Self = Self(0x4000_0000);
    /// Read every property (`RIGHT_GENERIC_READ`).
    pub const GENERIC_READ: Self = Self(0x8000_0000);
    /// All that an object of the directory knows: what `GENERIC_ALL` stands for.
    pub const EVERYTHING: Self = Self(0x000f_01ff);

    /// What the generic rights stand for in the directory (MS-ADTS 5.1.3.2).
    const GENERIC: [(Self, Self); 4] = [
        (Self::GENERIC_ALL, Self::EVERYTHING),
        (Self::GENERIC_READ, Self(0x0002_0094)),
        (Self::GENERIC_WRITE, Self(0x0002_0028)),
        (Self::GENERIC_EXECUTE, Self(0x0002_0004)),
    ];

    /// Whether any of `other`'s rights is among these.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of `other`'s rights are among these.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// These and `other`'s.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These that are `other`'s too.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// These that are not `other`'s.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// With each generic right replaced by what it stands for (MS-ADTS 5.1.3.2).
    #[must_use]
    pub fn mapped(self) -> Self {
        let stands_for = Self::GENERIC
            .iter()
            .filter(|(generic, _)| self.intersects(*generic));
        stands_for.fold(self, |rights, (generic, meant)| {
            rights.without(*generic).union(*meant)
        })
    }

    /// What each right is called in plain words, lowest bit first. All of them together are one:
    /// "full control".
    pub fn names(self) -> Vec<&'static str> {
        let rights = self.mapped();
        if rights.contains(Self::EVERYTHING) {
            return vec!["full control"];
        }
        let held = NAMES.iter().filter(|(right, _)| rights.intersects(*right));
        held.map(|(_, name)| *name).collect()
    }
}

const NAMES: [(Rights, &str); 13] = [
    (Rights::CREATE_CHILD, "create objects below"),
    (Rights::DELETE_CHILD, "delete objects below"),
    (Rights::LIST_CONTENTS, "list what is below"),
    (Rights::VALIDATED_WRITE, "validated write"),
    (Rights::READ_PROPERTY, "read properties"),
    (Rights::WRITE_PROPERTY, "write properties"),
    (Rights::DELETE_TREE, "delete with everything below"),
    (Rights::LIST_OBJECT, "see the object"),
    (Rights::CONTROL_ACCESS, "control right"),
    (Rights::DELETE, "delete"),
    (Rights::READ_CONTROL, "read the access rules"),
    (Rights::WRITE_DACL, "change the access rules"),
    (Rights::WRITE_OWNER, "take ownership"),
];

/// The GUID of a control right, property, property set or class, as its text reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RightGuid(pub u128);

/// Not a GUID in its hyphenated text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID")]
pub struct InvalidRightGuid;

impl RightGuid {
    /// Reset Password (User-Force-Change-Password): `00299570-246d-11d0-a768-00aa006e0529`.
    pub const RESET_PASSWORD: Self = Self(0x0029_9570_246d_11d0_a768_00aa_006e_0529);
    /// Change Password: `ab721a53-1e2f-11d0-9819-00aa0040529b`.
    pub const CHANGE_PASSWORD: Self = Self(0xab72_1a53_1e2f_11d0_9819_00aa_0040_529b);
    /// Replicating Directory Changes: `1131f6aa-9c07-11d1-f79f-00c04fc2dcd2`.
    pub const GET_CHANGES: Self = Self(0x1131_f6aa_9c07_11d1_f79f_00c0_4fc2_dcd2);
    /// Replicating Directory Changes All: `1131f6ad-9c07-11d1-f79f-00c04fc2dcd2`.
    pub const GET_CHANGES_ALL: Self = Self(0x1131_f6ad_9c07_11d1_f79f_00c0_4fc2_dcd2);

    /// The attribute gPLink, which says whose policies apply: `f30e3bbe-9ff0-11d1-b603-0000f80367c1`.
    pub const GP_LINK: Self = Self(0xf30e_3bbe_9ff0_11d1_b603_0000_f803_67c1);

    /// From the wire, as `schemaIDGUID` and rules have it: the first three parts little-endian, the
    /// rest as it reads (MS-DTYP 2.3.4.2).
    pub fn from_wire(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(swapped(bytes)))
    }

    /// The form on the wire.
    pub fn to_wire(self) -> [u8; 16] {
        swapped(self.0.to_be_bytes())
    }
}

fn swapped(mut bytes: [u8; 16]) -> [u8; 16] {
    for range in [0..4, 4..6, 6..8] {
        if let Some(part) = bytes.get_mut(range) {
            part.reverse();
        }
    }
    bytes
}

impl fmt::Display for RightGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |shift: u32, bits: u32| (self.0 >> shift) & ((1_u128 << bits) - 1);
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            part(96, 32),
            part(80, 16),
            part(64, 16),
            part(48, 16),
            part(0, 48)
        )
    }
}

impl FromStr for RightGuid {
    type Err = InvalidRightGuid;

    /// The hyphenated form in either case, without braces: as `rightsGuid` and SDDL have it.
    fn from_str(text: &str) -> Result<Self, InvalidRightGuid> {
        let lengths = text.split('-').map(str::len);
        let digits: String = text.split('-').collect();
        if !lengths.eq([8, 4, 4, 4, 12]) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(InvalidRightGuid);
        }
        u128::from_str_radix(&digits, 16)
            .map(Self)
            .map_err(|_| InvalidRightGuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn generic_rights_stand_for_what_the_specification_says() {
        assert_eq!(Rights::GENERIC_ALL.mapped(), Rights(0xf_01ff));
        assert_eq!(Rights(0x8000_0100).mapped(), Rights(0x2_0194));
        assert_eq!(Rights::GENERIC_WRITE.mapped(), Rights(0x2_0028));
        assert_eq!(Rights::GENERIC_EXECUTE.mapped(), Rights(0x2_0004));
    }

    #[test]
    fn rights_have_names() {
        assert_eq!(Rights(0xf_01ff).names(), ["full control"]);
        assert_eq!(
            Rights(0x30).names(),
            ["read properties", "write properties"]
        );
        assert_eq!(Rights::NONE.names(), [""; 0]);
    }

    #[test]
    fn a_guid_reads_as_it_is_written() {
        let text = "f30e3bbe-9ff0-11d1-b603-0000f80367c1";
        assert_eq!(text.parse(), Ok(RightGuid::GP_LINK));
        assert_eq!(text.to_uppercase().parse(), Ok(RightGuid::GP_LINK));
        assert_eq!(RightGuid::GP_LINK.to_string(), text);
        assert_eq!(RightGuid::GP_LINK.to_wire()[..4], [0xbe, 0x3b, 0x0e, 0xf3]);
        for other in [
            "",
            "f30e3bbe",
            "{f30e3bbe-9ff0-11d1-b603-0000f80367c1}",
            "+30e3bbe-9ff0-11d1-b603-0000f80367c1",
        ] {
            assert_eq!(other.parse::<RightGuid>(), Err(InvalidRightGuid));
        }
    }

    proptest! {
        #[test]
        fn each_guid_survives_both_forms(number in any::<u128>()) {
            let guid = RightGuid(number);
            prop_assert_eq!(guid.to_string().parse(), Ok(guid));
            prop_assert_eq!(RightGuid::from_wire(guid.to_wire()), guid);
        }
    }
}
