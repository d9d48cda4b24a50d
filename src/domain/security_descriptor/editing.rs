//! Changing a descriptor without touching what is not meant: the rules are kept byte for byte.

use super::parse::{DACL_PRESENT, Reader, SELF_RELATIVE, part, rule};
use super::{Ace, InvalidDescriptor};
use crate::domain::identity::Sid;

/// The directory refuses descriptors that are longer, in bytes, and a list cannot say a greater length.
const MAX_LENGTH: usize = 65_535;
/// `SE_SACL_PRESENT`.
const SACL_PRESENT: u16 = 0x0010;
/// `SE_DACL_PROTECTED`.
const DACL_PROTECTED: u16 = 0x1000;
/// The revision of a list that holds rules for objects (MS-DTYP 2.4.5).
const REVISION_DS: u8 = 4;

/// A self-relative descriptor whose rules can be added to and taken from. Rules of kinds that
/// Keyward does not know are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    control: u16,
    resource_control: u8,
    owner: Option<Sid>,
    group: Option<Sid>,
    sacl: Option<List>,
    dacl: Option<List>,
}

/// Rules cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotEditable {
    /// Everybody may do everything: a list with these rules only would take that from all others.
    #[error("the object has no list of access rules, so that everybody may do everything")]
    NoList,
    /// It would be longer than the directory takes.
    #[error("the object's access rules would be longer than 65,535 bytes")]
    TooLong,
}

/// An access control list, rule by rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    revision: u8,
    rules: Vec<Raw>,
}

/// The bytes of one rule, header and all.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Raw(Vec<u8>);

impl TryFrom<&[u8]> for Descriptor {
    type Error = InvalidDescriptor;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidDescriptor> {
        let mut header = Reader(bytes);
        let revision = header.byte()?;
        let resource_control = header.byte()?;
        let control = header.half()?;
        let [owner, group, sacl, dacl] = [
            header.word()?,
            header.word()?,
            header.word()?,
            header.word()?,
        ];
        if revision != 1 || control & SELF_RELATIVE == 0 {
            return Err(InvalidDescriptor);
        }
        let list = |present: u16, offset: u32| match offset {
            0 => Ok(None),
            _ if control & present == 0 => Ok(None),
            offset => List::read(part(bytes, offset)?).map(Some),
        };
        Ok(Self {
            control,
            resource_control,
            owner: sid(bytes, owner)?,
            group: sid(bytes, group)?,
            sacl: list(SACL_PRESENT, sacl)?,
            dacl: list(DACL_PRESENT, dacl)?,
        })
    }
}

fn sid(bytes: &[u8], offset: u32) -> Result<Option<Sid>, InvalidDescriptor> {
    match offset {
        0 => Ok(None),
        offset => Reader(part(bytes, offset)?).sid().map(Some),
    }
}

impl Descriptor {
    /// Whether an explicit rule says exactly this (flags, rights, types, trustee).
    pub fn contains(&self, rule: &Ace) -> bool {
        let list = self.dacl.as_ref();
        list.is_some_and(|list| list.rules.iter().any(|raw| raw.says(rule)))
    }

    /// Adds rules that are not there yet, in canonical order (explicit denials, explicit
    /// grants, inherited ones; MS-ADTS 5.1.3.1, [MS-DTYP] 2.4.5). Whether anything changed.
    ///
    /// # Errors
    /// [`NotEditable`]; nothing is changed then.
    pub fn add(&mut self, rules: &[Ace]) -> Result<bool, NotEditable> {
        let mut changed = self.clone();
        let list = changed.dacl.as_mut().ok_or(NotEditable::NoList)?;
        for rule in rules {
            if !list.rules.iter().any(|raw| raw.says(rule)) {
                list.insert(Raw(rule.to_bytes()));
            }
        }
        if changed == *self {
            return Ok(false);
        }
        if changed.to_bytes().len() > MAX_LENGTH {
            return Err(NotEditable::TooLong);
        }
        *self = changed;
        Ok(true)
    }

    /// Takes away explicit rules that say exactly this; all others stay in their order, byte for
    /// byte. Whether anything changed.
    pub fn remove(&mut self, rules: &[Ace]) -> bool {
        let Some(list) = &mut self.dacl else {
            return false;
        };
        let before = list.rules.len();
        list.rules
            .retain(|raw| !rules.iter().any(|rule| raw.says(rule)));
        list.rules.len() != before
    }

