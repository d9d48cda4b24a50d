//! `nTSecurityDescriptor` in its binary, self-relative form (MS-DTYP 2.4.6).

use super::access::Ace;
use crate::domain::identity::Sid;

/// Parts that `SD_FLAGS` asks for (MS-ADTS 3.1.1.3.4.1.11).
const OWNER: u32 = 1;
const GROUP: u32 = 2;
const DACL: u32 = 4;

const SELF_RELATIVE: u16 = 0x8000;
const DACL_PROTECTED: u16 = 0x1000;
const DACL_AUTO_INHERITED: u16 = 0x0400;
const DACL_PRESENT: u16 = 0x0004;
const HEADER: usize = 20;

/// A descriptor with the parts that were asked for. `owner` is the group too, as AD makes it for
/// objects of administrators.
pub(super) fn encode(owner: &Sid, dacl: &[Ace], protected: bool, parts: u32) -> Vec<u8> {
    let mut control = SELF_RELATIVE | DACL_AUTO_INHERITED;
    let mut offsets = [0_u32; 4];
    let mut body = Vec::new();
    let mut place = |bytes: Vec<u8>| {
        let at = u32::try_from(HEADER + body.len()).unwrap_or(0);
        body.extend(bytes);
        at
    };
    let [owner_at, group_at, _, dacl_at] = &mut offsets;
    if parts & OWNER != 0 {
        *owner_at = place(owner.to_bytes());
    }
    if parts & GROUP != 0 {
        *group_at = place(owner.to_bytes());
    }
    if parts & DACL != 0 {
        control |= DACL_PRESENT | if protected { DACL_PROTECTED } else { 0 };
        *dacl_at = place(acl(dacl));
    }
    let mut descriptor = vec![1, 0];
    descriptor.extend(control.to_le_bytes());
    descriptor.extend(offsets.into_iter().flat_map(u32::to_le_bytes));
    descriptor.extend(body);
    descriptor
}

/// An ACL of revision 4, which may hold entries about single properties (MS-DTYP 2.4.5).
fn acl(aces: &[Ace]) -> Vec<u8> {
    let entries: Vec<u8> = aces.iter().flat_map(ace).collect();
    let mut bytes = vec![4, 0];
    bytes.extend(length(entries.len() + 8).to_le_bytes());
    bytes.extend(length(aces.len()).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(entries);
    bytes
}

/// An `ACCESS_ALLOWED/DENIED_ACE`, or its _OBJECT_ form (MS-DTYP 2.4.4.2 to 2.4.4.5).
fn ace(ace: &Ace) -> Vec<u8> {
    let with_objects = ace.object.is_some() || ace.inherited_by.is_some();
    let kind = match (ace.allow, with_objects) {
        (true, false) => 0,
        (false, false) => 1,
        (true, true) => 5,
        (false, true) => 6,
    };
    let mut body = ace.mask.to_le_bytes().to_vec();
    if with_objects {
        let present = u32::from(ace.object.is_some()) | u32::from(ace.inherited_by.is_some()) << 1;
        body.extend(present.to_le_bytes());
        for guid in ace.object.iter().chain(&ace.inherited_by) {
            body.extend(guid.as_bytes());
        }
    }
    body.extend(ace.trustee.to_bytes());
    let mut bytes = vec![kind, ace.flags];
    bytes.extend(length(body.len() + 4).to_le_bytes());
    bytes.extend(body);
    bytes
}

fn length(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::access;
    use super::*;
    use crate::domain::security_descriptor::SecurityDescriptor;

    #[test]
    fn offsets_and_sizes_are_those_of_the_specification() {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        let sddl = "(A;;GA;;;SY)(OD;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;PS)";
        let aces = access::from_sddl(sddl, &domain, None);
        let bytes = encode(&domain, &aces, true, OWNER | GROUP | DACL);
        let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        assert_eq!(bytes[..2], [1, 0]);
        assert_eq!(
            short(2),
            SELF_RELATIVE | DACL_PROTECTED | DACL_AUTO_INHERITED | DACL_PRESENT
        );
        assert_eq!([short(4), short(8), short(12), short(16)], [20, 44, 0, 68]);
        // ACL: revision 4, 8 bytes of header, 20 for the first entry, 40 for the second.
        assert_eq!(bytes[68], 4);
        assert_eq!([short(70), short(72)], [68, 2]);
        assert_eq!(bytes.len(), 68 + 68);
        assert!(SecurityDescriptor::try_from(bytes.as_slice()).is_ok());
    }

    #[test]
    fn parts_that_are_not_asked_for_are_left_out() {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        let bytes = encode(&domain, &[], false, OWNER);
        assert_eq!(bytes.len(), 20 + 24);
        assert_eq!(u16::from_le_bytes([bytes[2], bytes[3]]) & DACL_PRESENT, 0);
    }
}
