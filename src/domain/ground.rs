//! What every decision stands on, put together from what the settings name and the directory says:
//! the rules, and who is protected. Groups are SIDs here, never names.

use super::account::{ProtectedGroups, ProtectionContext};
use super::identity::{Dn, Sid};
use super::rules::Rule;
use std::collections::HashSet;

/// Rules and protection.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Who may do what to whom; tried in order.
    pub rules: Vec<Rule>,
    /// Where people are looked for: the bases of the rules.
    pub bases: Vec<Dn>,
    /// Who is never touched.
    pub protection: ProtectionContext,
    /// Groups whose members read the audit log.
    pub auditors: HashSet<Sid>,
}

/// What the directory says of itself.
#[derive(Debug, Clone)]
pub struct OfTheDomain<'a> {
    /// The domain's SID.
    pub domain: &'a Sid,
    /// The service account's SID.
    pub service_account: &'a Sid,
    /// SIDs with dangerous rights at the domain head.
    pub domain_rights: &'a HashSet<Sid>,
}

impl Ground {
    /// The one rule that there is today: members of `reset_group` may help below `user_ou`. Nobody
    /// touches the built-in protected groups, those in `protected`, fellow operators, nor auditors: whoever
    /// could reset one would be one.
    pub fn new(
        user_ou: &Dn,
        reset_group: &Sid,
        protected: impl IntoIterator<Item = Sid>,
        auditors: impl IntoIterator<Item = Sid>,
        of: &OfTheDomain<'_>,
    ) -> Self {
        let mut groups = ProtectedGroups::of_domain(of.domain);
        groups.0.extend(protected);
        let auditors: HashSet<Sid> = auditors.into_iter().collect();
        Self {
            protection: ProtectionContext {
                groups,
                service_account: of.service_account.clone(),
                operator_groups: HashSet::from([reset_group.clone()]),
                auditor_groups: auditors.clone(),
                domain_rights: of.domain_rights.clone(),
            },
            auditors,
            bases: vec![user_ou.clone()],
            rules: vec![Rule {
                name: "reset_group".to_owned(),
                group: reset_group.clone(),
                base: user_ou.clone(),
            }],
        }
    }
}
