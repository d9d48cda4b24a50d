//! Which accounts are out of bounds whatever the rules say, and why.
//!
//! The directory is no help here: a delegated service account *could* reset a Domain Admin inside the OU
//! until `SDProp` has run, so this is the control.

use super::{Account, AccountKind, ProtectedGroups};
use crate::domain::identity::Sid;
use crate::domain::operator::Operator;
use std::collections::HashSet;

/// RIDs below this one belong to accounts and groups that come with a domain (MS-SAMR 3.1.1.4).
const FIRST_RID_OF_OUR_OWN: u32 = 1000;

/// Why an account is not to be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// The operator's own account.
    Yourself,
    /// Keyward's service account.
    ServiceAccount,
    /// Built-in account (Administrator 500, Guest 501, krbtgt 502, …: RID < 1000).
    BuiltIn,
    /// Member of a protected group now (nested or primary).
    ProtectedGroup,
    /// adminCount = 1 without present membership.
    AdminCount,
    /// The settings protect this account.
    Named,
    /// A fellow operator.
    Operator,
    /// Somebody who reads the audit log.
    Auditor,
    /// A computer account.
    Computer,
    /// A (group) managed service account.
    ManagedServiceAccount,
    /// A trust account.
    Trust,
    /// Logs on with a smart card only.
    SmartCard,
    /// Trusted for delegation.
    Delegation,
    /// Shadow admin: somebody with rights at the domain head (`DCSync`, `WriteDACL` …), or over administrators.
    DomainRights,
}

/// Who Keyward itself is, and which groups matter, for [`protection`].
#[derive(Debug, Clone)]
pub struct ProtectionContext {
    /// Built-in and configured protected groups.
    pub groups: ProtectedGroups,
    /// The service account's SID.
    pub service_account: Sid,
    /// Accounts that the settings protect.
    pub accounts: HashSet<Sid>,
    /// SIDs (accounts or groups) that hold dangerous rights at the domain head, or over administrators, by ACE.
    pub domain_rights: HashSet<Sid>,
}

/// Whether `account` is protected from this operator, and why: the first reason in the order of [`Protection`].
/// `by_rank`: that the rules make it an operator or an auditor whom this one does not reset.
pub fn protection(
    account: &Account,
    operator: &Operator,
    context: &ProtectionContext,
    by_rank: Option<Protection>,
) -> Option<Protection> {
    by_identity(account, operator, context)
        .or_else(|| by_membership(account, context))
        .or(by_rank)
        .or_else(|| by_kind(account))
        .or_else(|| by_power(account, context))
}

fn by_identity(
    account: &Account,
    operator: &Operator,
    context: &ProtectionContext,
) -> Option<Protection> {
    if account.sid == operator.sid || account.guid == operator.guid {
        Some(Protection::Yourself)
    } else if account.sid == context.service_account {
        Some(Protection::ServiceAccount)
    } else if account
        .sid
        .rid()
        .is_none_or(|rid| rid < FIRST_RID_OF_OUR_OWN)
    {
        Some(Protection::BuiltIn)
    } else {
        None
    }
}

fn by_membership(account: &Account, context: &ProtectionContext) -> Option<Protection> {
    if account
        .all_groups()
        .any(|group| context.groups.contains(&group))
    {
        Some(Protection::ProtectedGroup)
    } else if account.admin_count {
        Some(Protection::AdminCount)
    } else if context.accounts.contains(&account.sid) {
        Some(Protection::Named)
    } else {
        None
    }
}

fn by_kind(account: &Account) -> Option<Protection> {
    match account.kind() {
        AccountKind::Person => None,
        AccountKind::Computer => Some(Protection::Computer),
        AccountKind::ManagedServiceAccount => Some(Protection::ManagedServiceAccount),
        AccountKind::Trust => Some(Protection::Trust),
    }
}

