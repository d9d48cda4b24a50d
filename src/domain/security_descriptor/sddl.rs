//! Rules as text: the security descriptor definition language (MS-DTYP 2.5.1).

use super::sddl_names::{BUILTIN, FLAGS, IN_DOMAIN, RIGHTS, WELL_KNOWN};
use super::{Ace, AceFlags, AceKind, InvalidRightGuid, RightGuid, Rights};
use crate::domain::identity::Sid;
use std::fmt;

/// No descriptor of a schema has a text that comes near.
const MAX_LENGTH: usize = 0x4_0000;

/// Reads the DACL of a descriptor in SDDL, such as a class's `defaultSecurityDescriptor`, or a bare
/// list of rules. `domain` is for aliases such as `DA`; those of the forest's root (`EA`, `SA`, `RO`) are
/// looked for there too.
///
/// # Errors
/// [`InvalidSddl`] where a part makes no sense, where there is no DACL, and for conditional rules.
pub fn rules(text: &str, domain: &Sid) -> Result<Vec<Ace>, InvalidSddl> {
    if text.len() > MAX_LENGTH {
        return Err(InvalidSddl);
    }
    let list = dacl(text).ok_or(InvalidSddl)?;
    let mut rules = Vec::new();
    let mut rest = list.trim();
    while !rest.is_empty() {
        let inner = rest.strip_prefix('(').ok_or(InvalidSddl)?;
        let (rule, after) = inner.split_once(')').ok_or(InvalidSddl)?;
        rules.push(ace(rule, domain).ok_or(InvalidSddl)?);
        rest = after.trim_start();
    }
    Ok(rules)
}

/// Not a DACL in SDDL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a list of access rules in SDDL")]
pub struct InvalidSddl;

/// The rules' part: from `D:` and its flags to `S:` or the end.
fn dacl(text: &str) -> Option<&str> {
    let text = text.trim();
    if text.starts_with('(') {
        return Some(text);
    }
    let (_, after) = text.split_once("D:")?;
    let list = after.split_once("S:").map_or(after, |(list, _)| list);
    let flags_end = list.find('(').unwrap_or(list.len());
    let (mut flags, list) = list.split_at_checked(flags_end)?;
    flags = flags.trim();
    while !flags.is_empty() {
        flags = ["P", "AR", "AI"]
            .iter()
            .find_map(|known| flags.strip_prefix(known))?;
    }
    Some(list)
}

fn ace(text: &str, domain: &Sid) -> Option<Ace> {
    let fields: Vec<&str> = text.split(';').map(str::trim).collect();
    let &[kind, flags, rights, object, inherited_by, trustee] = fields.as_slice() else {
        return None;
    };
    let kind = match kind {
        "A" | "OA" => AceKind::Allow,
        "D" | "OD" => AceKind::Deny,
        _ => return None,
    };
    Some(Ace {
        kind,
        flags: AceFlags(u8::try_from(letters(flags, &FLAGS)?).ok()?),
        rights: Rights(mask(rights)?),
        object: guid(object).ok()?,
        inherited_by: guid(inherited_by).ok()?,
        trustee: trustee_of(trustee, domain)?,
    })
}

fn mask(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
            u32::from_str_radix(digits, 16).ok()
        }
        Some(_) => None,
        None => letters(text, &RIGHTS),
    }
}

/// The bits of a run of two-letter names, in either case; `None` where one is unknown.
fn letters(text: &str, names: &[(&str, u32)]) -> Option<u32> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().try_fold(0, |bits, pair| {
        let known = names
            .iter()
            .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(pair));
        known.map(|(_, bit)| bits | bit)
    })
}

/// A GUID or nothing.
fn guid(text: &str) -> Result<Option<RightGuid>, InvalidRightGuid> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some)
}

fn trustee_of(text: &str, domain: &Sid) -> Option<Sid> {
    if let Some((_, rid)) = IN_DOMAIN.iter().find(|(alias, _)| *alias == text) {
        return domain.with_rid(*rid);
    }
    if let Some((_, rid)) = BUILTIN.iter().find(|(alias, _)| *alias == text) {
        return Some(Sid::builtin(*rid));
    }
    let well_known = WELL_KNOWN.iter().find(|(alias, _)| *alias == text);
    well_known.map_or(text, |(_, sid)| sid).parse().ok()
}

