//! A real domain controller in an administrator's hands: what `delegation apply` builds on, and
//! what becomes of the tokens of accounts that are made with it.

use crate::support::directory::{Scene, new_password, secret};
use keyward::directory::admin::{Admin, AdminError, AttributeChange};
use keyward::directory::{BindRefusal, BindVerdict, Directory, DirectoryError, WriteError};
use keyward::domain::identity::{Dn, Sid};
use keyward::domain::security_descriptor::Token;
use secrecy::SecretString;

const FIRST: &str = "first-Harbour-Lantern-71";
const SECOND: &str = "second-Harbour-Lantern-72";

async fn administrator(scene: &Scene) -> Admin {
    let person = &scene.people["administrator"];
    let text = |key: &str| person[key].as_str().unwrap().to_owned();
    let password = SecretString::from(text("password"));
    let directory = scene.directory();
    directory
        .as_admin(&text("username"), password)
        .await
        .unwrap()
}

/// An OU of this test, empty at first; whatever is in it goes with it.
struct Place<'a> {
    admin: &'a Admin,
    dn: Dn,
    made: Vec<Dn>,
}

impl<'a> Place<'a> {
    async fn new(admin: &'a Admin, name: &str) -> Self {
        let dn = admin.head().child("OU", name).unwrap();
        let class = ("objectClass", vec![b"organizationalUnit".to_vec()]);
        admin.add(&dn, vec![class]).await.unwrap();
        let made = vec![dn.clone()];
        Self { admin, dn, made }
    }

    async fn account(&mut self, name: &str) -> Dn {
        let dn = self.dn.child("CN", name).unwrap();
        let attributes = vec![
            ("objectClass", vec![b"user".to_vec()]),
            ("sAMAccountName", vec![name.as_bytes().to_vec()]),
            ("userAccountControl", vec![b"512".to_vec()]),
        ];
        let password = new_password(FIRST);
        let added = self.admin.add_account(&dn, attributes, &password).await;
        added.unwrap();
        self.made.push(dn.clone());
        dn
    }

    async fn group(&mut self, name: &str) -> Dn {
        let dn = self.dn.child("CN", name).unwrap();
        let attributes = vec![
            ("objectClass", vec![b"group".to_vec()]),
            ("sAMAccountName", vec![name.as_bytes().to_vec()]),
        ];
        self.admin.add(&dn, attributes).await.unwrap();
        self.made.push(dn.clone());
        dn
    }

    async fn join(&self, member: &Dn, group: &Dn) {
        let change = AttributeChange::Add("member", vec![member.as_str().as_bytes().to_vec()]);
        self.admin.modify(group, vec![change]).await.unwrap();
    }

    async fn remove(self) {
        for dn in self.made.iter().rev() {
            self.admin.delete(dn).await.unwrap();
        }
    }
}

fn as_account(scene: &Scene, sam: &str, password: &str) -> Directory {
    scene.directory_with(|settings| {
        sam.clone_into(&mut settings.service_account);
        settings.service_password = secret(password);
    })
}

