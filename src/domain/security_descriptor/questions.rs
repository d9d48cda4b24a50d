//! The questions that are asked of a security descriptor today.

use super::{Ace, AceKind, Dacl, RightGuid, Rights, SecurityDescriptor};
use crate::domain::identity::Sid;
use std::collections::HashSet;

impl SecurityDescriptor {
    /// Whether a rule takes "Change Password" from the account itself or from everybody: what AD's
    /// tools show as "User cannot change password".
    pub fn denies_change_password(&self) -> bool {
        self.rules_here().any(|rule| {
            rule.kind == AceKind::Deny
                && covers_control_right(rule, RightGuid::CHANGE_PASSWORD)
                && (is(&rule.trustee, "S-1-5-10") || is(&rule.trustee, EVERYONE))
        })
    }

    /// Who, by a rule on this domain head, could take the domain over: read all secrets by
    /// replication, change the rules here or below, or set the policies that apply. `domain` is its SID. The groups that AD itself gives such
    /// rights are left out, since they are protected anyway. Rules that deny are not weighed: this
    /// errs towards protecting somebody too many.
    pub fn dangerous_trustees(&self, domain: &Sid) -> HashSet<Sid> {
        let by_rule = self
            .rules()
            .iter()
            .filter(|rule| rule.kind == AceKind::Allow && is_dangerous(rule))
            .map(|rule| rule.trustee.clone());
        let everybody = match self.dacl {
            Dacl::Everything => EVERYONE.parse().ok(),
            Dacl::Rules(_) => None,
        };
        let all = by_rule.chain(self.owner.clone()).chain(everybody);
        all.filter(|sid| !is_built_in(sid, domain)).collect()
    }

    /// The rules that hold for this very object.
    fn rules_here(&self) -> impl Iterator<Item = &Ace> {
        self.rules()
            .iter()
            .filter(|rule| !rule.flags.inherit_only())
    }
}

const EVERYONE: &str = "S-1-1-0";

fn is(sid: &Sid, text: &str) -> bool {
    text.parse() == Ok(sid.clone())
}

pub(super) fn covers_control_right(rule: &Ace, right: RightGuid) -> bool {
    rule.rights.intersects(Rights::GENERIC_ALL)
        || (rule.rights.intersects(Rights::CONTROL_ACCESS)
            && rule.object.is_none_or(|object| object == right))
}

/// A rule for the objects below alone is as good as one here where it gives them away: the domain's
/// administrators and its controllers are below.
fn is_dangerous(rule: &Ace) -> bool {
    let gives_away = [Rights::GENERIC_ALL, Rights::WRITE_DACL, Rights::WRITE_OWNER];
    gives_away
        .iter()
        .any(|right| rule.rights.intersects(*right))
        || (!rule.flags.inherit_only() && is_dangerous_here(rule))
}

fn is_dangerous_here(rule: &Ace) -> bool {
    let links_policies = rule
        .object
        .is_none_or(|object| object == RightGuid::GP_LINK);
    rule.rights.intersects(Rights::GENERIC_WRITE)
        || (rule.rights.intersects(Rights::WRITE_PROPERTY) && links_policies)
        || covers_control_right(rule, RightGuid::GET_CHANGES)
        || covers_control_right(rule, RightGuid::GET_CHANGES_ALL)
}

/// Administrators, the system, domain controllers, and the domain's and forest's administrators
/// (MS-ADTS 3.1.1.6.1.2); Creator Owner and Self stand for somebody else and are nobody here.
pub(super) fn is_built_in(sid: &Sid, domain: &Sid) -> bool {
    const WELL_KNOWN: [&str; 5] = ["S-1-5-32-544", "S-1-5-18", "S-1-5-9", "S-1-3-0", "S-1-5-10"];
    /// Enterprise read-only DCs, Administrator, Domain Admins, Domain Controllers, Schema Admins,
    /// Enterprise Admins, read-only DCs.
    const OF_THE_DOMAIN: [u32; 7] = [498, 500, 512, 516, 518, 519, 521];
    /// The forest's own groups keep these ids in its root domain.
    const OF_THE_FOREST: [u32; 3] = [498, 518, 519];
    let rid = sid.rid().unwrap_or(0);
    let in_domain = sid.domain().as_ref() == Some(domain);
    WELL_KNOWN.iter().any(|known| is(sid, known))
        || (in_domain && OF_THE_DOMAIN.contains(&rid))
        || (sid.domain().is_some() && OF_THE_FOREST.contains(&rid))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
