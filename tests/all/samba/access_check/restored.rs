//! Rules added to an object on the domain controller and taken away again.

use super::ask::one;
use crate::support::administrator::{add, administrator, delete, modify, sd_flags, sign_in};
use crate::support::directory::Scene;
use crate::support::ldap::{Ldap, replace};
use keyward::delegation::needs::{Needs, PWD_LAST_SET};
use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::{Descriptor, Rights, SecurityDescriptor, Token};

async fn dacl(admin: &mut Ldap, dn: &str) -> Vec<u8> {
    let found = one(admin, dn, &["nTSecurityDescriptor"]).await.unwrap();
    found.first("nTSecurityDescriptor").unwrap().to_vec()
}

async fn write(admin: &mut Ldap, dn: &str, descriptor: &Descriptor) {
    let change = replace("nTSecurityDescriptor", descriptor.to_bytes());
    modify(admin, dn, vec![change], Some(sd_flags(4))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_added_and_taken_away_leaves_the_rules_as_they_were_byte_for_byte() {
    let scene = Scene::samba();
    let mut admin = administrator(&scene).await;
    let ou = format!("OU=Restored,{}", scene.people["base_dn"].as_str().unwrap());
    delete(&mut admin, &ou).await;
    add(&mut admin, &ou, "organizationalUnit", &[]).await;
    let user = format!("CN=restored.user,{ou}");
    add(
        &mut admin,
        &user,
        "user",
        &[("sAMAccountName", "restored.user")],
    )
    .await;
    let before = (dacl(&mut admin, &ou).await, dacl(&mut admin, &user).await);

    let account: Sid = scene.sid("svc_nothing");
    let needs = Needs {
        targets: vec![ou.parse().unwrap()],
        unlock: true,
    };
    let rules = needs.rules(&account);
    let mut descriptor = Descriptor::try_from(&before.0[..]).unwrap();
    assert_eq!(descriptor.add(&rules), Ok(true));
    write(&mut admin, &ou, &descriptor).await;
    let mut given = Descriptor::try_from(&dacl(&mut admin, &ou).await[..]).unwrap();
    let all_there = rules.iter().all(|rule| given.contains(rule));
    let on_user = SecurityDescriptor::try_from(&dacl(&mut admin, &user).await[..]).unwrap();
    let may = on_user.granted(&Token([account].into()), None, &[PWD_LAST_SET]);
    let effective = write_allowed(&scene, &user).await;

    assert!(given.remove(&rules));
    write(&mut admin, &ou, &given).await;
    let after = (dacl(&mut admin, &ou).await, dacl(&mut admin, &user).await);
    delete(&mut admin, &ou).await;
    assert!(all_there);
    assert_eq!(may, Rights(0x30));
    assert!(effective, "the DC sees it so too");
    assert_eq!(after, before);
}

/// Whether the DC lets the service account write `pwdLastSet`.
async fn write_allowed(scene: &Scene, user: &str) -> bool {
    let password = scene.people["service_account"]["password"]
        .as_str()
        .unwrap();
    let mut service = sign_in(scene, "svc_nothing", password).await;
    let found = one(&mut service, user, &["allowedAttributesEffective"]).await;
    let names = found.unwrap().texts("allowedAttributesEffective");
    names.contains(&"pwdLastSet".to_owned())
}