impl fmt::Display for Ace {
    /// As SDDL, with SIDs and GUIDs written out: `(OA;CIIO;CR;guid;guid;S-1-…)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let for_objects = self.object.is_some() || self.inherited_by.is_some();
        let kind = match (self.kind, for_objects) {
            (AceKind::Allow, false) => "A",
            (AceKind::Deny, false) => "D",
            (AceKind::Allow, true) => "OA",
            (AceKind::Deny, true) => "OD",
        };
        write!(f, "({kind};")?;
        write_letters(f, u32::from(self.flags.0), &FLAGS)?;
        f.write_str(";")?;
        write_letters(f, self.rights.0, &RIGHTS)?;
        for guid in [self.object, self.inherited_by] {
            f.write_str(";")?;
            guid.map_or(Ok(()), |guid| write!(f, "{guid}"))?;
        }
        write!(f, ";{})", self.trustee)
    }
}

/// The names of single bits, or a number where one has no name.
fn write_letters(f: &mut fmt::Formatter<'_>, bits: u32, names: &[(&str, u32)]) -> fmt::Result {
    let single = || names.iter().filter(|(_, bit)| bit.is_power_of_two());
    let known = single().fold(0, |all, (_, bit)| all | bit);
    if bits & !known != 0 {
        return write!(f, "{bits:#x}");
    }
    single()
        .filter(|(_, bit)| bits & bit != 0)
        .try_for_each(|(name, _)| f.write_str(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn domain() -> Sid {
        "S-1-5-21-1-2-3".parse().unwrap()
    }

    fn read(text: &str) -> Result<Vec<String>, InvalidSddl> {
        let rules = rules(text, &domain())?;
        Ok(rules.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_default_of_a_class_is_read_whole() {
        // Class groupPolicyContainer (MS-ADSC).
        let text = "D:P(A;CI;RPWPCCDCLCLOLORCWOWDSDDTSW;;;DA)(A;CI;RPWPCCDCLCLOLORCWOWDSDDTSW;;;EA)\
            (A;CIIO;RPWPCCDCLCLOLORCWOWDSDDTSW;;;CO)(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)\
            S:AI(OU;CIIOIDSA;WP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;WD)";
        assert_eq!(
            read(text).unwrap(),
            [
                "(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;S-1-5-21-1-2-3-512)",
                "(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;S-1-5-21-1-2-3-519)",
                "(A;CIIO;CCDCLCSWRPWPDTLOSDRCWDWO;;;S-1-3-0)",
                "(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;S-1-5-11)",
            ]
        );
    }

    #[test]
    fn owner_and_group_are_passed_over() {
        let expected = ["(D;;RP;;;S-1-5-32-548)"];
        for text in [
            "O:DAG:DAD:(D;;RP;;;AO)",
            "O:DDG:RDD:PARAI (D;;RP;;;AO)",
            "S:(AU;SA;WP;;;WD)D:(D;;0x10;;;AO)",
            "(D;;rp;;;AO)",
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
        assert_eq!(read("D:").unwrap(), [""; 0]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_whole() {
        for text in [
            "",
            "O:DA",
            "D:NO_ACCESS_CONTROL",
            "D:(A;;RP;;;AO",
            "D:(A;;RP;;;AO)x",
            "D:(A;;R;;;AO)",
            "D:(A;;QQ;;;AO)",
            "D:(A;;0x+1;;;AO)",
            "D:(A;;0x;;;AO)",
            "D:(A;ZZ;RP;;;AO)",
            "D:(A;;RP;x;;AO)",
            "D:(A;;RP;;;ZZ)",
            "D:(A;;RP;;;)",
            "D:(A;;RP;;AO)",
            "D:(XA;;RP;;;AO;(1))",
            "D:(AU;SA;RP;;;AO)",
        ] {
            assert_eq!(read(text), Err(InvalidSddl), "{text}");
        }
    }

    #[test]
    fn no_name_stands_twice() {
        let principals = IN_DOMAIN.iter().chain(&BUILTIN).map(|(name, _)| *name);
        let mut names: Vec<&str> = principals
            .chain(WELL_KNOWN.iter().map(|(name, _)| *name))
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for name in names {
            assert!(trustee_of(name, &domain()).is_some(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn each_rule_survives_being_written(
            deny in any::<bool>(),
            (flags, rights) in any::<(u8, u32)>(),
            object in any::<Option<u128>>(),
            inherited_by in any::<Option<u128>>(),
            rid in any::<u32>(),
        ) {
            let rule = Ace {
                kind: if deny { AceKind::Deny } else { AceKind::Allow },
                flags: AceFlags(flags),
                rights: Rights(rights),
                object: object.map(RightGuid),
                inherited_by: inherited_by.map(RightGuid),
                trustee: domain().with_rid(rid).unwrap(),
            };
            prop_assert_eq!(rules(&rule.to_string(), &domain()), Ok(vec![rule]));
        }

        #[test]
        fn no_text_makes_it_panic(text in "D:[(;)A-Z0-9x-]{0,60}") {
            let _read = rules(&text, &domain());
        }
    }
}
