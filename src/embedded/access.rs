//! Access entries and the one question that is asked of them: may this bound account do that to
//! this object? Written in SDDL, evaluated as MS-DTYP 2.5.3 does, without the parts that no
//! entry here uses (SACL, conditions, owner rights).

use super::entry::Entry;
use super::schema::{Attribute, Class};
use super::tree::Tree;
use crate::domain::identity::{InvalidGuid, ObjectGuid, Sid};
use std::collections::HashSet;

/// Rights of an access mask (MS-ADTS 5.1.3.2).
pub(super) mod right {
    pub(in super::super) const READ_PROPERTY: u32 = 0x10;
    pub(in super::super) const WRITE_PROPERTY: u32 = 0x20;
    pub(in super::super) const CONTROL_ACCESS: u32 = 0x100;
    pub(in super::super) const WRITE_DACL: u32 = 0x4_0000;
    pub(in super::super) const WRITE_OWNER: u32 = 0x8_0000;
    pub(in super::super) const ALL: u32 = 0xF_01FF;
}

/// Control right "Reset Password".
pub(super) const RESET_PASSWORD: &str = "00299570-246d-11d0-a768-00aa006e0529";
/// Control right "Change Password".
pub(super) const CHANGE_PASSWORD: &str = "ab721a53-1e2f-11d0-9819-00aa0040529b";

/// ACE flags (MS-DTYP 2.4.4.1).
pub(super) const CONTAINER_INHERIT: u8 = 0x02;
const NO_PROPAGATE: u8 = 0x04;
pub(super) const INHERIT_ONLY: u8 = 0x08;
pub(super) const INHERITED: u8 = 0x10;

/// One access entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ace {
    pub allow: bool,
    pub flags: u8,
    pub mask: u32,
    /// Attribute, property set or control right; `None`: all.
    pub object: Option<ObjectGuid>,
    /// Class of the objects that inherit it; `None`: all.
    pub inherited_by: Option<ObjectGuid>,
    pub trustee: Sid,
}

/// A bound account with its groups, as they were at the bind (MS-ADTS 5.1.1.1).
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub guid: ObjectGuid,
    pub sid: Sid,
    /// All groups, nested, primary and well-known ones.
    pub groups: Vec<Sid>,
    lookup: HashSet<Sid>,
}

impl Token {
    /// The token of an account.
    pub(super) fn of(tree: &Tree, entry: &Entry) -> Option<Self> {
        let sid = entry.sid.clone()?;
        let mut groups = tree.all_groups(entry);
        groups.extend(
            WELL_KNOWN_MEMBERSHIPS
                .iter()
                .filter_map(|text| text.parse().ok()),
        );
        let lookup = groups.iter().cloned().chain([sid.clone()]).collect();
        Some(Self {
            guid: entry.guid,
            sid,
            groups,
            lookup,
        })
    }

    /// Whether the token holds this SID.
    pub(super) fn holds(&self, sid: &Sid) -> bool {
        self.lookup.contains(sid)
    }

    /// A member of Domain Admins or of the built-in Administrators.
    pub(super) fn is_administrator(&self, tree: &Tree) -> bool {
        tree.names
            .sid
            .with_rid(512)
            .is_some_and(|sid| self.holds(&sid))
            || ADMINISTRATORS.parse().is_ok_and(|sid| self.holds(&sid))
    }
}

const ADMINISTRATORS: &str = "S-1-5-32-544";
const SELF: &str = "S-1-5-10";
/// Everyone, Network, Authenticated Users, Users.
const WELL_KNOWN_MEMBERSHIPS: [&str; 4] = ["S-1-1-0", "S-1-5-2", "S-1-5-11", "S-1-5-32-545"];

/// The entries that apply to an object: its own, then those that it inherits, nearest first.
pub(super) fn dacl(tree: &Tree, entry: &Entry) -> Vec<Ace> {
    let mut dacl = entry.aces.clone();
    let mut below = entry;
    while !below.blocks_inheritance {
        let Some(above) = below.parent.and_then(|parent| tree.entry(parent)) else {
            break;
        };
        let direct = Some(above.guid) == entry.parent;
        dacl.extend(
            above
                .aces
                .iter()
                .filter_map(|ace| inherited(ace, entry.class, direct)),
        );
        below = above;
    }
    dacl.sort_by_key(|ace| (ace.flags & INHERITED != 0, ace.allow));
    dacl
}

/// What an object of this class takes over from an entry further up.
fn inherited(ace: &Ace, class: Class, direct: bool) -> Option<Ace> {
    if ace.flags & CONTAINER_INHERIT == 0 || (ace.flags & NO_PROPAGATE != 0 && !direct) {
        return None;
    }
    let mut ace = ace.clone();
    ace.flags |= INHERITED;
    let fits = ace
        .inherited_by
        .is_none_or(|guid| class.guid().parse() == Ok(guid));
    if fits {
        ace.flags &= !INHERIT_ONLY;
    } else if class.is_account() {
        // Nothing lies below an account, so an entry that is not for it is not kept there.
        return None;
    } else {
        ace.flags |= INHERIT_ONLY;
    }
    Some(ace)
}

