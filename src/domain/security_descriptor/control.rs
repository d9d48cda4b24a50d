//! Who controls an object that matters more than others: an administrator's account, a group that makes
//! administrators, an OU whose policies reach them. The domain's head has a question of its own.

use super::questions::{covers_control_right, is_built_in};
use super::{Ace, AceKind, Dacl, RightGuid, Rights, SecurityDescriptor};
use crate::domain::account::ProtectedGroups;
use crate::domain::identity::Sid;
use std::collections::HashSet;

/// What decides which rights give an object away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Controlled {
    /// Whose password, key or way to sign in somebody could set.
    Account,
    /// What somebody could add themselves to.
    Group,
    /// An OU, or another container: where somebody could link a policy, or change the rules.
    Container,
}

/// Attributes, and the sets that they are in, by which an account is taken over: the keys it signs in
/// with, who may act for it, the script it runs, the flags that weaken it.
const OF_ACCOUNTS: [RightGuid; 9] = [
    // msDS-KeyCredentialLink.
    RightGuid(0x5b47_d60f_6090_40b2_9f37_2a4d_e88f_3063),
    // msDS-AllowedToActOnBehalfOfOtherIdentity.
    RightGuid(0x3f78_c3e5_f79a_46bd_a0b8_9d18_116d_dc79),
    // userAccountControl, and User-Account-Restrictions.
    RightGuid(0xbf96_7a68_0de6_11d0_a285_00aa_0030_49e2),
    RightGuid(0x4c16_4200_20c0_11d0_a768_00aa_006e_0529),
    // altSecurityIdentities, servicePrincipalName, and Public-Information.
    RightGuid(0x00fb_f30c_91fe_11d1_aebc_0000_f803_67c1),
    RightGuid(0xf3a6_4788_5306_11d1_a9c5_0000_f803_67c1),
    RightGuid(0xe48d_0154_bcf8_11d1_8702_00c0_4fb9_6050),
    // scriptPath, and User-Logon.
    RightGuid(0xbf96_79a8_0de6_11d0_a285_00aa_0030_49e2),
    RightGuid(0x5f20_2010_79a5_11d0_9020_00c0_4fc2_d4cf),
];
/// The attribute `member` (and the right to add oneself, which has the same GUID), and Membership.
const OF_GROUPS: [RightGuid; 2] = [
    RightGuid(0xbf96_79c0_0de6_11d0_a285_00aa_0030_49e2),
    RightGuid(0xbc0a_c240_79a9_11d0_9020_00c0_4fc2_d4cf),
];
/// Whoever stands for the owner, who is counted anyway.
const OWNER_RIGHTS: &str = "S-1-3-4";

impl SecurityDescriptor {
    /// Who could take this object over, by a rule in force on it or as its owner. `domain` is its
    /// domain's SID. Left out are those whom AD trusts with everything, and the groups whose members
    /// are protected anyway. Rules that deny are not weighed: this errs towards somebody too many.
    pub fn controllers(&self, of: Controlled, domain: &Sid) -> HashSet<Sid> {
        let protected = ProtectedGroups::of_domain(domain);
        let by_rule = self
            .rules()
            .iter()
            .filter(|rule| gives_away(rule, of))
            .map(|rule| rule.trustee.clone());
        let everybody = match self.dacl {
            Dacl::Everything => "S-1-1-0".parse().ok(),
            Dacl::Rules(_) => None,
        };
        let all = by_rule.chain(self.owner.clone()).chain(everybody);
        all.filter(|sid| !is_built_in(sid, domain) && !protected.contains(sid))
            .filter(|sid| OWNER_RIGHTS.parse() != Ok(sid.clone()))
            .collect()
    }
}

