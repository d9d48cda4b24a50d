//! Self-relative security descriptors from their bytes (MS-DTYP 2.4.6, 2.4.5, 2.4.4).

use super::{Ace, AceFlags, AceKind, Dacl, RightGuid, Rights, SecurityDescriptor};
use crate::domain::identity::Sid;

/// Not a self-relative security descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a security descriptor")]
pub struct InvalidDescriptor;

/// `SE_DACL_PRESENT`.
pub(super) const DACL_PRESENT: u16 = 0x0004;
/// `SE_SELF_RELATIVE`.
pub(super) const SELF_RELATIVE: u16 = 0x8000;

impl TryFrom<&[u8]> for SecurityDescriptor {
    type Error = InvalidDescriptor;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidDescriptor> {
        let mut header = Reader(bytes);
        let revision = header.byte()?;
        let _padding = header.byte()?;
        let control = header.half()?;
        let owner = header.word()?;
        let _group = header.word()?;
        let _sacl = header.word()?;
        let dacl = header.word()?;
        if revision != 1 || control & SELF_RELATIVE == 0 {
            return Err(InvalidDescriptor);
        }
        let owner = match owner {
            0 => None,
            offset => Some(Reader(part(bytes, offset)?).sid()?),
        };
        let dacl = if control & DACL_PRESENT == 0 || dacl == 0 {
            Dacl::Everything
        } else {
            Dacl::Rules(rules(part(bytes, dacl)?)?)
        };
        Ok(Self { owner, dacl })
    }
}

pub(super) fn part(bytes: &[u8], offset: u32) -> Result<&[u8], InvalidDescriptor> {
    let offset = usize::try_from(offset).map_err(|_| InvalidDescriptor)?;
    bytes.get(offset..).ok_or(InvalidDescriptor)
}

fn rules(acl: &[u8]) -> Result<Vec<Ace>, InvalidDescriptor> {
    let mut header = Reader(acl);
    let revision = header.byte()?;
    let _padding = header.byte()?;
    let size = usize::from(header.half()?);
    let count = header.half()?;
    let _padding = header.half()?;
    if !matches!(revision, 2 | 4) {
        return Err(InvalidDescriptor);
    }
    let body = acl.get(8..size).ok_or(InvalidDescriptor)?;
    let mut rest = Reader(body);
    let mut rules = Vec::new();
    for _ in 0..count {
        rules.extend(rule(&mut rest)?);
    }
    Ok(rules)
}

/// The next rule; `None` for kinds that take no part in the decision (audit, conditional denials …).
pub(super) fn rule(list: &mut Reader<'_>) -> Result<Option<Ace>, InvalidDescriptor> {
    let kind = list.byte()?;
    let flags = AceFlags(list.byte()?);
    let size = usize::from(list.half()?);
    let body = list.take(size.checked_sub(4).ok_or(InvalidDescriptor)?)?;
    let mut body = Reader(body);
    let (kind, for_objects) = match kind {
        // 9 and 11 grant under a condition. It is not weighed, and denials under one (10, 12) are left
        // out: both err towards believing that somebody may do too much.
        0 | 9 => (AceKind::Allow, false),
        1 => (AceKind::Deny, false),
        5 | 11 => (AceKind::Allow, true),
        6 => (AceKind::Deny, true),
        _ => return Ok(None),
    };
    let rights = Rights(body.word()?);
    let present = if for_objects { body.word()? } else { 0 };
    let object = body.guid_if(present & 1 != 0)?;
    let inherited_by = body.guid_if(present & 2 != 0)?;
    Ok(Some(Ace {
        kind,
        flags,
        rights,
        object,
        inherited_by,
        trustee: body.sid()?,
    }))
}

/// Takes values off the front.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], InvalidDescriptor> {
        let (front, rest) = self.0.split_at_checked(length).ok_or(InvalidDescriptor)?;
        self.0 = rest;
        Ok(front)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], InvalidDescriptor> {
        let (front, rest) = self.0.split_first_chunk().ok_or(InvalidDescriptor)?;
        self.0 = rest;
        Ok(*front)
    }

    pub(super) fn byte(&mut self) -> Result<u8, InvalidDescriptor> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn half(&mut self) -> Result<u16, InvalidDescriptor> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn word(&mut self) -> Result<u32, InvalidDescriptor> {
        self.array().map(u32::from_le_bytes)
    }

    fn guid_if(&mut self, present: bool) -> Result<Option<RightGuid>, InvalidDescriptor> {
        if present {
            self.array().map(RightGuid::from_wire).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A SID says in its second byte how many words it has (MS-DTYP 2.4.2.2).
    pub(super) fn sid(&mut self) -> Result<Sid, InvalidDescriptor> {
        let words = self.0.get(1).copied().ok_or(InvalidDescriptor)?;
        let bytes = self.take(8 + 4 * usize::from(words))?;
        Sid::try_from(bytes).map_err(|_| InvalidDescriptor)
    }
}
