//! Who is in which group by way of which other: the groups of a domain and what holds what. The same
//! as the `tokenGroups` that a domain controller computes, for many people at once.

use super::account::GroupSids;
use super::identity::{Dn, Sid};
use std::collections::{HashMap, HashSet, VecDeque};

/// A security group of the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// distinguishedName.
    pub dn: Dn,
    /// objectSid.
    pub sid: Sid,
    /// sAMAccountName.
    pub name: String,
    /// The groups that hold it directly.
    pub member_of: Vec<Dn>,
}

/// All security groups of a domain. Groups of other domains are not among them.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    all: Vec<Group>,
    by_dn: HashMap<Dn, usize>,
    by_sid: HashMap<Sid, usize>,
}

impl Groups {
    /// From what was read.
    pub fn new(all: Vec<Group>) -> Self {
        let by_dn = all.iter().enumerate();
        let by_dn = by_dn.map(|(at, group)| (group.dn.clone(), at)).collect();
        let by_sid = all.iter().enumerate();
        let by_sid = by_sid.map(|(at, group)| (group.sid.clone(), at)).collect();
        Self { all, by_dn, by_sid }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The one with this SID.
    pub fn by_sid(&self, sid: &Sid) -> Option<&Group> {
        self.all.get(*self.by_sid.get(sid)?)
    }

    /// Every group that somebody is in who is a direct member of `direct` and whose primary group is
    /// `primary`: what `tokenGroups` holds (MS-ADTS 3.1.1.4.5.19), as far as this domain goes.
    pub fn above(&self, direct: &[Dn], primary: Option<&Sid>) -> GroupSids {
        let mut seen = HashSet::new();
        let mut open: Vec<usize> = self.begin(direct, primary).collect();
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                open.extend(self.holders(at));
            }
        }
        let mut sids: HashSet<Sid> = seen
            .into_iter()
            .filter_map(|at| self.all.get(at))
            .map(|group| group.sid.clone())
            .collect();
        // A primary group that may not be read is one all the same.
        sids.extend(primary.cloned());
        GroupSids(sids)
    }

    /// `group` and every group by way of which somebody can be in it.
    pub fn leading_to(&self, group: &Sid) -> Vec<&Group> {
        let Some(start) = self.by_sid.get(group) else {
            return Vec::new();
        };
        let mut held: HashMap<usize, Vec<usize>> = HashMap::new();
        for at in 0..self.all.len() {
            for holder in self.holders(at) {
                held.entry(holder).or_default().push(at);
            }
        }
        let mut seen = HashSet::from([*start]);
        let mut order = vec![*start];
        let mut open = VecDeque::from([*start]);
        while let Some(at) = open.pop_front() {
            for below in held.get(&at).into_iter().flatten() {
                if seen.insert(*below) {
                    order.push(*below);
                    open.push_back(*below);
                }
            }
        }
        order
            .into_iter()
            .filter_map(|at| self.all.get(at))
            .collect()
    }

    /// The shortest way from a direct membership to `group`, by name: `["Helpdesk", "Password
    /// Resetters"]`. Empty: there is none.
    pub fn way(&self, direct: &[Dn], primary: Option<&Sid>, group: &Sid) -> Vec<String> {
        let Some(goal) = self.by_sid.get(group) else {
            return Vec::new();
        };
        let mut from: HashMap<usize, Option<usize>> = HashMap::new();
        let mut open = VecDeque::new();
        for at in self.begin(direct, primary) {
            if from.insert(at, None).is_none() {
                open.push_back(at);
            }
        }
        while let Some(at) = open.pop_front() {
            if at == *goal {
                return self.names_back(at, &from);
            }
            for holder in self.holders(at) {
                if let std::collections::hash_map::Entry::Vacant(new) = from.entry(holder) {
                    new.insert(Some(at));
                    open.push_back(holder);
                }
            }
        }
        Vec::new()
    }

    fn names_back(&self, goal: usize, from: &HashMap<usize, Option<usize>>) -> Vec<String> {
        let mut names = Vec::new();
        let mut at = Some(goal);
        while let Some(group) = at.and_then(|at| self.all.get(at)) {
            names.push(group.name.clone());
            at = at.and_then(|at| from.get(&at).copied().flatten());
        }
        names.reverse();
        names
    }

    fn begin(&self, direct: &[Dn], primary: Option<&Sid>) -> impl Iterator<Item = usize> {
        let direct = direct.iter().filter_map(|dn| self.by_dn.get(dn));
        direct
            .chain(primary.and_then(|sid| self.by_sid.get(sid)))
            .copied()
    }

    fn holders(&self, at: usize) -> impl Iterator<Item = usize> {
        let group = self.all.get(at).into_iter();
        group
            .flat_map(|group| &group.member_of)
            .filter_map(|dn| self.by_dn.get(dn))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{dn, sid_of};

    fn at(name: &str) -> Dn {
        dn(&format!("CN={name},DC=example,DC=com"))
    }

    fn groups() -> Groups {
        let group = |name: &str, rid, holders: &[&str]| Group {
            dn: at(name),
            sid: sid_of(rid),
            name: name.to_owned(),
            member_of: holders.iter().map(|name| at(name)).collect(),
        };
        Groups::new(vec![
            group("Resetters", 2001, &["Ring"]),
            group("Desk", 2002, &["Resetters", "Elsewhere"]),
            group("Leads", 2003, &["Desk"]),
            group("Ring", 2004, &["Leads"]),
            group("Other", 2005, &[]),
            group("Domain Users", 513, &["Other"]),
        ])
    }

    fn rids(sids: &GroupSids) -> Vec<u32> {
        let mut rids: Vec<u32> = sids.0.iter().filter_map(Sid::rid).collect();
        rids.sort_unstable();
        rids
    }

    #[test]
    fn membership_goes_up_through_every_group_and_ends_in_a_ring() {
        let found = groups().above(&[at("leads")], Some(&sid_of(513)));
        assert_eq!(rids(&found), [513, 2001, 2002, 2003, 2004, 2005]);
        assert_eq!(rids(&groups().above(&[at("Other")], None)), [2005]);
        assert_eq!(
            rids(&groups().above(&[at("Nowhere")], Some(&sid_of(9)))),
            [9]
        );
    }

    #[test]
    fn the_groups_that_lead_somewhere_are_found_downwards() {
        let groups = groups();
        let found = groups.leading_to(&sid_of(2001));
        let names: Vec<&str> = found.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["Resetters", "Desk", "Leads", "Ring"]);
        assert!(groups.leading_to(&sid_of(7)).is_empty());
    }

    #[test]
    fn the_shortest_way_is_named_from_the_direct_group_on() {
        let groups = groups();
        let way = |direct: &[Dn], primary: Option<u32>| {
            let primary = primary.map(sid_of);
            let way = groups.way(direct, primary.as_ref(), &sid_of(2001));
            way.join(" > ")
        };
        assert_eq!(way(&[at("Leads")], None), "Leads > Desk > Resetters");
        assert_eq!(way(&[at("Leads"), at("Resetters")], None), "Resetters");
        assert_eq!(way(&[], Some(2002)), "Desk > Resetters");
        assert_eq!(way(&[at("Other")], Some(513)), "");
    }
}