/// Whether `token` holds `mask` on the object, for one of the `objects` that the operation
/// concerns: an attribute and its property set, or a control right.
pub(super) fn may(dacl: &[Ace], entry: &Entry, token: &Token, mask: u32, objects: &[&str]) -> bool {
    let objects: Vec<ObjectGuid> = objects
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    let own = entry.sid.as_ref() == Some(&token.sid);
    for ace in dacl {
        let about_it = ace.object.is_none_or(|object| objects.contains(&object));
        let for_them = token.holds(&ace.trustee) || (own && ace.trustee.to_string() == SELF);
        if ace.flags & INHERIT_ONLY == 0 && ace.mask & mask != 0 && about_it && for_them {
            return ace.allow;
        }
    }
    false
}

/// Whether `token` may write an attribute of the object.
pub(super) fn may_write(dacl: &[Ace], entry: &Entry, token: &Token, attribute: &Attribute) -> bool {
    may(dacl, entry, token, right::WRITE_PROPERTY, &attribute.guids)
}

/// Whether `token` sees the object at all. Everybody who is signed in reads everything here,
/// as in a domain with the usual rights, but for password policies: those are for administrators.
pub(super) fn may_read(tree: &Tree, entry: &Entry, token: &Token) -> bool {
    entry.class != Class::PasswordSettings || token.is_administrator(tree)
}

/// Access entries from SDDL (MS-DTYP 2.5.1.1), `SID` standing for `trustee`. Entries that make
/// no sense are left out; a test reads all texts of this folder.
pub(super) fn from_sddl(sddl: &str, domain: &Sid, trustee: Option<&Sid>) -> Vec<Ace> {
    sddl.split('(')
        .skip(1)
        .filter_map(|ace| ace_from_sddl(ace.trim_end().trim_end_matches(')'), domain, trustee))
        .collect()
}

fn ace_from_sddl(text: &str, domain: &Sid, trustee: Option<&Sid>) -> Option<Ace> {
    let mut fields = text.split(';');
    let allow = match fields.next()? {
        "A" | "OA" => true,
        "D" | "OD" => false,
        _ => return None,
    };
    let flags = pairs(
        fields.next()?,
        &[
            ("CI", CONTAINER_INHERIT),
            ("NP", NO_PROPAGATE),
            ("IO", INHERIT_ONLY),
            ("ID", INHERITED),
            ("OI", 0x01),
        ],
    )?;
    let mask = pairs(fields.next()?, &RIGHTS)?;
    let object = optional_guid(fields.next()?).ok()?;
    let inherited_by = optional_guid(fields.next()?).ok()?;
    let trustee = match fields.next()? {
        "SID" => trustee?.clone(),
        name => alias(name, domain)?,
    };
    Some(Ace {
        allow,
        flags,
        mask,
        object,
        inherited_by,
        trustee,
    })
}

const RIGHTS: [(&str, u32); 17] = [
    ("GA", right::ALL),
    ("CC", 0x1),
    ("DC", 0x2),
    ("LC", 0x4),
    ("SW", 0x8),
    ("RP", right::READ_PROPERTY),
    ("WP", right::WRITE_PROPERTY),
    ("DT", 0x40),
    ("LO", 0x80),
    ("CR", right::CONTROL_ACCESS),
    ("SD", 0x1_0000),
    ("RC", 0x2_0000),
    ("WD", right::WRITE_DACL),
    ("WO", right::WRITE_OWNER),
    ("GR", 0x2_0094),
    ("GW", 0x2_0028),
    ("GX", 0x2_0004),
];

/// The bits of a run of two-letter names; `None` where one is unknown.
fn pairs<T: Copy + Default + std::ops::BitOr<Output = T>>(
    text: &str,
    names: &[(&str, T)],
) -> Option<T> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(2).try_fold(T::default(), |bits, pair| {
        let pair: String = pair.iter().collect();
        let (_, bit) = names.iter().find(|(name, _)| *name == pair)?;
        Some(bits | *bit)
    })
}

/// A GUID or nothing.
fn optional_guid(text: &str) -> Result<Option<ObjectGuid>, InvalidGuid> {
    if text.is_empty() {
        Ok(None)
    } else {
        text.parse().map(Some)
    }
}

