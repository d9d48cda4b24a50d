//! What every decision stands on, put together from what the settings name and the directory says:
//! the rules, and who is protected. Groups are SIDs here, never names.

use super::account::{ProtectedGroups, ProtectionContext};
use super::identity::{Dn, Sid};
use super::membership::Groups;
use super::operator::Operator;
use super::roles::Roles;
use super::rules::{Rule, Target};
use jiff::tz::TimeZone;
use std::collections::HashSet;
use std::sync::Arc;

/// Rules and protection.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Every rule stays below it.
    pub scope: Dn,
    /// Who may do what to whom.
    pub rules: Vec<Arc<Rule>>,
    /// Who is never touched.
    pub protection: ProtectionContext,
    /// Groups whose members read the audit log.
    pub auditors: HashSet<Sid>,
    /// The groups that rules reach or except, and those by way of which somebody is in one.
    pub groups: Groups,
    /// The time zone of hours that name none.
    pub house: TimeZone,
}

/// What the directory says of itself.
#[derive(Debug, Clone, Copy)]
pub struct OfTheDomain<'a> {
    /// The domain's SID.
    pub domain: &'a Sid,
    /// The service account's SID.
    pub service_account: &'a Sid,
    /// SIDs with dangerous rights.
    pub domain_rights: &'a HashSet<Sid>,
}

impl ProtectionContext {
    /// Nobody touches the built-in protected groups, nor whom the settings name.
    pub fn new(
        groups: impl IntoIterator<Item = Sid>,
        accounts: impl IntoIterator<Item = Sid>,
        of: OfTheDomain<'_>,
    ) -> Self {
        let mut protected = ProtectedGroups::of_domain(of.domain);
        protected.0.extend(groups);
        Self {
            groups: protected,
            accounts: accounts.into_iter().collect(),
            service_account: of.service_account.clone(),
            domain_rights: of.domain_rights.clone(),
        }
    }
}

impl Ground {
    /// What a person may do in Keyward; `None`: nothing.
    pub fn roles(&self, person: &Operator) -> Option<Roles> {
        Roles::of(person, &self.rules, &self.auditors)
    }

    /// Whether lines of managers have to be read.
    pub fn asks_for_lines(&self) -> bool {
        self.rules.iter().any(|rule| rule.asks_for_lines())
    }

    /// The groups that some rule reaches or excepts.
    pub fn groups_of(rules: &[Arc<Rule>]) -> Vec<Sid> {
        let all = rules
            .iter()
            .flat_map(|rule| rule.targets.iter().chain(&rule.except));
        let groups: HashSet<Sid> = all
            .filter_map(|target| match target {
                Target::In(group) => Some(group.clone()),
                _ => None,
            })
            .collect();
        groups.into_iter().collect()
    }
}
