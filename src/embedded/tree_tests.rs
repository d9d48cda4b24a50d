//! Whole trees stay whole.

use super::super::test_domain;
use super::*;

fn tree() -> Tree {
    test_domain::tree(Timestamp::UNIX_EPOCH).unwrap()
}

fn dn(text: &str) -> Dn {
    text.parse().unwrap()
}

#[test]
fn groups_count_when_nested_or_primary_and_once() {
    let tree = tree();
    let group = |name: &str| tree.by_sam(name).unwrap().sid.clone().unwrap();
    let of = |name: &str| tree.all_groups(tree.by_sam(name).unwrap());
    assert!(of("lead.lena").contains(&group("Password Resetters")));
    assert!(
        of("pia.primary").contains(&group("Administrators")),
        "by the primary group"
    );
    assert!(!of("pia.primary").contains(&group("Domain Users")));
    let gus = of("gus.groups");
    let distinct: HashSet<_> = gus.iter().collect();
    assert!(gus.len() > 200 && distinct.len() == gus.len());
}

#[test]
fn a_circle_of_groups_ends() {
    let mut tree = tree();
    let guid = |tree: &Tree, name: &str| tree.by_sam(name).unwrap().guid;
    let (inner, outer) = (guid(&tree, "Team Leads"), guid(&tree, "Password Resetters"));
    tree.join(outer, inner, Timestamp::UNIX_EPOCH);
    assert!(tree.all_groups(tree.by_sam("lead.lena").unwrap()).len() >= 3);
}

#[test]
fn whoever_is_below_moves_along() {
    let mut tree = tree();
    let guid = |tree: &Tree, text: &str| tree.by_dn(&dn(text)).unwrap().guid;
    let sales = guid(&tree, "OU=Sales,OU=Staff,DC=example,DC=test");
    let elsewhere = guid(&tree, "OU=Elsewhere,DC=example,DC=test");
    assert!(tree.rename(sales, "Selling", elsewhere));
    let bob = tree.by_sam("bob.baker").unwrap();
    assert_eq!(
        bob.dn.as_str(),
        "CN=Bob Baker,OU=Selling,OU=Elsewhere,DC=example,DC=test"
    );
    assert!(tree.by_dn(&bob.dn.clone()).is_some());
    assert!(
        tree.by_dn(&dn("CN=Bob Baker,OU=Sales,OU=Staff,DC=example,DC=test"))
            .is_none()
    );
    assert!(
        !tree.rename(elsewhere, "Staff", tree.head()),
        "the name is taken"
    );
}

#[test]
fn a_deleted_object_leaves_no_link_behind() {
    let mut tree = tree();
    let lena = tree.by_sam("lead.lena").unwrap();
    let (guid, sid) = (lena.guid, lena.sid.clone().unwrap());
    let leads = tree.by_sam("Team Leads").unwrap().guid;
    assert!(tree.members(leads).contains(&guid));
    tree.delete(guid);
    assert!(tree.entry(guid).is_none() && tree.by_sid(&sid).is_none());
    assert!(!tree.members(leads).contains(&guid));
    assert!(
        tree.by_sam("alice.able")
            .unwrap()
            .values("manager")
            .is_empty()
    );
}

#[test]
fn the_same_content_has_the_same_identifiers_each_time() {
    let (one, other) = (tree(), tree());
    for sam in ["alice.able", "target.40", "Password Resetters"] {
        let (one, other) = (one.by_sam(sam).unwrap(), other.by_sam(sam).unwrap());
        assert_eq!((one.guid, &one.sid), (other.guid, &other.sid));
    }
}
