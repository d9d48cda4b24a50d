//! Where a search looks: below which bases, and among whom there. It only narrows the filter, so that few
//! rows are read in vain; who may be seen is judged row by row.

use super::search::{SearchText, equals};
use crate::domain::identity::{Dn, Sid};
use crate::domain::membership::Groups;
use crate::domain::rules::Subject;
use ldap3_proto::proto::LdapFilter;
use std::collections::HashMap;

/// Parts of one filter at most; servers refuse very long ones. Beyond it nothing is narrowed.
const PARTS: usize = 100;

/// A search: what was typed, where, and who may be seen.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Where; nothing outside of these is read.
    pub scopes: &'a [Scope],
    /// What was typed.
    pub text: &'a SearchText,
    /// The groups that rules name, and those that lead to them: membership is computed from them.
    pub groups: &'a Groups,
    /// Whether rows are judged by their whole line of managers; otherwise by the nearest one.
    pub lines: bool,
    /// Whether a row may be seen.
    pub may_see: &'a (dyn Fn(&Subject<'_>) -> bool + Send + Sync),
}

/// A place to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Strictly below it or at it.
    pub base: Dn,
    /// Among whom.
    pub among: Among,
}

/// Whom of those below a base a search is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Among {
    /// Everybody.
    Everybody,
    /// Members of one of these groups, nested ones too.
    Members(Vec<Sid>),
    /// Those whose `manager` this is.
    ReportsTo(Dn),
}

impl Scope {
    /// Everybody below `base`.
    pub fn everybody(base: Dn) -> Self {
        Self {
            base,
            among: Among::Everybody,
        }
    }
}

/// The searches that `scopes` come to: one for each base, with what narrows it (`None`: nothing does).
/// A base below one where everybody is looked at is left out.
pub(super) fn searches(
    scopes: &[Scope],
    groups: &Groups,
    domain: &Sid,
) -> Vec<(Dn, Option<LdapFilter>)> {
    let mut order: Vec<&Dn> = Vec::new();
    let mut by_base: HashMap<&Dn, Option<Vec<LdapFilter>>> = HashMap::new();
    for Scope { base, among } in scopes {
        let either = by_base.entry(base).or_insert_with(|| {
            order.push(base);
            Some(Vec::new())
        });
        match narrowed(among, groups, domain) {
            Some(parts) => {
                if let Some(either) = either {
                    either.extend(parts);
                }
            }
            None => *either = None,
        }
    }
    let mut found: Vec<(Dn, Option<LdapFilter>)> = Vec::new();
    for base in order {
        let narrow = match by_base.remove(base).flatten() {
            Some(parts) if parts.is_empty() => continue,
            Some(parts) if parts.len() <= PARTS => Some(LdapFilter::Or(parts)),
            _ => None,
        };
        found.push((base.clone(), narrow));
    }
    let wide: Vec<Dn> = found
        .iter()
        .filter(|(_, narrow)| narrow.is_none())
        .map(|(base, _)| base.clone())
        .collect();
    found.retain(|(base, _)| !wide.iter().any(|wide| base.is_below(wide)));
    found
}

/// Filters of which one holds for everybody meant; none: nobody is meant. `None`: nothing to narrow by.
fn narrowed(among: &Among, groups: &Groups, domain: &Sid) -> Option<Vec<LdapFilter>> {
    match among {
        Among::Everybody => None,
        Among::ReportsTo(manager) => Some(vec![equals("manager", manager.as_str())]),
        Among::Members(of) => {
            let mut parts = Vec::new();
            for sid in of {
                parts.extend(groups.leading_to(sid).into_iter().flat_map(|group| {
                    let direct = equals("memberOf", group.dn.as_str());
                    std::iter::once(direct).chain(by_primary(&group.sid, domain))
                }));
                if groups.by_sid(sid).is_none() {
                    parts.extend(by_primary(sid, domain));
                }
            }
            Some(parts)
        }
    }
}

/// Those whose primary group it is, which `memberOf` leaves out.
fn by_primary(group: &Sid, domain: &Sid) -> Option<LdapFilter> {
    let own = group.domain().as_ref() == Some(domain);
    let rid = group.rid().filter(|_| own)?;
    Some(equals("primaryGroupID", &rid.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::membership::Group;

    const DOMAIN: &str = "S-1-5-21-1-2-3";

    fn dn(text: &str) -> Dn {
        text.parse().unwrap()
    }

    fn sid(rid: u32) -> Sid {
        DOMAIN.parse::<Sid>().unwrap().with_rid(rid).unwrap()
    }

    fn group(name: &str, rid: u32, holders: &[&str]) -> Group {
        Group {
            dn: dn(&["CN=", name, ",DC=example,DC=com"].concat()),
            sid: sid(rid),
            name: name.to_owned(),
            member_of: holders
                .iter()
                .map(|name| dn(&["CN=", name, ",DC=example,DC=com"].concat()))
                .collect(),
        }
    }

    fn found(scopes: &[Scope], groups: &Groups) -> Vec<(String, Option<usize>)> {
        let parts = |filter: LdapFilter| match filter {
            LdapFilter::Or(parts) => parts.len(),
            other => panic!("{other:?}"),
        };
        searches(scopes, groups, &DOMAIN.parse().unwrap())
            .into_iter()
            .map(|(base, narrow)| (base.as_str().to_owned(), narrow.map(parts)))
            .collect()
    }

    const STAFF: &str = "OU=Staff,DC=example,DC=com";
    const SALES: &str = "OU=Sales,OU=Staff,DC=example,DC=com";

    fn scope(base: &str, among: Among) -> Scope {
        Scope {
            base: dn(base),
            among,
        }
    }

    #[test]
    fn scopes_of_one_base_are_one_search_and_wide_ones_take_in_those_below() {
        let groups = Groups::new(vec![
            group("Outer", 2001, &[]),
            group("Inner", 2002, &["Outer"]),
        ]);
        let members = || Among::Members(vec![sid(2001)]);
        let reports = || Among::ReportsTo(dn("CN=Lena,DC=example,DC=com"));
        let staff = |parts| (STAFF.to_owned(), parts);
        let sales = |parts| (SALES.to_owned(), parts);
        // Two groups, each by memberOf and as the primary one.
        assert_eq!(found(&[scope(STAFF, members())], &groups), [staff(Some(4))]);
        let both = [
            scope(STAFF, members()),
            scope("ou=staff,dc=example,dc=com", reports()),
        ];
        assert_eq!(found(&both, &groups), [staff(Some(5))]);
        let wide = [scope(SALES, members()), scope(STAFF, Among::Everybody)];
        assert_eq!(found(&wide, &groups), [staff(None)]);
        let narrow = [scope(SALES, Among::Everybody), scope(STAFF, reports())];
        assert_eq!(found(&narrow, &groups), [sales(None), staff(Some(1))]);
    }

    #[test]
    fn nobody_is_searched_for_among_nobody_and_everybody_among_too_many() {
        let none = [scope(STAFF, Among::Members(Vec::new()))];
        assert!(found(&none, &Groups::default()).is_empty());
        let many: Vec<Group> = (0..60)
            .map(|at| group(&format!("g{at}"), 3000 + at, &[]))
            .collect();
        let members = Among::Members((0..60).map(|at| sid(3000 + at)).collect());
        let all = found(&[scope(STAFF, members)], &Groups::new(many));
        assert_eq!(all, [(STAFF.to_owned(), None)]);
    }
}