    /// Takes rules over from above again (clears `SE_DACL_PROTECTED`). Whether anything changed.
    pub fn allow_inheritance(&mut self) -> bool {
        let blocked = self.blocks_inheritance();
        self.control &= !DACL_PROTECTED;
        blocked
    }

    /// Whether it takes nothing over from above (`SE_DACL_PROTECTED`).
    pub fn blocks_inheritance(&self) -> bool {
        self.control & DACL_PROTECTED != 0
    }

    /// Replaces the owner.
    pub fn set_owner(&mut self, owner: &Sid) {
        self.owner = Some(owner.clone());
    }

    /// The bytes to write: with `SD_FLAGS` 4 the directory takes the rules only.
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts = [
            self.owner.as_ref().map(Sid::to_bytes),
            self.group.as_ref().map(Sid::to_bytes),
            self.sacl.as_ref().map(List::to_bytes),
            self.dacl.as_ref().map(List::to_bytes),
        ];
        let mut bytes = vec![1, self.resource_control];
        bytes.extend(self.control.to_le_bytes());
        let mut offset = HEADER;
        for part in &parts {
            let length = part.as_ref().map_or(0, Vec::len);
            let at = if length == 0 { 0 } else { offset };
            // Four parts of at most 65,535 bytes each.
            bytes.extend(u32::try_from(at).unwrap_or(0).to_le_bytes());
            offset += length;
        }
        bytes.extend(parts.iter().flatten().flatten());
        bytes
    }
}

/// The length of the fixed part: revision, control and four offsets.
const HEADER: usize = 20;

impl List {
    fn read(acl: &[u8]) -> Result<Self, InvalidDescriptor> {
        let mut header = Reader(acl);
        let revision = header.byte()?;
        let _padding = header.byte()?;
        let size = usize::from(header.half()?);
        let count = header.half()?;
        if !matches!(revision, 2 | 4) {
            return Err(InvalidDescriptor);
        }
        let mut rest = Reader(acl.get(8..size).ok_or(InvalidDescriptor)?);
        let rules = (0..count).map(|_| Raw::read(&mut rest));
        Ok(Self {
            revision,
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    /// Puts a rule behind the last of its rank, before all that follow in the canonical order.
    fn insert(&mut self, new: Raw) {
        let rank = new.rank();
        let at = self.rules.iter().position(|raw| raw.rank() > rank);
        self.rules.insert(at.unwrap_or(self.rules.len()), new);
    }

    fn to_bytes(&self) -> Vec<u8> {
        let for_objects = self.rules.iter().any(Raw::is_for_objects);
        let revision = if for_objects {
            REVISION_DS
        } else {
            self.revision
        };
        let body: Vec<u8> = self
            .rules
            .iter()
            .flat_map(|raw| raw.0.as_slice())
            .copied()
            .collect();
        // `add` refuses what would be longer, and a list that was read had room for its rules.
        let size = u16::try_from(body.len() + 8).unwrap_or(u16::MAX);
        let count = u16::try_from(self.rules.len()).unwrap_or(u16::MAX);
        let mut bytes = vec![revision, 0];
        bytes.extend(size.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(body);
        bytes
    }
}

impl Raw {
    /// The next rule of a list. It must make sense where its kind is known.
    fn read(list: &mut Reader<'_>) -> Result<Self, InvalidDescriptor> {
        let before = list.0;
        let _rule = rule(list)?;
        let length = before.len() - list.0.len();
        before
            .get(..length)
            .map(|bytes| Self(bytes.to_vec()))
            .ok_or(InvalidDescriptor)
    }

    /// Whether it is explicit and says exactly this, without a condition.
    fn says(&self, wanted: &Ace) -> bool {
        let plain = matches!(self.kind(), 0 | 1 | 5 | 6);
        let same = || rule(&mut Reader(&self.0)).is_ok_and(|found| found.as_ref() == Some(wanted));
        plain && !self.inherited() && same()
    }

    /// Its place in the canonical order: explicit denials, other explicit rules, inherited ones.
    fn rank(&self) -> u8 {
        match self.kind() {
            _ if self.inherited() => 2,
            1 | 6 | 10 | 12 => 0,
            _ => 1,
        }
    }

    fn is_for_objects(&self) -> bool {
        matches!(self.kind(), 5..=8 | 11 | 12 | 15 | 16)
    }

    fn kind(&self) -> u8 {
        self.0.first().copied().unwrap_or_default()
    }

    fn inherited(&self) -> bool {
        self.0.get(1).is_some_and(|flags| flags & 0x10 != 0)
    }
}

#[cfg(test)]
#[path = "editing_tests.rs"]
mod tests;
