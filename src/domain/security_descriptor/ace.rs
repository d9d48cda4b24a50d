//! One rule of an access control list (MS-DTYP 2.4.4).

use crate::domain::identity::Sid;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ace {
    /// Allow or deny.
    pub kind: AceKind,
    /// Inheritance.
    pub flags: AceFlags,
    /// The rights.
    pub rights: Rights,
    /// The property, property set, class or control right it is limited to.
    pub object: Option<RightGuid>,
    /// The class of objects that inherit it; `None`: all.
    pub inherited_by: Option<RightGuid>,
    /// Whom it concerns.
    pub trustee: Sid,
}

/// What a rule does. Kinds that take no part in the decision are left out when parsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AceKind {
    /// Grants.
    Allow,
    /// Denies.
    Deny,
}

/// The flags of a rule (MS-DTYP 2.4.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AceFlags(pub u8);

impl AceFlags {
    /// The rule is for the objects below only, not for this one (`INHERIT_ONLY_ACE`).
    pub fn inherit_only(self) -> bool {
        self.0 & 0x08 != 0
    }

    /// The rule came from above (`INHERITED_ACE`).
    pub fn inherited(self) -> bool {
        self.0 & 0x10 != 0
    }
}

/// An access mask (MS-ADTS 5.1.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights(pub u32);

impl Rights {
    /// Control rights such as Reset Password (`RIGHT_DS_CONTROL_ACCESS`).
    pub const CONTROL_ACCESS: Self = Self(0x0000_0100);
    /// Change the rules (`RIGHT_WRITE_DAC`).
    pub const WRITE_DACL: Self = Self(0x0004_0000);
    /// Become the owner (`RIGHT_WRITE_OWNER`).
    pub const WRITE_OWNER: Self = Self(0x0008_0000);
    /// Write a property (`RIGHT_DS_WRITE_PROPERTY`).
    pub const WRITE_PROPERTY: Self = Self(0x0000_0020);
    /// Write every property (`RIGHT_GENERIC_WRITE`).
    pub const GENERIC_WRITE: Self = Self(0x4000_0000);
    /// Everything (`RIGHT_GENERIC_ALL`).
    pub const GENERIC_ALL: Self = Self(0x1000_0000);

    /// Whether any of `other`'s rights is among these.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The GUID of a control right, property, property set or class, as its text reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RightGuid(pub u128);

impl RightGuid {
    /// Change Password: `ab721a53-1e2f-11d0-9819-00aa0040529b`.
    pub const CHANGE_PASSWORD: Self = Self(0xab72_1a53_1e2f_11d0_9819_00aa_0040_529b);
    /// Replicating Directory Changes: `1131f6aa-9c07-11d1-f79f-00c04fc2dcd2`.
    pub const GET_CHANGES: Self = Self(0x1131_f6aa_9c07_11d1_f79f_00c0_4fc2_dcd2);
    /// Replicating Directory Changes All: `1131f6ad-9c07-11d1-f79f-00c04fc2dcd2`.
    pub const GET_CHANGES_ALL: Self = Self(0x1131_f6ad_9c07_11d1_f79f_00c0_4fc2_dcd2);

    /// The attribute gPLink, which says whose policies apply: `f30e3bbe-9ff0-11d1-b603-0000f80367c1`.
    pub const GP_LINK: Self = Self(0xf30e_3bbe_9ff0_11d1_b603_0000_f803_67c1);

    /// From the wire: the first three parts little-endian, the rest as it reads (MS-DTYP 2.3.4.2).
    pub(super) fn from_wire(bytes: [u8; 16]) -> Self {
        let mut text = bytes;
        for range in [0..4, 4..6, 6..8] {
            if let Some(part) = text.get_mut(range) {
                part.reverse();
            }
        }
        Self(u128::from_be_bytes(text))
    }
}
