//! The groups whose members Keyward never touches, recognised by SID and never by name.

use crate::domain::identity::Sid;
use std::collections::HashSet;

/// Of an account's own domain: those that `SDProp` guards (MS-ADTS 3.1.1.6.1.2), and those that lead to the same power.
const OF_THE_DOMAIN: [u32; 8] = [
    512, // Domain Admins
    516, // Domain Controllers
    517, // Cert Publishers
    520, // Group Policy Creator Owners
    521, // Read-only Domain Controllers
    522, // Cloneable Domain Controllers
    526, // Key Admins
    553, // RAS and IAS Servers
];

/// Of the forest's root domain, whose SID a child domain does not know: taken in whatever domain they are.
const OF_THE_FOREST: [u32; 4] = [
    498, // Enterprise Read-only Domain Controllers
    518, // Schema Admins
    519, // Enterprise Admins
    527, // Enterprise Key Admins
];

/// Of BUILTIN, `S-1-5-32`.
const OF_BUILTIN: [u32; 9] = [
    544, // Administrators
    548, // Account Operators
    549, // Server Operators
    550, // Print Operators
    551, // Backup Operators
    552, // Replicator
    557, // Incoming Forest Trust Builders
    569, // Cryptographic Operators
    578, // Hyper-V Administrators
];

/// Groups whose members Keyward never touches: the built-in ones of a domain, plus configured ones.
#[derive(Debug, Clone, Default)]
pub struct ProtectedGroups(pub HashSet<Sid>);

impl ProtectedGroups {
    /// The built-in ones of a domain (MS-ADTS 3.1.1.6.1.2, and those of like power). `domain`: its SID.
    pub fn of_domain(domain: &Sid) -> Self {
        let own = OF_THE_DOMAIN.into_iter().chain(OF_THE_FOREST);
        let own = own.filter_map(|rid| domain.with_rid(rid));
        Self(own.chain(OF_BUILTIN.map(Sid::builtin)).collect())
    }

    /// Those of a domain whose members are administrators, or can become them: all but the two that hold
    /// ordinary servers (Cert Publishers, RAS and IAS Servers).
    pub fn of_administrators(domain: &Sid) -> Vec<Sid> {
        const OF_SERVERS: [u32; 2] = [517, 553];
        let all = Self::of_domain(domain).0.into_iter();
        all.filter(|sid| sid.rid().is_none_or(|rid| !OF_SERVERS.contains(&rid)))
            .collect()
    }

    /// Whether `group` is one of them.
    pub fn contains(&self, group: &Sid) -> bool {
        self.0.contains(group) || is_of_a_forest(group)
    }
}

/// `S-1-5-21-a-b-c-RID` with one of the forest's RIDs.
fn is_of_a_forest(group: &Sid) -> bool {
    group.is_of_a_domain() && group.rid().is_some_and(|rid| OF_THE_FOREST.contains(&rid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(text: &str) -> Sid {
        text.parse().unwrap()
    }

    #[test]
    fn built_in_groups_are_known_by_sid() {
        let groups = ProtectedGroups::of_domain(&sid("S-1-5-21-1-2-3"));
        for protected in [
            "S-1-5-21-1-2-3-512",
            "S-1-5-21-1-2-3-518",
            "S-1-5-21-1-2-3-519",
            "S-1-5-21-1-2-3-526",
            "S-1-5-32-544",
            "S-1-5-32-548",
            "S-1-5-32-551",
        ] {
            assert!(groups.contains(&sid(protected)), "{protected}");
        }
        for ordinary in [
            "S-1-5-21-1-2-3-513",
            "S-1-5-21-9-9-9-512",
            "S-1-5-21-1-2-3-1519",
            "S-1-5-32-545",
            "S-1-5-32-519",
        ] {
            assert!(!groups.contains(&sid(ordinary)), "{ordinary}");
        }
    }

    #[test]
    fn enterprise_admins_of_the_root_domain_are_known_in_a_child_domain() {
        let groups = ProtectedGroups::of_domain(&sid("S-1-5-21-1-2-3"));
        assert!(groups.contains(&sid("S-1-5-21-9-9-9-519")));
        assert!(groups.contains(&sid("S-1-5-21-9-9-9-518")));
    }

    #[test]
    fn configured_groups_are_protected_as_well() {
        let mut groups = ProtectedGroups::of_domain(&sid("S-1-5-21-1-2-3"));
        groups.0.insert(sid("S-1-5-21-1-2-3-4711"));
        assert!(groups.contains(&sid("S-1-5-21-1-2-3-4711")));
    }
}