/// The account behind an SDDL alias, or a SID in text.
fn alias(name: &str, domain: &Sid) -> Option<Sid> {
    match name {
        "DA" => domain.with_rid(512),
        "DD" => domain.with_rid(516),
        "CA" => domain.with_rid(517),
        "EA" => domain.with_rid(519),
        "ED" => "S-1-5-9".parse().ok(),
        "BA" => ADMINISTRATORS.parse().ok(),
        "AO" => "S-1-5-32-548".parse().ok(),
        "RU" => "S-1-5-32-554".parse().ok(),
        "SY" => "S-1-5-18".parse().ok(),
        "PS" => SELF.parse().ok(),
        "AU" => "S-1-5-11".parse().ok(),
        "WD" => "S-1-1-0".parse().ok(),
        sid => sid.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_domain::{self, DELEGATION};
    use super::super::{defaults, schema};
    use super::*;
    use jiff::Timestamp;

    fn tree() -> Tree {
        test_domain::tree(Timestamp::UNIX_EPOCH).unwrap()
    }

    fn token(tree: &Tree, sam: &str) -> Token {
        Token::of(tree, tree.by_sam(sam).unwrap()).unwrap()
    }

    fn resets(tree: &Tree, who: &str, whom: &str) -> bool {
        let entry = tree.by_sam(whom).unwrap();
        let (dacl, token) = (dacl(tree, entry), token(tree, who));
        may(
            &dacl,
            entry,
            &token,
            right::CONTROL_ACCESS,
            &[RESET_PASSWORD],
        )
    }

    #[test]
    fn every_access_entry_of_the_tables_makes_sense() {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        for sddl in [
            defaults::HEAD_ACCESS,
            defaults::USER_ACCESS,
            defaults::OTHER_ACCESS,
            DELEGATION,
        ] {
            let read = from_sddl(sddl, &domain, Some(&domain));
            assert_eq!(read.len(), sddl.matches('(').count(), "{sddl}");
        }
    }

    #[test]
    fn sddl_is_read_field_by_field() {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        let read = from_sddl(DELEGATION, &domain, Some(&domain));
        assert!(read[0].allow);
        assert_eq!(read[0].flags, CONTAINER_INHERIT | INHERIT_ONLY);
        assert_eq!(read[0].mask, right::CONTROL_ACCESS);
        assert_eq!(read[0].object, RESET_PASSWORD.parse().ok());
        assert_eq!(read[0].inherited_by, schema::USER_CLASS.parse().ok());
        assert_eq!(read[1].mask, right::READ_PROPERTY | right::WRITE_PROPERTY);
        for nonsense in [
            "",
            "(X;;GA;;;SY)",
            "(A;;ZZ;;;SY)",
            "(A;;GA;;;SID)",
            "(A;;GA;x;;SY)",
        ] {
            assert!(from_sddl(nonsense, &domain, None).is_empty(), "{nonsense}");
        }
    }

    #[test]
    fn a_delegation_reaches_users_below_the_ou_and_nobody_else() {
        let tree = tree();
        for (whom, reached) in [
            ("alice.able", true),
            ("bob.baker", true),
            ("adam.admin", true),
            ("ines.isolated", false),
            ("iris.inetorg", false),
            ("WS01$", false),
            ("otto.outside", false),
            ("svc_passwordreset", false),
        ] {
            assert_eq!(
                resets(&tree, test_domain::SERVICE_NAME, whom),
                reached,
                "{whom}"
            );
            assert!(
                !resets(&tree, test_domain::BARE_SERVICE_NAME, whom),
                "{whom}"
            );
        }
        assert!(resets(
            &tree,
            test_domain::SECOND_SERVICE_NAME,
            "iris.inetorg"
        ));
        assert!(resets(&tree, "lead.both", "otto.outside"), "a Domain Admin");
    }

    #[test]
    fn the_own_password_may_be_changed_unless_that_is_denied() {
        let tree = tree();
        for (sam, allowed) in [("alice.able", true), ("carl.cannotchange", false)] {
            let entry = tree.by_sam(sam).unwrap();
            let own = token(&tree, sam);
            let dacl = dacl(&tree, entry);
            let may = may(
                &dacl,
                entry,
                &own,
                right::CONTROL_ACCESS,
                &[CHANGE_PASSWORD],
            );
            assert_eq!(may, allowed, "{sam}");
            assert!(!resets(&tree, sam, sam));
        }
    }

    #[test]
    fn what_is_denied_comes_before_what_is_allowed_and_own_before_inherited() {
        let tree = tree();
        let dacl = dacl(&tree, tree.by_sam("carl.cannotchange").unwrap());
        let order: Vec<_> = dacl
            .iter()
            .map(|ace| (ace.flags & INHERITED != 0, ace.allow))
            .collect();
        assert!(order.is_sorted());
        assert!(!dacl[0].allow);
        assert!(dacl.iter().any(|ace| ace.flags & INHERITED != 0));
    }
}
