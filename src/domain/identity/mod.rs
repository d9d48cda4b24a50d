//! Names and identifiers of directory objects, parsed once.
// (owner splits into dn.rs sid.rs object_guid.rs sign_in_name.rs and re-exports here)

use std::fmt;
use std::str::FromStr;

/// A security identifier (MS-DTYP 2.4.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}
/// Not a SID in binary or `S-1-…` form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a security identifier")]
pub struct InvalidSid;
impl Sid {
    /// The last sub-authority (the RID of an account or group).
    pub fn rid(&self) -> Option<u32> {
        self.sub_authorities.last().copied()
    }
    /// The SID without its last sub-authority.
    pub fn domain(&self) -> Option<Sid> {
        todo!()
    }
    /// This domain's SID with `rid` appended.
    pub fn with_rid(&self, rid: u32) -> Sid {
        todo!()
    }
    /// Binary form, as objectSid has it.
    pub fn to_bytes(&self) -> Vec<u8> {
        todo!()
    }
}
impl TryFrom<&[u8]> for Sid {
    type Error = InvalidSid;
    fn try_from(b: &[u8]) -> Result<Self, InvalidSid> {
        todo!()
    }
}
impl FromStr for Sid {
    type Err = InvalidSid;
    fn from_str(s: &str) -> Result<Self, InvalidSid> {
        todo!()
    }
}
impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

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
    fn from(b: [u8; 16]) -> Self {
        Self(b)
    }
}
impl TryFrom<&[u8]> for ObjectGuid {
    type Error = InvalidGuid;
    fn try_from(b: &[u8]) -> Result<Self, InvalidGuid> {
        todo!()
    }
}
impl FromStr for ObjectGuid {
    type Err = InvalidGuid;
    fn from_str(s: &str) -> Result<Self, InvalidGuid> {
        todo!()
    }
}
impl fmt::Display for ObjectGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

/// A distinguished name (RFC 4514), parsed into RDNs; equality and scope compare case-folded values, never text.
#[derive(Debug, Clone)]
pub struct Dn {
    text: String,
}
/// Not a distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name")]
pub struct InvalidDn;
impl Dn {
    /// The text as it was received; this is what goes back to the directory.
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// Whether this object lies below `base` (strictly).
    pub fn is_below(&self, base: &Dn) -> bool {
        todo!()
    }
    /// The DN of the parent; `None` at the root.
    pub fn parent(&self) -> Option<Dn> {
        todo!()
    }
    /// The unescaped value of the first RDN, for people.
    pub fn common_name(&self) -> &str {
        todo!()
    }
}
impl FromStr for Dn {
    type Err = InvalidDn;
    fn from_str(s: &str) -> Result<Self, InvalidDn> {
        todo!()
    }
}
impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl PartialEq for Dn {
    fn eq(&self, o: &Self) -> bool {
        todo!()
    }
}
impl Eq for Dn {}

/// What a person typed as their name at sign-in: `sam`, `DOM\sam` or a UPN. Strict: no control characters,
/// at most 256 characters, trimmed, nothing that another spelling of the same account could hide in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInName {
    /// sAMAccountName alone.
    Sam(String),
    /// NetBIOS domain and sAMAccountName.
    DownLevel {
        /// NetBIOS name as typed.
        domain: String,
        /// sAMAccountName.
        sam: String,
    },
    /// userPrincipalName, or `sam@dns-domain`.
    Upn(String),
}
/// Not a name that anybody signs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sign-in name")]
pub struct InvalidSignInName;
impl FromStr for SignInName {
    type Err = InvalidSignInName;
    fn from_str(s: &str) -> Result<Self, InvalidSignInName> {
        todo!()
    }
}
