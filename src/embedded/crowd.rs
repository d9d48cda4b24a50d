//! Many people more in the domain of the tests: what a large directory asks of a client.

use super::founding::Founding;
use super::people::{Person, Trait};
use super::schema::Class;
use super::test_domain;
use super::tree::Tree;
use jiff::Timestamp;

/// People in one OU.
const IN_ONE_OU: u32 = 500;

/// The domain of the tests with so many people more, in OUs below `OU=Staff`. None has a password.
pub(super) fn tree(now: Timestamp, people: u32) -> Option<Tree> {
    let mut founding = test_domain::founding(now)?;
    let staff = test_domain::USER_OU.parse().ok()?;
    let staff = founding.tree.by_dn(&staff)?.guid;
    for first in (0..people).step_by(usize::try_from(IN_ONE_OU).ok()?) {
        let name = format!("Crowd {:04}", first / IN_ONE_OU + 1);
        let ou = founding.container(Class::OrganizationalUnit, staff, &name);
        for number in first..people.min(first.saturating_add(IN_ONE_OU)) {
            person(&mut founding, ou, number + 1);
        }
    }
    Some(founding.tree)
}

fn person(founding: &mut Founding, ou: crate::domain::identity::ObjectGuid, number: u32) {
    let (sam, cn) = (
        format!("crowd.{number:06}"),
        format!("Crowd Person {number:06}"),
    );
    let surname = format!("Person {number:06}");
    let traits = [
        Trait::Password(""),
        Trait::Has("givenName", "Crowd"),
        Trait::Has("sn", &surname),
        Trait::Has("department", "Crowd"),
    ];
    let person = Person {
        sam: &sam,
        cn: &cn,
        traits: &traits,
    };
    founding.person(ou, &person, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_there_beside_the_people_of_the_tests() {
        let tree = tree(Timestamp::UNIX_EPOCH, 1_234).unwrap();
        let plain = test_domain::tree(Timestamp::UNIX_EPOCH).unwrap();
        // Three OUs.
        assert_eq!(tree.entries().count(), plain.entries().count() + 1_234 + 3);
        let last = tree.by_sam("crowd.001234").unwrap();
        assert!(last.dn.as_str().contains("OU=Crowd 0003,OU=Staff"));
    }
}
