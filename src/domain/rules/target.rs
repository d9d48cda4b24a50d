//! Whom a rule reaches: accounts below an OU, in a group, or under the operator.

use super::subject::{Line, Subject};
use crate::domain::identity::{Dn, Sid};
use crate::domain::operator::Operator;

/// Some accounts; the last three depend on who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Below this container, strictly.
    Below(Dn),
    /// In this group, directly or not.
    In(Sid),
    /// Below the OU that the operator is in.
    OwnOu,
    /// Whose `manager` the operator is.
    DirectReports,
    /// From whom the line of managers leads to the operator.
    Reports,
}

impl Target {
    /// Whether it reaches `subject` for `operator`.
    pub fn reaches(&self, operator: &Operator, subject: &Subject<'_>) -> bool {
        match self {
            Self::Below(base) => subject.dn.is_below(base),
            Self::In(group) => subject.is_in(group),
            Self::OwnOu => subject.dn.is_below_ou_of(&operator.dn),
            Self::DirectReports => subject.line.managers.first() == Some(&operator.dn),
            Self::Reports => subject.line.managers.contains(&operator.dn),
        }
    }

    /// The same, for a rule that denies: whom nobody can tell, it reaches.
    pub fn may_reach(&self, operator: &Operator, subject: &Subject<'_>) -> bool {
        let Line { managers, is_whole } = subject.line;
        let untold = match self {
            Self::Reports => !is_whole,
            Self::DirectReports => !is_whole && managers.is_empty(),
            Self::Below(_) | Self::In(_) | Self::OwnOu => false,
        };
        untold || self.reaches(operator, subject)
    }
}

/// The OU that an account is in: the nearest container above it, where that is an OU. In `CN=Users` it is in none.
pub fn own_ou(account: &Dn) -> Option<Dn> {
    account.parent().filter(Dn::is_ou)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::GroupSids;
    use crate::domain::samples::{dn, olga, sid_of};
    use std::collections::HashSet;

    /// Whether `target` reaches an account at `at` whose managers are `managers`, for an operator at `own`.
    fn reaches(target: &Target, own: &str, at: &str, managers: &[&str]) -> bool {
        let mut operator = olga();
        operator.dn = dn(own);
        let line = Line {
            managers: managers.iter().map(|text| dn(text)).collect(),
            is_whole: true,
        };
        let subject = Subject {
            dn: &dn(at),
            groups: &GroupSids(HashSet::from([sid_of(3001)])),
            primary: Some(&sid_of(513)),
            line: &line,
        };
        target.reaches(&operator, &subject)
    }

    const OLGA: &str = "CN=Olga,OU=Graz,OU=Branches,DC=example,DC=com";

    #[test]
    fn an_ou_is_compared_part_by_part() {
        let ou = Target::Below(dn("OU=Users,OU=Graz,DC=example,DC=com"));
        let below = |at: &str| reaches(&ou, OLGA, at, &[]);
        assert!(below("CN=A,OU=Users,OU=Graz,DC=example,DC=com"));
        assert!(below("cn=A,OU=Deep,ou=USERS,OU=graz,dc=Example,DC=com"));
        for elsewhere in [
            "CN=A,OU=Users,OU=Leeds,DC=example,DC=com",
            r"CN=A\,OU\=Users,OU=Graz,DC=example,DC=com",
            "CN=A,OU=XUsers,OU=Graz,DC=example,DC=com",
            "OU=Users,OU=Graz,DC=example,DC=com",
        ] {
            assert!(!below(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn a_group_reaches_its_members_and_those_whose_primary_group_it_is() {
        for (rid, expected) in [(3001, true), (513, true), (3002, false)] {
            let found = reaches(&Target::In(sid_of(rid)), OLGA, "CN=A,DC=x", &[]);
            assert_eq!(found, expected, "{rid}");
        }
    }

    #[test]
    fn the_own_ou_is_the_nearest_and_a_container_is_none() {
        let own = |own: &str, at: &str| reaches(&Target::OwnOu, own, at, &[]);
        assert!(own(OLGA, "CN=A,OU=Graz,OU=Branches,DC=example,DC=com"));
        assert!(own(
            OLGA,
            "CN=A,OU=Shop,OU=Graz,OU=Branches,DC=example,DC=com"
        ));
        assert!(!own(OLGA, "CN=A,OU=Leeds,OU=Branches,DC=example,DC=com"));
        assert!(!own(OLGA, "CN=A,OU=Branches,DC=example,DC=com"));
        let in_users = "CN=Olga,CN=Users,DC=example,DC=com";
        assert!(!own(in_users, "CN=A,CN=Users,DC=example,DC=com"));
    }

    #[test]
    fn reports_are_the_whole_line_and_direct_reports_its_first_step() {
        let between = "CN=Ben,OU=Graz,OU=Branches,DC=example,DC=com";
        let at = "CN=A,OU=Leeds,DC=example,DC=com";
        for (managers, direct, whole) in [
            (&[OLGA][..], true, true),
            (&[between, OLGA], false, true),
            (&[between], false, false),
            (&[], false, false),
        ] {
            assert_eq!(reaches(&Target::DirectReports, OLGA, at, managers), direct);
            assert_eq!(reaches(&Target::Reports, OLGA, at, managers), whole);
        }
    }

    #[test]
    fn a_line_that_could_not_be_read_is_taken_for_ones_own_by_a_rule_that_denies() {
        let line = Line {
            managers: vec![dn("CN=Ben,DC=example,DC=com")],
            is_whole: false,
        };
        let subject = Subject {
            dn: &dn("CN=A,DC=example,DC=com"),
            groups: &GroupSids::default(),
            primary: None,
            line: &line,
        };
        assert!(Target::Reports.may_reach(&olga(), &subject));
        assert!(!Target::Reports.reaches(&olga(), &subject));
        assert!(!Target::DirectReports.may_reach(&olga(), &subject));
    }
}