fn by_power(account: &Account, context: &ProtectionContext) -> Option<Protection> {
    let holds_rights = |sid: &Sid| context.domain_rights.contains(sid);
    if account.flags.smart_card_required() {
        Some(Protection::SmartCard)
    } else if account.flags.trusted_for_delegation() {
        Some(Protection::Delegation)
    } else if holds_rights(&account.sid) || account.all_groups().any(|group| holds_rights(&group)) {
        Some(Protection::DomainRights)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::AccountFlags;
    use crate::domain::samples::{alice, context, olga, sid, sid_of};

    fn verdict(change: impl FnOnce(&mut Account, &mut ProtectionContext)) -> Option<Protection> {
        let (mut account, mut context) = (alice(), context());
        change(&mut account, &mut context);
        protection(&account, &olga(), &context, None)
    }

    #[test]
    fn an_ordinary_person_is_not_protected() {
        assert_eq!(verdict(|_, _| {}), None);
    }

    type Change = Box<dyn Fn(&mut Account)>;

    #[test]
    fn each_kind_of_protection_is_named() {
        let class = |name: &str| vec!["top".to_owned(), "user".to_owned(), name.to_owned()];
        let cases: [(Change, Protection); 14] = [
            (Box::new(|a| a.sid = sid_of(1200)), Protection::Yourself),
            (Box::new(|a| a.guid = olga().guid), Protection::Yourself),
            (
                Box::new(|a| a.sid = sid_of(1999)),
                Protection::ServiceAccount,
            ),
            (Box::new(|a| a.sid = sid_of(500)), Protection::BuiltIn),
            (Box::new(|a| a.sid = sid_of(502)), Protection::BuiltIn),
            (
                Box::new(|a| a.groups.0.extend([sid("S-1-5-32-548")])),
                Protection::ProtectedGroup,
            ),
            (Box::new(|a| a.admin_count = true), Protection::AdminCount),
            (Box::new(|a| a.sid = sid_of(1777)), Protection::Named),
            (
                Box::new(move |a| a.object_classes = class("computer")),
                Protection::Computer,
            ),
            (
                Box::new(move |a| a.object_classes = class("msds-groupmanagedserviceaccount")),
                Protection::ManagedServiceAccount,
            ),
            (
                Box::new(|a| a.flags = AccountFlags(0x820)),
                Protection::Trust,
            ),
            (
                Box::new(|a| a.flags = AccountFlags(0x4_0200)),
                Protection::SmartCard,
            ),
            (
                Box::new(|a| a.flags = AccountFlags(0x8_0200)),
                Protection::Delegation,
            ),
            (
                Box::new(|a| a.flags = AccountFlags(0x100_0200)),
                Protection::Delegation,
            ),
        ];
        for (change, expected) in cases {
            assert_eq!(verdict(|account, _| change(account)), Some(expected));
        }
    }

    #[test]
    fn membership_by_primary_group_alone_protects() {
        let found = verdict(|account, _| {
            account.groups.0.clear();
            account.primary_group = Some(512);
        });
        assert_eq!(found, Some(Protection::ProtectedGroup));
    }

    #[test]
    fn a_stale_admin_count_is_told_from_present_membership() {
        let member = verdict(|account, _| {
            account.admin_count = true;
            account.groups.0.insert(sid_of(512));
        });
        assert_eq!(member, Some(Protection::ProtectedGroup));
    }

    #[test]
    fn rights_at_the_domain_head_protect_by_account_and_by_group() {
        for holder in [1105, 513] {
            let found = verdict(|_, context| {
                context.domain_rights.insert(sid_of(holder));
            });
            assert_eq!(found, Some(Protection::DomainRights));
        }
    }

    #[test]
    fn the_first_reason_in_the_order_of_the_variants_is_given() {
        let everything = |account: &mut Account| {
            account.admin_count = true;
            account.groups.0.insert(sid_of(512));
            account.flags = AccountFlags(0x108_1200 | 0x4_0000);
        };
        assert_eq!(
            verdict(|account, _| {
                everything(account);
                account.sid = sid_of(1200);
            }),
            Some(Protection::Yourself)
        );
        assert_eq!(
            verdict(|account, _| everything(account)),
            Some(Protection::ProtectedGroup)
        );
        assert_eq!(
            verdict(|account, _| {
                everything(account);
                account.groups.0.remove(&sid_of(512));
            }),
            Some(Protection::AdminCount)
        );
    }
}