async fn sid(admin: &Admin, dn: &Dn) -> Sid {
    let object = admin.object(dn.as_str()).await.unwrap().unwrap();
    object.sid.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_with_a_wrong_or_empty_password_is_refused() {
    let scene = Scene::samba();
    let directory = scene.directory();
    for (name, password) in [("Administrator", ""), ("nobody.at.all", "some-Thing-71")] {
        let refused = directory.as_admin(name, SecretString::from(password)).await;
        let why = BindRefusal::WrongNameOrPassword;
        assert_eq!(refused.unwrap_err(), AdminError::Refused(why), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_made_changed_and_deleted_with_named_results() {
    let scene = Scene::samba();
    let admin = administrator(&scene).await;
    assert_eq!(admin.head().as_str(), "DC=example,DC=test");
    let mut place = Place::new(&admin, "Dir Made").await;
    let again = admin.add(
        &place.dn,
        vec![("objectClass", vec![b"organizationalUnit".to_vec()])],
    );
    assert_eq!(again.await, Err(AdminError::AlreadyThere));
    let account = place.account("dir.made").await;
    let group = place.group("dir made group").await;
    place.join(&account, &group).await;
    let member = vec![account.as_str().as_bytes().to_vec()];
    let join = AttributeChange::Add("member", member.clone());
    let twice = admin.modify(&group, vec![join]).await;
    assert_eq!(twice, Err(AdminError::AlreadyThere));
    let found = admin.principal("dir made group").await.unwrap().unwrap();
    assert_eq!(found.members, std::slice::from_ref(&account));
    assert_eq!(found.classes, ["top", "group"]);
    assert!(admin.is_member(&group, &account).await.unwrap());
    let leave = AttributeChange::Delete("member", member);
    admin.modify(&group, vec![leave.clone()]).await.unwrap();
    // Samba says 53 and nothing that a program may rely on; AD's 00000561 has a test of its own.
    assert!(admin.modify(&group, vec![leave]).await.is_err());
    assert!(!admin.is_member(&group, &account).await.unwrap());
    place.remove().await;
    assert_eq!(admin.object(account.as_str()).await, Ok(None));
    assert_eq!(admin.delete(&account).await, Err(AdminError::NotThere));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_rules_is_written_alone_and_byte_for_byte() {
    let scene = Scene::samba();
    let admin = administrator(&scene).await;
    let mut place = Place::new(&admin, "Dir Rules").await;
    let account = place.account("dir.rules").await;
    let before = admin.object(place.dn.as_str()).await.unwrap().unwrap();
    let theirs = admin.object(account.as_str()).await.unwrap().unwrap();
    assert_ne!(before.descriptor, theirs.descriptor);
    admin
        .write_dacl(&account, before.descriptor.clone())
        .await
        .unwrap();
    let changed = admin.object(account.as_str()).await.unwrap().unwrap();
    assert_ne!(changed.descriptor, theirs.descriptor);
    admin
        .write_dacl(&account, theirs.descriptor.clone())
        .await
        .unwrap();
    let back = admin.object(account.as_str()).await.unwrap().unwrap();
    assert_eq!(back.descriptor, theirs.descriptor);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_rights_is_told_so() {
    let scene = Scene::samba();
    let name = scene.people["service_account"]["username"]
        .as_str()
        .unwrap();
    let password = scene.people["service_account"]["password"]
        .as_str()
        .unwrap();
    let directory = scene.directory();
    let password = SecretString::from(password);
    let nobody = directory.as_admin(name, password).await.unwrap();
    let dn = nobody.head().child("OU", "Dir Never").unwrap();
    let class = ("objectClass", vec![b"organizationalUnit".to_vec()]);
    assert_eq!(
        nobody.add(&dn, vec![class]).await,
        Err(AdminError::NotAllowed)
    );
    let staff: Dn = scene.staff();
    let descriptor = nobody.object(staff.as_str()).await.unwrap().unwrap();
    let write = nobody.write_dacl(&staff, descriptor.descriptor).await;
    assert_eq!(write, Err(AdminError::NotAllowed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_in_a_group_is_found_with_the_way_to_it() {
    let scene = Scene::samba();
    let admin = administrator(&scene).await;
    let mut place = Place::new(&admin, "Dir Nested").await;
    let account = place.account("dir.nested").await;
    let outer = place.group("dir outer").await;
    let inner = place.group("dir inner").await;
    let idle = place.group("dir idle").await;
    place.join(&account, &inner).await;
    place.join(&inner, &outer).await;
    // A circle, as Active Directory allows it.
    place.join(&outer, &inner).await;
    place.join(&account, &idle).await;
    let seen = as_account(&scene, "dir.nested", FIRST)
        .service_token()
        .await;
    let seen = seen.unwrap();
    let (inner_sid, outer_sid) = (sid(&admin, &inner).await, sid(&admin, &outer).await);
    let idle_sid = sid(&admin, &idle).await;
    place.remove().await;
    let names: Vec<_> = seen
        .groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["dir idle", "dir inner", "dir outer"]);
    assert_eq!(seen.direct, [idle_sid, inner_sid.clone()]);
    assert_eq!(seen.groups[1].member_of, std::slice::from_ref(&outer_sid));
    assert_eq!(seen.groups[2].member_of, [inner_sid]);
    assert_eq!(seen.groups[2].dn, Some(outer));
    let Token(token) = &seen.token;
    assert!(token.contains(&outer_sid));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_changes_its_own_password_with_the_old_one_alone() {
    let scene = Scene::samba();
    let admin = administrator(&scene).await;
    let mut place = Place::new(&admin, "Dir Own").await;
    place.account("dir.own").await;
    let directory = as_account(&scene, "dir.own", FIRST);
    let [dc] = directory.domain_controllers().try_into().unwrap();
    let (first, second) = (SecretString::from(FIRST), SecretString::from(SECOND));
    let confirmed = Ok(BindVerdict::Confirmed { dc: dc.clone() });
    let wrong = BindRefusal::WrongNameOrPassword;
    assert_eq!(directory.try_own_password(&dc, &first).await, confirmed);
    let change = directory.change_own_password(&dc, &first, &second).await;
    assert_eq!(change, Ok(()));
    assert_eq!(directory.try_own_password(&dc, &second).await, confirmed);
    // Samba lets the previous password in for an hour (as AD may), but not change anything.
    assert_eq!(directory.try_own_password(&dc, &first).await, confirmed);
    let again = directory.change_own_password(&dc, &first, &second).await;
    assert_eq!(
        again,
        Err(WriteError::NotChanged(DirectoryError::ServiceBind(wrong)))
    );
    let weak = SecretString::from("weak");
    let policy = directory.change_own_password(&dc, &second, &weak).await;
    assert_eq!(
        policy,
        Err(WriteError::NotChanged(DirectoryError::PasswordPolicy))
    );
    assert_eq!(directory.try_own_password(&dc, &second).await, confirmed);
    let empty = SecretString::from("");
    let refused = directory.try_own_password(&dc, &empty).await;
    assert_eq!(refused, Ok(BindVerdict::Refused(wrong)));
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simple_bind_is_not_counted_and_shows_only_after_a_wrong_password() {
    let scene = Scene::samba();
    let admin = administrator(&scene).await;
    let mut place = Place::new(&admin, "Dir Logons").await;
    place.account("dir.logons").await;
    let directory = as_account(&scene, "dir.logons", FIRST);
    let account = directory.service_token().await.unwrap().account.guid;
    let [dc] = directory.domain_controllers().try_into().unwrap();
    let before = directory.dc_status(&dc, account).await.unwrap();
    let (right, wrong) = (SecretString::from(FIRST), SecretString::from(SECOND));
    let refused = directory.try_own_password(&dc, &wrong).await.unwrap();
    assert!(matches!(refused, BindVerdict::Refused(_)));
    for _ in 0..2 {
        let let_in = directory.try_own_password(&dc, &right).await.unwrap();
        assert!(matches!(let_in, BindVerdict::Confirmed { .. }));
    }
    let after = directory.dc_status(&dc, account).await.unwrap();
    place.remove().await;
    assert_eq!((before.last_logon.0, before.logon_count), (0, 0));
    assert!(after.last_logon.0 > 0, "the first bind after the wrong one");
    assert_eq!(after.logon_count, 0);
}