fn gives_away(rule: &Ace, of: Controlled) -> bool {
    const ALWAYS: [Rights; 3] = [Rights::GENERIC_ALL, Rights::WRITE_DACL, Rights::WRITE_OWNER];
    if rule.kind != AceKind::Allow || rule.flags.inherit_only() {
        return false;
    }
    if ALWAYS.iter().any(|right| rule.rights.intersects(*right)) {
        return true;
    }
    let names = |these: &[RightGuid]| rule.object.is_none_or(|object| these.contains(&object));
    let writes = rule.rights.mapped().intersects(Rights::WRITE_PROPERTY);
    match of {
        Controlled::Account => {
            (writes && names(&OF_ACCOUNTS)) || covers_control_right(rule, RightGuid::RESET_PASSWORD)
        }
        Controlled::Group => {
            let joins = rule.rights.mapped().intersects(Rights::VALIDATED_WRITE);
            (writes || joins) && names(&OF_GROUPS)
        }
        Controlled::Container => writes && names(&[RightGuid::GP_LINK]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sddl;
    use super::*;

    const DOMAIN: &str = "S-1-5-21-1-2-3";
    const SOMEBODY: &str = "S-1-5-21-1-2-3-1105";

    fn found(of: Controlled, text: &str) -> HashSet<Sid> {
        let domain: Sid = DOMAIN.parse().unwrap();
        let text = text.replace(";SID)", &format!(";{SOMEBODY})"));
        let descriptor = SecurityDescriptor {
            owner: domain.with_rid(512),
            dacl: Dacl::Rules(sddl::rules(&text, &domain).unwrap()),
        };
        descriptor.controllers(of, &domain)
    }

    use Controlled::{Account, Container, Group};

    #[test]
    fn whoever_could_take_an_object_over_controls_it() {
        for (of, rule) in [
            (Account, "(A;;GA;;;SID)"),
            (Group, "(A;;WD;;;SID)"),
            (Container, "(A;;WO;;;SID)"),
            (Account, "(A;;GW;;;SID)"),
            (Account, "(A;;WP;;;SID)"),
            (Account, "(A;;CR;;;SID)"),
            (
                Account,
                "(OA;;CR;00299570-246d-11d0-a768-00aa006e0529;;SID)",
            ),
            (
                Account,
                "(OA;;WP;5b47d60f-6090-40b2-9f37-2a4de88f3063;;SID)",
            ),
            (
                Account,
                "(OA;;WP;4c164200-20c0-11d0-a768-00aa006e0529;;SID)",
            ),
            (
                Account,
                "(OA;;WP;f3a64788-5306-11d1-a9c5-0000f80367c1;;SID)",
            ),
            (Group, "(OA;;WP;bf9679c0-0de6-11d0-a285-00aa003049e2;;SID)"),
            (Group, "(OA;;SW;bf9679c0-0de6-11d0-a285-00aa003049e2;;SID)"),
            (Group, "(OA;;WP;bc0ac240-79a9-11d0-9020-00c04fc2d4cf;;SID)"),
            (
                Container,
                "(OA;;WP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;SID)",
            ),
            (Container, "(A;;WP;;;SID)"),
        ] {
            let expected = HashSet::from([SOMEBODY.parse().unwrap()]);
            assert_eq!(found(of, rule), expected, "{of:?} {rule}");
        }
    }

    #[test]
    fn what_everybody_has_of_an_object_and_rules_for_others_control_nothing() {
        for (of, rule) in [
            (Account, "(A;;RPLCLORC;;;SID)"),
            (Account, "(A;CIIO;GA;;;SID)"),
            (Account, "(D;;GA;;;SID)"),
            (
                Account,
                "(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;SID)",
            ),
            // pwdLastSet, lockoutTime, Personal-Information, userCertificate.
            (
                Account,
                "(OA;;WP;bf967a0a-0de6-11d0-a285-00aa003049e2;;SID)",
            ),
            (
                Account,
                "(OA;;WP;28630ebf-41d5-11d1-a9c1-0000f80367c1;;SID)",
            ),
            (
                Account,
                "(OA;;WP;77b5b886-944a-11d1-aebd-0000f80367c1;;SID)",
            ),
            (
                Account,
                "(OA;;WP;bf967a7f-0de6-11d0-a285-00aa003049e2;;SID)",
            ),
            (Group, "(OA;;CR;ab721a55-1e2f-11d0-9819-00aa0040529b;;SID)"),
            (
                Container,
                "(OA;;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;;SID)",
            ),
            (
                Container,
                "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;;SID)",
            ),
        ] {
            assert_eq!(found(of, rule), HashSet::new(), "{of:?} {rule}");
        }
        for trusted in ["DA", "EA", "BA", "SY", "AO", "PS", "CO", "OW", "CA"] {
            let rule = format!("(A;;GA;;;{trusted})");
            assert_eq!(found(Account, &rule), HashSet::new(), "{rule}");
        }
    }

    #[test]
    fn an_owner_and_a_list_that_is_not_there_give_an_object_away() {
        let domain: Sid = DOMAIN.parse().unwrap();
        let owned = SecurityDescriptor {
            owner: SOMEBODY.parse().ok(),
            dacl: Dacl::Rules(Vec::new()),
        };
        assert_eq!(owned.controllers(Group, &domain).len(), 1);
        let open = SecurityDescriptor {
            owner: None,
            dacl: Dacl::Everything,
        };
        let everyone = HashSet::from(["S-1-1-0".parse().unwrap()]);
        assert_eq!(open.controllers(Account, &domain), everyone);
    }
}
